import Foundation
import Testing

/// Nothing is written while one types: evaluation ends before the prompt comes, pictures are whole by then, and what the drawing program
/// does or says meanwhile waits for the next plot.
@Suite("While one types nothing else is written", .enabled(if: Program.path != nil)) struct QuietTests {
  /// What the program writes in half a second, from when it has come to rest.
  private func written(to terminal: PseudoTerminal) -> String {
    terminal.read(for: 0.2)
    let before = terminal.output.count
    terminal.read(for: 0.5)
    return String(decoding: terminal.output.dropFirst(before), as: UTF8.self)
  }

  private func children(of process: pid_t) -> [pid_t] {
    let path = "/proc/\(process)/task/\(process)/children"
    return ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ").compactMap {
      pid_t($0)
    }
  }

  @Test(
    "a run has written everything before its prompt",
    arguments: [
      "show(plot([1, 2, 3]))", "live(plot([1, 2]), name: \"a\"); live(plot([2, 1]), name: \"b\")",
      "tsne(randn([60, 4], seed: 1), perplexity: 8, iterations: 60, every: 10, animate: true)",
      "fit(MAE(ViT(image: 16, patch: 8, width: 12, depth: 1, heads: 3)), on: rand([8, 3, 16, 16]), epochs: 3, batch: 4)",
    ])
  func before(entry: String) throws {
    let terminal = try PseudoTerminal(environment: ["FAA_GRAPHICS": "kitty"], keeps: 1 << 24)
    try #require(terminal.shows("faa>"))
    terminal.type("\(entry); 40 + 2\r".utf8)
    try #require(terminal.shows("42\r\n", within: 60))
    #expect(written(to: terminal).isEmpty)
    // A draft stands where it is typed, behind the prompt.
    terminal.type("6 * 7".utf8, pause: 0.1)
    #expect(written(to: terminal).isEmpty)
    terminal.type("\r".utf8)
    #expect(terminal.shows("\r\n42\r\n"))
  }

  @Test("the drawing program dies, and says things late, without a word into the draft") func drawing() throws
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faa-quiet-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let program = try #require(
      path.split(separator: ":").map { "\($0)/gnuplot" }.first {
        FileManager.default.isExecutableFile(atPath: $0)
      })
    try "#!/bin/sh\n(sleep 1; echo late words; echo late words >&2) &\nexec \(program) \"$@\"\n".write(
      toFile: folder + "/gnuplot", atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder + "/gnuplot")
    let terminal = try PseudoTerminal(environment: ["PATH": "\(folder):\(path)"], keeps: 1 << 24)
    try #require(terminal.shows("faa>"))
    terminal.type("show(plot([1, 2, 3])); 40 + 2\r".utf8)
    try #require(terminal.shows("42\r\n"))
    terminal.type("6 *".utf8, pause: 0.1)
    // The words come in this time.
    terminal.read(for: 1.2)
    #expect(written(to: terminal).isEmpty)
    let drawing = children(of: terminal.process)
    #expect(!drawing.isEmpty)
    for child in drawing { kill(child, SIGKILL) }
    #expect(written(to: terminal).isEmpty)
    terminal.type(" 8\r".utf8)
    #expect(terminal.shows("\r\n48\r\n"))
    terminal.type("show(plot([3, 2, 1])); 40 + 9\r".utf8)
    #expect(terminal.shows("49\r\n"))
    let all = String(decoding: terminal.output, as: UTF8.self)
    #expect(!all.contains("error"))
  }
}
