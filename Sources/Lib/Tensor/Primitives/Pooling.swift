import CKernels

/// The windows of one axis of a pooling.
private struct Windows {
  var first: [Int32] = []
  var size: [Int32] = []
  var step = 1

  /// Windows of `kernel` positions `dilation` apart, `stride` from one to the next, cut off at the edges.
  init(_ extent: Int, kernel: Int, stride: Int, padding: Int, dilation: Int) {
    step = dilation
    let reach = (kernel - 1) * dilation + 1
    var start = -padding
    while start + reach <= extent + padding {
      let skipped = start < 0 ? (-start + dilation - 1) / dilation : 0
      let begin = start + skipped * dilation
      let fitting = begin < extent ? (extent - 1 - begin) / dilation + 1 : 0
      first.append(Int32(begin))
      size.append(Int32(Swift.min(fitting, kernel - skipped)))
      start += stride
    }
  }

  /// `count` windows that cover the axis as evenly as they can.
  init(_ extent: Int, evenly count: Int) {
    for index in 0..<count {
      let begin = index * extent / count
      let end = ((index + 1) * extent + count - 1) / count
      first.append(Int32(begin))
      size.append(Int32(end - begin))
    }
  }

  /// The positions in all windows together.
  var total: Int { size.reduce(0) { $0 + Int($1) } }

  /// The matrix that takes an axis to its windows' sums times `factor`, or to their means for nil.
  func runs(_ extent: Int, factor: Double?) -> Runs {
    var runs = Runs(columns: extent)
    for (first, size) in zip(first, size) {
      let weight = factor ?? 1 / Double(size)
      runs.append(first: Int(first), weights: Array(repeating: weight, count: Int(size)))
    }
    return runs
  }
}

extension Tensor {
  /// The largest element under each window of the last two axes; `stride` is the kernel unless given. What lies outside counts for nothing.
  /// Of equal elements the first in row-major order has the derivative; NaN propagates.
  public func maxPool2d(_ kernel: Pair, stride: Pair? = nil, padding: Pair = 0, dilation: Pair = 1) throws
    -> Tensor
  {
    let (rows, columns) = try windows(kernel, stride ?? kernel, padding, dilation, in: "maxPool2d")
    return try maxima(rows, columns, in: "maxPool2d")
  }

  /// The mean of each window of the last two axes; `stride` is the kernel unless given. Padding counts as zeros, or with
  /// `countIncludePad` false not at all.
  public func averagePool2d(
    _ kernel: Pair, stride: Pair? = nil, padding: Pair = 0, countIncludePad: Bool = true
  ) throws -> Tensor {
    let (rows, columns) = try windows(kernel, stride ?? kernel, padding, 1, in: "averagePool2d")
    let (_, height, width) = try planes(in: "averagePool2d")
    return try Resampling.apply(
      to: floating(in: "averagePool2d"),
      rows.runs(height, factor: countIncludePad ? 1 / Double(kernel.rows) : nil),
      columns.runs(width, factor: countIncludePad ? 1 / Double(kernel.columns) : nil))
  }

  /// The largest element of each of `size` windows that cover the last two axes evenly.
  public func adaptiveMaxPool2d(_ size: Pair) throws -> Tensor {
    let (rows, columns) = try evenWindows(size, in: "adaptiveMaxPool2d")
    return try maxima(rows, columns, in: "adaptiveMaxPool2d")
  }

  /// The mean of each of `size` windows that cover the last two axes evenly.
  public func adaptiveAveragePool2d(_ size: Pair) throws -> Tensor {
    let (rows, columns) = try evenWindows(size, in: "adaptiveAveragePool2d")
    let (_, height, width) = try planes(in: "adaptiveAveragePool2d")
    return try Resampling.apply(
      to: floating(in: "adaptiveAveragePool2d"), rows.runs(height, factor: nil),
      columns.runs(width, factor: nil))
  }

  /// The mean of each plane: the last two axes go.
  public func globalAveragePool2d() throws -> Tensor {
    try adaptiveAveragePool2d(1).reshaped(Shape(shape.dropLast(2)))
  }

  /// The largest element of each plane: the last two axes go.
  public func globalMaxPool2d() throws -> Tensor {
    try adaptiveMaxPool2d(1).reshaped(Shape(shape.dropLast(2)))
  }

  private func windows(
    _ kernel: Pair, _ stride: Pair, _ padding: Pair, _ dilation: Pair, in operation: String
  ) throws -> (Windows, Windows) {
    try kernel.checked(atLeast: 1, "kernel", in: operation)
    try stride.checked(atLeast: 1, "stride", in: operation)
    try dilation.checked(atLeast: 1, "dilation", in: operation)
    try padding.checked(atLeast: 0, "padding", in: operation)
    let (_, height, width) = try planes(in: operation)
    guard padding.rows <= kernel.rows / 2, padding.columns <= kernel.columns / 2 else {
      throw TensorError(
        .invalidArgument, in: operation, "padding \(padding) is more than half of kernel \(kernel)",
        help: "a window would lie outside")
    }
    let rows = Windows(
      height, kernel: kernel.rows, stride: stride.rows, padding: padding.rows, dilation: dilation.rows)
    let columns = Windows(
      width, kernel: kernel.columns, stride: stride.columns, padding: padding.columns,
      dilation: dilation.columns)
    guard rows.total <= 1 << 28, columns.total <= 1 << 28 else {
      throw TensorError(
        .outOfMemory, in: operation, "windows of \(kernel) on shape \(shape) overlap too much",
        shapes: [shape])
    }
    guard !rows.first.isEmpty, !columns.first.isEmpty, !rows.size.contains(0), !columns.size.contains(0)
    else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "a kernel of \(kernel) with dilation \(dilation) does not fit shape \(shape) with padding \(padding)",
        shapes: [shape], help: "use a smaller kernel")
    }
    return (rows, columns)
  }

  private func evenWindows(_ size: Pair, in operation: String) throws -> (Windows, Windows) {
    try size.checked(atLeast: 1, "size", in: operation)
    let (_, height, width) = try planes(in: operation)
    guard height > 0, width > 0 else {
      throw TensorError(.shapeMismatch, in: operation, "planes of shape \(shape) are empty", shapes: [shape])
    }
    return (Windows(height, evenly: size.rows), Windows(width, evenly: size.columns))
  }

  /// The maxima: as a constant, or, where a derivative may follow, read again at the index of each.
  private func maxima(_ rows: Windows, _ columns: Windows, in operation: String) throws -> Tensor {
    let x = try floating(in: operation).contiguous(in: operation)
    let (count, height, width) = try planes(in: operation)
    let result = try Tensor.uninitialized(
      shapeWithPlane(rows.first.count, columns.first.count), dtype: dtype, in: operation)
    let indices =
      isRecorded
      ? try Tensor.uninitialized(result.shape, dtype: .i32, in: operation) : nil
    let status = rows.first.withUnsafeBufferPointer { rowFirst in
      rows.size.withUnsafeBufferPointer { rowSize in
        columns.first.withUnsafeBufferPointer { columnFirst in
          columns.size.withUnsafeBufferPointer { columnSize -> Int32 in
            guard let a = rowFirst.baseAddress, let b = rowSize.baseAddress, let c = columnFirst.baseAddress,
              let d = columnSize.baseAddress
            else { return 0 }
            return faa_max_pool(
              dtype.kernel, count, height, width,
              FaaWindows(count: rowFirst.count, step: rows.step, first: a, size: b),
              FaaWindows(count: columnFirst.count, step: columns.step, first: c, size: d), x.pointer,
              result.pointer, indices?.pointer.assumingMemoryBound(to: Int32.self))
          }
        }
      }
    }
    guard status == 0 else {
      throw TensorError(.outOfMemory, in: operation, "no memory for a row of \(width)", shapes: [shape])
    }
    guard let indices else { return result }
    return try Planes.gather(
      self,
      PlaneIndex(
        batch: count, channels: 1, plane: height * width, count: rows.first.count * columns.first.count,
        indices: indices, source: shape, result: result.shape))
  }
}
