/// Positions of the protocol count Unicode code points; positions of the language count bytes of UTF-8.
enum CodePoints {
  /// Bytes before the code point with this number; one past the end means the end.
  static func bytes(before count: Int, in text: String) -> Int {
    text.unicodeScalars.prefix(max(0, count)).reduce(0) { $0 + UTF8.width($1) }
  }

  /// Code points in the first bytes of a text. A position inside a code point counts as before it.
  static func count(in text: String, upTo bytes: Int) -> Int {
    var (count, seen) = (0, 0)
    for scalar in text.unicodeScalars {
      seen += UTF8.width(scalar)
      guard seen <= bytes else { break }
      count += 1
    }
    return count
  }
}
