import Glibc

/// A format such as `.3f`, `8.2e`, `+d`, `.1%` or `05d`: sign, zero padding, width, precision, style.
struct NumberFormat {
  enum Style: Character {
    case fixed = "f", exponent = "e", general = "g", percent = "%", integer = "d", text = "s"
  }

  var plus = false
  var zeros = false
  var width = 0
  var precision: Int?
  var style: Style?

  init(precision: Int, style: Style) {
    self.precision = precision
    self.style = style
  }

  /// Reads `[+][0][width][.precision][f|e|g|d|%|s]`; nil when the text is something else.
  init?(_ text: String) {
    var rest = Substring(text)
    if rest.first == "+" {
      plus = true
      rest = rest.dropFirst()
    }
    if rest.first == "0" {
      zeros = true
      rest = rest.dropFirst()
    }
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    if !digits.isEmpty {
      guard let value = Int(digits), value <= 400 else { return nil }
      width = value
    }
    rest = rest.dropFirst(digits.count)
    if rest.first == "." {
      let places = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
      guard let value = Int(places), value <= 60 else { return nil }
      precision = value
      rest = rest.dropFirst(places.count + 1)
    }
    if let letter = rest.first {
      guard rest.count == 1, let parsed = Style(rawValue: letter) else { return nil }
      style = parsed
    }
  }

  /// The number as text.
  func apply(_ value: Double) -> String {
    guard value.isFinite else {
      return pad(value.isNaN ? "nan" : value < 0 ? "-inf" : plus ? "+inf" : "inf", " ")
    }
    let places = Int32(precision ?? 6)
    let text: String
    switch style {
    case .fixed: text = Self.print("%.*f", places, value)
    case .exponent: text = Self.print("%.*e", places, value)
    case .percent: text = Self.print("%.*f", Int32(precision ?? 0), value * 100) + "%"
    case .general, .integer, .text: text = Self.print("%.*g", places, value)
    case nil: text = precision == nil ? value.description : Self.print("%.*g", places, value)
    }
    return pad(plus && !text.hasPrefix("-") ? "+" + text : text, zeros ? "0" : " ")
  }

  /// The integer as text; a style for fractions treats it as one.
  func apply(_ value: Int) -> String {
    switch style {
    case .integer, .text, nil:
      let text = plus && value >= 0 ? "+\(value)" : String(value)
      return pad(text, zeros ? "0" : " ")
    default: return apply(Double(value))
    }
  }

  /// Text padded on the right, or cut to the precision.
  func apply(_ value: String) -> String {
    let text = precision.map { String(value.prefix($0)) } ?? value
    return text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func pad(_ text: String, _ filler: String) -> String {
    let missing = width - text.count
    if missing <= 0 { return text }
    let fill = String(repeating: filler, count: missing)
    if filler == "0", let sign = text.first, sign == "-" || sign == "+" {
      return String(sign) + fill + text.dropFirst()
    }
    return fill + text
  }

  /// A number by one of C's formats, with up to 60 digits after the point.
  static func print(_ format: String, _ places: Int32, _ value: Double) -> String {
    // The longest result is %.60f of the greatest double: 309 + 61 digits and a sign.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 400) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      let length = withVaList([places, value]) { vsnprintf(start, 400, format, $0) }
      return String(
        decoding: UnsafeRawBufferPointer(start: start, count: max(0, min(Int(length), 399))), as: UTF8.self)
    }
  }
}
