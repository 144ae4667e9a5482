import Foundation
import Runtime
import Testing

@testable import Notebook

@Suite("Conversations and notebooks") struct NotebookMagicTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faa-magic-\(UUID())")
    .path

  /// Runs an entry as the prompt does; what it printed, or the code of its failure.
  private func enter(_ source: String, in session: Session) -> String {
    _ = session.journal?.begin(source)
    var text = ""
    switch session.run(source, name: "", output: { if case .text(let part) = $0 { text += part } }) {
    case .failure(let diagnostic): return diagnostic.code
    case .value: session.journal?.succeed()
    }
    return text
  }

  private func conversation() -> Session {
    let session = Session()
    session.add(notebookMagics)
    session.journal = Journal()
    return session
  }

  @Test("what ran is saved, and gives the same variables when it is loaded") func roundTrip() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let first = conversation()
    let entries = ["a = 40", "nosuch", "func f(x) {\n  x + 2\n}", "?print", "s = \"```\"", "f(a)"]
    for entry in entries { _ = enter(entry, in: first) }
    #expect(enter("%save \(folder)/work", in: first) == "\(folder)/work.faa: 4 cells\n")
    let text = try String(contentsOfFile: folder + "/work.faa", encoding: .utf8)
    #expect(
      text == """
        ---
        faa: 1
        ---

        ```faa
        a = 40
        ```

        ```faa
        func f(x) {
          x + 2
        }
        ```

        ````faa
        s = "```"
        ````

        ```faa
        f(a)
        ```

        """)
    #expect(Document(parsing: Array(text.utf8), name: "work.faa").isValid)

    let second = conversation()
    #expect(enter("%load \"\(folder)/work.faa\"", in: second).isEmpty)
    #expect(enter("print(f(a), s)", in: second) == "42 ```\n")
    #expect(enter("%save \(folder)/part.faa 1-1", in: first) == "\(folder)/part.faa: 1 cell\n")
  }

  @Test("parameters have their defaults, and a failing cell stops the rest") func parameters() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try
      "---\nfaa: 1\nparams:\n  n: {type: int, default: 3}\n---\n```faa\nm = n + 1\n```\n```faa\nnosuch\n```\n```faa\nk = 1\n```\n"
      .write(toFile: folder + "/p.faa", atomically: true, encoding: .utf8)
    let session = conversation()
    #expect(enter("%load \(folder)/p.faa", in: session) == "UnknownName")
    #expect(enter("print(m)", in: session) == "4\n")
    #expect(session.value(of: "k") == nil)
  }

  @Test func mistakes() {
    let session = conversation()
    #expect(enter("%save", in: session) == "InvalidArgument")
    #expect(enter("%save /tmp/none.faa", in: session) == "NoHistory")
    #expect(enter("%load /no/such/file.faa", in: session) == "FileError")
    #expect(enter("x = 1", in: session).isEmpty)
    #expect(enter("%save /no/such/folder/x.faa", in: session) == "FileError")
    session.journal = nil
    #expect(enter("%save x.faa", in: session) == "NoHistory")
  }
}
