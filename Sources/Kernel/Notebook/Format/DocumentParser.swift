extension Document {
  /// Parses a notebook. Never throws and never runs anything: what is wrong is listed in `issues`.
  ///
  /// - Parameters:
  ///   - bytes: the file, any bytes at all.
  ///   - name: the notebook as the user named it, for diagnostics.
  public init(parsing bytes: [UInt8], name: String) {
    var parser = DocumentParser(bytes, name: name)
    parser.parse()
    self.init(
      name: name, preamble: parser.preamble, header: parser.header, blocks: parser.blocks,
      issues: parser.issues.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
  }
}

/// One pass over the lines; see the grammar in the documentation of the format.
private struct DocumentParser {
  let name: String
  let text: SourceText
  var preamble: [UInt8] = []
  var header = Header()
  var blocks: [Block] = []
  var issues: [Issue] = []

  private var next = 0
  private var proseStart = 0
  private var cellCount = 0
  private var labels: [String: Int] = [:]
  /// Whether an `expect` here would follow a cell: true after a cell and after its expectations.
  private var expectBinds = false

  init(_ bytes: [UInt8], name: String) {
    self.name = name
    let bom: [UInt8] = [0xEF, 0xBB, 0xBF]
    let hasMark = bytes.starts(with: bom)
    text = SourceText(bytes, from: hasMark ? 3 : 0)
    if hasMark { preamble = bom }
  }

  mutating func parse() {
    checkBytes()
    parseHeader()
    proseStart = next
    while next < text.lines.count { parseLine() }
    flushProse()
  }

  // MARK: Whole-file checks

  private mutating func checkBytes() {
    if text.bytes.isEmpty {
      report(1, 1, "the notebook is empty; a cell is opened by a line ```faa and closed by ```")
    }
    if let zero = text.bytes.firstIndex(of: 0) {
      report(at: zero, "a zero byte: this is not a text file")
    } else if let bad = firstInvalidUTF8(in: text.bytes) {
      report(at: bad, "not UTF-8 text; save the file in UTF-8")
    }
  }

  // MARK: Header

  private mutating func parseHeader() {
    guard !text.lines.isEmpty, isHeaderFence(0, "---") else { return }
    let body = 1..<text.lines.count
    guard let close = body.first(where: { isHeaderFence($0, "---") || isHeaderFence($0, "...") }) else {
      report(1, 1, "the header opened here is never closed; end it with a line ---")
      return
    }
    preamble += text.raw(0..<(close + 1))
    let yaml = (1..<close).map { String(decoding: text.content($0), as: UTF8.self) }
    let reader = HeaderReader(yaml, file: name)
    header = reader.header
    issues += reader.issues
    next = close + 1
  }

  private func isHeaderFence(_ line: Int, _ fence: String) -> Bool {
    let content = text.content(line)
    return content.starts(with: fence.utf8)
      && content.dropFirst(3).allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  // MARK: Blocks

  private mutating func parseLine() {
    let content = text.content(next)
    if isConflictMarker(content) {
      report(
        next + 1, 1, "a version-control conflict marker; keep one side and remove the marker lines")
    }
    if let fence = Fence(content) {
      parseFenced(fence)
    } else {
      if !content.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) { expectBinds = false }
      if opensComment(content) { skipComment() } else { next += 1 }
    }
  }

  private mutating func parseFenced(_ fence: Fence) {
    let open = next
    let language = String(decoding: fence.language, as: UTF8.self)
    guard let close = closing(fence, after: open) else {
      report(
        open + 1, fence.indent + 1,
        "the \(language.isEmpty ? "code" : language) block opened here is never closed; "
          + "end it with a line \(String(repeating: fence.mark == 96 ? "`" : "~", count: fence.length))")
      next = text.lines.count
      return
    }
    for line in (open + 1)..<close where isConflictMarker(text.content(line)) {
      report(
        line + 1, 1, "a version-control conflict marker; keep one side and remove the marker lines")
    }
    switch language {
    case "faa":
      flushProse()
      addCell(fence, open, close)
    case "expect":
      flushProse()
      addExpectation(fence, open, close)
    default:
      expectBinds = false
      if language.trimmingBraces.lowercased() == "faa" {
        report(
          open + 1, fence.indent + fence.length + 1,
          "a cell is opened by ```faa, not by ```\(language); this block would not run")
      }
    }
    next = close + 1
    if language == "faa" || language == "expect" { proseStart = next }
  }

  private func closing(_ fence: Fence, after open: Int) -> Int? {
    ((open + 1)..<max(open + 1, text.lines.count)).first { fence.isClosed(by: text.content($0)) }
  }

  private mutating func flushProse() {
    guard proseStart < next else { return }
    blocks.append(.prose(Prose(source: text.raw(proseStart..<next), line: proseStart + 1)))
    proseStart = next
  }

  private mutating func addCell(_ fence: Fence, _ open: Int, _ close: Int) {
    cellCount += 1
    var options = CellOptions()
    var seen: [(key: String, value: String)] = []
    for word in attributes(of: fence, line: open) {
      let (key, value): (String, String)
      switch word.text {
      case "noeval": (key, value) = ("eval", "false")
      case "hide": (key, value) = ("echo", "false")
      default:
        guard let equals = word.text.firstIndex(of: "=") else {
          report(
            open + 1, word.column,
            "unknown cell attribute `\(word.text)`" + remedy(for: word.text, among: ["noeval", "hide"])
              + "; options are written key=value")
          continue
        }
        key = String(word.text[..<equals])
        value = String(word.text[word.text.index(after: equals)...])
      }
      set(
        key, to: value, in: &options, &seen, line: open + 1, keyColumn: word.column, valueColumn: word.column)
    }
    var line = open + 1
    while line < close, let option = optionLine(line, fence: fence, &options, &seen) { line = option }
    if let label = options.label {
      if let first = labels[label] {
        report(
          open + 1, fence.indent + 1, "the label `\(label)` is already used by the cell on line \(first)")
      }
      labels[label] = labels[label] ?? open + 1
    }
    blocks.append(
      .cell(
        Cell(
          source: text.raw(open..<(close + 1)), ordinal: cellCount, line: open + 1, codeLine: line + 1,
          indent: fence.indent, options: options, optionTexts: seen,
          code: body(line..<close, indent: fence.indent))))
    expectBinds = true
  }

  /// Reads `#| key: value`; returns the next line, or nil when the line is code.
  private mutating func optionLine(
    _ line: Int, fence: Fence, _ options: inout CellOptions, _ seen: inout [(key: String, value: String)]
  ) -> Int? {
    let content = String(decoding: text.content(line), as: UTF8.self)
    let indent = content.prefix(fence.indent).prefix { $0 == " " }.count
    let body = content.dropFirst(indent)
    guard body.hasPrefix("#|") else { return nil }
    let rest = body.dropFirst(2)
    guard let colon = rest.firstIndex(of: ":") else {
      report(line + 1, indent + 1, "a cell option is written `#| key: value`")
      return line + 1
    }
    let key = trimmed(rest[..<colon])
    let value = rest[rest.index(after: colon)...]
    let keyColumn = indent + 3 + rest.prefix { $0 == " " || $0 == "\t" }.unicodeScalars.count
    let valueColumn =
      indent + 3 + rest[...colon].unicodeScalars.count
      + value.prefix { $0 == " " || $0 == "\t" }.unicodeScalars.count
    set(
      key, to: trimmed(value), in: &options, &seen, line: line + 1, keyColumn: keyColumn,
      valueColumn: valueColumn)
    return line + 1
  }

  private mutating func set(
    _ key: String, to value: String, in options: inout CellOptions,
    _ seen: inout [(key: String, value: String)], line: Int, keyColumn: Int, valueColumn: Int
  ) {
    defer { seen.append((key, value)) }
    if seen.contains(where: { $0.key == key }) {
      report(line, keyColumn, "the option `\(key)` is given twice in this cell")
      return
    }
    do {
      try options.set(key, to: value)
    } catch let invalid as InvalidValue {
      let isKey = !CellOptions.keys.contains(key)
      report(line, isKey ? keyColumn : valueColumn, isKey ? invalid.message : "\(key): \(invalid.message)")
    } catch {
      report(line, keyColumn, "\(error)")
    }
  }

  private mutating func addExpectation(_ fence: Fence, _ open: Int, _ close: Int) {
    if !expectBinds {
      report(
        open + 1, fence.indent + 1,
        "this expect block follows no cell; put it directly below the cell whose output it checks")
    }
    var tolerance = Tolerance()
    var seen: Set<String> = []
    for word in attributes(of: fence, line: open) {
      let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(parts[0])
      guard parts.count == 2, ["rtol", "atol"].contains(key) || key.hasPrefix("x-") else {
        report(
          open + 1, word.column,
          "unknown expect attribute `\(key)`" + remedy(for: key, among: ["rtol", "atol"]))
        continue
      }
      if !seen.insert(key).inserted {
        report(open + 1, word.column, "the attribute `\(key)` is given twice")
      }
      guard !key.hasPrefix("x-") else { continue }
      guard let value = Double(parts[1]), value >= 0, value.isFinite else {
        report(open + 1, word.column, "\(key): `\(parts[1])` is not a tolerance; write for example 1e-4")
        continue
      }
      if key == "rtol" { tolerance.relative = value } else { tolerance.absolute = value }
    }
    blocks.append(
      .expect(
        Expectation(
          source: text.raw(open..<(close + 1)), line: open + 1, cell: cellCount, tolerance: tolerance,
          text: body((open + 1)..<close, indent: fence.indent))))
  }

  /// The words after the language in an info string, each with its column.
  private func attributes(of fence: Fence, line: Int) -> [(text: String, column: Int)] {
    let lineStart = text.lines[line].start
    var words: [(String, Int)] = []
    for word in fence.info.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
      .dropFirst()
    {
      let before = String(decoding: text.bytes[lineStart..<word.startIndex], as: UTF8.self)
      words.append((String(decoding: word, as: UTF8.self), before.unicodeScalars.count + 1))
    }
    return words
  }

  /// Lines joined by `\n`, the fence's indentation removed.
  private func body(_ lines: Range<Int>, indent: Int) -> String {
    var bytes: [UInt8] = []
    for line in lines {
      let content = text.content(line)
      let blanks = content.prefix(indent).prefix { $0 == UInt8(ascii: " ") }.count
      bytes += content.dropFirst(blanks)
      bytes.append(UInt8(ascii: "\n"))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  // MARK: Comments and conflicts

  /// An HTML comment hides what it contains, cells included (CommonMark 4.6, kind 2).
  private func opensComment(_ line: ArraySlice<UInt8>) -> Bool {
    let indent = line.prefix { $0 == UInt8(ascii: " ") }.count
    return indent <= 3 && line.dropFirst(indent).starts(with: "<!--".utf8)
  }

  private mutating func skipComment() {
    let open = next
    while next < text.lines.count {
      let content = text.content(next)
      next += 1
      if contains(content, "-->") { return }
    }
    report(open + 1, 1, "the comment opened here is never closed by -->; it hides the rest of the notebook")
  }

  private func contains(_ line: ArraySlice<UInt8>, _ needle: String) -> Bool {
    let needle = Array(needle.utf8)
    guard line.count >= needle.count else { return false }
    return (line.startIndex...(line.endIndex - needle.count)).contains { line[$0...].starts(with: needle) }
  }

  private func isConflictMarker(_ line: ArraySlice<UInt8>) -> Bool {
    guard let first = line.first, first == UInt8(ascii: "<") || first == UInt8(ascii: ">") else {
      return false
    }
    let rest = line.dropFirst(7)
    return line.prefix(7).count == 7 && line.prefix(7).allSatisfy { $0 == first }
      && (rest.isEmpty || rest.first == UInt8(ascii: " "))
  }

  // MARK: Reporting

  private mutating func report(_ line: Int, _ column: Int, _ message: String) {
    issues.append(Issue(.error, file: name, line: line, column: column, message))
  }

  /// Reports a problem at a byte of the file.
  private mutating func report(at offset: Int, _ message: String) {
    let index = text.lines.firstIndex { $0.end > offset } ?? 0
    guard index < text.lines.count else { return report(1, 1, message) }
    let before = String(decoding: text.bytes[text.lines[index].start..<offset], as: UTF8.self)
    report(index + 1, before.unicodeScalars.count + 1, message)
  }
}

extension String {
  /// `faa` for Quarto's `{faa}`.
  fileprivate var trimmingBraces: String {
    String(drop { $0 == "{" }.prefix { $0 != "}" && $0 != "," })
  }
}
