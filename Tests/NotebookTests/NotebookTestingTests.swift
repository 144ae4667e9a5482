import Testing

@testable import Notebook

/// `faa test`, `fmt`, `new`, `clean`, `check` as their users meet them.
@Suite(.serialized) struct NotebookTestingTests {
  private static let wrong = """
    # T

    ```faa
    #| label: sum
    1 + 1
    ```
    ~~~expect rtol=1e-3
    3
    ~~~

    ```faa
    print("a"); print("b")
    ```
    ```expect
    a
    ...
    ```

    """

  @Test func testsAndWritesJUnit() throws {
    let folder = try folder(Self.wrong)
    try replaceFile("\(folder)/good.faa", with: Array(goodNotebook.utf8))
    try replaceFile("\(folder)/bad.faa", with: Array("```faa\n\"<\\u{1}>\" + nope\n```\n".utf8))
    let program = try Program("test good.faa n.faa bad.faa --junit out.xml", in: folder)
    #expect(program.code == 4 && program.output.isEmpty)
    #expect(program.errors.contains("passed  good.faa") && program.errors.contains("FAILED (exit 4)  n.faa"))
    #expect(program.errors.contains("FAILED (exit 1)  bad.faa"))
    let xml = String(decoding: try readFile("\(folder)/out.xml"), as: UTF8.self)
    #expect(isWellFormed(xml.replacing("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", with: "")))
    #expect(xml.contains("<testsuite name=\"n.faa\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\""))
    #expect(xml.contains("<failure type=\"expect\" message=\"line 8: expected 3, but 2 came\"/>"))
    #expect(xml.contains("<error type=\"UnknownName\"") || xml.contains("<error type=\"Un"))
  }

  @Test func updatesExpectationsAndNothingElse() throws {
    let folder = try folder(Self.wrong)
    #expect(try Program("test n.faa --update", in: folder).code == 0)
    let text = String(decoding: try readFile("\(folder)/n.faa"), as: UTF8.self)
    #expect(text == Self.wrong.replacing("~~~expect rtol=1e-3\n3\n~~~", with: "```expect rtol=1e-3\n2\n```"))
    #expect(try Program("test -q n.faa", in: folder).code == 0)
  }

  @Test func beginsAndCleans() throws {
    let folder = try folder("")
    #expect(try Program("new first --title 'A: b'", in: folder).code == 0)
    #expect(try Program("check first.faa", in: folder).errors.isEmpty)
    #expect(try Program("fmt --check first.faa", in: folder).code == 0)
    #expect(try Program("test -q first.faa", in: folder).code == 0)
    let again = try Program("new first", in: folder)
    #expect(again.code == 2 && again.errors.contains("first.faa exists"))
    // What is the user's, and what a run leaves that is killed while it writes.
    for name in ["mine.txt", "result.json.tmp17", "cell1-0123456789abcdef.svg.tmp4"] {
      try replaceFile("\(folder)/first.faaout/\(name)", with: [65])
    }
    let kept = try Program("clean first.faa", in: folder)
    #expect(kept.code == 2 && kept.errors.contains("not empty"))
    #expect(folderEntries("\(folder)/first.faaout") == ["mine.txt"])
    #expect(try Program("|rm first.faaout/mine.txt; $FAA clean first.faa n.faa", in: folder).code == 0)
    #expect(!folderEntries(folder).contains("first.faaout"))
  }

  @Test func formatsFiles() throws {
    let folder = try folder("```faa   label=a\nx=1  \n```")
    #expect(try Program("fmt --check n.faa", in: folder).code == 1)
    #expect(try Program("|$FAA fmt - < n.faa", in: folder).output == "```faa\n#| label: a\nx=1\n```\n")
    #expect(try Program("fmt n.faa", in: folder).errors == "formatted  n.faa\n")
    #expect(try Program("fmt n.faa", in: folder).errors.isEmpty)
  }

  @Test(arguments: [
    ("```faa\ny = nope + 1\n```\n", 3, "n.faa:2:5: error: `nope` is not defined here"),
    ("```faa\nmeen([1])\n```\n", 3, "did you mean `mean`"),
    (
      "  ```faa\n  x = lat\n  ```\n```faa\nlat = 1\n```\n", 3,
      "n.faa:2:7: error: `lat` is not defined here; a later cell defines it"
    ),
    ("```faa\nfunc f() { lat }\n```\n```faa\nlat = 1\nf()\n```\n", 0, ""),
    ("```faa\n#| error: allow\nnope\n```\n```faa noeval\nnope\n```\n", 0, ""),
    (
      "---\nparams:\n  n: {type: int, default: 1}\n---\n```faa\n1\n```\n", 0,
      "warning: no cell uses the parameter `n`"
    ),
    ("---\npermissions: [exec]\n---\n", 3, "unknown permission `exec`"),
    ("```faa\n%store x\n```\n", 3, "there is no magic `%store` in a notebook"),
    ("```faa\n%time 1\n```\n", 0, ""),
    (
      "---\nparams: {if: {type: int, default: 1}}\n---\n```faa\n1\n```\n", 3,
      "`if` cannot name a parameter: it is a word of the language"
    ),
  ])
  func checks(_ notebook: String, _ code: Int32, _ message: String) throws {
    let folder = try folder(notebook)
    let program = try Program("check n.faa", in: folder)
    #expect(program.code == code, "\(program.errors)")
    #expect(message.isEmpty ? program.errors.isEmpty : program.errors.contains(message), "\(program.errors)")
    // Checking leaves nothing behind.
    #expect(folderEntries(folder).sorted() == ["err", "n.faa", "out"])
  }
}
