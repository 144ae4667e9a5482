import Foundation
import Testing

/// What stays on the screen when keys, signals and windows do not wait for each other.
@Suite("Keys and windows that do not wait", .enabled(if: Program.canRunInTerminal), .serialized)
struct RedrawTests {
  private func started(columns: Int = 80, rows: Int = 24) throws -> Tmux {
    let terminal = try Tmux(columns: columns, rows: rows)
    try terminal.wait(for: "faa>")
    return terminal
  }

  @Test("Ctrl-C keeps its place among the keys, and leaves no line behind in a search") func interrupts()
    throws
  {
    let terminal = try started()
    try terminal.enter("alpha = 1;")
    try terminal.wait(for: "alpha = 1;\nfaa>")
    try terminal.clear()
    try terminal.type("draft")
    try terminal.press("C-c", "C-r", "a", "l", "p")
    try terminal.wait(for: "faa> draft^C\n(reverse-i-search)`alp': alpha = 1;")
    try terminal.press("C-c")
    try terminal.wait { $0 == "faa> draft^C\nfaa>" }
    // A draft that was dropped on the way to another entry does not come back as the draft.
    try terminal.type("one")
    try terminal.press("Up", "C-c")
    try terminal.type("two")
    try terminal.press("C-a", "Up", "Down")
    try terminal.wait(for: "\nfaa> two")
    // After Escape, which begins the name of a key.
    try terminal.press("Escape", "C-c")
    try terminal.wait(for: "faa> two^C\nfaa>")
  }

  @Test("what is typed during a run shows once, behind the next prompt") func typingAhead() throws {
    let terminal = try started()
    try terminal.type("for i in 0..<30000000 { }")
    try terminal.press("Enter")
    try terminal.type("6 * 7")
    try terminal.press("Enter")
    try terminal.type("1 + 1")
    try terminal.wait(for: "faa> for i in 0..<30000000 { }\nfaa> 6 * 7\n42\nfaa> 1 + 1")
  }

  @Test("a window that changes its width draws the entry anew") func widths() throws {
    let terminal = try started(columns: 500)
    let words = (1...14).map { "word\($0)" }.joined(separator: " + ")
    try terminal.type(words)
    try terminal.wait(for: "word14")
    for columns in [40, 100, 30, 500, 60] {
      try terminal.tmux(["resize-window", "-x", "\(columns)", "-y", "24"])
      // Rows that are full end where the window does. What has left the window at its top is out of reach and may stay.
      try terminal.wait { screen in
        let lines = screen.split(separator: "\n").map(String.init)
        guard let first = lines.lastIndex(where: { $0.hasPrefix("faa>") }) else { return false }
        let rows = lines[first...].dropLast().map {
          $0.padding(toLength: columns, withPad: " ", startingAt: 0)
        }
        return rows.joined() + (lines.last ?? "") == "faa> " + words
      }
    }
    try terminal.press("C-c")
    try terminal.enter("40 + 2")
    try terminal.wait(for: "42\nfaa>")
  }

  @Test("Escape and then Enter runs what is not complete, together they begin a line") func forcing() throws {
    let terminal = try started()
    try terminal.type("f(1,")
    try terminal.press("M-Enter")
    try terminal.type("2")
    try terminal.wait(for: "faa> f(1,\n2")
    try terminal.press("Escape")
    Thread.sleep(forTimeInterval: 0.2)
    try terminal.press("Enter")
    try terminal.wait { $0.contains("error:") && $0.hasSuffix("\nfaa>") }
  }

  @Test("values that were shown before") func values() throws {
    let terminal = try started()
    for entry in ["10 * 2", "x = 5", "_ + 1", "__ + _", "out(1) + out(-1)", "out(2)"] {
      try terminal.enter(entry)
    }
    let screen = try terminal.wait { $0.contains("entry 2 has no value") && $0.hasSuffix("faa>") }
    #expect(screen.contains("faa> _ + 1\n21\nfaa> __ + _\n41\nfaa> out(1) + out(-1)\n61\n"))
    try terminal.enter("%vars")
    try terminal.wait { $0.contains("x     int") && !$0.contains("__    ") && $0.hasSuffix("faa>") }
  }
}
