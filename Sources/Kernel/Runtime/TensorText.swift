import Tensor

/// The display of a tensor: one header line with shape, dtype, range and mean, then a body that is elided to fit.
///
///     tensor (2, 3) f32, range 0.0...5.0, mean 2.5
///     [[0, 1, 2],
///      [3, 4, 5]]
struct TensorText {
  let tensor: Tensor

  init(_ tensor: Tensor) { self.tensor = tensor }

  // Above this many elements statistics would be felt at the prompt, and are left out.
  private static let statisticsLimit = 1 << 25

  func description(width: Int) -> String {
    if tensor.rank == 0 { return (try? tensor.item()).map { Self.number($0, tensor.dtype) } ?? "tensor ()" }
    let header = "tensor \(tensor.shape) \(tensor.dtype)"
    if tensor.count == 0 { return header + ", empty" }
    guard tensor.count <= Self.statisticsLimit else { return header + ", \(tensor.count) elements" }
    let values = tensor.doubles()
    return header + statistics(values) + "\n" + body(values, width: max(width, 20))
  }

  private func statistics(_ values: [Double]) -> String {
    var low = Double.infinity
    var high = -Double.infinity
    var total = 0.0
    var finite = 0
    var nans = 0
    for value in values {
      if value.isNaN {
        nans += 1
      } else if value.isFinite {
        low = min(low, value)
        high = max(high, value)
        total += value
        finite += 1
      }
    }
    if tensor.dtype == .bool { return ", \(Int(total)) true" }
    var text = ""
    if finite > 0 {
      text =
        ", range \(Self.short(low, tensor.dtype))...\(Self.short(high, tensor.dtype)), mean \(Self.general(total / Double(finite), digits: 4))"
    }
    let infinite = values.count - finite - nans
    if nans > 0 { text += ", \(nans) NaN" }
    if infinite > 0 { text += ", \(infinite) Inf" }
    return text
  }

  /// Rows with columns aligned; long axes keep three entries at each end, more at the last axis when they fit.
  private func body(_ values: [Double], width: Int) -> String {
    let dims = Array(tensor.shape)
    let total = dims.reduce(1, *)
    let keep = total <= 120 ? Int.max : 3
    var cells: [String] = []
    collect(values, dims, axis: 0, offset: 0, keep: keep, into: &cells)
    var cellWidth = cells.map(\.count).max() ?? 1
    var lastKeep = keep
    let fitting = max(2, (width - 2 * dims.count - 4) / (cellWidth + 2))
    if let last = dims.last, dims.count > 0 {
      if last <= fitting { lastKeep = Int.max } else { lastKeep = max(1, (fitting - 1) / 2) }
    }
    cellWidth = dims.count == 1 && lastKeep == Int.max ? 0 : cellWidth
    var lines: [String] = []
    render(values, dims, axis: 0, offset: 0, keep: (keep, lastKeep), cell: cellWidth, into: &lines)
    return lines.joined(separator: "\n")
  }

  private func shown(_ count: Int, _ keep: Int) -> [Int?] {
    if keep == Int.max || count <= 2 * keep + 1 { return Array(0..<count) }
    return Array(0..<keep) + [nil] + Array(count - keep..<count)
  }

  private func collect(
    _ values: [Double], _ dims: [Int], axis: Int, offset: Int, keep: Int, into cells: inout [String]
  ) {
    let stride = dims[(axis + 1)...].reduce(1, *)
    for case let index? in shown(dims[axis], keep) {
      if axis == dims.count - 1 {
        cells.append(Self.short(values[offset + index], tensor.dtype))
      } else {
        collect(values, dims, axis: axis + 1, offset: offset + index * stride, keep: keep, into: &cells)
      }
    }
  }

  private func render(
    _ values: [Double], _ dims: [Int], axis: Int, offset: Int, keep: (Int, Int), cell: Int,
    into lines: inout [String]
  ) {
    let stride = dims[(axis + 1)...].reduce(1, *)
    if axis == dims.count - 1 {
      let row = shown(dims[axis], keep.1).map { index in
        guard let index else { return "…" }
        let text = Self.short(values[offset + index], tensor.dtype)
        return String(repeating: " ", count: max(0, cell - text.count)) + text
      }
      lines.append("[" + row.joined(separator: ", ") + "]")
      return
    }
    var inner: [String] = []
    let entries = shown(dims[axis], keep.0)
    for (position, index) in entries.enumerated() {
      let comma = position == entries.count - 1 ? "" : ","
      guard let index else {
        inner.append("…,")
        continue
      }
      var block: [String] = []
      render(
        values, dims, axis: axis + 1, offset: offset + index * stride, keep: keep, cell: cell, into: &block)
      block[block.count - 1] += comma
      inner += block
    }
    for (position, line) in inner.enumerated() {
      lines.append((position == 0 ? "[" : " ") + line + (position == inner.count - 1 ? "]" : ""))
    }
  }

  /// A number with the digits its dtype holds.
  static func number(_ value: Double, _ dtype: DType) -> String {
    switch dtype {
    case .bool: value != 0 ? "true" : "false"
    case .i32: Int(exactly: value).map(String.init) ?? value.description
    case .f32: Float(value).description
    case .f64: value.description
    }
  }

  /// A number in few columns: four significant digits for fractions, integers as they are.
  private static func short(_ value: Double, _ dtype: DType) -> String {
    switch dtype {
    case .bool: value != 0 ? "true" : "false"
    case .i32: Int(exactly: value).map(String.init) ?? value.description
    case .f32, .f64: general(value, digits: 4)
    }
  }

  private static func general(_ value: Double, digits: Int) -> String {
    NumberFormat(precision: digits, style: .general).apply(value)
  }
}
