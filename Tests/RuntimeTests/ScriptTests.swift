import Foundation
import Testing

@testable import Runtime

extension RuntimeTests {
  /// Every program of `Tests/Scripts` does what its comments say (see `Program`), and every diagnostic has a program.
  @Suite struct ScriptTests {
    @Test func thereAreScripts() { #expect(scriptNames().count > 300) }

    @Test(arguments: scriptNames())
    func runs(name: String) throws {
      try Program(script(name), name: name).check(in: Session(commands: testCommands, seed: 1))
    }

    /// The codes that programs cannot provoke alone: a broken interpreter, calls outside a session, Ctrl-C, what only
    /// commands of the library raise, and what a client may forbid.
    private static let unreachable: Set = [
      "InternalError", "NoSession", "Interrupted", "UnknownChoice", "PermissionDenied", "NotDifferentiable",
    ]

    @Test func everyDiagnosticHasAScript() throws {
      var raised: Set<String> = []
      let sources = testsFolder.deletingLastPathComponent().appendingPathComponent("Sources/Kernel")
      for folder in ["Syntax", "Runtime"] {
        let path = sources.appendingPathComponent(folder)
        let files = try FileManager.default.contentsOfDirectory(atPath: path.path)
        // Magics and snapshots, in folders of their own, need files and clients and are tested with them.
        for file in files where file.hasSuffix(".swift") {
          let text = try String(contentsOf: path.appendingPathComponent(file), encoding: .utf8)
          let calls = #/(?:CommandError|failure|fault|error|Diagnostic)\(\s*(?:code: )?"([A-Z][A-Za-z]+)"/#
          for match in text.matches(of: calls) { raised.insert(String(match.1)) }
        }
      }
      #expect(raised.count > 30)
      var shown: Set<String> = []
      for name in scriptNames() {
        let text = try script(name)
        if let code = Program(text, name: name).error?.code { shown.insert(code) }
        for match in text.matches(of: #/expectError\("(\w+)"/#) { shown.insert(String(match.1)) }
      }
      #expect(raised.subtracting(shown).subtracting(Self.unreachable).sorted() == [])
    }
  }
}
