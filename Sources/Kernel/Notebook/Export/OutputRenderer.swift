import Runtime

/// Cells and their outputs as HTML.
struct OutputRenderer {
  /// What could not be shown as meant.
  private(set) var warnings: [String] = []
  private let showsTimes: Bool
  private var drawings = 0

  init(showsTimes: Bool) { self.showsTimes = showsTimes }

  /// A cell: its code, then what it produced.
  mutating func section(of cell: Cell, _ outcome: CellOutcome?) -> String {
    let options = cell.options
    let isFailed = outcome?.isFailed ?? false
    var html = ""
    if options.echo { html += code(of: cell, outcome) }
    if let outcome, options.output || isFailed {
      for output in joined(outcome.outputs) { html += render(output, cell) }
      if outcome.droppedBytes > 0 {
        html += "<p class=\"note\">… \(outcome.droppedBytes) more bytes of text are left out</p>\n"
      }
      if let failure = outcome.failure { html += error(failure, isDeclared: outcome.status == .ok) }
    }
    guard !html.isEmpty else { return "" }
    let name = escaped(cell.address)
    return
      "<section class=\"cell\(isFailed ? " failed" : "")\" id=\"cell-\(cell.ordinal)\" aria-label=\"Cell \(name)\">\n\(html)</section>\n"
  }

  /// The verdict of an `expect` block, with both texts where they differ.
  func note(of expectation: Expectation, _ outcome: CellOutcome?) -> String {
    guard let verdict = outcome?.expectations.first(where: { $0.line == expectation.line }) else { return "" }
    let tolerance = "rtol \(expectation.tolerance.relative), atol \(expectation.tolerance.absolute)"
    guard let mismatch = verdict.mismatch else {
      return
        "<p class=\"expect good\"><span aria-hidden=\"true\">✓</span> as expected <small>\(tolerance)</small></p>\n"
    }
    let expected = mismatch.expected.map(escaped) ?? "<em>nothing more</em>"
    let actual = mismatch.actual.map(escaped) ?? "<em>nothing more</em>"
    return """
      <div class="expect bad"><p><span aria-hidden="true">✗</span> not as expected, line \(mismatch.line) <small>\(tolerance)</small></p>
      <dl><dt>expected</dt><dd><code>\(expected)</code></dd><dt>came</dt><dd><code>\(actual)</code></dd></dl></div>

      """
  }

  private func code(of cell: Cell, _ outcome: CellOutcome?) -> String {
    var notes: [String] = []
    if let label = cell.options.label { notes.append("<span class=\"label\">\(escaped(label))</span>") }
    if let outcome {
      switch outcome.status {
      case .ok, .cached:
        if showsTimes, outcome.seconds >= 0.05 {
          notes.append("<span>\(decimal(outcome.seconds, outcome.seconds < 10 ? 2 : 1)) s</span>")
        }
      default: notes.append("<span class=\"status\">\(outcome.status.rawValue)</span>")
      }
    }
    var code = cell.code
    while code.hasSuffix("\n") { code.removeLast() }
    let bar = notes.isEmpty ? "" : "<p class=\"bar\">\(notes.joined())</p>"
    return "<div class=\"source\">\(bar)\(codeBlock(highlighted(code)))</div>\n"
  }

  // MARK: Outputs

  /// Printed text and displays that are text alone, joined where they follow each other: a loop of `show` is one block.
  private func joined(_ outputs: [CellOutput]) -> [CellOutput] {
    var result: [CellOutput] = []
    var text = ""
    for output in outputs {
      switch output {
      case .text(let more): text += more
      case .display(let rendering) where !rendering.isFigure && rendering.html == nil:
        text += rendering.text.hasSuffix("\n") ? rendering.text : rendering.text + "\n"
      default:
        if !text.isEmpty { result.append(.text(text)) }
        text = ""
        result.append(output)
      }
    }
    return text.isEmpty ? result : result + [.text(text)]
  }

  private mutating func render(_ output: CellOutput, _ cell: Cell) -> String {
    switch output {
    case .text(let text): return pre(text, "text")
    case .warning(let text):
      return "<p class=\"warning\"><strong>warning:</strong> \(escaped(plainTerminalText(text)))</p>\n"
    case .display(let rendering): return render(rendering, cell, "display")
    case .value(let rendering, _): return render(rendering, cell, "value")
    case .metric(let name, let value):
      return "<p class=\"note\">recorded <code>\(escaped(name))</code> = \(short(value))</p>\n"
    }
  }

  private mutating func render(_ rendering: Display, _ cell: Cell, _ kind: String) -> String {
    if rendering.isFigure { return figure(rendering, cell) }
    if let html = rendering.html {
      drawings += 1
      if let safe = MarkupFilter.filter(html, .html, prefix: "f\(drawings)-") {
        return "<div class=\"\(kind) scroll\" tabindex=\"0\">\(safe)</div>\n"
      }
      warnings.append("cell \(cell.address): markup that is not well formed is shown as text")
    }
    return pre(rendering.text, kind)
  }

  private mutating func figure(_ rendering: Display, _ cell: Cell) -> String {
    drawings += 1
    let alt = escaped(
      cell.options.alt ?? rendering.alt ?? cell.options.caption ?? "Figure from cell \(cell.address)")
    var size = ""
    if let width = cell.options.figWidth { size += "max-width:\(short(width))px;" }
    if let height = cell.options.figHeight { size += "max-height:\(short(height))px;" }
    let style = size.isEmpty ? "" : " style=\"\(size)\""
    var picture = ""
    if let svg = rendering.svg {
      let root = " role=\"img\" aria-label=\"\(alt)\"\(style)"
      if let safe = MarkupFilter.filter(svg, .svg, prefix: "f\(drawings)-", rootAttributes: root) {
        picture = safe
      } else if rendering.png == nil {
        warnings.append("cell \(cell.address): a drawing that is not well formed is embedded as a picture")
        picture = "<img src=\"data:image/svg+xml;base64,\(base64(Array(svg.utf8)))\" alt=\"\(alt)\"\(style)/>"
      }
    }
    if picture.isEmpty, let png = rendering.png {
      picture = "<img src=\"data:image/png;base64,\(base64(png))\" alt=\"\(alt)\"\(style)/>"
    }
    let caption = cell.options.caption.map { "<figcaption>\(escaped($0))</figcaption>" } ?? ""
    return "<figure>\(picture)\(caption)</figure>\n"
  }

  private func error(_ failure: CellFailure, isDeclared: Bool) -> String {
    let lead = isDeclared ? "<p class=\"note\">This error is declared.</p>\n" : ""
    return lead + pre(failure.rendered, isDeclared ? "error declared" : "error")
  }

  private func pre(_ text: String, _ kind: String) -> String {
    var text = plainTerminalText(text)
    while text.hasSuffix("\n") { text.removeLast() }
    return text.isEmpty ? "" : "<pre class=\"\(kind)\" tabindex=\"0\">\(escaped(text))</pre>\n"
  }
}

/// Text without terminal escape sequences, and with what carriage returns overwrite gone.
func plainTerminalText(_ text: String) -> String {
  guard text.contains("\u{1B}") || text.contains("\r") else { return text }
  var result = String.UnicodeScalarView()
  var lineStart = result.startIndex
  var rest = text.replacing("\r\n", with: "\n").unicodeScalars[...]
  while let next = rest.popFirst() {
    if next == "\u{1B}" {
      guard let kind = rest.popFirst() else { break }
      if kind == "[" {
        while let final = rest.popFirst(), !(0x40...0x7E).contains(final.value) {}
      } else if kind == "]" || kind == "_" || kind == "P" {
        // A string sequence ends with BEL or ESC \.
        while let final = rest.popFirst(), final != "\u{7}" {
          if final == "\u{1B}" {
            rest = rest.dropFirst()
            break
          }
        }
      }
    } else if next == "\r" {
      result.removeSubrange(lineStart...)
    } else {
      result.append(next)
      if next == "\n" { lineStart = result.endIndex }
    }
  }
  return String(result)
}
