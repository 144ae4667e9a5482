import Foundation
import Runtime
import Testing

@testable import Commands

/// Runs every program of `Tests/Scripts/library` with all commands: its output must be the `# expect: ` comments in order, its
/// end the `# expect error: ` comment where there is one.
@Suite("Scripts of the library's commands", .serialized)
struct LibraryScriptTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Scripts/library")

  static let scripts: [String] =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".faa") }
      .sorted()) ?? []

  @Test func thereAreScripts() { #expect(Self.scripts.count > 40) }

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
    var output = ""
    let session = Session(commands: allCommands, seed: 1)
    let result = session.run(source, name: name) { if case .text(let text) = $0 { output += text } }
    switch result {
    case .value: #expect(error == nil, "should have failed")
    case .failure(let diagnostic):
      #expect(diagnostic.code == error?.code, "\(diagnostic.render())")
      if let label = diagnostic.labels.first, let source = diagnostic.source {
        #expect(source.position(of: label.span.start).line == error?.line)
      }
    }
    let lines = output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(lines == expected.map { $0.trimmingCharacters(in: .whitespaces) })
  }
}
