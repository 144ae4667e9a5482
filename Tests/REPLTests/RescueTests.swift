import Foundation
import Testing

/// Ctrl-C where what runs does not stop.
@Suite("Ctrl-C again and again", .enabled(if: Program.canRunInTerminal), .serialized)
struct RescueTests {
  /// A file that is being written for ever: reading it waits, and nothing but the end of the process ends that.
  private final class Endless {
    let path: String
    private let writer: Int32

    init(in folder: String) throws {
      path = folder + "/endless.faa"
      try #require(mkfifo(path, 0o600) == 0)
      writer = open(path, O_RDWR)
      try #require(writer >= 0)
    }

    /// The text, and no more of it.
    func end(_ text: String) {
      _ = write(writer, text, text.utf8.count)
      close(writer)
    }
  }

  private func started(_ environment: [String: String] = [:]) throws -> (Tmux, Endless) {
    let terminal = try Tmux(columns: 120, rows: 40, environment: environment)
    try terminal.wait(for: "faa>")
    return (terminal, try Endless(in: terminal.home))
  }

  /// Begins to read and presses Ctrl-C twice.
  private func offered(_ terminal: Tmux, _ endless: Endless) throws {
    try terminal.enter("%load \(endless.path)")
    try terminal.wait { $0.hasSuffix("endless.faa") }
    try terminal.press("C-c")
    // Two presses in one moment are one signal.
    Thread.sleep(forTimeInterval: 0.2)
    try terminal.press("C-c")
    try terminal.wait { $0.contains("Ctrl-C once more") }
    // A press right after the offer is no answer to it.
    Thread.sleep(forTimeInterval: 0.7)
  }

  @Test("the third starts the program anew with its variables", arguments: ["xterm-256color", "dumb"])
  func third(type: String) throws {
    let (terminal, endless) = try started(["TERM": type])
    let process = try #require(terminal.processIdentifier)
    try terminal.enter("kept = tensor([1.5, 2.5]); n = 3; func f(x) { x * n }")
    try terminal.enter("opt = AdamW(lr: 0.5); both = [opt, opt]; g = { k in { x in x + k } }(1)")
    // What stands before the part that cannot be written is taken back.
    try terminal.enter("mixed = [AdamW(lr: 0.1), opt, g]; late = [opt, 7]")
    try terminal.enter("plot([1, 2, 3]);")
    try terminal.wait { $0.hasSuffix("faa>") }
    try offered(terminal, endless)
    try terminal.press("C-c")
    let screen = try terminal.wait { $0.contains("FAA has started anew") && $0.hasSuffix("faa>") }
    #expect(screen.contains("with 6 variables as before"))
    #expect(screen.contains("warning: lost: `g` is a function that holds values of where it was made"))
    #expect(terminal.processIdentifier == process)
    try terminal.enter("(list(kept), f(14), both[0] == both[1], late[0] == opt, late[1])")
    try terminal.wait(for: "([1.5, 2.5], 42, true, true, 7)\nfaa>")
    try terminal.enter("%history 1")
    try terminal.wait { $0.contains("1  kept = tensor") && $0.hasSuffix("faa>") }
    // It can be done again, and the terminal is as it should be.
    try terminal.enter("while true { n = n }")
    try terminal.wait { $0.hasSuffix("n }") }
    try terminal.press("C-c")
    try terminal.wait { $0.contains("interrupted") && $0.hasSuffix("faa>") }
    let children = try String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
    #expect(children.isEmpty)
  }

  @Test("who presses once is told after a while, and who waits loses nothing") func patience() throws {
    let (terminal, endless) = try started()
    try terminal.enter("n = 3")
    try terminal.enter("%load \(endless.path)")
    try terminal.wait { $0.hasSuffix("endless.faa") }
    try terminal.press("C-c")
    try terminal.wait { $0.contains("Ctrl-C once more") }
    endless.end("---\nfaa: 1\n---\n")
    try terminal.wait { $0.hasSuffix("faa>") }
    try terminal.enter("n * 14")
    try terminal.wait(for: "42\nfaa>")
  }

  @Test("where the variables cannot be written nothing ends") func unwritable() throws {
    let (terminal, endless) = try started(["XDG_STATE_HOME": "/proc/nowhere", "TMPDIR": "/proc/nowhere"])
    try terminal.enter("n = 3")
    try offered(terminal, endless)
    try terminal.press("C-c")
    try terminal.wait { $0.contains("cannot be kept") || $0.contains("started anew") }
    endless.end("---\nfaa: 1\n---\n")
    try terminal.wait { $0.hasSuffix("faa>") }
    try terminal.enter("n * 14")
    try terminal.wait(for: "42\nfaa>")
  }
}
