import CKernels
import CReadline
import Glibc
import Syntax

/// Shows text that is longer than the window a window at a time.
struct Pager {
  let terminal: Terminal

  /// Writes the text; where it does not fit, waits for a key after every window. Not for streams that are no terminal.
  func show(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
      TextWidth.folded(String($0), to: max(10, terminal.width))
    }
    guard terminal.canEdit, lines.count > terminal.height - 1 else {
      Terminal.write((lines.joined(separator: "\n") + "\n").utf8, to: STDOUT_FILENO)
      return
    }
    var before = termios()
    guard tcgetattr(STDIN_FILENO, &before) == 0 else { return }
    var keys = before
    keys.c_lflag &= ~tcflag_t(ICANON | ECHO)
    func take() {
      faa_signals_editing(true)
      tcsetattr(STDIN_FILENO, TCSANOW, &keys)
    }
    func giveBack() {
      tcsetattr(STDIN_FILENO, TCSANOW, &before)
      faa_signals_editing(false)
    }
    take()
    defer { giveBack() }
    var shown = 0
    var step = terminal.height - 1
    while shown < lines.count {
      let end = min(lines.count, shown + max(1, step))
      Terminal.write((lines[shown..<end].joined(separator: "\n") + "\n").utf8, to: STDOUT_FILENO)
      shown = end
      guard shown < lines.count else { return }
      let percent = shown * 100 / lines.count
      Terminal.write("-- \(percent) % -- space: on, Enter: a line, q: end".utf8, to: STDOUT_FILENO)
      let key = Self.key {
        giveBack()
        kill(getpid(), SIGSTOP)
        take()
      }
      Terminal.write("\r\u{1B}[K".utf8, to: STDOUT_FILENO)
      switch key {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "j"): step = 1
      case UInt8(ascii: " "), UInt8(ascii: "f"): step = terminal.height - 1
      case UInt8(ascii: "G"): step = lines.count
      case nil, UInt8(ascii: "q"), 4: return
      default: step = 1
      }
    }
  }

  /// The next key; nil at the end of input and after Ctrl-C.
  private static func key(suspend: () -> Void) -> UInt8? {
    while true {
      var streams = [
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: faa_signals_descriptor(), events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&streams, 2, -1) > 0 else { continue }
      if streams[1].revents != 0 {
        let signals = faa_signals_take()
        if signals & UInt32(FAA_SIGNAL_SUSPEND) != 0 { suspend() }
        // Ctrl-C ends the page and nothing else; the end of the session is for the loop of the prompt.
        if signals & UInt32(FAA_SIGNAL_INTERRUPT) != 0 {
          faa_interrupt_clear()
          return nil
        }
        for (bit, number) in [(FAA_SIGNAL_TERMINATE, SIGTERM), (FAA_SIGNAL_HANGUP, SIGHUP)]
        where signals & UInt32(bit) != 0 {
          raise(number)
          return nil
        }
      }
      if streams[0].revents != 0 {
        var key: UInt8 = 0
        return read(STDIN_FILENO, &key, 1) == 1 ? key : nil
      }
    }
  }
}
