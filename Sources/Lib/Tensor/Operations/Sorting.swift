import CKernels

/// What a sort that may be left behind reports to whoever waited for it.
private final class SortOutcome: @unchecked Sendable {
  var status: Int32 = 0
}

extension Tensor {
  /// So many elements are sorted before anybody could want to stop it.
  private static var quicklySorted: Int { 1 << 18 }

  /// From this share of the axis on `topK` sorts it.
  private static var sortedShare: Int { 4 }

  /// The indices (i32) that sort the elements along `axis`. Equal elements keep their order in both directions; NaN counts as the
  /// largest, so it comes last in ascending order and first in descending.
  public func argSort(axis: Int = -1, descending: Bool = false) throws -> Tensor {
    guard rank > 0 else {
      throw TensorError(.shapeMismatch, in: "argsort", "a scalar has no order", shapes: [shape])
    }
    return try order(try shape.axis(axis, in: "argsort"), first: nil, descending: descending, in: "argsort")
  }

  /// The first `k` indices of the order along a resolved axis, or all.
  private func order(_ axis: Int, first k: Int?, descending: Bool, in operation: String) throws -> Tensor {
    let x = try detached.swappingAxes(axis, -1).contiguous(in: operation)
    let n = shape[axis]
    let result = try Tensor.uninitialized(
      Shape(x.shape.dropLast() + [k ?? n], in: operation), dtype: .i32, in: operation)
    guard n <= Int(Int32.max) else {
      throw TensorError(.outOfMemory, in: operation, "rows of \(n) elements", shapes: [shape])
    }
    let rows = n == 0 ? 0 : count / n
    let sort: @Sendable () -> Int32 = {
      let indices = result.pointer.assumingMemoryBound(to: Int32.self)
      return if let k {
        faa_argselect(x.dtype.kernel, descending, rows, n, k, x.pointer, indices)
      } else {
        faa_argsort(x.dtype.kernel, descending, rows, n, x.pointer, indices)
      }
    }
    var status: Int32 = 0
    if count > Tensor.quicklySorted {
      let outcome = SortOutcome()
      try runAbandonable { outcome.status = sort() }
      status = outcome.status
    } else {
      status = sort()
    }
    guard status == 0 else {
      throw TensorError(.outOfMemory, in: operation, "no memory to sort rows of \(n)", shapes: [shape])
    }
    return try result.swappingAxes(axis, -1)
  }

  /// The elements along `axis` in order, and where they were (see `argSort`). The derivative of each value goes to the element
  /// it came from.
  public func sorted(axis: Int = -1, descending: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    let indices = try argSort(axis: axis, descending: descending)
    return (try takeAlong(indices, axis: axis), indices)
  }

  /// The `k` largest elements along `axis` in descending order (or the smallest, ascending) and their indices; of equal elements
  /// those that come first.
  public func topK(_ k: Int, axis: Int = -1, largest: Bool = true) throws -> (values: Tensor, indices: Tensor)
  {
    let resolved = try shape.axis(axis, in: "topk")
    guard k >= 0, k <= shape[resolved] else {
      throw TensorError(
        .invalidArgument, in: "topk",
        "\(k) of the \(shape[resolved]) elements of axis \(resolved), shape \(shape)",
        shapes: [shape])
    }
    let indices =
      if k < shape[resolved] / Tensor.sortedShare {
        try order(resolved, first: k, descending: largest, in: "topk")
      } else {
        try argSort(axis: resolved, descending: largest).narrowed(axis: resolved, start: 0, count: k)
      }
    return (try takeAlong(indices, axis: resolved), indices)
  }

  /// The largest element along `axis` and the index of the first that equals it, which takes the whole derivative.
  public func maxWithIndices(axis: Int, keep: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    try extreme(argMax(axis: axis), axis, keep)
  }

  /// The smallest element along `axis` and the index of the first that equals it, which takes the whole derivative.
  public func minWithIndices(axis: Int, keep: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    try extreme(argMin(axis: axis), axis, keep)
  }

  private func extreme(_ indices: Tensor, _ axis: Int, _ keep: Bool) throws -> (Tensor, Tensor) {
    let axis = try shape.axis(axis, in: "max")
    let kept = try indices.insertingAxis(axis)
    let values = try takeAlong(kept, axis: axis)
    return keep ? (values, kept) : (try values.squeezed([axis]), indices)
  }

  /// The value below which the fraction `q` of the elements along `axis` (of all for nil) lies, by linear interpolation between
  /// the two nearest; NaN where there is one.
  public func quantile(_ q: Double, axis: Int? = nil, keep: Bool = false) throws -> Tensor {
    guard q >= 0, q <= 1 else {
      throw TensorError(.invalidArgument, in: "quantile", "\(q) is not a fraction between 0 and 1")
    }
    guard let axis else {
      let whole = try reshaped([count]).quantile(q, axis: 0)
      return keep ? try whole.reshaped(Shape([Int](repeating: 1, count: rank))) : whole
    }
    let resolved = try shape.axis(axis, in: "quantile")
    let n = shape[resolved]
    guard n > 0 else {
      throw TensorError(
        .invalidArgument, in: "quantile", "no elements along axis \(resolved) of shape \(shape)",
        shapes: [shape])
    }
    let x = dtype.isFloating ? self : try cast(to: .f32)
    let values = try x.sorted(axis: resolved).values
    let position = q * Double(n - 1)
    let below = Swift.min(Int(position), n - 1)
    let fraction = position - Double(below)
    let pick: (Int) throws -> Tensor = { try values.narrowed(axis: resolved, start: $0, count: 1) }
    let low = try pick(below)
    let between = fraction > 0 ? try low + (pick(below + 1) - low) * fraction : low
    // NaN sorts last: if the last element is one, so is the result.
    let result = try pick(n - 1).isNaN().choose(.nan, between)
    return keep ? result : try result.squeezed([resolved])
  }

  /// The middle element along `axis` (of all for nil), or the mean of the two in the middle.
  public func median(axis: Int? = nil, keep: Bool = false) throws -> Tensor {
    try quantile(0.5, axis: axis, keep: keep)
  }
}
