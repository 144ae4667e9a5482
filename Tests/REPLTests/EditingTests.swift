import Foundation
import Testing

/// What keys do to text that is more than one row of plain letters.
@Suite("Editing", .enabled(if: Program.canRunInTerminal), .serialized)
struct EditingTests {
  private func started(columns: Int = 80, rows: Int = 24, home: String? = nil) throws -> Tmux {
    let terminal = try Tmux(columns: columns, rows: rows, home: home)
    try terminal.wait(for: "faa>")
    try terminal.clear()
    return terminal
  }

  /// Joined emoji, a letter with a mark, a wide letter, a flag, a skin tone, letters from right to left, a letter shown as a picture.
  static let clusters = ["👨‍👩‍👧", "x̂", "日", "🇫🇷", "é", "👍🏽", "ש", "❤️"]

  @Test("what a reader takes for one character is one for the cursor and for deletion") func clusters() throws
  {
    let terminal = try started()
    for cluster in Self.clusters {
      try terminal.type("a\(cluster)b")
      try terminal.press("Left")
      try terminal.type("|")
      try terminal.wait { $0 == "faa> a\(cluster)|b" }
      try terminal.press("Left", "Left")
      try terminal.type("^")
      try terminal.wait { $0 == "faa> a^\(cluster)|b" }
      try terminal.press("C-d")
      try terminal.wait { $0 == "faa> a^|b" }
      try terminal.press("C-_")
      try terminal.press("C-e", "BSpace", "BSpace", "BSpace")
      try terminal.wait { $0 == "faa> a^" }
      try terminal.press("C-u")
    }
  }

  @Test("a line with joined emoji wraps and is drawn anew without residue") func wrapped() throws {
    let terminal = try started(columns: 30)
    let text = String(repeating: "ab👨‍👩‍👧", count: 12)
    try terminal.type(text)
    func isWhole(_ screen: String) -> Bool {
      screen.replacingOccurrences(of: "\n", with: "") == "faa> " + text
    }
    try terminal.wait(isWhole)
    try terminal.press("C-a")
    try terminal.type("Z")
    try terminal.wait { $0.replacingOccurrences(of: "\n", with: "") == "faa> Z" + text }
    try terminal.press("BSpace")
    try terminal.wait(isWhole)
  }

  @Test("an entry longer than the window follows the cursor and is printed whole when it runs") func tall()
    throws
  {
    let terminal = try started(columns: 40, rows: 10)
    let lines = (1...30).map { "n\($0) = \($0);" } + ["n30 + 12"]
    try terminal.paste(lines.joined(separator: "\n"))
    try terminal.wait { $0 == lines.suffix(10).joined(separator: "\n") }
    try terminal.press(contentsOf: Array(repeating: "Up", count: 30))
    try terminal.wait { $0.hasPrefix("faa> n1 = 1;\nn2 = 2;") }
    try terminal.press("Home")
    try terminal.type("n0 = 0; ")
    try terminal.wait { $0.hasPrefix("faa> n0 = 0; n1 = 1;\nn2 = 2;") }
    try terminal.press("Enter")
    try terminal.wait(for: "n30 + 12\n42\nfaa>")
    let all = try terminal.tmux(["capture-pane", "-p", "-S", "-100"])
    #expect(all.contains("faa> n0 = 0; n1 = 1;\n" + lines[1...].joined(separator: "\n") + "\n42"))
  }

  @Test("vi mode: several lines, searches, pastes, and insertion after Ctrl-C") func vi() throws {
    let home = FileManager.default.temporaryDirectory.appendingPathComponent("faa-vi-\(UUID())").path
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    try "set editing-mode vi\nset keyseq-timeout 20\n$if nonsense\n".write(
      toFile: home + "/.inputrc", atomically: true, encoding: .utf8)
    let terminal = try started(home: home)
    for line in ["f = { y in", "y ** 2", "}"] {
      try terminal.type(line)
      try terminal.press("Enter")
    }
    try terminal.wait { $0 == "faa> f = { y in\n  y ** 2\n}\nfaa>" }
    try terminal.type("f(30)")
    try command(terminal, "k")
    try terminal.wait(for: "faa> f = { y in\n  y ** 2\n}")
    // Up to the middle line, its last character replaced.
    try terminal.type("k$r3")
    try terminal.wait(for: "faa> f = { y in\n  y ** 3\n}")
    try terminal.press("Enter")
    try terminal.wait(for: "  y ** 3\n}\nfaa>")
    try terminal.enter("f(3)")
    try terminal.wait(for: "27\nfaa>")
    // Command mode ends with the entry that is dropped; unbound keys and a yank of nothing do nothing.
    try terminal.type("x")
    try command(terminal, "pPv=\\*")
    try terminal.press("C-c")
    try terminal.type("\"👨‍👩‍👧")
    try command(terminal, "x")
    try terminal.wait { $0.hasSuffix("\nfaa> \"") }
    try terminal.press("C-c", "C-r")
    try terminal.type("f(")
    try terminal.wait { $0.contains("i-search)`f(': f(3)") }
    try terminal.press("Enter")
    try terminal.wait(for: "faa> f(3)\n27\nfaa>")
    // `/` leaves what it finds in the line, `n` and `N` go on; `^` binds to the start.
    try command(terminal, "/^f")
    try terminal.press("Enter")
    try terminal.wait(for: "faa> f(3)")
    try terminal.type("n")
    try terminal.wait(for: "faa> f = { y in\n  y ** 3\n}")
    try terminal.type("N")
    try terminal.wait(for: "faa> f(3)")
    try terminal.press("C-c")
    try terminal.paste("a = 1\n\tb = 2\na + b")
    try terminal.wait(for: "faa> a = 1\n        b = 2\na + b")
    try terminal.press("Enter")
    try terminal.wait(for: "\n3\nfaa>")
    try terminal.type("lins")
    try terminal.press("Tab")
    try terminal.wait(for: "faa> linspace")
  }

  private func command(_ terminal: Tmux, _ keys: String) throws {
    // Escape and a letter in one burst would be Alt and the letter.
    try terminal.press("Escape")
    Thread.sleep(forTimeInterval: 0.1)
    try terminal.type(keys)
  }

  @Test("what was edited in the history waits there, searches go both ways, and Ctrl-S is a key")
  func visits() throws {
    let terminal = try started()
    for entry in ["alpha = 1;", "beta = 2;", "alphabet = 3;"] { try terminal.enter(entry) }
    try terminal.wait(for: "alphabet = 3;\nfaa>")
    try terminal.clear()
    try terminal.type("draft")
    try terminal.press("C-a", "Up", "Up")
    try terminal.type(" + 1")
    try terminal.press("Up", "Down")
    try terminal.wait { $0 == "faa> beta = 2; + 1" }
    try terminal.press("Down", "Down")
    try terminal.wait { $0 == "faa> draft" }
    try terminal.press("C-u", "C-k", "C-r")
    try terminal.type("alph")
    try terminal.wait { $0.contains("(reverse-i-search)`alph': alphabet = 3;") }
    try terminal.press("C-r")
    try terminal.wait { $0.contains("(reverse-i-search)`alph': alpha = 1;") }
    try terminal.press("C-s")
    try terminal.wait { $0.contains("(i-search)`alph': alphabet = 3;") }
    try terminal.press("C-a")
    try terminal.type("1 + ")
    try terminal.wait { $0 == "faa> 1 + alphabet = 3;" }
    try terminal.press("C-c")
    try terminal.press("Escape", "<")
    try terminal.wait(for: "faa> alpha = 1;")
    try terminal.press("Escape", ">")
    try terminal.wait(for: "^C\nfaa>")
  }

  @Test("Esc ends a search and leaves what is found to be edited; Backspace takes a letter of it back")
  func escape() throws {
    let terminal = try started()
    for entry in ["alpha = 1;", "print(\"ran\");", "alpha + 41"] { try terminal.enter(entry) }
    try terminal.wait(for: "42\nfaa>")
    try terminal.clear()
    try terminal.type("new")
    try terminal.press("C-r")
    try terminal.type("rax")
    try terminal.wait(for: "(failed reverse-i-search)`rax': print(\"ran\");")
    try terminal.press("BSpace")
    try terminal.type("n")
    try terminal.wait { $0 == "(reverse-i-search)`ran': print(\"ran\");" }
    try terminal.press("Escape")
    Thread.sleep(forTimeInterval: 0.2)
    // The cursor is where the text was found, and the letter is no part of a key that Escape began.
    try terminal.type("b")
    try terminal.wait { $0 == "faa> print(\"bran\");" }
    // Ctrl-G comes back to where the search began; an arrow ends it too.
    try terminal.press("C-s")
    try terminal.type("+ 4")
    try terminal.wait { $0 == "(i-search)`+ 4': alpha + 41" }
    try terminal.press("C-w")
    try terminal.wait { $0 == "(i-search)`+ 41': alpha + 41" }
    try terminal.press("C-g")
    try terminal.wait { $0 == "faa> print(\"bran\");" }
    try terminal.press("C-s", "C-s", "Left")
    try terminal.type("+ ")
    try terminal.wait { $0 == "faa> alpha+  + 41" }
  }

  @Test("windows of one column and of five hundred, and back") func windows() throws {
    let terminal = try started()
    try terminal.type("1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9")
    for columns in [1, 500, 2, 3] {
      try terminal.tmux(["resize-window", "-x", "\(columns)", "-y", "24"])
      try terminal.press("Left", "Right")
    }
    try terminal.tmux(["resize-window", "-x", "500", "-y", "24"])
    try terminal.press("C-l")
    try terminal.wait { $0 == "faa> 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9" }
    try terminal.press("Enter")
    try terminal.wait(for: "9\n45\nfaa>")
  }

  @Test("Tab shows a long list a page at a time, offers what makes a method, and runs nothing") func pages()
    throws
  {
    let terminal = try started(rows: 14)
    try terminal.type("\\b")
    try terminal.press("Tab", "Tab")
    let first = try terminal.wait { $0.contains("Tab shows more") && $0.hasSuffix("faa> \\b") }
    #expect(first.contains("… 1 to ") && first.contains("\\bNot"))
    try terminal.press("Tab")
    try terminal.wait { $0.contains("… 21 to ") && !$0.contains("\\bNot") && $0.hasSuffix("faa> \\b") }
    try terminal.clear()
    try terminal.type("hypergradient(f, by: ")
    try terminal.press("Tab", "Tab")
    let methods = try terminal.wait { $0.contains("neumann") }
    #expect(methods.contains("cg") && methods.contains("gmres") && !methods.contains("zeros"))
    try terminal.clear()
    try terminal.type("print(\"ran\").")
    try terminal.press("Tab", "Tab", "Tab")
    try terminal.type("x")
    #expect(try terminal.wait(for: "x") == "faa> print(\"ran\").x")
  }
}
