import CReadline
import Glibc

/// Reads one line at a time without moving the cursor, for dumb terminals and screen readers. The terminal itself edits.
final class PlainReader: EntrySource {
  private var buffer: [UInt8] = []

  func read(_ prompt: String) -> LineEditor.Event {
    Terminal.write(prompt.utf8, to: STDOUT_FILENO)
    while true {
      let signals = faa_signals_take()
      if signals & UInt32(FAA_SIGNAL_TERMINATE) != 0 { return .terminated(SIGTERM) }
      if signals & UInt32(FAA_SIGNAL_HANGUP) != 0 { return .terminated(SIGHUP) }
      if signals & UInt32(FAA_SIGNAL_INTERRUPT | FAA_SIGNAL_RESUMED) != 0 {
        buffer = []
        Terminal.write("\n\(prompt)".utf8, to: STDOUT_FILENO)
      }
      if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        return .entry(line)
      }
      var streams = [
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: faa_signals_descriptor(), events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&streams, 2, -1) > 0, streams[0].revents != 0 else { continue }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
      if count > 0 { buffer += bytes.prefix(count) } else if count == 0 || errno != EINTR { return .end }
    }
  }
}
