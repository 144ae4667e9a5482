import Foundation
import Testing

@Suite("The prompt in a terminal", .enabled(if: Program.canRunInTerminal), .serialized)
struct PromptTests {
  /// The program at its first prompt.
  func started(columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]) throws -> Tmux {
    let terminal = try Tmux(columns: columns, rows: rows, environment: environment)
    try terminal.wait(for: "faa>")
    return terminal
  }

  @Test func `a short banner, values, silence and errors with carets`() throws {
    let terminal = try started()
    #expect(try terminal.screen().split(separator: "\n").count <= 3)
    try terminal.enter("1 + 1")
    try terminal.wait(for: "faa> 1 + 1\n2\nfaa>")
    try terminal.enter("x = 40;")
    try terminal.enter("x + 2")
    try terminal.wait(for: "faa> x = 40;\nfaa> x + 2\n42\nfaa>")
    try terminal.enter("x + nosuch")
    let screen = try terminal.wait { $0.contains("nosuch`") && $0.hasSuffix("faa>") }
    #expect(screen.contains("│ x + nosuch\n"))
    #expect(screen.contains("│     ^^^^^^"))
  }

  @Test func `Enter continues what is not complete and the entry is recalled whole`() throws {
    let terminal = try started()
    try terminal.enter("f = { y in")
    try terminal.enter("y ** 2")
    try terminal.enter("}")
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
    try terminal.enter("f(3)")
    try terminal.wait(for: "faa> f(3)\n10\nfaa>")
  }

  @Test func `Up looks for what was typed, Down brings the draft back`() throws {
    let terminal = try started()
    for entry in ["alpha = 1;", "beta = 2;", "alpha + 10"] { try terminal.enter(entry) }
    try terminal.wait(for: "11\nfaa>")
    try terminal.type("be")
    try terminal.press("Up")
    try terminal.wait(for: "faa> beta = 2;")
    try terminal.press("Down")
    try terminal.wait(for: "11\nfaa> be")
    try terminal.press("C-u", "Up", "Up")
    try terminal.wait(for: "11\nfaa> beta = 2;")
  }

  @Test func `Ctrl-C drops a draft, stops a run and leaves the session whole`() throws {
    let terminal = try started()
    try terminal.type("some draft")
    try terminal.press("C-c")
    try terminal.wait(for: "faa> some draft^C\nfaa>")
    try terminal.enter("g = { x in")
    try terminal.press("C-c")
    try terminal.wait(for: "^C\nfaa>")
    try terminal.enter("n = 5; i = 0")
    try terminal.enter("while true { i = i + 1 }")
    Thread.sleep(forTimeInterval: 0.3)
    let start = Date()
    try terminal.press("C-c")
    try terminal.wait { $0.contains("error: interrupted") && $0.hasSuffix("faa>") }
    #expect(Date().timeIntervalSince(start) < 2)
    try terminal.enter("(n, i > 0)")
    try terminal.wait(for: "(5, true)\nfaa>")
  }

  @Test func `Ctrl-D leaves from an empty line only`() throws {
    let terminal = try started()
    try terminal.type("abc")
    try terminal.press("Left", "C-d")
    try terminal.wait(for: "faa> ab")
    try terminal.press("C-u", "C-d")
    try terminal.wait {
      $0.contains("Pane is dead (status 0") || $0.contains("Pane is dead\n") || $0.hasSuffix("Pane is dead")
    }
  }

  @Test(arguments: ["exit", "quit", "exit()"]) func `words that leave`(word: String) throws {
    let terminal = try started()
    try terminal.enter(word)
    try terminal.wait { $0.contains("Pane is dead") }
  }

  @Test func `Tab completes, a second lists, symbols become letters`() throws {
    let terminal = try started()
    try terminal.enter("learningRate = 0.1; learningCurve = 2")
    try terminal.type("learningR")
    try terminal.press("Tab")
    try terminal.wait(for: "faa> learningRate")
    try terminal.press("C-u")
    try terminal.type("lear")
    try terminal.press("Tab")
    try terminal.wait(for: "faa> learning")
    try terminal.press("Tab", "Tab")
    let screen = try terminal.wait {
      $0.hasSuffix("faa> learning") && $0.contains("learningCurve  learningRate")
    }
    #expect(!screen.contains("error"))
    try terminal.press("C-u")
    try terminal.type("\\lambda")
    try terminal.press("Tab")
    try terminal.wait(for: "faa> λ")
    try terminal.enter(" = 3; λ * 2")
    try terminal.wait(for: "6\nfaa>")
  }

  @Test func `a paste is inserted as it stands and runs on Enter`() throws {
    let terminal = try started(rows: 50)
    let lines = (0..<12).map { "p\($0) = \($0);" }
    try terminal.paste((lines + ["p3 + p11"]).joined(separator: "\n"))
    let screen = try terminal.wait(for: "p3 + p11")
    #expect(screen.components(separatedBy: "faa>").count == 2)
    try terminal.press("Enter")
    try terminal.wait(for: "p3 + p11\n14\nfaa>")
    // A transcript loses its prompts.
    try terminal.paste("faa> a = 1;\nfaa> a + 1")
    try terminal.wait(for: "faa> a = 1;\na + 1")
    try terminal.press("Enter")
    try terminal.wait(for: "a + 1\n2\nfaa>")
  }

  @Test func `five hundred pasted lines all run`() throws {
    let terminal = try started()
    try terminal.paste("t = 0\n" + String(repeating: "t = t + 1\n", count: 500) + "t")
    Thread.sleep(forTimeInterval: 0.5)
    try terminal.press("Enter")
    try terminal.wait(for: "\n500\nfaa>")
  }

  @Test func `help by a question mark on either side`() throws {
    let terminal = try started(rows: 40)
    try terminal.enter("?print")
    try terminal.wait { $0.contains("print(") && $0.hasSuffix("faa>") }
    try terminal.enter("print?")
    try terminal.wait { $0.components(separatedBy: "print(").count >= 3 && $0.hasSuffix("faa>") }
  }

  @Test func `wide and combining characters keep the cursor in place`() throws {
    let terminal = try started()
    try terminal.type("\"日本x̂\" + \"é\"")
    try terminal.press("Home")
    for _ in 0..<3 { try terminal.press("Right") }
    try terminal.type("語")
    try terminal.wait(for: "faa> \"日本語x̂\" + \"é\"")
  }

  @Test func `a long line wraps and survives a resize`() throws {
    let terminal = try started(columns: 40)
    try terminal.type("1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14")
    try terminal.tmux(["resize-window", "-x", "100", "-y", "24"])
    Thread.sleep(forTimeInterval: 0.3)
    try terminal.press("Enter")
    try terminal.wait(for: "105\nfaa>")
    try terminal.tmux(["resize-window", "-x", "5", "-y", "3"])
    try terminal.enter("1")
    try terminal.tmux(["resize-window", "-x", "80", "-y", "24"])
    try terminal.enter("2 + 2")
    try terminal.wait { $0.hasSuffix("4\nfaa>") }
  }

  @Test func `control characters in data are shown, not obeyed`() throws {
    let terminal = try started()
    try terminal.enter("print(\"a\\u{1b}[2Jb\\u{7}c\")")
    try terminal.wait(for: "a␛[2Jb␇c\nfaa>")
  }

  @Test func `output without a line end does not hide the prompt`() throws {
    let terminal = try started()
    try terminal.enter("for i in 0..<3 { print(i) }")
    try terminal.wait(for: "0\n1\n2\nfaa>")
  }

  @Test func `colour only where it is wanted`() throws {
    #expect(try started().screen(colours: true).contains("\u{1B}["))
    #expect(!(try started(environment: ["NO_COLOR": "1"]).screen(colours: true).contains("\u{1B}[1")))
  }

  @Test func `a dumb terminal gets linear text`() throws {
    let terminal = try started(environment: ["TERM": "dumb"])
    try terminal.enter("1 + 1")
    try terminal.wait(for: "faa> 1 + 1\n2\nfaa>")
    try terminal.press("C-d")
    try terminal.wait { $0.contains("Pane is dead") }
  }

  @Test func `the terminal is as before after leaving, however that was`() throws {
    let program = try #require(Program.path)
    for ending in ["C-d", "TERM", "QUIT", "HUP"] {
      let terminal = try Tmux(
        command:
          "sh -c 'stty -a > \"$HOME/before\"; \"\(program)\"; stty -a > \"$HOME/after\"; echo left; sleep 60'"
      )
      try terminal.wait(for: "faa>")
      if ending == "C-d" {
        try terminal.press("C-d")
      } else {
        let shell = try #require(terminal.processIdentifier)
        let children = try String(contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
        let child = try #require(Int32(children.split(separator: " ").first ?? ""))
        kill(child, ["TERM": SIGTERM, "QUIT": SIGQUIT, "HUP": SIGHUP][ending] ?? 0)
      }
      try terminal.wait { $0.contains("left") }
      let before = try String(contentsOfFile: terminal.home + "/before", encoding: .utf8)
      #expect(try String(contentsOfFile: terminal.home + "/after", encoding: .utf8) == before, "\(ending)")
    }
  }

  @Test func `Ctrl-Z suspends, fg brings prompt and draft back`() throws {
    let program = try #require(Program.path)
    let terminal = try Tmux(command: "bash --norc -i")
    try terminal.wait { $0.contains("$") || $0.contains("#") }
    try terminal.enter("'\(program)'")
    try terminal.wait(for: "faa>")
    try terminal.type("1 + 4")
    try terminal.press("C-z")
    try terminal.wait { $0.contains("Stopped") }
    try terminal.enter("fg")
    try terminal.wait(for: "faa> 1 + 4")
    try terminal.enter("1")
    try terminal.wait(for: "42\nfaa>")
  }
}
