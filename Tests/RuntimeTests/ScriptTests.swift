import Foundation
import Testing

@testable import Runtime

extension RuntimeTests {
  /// Runs every program of `Tests/Scripts`: its output must be the `# expect: ` comments in order, its end the
  /// `# expect error: ` comment where there is one.
  @Suite struct ScriptTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
      .appendingPathComponent("Scripts")

    static let scripts: [String] =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".faa") }
        .sorted()) ?? []

    @Test func thereAreScripts() { #expect(Self.scripts.count > 100) }

    @Test(arguments: scripts)
    func script(name: String) throws {
      let source = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
      var expected: [String] = []
      var error: (code: String, line: Int)?
      for (index, line) in source.components(separatedBy: "\n").enumerated() {
        if let range = line.range(of: "# expect: ") { expected.append(String(line[range.upperBound...])) }
        if let range = line.range(of: "# expect error: ") {
          error = (String(line[range.upperBound...]), index + 1)
        }
      }
      let session = Session(commands: testCommands, seed: 1)
      var output = ""
      let result = session.run(source, name: name) { item in
        switch item {
        case .text(let text): output += text
        case .warning(let text): output += "warning: \(text)\n"
        case .display(let display): output += display.text + "\n"
        case .progress: break
        }
      }
      switch result {
      case .value(let value, let shown):
        if shown, let value { output += value.display(width: 80).text }
        #expect(error == nil, "should have failed")
      case .failure(let diagnostic):
        #expect(diagnostic.code == error?.code, "\(diagnostic.render())")
        let label = try #require(diagnostic.labels.first)
        let source = try #require(diagnostic.source)
        if diagnostic.code != "RecursionLimit", diagnostic.trace.isEmpty {
          #expect(source.position(of: label.span.start).line == error?.line)
        }
      }
      let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(Self.trimmed)
      #expect(lines.reversed().drop { $0.isEmpty }.reversed() == expected.map { Self.trimmed(Substring($0)) })
    }

    private static func trimmed(_ line: Substring) -> String {
      String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
