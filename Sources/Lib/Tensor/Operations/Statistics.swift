/// Which length of a vector a norm measures.
public enum NormOrder: Sendable, Equatable {
  /// Σ|x|
  case one
  /// √Σx²
  case two
  /// max|x|
  case infinity
  /// (Σ|x|^p)^(1/p) for p > 0.
  case p(Double)
}

extension Tensor {
  /// The square root of `variance`; its derivative where all elements are equal is 0.
  public func standardDeviation(_ axes: [Int]? = nil, ddof: Int = 0, keep: Bool = false) throws -> Tensor {
    try variance(axes, ddof: ddof, keep: keep).sqrt()
  }

  /// The Euclidean length of all elements (over `axes`); of integers, an f32. Its derivative at 0 is 0.
  public func norm(_ axes: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    try (dtype.isFloating ? self : cast(to: .f32)).square().sum(axes, keep: keep).sqrt()
  }

  /// The norm of the given order over `axes`. Every derivative at 0 is finite.
  public func norm(_ order: NormOrder, _ axes: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    switch order {
    case .one: return try abs().sum(axes, keep: keep)
    case .two: return try norm(axes, keep: keep)
    case .infinity:
      let resolved = try shape.axisSet(axes, in: "norm")
      guard shape.elementCount(of: resolved) > 0 else {
        return try .zeros(shape.removing(resolved, keep: keep), dtype: Swift.max(dtype, .i32))
      }
      return try abs().max(axes, keep: keep)
    case .p(let p):
      guard p > 0, p.isFinite else {
        throw TensorError(
          .invalidArgument, in: "norm", "order \(p)", help: "give a positive order, or infinity")
      }
      // A power of 0 has an infinite slope below 1; where the base is 0, 1 takes its place and 0 that of the result.
      let x = dtype.isFloating ? self : try cast(to: .f32)
      let total = try x.abs().powerOrZero(p).sum(axes, keep: keep)
      return try total.powerOrZero(1 / p)
    }
  }

  /// x^p for x >= 0 and p > 0, with derivatives of 0 at 0.
  private func powerOrZero(_ p: Double) throws -> Tensor {
    let isZero = try detached.equal(0)
    return try isZero.choose(0, isZero.choose(1, self).power(p))
  }

  /// How many elements (over `axes`) are not 0, as i32; NaN counts.
  public func countNonzero(_ axes: [Int]? = nil, keep: Bool = false) throws -> Tensor {
    try detached.cast(to: .bool).sum(axes, keep: keep)
  }

  /// x / max(‖x‖, ε) along `axis`: rows of length 1, and of less where the row is shorter than ε. The derivative at 0 is 1/ε.
  public func unit(axis: Int = -1, epsilon: Double = 1e-12) throws -> Tensor {
    let axis = try shape.axis(axis, in: "unit")
    let x = dtype.isFloating ? self : try cast(to: .f32)
    let square = try x.square().sum([axis], keep: true)
    return try x * square.maximum(square.weak(epsilon * epsilon)).rsqrt()
  }

  /// The cosine of the angle between the vectors along `axis`: x·y / (max(‖x‖, ε) max(‖y‖, ε)).
  public func cosineSimilarity(_ other: Tensor, axis: Int = -1, epsilon: Double = 1e-8) throws -> Tensor {
    let axis = try shape.axis(axis, in: "cosineSimilarity")
    let otherAxis = try other.shape.axis(axis - rank, in: "cosineSimilarity")
    let product = try unit(axis: axis, epsilon: epsilon) * other.unit(axis: otherAxis, epsilon: epsilon)
    return try product.sum([axis - rank])
  }
}
