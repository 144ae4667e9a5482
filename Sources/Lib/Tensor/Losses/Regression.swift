extension Loss {
  /// (x - t)²
  public static func meanSquaredError(
    _ prediction: Tensor, _ target: Tensor, reduction: LossReduction = .mean
  )
    throws -> Tensor
  {
    try reduce(
      difference(prediction, target, in: "meanSquaredError").square(), reduction, in: "meanSquaredError")
  }

  /// |x - t|
  public static func meanAbsoluteError(
    _ prediction: Tensor, _ target: Tensor, reduction: LossReduction = .mean
  )
    throws -> Tensor
  {
    try reduce(
      difference(prediction, target, in: "meanAbsoluteError").abs(), reduction, in: "meanAbsoluteError")
  }

  /// (x - t)² / 2 where |x - t| < δ, δ (|x - t| - δ/2) beyond.
  public static func huber(
    _ prediction: Tensor, _ target: Tensor, delta: Double = 1, reduction: LossReduction = .mean
  ) throws -> Tensor {
    guard delta > 0 else {
      throw TensorError(.invalidArgument, in: "huber", "delta \(delta) is not positive")
    }
    let d = try difference(prediction, target, in: "huber")
    let size = try d.abs()
    let losses = try size.detached.less(delta).choose(d.square() * 0.5, (size - delta * 0.5) * delta)
    return try reduce(losses, reduction, in: "huber")
  }

  /// The Huber loss divided by its threshold β; |x - t| for β = 0.
  public static func smoothAbsoluteError(
    _ prediction: Tensor, _ target: Tensor, beta: Double = 1, reduction: LossReduction = .mean
  ) throws -> Tensor {
    guard beta >= 0 else {
      throw TensorError(.invalidArgument, in: "smoothAbsoluteError", "beta \(beta) is negative")
    }
    guard beta > 0 else { return try meanAbsoluteError(prediction, target, reduction: reduction) }
    return try huber(prediction, target, delta: beta, reduction: reduction) / beta
  }

  /// Σ t (ln t - ln p) along `axis` for the logarithms ln p of probabilities and probabilities t, or their logarithms; 0 where t is 0.
  /// The mean is over rows (PyTorch's `batchmean`), which makes it the divergence.
  public static func klDivergence(
    _ logProbabilities: Tensor, target: Tensor, targetIsLog: Bool = false, axis: Int = -1,
    reduction: LossReduction = .mean
  ) throws -> Tensor {
    try checkSameShape(logProbabilities, target, in: "klDivergence")
    let q = try floating(logProbabilities)
    let t = try floating(target)
    let p = targetIsLog ? try t.exp() : t
    let isZero = try p.detached.equal(0)
    let logarithm = try targetIsLog ? isZero.choose(0, t) : isZero.choose(1, t).log()
    let terms = try p * (logarithm - isZero.choose(0, q))
    return try reduce(
      terms.sum([terms.shape.axis(axis, in: "klDivergence")]), reduction, in: "klDivergence")
  }

  private static func difference(_ prediction: Tensor, _ target: Tensor, in name: String) throws -> Tensor {
    try checkSameShape(prediction, target, in: name)
    return try floating(prediction) - target
  }
}
