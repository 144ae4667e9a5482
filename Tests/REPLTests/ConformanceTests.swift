import Foundation
import Testing

/// `Fixtures/terminal/transcript.json`: what every client answers to the same inputs, worked out by hand. The kernel and `faa run` are
/// held to it by their own tests.
struct Exchange: Decodable {
  let input: String
  let shows: String?
  let error: String?

  static let all: [Exchange] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/terminal/transcript.json")
    return (try? JSONDecoder().decode([Exchange].self, from: Data(contentsOf: file))) ?? []
  }()
}

/// The program and what is around it: clients, terminals, other programs.
@Suite("What the prompt promises", .enabled(if: Program.canRunInTerminal), .serialized)
struct ConformanceTests {
  private func started(
    columns: Int = 80, rows: Int = 24, environment: [String: String] = [:], command: String? = nil
  ) throws -> Tmux {
    let terminal = try Tmux(columns: columns, rows: rows, environment: environment, command: command)
    try terminal.wait { $0.hasSuffix("faa>") }
    return terminal
  }

  @Test("one transcript gives the same at the prompt and from `faa run`") func transcript() throws {
    #expect(!Exchange.all.isEmpty)
    let terminal = try started(environment: ["TERM": "dumb"])
    let folder = terminal.home
    var cells = "---\nfaa: 1\n---\n"
    for exchange in Exchange.all {
      try terminal.enter(exchange.input)
      let answer = exchange.shows.map { $0.isEmpty ? "" : $0 + "\n" }
      if let answer { try terminal.wait(for: "faa> \(exchange.input)\n\(answer)faa>") }
      if let error = exchange.error {
        try terminal.wait { $0.contains("\nerror: \(error)") && $0.hasSuffix("faa>") }
      }
      cells += "```faa\n\(exchange.input)\n```\n\n"
    }
    try cells.write(toFile: folder + "/all.faa", atomically: true, encoding: .utf8)
    let run = try Program.pipe(
      "", arguments: ["run", folder + "/all.faa", "--on-error", "all", "--json", "-", "-q"])
    let result = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let ran = try #require(result["cells"] as? [[String: Any]])
    #expect(ran.count == Exchange.all.count)
    for (exchange, cell) in zip(Exchange.all, ran) {
      let outputs = (cell["outputs"] as? [[String: Any]] ?? []).compactMap { output in
        ((output["data"] as? [String: Any])?["text/plain"] as? [String: Any])?["text"] as? String
      }
      #expect(outputs.joined() == exchange.shows ?? "", "\(exchange.input)")
      let message = (cell["error"] as? [String: Any])?["message"] as? String
      #expect(
        message?.hasPrefix(exchange.error ?? "?") == (exchange.error == nil ? nil : true), "\(exchange.input)"
      )
    }
  }

  @Test("a history that cannot be written is one warning, and so is nothing else") func unwritable() throws {
    let terminal = try started(environment: ["XDG_STATE_HOME": "/proc/nowhere"])
    for entry in ["1 + 1", "2 + 2", "3 + 3"] { try terminal.enter(entry) }
    let screen = try terminal.wait(for: "6\nfaa>")
    #expect(screen.components(separatedBy: "history is not kept").count == 2)
  }

  @Test("images are blocks of colour where there are no pictures, and shades without colour") func blocks()
    throws
  {
    let entry = "images(linspace(0, 1, count: 256).reshape([16, 16]))"
    let coloured = try started(environment: ["FAA_GRAPHICS": "none", "COLORTERM": "truecolor"])
    try coloured.enter(entry)
    try coloured.wait { $0.contains("▀▀▀▀") && $0.hasSuffix("faa>") }
    #expect(try coloured.screen(colours: true).contains("\u{1B}[38;2;"))
    let plain = try started(environment: ["FAA_GRAPHICS": "none", "COLORTERM": "truecolor", "NO_COLOR": "1"])
    try plain.enter(entry)
    let screen = try plain.wait { $0.contains("@@") && $0.hasSuffix("faa>") }
    #expect(!screen.contains("▀"))
  }

  @Test("a drawing program that is killed starts again, lives through Ctrl-C and leaves no zombie")
  func gnuplot() throws {
    let terminal = try started(rows: 40, environment: ["FAA_GRAPHICS": "none"])
    let shell = try #require(terminal.processIdentifier)
    func children(_ process: Int32) -> [(process: Int32, state: String)] {
      let path = "/proc/\(process)/task/\(process)/children"
      let numbers = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ")
      return numbers.compactMap { Int32($0) }.map { child in
        let status = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
        return (child, String(status.split(separator: ")").last?.split(separator: " ").first ?? ""))
      }
    }
    try terminal.enter("plot([1, 2, 3], title: \"first\")")
    try terminal.wait { $0.contains("first") && $0.contains("⠉") && $0.hasSuffix("faa>") }
    for child in children(shell) { kill(child.process, SIGKILL) }
    try terminal.clear()
    try terminal.enter("plot([3, 2, 1], title: \"second\")")
    try terminal.wait { $0.contains("⠉") && $0.hasSuffix("faa>") && !$0.contains("error") }
    let before = children(shell).map(\.process)
    try terminal.clear()
    try terminal.enter("while true { plot([1, 2]) }")
    try terminal.wait { $0.contains("while true") && !$0.hasSuffix("faa>") }
    try terminal.press("C-c")
    try terminal.wait { $0.contains("interrupted") && $0.hasSuffix("faa>") }
    try terminal.clear()
    try terminal.enter("plot([3, 2, 1], title: \"third\")")
    try terminal.wait { $0.contains("⠉") && $0.hasSuffix("faa>") && !$0.contains("error") }
    #expect(children(shell).map(\.process) == before)
    #expect(children(shell).allSatisfy { $0.state != "Z" })
  }

  @Test("a terminal that is asked what it draws keeps what was typed meanwhile") func probing() throws {
    let terminal = try PseudoTerminal(environment: ["FAA_GRAPHICS": "", "TMUX": ""])
    #expect(terminal.shows("faa>"))
    terminal.type("plot([1, 2, 3])\r".utf8)
    #expect(terminal.shows("\u{1B}[c"))
    // Half of what is typed comes before the answer, which is that of a terminal without graphics.
    terminal.type("6 *\u{1B}[?62;22c 7\r".utf8)
    #expect(terminal.shows("\r\n42\r"))
  }

  @Test("Ctrl-C three times stops a factorisation and nothing more") func presses() throws {
    let terminal = try started()
    try terminal.enter("kept = 5; m = randn([1500, 1500], seed: 1);")
    try terminal.wait(for: "faa>")
    try terminal.enter("for k in 0..<50 { svd(m) }")
    try terminal.wait(for: "svd(m) }")
    try terminal.press("C-c", "C-c", "C-c")
    try terminal.wait(seconds: 60) { $0.contains("interrupted") && $0.hasSuffix("faa>") }
    try terminal.enter("kept + 37")
    try terminal.wait(for: "42\nfaa>")
  }
}
