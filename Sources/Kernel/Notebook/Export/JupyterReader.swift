extension Document {
  /// The source of a Jupyter notebook. One that `ipynb` made comes back byte for byte; a cell edited since loses only its own exact form, and a
  /// notebook of another program becomes prose with its code cells as fenced blocks of their language, which FAA does not run.
  ///
  /// Throws `InvalidValue` where the text is no Jupyter notebook of format 4.
  public static func bytes(ipynb text: String) throws -> [UInt8] {
    let notebook = try JSON(parsing: text)
    guard case .array(let cells)? = notebook["cells"], notebook["nbformat"] == .int(4) else {
      throw InvalidValue("not a Jupyter notebook of format 4: `cells` and `nbformat: 4` are missing")
    }
    let metadata = notebook["metadata"]
    var bytes = Array((metadata?["faa"]?["front"]?.text ?? "").utf8)
    let language =
      metadata?["kernelspec"]?["language"]?.text ?? metadata?["language_info"]?["name"]?.text ?? "python"
    for cell in cells {
      let source = joined(cell["source"])
      let faa = cell["metadata"]?["faa"]
      let raw = faa?["raw"]?.text
      // The header stands in the front matter.
      if faa?["header"]?.text == source { continue }
      switch cell["cell_type"]?.text {
      case "code": append(code(source, raw: raw, language: language), to: &bytes, isExact: raw != nil)
      case "markdown", "raw":
        // An edited cell keeps the line breaks around it.
        let exact = raw.map { trimmedLines($0) == source ? $0 : replacingText(of: $0, with: source) }
        append(exact ?? source + "\n", to: &bytes, isExact: exact != nil)
      default: throw InvalidValue("a cell is neither code nor markdown nor raw")
      }
    }
    return bytes
  }
}

/// Adds a block; one that was not written for its place begins its own paragraph.
private func append(_ text: String, to bytes: inout [UInt8], isExact: Bool) {
  if !isExact, !bytes.isEmpty {
    if bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    if bytes.dropLast().last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
  }
  bytes += text.utf8
}

/// The line breaks of `raw` around another text.
private func replacingText(of raw: String, with source: String) -> String {
  let old = trimmedLines(raw)
  guard !old.isEmpty, let range = raw.firstRange(of: old) else { return source + "\n" }
  let tail = raw[range.upperBound...]
  return raw[..<range.lowerBound] + source + (tail.isEmpty ? "\n" : tail)
}

/// A text that Jupyter stores whole or as a list of lines.
private func joined(_ source: JSON?) -> String {
  if let text = source?.text { return text }
  return (source?.items ?? []).compactMap(\.text).joined()
}

/// The block of a code cell: its exact form where that still says the same, else a fence that holds the source.
private func code(_ source: String, raw: String?, language: String) -> String {
  if let raw {
    let document = Document(parsing: Array(raw.utf8), name: "")
    if document.blocks.count == 1, let cell = document.cells.first {
      if cell.jupyterSource == source || cell.text == source { return raw }
      let lines = raw.replacing("\r\n", with: "\n").split(separator: "\n", omittingEmptySubsequences: false)
      let close = lines.last { !$0.allSatisfy(\.isWhitespace) } ?? "```"
      if let new = Cell(text: source), !source.contains(close) {
        // New code keeps the fence and the options as they were written, where these say the same.
        let head = new.options == cell.options ? lines.prefix(cell.codeLine - 1) : [Substring("\(close)faa")]
        let body = new.options == cell.options ? new.code : new.text
        return (head + [Substring(body.hasSuffix("\n") ? String(body.dropLast()) : body), close])
          .joined(separator: "\n") + "\n"
      }
    }
  }
  var fence = "```"
  while source.contains(fence) { fence += "`" }
  let ending = source.hasSuffix("\n") || source.isEmpty ? "" : "\n"
  return "\(fence)\(raw == nil ? language : "faa")\n\(source)\(ending)\(fence)\n"
}
