import Foundation
import Testing

/// The program under test, built beside this test.
enum Program {
  static let path: String? = {
    guard let test = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
      return nil
    }
    let candidate = URL(fileURLWithPath: test).deletingLastPathComponent().appendingPathComponent("faa").path
    return FileManager.default.isExecutableFile(atPath: candidate) ? candidate : nil
  }()

  static let hasTmux = ["/usr/bin/tmux", "/bin/tmux", "/usr/local/bin/tmux"].contains {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// Whether a terminal can be had; says why not.
  static let canRunInTerminal: Bool = {
    if path == nil { print("the program `faa` is not built beside the tests, prompt tests are skipped") }
    if !hasTmux { print("tmux is not installed, prompt tests are skipped") }
    return path != nil && hasTmux
  }()

  /// Runs the program on piped input.
  static func pipe(
    _ input: String, arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(path))
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    standardInput.fileHandleForWriting.write(Data(input.utf8))
    try standardInput.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, complaints)
  }
}

/// The program in a real terminal emulator, whose rendered screen the tests read.
final class Tmux {
  let home: String
  private let socket = "faa-test-\(UUID().uuidString.prefix(8))"
  private let configuration: String

  /// Starts `command` (the program by default) in a window of this size with a home directory of its own.
  init(
    columns: Int = 80, rows: Int = 24, environment: [String: String] = [:], command: String? = nil,
    home: String? = nil
  ) throws {
    self.home = home ?? FileManager.default.temporaryDirectory.appendingPathComponent(socket).path
    try FileManager.default.createDirectory(atPath: self.home, withIntermediateDirectories: true)
    configuration = self.home + "/tmux.conf"
    try "set -g escape-time 0\nset -g remain-on-exit on\n".write(
      toFile: configuration, atomically: true, encoding: .utf8)
    var variables = [
      "HOME": self.home, "LANG": "C.UTF-8", "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": "", "NO_COLOR": "",
    ]
    variables.merge(environment) { $1 }
    let settings = variables.sorted { $0.key < $1.key }.map { "\($0)='\($1)'" }.joined(separator: " ")
    let program = try #require(Program.path)
    try tmux([
      "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
      "env \(settings) \(command ?? "'\(program)'")",
    ])
  }

  deinit {
    _ = try? tmux(["kill-server"])
    try? FileManager.default.removeItem(atPath: home)
  }

  /// Runs tmux and returns what it prints. Not by Foundation's `Process`: the server that the first call leaves behind keeps
  /// the descriptor open by which that notices the end of a child, so it would wait for ever.
  @discardableResult
  func tmux(_ arguments: [String]) throws -> String {
    let output = FileManager.default.temporaryDirectory.appendingPathComponent(socket + ".output").path
    defer { unlink(output) }
    let child = try spawn(["tmux", "-u", "-L", socket, "-f", configuration] + arguments) { actions in
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
      posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    return String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
  }

  /// Types text as it stands.
  func type(_ text: String) throws {
    // A semicolon at the end would separate commands of tmux.
    try tmux(["send-keys", "-l", text.hasSuffix(";") ? text.dropLast() + "\\;" : text])
  }

  /// Presses named keys.
  func press(_ keys: String...) throws { try press(contentsOf: keys) }

  func press(contentsOf keys: [String]) throws { try tmux(["send-keys"] + keys) }

  /// Types a line and presses Enter, once the screen has come to rest: what is typed during a run shows twice.
  func enter(_ text: String) throws {
    var last = try screen()
    for _ in 0..<50 {
      Thread.sleep(forTimeInterval: 0.05)
      let next = try screen()
      if next == last { break }
      last = next
    }
    try type(text)
    try press("Enter")
  }

  /// Clears the screen with Ctrl-L, so that a test may look for text that stood on it before.
  func clear() throws {
    try press("C-u", "C-l")
    try wait { $0 == "faa>" }
  }

  /// Pastes as a terminal does: bracketed where the program asked for it.
  func paste(_ text: String) throws {
    let file = home + "/paste"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    try tmux(["load-buffer", file])
    try tmux(["paste-buffer", "-p"])
  }

  /// The rendered screen without blank lines at its end.
  func screen(colours: Bool = false) throws -> String {
    let text = try tmux(["capture-pane", "-p"] + (colours ? ["-e"] : []))
    return text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
      .trimmingCharacters(in: .newlines)
  }

  /// Waits until the screen is as wanted; the last screen is in the failure.
  @discardableResult
  func wait(
    seconds: Double = 8, sourceLocation: SourceLocation = #_sourceLocation, _ wanted: (String) -> Bool
  ) throws -> String {
    let deadline = Date().addingTimeInterval(seconds)
    var last = ""
    while Date() < deadline {
      last = try screen()
      if wanted(last) { return last }
      Thread.sleep(forTimeInterval: 0.03)
    }
    Issue.record("the screen stayed:\n\(last)", sourceLocation: sourceLocation)
    return last
  }

  @discardableResult
  func wait(for end: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    try wait(sourceLocation: sourceLocation) { $0.hasSuffix(end) }
  }

  /// Waits until the program has ended. Returns its status; nil when a signal ended it, or where tmux saw the terminal close before
  /// it could ask.
  @discardableResult
  func waitForEnd(sourceLocation: SourceLocation = #_sourceLocation) throws -> Int32? {
    let deadline = Date().addingTimeInterval(8)
    while Date() < deadline {
      let state = try tmux(["display-message", "-p", "#{pane_dead} #{pane_dead_status}"])
      let fields = state.split(whereSeparator: \.isWhitespace)
      if fields.first == "1" { return fields.count > 1 ? Int32(fields[1]) : nil }
      Thread.sleep(forTimeInterval: 0.03)
    }
    Issue.record("the program goes on:\n\(try screen())", sourceLocation: sourceLocation)
    return nil
  }

  /// The process in the window.
  var processIdentifier: Int32? {
    (try? tmux(["display-message", "-p", "#{pane_pid}"])).flatMap {
      Int32($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}
