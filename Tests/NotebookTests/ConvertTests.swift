import Testing

@testable import Notebook

/// Other programs' forms, and back.
@Suite struct ConvertTests {
  static let notebooks: [String] =
    RoundTripTests.written + [
      goodNotebook, goodNotebook.replacing("\n", with: "\r\n"), "\n\n# T\n\n\n```faa\n\n\n```\n\n\ntext",
      "```faa label=a hide\nx\n```\n```expect\n1\n```\n\ntext\n```faa label=a-2\ny\n```",
      "   ~~~~faa\n   x = \"```\"\n   ~~~~\n",
      "a \"quoted\" \\ é∂\u{1F600}\t\n```faa\n\"\\u{0}\"\n```\n",
    ]

  @Test(arguments: notebooks)
  func comesBackFromJupyter(_ text: String) throws {
    let document = Document(parsing: Array(text.utf8), name: "n")
    guard document.isValid else { return }
    #expect(try Document.bytes(ipynb: document.ipynb()) == Array(text.utf8))
  }

  /// Any valid mix of pieces, as in the round trip of the format.
  @Test func comesBackFromJupyterWhateverItHolds() throws {
    let pieces = [
      "```faa\nx = 1\n```\n", "```faa\n#| tags: a\ny\n```\n```expect\n1\n```\n", "text\n", "\n", "\r\n",
      "# T\n", "~~~py\n~~~\n",
      "  indented\n", "```faa\n```\n", "$x$", "\t", "<!-- c -->\n",
    ]
    var random = FuzzSource(state: 11)
    var valid = 0
    for _ in 0..<1500 {
      let text = (0..<Int.random(in: 0..<12, using: &random)).map { _ in
        pieces.randomElement(using: &random) ?? ""
      }
      .joined()
      let document = Document(parsing: Array(text.utf8), name: "n")
      guard document.isValid else { continue }
      valid += 1
      #expect(try Document.bytes(ipynb: document.ipynb()) == Array(text.utf8), "\(text.debugDescription)")
      #expect(Document.fromQuarto(document.quarto) == Array(text.utf8), "\(text.debugDescription)")
      let formatted = Document(parsing: document.formatted(), name: "n")
      #expect(formatted.isValid && formatted.formatted() == formatted.printed(), "\(text.debugDescription)")
      #expect(formatted.cells.map(\.options) == document.cells.map(\.options))
    }
    #expect(valid > 500)
  }

  /// An edited cell loses its own exact form and nothing else; a new cell is written plainly.
  @Test func keepsWhatWasNotEdited() throws {
    let text = "# T\n\n```faa  label=a\n#| echo: false\nx  =  1\n```\n\n\n~~~faa\ny\n~~~\n"
    let document = Document(parsing: Array(text.utf8), name: "n")
    let edited = document.ipynb().replacing("\"x  =  1\"", with: "\"x = 2\"").replacing(
      "\"# T\"", with: "\"# U\"")
    #expect(
      String(decoding: try Document.bytes(ipynb: edited), as: UTF8.self)
        == "# U\n\n```faa  label=a\n#| echo: false\nx = 2\n```\n\n\n~~~faa\ny\n~~~\n")
  }

  @Test func readsNotebooksOfOthers() throws {
    let text = """
      {"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["# A\\n", "b"]},
      {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": "print(1)"}],
      "metadata": {"kernelspec": {"name": "python3", "language": "python"}}, "nbformat": 4, "nbformat_minor": 2}
      """
    let bytes = try Document.bytes(ipynb: text)
    #expect(String(decoding: bytes, as: UTF8.self) == "# A\nb\n\n```python\nprint(1)\n```\n")
    #expect(Document(parsing: bytes, name: "n").cells.isEmpty)
    for bad in ["", "{}", "[1]", "{\"cells\": 1}", "{\"cells\": [{}], \"nbformat\": 4}", "{\"cells\": []"] {
      #expect(throws: InvalidValue.self) { try Document.bytes(ipynb: bad) }
    }
  }

  @Test func writesQuartosFences() {
    let document = Document(
      parsing: Array("```faa label=a\n#| echo: false\nx\n```\n```py\n```\n".utf8), name: "n")
    #expect(
      String(decoding: document.quarto, as: UTF8.self)
        == "```{faa} label=a\n#| echo: false\nx\n```\n```py\n```\n")
  }

  @Test func formats() {
    let text =
      "\u{FEFF}---\r\nfaa: 1\r\n---\r\n\r\n\r\n# T\r\n```faa  hide label=b\r\n#|timeout:5s\r\n\r\nx = 1   \r\n\r\n```\r\n\r\n```expect   rtol=1e-3\r\n1\r\n```\r\ntext"
    let document = Document(parsing: Array(text.utf8), name: "n")
    #expect(
      String(decoding: document.formatted(), as: UTF8.self)
        == "---\nfaa: 1\n---\n# T\n\n```faa\n#| label: b\n#| timeout: 5s\n#| echo: false\nx = 1\n```\n```expect rtol=1e-3\n1\n```\n\ntext\n"
    )
  }

  @Test(arguments: [
    ("null", "null"), (" [1, -2.5e3 ,true]\n", "[1, -2500.0, true]"),
    (#"{"a": {"$f": "-inf"}}"#, #"{"a": {"$f": "-inf"}}"#),
    (#""\ud83d\ude00\u00e9\n""#, "\"\u{1F600}é\\n\""), ("9007199254740993", "9007199254740993"),
    (#""\ud800x""#, "\"\u{FFFD}x\""),
  ])
  func readsJSON(_ text: String, _ again: String) throws { #expect(try JSON(parsing: text).compact == again) }

  @Test(arguments: ["", "[1,]", "{\"a\" 1}", "nul", "1 2", "\"\u{1}\"", "\"\\x\"", "[", "+1", "{a: 1}"])
  func refusesWhatIsNotJSON(_ text: String) { #expect(throws: InvalidValue.self) { try JSON(parsing: text) } }

  @Test func comparesNotebooks() throws {
    let folder = try folder("# A\n```faa label=a\nx = 1\ny = 2\n```\n```faa\n3\n```\n")
    try replaceFile(
      "\(folder)/b.faa",
      with: Array("# A\n```faa label=new\n0\n```\n```faa label=a\nx = 1\ny = 5\n```\n```faa\n3\n```\n".utf8))
    let program = try Program("diff n.faa b.faa", in: folder)
    #expect(program.code == 1)
    #expect(program.output == "@ + cell new\n+ ```faa label=new\n+ 0\n+ ```\n@ cell a\n- y = 2\n+ y = 5\n")
    #expect(try Program("diff n.faa n.faa", in: folder).code == 0)
  }

  @Test func exportsARun() throws {
    let folder = try folder(
      "# T\n```faa label=p\nplot([1, 2], title: \"two\")\n```\n```faa\n#| error: expected UnknownName\nnope\n```\n```faa\nprint(\"hi\"); warn(\"w\"); record(\"m\", 2)\n1 / 3\n```\n"
    )
    let program = try Program("run -q n.faa --ipynb n.ipynb --md n.md", in: folder)
    #expect(program.code == 0, "\(program.errors)")
    let text = String(decoding: try readFile("\(folder)/n.ipynb"), as: UTF8.self)
    let cells = try JSON(parsing: text)["cells"]?.items ?? []
    #expect(cells.map { $0["cell_type"]?.text } == ["markdown", "code", "code", "code"])
    #expect(cells[1]["id"]?.text == "p" && cells[1]["outputs"]?.items[0]["data"]?["image/svg+xml"] != nil)
    #expect(cells[2]["outputs"]?.items[0]["output_type"]?.text == "error")
    #expect(
      cells[3]["outputs"]?.items.map { $0["output_type"]?.text } == [
        "stream", "stream", "stream", "execute_result",
      ])
    #expect(try Document.bytes(ipynb: text) == readFile("\(folder)/n.faa"))
    let markdown = String(decoding: try readFile("\(folder)/n.md"), as: UTF8.self)
    #expect(
      markdown.contains("![two: 1 curve](data:image/png;base64,") && markdown.contains("```text\nhi\n```"))
    #expect(
      try Program("convert n.ipynb --to faa", in: folder).output
        == String(decoding: readFile("\(folder)/n.faa"), as: UTF8.self))
  }
}
