import Testing

@Suite("The prompt in a real terminal", .enabled(if: Program.canRunInTerminal), .serialized)
struct PromptTests {
  @Test("entries, several lines, errors with carets, completion and help on the rendered screen")
  func conversation() throws {
    let terminal = try Tmux(columns: 90, rows: 40)
    try terminal.wait(for: "faa>")
    try terminal.enter("1 + 1")
    try terminal.wait(for: "2\nfaa>")
    // Enter runs only what the parser calls complete.
    try terminal.enter("grad({ x in")
    try terminal.enter("x ** 2 })(3.0)")
    try terminal.wait(for: "6.0\nfaa>")
    try terminal.type("\\lambda")
    try terminal.press("Tab")
    try terminal.wait(for: "faa> λ")
    try terminal.enter(" = 2")
    try terminal.enter("zeros([2, 3]) @ zeros([2, 3])")
    let screen = try terminal.wait { $0.contains("help: ") && $0.hasSuffix("faa>") }
    #expect(screen.contains("inner dimensions differ, (2, 3) @ (2, 3)"))
    #expect(screen.contains("│ ^^^^^^^^^^^^^   ^^^^^^^^^^^^^ (2, 3)"))
    try terminal.enter("λ + 40")
    try terminal.wait(for: "42\nfaa>")
    try terminal.enter("?linspace")
    try terminal.wait { $0.contains("Evenly spaced numbers, both ends included.") && $0.hasSuffix("faa>") }
  }
}

@Suite("Input that is not a terminal", .enabled(if: Program.path != nil))
struct PipedTests {
  @Test("a script prints its values, without prompt or escapes")
  func script() throws {
    let run = try Program.pipe("x = 20\nx + 22\n")
    #expect(run.status == 0 && run.output == "42\n" && run.errors.isEmpty)
    let failed = try Program.pipe("nosuch\n")
    #expect(failed.status == 1 && failed.output.isEmpty && failed.errors.contains("nosuch"))
  }
}
