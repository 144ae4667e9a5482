import Glibc

/// Text from data on its way into a picture or a terminal.
enum Text {
  /// Stands for `&` on its way through gnuplot, whose SVG leaves some of them unescaped. A private-use
  /// scalar.
  static let ampersand: Unicode.Scalar = "\u{F8E0}"

  /// The text without anything that could act on a terminal or break a picture's file format: control
  /// characters, bidirectional overrides and non-characters become U+FFFD, line ends and tabs become spaces,
  /// except that `\n` is kept when `keepsLines`.
  static func printable(_ text: String, keepsLines: Bool = false) -> String {
    var clean = String.UnicodeScalarView()
    // Longer labels cannot be read anyway, and gnuplot's line buffers are finite.
    for scalar in text.unicodeScalars.prefix(2000) {
      switch scalar.value {
      case 0x0A: clean.append(keepsLines ? "\n" : " ")
      case 0x09, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029: clean.append(" ")
      case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF, ampersand.value:
        clean.append("\u{FFFD}")
      case let value where value & 0xFFFE == 0xFFFE: clean.append("\u{FFFD}")
      default: clean.append(scalar)
      }
    }
    return String(clean)
  }

  /// An estimate of the width of one line in ems of DejaVu Sans; an overestimate for most texts.
  static func ems(_ text: String) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar {
      case "i", "j", "l", "I", ".", ",", ":", ";", "'", "|", "!", " ", "(", ")", "[", "]", "f", "t", "r":
        sum + 0.37
      case "m", "w", "M", "W", "@", "%", "—": sum + 0.95
      case "A"..."Z", "+", "−", "×", "=": sum + 0.74
      case "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "⁻": sum + 0.42
      default: scalar.value >= 0x1100 && columns(scalar) == 2 ? sum + 1.05 : sum + 0.62
      }
    }
  }

  /// Columns the text takes in a terminal.
  static func columns(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + columns($1) }
  }

  private static func columns(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // The wide and full-width blocks of Unicode Annex 11.
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// The text cut to a number of terminal columns, with `…` (or `~`) where something is missing.
  static func fitted(_ text: String, to width: Int, unicode: Bool = true) -> String {
    guard columns(text) > width else { return text }
    var kept = ""
    var used = 0
    for scalar in text.unicodeScalars {
      let next = columns(scalar)
      if used + next > width - 1 { break }
      kept.unicodeScalars.append(scalar)
      used += next
    }
    return width > 0 ? kept + (unicode ? "…" : "~") : ""
  }

  /// A number with fixed decimals, a true minus sign and no negative zero.
  static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return short(value) }
    let text = formatted(value, "%.*f", decimals: max(0, min(20, decimals)))
    guard text.hasPrefix("-") else { return text }
    return text.contains { ("1"..."9").contains($0) } ? "−" + text.dropFirst() : String(text.dropFirst())
  }

  /// A number with at most `digits` significant digits, for a cell or a label: `0.25`, `1.2×10⁻⁵`.
  static func short(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞" }
    let text = formatted(value, "%.*g", decimals: digits)
    let parts = text.split(separator: "e", maxSplits: 1)
    guard parts.count == 2, let exponent = Int(parts[1]) else { return text.replacingMinus }
    return String(parts[0]).replacingMinus + "×10" + superscript(exponent)
  }

  /// An integer as superscript digits.
  static func superscript(_ value: Int) -> String {
    let digits: [Character: Character] = [
      "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹",
      "-": "⁻",
    ]
    return String(String(value).compactMap { digits[$0] })
  }

  private static func formatted(_ value: Double, _ format: String, decimals: Int) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    let written = withVaList([Int32(decimals), value]) { vsnprintf(&buffer, buffer.count, format, $0) }
    let bytes = buffer.prefix(max(0, min(Int(written), buffer.count - 1))).map { UInt8(bitPattern: $0) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension String {
  fileprivate var replacingMinus: String { hasPrefix("-") ? "−" + dropFirst() : self }
}
