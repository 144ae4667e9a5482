extension Tensor {
  /// Zeros below (`tril`) or above (`triu`) a diagonal of the last two axes.
  private func triangle(_ offset: Int, lower: Bool, in operation: String) throws -> Tensor {
    guard rank >= 2 else {
      throw TensorError(
        .shapeMismatch, in: operation, "shape \(shape) has no last two axes", shapes: [shape],
        help: "give a matrix or a batch of matrices")
    }
    let limit = Swift.max(shape[rank - 2], shape[rank - 1])
    let offset = Double(Swift.min(Swift.max(offset, -limit), limit))
    let rows = try Tensor.arange(0, Double(shape[rank - 2]), dtype: .i32).insertingAxis(1)
    let columns = try Tensor.arange(0, Double(shape[rank - 1]), dtype: .i32) - offset
    let kept = try lower ? columns.lessOrEqual(rows) : columns.greaterOrEqual(rows)
    return try kept.choose(self, zero)
  }

  /// A zero of this dtype.
  private var zero: Tensor { get throws { try .scalar(0, dtype: dtype) } }

  /// The elements of the last two axes on and below diagonal `offset` (0 the main one, positive above it), zeros elsewhere.
  public func lowerTriangle(_ offset: Int = 0) throws -> Tensor {
    try triangle(offset, lower: true, in: "tril")
  }

  /// The elements of the last two axes on and above diagonal `offset`, zeros elsewhere.
  public func upperTriangle(_ offset: Int = 0) throws -> Tensor {
    try triangle(offset, lower: false, in: "triu")
  }

  /// The elements moved `shift` places along `axis`, those that leave at the end entering at the start.
  public func rolled(_ shift: Int, axis: Int) throws -> Tensor {
    let axis = try shape.axis(axis, in: "roll")
    let extent = shape[axis]
    guard extent > 0 else { return self }
    let places = ((shift % extent) + extent) % extent
    guard places > 0 else { return self }
    return try .concatenated(
      [
        narrowed(axis: axis, start: extent - places, count: places),
        narrowed(axis: axis, start: 0, count: extent - places),
      ], axis: axis)
  }

  /// The whole tensor repeated `counts` times along each axis, the last counts for the last axes; missing axes are added in
  /// front.
  public func tiled(_ counts: [Int]) throws -> Tensor {
    guard counts.allSatisfy({ $0 >= 0 }) else {
      throw TensorError(.invalidArgument, in: "tile", "negative repetition in \(counts)", shapes: [shape])
    }
    let rank = Swift.max(self.rank, counts.count)
    let extents = Array(repeating: 1, count: rank - self.rank) + Array(shape)
    let times = Array(repeating: 1, count: rank - counts.count) + counts
    // One axis at a time, so that no more than one axis is added at once.
    var result = try reshaped(Shape(extents))
    for axis in 0..<rank where times[axis] != 1 {
      let (outer, extent, inner) = result.shape.split(at: axis)
      var target = Array(result.shape)
      target[axis] = try repeated(target[axis], times[axis], in: "tile")
      result = try result.reshaped([outer, 1, extent * inner])
        .expanded(to: Shape([outer, times[axis], extent * inner])).reshaped(Shape(target))
    }
    return result
  }

  /// Each element repeated `count` times in place along `axis`.
  public func repeated(_ count: Int, axis: Int) throws -> Tensor {
    let axis = try shape.axis(axis, in: "repeat")
    guard count >= 0 else {
      throw TensorError(.invalidArgument, in: "repeat", "\(count) repetitions", shapes: [shape])
    }
    let (outer, extent, inner) = shape.split(at: axis)
    var target = Array(shape)
    target[axis] = try repeated(extent, count, in: "repeat")
    return try reshaped(Shape([outer * extent, 1, inner]))
      .expanded(to: Shape([outer * extent, count, inner])).reshaped(Shape(target))
  }

  private func repeated(_ extent: Int, _ count: Int, in operation: String) throws -> Int {
    let (product, overflow) = extent.multipliedReportingOverflow(by: count)
    guard !overflow else {
      throw TensorError(.outOfMemory, in: operation, "extent \(extent) times \(count)", shapes: [shape])
    }
    return product
  }

  /// Two axes exchanged.
  public func swappingAxes(_ first: Int, _ second: Int) throws -> Tensor {
    var order = Array(0..<rank)
    order.swapAt(try shape.axis(first, in: "swapAxes"), try shape.axis(second, in: "swapAxes"))
    return try permuted(order)
  }

  /// Axis `source` moved to position `target`, the others keeping their order.
  public func movingAxis(_ source: Int, to target: Int) throws -> Tensor {
    let from = try shape.axis(source, in: "moveAxis")
    let to = try shape.axis(target, in: "moveAxis")
    var order = Array(0..<rank)
    order.insert(order.remove(at: from), at: to)
    return try permuted(order)
  }

  /// At most `count` pieces along `axis`, all of one extent but the last, which is what remains.
  public func chunked(_ count: Int, axis: Int = 0) throws -> [Tensor] {
    let axis = try shape.axis(axis, in: "chunk")
    guard count > 0 else {
      throw TensorError(.invalidArgument, in: "chunk", "into \(count) pieces", shapes: [shape])
    }
    let extent = shape[axis]
    let size = extent / count + (extent % count == 0 ? 0 : 1)
    guard size > 0 else { return [self] }
    return try stride(from: 0, to: extent, by: size).map {
      try narrowed(axis: axis, start: $0, count: Swift.min(size, extent - $0))
    }
  }

  /// The coordinates of a grid: for n vectors, n tensors with an axis for each vector (the order NumPy calls `ij`).
  public static func meshgrid(_ axes: [Tensor]) throws -> [Tensor] {
    for vector in axes where vector.rank != 1 {
      throw TensorError(
        .shapeMismatch, in: "meshgrid", "a coordinate axis of shape \(vector.shape) is not a vector",
        shapes: [vector.shape])
    }
    let grid = try Shape(axes.map(\.count))
    return try axes.enumerated().map { position, vector in
      var extents = [Int](repeating: 1, count: axes.count)
      extents[position] = vector.count
      return try vector.reshaped(Shape(extents)).expanded(to: grid)
    }
  }
}
