import Runtime
import Testing

@testable import Notebook

private let drawing = """
  <?xml version="1.0"?><!DOCTYPE svg><svg width="10" height="10" viewBox="0 0 10 10" xmlns="http://www.w3.org/2000/svg">
  <title>t</title><defs><linearGradient id='g'/></defs><rect fill="url(#g)" onclick="x()" width="5"/><use href="#g"/></svg>
  """

private func ran(
  _ document: Document, _ outputs: [CellOutput], started: String = "2026-01-01T00:00:00Z"
) -> RunResult {
  var result = RunResult(
    notebook: "n.faa", notebookHash: "",
    parameters: [ResolvedParameter(name: "p", value: .string("<&>"), source: .cli)],
    seed: 1, environment: [], started: started,
    cells: document.cells.map {
      CellOutcome(address: $0.address, ordinal: $0.ordinal, line: $0.line, sourceHash: "")
    })
  for index in result.cells.indices {
    result.cells[index].status = .ok
    result.cells[index].outputs = outputs
  }
  return result
}

@Suite struct ExportTests {
  static let prose: [(String, String)] = [
    ("# A $x$ B", "<h1 id=\"s-a-x-b\">A <math"), ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("costs $5 and $6", "<p>costs $5 and $6</p>"),
    ("[x](javascript:alert(1))", "<p>x</p>"), ("[x](java&#115;cript:alert(1))", "<p>x</p>"),
    ("[x](https://e.org/?a=1&b=2)", "<a href=\"https://e.org/?a=1&amp;b=2\" rel=\"noreferrer\">x</a>"),
    ("[x](02-hvp.faa)", "<a href=\"02-hvp.html\" rel=\"noreferrer\">x</a>"),
    ("[x](../a/b.faa#c)", "<a href=\"../a/b.html#s-c\" rel=\"noreferrer\">x</a>"),
    ("[x](data.csv)", "<a href=\"data.csv\" rel=\"noreferrer\">x</a>"), ("[x](/etc/passwd)", "<p>x</p>"),
    ("[x](//e.org/y)", "<p>x</p>"), ("[x](file:y.faa)", "<p>x</p>"), ("[x](a\\\\b)", "<p>x</p>"),
    ("![a\"b](http://e.org/x.png)", "<span class=\"missing\">[a&quot;b]</span>"),
    ("![alt](pic.png)", "<img src=\"data:image/png;base64,AQID\" alt=\"alt\"/>"),
    ("`a<b`", "<code>a&lt;b</code>"), ("```faa\nlet x = 1\n```", "<span class=\"k\">let</span>"),
    ("&copy; &#65; &amp;", "&copy; A &amp;"),
    ("at $x$, and", "</math>,</span> and"), ("at $x$ and", "</math> and"),
    ("text\n$$\na\n= b\n$$\nmore", "<span class=\"formula\" tabindex=\"0\"><math"),
    ("$$\\nope$$", "<code class=\"tex\" title=\"This TeX is not supported\">$$\\nope$$</code>"),
    ("```\n$$x$$\n```", "<span class=\"line\">$$x$$</span></code>"), ("- [x] done", "aria-label=\"done\""),
    ("~~a~~", "<del>a</del>"),
    ("| a | b |\n|---|--:|\n| 1 | 2 |", "<td style=\"text-align:right\">2</td>"),
    ("x\n\n| a | b |\n|--|-:|\n| 1 | 2 |", "<td style=\"text-align:right\">2</td>"),
    ("```\n| a | b |\n|-|-|\n```", "|-|-|"), ("a - b | c\n--\nd", "<h2 id=\"s-a-b-c\">"),
  ]

  @Test(arguments: prose)
  func rendersProse(_ markdown: String, _ expected: String) {
    let html = ProseRenderer { $0 == "pic.png" ? [1, 2, 3] : nil }.render(markdown)
    #expect(html.contains(expected), "\(html)")
    #expect(!html.contains("<script") && !html.contains("javascript:"))
  }

  static let code: [(String, String)] = [
    ("# c", "<span class=\"c\"># c</span>"),
    (
      "\"a\\(x)b\"",
      "<span class=\"s\">&quot;a</span><span class=\"o\">\\(</span>x<span class=\"o\">)</span><span class=\"s\">b&quot;</span>"
    ),
    ("f(x)", "<span class=\"f\">f</span>(x)"), ("1.5e-3", "<span class=\"n\">1.5e-3</span>"),
    ("0..<9", "<span class=\"n\">0</span><span class=\"o\">..&lt;</span><span class=\"n\">9</span>"),
    ("f(lr: 1)", "<span class=\"l\">lr</span>: "), ("x[a:b]", "x[a:b]"),
    ("for i in xs", "<span class=\"k\">for</span>"),
    ("\"open", "<span class=\"s\">&quot;open</span>"), ("<&>", "<span class=\"o\">&lt;&amp;&gt;</span>"),
    ("\"\\", "<span class=\"s\">&quot;\\</span>"),
  ]

  @Test(arguments: code)
  func highlightsCode(_ source: String, _ expected: String) {
    let html = highlighted(source)
    #expect(html.contains(expected), "\(html)")
    #expect(isWellFormed("<p>\(html)</p>"))
  }

  /// A style sheet breaks long lines by these elements; what is copied from the page is the code.
  @Test func codeHasAnElementForEveryLine() {
    let source = "a = \"\"\"\n  b\n  \"\"\"\n\nf { x in\n    x }"
    let html = codeBlock(highlighted(source))
    #expect(isWellFormed(html))
    #expect(html.components(separatedBy: "<span class=\"line\"").count == 7)
    #expect(html.contains("<span class=\"line\" style=\"--i:2\">  <span class=\"s\">b</span>\n</span>"))
    #expect(html.contains("<span class=\"line\">\n</span>"))
    #expect(html.contains("<span class=\"line\" style=\"--i:4\">    x }</span></code>"))
    let plain = html.replacing(/<[^>]*>/, with: "").replacing("&quot;", with: "\"")
    #expect(plain == source)
  }

  @Test func filtersDrawings() throws {
    let svg = try #require(MarkupFilter.filter(drawing, .svg, prefix: "f1-", rootAttributes: " role=\"img\""))
    #expect(svg.hasPrefix("<svg role=\"img\""))
    #expect(svg.contains("id=\"f1-g\"") && svg.contains("url(#f1-g)") && svg.contains("href=\"#f1-g\""))
    #expect(!svg.contains("onclick") && !svg.contains("title") && !svg.contains("DOCTYPE"))
    #expect(isWellFormed(svg))
  }

  static let hostile: [String] = [
    "<svg><script>alert(1)</script></svg>", "<svg><foreignObject><b/></foreignObject></svg>",
    "<svg><a href=\"https://x.org\">y</a></svg>",
    "<svg><image href=\"https://x.org/a.png\"/></svg>",
    "<svg><rect style=\"fill:url(https://x.org)\"/></svg>",
    "<svg><style>@import 'x'</style></svg>", "<svg><rect style=\"fill:\\75rl(x)\"/></svg>",
    "<svg><image href=\"data:text/html;base64,AA\"/></svg>",
    "<svg><animate attributeName=\"href\" to=\"javascript:1\"/></svg>", "<svg onload='alert(1)'/>",
  ]

  @Test(arguments: hostile)
  func removesWhatCouldRunOrFetch(_ markup: String) throws {
    let safe = try #require(MarkupFilter.filter(markup, .svg, prefix: "p"))
    for word in ["script", "https:", "url(", "import", "\\", "onload", "text/html", "javascript", "foreign"] {
      #expect(!safe.contains(word), "\(safe)")
    }
    #expect(isWellFormed(safe))
  }

  @Test(arguments: [
    "", "<svg>", "<svg></g></svg>", "<svg", "<svg a=b></svg>", "text",
    "<!DOCTYPE svg [<!ENTITY x 'y'>]><svg/>", "<svg><g></svg></g>",
    String(repeating: "<g>", count: 10_000),
  ])
  func refusesBrokenDrawings(_ markup: String) {
    #expect(MarkupFilter.filter(markup, .svg, prefix: "p") == nil)
  }

  @Test func writesOneSafePage() throws {
    let source = """
      ---
      title: A <title> & more
      authors: [A]
      ---
      # First
      ## One
      ## Two $x^2$
      ## Three [link](https://e.org)

      ```faa
      #| label: plot
      #| caption: A "caption"
      x = "<&>"
      ```
      ```expect
      1
      ```
      """
    let document = Document(parsing: Array(source.utf8), name: "n.faa")
    #expect(document.issues == [])
    var result = ran(
      document,
      [
        .text("a <b> \u{1B}[31mred\u{1B}[0m \u{0}\n"), .warning("w <&>"),
        .display(Display(text: "t", svg: drawing, alt: "alt \"1\"")),
        .display(Display(text: "t", svg: drawing)),
        .value(Display(text: "t", png: [1, 2, 3]), json: nil),
        .display(
          Display(text: "t", html: "<table><tr><td onclick='x'>1</td></tr></table><script>x</script>")),
        .display(Display(text: "broken", svg: "<svg>")),
      ])
    result.cells[0].expectations = [
      .init(line: 14, mismatch: Mismatch(line: 1, expected: "<1>", actual: nil))
    ]
    let page = HTMLPage(document, result)
    let html = page.html
    #expect(isWellFormed(html.replacing("<!DOCTYPE html>", with: "")))
    #expect(html.contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:"))
    #expect(html.contains("<title>A &lt;title&gt; &amp; more</title>"))
    #expect(html.contains("prefers-color-scheme: dark") && html.contains("@media print"))
    #expect(html.contains("aria-label=\"alt &quot;1&quot;\"") && html.contains("A &quot;caption&quot;"))
    #expect(html.contains("url(#f1-g)") && html.contains("url(#f2-g)"))
    #expect(!html.lowercased().contains("<script") && !html.contains("onclick"))
    for (attribute, value) in references(in: html) {
      if attribute == "src" { #expect(value.hasPrefix("data:image/")) }
      // Links for readers may lead out; nothing is fetched.
      if attribute == "href" { #expect(value.hasPrefix("#") || value == "https://e.org") }
    }
    let identifiers = values(of: "id", in: html)
    #expect(Set(identifiers).count == identifiers.count)
  }

  @Test func givesTheSamePageWhateverTheTime() throws {
    let document = Document(parsing: Array("# T\n\n```faa\nx\n```\n".utf8), name: "n.faa")
    let first = ran(document, [.text("out")])
    var second = ran(document, [.text("out")], started: "2027-01-01T00:00:00Z")
    second.seconds = 12
    second.cells[0].seconds = 11
    #expect(HTMLPage(document, first).html != HTMLPage(document, second).html)
    let page = HTMLPage(document, first, showsTimes: false).html
    #expect(HTMLPage(document, second, showsTimes: false).html == page)
    #expect(page.contains("1 cell ran, seed 1"))
  }

  @Test func joinsTextsThatFollowEachOther() throws {
    let document = Document(parsing: Array("```faa\nx\n```\n".utf8), name: "n.faa")
    let outputs: [CellOutput] = [
      .text("a\n"), .display(Display(text: "b")), .display(Display(text: "c")), .warning("w"), .text("d"),
    ]
    let html = HTMLPage(document, ran(document, outputs)).html
    #expect(html.contains("<pre class=\"text\" tabindex=\"0\">a\nb\nc</pre>"))
    #expect(html.components(splitBy: "<pre class=\"text\"").count == 3)
  }

  static let splits: [(String, [ProsePart])] = [
    (
      "a\n<details>\n<summary>S *s*</summary>\n\nb\n\n</details>\nc",
      [.markdown("a\n"), .open(summary: "S *s*"), .markdown("\nb\n\n"), .close, .markdown("c")]
    ),
    ("<details><summary>S</summary>\nb", [.open(summary: "S"), .markdown("b")]),
    ("<details>\nb\n</details>", [.open(summary: "Details"), .markdown("b\n"), .close]),
    ("```\n<details>\n```\n", [.markdown("```\n<details>\n```\n")]),
    ("<details onclick=x>\n", [.markdown("<details onclick=x>\n")]),
    ("<details> x\n</details> y", [.markdown("<details> x\n</details> y")]),
    ("    <details>", [.markdown("    <details>")]),
  ]

  @Test(arguments: splits)
  func splitsProseAtDetails(_ markdown: String, _ parts: [ProsePart]) {
    #expect(proseParts(markdown) == parts)
  }

  @Test func hidesAnAnswerWithItsCells() {
    let source = "<details>\n<summary>Answer <b></summary>\n\n```faa\nx\n```\n\n$x$\n\n</details>\n"
    let document = Document(parsing: Array(source.utf8), name: "n.faa")
    let page = HTMLPage(document, ran(document, [.text("out")]))
    #expect(isWellFormed(page.html.replacing("<!DOCTYPE html>", with: "")))
    #expect(page.warnings == [])
    let answer = page.html.components(splitBy: "<details class=\"answer\">")[1]
    #expect(answer.hasPrefix("<summary>Answer &lt;b&gt;</summary>"))
    #expect(answer.components(splitBy: "</details>")[0].contains("out"))
  }

  @Test(arguments: ["<details>\n\nx", "x\n\n</details>\n"])
  func closesWhatIsLeftOpen(_ source: String) {
    let document = Document(parsing: Array(source.utf8), name: "n.faa")
    let page = HTMLPage(document, nil)
    #expect(isWellFormed(page.html.replacing("<!DOCTYPE html>", with: "")))
    #expect(page.warnings.count == 1)
  }

  @Test func showsANotebookThatDidNotRun() {
    let document = Document(parsing: Array("prose\n```faa\nx\n```\n".utf8), name: "n.faa")
    let page = HTMLPage(document, nil)
    #expect(page.html.contains("<title>n.faa</title>") && page.warnings == [])
  }

  private func references(in html: String) -> [(String, String)] {
    ["src", "href"].flatMap { name in values(of: name, in: html).map { (name, $0) } }
  }

  private func values(of name: String, in html: String) -> [String] {
    html.components(splitBy: " \(name)=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }
}
