import Testing

@testable import Notebook

private func document(_ text: String) -> Document { Document(parsing: Array(text.utf8), name: "n.faa") }

@Suite struct FormatTests {
  struct Mistake: CustomTestStringConvertible, Sendable {
    let source: String
    let issue: String
    var testDescription: String { issue }

    init(_ source: String, _ issue: String) {
      self.source = source
      self.issue = issue
    }
  }

  /// Every diagnostic of the format: place and wording.
  static let mistakes: [Mistake] = [
    .init("", "n.faa:1:1: error: the notebook is empty; a cell is opened by a line ```faa and closed by ```"),
    .init("a\nb\u{0}c\n", "n.faa:2:2: error: a zero byte: this is not a text file"),
    .init(
      "x\n```faa\n1\n", "n.faa:2:1: error: the faa block opened here is never closed; end it with a line ```"),
    .init(
      "~~~~python\n~~~\n",
      "n.faa:1:1: error: the python block opened here is never closed; end it with a line ~~~~"),
    .init("  ```\nx", "n.faa:1:3: error: the code block opened here is never closed; end it with a line ```"),
    .init(
      "```faa\n#| lable: a\n```",
      "n.faa:2:4: error: unknown cell option `lable`; did you mean `label`?"),
    .init("```faa\n#| label\n```", "n.faa:2:1: error: a cell option is written `#| key: value`"),
    .init(
      "```faa\n#|  label: 1a\n```",
      "n.faa:2:12: error: label: `1a` is not a label; use a letter, then letters, digits, `_` or `-`, 64 at most"
    ),
    .init("```faa\n#| cache: yes\n```", "n.faa:2:11: error: cache: `yes` is not true or false"),
    .init(
      "```faa\n#| timeout: soon\n```",
      "n.faa:2:13: error: timeout: `soon` is not a duration; write for example 500ms, 60s, 10m or 1h"),
    .init(
      "```faa\n#| error: maybe\n```",
      "n.faa:2:11: error: error: `error: maybe` is not understood; write forbid, allow or `expected NAME`"),
    .init(
      "```faa\n#| echo: true\n#| echo: true\n```",
      "n.faa:3:4: error: the option `echo` is given twice in this cell"),
    .init(
      "```faa noevall\n```",
      "n.faa:1:8: error: unknown cell attribute `noevall`; did you mean `noeval`?; options are written key=value"
    ),
    .init("```faa labl=x\n```", "n.faa:1:8: error: unknown cell option `labl`; did you mean `label`?"),
    .init(
      "```faa label=a\n```\n\n```faa\n#| label: a\n```",
      "n.faa:4:1: error: the label `a` is already used by the cell on line 1"),
    .init(
      "# x\n```expect\n1\n```",
      "n.faa:2:1: error: this expect block follows no cell; put it directly below the cell whose output it checks"
    ),
    .init(
      "```faa\n```\ntext\n```expect\n1\n```",
      "n.faa:4:1: error: this expect block follows no cell; put it directly below the cell whose output it checks"
    ),
    .init(
      "```faa\n```\n```expect rtoll=1\n```",
      "n.faa:3:11: error: unknown expect attribute `rtoll`; did you mean `rtol`?"),
    .init(
      "```faa\n```\n```expect atol=-1\n```",
      "n.faa:3:11: error: atol: `-1` is not a tolerance; write for example 1e-4"),
    .init(
      "a\n<<<<<<< HEAD\nb\n",
      "n.faa:2:1: error: a version-control conflict marker; keep one side and remove the marker lines"),
    .init(
      "```faa\nx\n>>>>>>> theirs\n```",
      "n.faa:3:1: error: a version-control conflict marker; keep one side and remove the marker lines"),
    .init(
      "```{faa}\nx\n```",
      "n.faa:1:4: error: a cell is opened by ```faa, not by ```{faa}; this block would not run"),
    .init(
      "a\n<!-- x\n```faa\n```",
      "n.faa:2:1: error: the comment opened here is never closed by -->; it hides the rest of the notebook"),
    .init(
      "---\ntitle: x\n", "n.faa:1:1: error: the header opened here is never closed; end it with a line ---"),
    .init("---\nfaa: 2\n---", "n.faa:2:6: error: format version `2` is not known; this FAA reads version 1"),
    .init("---\ntitel: x\n---", "n.faa:2:1: error: unknown header key `titel`; did you mean `title`?"),
    .init(
      "---\nseed: -1\n---",
      "n.faa:2:7: error: seed: `-1` is not a whole number from 0 to 18446744073709551615"),
    .init(
      "---\ntitle: a\ntitle: b\n---", "error: the key `title` is given twice in the same place; keep one"),
    .init(
      "---\ntitle: [a\n---", "n.faa:3:1: error: the header is not YAML: did not find expected ',' or ']'"),
    .init("---\n- a\n---", "n.faa:2:1: error: the header must be a list of `key: value` lines"),
    .init(
      "---\ntitle: &x a\n---",
      "n.faa:2:8: error: anchors and aliases are not allowed in a header; write the value out"),
    .init(
      "---\ntitle: !!int 3\n---",
      "n.faa:2:8: error: tags such as tag:yaml.org,2002:int are not allowed in a header; types come from the parameter's `type`"
    ),
    .init(
      "---\nlimits: {cell: 1x}\n---",
      "n.faa:2:16: error: limits.cell: `1x` is not a duration; write for example 500ms, 60s, 10m or 1h"),
    .init(
      "---\nlimits: {memory: big}\n---",
      "n.faa:2:18: error: limits.memory: `big` is not a size; write for example 512MiB or 4GiB"),
    .init(
      "---\nparams:\n  a: 1\n---",
      "n.faa:3:6: error: parameter `a` needs a type; write a: {type: float, default: ...}"),
    .init(
      "---\nparams:\n  a: {type: itn}\n---",
      "n.faa:3:13: error: parameter `a`: unknown type `itn`; did you mean `int`?"),
    .init(
      "---\nparams:\n  a: {type: int, default: 1.5}\n---",
      "n.faa:3:27: error: parameter `a`: default: `1.5` is not an int"),
    .init(
      "---\nparams:\n  a: {type: int, default: 1, min: 2}\n---",
      "n.faa:3:27: error: parameter `a`: default: 1 is below the minimum 2"),
    .init(
      "---\nparams:\n  a: {type: string, max: 2}\n---",
      "n.faa:3:26: error: parameter `a`: type string has no min or max"),
    .init(
      "---\nparams:\n  a: {type: enum, default: x}\n---",
      "n.faa:3:3: error: parameter `a` is an enum without choices; add choices: [...]"),
    .init(
      "---\nparams:\n  a: {type: int, defualt: 3}\n---",
      "n.faa:3:18: error: parameter `a`: unknown key `defualt`; did you mean `default`?"),
    .init(
      "---\nparams:\n  2a: {type: int}\n---",
      "n.faa:3:3: error: `2a` cannot name a parameter; use a letter, then letters, digits or `_`"),
  ]

  @Test(arguments: mistakes)
  func reportsMistakes(_ mistake: Mistake) {
    let found = document(mistake.source).issues.map(\.description)
    #expect(found.contains { $0.hasSuffix(mistake.issue) }, "found: \(found)")
    #expect(found.allSatisfy { !$0.contains("\n") })
  }

  @Test func reportsInvalidUTF8ByPlace() {
    let issue = Document(parsing: Array("é\nab".utf8) + [0xFF, 0x0A], name: "n.faa").issues.first
    #expect(issue?.description == "n.faa:2:3: error: not UTF-8 text; save the file in UTF-8")
  }

  @Test(arguments: [
    "# only prose\n", "    ```faa\n    not a cell\n", "````\n```faa\n````\n", "<!-- ```faa\n``` -->\n",
    "a\n=======\nb\n", "> >>>>>>> quote\n", "---\n---\n", "```python\nx\n```\n", "``` faa\nx\n```\n",
  ])
  func acceptsOrdinaryMarkdown(_ text: String) {
    #expect(document(text).issues == [])
  }

  @Test func readsCells() throws {
    let text = """
      ---
      title: T
      ---
      prose

        ~~~~faa hide x-a=1
        #| label: fit-1
        #| timeout: 1.5m
        #| error: expected ShapeMismatch
        #| tags: [a, b]
        #| caption: "A: caption"
          x = 1
        y
        ~~~~

      ```expect rtol=1e-3 atol=0
      1
      ```
      """
    let notebook = document(text)
    #expect(notebook.issues == [])
    let cell = try #require(notebook.cells.first)
    #expect(cell.options.label == "fit-1")
    #expect(cell.options.timeout == 90)
    #expect(cell.options.error == .expected("ShapeMismatch"))
    #expect(cell.options.tags == ["a", "b"])
    #expect(cell.options.caption == "A: caption")
    #expect(!cell.options.echo)
    #expect(cell.options.extensions == ["x-a": "1"])
    #expect(cell.code == "  x = 1\ny\n")
    #expect(cell.line == 6 && cell.codeLine == 12 && cell.indent == 2)
    guard case .expect(let expectation) = notebook.blocks.last else {
      Testing.Issue.record("no expectation")
      return
    }
    #expect(expectation.cell == 1 && expectation.text == "1\n")
    #expect(expectation.tolerance == Tolerance(relative: 1e-3, absolute: 0))
  }

  @Test func normalisesLineEnds() {
    let notebook = document("```faa\r\n#| label: a\r\nx\r\ny\r\n```\r\n")
    #expect(notebook.cells.first?.code == "x\ny\n")
    #expect(notebook.cells.first?.options.label == "a")
  }

  @Test func readsHeaders() {
    let header = document(
      """
      ---
      faa: 1
      title: "007"
      authors: [A, B]
      seed: 18446744073709551615
      limits: {cell: 60s, total: 10m, memory: 4GiB}
      inputs: [a.csv]
      needs: [gnuplot]
      x-own: {anything: [goes]}
      ---
      """
    ).header
    #expect(header.title == "007")
    #expect(header.authors == ["A", "B"])
    #expect(header.seed == .max)
    #expect(header.limits.cell == 60 && header.limits.total == 600 && header.limits.memory == 4 << 30)
    #expect(header.inputs == ["a.csv"] && header.needs == ["gnuplot"])
  }
}
