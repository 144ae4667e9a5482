extension Document {
  /// The notebook in its regular form: line ends `\n`, no byte order mark, one blank line around cells and none after the header, none of the blanks at line ends of
  /// cells, options as `#| key: value` lines in the order of the documentation, one line end at the end. Prose keeps its words and lines;
  /// what cells do and give does not change.
  public func formatted() -> [UInt8] {
    var parts: [String] = []
    let front = String(decoding: preamble, as: UTF8.self).replacing("\r\n", with: "\n")
      .replacing("\u{FEFF}", with: "")
    let header = trimmedLines(front)
    if !header.isEmpty { parts.append(header) }
    for block in blocks {
      switch block {
      case .prose(let prose):
        let text = trimmedLines(String(decoding: prose.source, as: UTF8.self).replacing("\r\n", with: "\n"))
        if !text.allSatisfy(\.isWhitespace) { parts.append(text) }
      case .cell(let cell): parts.append(cell.formatted)
      case .expect(let expectation):
        // An expectation stands directly below its cell.
        let text = expectation.formatted
        if let last = parts.indices.last, parts.count > (header.isEmpty ? 0 : 1) {
          parts[last] += "\n" + text
        } else {
          parts.append(text)
        }
      }
    }
    let body = parts.dropFirst(header.isEmpty ? 0 : 1).joined(separator: "\n\n")
    return Array((header.isEmpty ? body + "\n" : body.isEmpty ? header + "\n" : "\(header)\n\(body)\n").utf8)
  }
}

extension Cell {
  /// The cell without indentation, its options in order.
  fileprivate var formatted: String {
    var code = self.code.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = line
      while let last = line.last, last == " " || last == "\t" { line.removeLast() }
      return String(line)
    }
    // A string may span lines, and there blanks count.
    if self.code.contains("\"\"\"") {
      code = self.code.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    while code.last?.isEmpty == true { code.removeLast() }
    while code.first?.isEmpty == true { code.removeFirst() }
    let fence = fenceText(for: self.code)
    return (["\(fence)faa"] + written.map { "#| \($0.key): \($0.value)" } + code + [fence]).joined(
      separator: "\n")
  }

  /// The options as they are written, in the order of the documentation.
  private var written: [(key: String, value: String)] {
    let order = CellOptions.keys
    return optionTexts.sorted { a, b in
      let (x, y) = (order.firstIndex(of: a.key) ?? order.count, order.firstIndex(of: b.key) ?? order.count)
      return x == y ? a.key < b.key : x < y
    }
  }
}

extension Expectation {
  fileprivate var formatted: String {
    let fence = fenceText(for: text)
    let first = SourceText(source, from: 0)
    let info = Fence(first.content(0)).map { String(decoding: $0.info, as: UTF8.self) } ?? "expect"
    let words = info.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    return "\(fence)\(words)\n\(text)\(text.isEmpty || text.hasSuffix("\n") ? "" : "\n")\(fence)"
  }

  /// The same block around another text, its own fence and attributes kept.
  func replacing(text new: String) -> [UInt8] {
    let lines = SourceText(source, from: 0)
    let first = lines.content(0)
    let end = source[lines.lines[0].contentEnd..<lines.lines[0].end]
    let fence = fenceText(for: new)
    let info = Fence(first).map { String(decoding: $0.info, as: UTF8.self) } ?? "expect"
    let indent = String(repeating: " ", count: Fence(first)?.indent ?? 0)
    let lineEnd = String(decoding: end, as: UTF8.self)
    var body = new.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while body.last?.isEmpty == true { body.removeLast() }
    let finalEnd = source.last == UInt8(ascii: "\n") ? lineEnd : ""
    return Array(
      ((["\(fence)\(info)"] + body + [fence]).map { indent + $0 }.joined(separator: lineEnd) + finalEnd).utf8)
  }
}

/// Three backticks, or more where the text holds as many.
private func fenceText(for text: String) -> String {
  var fence = "```"
  while text.contains(fence) { fence += "`" }
  return fence
}

extension Document {
  /// The notebook with the text of every `expect` block that did not match replaced by what came.
  public func updatingExpectations(from result: RunResult) -> [UInt8] {
    blocks.reduce(into: preamble) { bytes, block in
      guard case .expect(let expectation) = block, result.cells.indices.contains(expectation.cell - 1) else {
        bytes += block.source
        return
      }
      let outcome = result.cells[expectation.cell - 1]
      let verdict = outcome.expectations.first { $0.line == expectation.line }
      bytes += verdict?.mismatch == nil ? expectation.source : expectation.replacing(text: outcome.text)
    }
  }
}
