extension Diagnostic {
  /// The message as text for a terminal or a report:
  ///
  ///     error: matmul: inner dimensions differ, (64, 128) @ (64, 10)
  ///       3 │ logits = X @ w
  ///         │          ^   ^ (64, 10)
  ///         │          (64, 128)
  ///         └─ intro.faa:3:10
  ///     help: `X.T @ w` gives (128, 10)
  ///
  /// Line numbers and the place appear when the source has a name. Columns are those of a terminal, so carets stay
  /// under wide and combining characters. Colour is never the only signal.
  /// - Parameters:
  ///   - source: the text, when the diagnostic does not carry its own.
  ///   - colour: whether to use ANSI escapes.
  ///   - width: columns available; longer lines of the source are cut with `…`.
  ///   - folds: whether longer sentences go on in the next line, for readers rather than for programs.
  ///   - frames: how many calls that the fault came through are listed.
  public func render(
    source: String? = nil, colour: Bool = false, width: Int = 100, folds: Bool = false, frames: Int = 6
  ) -> String {
    let paint = Paint(enabled: colour)
    var lines = Diagnostic.paragraph("\(severity.rawValue):", message, width: folds ? width : .max) {
      paint.severity($0, severity)
    } text: {
      paint.bold($0)
    }
    let place = self.source ?? source.map { SourceText($0) }
    if let place, !labels.isEmpty { lines += excerpt(of: place, paint: paint, width: width) }
    for frame in trace.prefix(frames) {
      let at = frame.source.position(of: frame.span.start)
      let where_ = frame.source.name.isEmpty ? "" : " at \(frame.source.name):\(at.line):\(at.column)"
      lines.append(paint.dim("  in \(frame.function)\(where_)"))
    }
    if trace.count > frames {
      lines.append(
        paint.dim("  … \(trace.count - frames)\(trace.count >= 64 ? " or more" : "") further calls"))
    }
    if let help {
      lines += Diagnostic.paragraph("help:", help, width: folds ? width : .max) {
        paint.help($0)
      } text: {
        $0
      }
    }
    return lines.joined(separator: "\n")
  }

  /// A label and a sentence, which goes on in indented lines where it is too wide.
  private static func paragraph(
    _ label: String, _ sentence: String, width: Int, label paintLabel: (String) -> String,
    text paintText: (String) -> String
  ) -> [String] {
    let line = label + " " + TextWidth.printable(sentence)
    let pieces = TextWidth.columns(line) <= width ? [line] : TextWidth.folded(line, to: max(20, width - 2))
    let first = pieces[0].dropFirst(label.count + 1)
    return [paintLabel(label) + " " + paintText(String(first))]
      + pieces.dropFirst().map { "  " + paintText($0) }
  }

  private func excerpt(of source: SourceText, paint: Paint, width: Int) -> [String] {
    let grouped = Dictionary(grouping: labels) {
      source.lineIndex(of: min($0.span.start, source.bytes.count))
    }
    let order = grouped.keys.sorted()
    let numbered = !source.name.isEmpty
    let digits = numbered ? String(source.firstLine + (order.last ?? 0)).count : 0
    let blank = String(repeating: " ", count: numbered ? digits + 3 : 2) + paint.dim("│")
    var lines: [String] = []
    for index in order {
      let span = source.lineSpan(index)
      let number = String(source.firstLine + index)
      let gutter =
        numbered
        ? "  " + String(repeating: " ", count: digits - number.count) + paint.dim("\(number) │") : blank
      let marks = (grouped[index] ?? []).sorted { $0.span.start < $1.span.start }.map {
        Mark(label: $0, line: span, source: source)
      }
      let window = Window(
        columns: TextWidth.columns(source.text(span)), marks: marks, width: max(20, width - digits - 8))
      lines.append(gutter + " " + window.cut(TextWidth.printable(source.text(span))))
      for row in rows(window.shift(marks)) { lines.append(blank + " " + paint.caret(row)) }
    }
    if numbered, let first = labels.first {
      let at = source.position(of: first.span.start)
      let corner = String(repeating: " ", count: digits + 3) + "└─ \(source.name):\(at.line):\(at.column)"
      lines.append(paint.dim(corner))
    }
    return lines
  }

  /// Carets on the first row with the last remark beside them, the other remarks on rows of their own below.
  private func rows(_ marks: [Mark]) -> [String] {
    var carets = Row()
    for mark in marks { carets.put(String(repeating: "^", count: mark.count), at: mark.column) }
    var rest = marks
    if let last = rest.popLast(), !last.text.isEmpty { carets.put(last.text, at: carets.columns + 1) }
    return [carets.text]
      + rest.reversed().filter { !$0.text.isEmpty }.map {
        var row = Row()
        row.put($0.text, at: $0.column)
        return row.text
      }
  }
}

/// Carets in terminal columns.
private struct Mark {
  var column: Int
  var count: Int
  var text: String

  init(label: Diagnostic.Label, line: Span, source: SourceText) {
    let start = min(max(label.span.start, line.start), line.end)
    let end = min(max(label.span.end, start), line.end)
    column = TextWidth.columns(source.text(Span(line.start, start)))
    count = max(1, TextWidth.columns(source.text(Span(start, end))))
    text = TextWidth.printable(label.text)
  }
}

/// A line of text filled from the left.
private struct Row {
  var text = ""
  var columns: Int { TextWidth.columns(text) }

  mutating func put(_ piece: String, at column: Int) {
    let gap = column - columns
    if gap > 0 { text += String(repeating: " ", count: gap) }
    // Overlapping spans: draw only what is not drawn yet.
    text += gap >= 0 ? piece : String(piece.dropFirst(-gap))
  }
}

/// The part of a long line that is shown: the whole line when it fits, else a stretch around the first mark.
private struct Window {
  let start: Int
  let width: Int
  let total: Int

  init(columns: Int, marks: [Mark], width: Int) {
    total = columns
    self.width = width
    let first = marks.first?.column ?? 0
    start = columns <= width ? 0 : max(0, min(first - width / 3, columns - width))
  }

  func cut(_ line: String) -> String {
    if total <= width { return line }
    var result = start > 0 ? "…" : ""
    var column = 0
    for character in line {
      let next = column + TextWidth.columns(character)
      if column >= start + (start > 0 ? 1 : 0), next <= start + width - 1 { result.append(character) }
      column = next
    }
    return start + width < total ? result + "…" : result
  }

  func shift(_ marks: [Mark]) -> [Mark] {
    if total <= width { return marks }
    return marks.compactMap { mark in
      guard mark.column >= start, mark.column < start + width else { return nil }
      var moved = mark
      moved.column -= start
      moved.count = min(mark.count, width - moved.column)
      return moved
    }
  }
}

/// ANSI colours, or nothing.
private struct Paint {
  let enabled: Bool

  private func wrap(_ text: String, _ code: String) -> String {
    enabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
  func bold(_ text: String) -> String { wrap(text, "1") }
  func dim(_ text: String) -> String { wrap(text, "2") }
  func caret(_ text: String) -> String { wrap(text, "1;31") }
  func help(_ text: String) -> String { wrap(text, "1;36") }
  func severity(_ text: String, _ severity: Diagnostic.Severity) -> String {
    switch severity {
    case .error: wrap(text, "1;31")
    case .warning: wrap(text, "1;33")
    case .note: wrap(text, "1;34")
    }
  }
}
