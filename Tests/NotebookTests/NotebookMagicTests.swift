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

  /// Entries, what `%save` makes of those it is given, and what running that prints.
  static let lookbacks: [(entries: [String], cells: [String], prints: String)] = [
    (["20 + 1", "print(out(1) * 2)"], ["out1 = 20 + 1\nout1", "print(out1 * 2)"], "42\n"),
    // `_` means the cell before, unless a question came between.
    (["20 + 1", "x = 3", "print(_ * 2)"], ["20 + 1", "x = 3", "print(_ * 2)"], "42\n"),
    (["%time 20 + 1", "print(_ * 2)"], ["out1 = 20 + 1\nout1", "print(out1 * 2)"], "42\n"),
    (
      ["1;", "2", "print(__, out(-2), ans)"], ["out1 = 1;\nout1;", "2", "print(out1, out1, ans)"], "1 1 2\n"
    ),
    (
      ["a = 1; a + 20  # sum", "out()", "print(\"\\(out(2))\", 1 |> out)"],
      ["a = 1; out1 = a + 20  # sum\nout1", "out2 = out1\nout2", "print(\"\\(out2)\", out1)"], "21 21\n"
    ),
    // Names that are taken, entries that fail, values there never were.
    (
      ["out1 = 5", "7", "nosuch", "print(out(2) + out1)"],
      ["out1 = 5", "out2 = 7\nout2", "print(out2 + out1)"],
      "12\n"
    ),
    (["7", "print(out(1), \"out1\")"], ["out1_ = 7\nout1_", "print(out1_, \"out1\")"], "7 out1\n"),
    (
      ["{ x in x + 1 }", "3", "print(__(4) + out(1)(5))"],
      ["out1 = { x in x + 1 }\nout1", "3", "print(out1(4) + out1(5))"], "11\n"
    ),
    (["print(try out(9) else 3)"], ["print(try out(9) else 3)"], "3\n"),
  ]

  @Test("values that entries look back at become variables", arguments: lookbacks.indices)
  func lookingBack(index: Int) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (entries, cells, prints) = Self.lookbacks[index]
    let session = conversation()
    var printed = ""
    for entry in entries { printed = enter(entry, in: session) }
    #expect(printed.hasSuffix(prints))
    _ = enter("%save \(folder)/work", in: session)
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/work.faa")))
    let document = Document(parsing: bytes, name: "work.faa")
    #expect(document.cells.map { $0.code.trimmingCharacters(in: .newlines) } == cells)
    let headless = Session()
    var text = ""
    for part in try programs(in: document) {
      _ = headless.run(part.text, name: part.name) { if case .text(let more) = $0 { text += more } }
    }
    #expect(text == prints)
  }

  @Test("what a notebook cannot look back at is named") func lookingBackTooFar() throws {
    for (entries, selection, message) in [
      (["7", "i = 1", "out(i)"], "", "entry 3 looks back by `out(i)`"),
      (["7", "[1].map(out)"], "", "entry 2 looks back by `out`"),
      (["7", "f = { out(-1) }"], "", "entry 2 looks back by `out(-1)`"),
      (["7", "8", "__"], "2-3", "entry 3 uses the value of entry 1, which is not to be saved"),
      (["7", "_ + 1"], "2-", "entry 2 uses the value of entry 1"),
    ] {
      let session = conversation()
      for entry in entries { _ = enter(entry, in: session) }
      _ = session.journal?.begin("%save")
      let result = session.run("%save /tmp/never.faa \(selection)", name: "") { _ in }
      guard case .failure(let diagnostic) = result else {
        Issue.record("\(entries) should not be saved")
        continue
      }
      #expect(diagnostic.code == "NoHistory")
      #expect(diagnostic.message.contains(message), "\(diagnostic.message)")
    }
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
