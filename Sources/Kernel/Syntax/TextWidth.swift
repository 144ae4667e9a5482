/// How many terminal columns text takes.
package enum TextWidth {
  /// Columns of a string: wide East Asian characters and emoji take two, combining marks none. Control
  /// characters count as one because displays replace them.
  package static func columns(_ text: some StringProtocol) -> Int {
    var total = 0
    for character in text { total += columns(character) }
    return total
  }

  /// Columns of one grapheme cluster: those of its widest scalar.
  package static func columns(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      if scalar.value == 0xFE0F { width = max(width, 2) } else { width = max(width, columns(scalar)) }
    }
    return width
  }

  private static func columns(_ scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    for range in wide where range.contains(value) { return 2 }
    return 1
  }

  /// The text, its end replaced by `…` where it is wider than `width` columns.
  package static func cut(_ text: String, to width: Int) -> String {
    if text.utf8.count <= width || columns(text) <= width { return text }
    var result = ""
    var used = 1
    for character in text {
      used += columns(character)
      if used > width { break }
      result.append(character)
    }
    return result + "…"
  }

  /// The text in pieces of at most `width` columns, cut at blanks where there are any in the second half of a piece; one piece at
  /// least.
  package static func folded(_ text: String, to width: Int) -> [String] {
    var pieces: [String] = []
    var rest = Substring(text)
    while columns(rest) > width {
      var (used, end) = (0, rest.startIndex)
      while end < rest.endIndex {
        used += columns(rest[end])
        if used > width { break }
        end = rest.index(after: end)
      }
      if end == rest.startIndex { end = rest.index(after: end) }
      let head = rest[..<end]
      // A blank may stand right behind what fits.
      let blank = rest[end] == " " ? end : head.lastIndex(of: " ")
      if let blank, columns(rest[..<blank]) * 2 >= width { end = blank }
      pieces.append(String(rest[..<end]))
      rest = rest[end...].drop { $0 == " " }
    }
    return rest.isEmpty && !pieces.isEmpty ? pieces : pieces + [String(rest)]
  }

  // The East Asian Wide and Fullwidth blocks of Unicode, rounded to blocks.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23F3, 0x2E80...0x303E, 0x3041...0x33FF,
    0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F000...0x1F02F, 0x1F0A0...0x1F0FF,
    0x1F300...0x1F64F,
    0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD,
  ]

  /// Text safe to send to a terminal: control characters become their visible symbols, tabs one space.
  package static func printable(_ text: some StringProtocol) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 9: result.append(" ")
      case 0..<0x20: result.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
      case 0x7F: result.append("\u{2421}")
      case 0x80..<0xA0, 0x202A...0x202E, 0x2066...0x2069: result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
