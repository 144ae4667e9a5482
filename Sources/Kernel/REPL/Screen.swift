import Glibc
import Runtime
import Syntax

/// Shows what a session sends: text, warnings, displays and one line of progress that never leaves a trace.
final class Screen {
  private let terminal: Terminal
  private let showsProgress: Bool
  private var graphics: Graphics?
  private var isAtLineStart = true
  private var progressIsVisible = false
  private var frames: LiveFrames
  /// The live display right above the cursor, which the next frame of it replaces.
  private var top: (name: String, rows: Int, place: Int)?
  /// The number of the next picture that may be drawn over. A terminal keeps pictures by number, those of programs before us as well.
  private var nextPlace = Int(getpid()) << 8 + 1
  private var lastProgress: ContinuousClock.Instant?
  /// How far the run is, as it last said.
  private(set) var latestProgress: Progress?
  /// Nothing more can be written: the reader of a pipe has gone.
  private(set) var isBroken = false

  init(_ terminal: Terminal, showsProgress: Bool, graphics: Graphics? = nil) {
    (self.terminal, self.showsProgress, self.graphics) = (terminal, showsProgress, graphics)
    frames = Screen.frames(terminal)
  }

  /// Paper keeps what was printed: there only the last frame is.
  private static func frames(_ terminal: Terminal) -> LiveFrames {
    LiveFrames(every: terminal.canEdit ? .milliseconds(250) : nil)
  }

  func show(_ output: Output) {
    switch output {
    case .text(let text): write(Safe.text(text))
    case .warning(let text):
      let label = terminal.errorsHaveColour ? "\u{1B}[1;33mwarning:\u{1B}[0m" : "warning:"
      complain("\(label) \(folded(Safe.text(text), behind: "warning: "))")
    case .display(let display): show(display)
    case .metric(let name, let value): write("\(Safe.text(name)) = \(value)\n")
    case .live(let live): if let display = frames.add(live, as: forms) { show(display, inPlaceOf: live.name) }
    case .progress(let progress): show(progress)
    case .clear:
      // Cursor home, erase the screen; paper and screen readers keep what they have.
      if terminal.canEdit { write("\u{1B}[H\u{1B}[2J") }
    }
  }

  /// A sentence that goes on in the next line where it is too wide for the window; plain streams get it in one.
  private func folded(_ sentence: String, behind label: String) -> String {
    guard terminal.canEdit, !sentence.contains("\n") else { return sentence }
    let lines = TextWidth.folded(label + sentence, to: max(20, terminal.width))
    return String(lines.joined(separator: "\n").dropFirst(label.count))
  }

  func show(_ display: Display) {
    if let png = display.png, let picture = graphics?.picture(png, columns: terminal.width) {
      startLine()
      write(picture + "\n")
      return
    }
    write(text(of: display) + "\n")
  }

  private func text(of display: Display) -> String {
    let coloured = terminal.outputHasFullColour ? display.colouredText : nil
    return Safe.text(coloured ?? display.text, keepsColours: terminal.outputHasColour)
  }

  /// The forms of a live display that can be shown, so high that they can be redrawn in place.
  private var forms: Display.Forms {
    guard terminal.canEdit else { return .text(rows: nil) }
    return graphics?.draws == true ? .picture : .text(rows: terminal.height - 2)
  }

  /// Shows the next frame of a live display: over the one before, unless something has been written since.
  private func show(_ display: Display, inPlaceOf name: String) {
    startLine()
    let height = terminal.height
    var (text, place) = ("", nextPlace)
    // What has scrolled away cannot be reached.
    if terminal.canEdit, let top, top.name == name, top.rows < height {
      text = "\u{1B}[\(top.rows)A\r\u{1B}[J"
      place = top.place
    } else {
      nextPlace += 1
    }
    let rows: Int
    if let png = display.png,
      let picture = graphics?.frame(png, columns: terminal.width, rows: height - 2, place: place)
    {
      text += picture.text
      rows = picture.rows
    } else {
      let lines = self.text(of: display)
      text += lines + "\n"
      rows = lines.split(separator: "\n", omittingEmptySubsequences: false).count
    }
    // A terminal that knows how shows the whole change at once.
    write(terminal.canEdit ? "\u{1B}[?2026h\(text)\u{1B}[?2026l" : text)
    isAtLineStart = true
    top = (name, rows, place)
  }

  /// A page of help, a window at a time where it is long.
  func show(page: String) {
    startLine()
    Pager(terminal: terminal).show(Safe.text(page))
    isAtLineStart = true
  }

  /// A diagnostic or another message for people, on standard error.
  func complain(_ text: String) {
    startLine()
    top = nil
    if !Terminal.write((text + "\n").utf8, to: STDERR_FILENO) { isBroken = true }
  }

  /// Begins a new line unless the last one is complete, as before a prompt.
  func startLine() {
    clearProgress()
    if !isAtLineStart { write("\n") }
  }

  private func write(_ text: String) {
    guard !text.isEmpty else { return }
    clearProgress()
    top = nil
    if !Terminal.write(text.utf8, to: STDOUT_FILENO) { isBroken = true }
    isAtLineStart = text.utf8.last == UInt8(ascii: "\n")
  }

  // MARK: Progress

  /// At most ten times a second on a terminal; a plain line every five seconds elsewhere.
  private func show(_ progress: Progress) {
    latestProgress = progress
    guard showsProgress else { return }
    let now = ContinuousClock.now
    let isLine = terminal.canRedraw
    let interval: Duration = isLine ? .milliseconds(100) : .seconds(5)
    if let lastProgress, now - lastProgress < interval { return }
    // The first plain line also waits: short work needs none.
    defer { lastProgress = now }
    if !isLine, lastProgress == nil { return }
    let text = ProgressLine.text(progress, width: terminal.width - 1)
    if isLine {
      if !isAtLineStart, !progressIsVisible { write("\n") }
      Terminal.write("\r\u{1B}[K\(text)".utf8, to: STDERR_FILENO)
      progressIsVisible = true
    } else {
      Terminal.write("\(text)\n".utf8, to: STDERR_FILENO)
    }
  }

  private func clearProgress() {
    guard progressIsVisible else { return }
    Terminal.write("\r\u{1B}[K".utf8, to: STDERR_FILENO)
    progressIsVisible = false
  }

  /// Shows the last frames: before anything is said of the run's end, while the ones before can be drawn over.
  func showLastFrames() {
    for (name, display) in frames.last(as: forms) { show(display, inPlaceOf: name) }
    (frames, top) = (Self.frames(terminal), nil)
  }

  /// Forgets the pace of the run's progress.
  func endRun() {
    clearProgress()
    lastProgress = nil
    latestProgress = nil
  }
}

/// The text of a progress line.
enum ProgressLine {
  static func text(_ progress: Progress, width: Int) -> String {
    let label = Safe.text(progress.label).prefix(30)
    let note = Safe.text(progress.note)
    guard let total = progress.total, total > 0 else {
      return cut("\(label)  \(progress.done)  \(note)", width)
    }
    let counts = "\(progress.done)/\(total)"
    let room = min(30, width - label.count - counts.count - note.count - 6)
    guard room >= 8 else { return cut("\(label) \(counts) \(note)", width) }
    let filled = Int(Double(room) * max(0, min(1, Double(progress.done) / Double(total))))
    let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: room - filled)
    return cut("\(label)  \(bar)  \(counts)  \(note)", width)
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    let flat = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return flat.count <= width ? flat : String(flat.prefix(max(0, width - 1))) + "…"
  }
}
