import Testing

@testable import Syntax

@Suite struct ParserTests {
  @Test(arguments: [
    "", "1 + 2", "x = 1", "f(x)", "if a { 1 }", "if a { 1 } else { 2 }", "# comment", "{ x in x }", "[1, 2]",
    "func f(x) { x }", "\"a \\(b)\"", "x |> f", "%time f(x)", "?mean", "x[1:2, ..., -1]", "a; b;",
    "\"\"\"\nx\n\"\"\"",
  ])
  func complete(text: String) {
    guard case .complete = Parser.completeness(of: text) else {
      Issue.record("\(text) should be complete")
      return
    }
  }

  @Test(arguments: [
    ("f(", 2), ("[1,", 2), ("if a {", 2), ("func f(x) {\n  g(", 4), ("x = ", 0), ("1 +", 0), ("{ x in", 2),
    ("\"\"\"\nabc", 0),
    ("(1, [2,", 4), ("for x in", 0), ("x |>", 0), ("let a =", 0), ("try f()", 0), ("{a: 1,", 2),
  ])
  func incomplete(text: String, indent: Int) {
    guard case .incomplete(let found) = Parser.completeness(of: text) else {
      Issue.record("\(text) should be incomplete")
      return
    }
    #expect(found == indent)
  }

  @Test(arguments: [
    ")", "1 2", "x = = 1", "\"abc", "f(x]", "if x > 0: 1", "a, b = c", "x += 1", "1 < 2 < 3",
    "def f(x) { x }", "f(a=1)", "2x",
  ])
  func invalid(text: String) {
    guard case .invalid(let diagnostic) = Parser.completeness(of: text) else {
      Issue.record("\(text) should be invalid")
      return
    }
    #expect(!diagnostic.labels.isEmpty)
  }

  /// Every faulty statement is reported, faultless ones between them are not.
  @Test(arguments: [
    ("x = 1\ny = 2", []), ("x += 1\ny = 2\nz = = 3", [1, 3]), ("a = 2rate\nb = 1 ≤ 2\nc = 3", [1, 2]),
    ("func f(x) {\n  let y = x x\n  y * 2\n  return )\n}\nf(1", [2, 4, 6]),
    ("if a {\n  b c\n} else {\n  d e\n}\nok = 1", [2, 4]), ("x = \"open\ny = [1, 2)\nz = 1 +", [1, 2, 3]),
    ("f(\n  1 2,\n  3\n)\ng(= 1)", [2, 5]), ("}\nx = 1 1", [1, 2]), ("x = { y in y y }\nz z", [1, 2]),
    ("s = \"\\(1 1) \\()\"\nt = \"\\q\"", [1, 2]), ("# nothing\n\n", []),
  ])
  func allFaultsAreReported(text: String, lines: [Int]) {
    #expect(Parser.faults(in: SourceText(text)).compactMap(\.line) == lines)
  }

  @Test(arguments: [
    ("x += 1", "write `x = x + …`"), ("true and false", "write `&&`"), ("def f(x) { }", "func name"),
    ("f(a=1)", "write `a: …`"),
    ("a, b = c", "(a, b) = f()"), ("1 < x < 3", "1 < x && x < …"), ("3 × 4", "write `*`"),
    ("import numpy", "`help()` lists them"),
    ("i++", "write `i = i + 1`"), ("n--\n", "write `n = n - 1`"), ("f = (x) => x", "{ x in x + 1 }"),
    ("f(x => x)", "{ x in x + 1 }"), ("f(|x| x)", "{ x in x + 1 }"), ("x -> x", "{ x in x + 1 }"),
    ("{ x, y: 2 in x }", "{ a, b in a + b }"), ("{ x: Int in x }", "{ a, b in a + b }"),
    ("if x == 1 then y", "braces"), ("for i in 0..<3 print(i)", "braces"),
    ("func f(x) -> Int { x }", "no declared type"),
    ("print(f\"{x}\")", "\\(n)"), ("not true", "write `!`"),
    ("y = 5 if x else 3", "write `if c { a } else { b }`"),
    ("x > 0 ? 1 : 2", "write `if c { a } else { b }`"), ("[x if x > 1 else 0 for x in xs]", "if c { a }"),
    ("sum(x for x in xs)", "[x * x for x in xs]"), ("{x: 1 for x in xs}", "[x * x for x in xs]"),
    ("3 in xs", "write `xs.contains(x)`"), ("0..10", "write `a..<b`"), ("7 << 2", "x * 2 ** n"),
    ("7 >> 2", "x // 2 ** n"), ("a <> b", "write `!=`"), ("~x", "write `!`"), ("{1: 2}", "names or strings"),
    ("x: int = 3", "write `x = …`"), ("let x: Float = 3", "write `x = …`"), ("x **= 2", "write `x = x ** …`"),
    ("func f() { return 1, 2 }", "in parentheses: (a, b)"), ("return 1, 2", "in parentheses: (a, b)"),
    ("[a, b] = c", "(a, b) = …"), ("switch x { }", "else if"), ("struct P { }", "records and functions"),
    ("del x", "%reset x"), ("%time", "`%time f(x)`"), ("%timeit for i in 0..<3 { }", "%timeit { … }()"),
    ("raise \"x\"", "assert(false"), ("print \"x\"", "`print(…)`"),
    ("print x", "`print(…)`"),
  ])
  func habitsOfOtherLanguagesGetHelp(text: String, help: String) throws {
    let failure = #expect(throws: SyntaxFailure.self) { try Parser.parse(SourceText(text)) }
    #expect(failure?.diagnostic.help?.contains(help) == true)
  }

  @Test(arguments: [("(", ")"), ("[", "]"), ("f(", ")"), ("{ ", " }"), ("-", ""), ("if a { ", " }")])
  func nestingIsBounded(open: String, close: String) {
    let text = String(repeating: open, count: 5000) + "1" + String(repeating: close, count: 5000)
    #expect(throws: SyntaxFailure.self) { try Parser.parse(SourceText(text)) }
    let chain = (0..<5000).map { "x\($0)" }.joined(separator: " + ")
    #expect(throws: SyntaxFailure.self) { try Parser.parse(SourceText(chain)) }
  }

  /// Random bytes and random tokens: any answer will do, a crash will not.
  @Test func fuzz() {
    var state: UInt64 = 42
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let words =
      Symbol.allCases.map(\.rawValue) + Keyword.allCases.map(\.rawValue)
      + [
        "x", "θ", "1", "2.5", "\"s\"", "\"a\\(", "\"\"\"", "\n", " ", "#", "%time", "?", "é", "\u{301}", "\\",
        "0x", "1e",
      ]
    for _ in 0..<4000 {
      let bytes = (0..<random(60)).map { _ in UInt8(random(256)) }
      _ = Parser.completeness(of: String(decoding: bytes, as: UTF8.self))
      let text = (0..<random(30)).map { _ in words[random(words.count)] }.joined(
        separator: random(2) == 0 ? " " : "")
      _ = Parser.completeness(of: text)
    }
  }
}
