import CReadline
import Glibc

/// Reads entries as plain lines without ever moving the cursor, for dumb terminals, screen readers and pipes. What editing
/// there is, the terminal does itself.
final class PlainReader: EntrySource {
  private let showsPrompt: Bool
  private let isComplete: (String) -> Bool
  private var buffer: [UInt8] = []
  private var isAtEnd = false

  /// - Parameter isComplete: whether a text can be run; lines are gathered until it can.
  init(showsPrompt: Bool, isComplete: @escaping (String) -> Bool) {
    (self.showsPrompt, self.isComplete) = (showsPrompt, isComplete)
  }

  func read(_ prompt: String) -> LineEditor.Event {
    var entry = ""
    show(prompt)
    while true {
      let signals = faa_signals_take()
      if signals & UInt32(FAA_SIGNAL_TERMINATE) != 0 { return .terminated(SIGTERM) }
      if signals & UInt32(FAA_SIGNAL_HANGUP) != 0 { return .terminated(SIGHUP) }
      if signals & UInt32(FAA_SIGNAL_SUSPEND) != 0 { kill(getpid(), SIGSTOP) }
      if signals & UInt32(FAA_SIGNAL_INTERRUPT | FAA_SIGNAL_RESUMED) != 0 {
        (buffer, entry) = ([], "")
        show("\n" + prompt)
      }
      if let line = nextLine() {
        entry += entry.isEmpty ? line : "\n" + line
        if isAtEnd || isComplete(entry) { return .entry(entry) }
        show("...  ")
      } else if isAtEnd {
        if entry.isEmpty {
          show("\n")
          return .end
        }
        return .entry(entry)
      } else {
        fill()
      }
    }
  }

  private func show(_ text: String) {
    if showsPrompt { Terminal.write(text.utf8, to: STDOUT_FILENO) }
  }

  private func nextLine() -> String? {
    let end =
      buffer.firstIndex(of: UInt8(ascii: "\n")) ?? (isAtEnd && !buffer.isEmpty ? buffer.endIndex : nil)
    guard let end else { return nil }
    defer { buffer.removeSubrange(..<min(end + 1, buffer.endIndex)) }
    return String(decoding: buffer[..<end], as: UTF8.self)
  }

  /// Waits for input or a signal.
  private func fill() {
    var streams = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: faa_signals_descriptor(), events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&streams, 2, -1) > 0, streams[0].revents != 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
    if count > 0 { buffer += bytes.prefix(count) } else if count == 0 || errno != EINTR { isAtEnd = true }
  }
}
