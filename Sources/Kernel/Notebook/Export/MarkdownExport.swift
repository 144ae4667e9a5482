extension Document {
  /// The notebook as plain Markdown with the outputs of a run below their cells. Drawings are in the text as data, so that the file is
  /// all there is.
  public func markdown(_ result: RunResult? = nil) -> String {
    var text = header.title.map { "# \(asText($0))\n\n" } ?? ""
    // A first heading of its own stands for the title.
    if blocks.contains(where: { block in
      if case .prose(let prose) = block {
        return trimmedLines(String(decoding: prose.source, as: UTF8.self)).hasPrefix("# ")
      }
      return false
    }) {
      text = ""
    }
    for block in blocks {
      switch block {
      case .prose(let prose):
        text += String(decoding: prose.source, as: UTF8.self).replacing("\r\n", with: "\n")
      case .expect: continue
      case .cell(let cell):
        if cell.options.echo { text += fenced(cell.code, "faa") }
        guard let result, cell.options.output else { continue }
        text += outputs(of: result.cells[cell.ordinal - 1], cell)
      }
    }
    return text
  }

  private func outputs(of outcome: CellOutcome, _ cell: Cell) -> String {
    var text = ""
    for output in outcome.outputs {
      switch output {
      case .text(let more): text += "\n" + fenced(plainTerminalText(more), "text")
      case .warning(let more): text += "\n> **warning:** \(asText(plainTerminalText(more)))\n"
      case .metric(let name, let value): text += "\nrecorded \(asText(name)) = \(short(value))\n"
      case .display(let rendering), .value(let rendering, _):
        let alt =
          cell.options.alt ?? rendering.alt ?? cell.options.caption ?? "Figure from cell \(cell.address)"
        if let png = rendering.png {
          text += "\n![\(asText(alt))](data:image/png;base64,\(base64(png)))\n"
        } else if let svg = rendering.svg {
          text += "\n![\(asText(alt))](data:image/svg+xml;base64,\(base64(Array(svg.utf8))))\n"
        } else {
          text += "\n" + fenced(plainTerminalText(rendering.text), "text")
        }
        if rendering.isFigure, let caption = cell.options.caption { text += "\n*\(asText(caption))*\n" }
      }
    }
    if let failure = outcome.failure { text += "\n" + fenced(failure.rendered, "text") }
    return text
  }

  /// The notebook with Quarto's fences, ```` ```{faa} ````. `fromQuarto` takes them back.
  public var quarto: [UInt8] { rewritten { $0 == "faa" ? "{faa}" : $0 } }

  /// A Quarto document as a notebook: its `{faa}` blocks become cells.
  public static func fromQuarto(_ bytes: [UInt8]) -> [UInt8] {
    let text = SourceText(bytes, from: 0)
    var result: [UInt8] = []
    var open: Fence?
    for index in text.lines.indices {
      var line = text.raw(index..<(index + 1))
      let content = text.content(index)
      if let fence = open {
        if fence.isClosed(by: content) { open = nil }
      } else if let fence = Fence(content) {
        open = fence
        let language = String(decoding: fence.language, as: UTF8.self)
        if language == "{faa}" {
          let start = fence.info.startIndex - text.lines[index].start
          line.replaceSubrange(start..<(start + fence.language.count), with: "faa".utf8)
        }
      }
      result += line
    }
    return result
  }

  /// The source with the language of its cells' fences replaced.
  private func rewritten(_ language: (String) -> String) -> [UInt8] {
    blocks.reduce(into: preamble) { result, block in
      guard case .cell(let cell) = block else {
        result += block.source
        return
      }
      let text = SourceText(cell.source, from: 0)
      guard let fence = Fence(text.content(0)) else { return }
      let start = fence.info.startIndex
      result += cell.source[..<start]
      result += language(String(decoding: fence.language, as: UTF8.self)).utf8
      result += cell.source[(start + fence.language.count)...]
    }
  }
}

/// A fenced block around a text, whatever fences the text holds.
private func fenced(_ text: String, _ language: String) -> String {
  var fence = "```"
  while text.contains(fence) { fence += "`" }
  return "\(fence)\(language)\n\(text)\(text.isEmpty || text.hasSuffix("\n") ? "" : "\n")\(fence)\n"
}

/// A text on one line of Markdown in which nothing is markup, HTML included.
private func asText(_ text: String) -> String {
  String(text.flatMap { "[]()<>&#!|~$\\`*_".contains($0) ? ["\\", $0] : $0.isNewline ? [" "] : [$0] })
}
