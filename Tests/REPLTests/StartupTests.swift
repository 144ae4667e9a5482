import Foundation
import Testing

/// What runs before the first prompt.
@Suite("The start-up file", .enabled(if: Program.canRunInTerminal), .serialized)
struct StartupTests {
  /// The program with a start-up file of this text.
  private func started(
    _ text: String, environment: [String: String] = [:], arguments: String = ""
  ) throws -> (terminal: Tmux, file: String) {
    let home = FileManager.default.temporaryDirectory.appendingPathComponent("faa-home-\(UUID())").path
    let file = home + "/.config/faa/startup.faa"
    try FileManager.default.createDirectory(
      atPath: home + "/.config/faa", withIntermediateDirectories: true)
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    let program = try #require(Program.path)
    return (
      try Tmux(columns: 200, environment: environment, command: "'\(program)' \(arguments)", home: home), file
    )
  }

  @Test("its variables are there, what it prints shows, its last value does not") func program() throws {
    let (terminal, _) = try started("rate = 0.5\nfunc twice(x) { 2 * x }\nprint(\"ready\")\nrate")
    let screen = try terminal.wait { $0.hasSuffix("ready\nfaa>") }
    #expect(screen.hasPrefix("FAA "))
    try terminal.enter("twice(rate)")
    try terminal.wait(for: "1.0\nfaa>")
    // It is no part of the conversation.
    try terminal.enter("%history")
    try terminal.wait(for: "1  twice(rate)\nfaa>")
  }

  @Test("a notebook does too") func notebook() throws {
    let (terminal, _) = try started(
      "---\nfaa: 1\nparams:\n  steps: {type: int, default: 3}\n---\n# Mine\n```faa\ntotal = steps * 14\n```\n"
    )
    try terminal.wait(for: "faa>")
    try terminal.enter("total")
    try terminal.wait(for: "42\nfaa>")
  }

  @Test(
    "an error is shown with its place, and the prompt comes",
    arguments: [
      ("a = 1\nb = [1][5]\nc = 3", ":2:", "[1, none]"), ("a = 1; c = 4\nx = (", ":", "[none, none]"),
      ("---\nfaa: 1\nnonsense\n", "start-up file", "[none, none]"),
    ])
  func errors(text: String, place: String, left: String) throws {
    let (terminal, file) = try started(text)
    try terminal.wait { $0.contains(file) && $0.contains(place) && $0.hasSuffix("faa>") }
    try terminal.enter("[try a else none, try c else none]")
    try terminal.wait(for: "\(left)\nfaa>")
  }

  @Test("one that cannot be read is a warning") func unreadable() throws {
    let (terminal, file) = try started("")
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
    let program = try #require(Program.path)
    let again = try Tmux(columns: 200, command: "'\(program)'", home: terminal.home)
    try again.wait { $0.contains("warning: the start-up file is left out") && $0.hasSuffix("faa>") }
  }

  @Test("Ctrl-C ends one that does not end") func endless() throws {
    let (terminal, _) = try started("n = 7\nprint(\"begun\")\nwhile true { n = n }")
    try terminal.wait { $0.hasSuffix("begun") }
    try terminal.press("C-c")
    try terminal.wait { $0.contains("interrupted") && $0.hasSuffix("faa>") }
    try terminal.enter("n")
    try terminal.wait(for: "7\nfaa>")
  }

  @Test("`--no-startup`, scripts and expressions leave it alone; XDG_CONFIG_HOME moves it") func left() throws
  {
    let (terminal, file) = try started("print(\"loud\")", arguments: "--no-startup")
    #expect(try !terminal.wait { $0.hasSuffix("faa>") }.contains("loud"))
    let folder = file.replacingOccurrences(of: "/faa/startup.faa", with: "")
    let environment = ["HOME": terminal.home, "XDG_CONFIG_HOME": folder]
    #expect(try Program.pipe("1 + 1", environment: environment).output == "2\n")
    #expect(try Program.pipe("", arguments: ["-e", "1 + 2"], environment: environment).output == "3\n")
    let moved = try Tmux(environment: ["XDG_CONFIG_HOME": folder])
    try moved.wait(for: "loud\nfaa>")
  }
}
