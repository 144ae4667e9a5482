import CKernels

/// Tensors of random numbers of other distributions. Every element is a function of its number in the stream alone, so results do
/// not depend on the number of threads, and part of a tensor can be drawn without the rest.
extension RandomStream {
  /// Normal numbers between `lower` and `upper` (in the same units as the mean), by the inverse of the distribution function.
  public mutating func truncatedNormals(
    _ shape: Shape, mean: Double = 0, standardDeviation: Double = 1, lower: Double = -2, upper: Double = 2,
    dtype: DType = .f32
  ) throws -> Tensor {
    guard standardDeviation > 0, lower < upper, mean.isFinite, standardDeviation.isFinite else {
      throw TensorError(
        .invalidArgument, in: "truncatedNormal",
        "mean \(mean), standard deviation \(standardDeviation), limits \(lower) and \(upper)",
        help: "the standard deviation is positive and the lower limit below the upper one")
    }
    let (a, b) = ((lower - mean) / standardDeviation, (upper - mean) / standardDeviation)
    let standard = try filled(shape, dtype, in: "truncatedNormal", FaaTruncatedNormal, a, b)
    return mean == 0 && standardDeviation == 1 ? standard : try standard * standardDeviation + mean
  }

  /// Exponentially distributed numbers with the given rate, the reciprocal of their mean.
  public mutating func exponentials(_ shape: Shape, rate: Double = 1, dtype: DType = .f32) throws -> Tensor {
    guard rate > 0, rate.isFinite else {
      throw TensorError(.invalidArgument, in: "exponential", "rate \(rate) is not positive")
    }
    return try filled(shape, dtype, in: "exponential", FaaExponential, rate, 0)
  }

  /// True with the given probability.
  public mutating func bernoullis(_ shape: Shape, probability: Double) throws -> Tensor {
    try checkProbability(probability, in: "bernoulli")
    return try drawn(shape, .bool, in: "bernoulli", FaaBernoulli, probability, 1)
  }

  /// Factors that switch elements off with probability `rate` and scale the others by 1 / (1 - rate), which keeps the mean.
  public mutating func dropoutMask(_ shape: Shape, rate: Double, dtype: DType = .f32) throws -> Tensor {
    try checkProbability(rate, in: "dropout")
    return try filled(shape, dtype, in: "dropout", FaaBernoulli, 1 - rate, rate < 1 ? 1 / (1 - rate) : 0)
  }

  /// Integers (i32) in low..<high, all equally likely to within 2⁻³².
  public mutating func integers(_ shape: Shape, low: Int = 0, high: Int) throws -> Tensor {
    guard low < high, Int32(exactly: low) != nil, high <= Int(Int32.max) + 1 else {
      throw TensorError(
        .invalidArgument, in: "integers", "no i32 in \(low)..<\(high)", help: "the limits are low, then high")
    }
    return try drawn(shape, .i32, in: "integers", FaaInteger, Double(low), Double(high))
  }

  /// 0..<count in random order, as a tensor of i32.
  public mutating func permutationTensor(_ count: Int) throws -> Tensor {
    guard count >= 0, count <= Int(Int32.max) else {
      throw TensorError(.invalidArgument, in: "permutation", "of \(count) elements")
    }
    return try Tensor(permutation(count).map { Int32($0) })
  }

  /// Numbers of the gamma distribution with the given shape parameter and scale. Marsaglia and Tsang 2000; an element that is
  /// rejected draws again from counter blocks of its own.
  public mutating func gammas(
    _ shape: Shape, concentration: Double, scale: Double = 1, dtype: DType = .f32
  ) throws -> Tensor {
    try checkPositive(concentration, "concentration", in: "gamma")
    try checkPositive(scale, "scale", in: "gamma")
    let logarithms = try filled(shape, .f64, in: "gamma", FaaLogGamma, concentration, scale)
    return try logarithms.exp().cast(to: dtype, in: "gamma")
  }

  /// Numbers of the Beta distribution: X / (X + Y) of gamma variates with shape parameters a and b, from their logarithms, so
  /// that small parameters do not divide 0 by 0. Element i uses the numbers i and n + i of the n + n it draws.
  public mutating func betas(_ shape: Shape, _ a: Double, _ b: Double, dtype: DType = .f32) throws -> Tensor {
    try checkPositive(a, "a", in: "beta")
    try checkPositive(b, "b", in: "beta")
    let first = try filled(shape, .f64, in: "beta", FaaLogGamma, a, 1)
    let second = try filled(shape, .f64, in: "beta", FaaLogGamma, b, 1)
    return try (first - second).sigmoid().cast(to: dtype, in: "beta")
  }

  /// `count` indices for each row of probabilities along the last axis (which need not add up to 1), as i32 in a new last axis.
  /// By the inverse distribution function, one number an index. Throws `invalidArgument` for a row that is negative,
  /// not finite or 0 throughout.
  public mutating func categorical(probabilities: Tensor, count: Int = 1) throws -> Tensor {
    guard probabilities.rank > 0, count >= 0 else {
      throw TensorError(
        .invalidArgument, in: "categorical",
        "\(count) indices from probabilities of shape \(probabilities.shape)",
        shapes: [probabilities.shape])
    }
    let x = try probabilities.detached.cast(to: .f64).contiguous(in: "categorical")
    let n = x.shape[x.rank - 1]
    let rows = Shape(prefix: x.rank - 1, of: x.shape).elementCount
    let isProper = try x.isFinite().logicalAnd(x.greaterOrEqual(x.weak(0))).all().item() == 1
    let totals = try x.sum([-1]).doubles()
    guard isProper, totals.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw TensorError(
        .invalidArgument, in: "categorical", "a row is negative, not finite, or 0 throughout",
        shapes: [x.shape], help: "logits are not probabilities: name them as logits")
    }
    let result = try Tensor.uninitialized(
      Shape(Array(x.shape.dropLast()) + [count]), dtype: .i32, in: "categorical")
    faa_random_categorical(
      seed, stream, draw, rows, n, count, x.pointer.assumingMemoryBound(to: Double.self),
      result.pointer.assumingMemoryBound(to: Int32.self))
    advance(rows * count)
    return result
  }

  /// As `categorical(probabilities:)`, from logits; one of -inf excludes its class.
  public mutating func categorical(logits: Tensor, count: Int = 1) throws -> Tensor {
    try categorical(probabilities: logits.detached.cast(to: .f64).softmax(), count: count)
  }

  private func checkProbability(_ probability: Double, in operation: String) throws {
    guard probability >= 0, probability <= 1 else {
      throw TensorError(.invalidArgument, in: operation, "\(probability) is not a probability")
    }
  }

  private func checkPositive(_ value: Double, _ what: String, in operation: String) throws {
    guard value > 0, value.isFinite else {
      throw TensorError(.invalidArgument, in: operation, "\(what) \(value) is not positive")
    }
  }

  /// Floats of a distribution.
  mutating func filled(
    _ shape: Shape, _ dtype: DType, in operation: String, _ distribution: FaaDistribution, _ a: Double,
    _ b: Double
  ) throws -> Tensor {
    guard dtype.isFloating else {
      throw TensorError(.dtypeMismatch, in: operation, "random numbers of \(dtype)", help: "use f32 or f64")
    }
    return try drawn(shape, dtype, in: operation, distribution, a, b)
  }

  private mutating func drawn(
    _ shape: Shape, _ dtype: DType, in operation: String, _ distribution: FaaDistribution, _ a: Double,
    _ b: Double
  ) throws -> Tensor {
    let result = try Tensor.uninitialized(shape, dtype: dtype, in: operation)
    faa_random_fill(
      distribution, dtype.kernel, a, b, seed, stream, draw, result.pointer, shape.elementCount)
    advance(shape.elementCount)
    return result
  }
}

extension Tensor {
  /// Elements switched off with probability `rate`, the others scaled by 1 / (1 - rate) (Srivastava et al. 2014); the mask comes from
  /// `stream`. For evaluation do not call it.
  public func dropout(rate: Double, _ stream: inout RandomStream) throws -> Tensor {
    let x = dtype.isFloating ? self : try cast(to: .f32)
    guard rate != 0 else { return x }
    return try x * stream.dropoutMask(shape, rate: rate, dtype: x.dtype)
  }
}
