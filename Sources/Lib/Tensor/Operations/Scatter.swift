extension Tensor {
  /// This tensor with `values` added at positions `indices` along `axis` (the inverse of `takeAlong`); `values` and `indices` have
  /// this tensor's shape but for that axis. Equal indices add up.
  public func scatterAdd(_ indices: Tensor, _ values: Tensor, axis: Int) throws -> Tensor {
    let gather = try along(indices, values, axis, in: "scatterAdd")
    return try exactly("scatterAdd", values) { x, values in
      try x + Indexing.putAlong(values, (shape, gather))
    }
  }

  /// This tensor with `values` in place of what is at positions `indices` along `axis`; `values` and `indices` have this
  /// tensor's shape but for that axis. Of equal indices the last wins; the others get no derivative.
  public func scatter(_ indices: Tensor, _ values: Tensor, axis: Int) throws -> Tensor {
    let gather = try along(indices, values, axis, in: "scatter")
    let (outer, n, inner) = indices.shape.split(at: gather.axis)
    let winners = try gather.indices.lastOfEquals(
      outer: outer, n: n, inner: inner, extent: shape[gather.axis])
    return try exactly("scatter", values) { x, values in
      let kept = try winners.choose(values, values.weak(0))
      let hit = try Indexing.putAlong(winners.cast(to: .i32), (shape, gather)).cast(to: .bool)
      return try hit.choose(Indexing.putAlong(kept, (shape, gather)), x)
    }
  }

  /// This tensor with the slices of `values` added to those of `axis` at `indices` (the inverse of `take`); equal indices add
  /// up. `values` has this tensor's shape with `axis` replaced by the shape of `indices`.
  public func indexAdd(_ indices: Tensor, _ values: Tensor, axis: Int = 0) throws -> Tensor {
    let gather = try slices(indices, values, axis, in: "indexAdd")
    return try exactly("indexAdd", values) { x, values in try x + Indexing.put(values, (shape, gather)) }
  }

  /// This tensor with the slices of `axis` at `indices` replaced by those of `values`. Of equal indices the last wins; the
  /// others get no derivative.
  public func indexPut(_ indices: Tensor, _ values: Tensor, axis: Int = 0) throws -> Tensor {
    let gather = try slices(indices, values, axis, in: "indexPut")
    let winners = try gather.indices.lastOfEquals(
      outer: 1, n: indices.count, inner: 1, extent: shape[gather.axis])
    // One flag for each index, in front of the axes that follow.
    let trailing = [Int](repeating: 1, count: rank - 1 - gather.axis)
    let flags = try winners.reshaped(Shape(Array(indices.shape) + trailing))
    return try exactly("indexPut", values) { x, values in
      let kept = try flags.choose(values, values.weak(0))
      let hits = try Indexing.put(
        winners.reshaped([winners.count]).cast(to: .i32),
        (Shape([shape[gather.axis]]), Gather(axis: 0, indices: gather.indices.reshaped([winners.count]))))
      let hit = try hits.cast(to: .bool).reshaped(Shape([shape[gather.axis]] + trailing))
      return try hit.choose(Indexing.put(kept, (shape, gather)), x)
    }
  }

  /// `value` where `mask` (which broadcasts to this shape) is true.
  public func maskedFill(_ mask: Tensor, _ value: Double) throws -> Tensor {
    guard mask.shape.broadcast(with: shape) == shape else {
      throw TensorError(
        .shapeMismatch, in: "maskedFill", "a mask of shape \(mask.shape) for a tensor of shape \(shape)",
        shapes: [mask.shape, shape])
    }
    return try mask.choose(value, self)
  }

  /// The elements where `mask` (of bool, with this shape) is true, in row-major order; with a mask of the leading axes, the
  /// slices where it is true.
  public func masked(_ mask: Tensor) throws -> Tensor {
    guard mask.dtype == .bool else {
      throw TensorError(
        .dtypeMismatch, in: "mask", "a mask of \(mask.dtype)", help: "compare first, as in `x[x > 0]`")
    }
    guard mask.rank <= rank, mask.shape == Shape(prefix: mask.rank, of: shape) else {
      throw TensorError(
        .shapeMismatch, in: "mask", "a mask of shape \(mask.shape) for a tensor of shape \(shape)",
        shapes: [mask.shape, shape], help: "its axes must be the tensor's leading ones")
    }
    let rest = Array(shape.dropFirst(mask.rank))
    return try reshaped(Shape([mask.count] + rest)).take(mask.nonzeroIndices())
  }

  /// The rows of this table at `ids`: shape of `ids` followed by the row's. Throws `indexOutOfRange` naming the size of the vocabulary.
  public func embedding(_ ids: Tensor) throws -> Tensor {
    guard rank == 2 else {
      throw TensorError(
        .shapeMismatch, in: "embedding", "a table of shape \(shape) is not a matrix", shapes: [shape],
        help: "the table has a row for each entry of the vocabulary")
    }
    guard !ids.dtype.isFloating, ids.dtype != .bool else {
      throw TensorError(.dtypeMismatch, in: "embedding", "ids of \(ids.dtype)", help: "ids are integers")
    }
    if let bad = try ids.ints().first(where: { $0 < 0 || $0 >= shape[0] }) {
      throw TensorError(
        .indexOutOfRange, in: "embedding", "id \(bad) for a vocabulary of \(shape[0])",
        shapes: [shape, ids.shape])
    }
    return try take(ids)
  }

  /// A new last axis of `classes` elements: `on` at the class each element names, `off` elsewhere.
  public func oneHot(_ classes: Int, on: Double = 1, off: Double = 0, dtype: DType = .f32) throws -> Tensor {
    guard !self.dtype.isFloating else {
      throw TensorError(
        .dtypeMismatch, in: "oneHot", "classes of \(self.dtype)", help: "classes are integers")
    }
    let ids = try ints()
    if let bad = ids.first(where: { $0 < 0 || $0 >= classes }) {
      throw TensorError(.indexOutOfRange, in: "oneHot", "class \(bad) of \(classes)", shapes: [shape])
    }
    let target = try Shape(Array(shape) + [classes])
    let positions = try Tensor.arange(0, Double(classes), dtype: .i32)
    let hit = try positions.equal(insertingAxis(-1)).expanded(to: target)
    return try hit.choose(.scalar(on, dtype: dtype), .scalar(off, dtype: dtype))
  }

  /// Runs a scatter in one dtype; integers in f64, whose sums are exact, so that what leaves i32 is an error.
  private func exactly(
    _ operation: String, _ values: Tensor, _ body: (Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    let dtype = Swift.max(self.dtype, values.dtype)
    if dtype.isFloating { return try body(cast(to: dtype), values.cast(to: dtype)) }
    return try body(cast(to: .f64), values.cast(to: .f64)).cast(to: dtype, in: operation)
  }

  private func along(_ indices: Tensor, _ values: Tensor, _ axis: Int, in operation: String) throws -> Gather
  {
    let axis = try shape.axis(axis, in: operation)
    guard indices.shape == values.shape else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "indices of shape \(indices.shape) for values of shape \(values.shape)",
        shapes: [indices.shape, values.shape])
    }
    return try gather(along: indices, axis, in: operation)
  }

  private func slices(_ indices: Tensor, _ values: Tensor, _ axis: Int, in operation: String) throws -> Gather
  {
    let axis = try shape.axis(axis, in: operation)
    var expected = Array(shape)
    expected.replaceSubrange(axis...axis, with: indices.shape)
    guard Array(values.shape) == expected else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "values of shape \(values.shape) for indices of shape \(indices.shape) along axis \(axis) of \(shape)",
        shapes: [values.shape, indices.shape, shape],
        help: "the values' shape is \(try Shape(expected))")
    }
    return try gather(indices, axis, in: operation)
  }

  /// For contiguous indices of [outer, n, inner], which of those that meet at one place along the middle axis comes last.
  private func lastOfEquals(outer: Int, n: Int, inner: Int, extent: Int) throws -> Tensor {
    let source = pointer.assumingMemoryBound(to: Int32.self)
    return try Tensor(shape: shape, dtype: .bool) { target in
      let flags = target.assumingMemoryBound(to: UInt8.self)
      var stamps = [Int](repeating: -1, count: extent)
      for group in 0..<outer {
        for column in 0..<inner {
          for position in stride(from: n - 1, through: 0, by: -1) {
            let at = (group * n + position) * inner + column
            let index = Int(source[at])
            let stamp = group * inner + column
            flags[at] = stamps[index] == stamp ? 0 : 1
            stamps[index] = stamp
          }
        }
      }
    }
  }
}
