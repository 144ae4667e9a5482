import Glibc

extension Tensor: CustomStringConvertible {
  /// The header and the elements, elided to 80 columns.
  public var description: String { described(width: 80) }

  /// One line: shape, dtype, and for floats the range and mean; NaN and infinities are counted.
  public var headline: String {
    let kind = "Tensor \(shape) \(dtype)"
    guard count > 1, dtype != .bool, let values = try? doubles() else { return kind }
    let finite = values.filter(\.isFinite)
    var parts = [kind]
    if let low = finite.min(), let high = finite.max() {
      let mean = finite.reduce(0, +) / Double(finite.count)
      let digits = { Tensor.format($0, dtype: self.dtype, precision: 4) }
      parts.append("\(digits(low)) … \(digits(high))")
      parts.append("mean " + Tensor.format(mean, dtype: .f64, precision: 4))
    }
    let notNumbers = values.count { $0.isNaN }
    let infinities = values.count { $0.isInfinite }
    if notNumbers > 0 { parts.append("\(notNumbers) NaN") }
    if infinities > 0 { parts.append("\(infinities) Inf") }
    return parts.joined(separator: ", ")
  }

  /// Header and body, at most `width` columns wide: rows and columns in the middle of large tensors are elided.
  public func described(width: Int) -> String {
    if rank == 0 { return (try? item()).map { Tensor.format($0, dtype: dtype) } ?? "" }
    guard count > 0 else { return headline }
    return headline + "\n" + body(width: Swift.max(width, 20)).joined(separator: "\n")
  }

  /// The elements as aligned rows. Ranks above 2 show as matrices with their leading index.
  private func body(width: Int) -> [String] {
    let columns = rank == 0 ? 1 : shape[rank - 1]
    let rows = count / Swift.max(columns, 1)
    let shownRows = Tensor.ends(of: rows, limit: 8)
    // Format what can be shown; a cell is at least two columns wide.
    let candidates = Tensor.ends(of: columns, limit: Swift.max(4, width / 3))
    guard let source = try? contiguous(in: "display") else { return [] }
    func value(_ row: Int, _ column: Int) -> Double {
      let index = row * columns + column
      switch dtype {
      case .bool: return source.pointer.load(fromByteOffset: index, as: UInt8.self) == 0 ? 0 : 1
      case .i32: return Double(source.pointer.load(fromByteOffset: index * 4, as: Int32.self))
      case .f32: return Double(source.pointer.load(fromByteOffset: index * 4, as: Float.self))
      case .f64: return source.pointer.load(fromByteOffset: index * 8, as: Double.self)
      }
    }
    var cells: [[String]] = []
    for case let row? in shownRows {
      cells.append(
        candidates.map { $0.map { Tensor.format(value(row, $0), dtype: dtype, precision: 4) } ?? "…" })
    }
    // Drop middle columns until a row fits.
    var kept = candidates
    let cellWidth = cells.joined().map(\.count).max() ?? 1
    let room = Swift.max(3, (width - 6) / (cellWidth + 1))
    if kept.count > room { kept = Tensor.ends(of: columns, limit: room - 1) }
    var lines: [String] = []
    var position = 0
    for row in shownRows {
      guard let row else {
        lines.append("  ⋮")
        continue
      }
      let texts = kept.map { column -> String in
        let text = column.map { Tensor.format(value(row, $0), dtype: dtype, precision: 4) } ?? "…"
        return String(repeating: " ", count: Swift.max(0, cellWidth - text.count)) + text
      }
      position += 1
      lines.append((rank > 2 ? prefix(of: row) : "") + "  " + texts.joined(separator: " "))
    }
    return lines
  }

  /// The leading index of a row, as `[0, 3]`.
  private func prefix(of row: Int) -> String {
    var rest = row
    var index: [Int] = []
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      index.append(rest % shape[axis])
      rest /= shape[axis]
    }
    return "[" + index.reversed().map(String.init).joined(separator: ", ") + "]"
  }

  /// 0..<count, with nil for what lies between the first and last ones where there are more than `limit`.
  private static func ends(of count: Int, limit: Int) -> [Int?] {
    guard count > limit else { return (0..<count).map { $0 } }
    let head = (limit + 1) / 2
    return (0..<head).map { $0 } + [nil] + ((count - (limit - head))..<count).map { $0 }
  }

  /// A number as text: booleans as words, integers whole, floats with the fewest digits that read back, or `precision` significant ones.
  static func format(_ value: Double, dtype: DType, precision: Int? = nil) -> String {
    switch dtype {
    case .bool: return value == 0 ? "false" : "true"
    case .i32: return String(Int(value))
    case .f32, .f64:
      if value.isNaN { return "nan" }
      guard let precision, value.isFinite else { return dtype == .f32 ? "\(Float(value))" : "\(value)" }
      var buffer = [CChar](repeating: 0, count: 40)
      _ = withVaList([Int32(precision), value]) { vsnprintf(&buffer, buffer.count, "%.*g", $0) }
      return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
