/// How close a number must be to the expected one: `|a - e| <= absolute + relative * |e|`.
public struct Tolerance: Sendable, Equatable {
  /// Relative tolerance, `rtol` in an `expect` fence.
  public var relative: Double
  /// Absolute tolerance, `atol` in an `expect` fence.
  public var absolute: Double

  /// The defaults of the format: 1e-6 and 1e-9.
  public init(relative: Double = 1e-6, absolute: Double = 1e-9) {
    self.relative = relative
    self.absolute = absolute
  }

  /// Whether a number is close enough; `nan` equals `nan`, an infinity equals itself.
  func accepts(_ actual: Double, expected: Double) -> Bool {
    if actual.isNaN || expected.isNaN { return actual.isNaN && expected.isNaN }
    if actual == expected { return true }
    guard actual.isFinite, expected.isFinite else { return false }
    return abs(actual - expected) <= absolute + relative * abs(expected)
  }
}

/// The first difference between an output and what was expected.
public struct Mismatch: Sendable, Equatable {
  /// 1-based line of the `expect` text.
  public let line: Int
  /// What was expected there; nil where the output goes on after the expected text.
  public let expected: String?
  /// What came; nil where the output ends early.
  public let actual: String?
}

/// Compares an output with an expected text line by line.
///
/// Numeric tokens compare within `tolerance`, everything else byte for byte; `...` matches any text in a line, and a
/// line that is only `...` matches any lines. Blanks at line ends and blank lines at the end do not count.
///
/// - Returns: the first difference, or nil when the output matches.
public func compare(_ actual: String, expected: String, tolerance: Tolerance) -> Mismatch? {
  let actual = significantLines(actual)
  let expected = significantLines(expected)
  var matcher = LineMatcher(actual: actual, expected: expected, tolerance: tolerance)
  return matcher.firstMismatch()
}

private func significantLines(_ text: String) -> [String] {
  var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    var line = line
    while let last = line.last, last == " " || last == "\t" || last == "\r" { line.removeLast() }
    return String(line)
  }
  while lines.last?.isEmpty == true { lines.removeLast() }
  return lines
}

private struct LineMatcher {
  let actual: [String]
  let expected: [String]
  let tolerance: Tolerance

  /// Greedy matching with the last `...` line as the only point of return, as in shell patterns.
  mutating func firstMismatch() -> Mismatch? {
    var a = 0
    var e = 0
    var retry: (actual: Int, expected: Int)?
    var worst: Mismatch?
    while a < actual.count || e < expected.count {
      if e < expected.count, trimmed(expected[e]) == "..." {
        retry = (a, e)
        e += 1
        continue
      }
      if e < expected.count, a < actual.count, matches(tokens(actual[a]), tokens(expected[e])) {
        a += 1
        e += 1
        continue
      }
      worst =
        worst
        ?? Mismatch(
          line: e + 1, expected: e < expected.count ? expected[e] : nil,
          actual: a < actual.count ? actual[a] : nil)
      guard let point = retry, point.actual < actual.count else { return worst }
      retry = (point.actual + 1, point.expected)
      a = point.actual + 1
      e = point.expected + 1
    }
    return nil
  }

  private enum Token: Equatable {
    case number(Double)
    case text(String)
    case blank
    case anything
  }

  /// Cuts a line into numbers, runs of blanks, `...` and single other characters.
  private func tokens(_ line: String) -> [Token] {
    var result: [Token] = []
    var rest = Substring(line)
    var afterWord = false
    while let first = rest.first {
      if rest.hasPrefix("...") {
        result.append(.anything)
        rest = rest.dropFirst(3)
        afterWord = false
      } else if first == " " || first == "\t" {
        result.append(.blank)
        rest = rest.drop { $0 == " " || $0 == "\t" }
        afterWord = false
      } else if !afterWord, let (value, length) = number(at: rest, after: result.last) {
        result.append(.number(value))
        rest = rest.dropFirst(length)
        afterWord = false
      } else {
        result.append(.text(String(first)))
        rest = rest.dropFirst()
        afterWord = first.isLetter || first == "_" || first.isNumber
      }
    }
    return result
  }

  /// A number at the start of `text`: sign, digits, fraction, exponent, or `nan`, `inf`. A sign directly after a
  /// number is an operator (`1-2`, `2024-01-31`).
  private func number(at text: Substring, after previous: Token?) -> (Double, Int)? {
    var length = 0
    let characters = Array(text.prefix(400))
    func peek(_ offset: Int) -> Character? { offset < characters.count ? characters[offset] : nil }
    func digits(from offset: Int) -> Int {
      var count = 0
      while let c = peek(offset + count), c.isASCII, c.isNumber { count += 1 }
      return count
    }
    var afterNumber = false
    if case .number = previous { afterNumber = true }
    if let sign = peek(0), sign == "-" || sign == "+" || sign == "−" {
      if afterNumber { return nil }
      length = 1
    }
    let negative = length == 1 && peek(0) != "+"
    for (name, value) in [("nan", Double.nan), ("inf", Double.infinity)]
    where text.dropFirst(length).prefix(3).lowercased() == name {
      if let next = peek(length + 3), next.isLetter || next.isNumber || next == "_" { continue }
      return (negative ? -value : value, length + 3)
    }
    let whole = digits(from: length)
    length += whole
    var fraction = 0
    if peek(length) == ".", peek(length + 1) != "." {
      fraction = digits(from: length + 1)
      if whole + fraction > 0 { length += 1 + fraction }
    }
    guard whole + fraction > 0 else { return nil }
    if let e = peek(length), e == "e" || e == "E" {
      let sign = peek(length + 1) == "-" || peek(length + 1) == "+" ? 1 : 0
      let exponent = digits(from: length + 1 + sign)
      if exponent > 0 { length += 1 + sign + exponent }
    }
    // `3rd` and `2x` are words; units such as `12.5%` are not letters and stay numbers.
    if let next = peek(length), next.isLetter || next == "_" { return nil }
    let spelled = String(characters[0..<length]).replacingMinus
    return Double(spelled).map { ($0, length) }
  }

  /// Matches tokens with `...` as a wildcard, again with one point of return.
  private func matches(_ actual: [Token], _ expected: [Token]) -> Bool {
    var a = 0
    var e = 0
    var retry: (actual: Int, expected: Int)?
    while a < actual.count || e < expected.count {
      if e < expected.count, expected[e] == .anything {
        retry = (a, e)
        e += 1
      } else if a < actual.count, e < expected.count, equal(actual[a], expected[e]) {
        a += 1
        e += 1
      } else if let point = retry, point.actual < actual.count {
        retry = (point.actual + 1, point.expected)
        a = point.actual + 1
        e = point.expected + 1
      } else {
        return false
      }
    }
    return true
  }

  private func equal(_ actual: Token, _ expected: Token) -> Bool {
    switch (actual, expected) {
    case (.number(let a), .number(let e)): return tolerance.accepts(a, expected: e)
    default: return actual == expected
    }
  }
}

extension String {
  /// U+2212 as the ASCII sign that `Double` reads.
  fileprivate var replacingMinus: String { String(map { $0 == "−" ? "-" : $0 }) }
}
