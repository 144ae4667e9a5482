import CReadline
import Glibc

/// Reads entries of one or more lines with GNU Readline.
final class LineEditor {
  /// What ends a wait for the user.
  enum Event {
    /// An entry the user wants run.
    case entry(String)
    /// End of input: Ctrl-D on an empty line, or the terminal is gone.
    case end
    /// The process was asked to end by this signal.
    case terminated(Int32)
  }

  /// Whether a text can be run, else the indentation of its next line.
  typealias Completeness = (String) -> (canRun: Bool, indent: Int)

  private let isComplete: Completeness
  private let completer: Completer
  private let paste: Paste
  private var event: Event?
  /// Whether the window has a new size that the screen does not show yet.
  private var isResized = false
  // Readline's callbacks carry no context: they find the editor here. It is made once, on the main thread, which is also
  // the only one that calls them.
  nonisolated(unsafe) private static var current: LineEditor?

  /// - Parameter prompt: without colour; stripped from pasted transcripts.
  init(prompt: String, isComplete: @escaping Completeness, completer: Completer) {
    self.isComplete = isComplete
    self.completer = completer
    paste = Paste(prompt: prompt) { isComplete($0).canRun }
    LineEditor.current = self
    let callbacks = faa_line_callbacks(
      accepted: { entry in
        LineEditor.current?.event = entry.map { .entry(String(cString: $0)) } ?? .end
      },
      is_complete: { text, indent in
        guard let editor = LineEditor.current else { return true }
        let answer = editor.isComplete(String(cString: text))
        indent.pointee = Int32(clamping: answer.indent)
        return answer.canRun
      },
      complete: { LineEditor.current?.complete() },
      pasted: { LineEditor.current?.insert(paste: String(cString: $0)) },
      cluster: { text, count in LineEditor.cluster(UnsafeRawBufferPointer(start: text, count: count)) })
    faa_line_setup(callbacks)
  }

  /// The bytes of the first character of a text, as Swift understands characters.
  private static func cluster(_ text: UnsafeRawBufferPointer) -> Int {
    // A text may be long, its first character seldom is.
    for window in [64, 1024] {
      let bytes = UnsafeRawBufferPointer(rebasing: text.prefix(window))
      let size = String(decoding: bytes, as: UTF8.self).first?.utf8.count ?? 1
      if size + 4 <= bytes.count || bytes.count == text.count { return min(size, text.count) }
    }
    return min(1024, text.count)
  }

  /// Shows a prompt and waits for what the user does.
  func read(_ prompt: String) -> Event {
    event = nil
    faa_line_begin(prompt)
    while true {
      if let event { return event }
      let signals = faa_signals_take()
      if let event = handle(signals) {
        faa_line_end()
        return event
      }
      if faa_line_has_input() {
        faa_line_read()
        continue
      }
      var streams = [
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: faa_signals_descriptor(), events: Int16(POLLIN), revents: 0),
      ]
      // A window that is being dragged, and a multiplexer, change it in steps: the last one counts.
      let ready = poll(&streams, 2, isResized ? 40 : -1)
      if ready == 0 { resize() }
      guard ready > 0 else { continue }
      // A signal came before the keys that wait behind it.
      if streams[1].revents & Int16(POLLIN) != 0 { continue }
      if streams[0].revents & Int16(POLLIN) != 0 {
        resize()
        faa_line_read()
      } else if streams[0].revents != 0 {
        faa_line_end()
        return .end
      }
    }
  }

  private func handle(_ signals: UInt32) -> Event? {
    func has(_ bit: Int) -> Bool { signals & UInt32(bit) != 0 }
    if has(Int(FAA_SIGNAL_TERMINATE)) { return .terminated(SIGTERM) }
    if has(Int(FAA_SIGNAL_HANGUP)) { return .terminated(SIGHUP) }
    if has(Int(FAA_SIGNAL_INTERRUPT)) { faa_line_interrupt() }
    if has(Int(FAA_SIGNAL_SUSPEND)) { faa_line_suspend() }
    if has(Int(FAA_SIGNAL_RESIZED)) { isResized = true }
    return nil
  }

  private func resize() {
    if isResized { faa_line_resize() }
    isResized = false
  }

  private func complete() {
    let text = String(cString: faa_line_text())
    let terminal = Terminal()
    switch completer.press(
      text, cursor: Int(faa_line_cursor()), width: terminal.width, height: terminal.height)
    {
    case .nothing: break
    case .replace(let range, let text): faa_line_replace(range.lowerBound, range.upperBound, text)
    case .list(let lines): faa_line_show_below(lines.joined(separator: "\n"))
    }
  }

  private func insert(paste text: String) {
    let cursor = faa_line_cursor()
    faa_line_replace(cursor, cursor, paste.entry(text))
  }
}
