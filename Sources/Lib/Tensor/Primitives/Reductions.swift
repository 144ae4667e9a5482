import CKernels

/// Axes to reduce, and whether they stay with extent 1.
struct Reduced: Sendable {
  let axes: AxisSet
  let keep: Bool
}

enum Reduction {
  static let sum: LinearPrimitive<Reduced> = .init(
    "sum", order: .kept, evaluate: { try reduce(FaaSum, $0, $1, in: "sum") },
    transpose: { cotangent, input, reduced in
      try cotangent.reshaped(input.shape.removing(reduced.axes, keep: true)).expanded(to: input.shape)
    },
    samples: {
      [
        .init([([2, 3, 2], .real)]) { try $0[0].sum() },
        .init([([2, 3, 2], .real)]) { try $0[0].sum([0, 2]) },
        .init([([2, 3, 2], .real)]) { try $0[0].sum([1], keep: true) },
      ]
    })

  static let cumulativeSum: LinearPrimitive<Int> = .init(
    "cumsum",
    evaluate: { x, axis in
      let x = try x.contiguous(in: "cumsum")
      let result = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "cumsum")
      let (outer, n, inner) = x.shape.split(at: axis)
      guard faa_cumsum(x.dtype.kernel, outer, n, inner, x.pointer, result.pointer) == 0 else {
        throw TensorError(.arithmetic, in: "cumsum", "the sum does not fit an i32")
      }
      return result
    },
    transpose: { cotangent, _, axis in try cumulativeSum(cotangent.flipped([axis]), axis).flipped([axis]) },
    samples: { [.init([([2, 4], .real)]) { try $0[0].cumulativeSum(axis: 1) }] })

  /// The largest element; of equal ones each has its share of the derivative.
  static let maximum = extreme("max", FaaMaximum)
  /// The smallest element; of equal ones each has its share of the derivative.
  static let minimum = extreme("min", FaaMinimum)

  private static func extreme(_ name: String, _ op: FaaReduction) -> GeneralPrimitive<Reduced> {
    .init(
      name, saves: [.left, .output],
      evaluate: { inputs, reduced in try reduce(op, inputs[0], reduced, in: name) },
      pullback: { cotangent, saved, reduced, _ in
        let x = saved.inputs[0]
        return try [cotangent.reshaped(x.shape.removing(reduced.axes, keep: true)) * shares(saved, reduced)]
      },
      pushforward: { tangents, saved, reduced in
        try tangents[0].map { try sum($0 * shares(saved, reduced), reduced) }
      },
      samples: {
        [
          .init([([2, 3], .distinct)]) { try op == FaaMaximum ? $0[0].max() : $0[0].min() },
          .init([([2, 3], .distinct)]) { try op == FaaMaximum ? $0[0].max([1]) : $0[0].min([1]) },
        ]
      })
  }

  /// 1 at the extreme element, or 1 / k at each of k equal ones, and 0 elsewhere; a constant.
  private static func shares(_ saved: Saved, _ reduced: Reduced) throws -> Tensor {
    let x = saved.inputs[0]
    let chosen = try x.equal(saved.output.reshaped(x.shape.removing(reduced.axes, keep: true)))
    let ones = try chosen.cast(to: x.dtype)
    return try ones / sum(ones, Reduced(axes: reduced.axes, keep: true))
  }

  static let all: [Primitive] = [sum, cumulativeSum, maximum, minimum]

  /// A reduction as a constant. Adjacent axes go in one pass, groups of axes from the last to the first.
  static func reduce(_ op: FaaReduction, _ x: Tensor, _ reduced: Reduced, in operation: String) throws
    -> Tensor
  {
    let shape = x.shape
    if [FaaMaximum, FaaMinimum, FaaArgMax, FaaArgMin].contains(op),
      (0..<shape.rank).contains(where: { reduced.axes.contains($0) && shape[$0] == 0 })
    {
      throw TensorError(
        .invalidArgument, in: operation, "no elements along the reduced axes of shape \(shape)",
        shapes: [shape])
    }
    if x.dtype == .i32 {
      // A part may leave the range of i32 where the whole does not, so axes that are apart are brought together.
      let gone = (0..<shape.rank).filter { reduced.axes.contains($0) }
      if zip(gone, gone.dropFirst()).contains(where: { $1 != $0 + 1 }) {
        let kept = (0..<shape.rank).filter { !reduced.axes.contains($0) }
        var last = AxisSet()
        for axis in kept.count..<shape.rank { last.insert(axis) }
        return try reduce(
          op, x.detached.permuted(kept + gone), Reduced(axes: last, keep: false), in: operation
        )
        .reshaped(shape.removing(reduced.axes, keep: reduced.keep))
      }
    }
    var current = try x.contiguous(in: operation)
    var working = shape
    var end = shape.rank
    while end > 0 {
      guard reduced.axes.contains(end - 1) else {
        end -= 1
        continue
      }
      var first = end - 1
      while first > 0, reduced.axes.contains(first - 1) { first -= 1 }
      var outer = 1
      var n = 1
      var inner = 1
      for axis in 0..<working.rank {
        if axis < first {
          outer *= working.dims[axis]
        } else if axis < end {
          n *= working.dims[axis]
          working.dims[axis] = 1
        } else {
          inner *= working.dims[axis]
        }
      }
      end = first
      let dtype: DType = op == FaaArgMax || op == FaaArgMin ? .i32 : current.dtype
      let result = try Tensor.uninitialized(working, dtype: dtype, in: operation)
      guard faa_reduce(op, current.dtype.kernel, outer, n, inner, current.pointer, result.pointer) == 0 else {
        throw TensorError(
          .arithmetic, in: operation, "the result does not fit an i32", help: "convert to f64 first")
      }
      current = result
    }
    // With nothing to reduce, this is still the view that came in, at its own offset.
    var layout = Layout(contiguous: shape.removing(reduced.axes, keep: reduced.keep))
    layout.offset = current.layout.offset
    return Tensor(storage: current.storage, layout: layout, dtype: current.dtype)
  }
}

extension Shape {
  /// The number of elements along some axes.
  func elementCount(of axes: AxisSet) -> Int {
    var product = 1
    for axis in 0..<rank where axes.contains(axis) { product *= dims[axis] }
    return product
  }

  /// The extents before, at and after an axis.
  func split(at axis: Int) -> (outer: Int, n: Int, inner: Int) {
    var outer = 1
    var inner = 1
    for before in 0..<axis { outer *= dims[before] }
    for after in (axis + 1)..<Swift.max(rank, axis + 1) { inner *= dims[after] }
    return (outer, dims[axis], inner)
  }
}

extension Tensor {
  func reduced(_ axes: [Int]?, keep: Bool, in operation: String) throws -> Reduced {
    Reduced(axes: try shape.axisSet(axes, in: operation), keep: keep)
  }

  /// The sum over `axes` (all for nil; negative count from the end); bool counts as i32.
  public func sum(_ axes: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    let x = dtype == .bool ? try cast(to: .i32) : self
    return try Reduction.sum(x, reduced(axes, keep: keep, in: "sum"))
  }

  /// The mean over `axes`; of integers, an f32; NaN of nothing.
  public func mean(_ axes: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    let x = dtype.isFloating ? self : try cast(to: .f32)
    let reduced = try reduced(axes, keep: keep, in: "mean")
    return try Reduction.sum(x, reduced) / Double(shape.elementCount(of: reduced.axes))
  }

  /// The variance over `axes`: the mean squared distance from the mean, with `ddof` subtracted from the count (down to 0,
  /// where it is infinite or, of equal elements, NaN).
  public func variance(_ axes: [Int]? = nil, ddof: Int = 0, keep: Bool = false) throws -> Tensor {
    let reduced = try reduced(axes, keep: keep, in: "variance")
    let count = shape.elementCount(of: reduced.axes)
    let distance = try self - mean(axes, keep: true)
    return try distance.square().sum(axes, keep: keep) / Swift.max(Double(count) - Double(ddof), 0)
  }

  /// The largest element over `axes`; NaN propagates; equal largest elements share the derivative.
  public func max(_ axes: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    try Reduction.maximum([self], reduced(axes, keep: keep, in: "max"))
  }

  /// The smallest element over `axes`; NaN propagates; equal smallest elements share the derivative.
  public func min(_ axes: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    try Reduction.minimum([self], reduced(axes, keep: keep, in: "min"))
  }

  /// The index of the largest element along `axis` (the first of equals), or in the flattened tensor for nil.
  public func argMax(axis: Int? = nil) throws -> Tensor { try arg(FaaArgMax, "argmax", axis) }
  /// The index of the smallest element along `axis` (the first of equals), or in the flattened tensor for nil.
  public func argMin(axis: Int? = nil) throws -> Tensor { try arg(FaaArgMin, "argmin", axis) }

  private func arg(_ op: FaaReduction, _ name: String, _ axis: Int?) throws -> Tensor {
    let length = try axis.map { shape[try shape.axis($0, in: name)] } ?? count
    guard length <= Int(Int32.max) else {
      throw TensorError(
        .outOfMemory, in: name, "positions among \(length) elements do not fit an i32", shapes: [shape])
    }
    guard let axis else {
      let flat = try detached.reshaped([count])
      return try Reduction.reduce(op, flat, Reduced(axes: AxisSet(0), keep: false), in: name)
    }
    return try Reduction.reduce(
      op, self, Reduced(axes: AxisSet(shape.axis(axis, in: name)), keep: false), in: name)
  }

  /// Whether any element (over `axes`) is non-zero.
  public func any(_ axes: [Int]? = nil) throws -> Tensor {
    try Reduction.reduce(FaaAny, cast(to: .bool), reduced(axes, keep: false, in: "any"), in: "any")
  }

  /// Whether all elements (over `axes`) are non-zero.
  public func all(_ axes: [Int]? = nil) throws -> Tensor {
    try Reduction.reduce(FaaAll, cast(to: .bool), reduced(axes, keep: false, in: "all"), in: "all")
  }

  /// Running sums along `axis`.
  public func cumulativeSum(axis: Int) throws -> Tensor {
    let x = dtype == .bool ? try cast(to: .i32) : self
    return try Reduction.cumulativeSum(x, shape.axis(axis, in: "cumsum"))
  }

  /// The sum that undoes an expansion from `target`.
  func reduced(to target: Shape) throws -> Tensor {
    if shape == target { return self }
    let extra = rank - target.rank
    var axes = AxisSet()
    for axis in 0..<rank where axis < extra || (target.dims[axis - extra] == 1 && shape.dims[axis] != 1) {
      axes.insert(axis)
    }
    return try Reduction.sum(self, Reduced(axes: axes, keep: false)).reshaped(target)
  }
}
