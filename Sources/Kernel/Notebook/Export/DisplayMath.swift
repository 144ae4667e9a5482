/// Takes display formulas that start a line (`$$ ... $$`) out of Markdown before it is parsed, because block syntax would
/// cut them apart: a line of a formula may start with `=`, `-` or `>`.
///
/// Each is replaced by a private-use character pair around its number; `formulas` holds the TeX.
struct DisplayMath {
  private(set) var markdown = ""
  private(set) var formulas: [String] = []

  static let open: Character = "\u{E000}"
  static let close: Character = "\u{E001}"

  init(_ text: String) {
    guard !text.contains(Self.open), !text.contains(Self.close) else {
      markdown = text
      return
    }
    let lines = UnfencedLines(text)
    var formulas: [String] = []
    markdown = lines.rewritten { index, written in
      guard let (formula, rest, last) = Self.formula(lines.lines, from: index) else { return 0 }
      written += "\(Self.open)\(formulas.count)\(Self.close)\(rest)\n"
      formulas.append(formula)
      return last + 1 - index
    }
    self.formulas = formulas
  }

  /// The formula that starts on a line, what follows its closing dollars, and its last line; nil when there is none or
  /// a blank line comes before its end.
  private static func formula(_ lines: [Substring], from start: Int) -> (String, Substring, Int)? {
    let first = lines[start].drop { $0 == " " }
    guard lines[start].count - first.count <= 3, first.hasPrefix("$$") else { return nil }
    var parts: [Substring] = []
    var rest = first.dropFirst(2)
    var index = start
    while true {
      if let end = rest.firstRange(of: "$$") {
        parts.append(rest[..<end.lowerBound])
        let formula = parts.joined(separator: "\n")
        return formula.allSatisfy(\.isWhitespace) ? nil : (formula, rest[end.upperBound...], index)
      }
      parts.append(rest)
      index += 1
      guard index < lines.count, !lines[index].allSatisfy(\.isWhitespace) else { return nil }
      rest = lines[index]
    }
  }
}
