import Glibc
import REPL

/// Standard output and standard error. A reader that leaves early (`| head`) silences standard output and nothing else.
enum Console {
  nonisolated(unsafe) private static var isOutputClosed = false

  /// Whether standard error is a terminal that redraws lines.
  static let canRedraw = isatty(STDERR_FILENO) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"

  private static let outputIsTerminal = isatty(STDOUT_FILENO) == 1

  /// Writes what was asked for.
  static func out(_ text: String) {
    guard !isOutputClosed else { return }
    if !write(text, to: STDOUT_FILENO) { isOutputClosed = true }
  }

  /// Writes text that a program made: as it is to a file or a pipe, and to a terminal so that it cannot steer it.
  static func outData(_ text: String) { out(outputIsTerminal ? Safe.text(text) : text) }

  /// Writes a diagnostic or progress.
  static func error(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var sent = 0
      while sent < bytes.count {
        guard let base = bytes.baseAddress else { return true }
        let count = Glibc.write(descriptor, base + sent, bytes.count - sent)
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {
          // A non-blocking terminal that is full: wait until it drains.
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          poll(&ready, 1, 1000)
          continue
        }
        if count <= 0 { return false }
        sent += count
      }
      return true
    }
  }
}

/// How often the user has pressed Ctrl-C. The handler only counts; whoever supervises a cell polls.
nonisolated(unsafe) private var presses: Int32 = 0

/// Counts Ctrl-C and termination requests from now on instead of dying of them.
func countInterrupts() {
  for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _ in presses += 1 } }
}

/// Presses so far.
func interruptPresses() -> Int { Int(presses) }
