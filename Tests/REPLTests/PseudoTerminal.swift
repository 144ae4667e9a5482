import Foundation
import Testing

/// The program on a pseudo-terminal that nobody draws: bytes go in as fast as wanted, and what comes back is kept.
final class PseudoTerminal {
  let process: pid_t
  private let controller: Int32
  private let home: String
  /// What the program wrote, its latest part.
  private(set) var output: [UInt8] = []
  /// The end of it as text.
  var latest: String { String(decoding: output.suffix(300), as: UTF8.self) }
  private var isClosed = false

  private let limit: Int

  /// Starts the program in a window of this size with a home directory of its own. Of what it writes, so many bytes are kept.
  init(
    columns: UInt16 = 80, rows: UInt16 = 24, environment: [String: String] = [:],
    readline settings: String = "", keeps limit: Int = 1 << 18
  ) throws {
    self.limit = limit
    home = FileManager.default.temporaryDirectory.appendingPathComponent("faa-pty-\(UUID())").path
    try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
    try settings.write(toFile: home + "/.inputrc", atomically: true, encoding: .utf8)
    var (controller, terminal): (Int32, Int32) = (-1, -1)
    try #require(openpty(&controller, &terminal, nil, nil, nil) == 0)
    defer { close(terminal) }
    self.controller = controller
    for end in [controller, terminal] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var variables = ProcessInfo.processInfo.environment
    variables.merge([
      "HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_STATE_HOME": "",
      "XDG_CONFIG_HOME": "", "FAA_GRAPHICS": "none",
    ]) { $1 }
    variables.merge(environment) { $1 }

    // `setsid` makes this its session's terminal, as a terminal's own program would be started, and becomes the program.
    process = try spawn(
      ["setsid", "--ctty", #require(Program.path)], environment: variables
    ) { actions in
      for stream: Int32 in 0...2 { posix_spawn_file_actions_adddup2(&actions, terminal, stream) }
    }
    resize(columns: columns, rows: rows)
  }

  deinit {
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
    close(controller)
    try? FileManager.default.removeItem(atPath: home)
  }

  /// Types bytes. What the program writes meanwhile is read, so that neither waits for the other.
  func type(_ bytes: some Sequence<UInt8>, pause: Double = 0) {
    let bytes = Array(bytes)
    _ = write(controller, bytes, bytes.count)
    read(for: pause)
  }

  func resize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
  }

  /// Reads what the program writes in so many seconds, or what is there.
  func read(for seconds: Double) {
    let deadline = Date().addingTimeInterval(seconds)
    var input = pollfd(fd: controller, events: Int16(POLLIN), revents: 0)
    repeat {
      let rest = max(0, deadline.timeIntervalSinceNow)
      guard !isClosed, poll(&input, 1, Int32((rest * 1000).rounded(.up))) > 0 else { return }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = Glibc.read(controller, &buffer, buffer.count)
      guard count > 0 else {
        isClosed = true
        return
      }
      output += buffer.prefix(count)
      if output.count > limit { output.removeFirst(limit / 2) }
    } while Date() < deadline
  }

  /// Whether the program writes this, or the other text, within some seconds.
  func shows(_ text: String, or other: String? = nil, within seconds: Double = 15) -> Bool {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
      let written = String(decoding: output, as: UTF8.self).unicodeScalars
      if written.contains(text.unicodeScalars) || other.map({ written.contains($0.unicodeScalars) }) == true {
        return true
      }
      if Date() >= deadline || isClosed { return false }
      read(for: 0.02)
    }
  }

  /// How the program ended, nil while it goes on; and the last it wrote.
  var ending: String? {
    var information = siginfo_t()
    // The process stays to be waited for: its number is not given to another one.
    guard waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
      information.si_signo == SIGCHLD
    else { return nil }
    return "ended after: " + String(decoding: output.suffix(2000), as: UTF8.self).debugDescription
  }

  /// Whether the program still takes an entry and runs it, wherever the keys before have left it.
  func answers() -> Bool {
    // Ends a paste, a search and the draft.
    for ending in ["\u{1B}[201~", "\u{7}", "\u{3}", "\u{3}"] { type(ending.utf8, pause: 0.02) }
    for attempt in 0..<10 where !isClosed {
      output = []
      type("\u{15}\(7000 + attempt) * 3\r".utf8)
      // The answer stands alone on its line, which readline or the program began.
      if shows("\r\n\((7000 + attempt) * 3)\r", or: "\r\((7000 + attempt) * 3)\r", within: 3) { return true }
    }
    return false
  }
}
