import Foundation
import Testing

/// The program and the terminal around it.
@Suite("The terminal itself", .enabled(if: Program.canRunInTerminal), .serialized)
struct TerminalTests {
  private func started(columns: Int = 80, rows: Int = 24, environment: [String: String] = [:]) throws -> Tmux
  {
    let terminal = try Tmux(columns: columns, rows: rows, environment: environment)
    try terminal.wait(for: "faa>")
    return terminal
  }

  @Test("history survives kill -9, and `--no-history` keeps none") func history() throws {
    let home = FileManager.default.temporaryDirectory.appendingPathComponent("faa-home-\(UUID())").path
    let first = try Tmux(home: home)
    try first.wait(for: "faa>")
    try first.enter(" secret = 1;")
    try first.enter("f = { x in")
    try first.enter("x }")
    try first.wait(for: "x }\nfaa>")
    kill(try #require(first.processIdentifier), SIGKILL)
    try first.waitForEnd()
    let second = try Tmux(home: home)
    try second.wait(for: "faa>")
    try second.press("Up")
    try second.wait(for: "faa> f = { x in\n  x }")
    try second.press("C-c")
    try second.enter("exit")
    try second.waitForEnd()
    withExtendedLifetime(first) {}

    let third = try Tmux(command: "'\(try #require(Program.path))' --no-history -q")
    try third.wait(for: "faa>")
    #expect(try third.screen() == "faa>")
    try third.enter("1 + 1")
    try third.wait(for: "2\nfaa>")
    #expect(!FileManager.default.fileExists(atPath: third.home + "/.local/state/faa/history"))
  }

  @Test("a live display is redrawn in place, and below what was printed since") func live() throws {
    let terminal = try started(columns: 90, rows: 60)
    try terminal.enter("var y = []; func spin() { for j in 0..<200000 { } }")
    try terminal.wait { $0.hasSuffix("faa>") }
    try terminal.enter("for i in 0..<90 { y = y + [i]; spin(); live(plot(y, title: \"course\")) }")
    let screen = try terminal.wait { $0.contains(" 80") && $0.hasSuffix("faa>") }
    // Once in the entry, once above the plot.
    #expect(screen.components(separatedBy: "course").count == 3)
    try terminal.enter("live(1); print(2); live(3); live(4)")
    try terminal.wait(for: "\n1\n2\n4\nfaa>")
  }

  @Test("a long line wraps, and a window of any size will do") func sizes() throws {
    let terminal = try started(columns: 40)
    try terminal.type("1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13 + 14")
    try terminal.tmux(["resize-window", "-x", "100", "-y", "24"])
    try terminal.wait { $0.contains("13 + 14") }
    try terminal.press("Enter")
    try terminal.wait(for: "105\nfaa>")
    for (columns, rows) in [(5, 3), (1, 1), (500, 50), (40, 24)] {
      try terminal.tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
      try terminal.type("randn([40, 40], seed: 1)")
      try terminal.press("Enter")
    }
    try terminal.clear()
    try terminal.enter("randn([40, 40], seed: 1)")
    let screen = try terminal.wait { $0.contains("⋮") && $0.hasSuffix("faa>") }
    let lines = screen.split(separator: "\n").dropFirst(2)
    #expect(lines.allSatisfy { $0.count <= 40 })
  }

  @Test("colour only where it is wanted, linear text on a dumb terminal") func colours() throws {
    let coloured = try started()
    #expect(try coloured.screen(colours: true).contains("\u{1B}["))
    let plain = try started(environment: ["NO_COLOR": "1"])
    try plain.enter("nosuch")
    try plain.wait { $0.contains("error:") && $0.hasSuffix("faa>") }
    #expect(!(try plain.screen(colours: true).contains("\u{1B}[1")))
    let dumb = try started(environment: ["TERM": "dumb"])
    try dumb.enter("f = { x in")
    try dumb.wait(for: "...")
    try dumb.enter("x + 1 }; f(1)")
    try dumb.wait(for: "2\nfaa>")
    try dumb.press("C-d")
    try dumb.waitForEnd()
  }

  @Test(
    "the terminal is as before after leaving, however that was",
    arguments: ["C-d", "C-\\", "TERM", "QUIT", "HUP", "SEGV"])
  func settings(ending: String) throws {
    let program = try #require(Program.path)
    // The shell around it is to live on: Ctrl-\ goes to both.
    let script =
      "trap : QUIT; stty -a > \"$HOME/before\"; \"\(program)\"; stty -a > \"$HOME/after\"; echo left; sleep 60"
    let terminal = try Tmux(command: "sh -c '\(script)'")
    try terminal.wait(for: "faa>")
    if ending.hasPrefix("C-") {
      try terminal.press(ending)
    } else {
      let shell = try #require(terminal.processIdentifier)
      let children = try String(contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
      let child = try #require(Int32(children.split(separator: " ").first ?? ""))
      kill(child, ["TERM": SIGTERM, "QUIT": SIGQUIT, "HUP": SIGHUP, "SEGV": SIGSEGV][ending] ?? 0)
    }
    try terminal.wait { $0.contains("left") }
    let before = try String(contentsOfFile: terminal.home + "/before", encoding: .utf8)
    #expect(try String(contentsOfFile: terminal.home + "/after", encoding: .utf8) == before)
  }

  @Test("Ctrl-Z suspends, fg brings prompt and draft back") func suspension() throws {
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
