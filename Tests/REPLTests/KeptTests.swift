import Foundation
import Testing

@testable import REPL

@Suite("What is kept of a conversation") struct KeptTests {
  @Test(arguments: ["plain", "two\nlines", "back\\slash\\n", "\\", "\n", "a\r\nb", "λ = \"日本\"", ""])
  func `an entry survives its line in the file`(entry: String) {
    let line = History.escaped(entry)
    #expect(!line.contains("\n"))
    #expect(History.unescaped(line) == entry)
  }

  @Test func `entries are private, appended at once, and shared by conversations`() throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("faa-history-\(UUID())")
      .path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let path = directory + "/deep/er/history"
    let (one, two) = (History(path: path), History(path: path))
    for (history, entry) in [
      (one, "a"), (two, "b\nc"), (one, "a"), (one, "d"), (two, " secret"), (two, "b\nc"),
    ] {
      #expect(history.add(entry) == nil)
    }
    #expect(History(path: path).load() == ["a", "b\nc", "d"])
    let mode = try #require(
      FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)
    #expect(mode.intValue == 0o600)
    #expect(one.entries == ["a", "a", "d"])
  }

  @Test func `a file that cannot be written is one warning`() {
    let history = History(path: "/proc/no/history")
    #expect(history.add("a")?.hasPrefix("history is not kept: /proc/no/history:") == true)
    #expect(history.add("b") == nil)
    #expect(History(path: nil).add("a") == nil)
    #expect(History(path: "/proc/no/history").load().isEmpty)
  }

  @Test(.enabled(if: Program.canRunInTerminal)) func `nothing is kept when asked so`() throws {
    let terminal = try Tmux(command: "'\(try #require(Program.path))' --no-history")
    try terminal.wait(for: "faa>")
    try terminal.enter("1 + 1")
    try terminal.wait(for: "2\nfaa>")
    try terminal.press("Up")
    try terminal.wait(for: "faa> 1 + 1")
    #expect(!FileManager.default.fileExists(atPath: terminal.home + "/.local/state/faa/history"))
  }

  @Test(.enabled(if: Program.canRunInTerminal)) func `history survives kill -9`() throws {
    let home = FileManager.default.temporaryDirectory.appendingPathComponent("faa-home-\(UUID())").path
    let first = try Tmux(home: home)
    try first.wait(for: "faa>")
    try first.enter("f = { x in")
    try first.enter("x }")
    try first.wait(for: "x }\nfaa>")
    kill(try #require(first.processIdentifier), SIGKILL)
    try first.wait { $0.contains("Pane is dead") }
    let second = try Tmux(home: home)
    try second.wait(for: "faa>")
    try second.press("Up")
    try second.wait(for: "faa> f = { x in\n  x }")
    withExtendedLifetime(first) {}
  }
}

@Suite("Input that is not a terminal", .enabled(if: Program.path != nil)) struct ScriptTests {
  static let cases: [(input: String, status: Int32, output: String)] = [
    ("1 + 1", 0, "2\n"), ("x = 1\nprint(x)\nx + 1\n", 0, "1\n2\n"), ("", 0, ""), ("# nothing\n", 0, ""),
    ("print(1)\nnosuch\nprint(2)\n", 1, "1\n"), ("print(1)\n1 + ) 2\n", 1, ""), ("f = { x in\n", 1, ""),
  ]

  @Test(arguments: cases) func `a script has a status and no decoration`(
    input: String, status: Int32, output: String
  ) throws {
    let run = try Program.pipe(input, environment: ["TERM": "xterm-256color"])
    #expect(run.output == output)
    #expect(run.status == status, "\(run.errors)")
    #expect(!(run.output + run.errors).contains("\u{1B}"))
    #expect(run.errors.isEmpty == (status == 0))
  }

  @Test func `an error names the line`() throws {
    #expect(try Program.pipe("a = 1\n\nb = nosuch\n").errors.contains("<stdin>:3:5"))
  }
}
