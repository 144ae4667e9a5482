import Foundation
import Testing

/// What a user of the prompt sees. Every test is one conversation, because starting one costs more than going on with it.
@Suite("The prompt in a real terminal", .enabled(if: Program.canRunInTerminal), .serialized)
struct PromptTests {
  /// The program at its first prompt.
  private func started(columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]) throws -> Tmux
  {
    let terminal = try Tmux(columns: columns, rows: rows, environment: environment)
    try terminal.wait(for: "faa>")
    return terminal
  }

  @Test("values, silence, errors with carets, help, and data that cannot drive the terminal") func values()
    throws
  {
    let terminal = try started(columns: 90, rows: 40)
    #expect(try terminal.screen().split(separator: "\n").count <= 3)
    try terminal.enter("x = 40;")
    try terminal.enter("x + 2")
    try terminal.wait(for: "faa> x = 40;\nfaa> x + 2\n42\nfaa>")
    try terminal.enter("zeros([2, 3]) @ zeros([2, 3])")
    var screen = try terminal.wait { $0.contains("help: ") && $0.hasSuffix("faa>") }
    #expect(screen.contains("inner dimensions differ, (2, 3) @ (2, 3)"))
    #expect(screen.contains("│ ^^^^^^^^^^^^^   ^^^^^^^^^^^^^ (2, 3)"))
    try terminal.clear()
    try terminal.enter("linspace?")
    try terminal.wait { $0.contains("Evenly spaced numbers, both ends included.") && $0.hasSuffix("faa>") }
    try terminal.clear()
    try terminal.enter("print(\"a\\u{1b}[2Jb\\u{7}c\\u{202e}d\", end: \"\")")
    try terminal.wait(for: "a␛[2Jb␇c\u{FFFD}d\nfaa>")
    try terminal.enter("%time 6 * 7")
    try terminal.wait { $0.contains("peak memory") && $0.hasSuffix("42\nfaa>") }
    try terminal.enter("%vrs")
    try terminal.wait { $0.contains("did you mean `%vars`?") && $0.hasSuffix("faa>") }
    try terminal.enter("%history -o 2")
    try terminal.wait(for: "2  x + 2\n     42\nfaa>")
    try terminal.clear()
    try terminal.enter("?keys")
    screen = try terminal.wait { $0.contains("Readline") && $0.hasSuffix("faa>") }
    #expect(screen.contains("Alt-Enter") && screen.contains("Ctrl-R"))
  }

  @Test("entries of several lines: Enter, Alt-Enter, recall, arrows, prefix search, the draft") func entries()
    throws
  {
    let terminal = try started()
    try terminal.enter("f = { y in")
    try terminal.enter("y ** 2")
    try terminal.enter("}")
    try terminal.wait(for: "}\nfaa>")
    try terminal.enter("f(3)")
    try terminal.wait(for: "faa> f = { y in\n  y ** 2\n}\nfaa> f(3)\n9\nfaa>")
    try terminal.press("Up")
    try terminal.wait(for: "9\nfaa> f(3)")
    try terminal.press("Up")
    try terminal.wait(for: "faa> f = { y in\n  y ** 2\n}")
    // Inside the entry the arrows move between its lines; the history comes after its first.
    try terminal.press("Up", "End")
    try terminal.type(" + 1")
    try terminal.wait(for: "faa> f = { y in\n  y ** 2 + 1\n}")
    try terminal.press("Enter")
    try terminal.wait(for: "}\nfaa>")
    try terminal.enter("f(3)")
    try terminal.wait(for: "faa> f(3)\n10\nfaa>")
    try terminal.type("a = 1")
    try terminal.press("M-Enter")
    try terminal.enter("a + 4")
    try terminal.wait(for: "faa> a = 1\na + 4\n5\nfaa>")

    try terminal.clear()
    for entry in ["alpha = 1;", "beta = 2;", "alpha + 10"] { try terminal.enter(entry) }
    try terminal.wait(for: "11\nfaa>")
    try terminal.type("be")
    try terminal.press("Up")
    try terminal.wait(for: "faa> beta = 2;")
    try terminal.press("Down")
    try terminal.wait(for: "11\nfaa> be")
    try terminal.press("C-u", "Up", "Up")
    try terminal.wait(for: "11\nfaa> beta = 2;")
    try terminal.press("C-c")
    try terminal.wait(for: "^C\nfaa>")
    try terminal.press("C-r")
    try terminal.type("alpha =")
    try terminal.wait { $0.contains("alpha = 1;") && $0.contains("i-search") }
    // Ctrl-C ends the search alone.
    try terminal.press("C-c")
    try terminal.wait { $0.hasSuffix("^C\nfaa>") && !$0.contains("i-search") }
    try terminal.enter("alpha + 41")
    try terminal.wait(for: "\n42\nfaa>")

    try terminal.clear()
    try terminal.type("\"日本x̂\" + \"é\"")
    try terminal.press("Home", "Right", "Right", "Right")
    try terminal.type("語")
    try terminal.wait(for: "faa> \"日本語x̂\" + \"é\"")
    try terminal.press("C-u", "C-k")
    try terminal.type("abc")
    try terminal.press("Left", "C-d")
    try terminal.wait(for: "faa> ab")
    try terminal.press("C-u", "C-d")
    #expect(try terminal.waitForEnd() ?? 0 == 0)
  }

  @Test("Tab completes names, labels, words, paths, members and symbols") func completion() throws {
    let terminal = try started()
    try terminal.enter("learningRate = 0.1; learningCurve = {first: 1, second: 2};")
    try terminal.wait(for: "2};\nfaa>")
    func complete(_ text: String, _ result: String, sourceLocation: SourceLocation = #_sourceLocation) throws
    {
      try terminal.press("C-u")
      try terminal.type(text)
      try terminal.press("Tab")
      try terminal.wait(for: "faa> " + result, sourceLocation: sourceLocation)
    }
    try complete("learningR", "learningRate")
    try complete("lear", "learning")
    try terminal.press("Tab", "Tab")
    let screen = try terminal.wait {
      $0.hasSuffix("faa> learning") && $0.contains("learningCurve  learningRate")
    }
    #expect(!screen.contains("error"))
    try complete("learningCurve.se", "learningCurve.second")
    try complete("fit(epo", "fit(epochs:")
    try complete("\\lambda", "λ")
    try complete("\\theta^*", "θ⋆")
    try complete("e\\_1", "e₁")
    try complete("\\λ", "\\lambda")
    try complete("%timei", "%timeit")
    try complete("load(\"/etc/host\u{6e}am", "load(\"/etc/hostname")
    try terminal.press("C-u")
    try terminal.type("\\varth")
    try terminal.press("Tab")
    try terminal.wait(for: "faa> \\vartheta")
    try terminal.press("Tab")
    try terminal.wait(for: "faa> ϑ")
    try terminal.press("C-u")
    try terminal.enter("λ = 3; λ * 2")
    try terminal.wait(for: "6\nfaa>")
  }

  @Test("a paste is inserted as it stands, runs on Enter, and loses the prompts of a transcript") func paste()
    throws
  {
    let terminal = try started(rows: 30)
    let lines = (0..<12).map { "p\($0) = \($0);" }
    try terminal.paste((lines + ["p3 + p11"]).joined(separator: "\n"))
    let screen = try terminal.wait(for: "p3 + p11")
    #expect(screen.components(separatedBy: "faa>").count == 2)
    // One step to undo.
    try terminal.press("C-_")
    try terminal.wait(for: "faa>")
    try terminal.press("C-y", "C-u")
    try terminal.paste("faa> a = 1;\nfaa> a + 1\n2")
    try terminal.wait(for: "faa> a = 1;\na + 1")
    try terminal.press("Enter")
    try terminal.wait(for: "a + 1\n2\nfaa>")
    try terminal.paste("t = 0\n" + String(repeating: "t = t + 1\n", count: 500) + "t")
    try terminal.wait { $0.hasSuffix("t = t + 1\nt = t + 1") || $0.hasSuffix("t = t + 1\nt") }
    try terminal.press("Enter")
    try terminal.wait(for: "\n500\nfaa>")
  }

  @Test("Ctrl-C drops a draft, stops a run, and leaves the session whole") func interrupts() throws {
    let terminal = try started()
    try terminal.type("some draft")
    try terminal.press("C-c")
    try terminal.wait(for: "faa> some draft^C\nfaa>")
    try terminal.press("Up")
    try terminal.wait(for: "^C\nfaa> some draft")
    try terminal.press("C-u")
    try terminal.enter("g = { x in")
    try terminal.press("C-c")
    try terminal.wait(for: "^C\nfaa>")
    try terminal.enter("n = 5; i = 0")
    for endless in [
      "while true { i = i + 1 }", "[sum(range(0, 9)) for k in 0..<9999999999];",
      "%timeit len([k for k in 0..<9999999999])",
    ] {
      try terminal.clear()
      try terminal.enter(endless)
      Thread.sleep(forTimeInterval: 0.3)
      try terminal.press("C-c")
      try terminal.wait(seconds: 3) {
        $0.contains("error: interrupted") && $0.hasSuffix("faa>") || $0.contains("SyntaxError")
      }
    }
    try terminal.enter("(n, i > 0)")
    try terminal.wait(for: "(5, true)\nfaa>")
  }

  @Test("a long page of help waits for a key") func pager() throws {
    let terminal = try started(columns: 60, rows: 12)
    try terminal.enter("?")
    try terminal.wait { $0.contains("-- ") && $0.contains("q: end") }
    try terminal.press("Space")
    try terminal.press("q")
    try terminal.wait(for: "faa>")
    try terminal.enter("?")
    try terminal.wait { $0.contains("q: end") }
    try terminal.press("C-c")
    try terminal.wait(for: "faa>")
    try terminal.enter("while false { }; 6 * 7")
    try terminal.wait(for: "42\nfaa>")
  }
}

@Suite("Input that is not a terminal", .enabled(if: Program.path != nil))
struct PipedTests {
  static let cases: [(input: String, status: Int32, output: String)] = [
    ("1 + 1", 0, "2\n"), ("x = 20\nprint(x)\nx + 22\n", 0, "20\n42\n"), ("", 0, ""), ("# nothing\n", 0, ""),
    ("print(1)\n1 // 0\nprint(2)\n", 1, "1\n"), ("print(1)\n1 + ) 2\n", 1, ""), ("f = { x in\n", 1, ""),
  ]

  @Test("a script has a status and no decoration", arguments: cases)
  func script(input: String, status: Int32, output: String) throws {
    let run = try Program.pipe(input, environment: ["TERM": "xterm-256color"])
    #expect(run.output == output)
    #expect(run.status == status, "\(run.errors)")
    #expect(!(run.output + run.errors).contains("\u{1B}"))
    #expect(run.errors.isEmpty == (status == 0))
  }

  @Test("an error names the line") func place() throws {
    #expect(try Program.pipe("a = 1\n\nb = nosuch\n").errors.contains("<stdin>:3:5"))
  }
}
