import Testing

@testable import Syntax

@Suite struct DiagnosticTests {
  /// Spans are marked in the source with ‹ and ›.
  private func marked(_ text: String, name: String = "") -> (SourceText, [Span]) {
    var bytes: [UInt8] = []
    var starts: [Int] = []
    var spans: [Span] = []
    for scalar in text.unicodeScalars {
      switch scalar {
      case "‹": starts.append(bytes.count)
      case "›": spans.append(Span(starts.popLast() ?? 0, bytes.count))
      default: bytes += Array(String(scalar).utf8)
      }
    }
    return (SourceText(String(decoding: bytes, as: UTF8.self), name: name), spans)
  }

  @Test func twoCaretsWithShapes() {
    let (source, spans) = marked("‹X› @ ‹w›")
    let diagnostic = Diagnostic(
      code: "ShapeMismatch", "matmul: inner dimensions differ, (64, 128) @ (64, 10)",
      labels: [.init(spans[0], "(64, 128)"), .init(spans[1], "(64, 10)")], help: "`X.T @ w` gives (128, 10)",
      source: source)
    #expect(
      diagnostic.render() == """
        error: matmul: inner dimensions differ, (64, 128) @ (64, 10)
          │ X @ w
          │ ^   ^ (64, 10)
          │ (64, 128)
        help: `X.T @ w` gives (128, 10)
        """)
  }

  @Test func placeAndLineNumberWhenNamed() {
    let (source, spans) = marked("a = 1\nb = ‹c› + 1", name: "intro.faa")
    let text = Diagnostic(code: "UnknownName", "unknown name `c`", labels: [.init(spans[0])], source: source)
      .render()
    #expect(
      text == """
        error: unknown name `c`
          2 │ b = c + 1
            │     ^
            └─ intro.faa:2:5
        """)
  }

  @Test(arguments: [
    ("‹x› + y", "^"), ("θλ + ‹μ›", "     ^"), ("x̂ + ‹ŷ›", "    ^"), ("\"日本\" + ‹名›", "         ^^"),
    ("👩‍👩‍👧 + ‹x›", "     ^"), ("\ta + ‹b›", "     ^"),
  ])
  func caretsStandUnderTheirColumns(text: String, carets: String) {
    let (source, spans) = marked(text)
    let lines = Diagnostic(code: "X", "m", labels: [.init(spans[0])], source: source).render().split(
      separator: "\n")
    #expect(lines.last == "  │ \(carets)")
  }

  @Test func longLinesAreCutAroundTheMark() {
    let (source, spans) = marked(
      String(repeating: "a", count: 300) + " + ‹b› + " + String(repeating: "c", count: 300))
    let lines = Diagnostic(code: "X", "m", labels: [.init(spans[0])], source: source).render(width: 60)
      .split(separator: "\n").map(String.init)
    #expect(lines.allSatisfy { $0.count <= 60 })
    let column =
      lines[2].firstIndex(of: "^").map { lines[2].distance(from: lines[2].startIndex, to: $0) } ?? 0
    #expect(Array(lines[1])[column] == "b")
  }

  @Test func controlCharactersDoNotReachTheTerminal() {
    let (source, spans) = marked("x = ‹\u{1B}[2J›")
    let text = Diagnostic(code: "X", "bad \u{1B}]0;t\u{7}", labels: [.init(spans[0])], source: source)
      .render()
    #expect(!text.unicodeScalars.contains { $0.value == 0x1B || $0.value == 7 })
  }

  @Test(
    arguments: [
      ("epoch", ["epochs", "batch"], ["epochs"]), ("lenght", ["length", "width"], ["length"]),
      ("x", ["y"], []), ("zeros", ["ones"], []), ("Mean", ["mean"], ["mean"]),
      ("softmx", ["softmax", "softplus"], ["softmax"]),
    ] as [(String, [String], [String])])
  func suggestions(name: String, candidates: [String], expected: [String]) {
    #expect(Suggestion.nearest(to: name, in: candidates) == expected)
  }
}
