/// What a cell may say about how it is run and shown, in its fence (```` ```faa label=fit ````) or as leading
/// `#| key: value` lines.
public struct CellOptions: Sendable, Equatable {
  /// Whether the cell may, may not, or must fail.
  public enum ErrorPolicy: Sendable, Equatable {
    /// A failure is a failure of the notebook.
    case forbid
    /// Either outcome is fine.
    case allow
    /// The cell must fail with the error of this name, such as `ShapeMismatch`.
    case expected(String)
  }

  /// The cell's name: `[A-Za-z][A-Za-z0-9_-]{0,63}`.
  public var label: String?
  /// Whether a later cache may replay the cell.
  public var cache = true
  /// Seconds the cell may take, instead of the notebook's limit.
  public var timeout: Double?
  /// What a failure of this cell means.
  public var error = ErrorPolicy.forbid
  /// Whether the cell runs.
  public var eval = true
  /// Whether exports show the code.
  public var echo = true
  /// Whether exports show the outputs.
  public var output = true
  /// Width of the cell's figures in exports, in CSS pixels.
  public var figWidth: Double?
  /// Height of the cell's figures in exports, in CSS pixels.
  public var figHeight: Double?
  /// Caption below the cell's figures.
  public var caption: String?
  /// Alternative text of the cell's figures.
  public var alt: String?
  /// Tools the cell needs, such as `gnuplot`.
  public var needs: [String] = []
  /// Free tags.
  public var tags: [String] = []
  /// Keys starting with `x-`, kept for other tools.
  public var extensions: [String: String] = [:]

  /// Options of a cell that says nothing.
  public init() {}

  /// Names of all options, in the order of the documentation.
  static let keys = table.map(\.key)

  /// Sets one option from its text; throws `InvalidValue` for an unknown key or a value that does not fit.
  mutating func set(_ key: String, to value: String) throws {
    if key.hasPrefix("x-") {
      extensions[key] = value
      return
    }
    guard let row = Self.table.first(where: { $0.key == key }) else {
      throw InvalidValue("unknown cell option `\(key)`" + remedy(for: key, among: Self.keys))
    }
    try row.set(&self, value)
  }

  private static let table: [(key: String, set: @Sendable (inout CellOptions, String) throws -> Void)] = [
    ("label", { $0.label = try parseLabel($1) }),
    ("cache", { $0.cache = try parseBool($1) }),
    ("timeout", { $0.timeout = try parseDuration($1) }),
    ("error", { $0.error = try parseErrorPolicy($1) }),
    ("eval", { $0.eval = try parseBool($1) }),
    ("echo", { $0.echo = try parseBool($1) }),
    ("output", { $0.output = try parseBool($1) }),
    ("fig-width", { $0.figWidth = try parsePixels($1) }),
    ("fig-height", { $0.figHeight = try parsePixels($1) }),
    ("caption", { $0.caption = unquoted($1) }),
    ("alt", { $0.alt = unquoted($1) }),
    ("needs", { $0.needs = parseWords($1) }),
    ("tags", { $0.tags = parseWords($1) }),
  ]
}

private func parseLabel(_ text: String) throws -> String {
  let bytes = Array(text.utf8)
  let isLetter = { (b: UInt8) in (65...90).contains(b) || (97...122).contains(b) }
  let isTail = { (b: UInt8) in isLetter(b) || (48...57).contains(b) || b == 95 || b == 45 }
  guard let first = bytes.first, isLetter(first), bytes.count <= 64, bytes.allSatisfy(isTail) else {
    throw InvalidValue(
      "`\(text)` is not a label; use a letter, then letters, digits, `_` or `-`, 64 at most")
  }
  return text
}

private func parseErrorPolicy(_ text: String) throws -> CellOptions.ErrorPolicy {
  switch text {
  case "forbid": return .forbid
  case "allow": return .allow
  default:
    let words = text.split(separator: " ")
    guard words.count == 2, words[0] == "expected" else {
      throw InvalidValue("`error: \(text)` is not understood; write forbid, allow or `expected NAME`")
    }
    return .expected(String(words[1]))
  }
}

private func parsePixels(_ text: String) throws -> Double {
  guard let value = Double(text), value >= 1, value <= 10_000 else {
    throw InvalidValue("`\(text)` is not a size in pixels between 1 and 10000")
  }
  return value
}

/// `a, b` or `[a, b]`.
private func parseWords(_ text: String) -> [String] {
  var body = Substring(text)
  if body.hasPrefix("["), body.hasSuffix("]") { body = body.dropFirst().dropLast() }
  return body.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
}

private func unquoted(_ text: String) -> String {
  guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
  return String(text.dropFirst().dropLast())
}

/// `text` without blanks at either end.
func trimmed(_ text: some StringProtocol) -> String {
  let isBlank = { (c: Character) in c == " " || c == "\t" }
  let tail = text.drop(while: isBlank)
  return String(tail.prefix(upTo: tail.lastIndex { !isBlank($0) }.map(tail.index(after:)) ?? tail.startIndex))
}
