import CKernels
import Glibc
import Runtime

/// The terminal as a stage: frames are redrawn in place and keys read one at a time where it can do that; a dumb one gets frames one
/// below the other, and answers in lines.
final class TerminalStage: Stage {
  private let terminal: Terminal
  /// What is on the screen below the prompt, and how many rows questions have taken beside it.
  private var shown = ""
  private var asked = 0

  init(_ terminal: Terminal) { self.terminal = terminal }

  var width: Int { terminal.width }

  func show(_ frame: String) {
    var text = ""
    if terminal.canEdit, !shown.isEmpty { text += "\u{1B}[\(rows(of: shown) + asked)A\r\u{1B}[J" }
    text += Safe.text(frame, keepsColours: true) + "\n"
    (shown, asked) = (frame, 0)
    Terminal.write(text.utf8, to: STDOUT_FILENO)
  }

  /// A window that has become narrower has broken the lines that do not fit.
  private func rows(of frame: String) -> Int {
    frame.split(separator: "\n", omittingEmptySubsequences: false).reduce(0) { sum, line in
      sum + max(1, (line.count + width - 1) / max(width, 1))
    }
  }

  func key() -> String? {
    guard terminal.canEdit else {
      Terminal.write("play> ".utf8, to: STDOUT_FILENO)
      guard let line = readLine() else { return nil }
      return line.split(separator: " ").first.map(String.init) ?? "enter"
    }
    return withKeys {
      guard let first = byte() else {
        // A signal: the user's interrupt, or a window of another size.
        return errno == EINTR && !faa_interrupted() ? "resize" : nil
      }
      switch first {
      case 0x1B:
        // An arrow is ESC [ A…D (or ESC O A…D) in one burst; the key alone is followed by nothing.
        guard hasMore(), let second = byte(), second == 0x5B || second == 0x4F, let third = byte() else {
          return "escape"
        }
        return [0x41: "up", 0x42: "down", 0x43: "right", 0x44: "left"][third] ?? "other"
      case 0x0A, 0x0D: return "enter"
      case 0x04: return nil
      default: return String(UnicodeScalar(first))
      }
    }
  }

  func line(_ question: String) -> String? {
    Terminal.write((question + " ").utf8, to: STDOUT_FILENO)
    let answer = Terminal.withLines { readLine() }
    if terminal.canEdit { asked += 1 }
    return answer
  }

  /// Runs `body` with keys delivered at once and not echoed; interrupts keep working.
  private func withKeys<T>(_ body: () -> T) -> T {
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return body() }
    var raw = before
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    defer { tcsetattr(STDIN_FILENO, TCSADRAIN, &before) }
    return body()
  }

  private func byte() -> UInt8? {
    var value: UInt8 = 0
    return read(STDIN_FILENO, &value, 1) == 1 ? value : nil
  }

  private func hasMore() -> Bool {
    var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&wait, 1, 30) > 0
  }
}
