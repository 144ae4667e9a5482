import Glibc

/// A number with `digits` significant digits, in the shortest of the usual notations.
package func brief(_ value: Double, _ digits: Int = 4) -> String {
  guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "∞" : "-∞" }
  var buffer = [CChar](repeating: 0, count: 48)
  _ = withVaList([Int32(digits), value]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A vector with the middle elided.
func brief(_ values: [Double], digits: Int = 5, limit: Int = 8) -> String {
  let shown =
    values.count <= limit
    ? values.map { brief($0, digits) }
    : values.prefix(limit - 2).map { brief($0, digits) } + ["…"] + values.suffix(1).map { brief($0, digits) }
  return "[" + shown.joined(separator: ", ") + "]"
}

/// The words of a sentence in lines of at most `width` characters, where no word is longer.
package func wrapped(_ text: String, width: Int) -> [String] {
  text.split(separator: " ").reduce(into: [""]) { lines, word in
    let line = lines[lines.count - 1]
    if line.isEmpty {
      lines[lines.count - 1] = String(word)
    } else if line.count + 1 + word.count <= width {
      lines[lines.count - 1] += " " + word
    } else {
      lines.append(String(word))
    }
  }
}

/// Rows with aligned columns: the first to the left, the others to the right.
func table(_ rows: [[String]], gap: String = "  ") -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    row.enumerated().map { column, cell in
      let space = String(repeating: " ", count: max(0, widths[column] - cell.count))
      if column == 0 { return column == row.count - 1 ? cell : cell + space }
      return space + cell
    }.joined(separator: gap)
  }.joined(separator: "\n")
}

/// Seconds on a clock that never goes back.
func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

extension Double {
  /// self^exponent.
  func power(_ exponent: Double) -> Double { pow(self, exponent) }
}
