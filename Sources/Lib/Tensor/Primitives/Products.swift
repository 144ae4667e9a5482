import CKernels

/// Products along an axis. Their derivatives come from references that only multiply, never divide, so that zeros are no exception.
enum Products {
  static let product: GeneralPrimitive<Reduced> = .init(
    fused: "product",
    evaluate: { inputs, reduced in
      try Reduction.reduce(FaaProd, inputs[0], reduced, in: "product")
    },
    reference: { inputs, reduced in
      // Halves multiplied with each other until one element is left.
      let x = inputs[0]
      let rest = (0..<x.rank).filter { !reduced.axes.contains($0) }
      let extents = rest.map { x.shape[$0] }
      let count = x.shape.elementCount(of: reduced.axes)
      let target = x.shape.removing(reduced.axes, keep: reduced.keep)
      guard count > 0 else { return try .ones(target, dtype: x.dtype) }
      var factors = try x.permuted((0..<x.rank).filter(reduced.axes.contains) + rest).reshaped([
        count, extents.reduce(1, *),
      ])
      while factors.shape[0] > 1 {
        let half = factors.shape[0] / 2
        let pairs =
          try factors.narrowed(axis: 0, start: 0, count: half)
          * factors.narrowed(axis: 0, start: half, count: half)
        let odd = factors.shape[0] - 2 * half
        factors =
          odd == 0
          ? pairs
          : try .concatenated([pairs, factors.narrowed(axis: 0, start: 2 * half, count: odd)])
      }
      return try factors.reshaped(target)
    },
    samples: {
      [
        .init([([2, 3, 2], .real)]) { try $0[0].product() },
        .init([([2, 3, 2], .real)]) { try $0[0].product([0, 2]) },
        .init([([2, 5], .real)]) { try $0[0].product([1], keep: true) },
        .init([([2, 3], .real)]) { try ($0[0] * Tensor([0.0, 1, 0], shape: [3])).product([0]) },
      ]
    })

  static let cumulative: GeneralPrimitive<Int> = .init(
    fused: "cumulativeProduct",
    evaluate: { inputs, axis in
      let x = try inputs[0].contiguous(in: "cumulativeProduct")
      let (outer, n, inner) = x.shape.split(at: axis)
      let result = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "cumulativeProduct")
      faa_cumprod(x.dtype.kernel, outer, n, inner, x.pointer, result.pointer)
      return result
    },
    reference: { inputs, axis in try inputs[0].scanned(axis: axis) { try $0 * $1 } },
    samples: {
      [
        .init([([2, 5], .real)]) { try $0[0].cumulativeProduct(axis: 1) },
        .init([([3, 2], .real)]) {
          try ($0[0] * Tensor([1.0, 0, 1], shape: [3, 1])).cumulativeProduct(axis: 0)
        },
      ]
    })

  static let all: [Primitive] = [product, cumulative]
}

extension Tensor {
  /// The product over `axes` (all for nil); bool counts as i32. Differentiable at zeros too.
  public func product(_ axes: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    let x = dtype == .bool ? try cast(to: .i32) : self
    return try Products.product([x], reduced(axes, keep: keep, in: "product"))
  }

  /// Running products along `axis`, in floating point.
  public func cumulativeProduct(axis: Int) throws -> Tensor {
    let x = dtype.isFloating ? self : try cast(to: .f32)
    return try Products.cumulative([x], shape.axis(axis, in: "cumulativeProduct"))
  }

  /// Running maxima along `axis`; equal elements share the derivative in pairs.
  public func cumulativeMax(axis: Int) throws -> Tensor {
    try scanned(axis: shape.axis(axis, in: "cumulativeMax")) { try $0.maximum($1) }
  }

  /// The running ln Σ e^x along `axis`, without overflow.
  public func cumulativeLogSumExp(axis: Int) throws -> Tensor {
    let x = dtype.isFloating ? self : try cast(to: .f32)
    return try x.scanned(axis: shape.axis(axis, in: "cumulativeLogSumExp")) { try $0.logAddExp($1) }
  }

  /// The inclusive scan of an associative operation: log2(n) rounds, each combining what lies 1, 2, 4, … apart.
  func scanned(axis: Int, _ combine: (Tensor, Tensor) throws -> Tensor) throws -> Tensor {
    var result = self
    let n = shape[axis]
    var distance = 1
    while distance < n {
      let head = try result.narrowed(axis: axis, start: 0, count: distance)
      let early = try result.narrowed(axis: axis, start: 0, count: n - distance)
      let late = try result.narrowed(axis: axis, start: distance, count: n - distance)
      result = try .concatenated([head, combine(early, late)], axis: axis)
      distance *= 2
    }
    return result
  }
}
