extension Loss {
  /// -w (v t ln σ(x) + (1 - t) ln(1 - σ(x))) for logits x and targets t in [0, 1] of the same shape, with element weights w and
  /// weights v of the positive part (a number for each label, say), as in PyTorch. Weights and mask are expanded to that shape.
  ///
  /// Elements where `mask` (bool) is false do not count: their logits and targets are not looked at, they get no derivative, and the
  /// mean is over the others. Infinite logits have their limits: 0 on the right side, +inf on the wrong one.
  public static func binaryCrossEntropy(
    logits: Tensor, targets: Tensor, weights: Tensor? = nil, positiveWeights: Tensor? = nil,
    mask: Tensor? = nil,
    reduction: LossReduction = .mean
  ) throws -> Tensor {
    let name = "binaryCrossEntropy"
    let (x, t) = try counted(logits, targets, mask, in: name)
    let negative = try 1 - t
    let positive =
      try positiveWeights.map {
        try t * expanded($0, to: x.shape, as: "positive weights", in: name).cast(to: x.dtype)
      } ?? t
    let losses =
      try negative * limited(x.softplus(), where: negative)
      + positive * limited((-x).softplus(), where: positive)
    return try finish(losses, weights, mask, reduction, in: name)
  }

  /// -(t ln p + (1 - t) ln(1 - p)) for probabilities p, with logarithms limited to -100 as in PyTorch; there their derivative is 0.
  /// From logits use `binaryCrossEntropy(logits:targets:)`, which keeps all digits. Throws `invalidArgument` for what is no probability.
  public static func binaryCrossEntropy(
    probabilities: Tensor, targets: Tensor, weights: Tensor? = nil, mask: Tensor? = nil,
    reduction: LossReduction = .mean
  ) throws -> Tensor {
    let (p, t) = try counted(probabilities, targets, mask, in: "binaryCrossEntropy")
    guard try p.less(0).logicalOr(p.greater(1)).any().item() == 0 else {
      throw TensorError(
        .invalidArgument, in: "binaryCrossEntropy", "probabilities below 0 or above 1 in shape \(p.shape)",
        shapes: [p.shape], help: "logits have a form of their own, which keeps all digits")
    }
    let losses = try -(t * boundedLog(p) + (1 - t) * boundedLog(1 - p))
    return try finish(losses, weights, mask, reduction, in: "binaryCrossEntropy")
  }

  /// The focal loss of Lin et al. 2017 for independent labels: α_t (1 - p_t)^γ times the binary cross-entropy, with p_t the probability
  /// of the target and α_t = α t + (1 - α)(1 - t); no α for nil.
  public static func binaryFocal(
    logits: Tensor, targets: Tensor, alpha: Double? = 0.25, gamma: Double = 2, mask: Tensor? = nil,
    reduction: LossReduction = .mean
  ) throws -> Tensor {
    let (x, t) = try counted(logits, targets, mask, in: "binaryFocal")
    let negative = try 1 - t
    let entropy =
      try negative * limited(x.softplus(), where: negative) + t * limited((-x).softplus(), where: t)
    // 1 - p_t from both tails, so that it keeps its digits where p_t is near 1.
    let missed = try x.sigmoid() * negative + (-x).sigmoid() * t
    var losses = try entropy * modulation(missed, gamma)
    if let alpha { losses = try losses * (t * alpha + negative * (1 - alpha)) }
    return try finish(losses, nil, mask, reduction, in: "binaryFocal")
  }

  /// Predictions and targets as floats of one shape, 0 where they do not count.
  private static func counted(
    _ predictions: Tensor, _ targets: Tensor, _ mask: Tensor?, in name: String
  ) throws -> (Tensor, Tensor) {
    try checkSameShape(predictions, targets, in: name)
    var x = try floating(predictions)
    var t = try targets.cast(to: x.dtype)
    if let mask = try mask.map({ try expanded($0, to: x.shape, as: "a mask", in: name) }) {
      x = try mask.choose(x, x.weak(0))
      t = try mask.choose(t, t.weak(0))
    }
    let known = t.detached
    // What sums to 1 but for rounding may pass it by that.
    guard try known.count == 0 || (known.min().item() >= -1e-5 && known.max().item() <= 1 + 1e-5) else {
      throw TensorError(
        .invalidArgument, in: name, "targets below 0, above 1 or NaN in shape \(t.shape)", shapes: [t.shape],
        help:
          "labels are 0 and 1, or between them; unknown ones, such as -1 or 9, are left out by a mask, such as (t == 0) | (t == 1)"
      )
    }
    return (x, t)
  }

  private static func finish(
    _ losses: Tensor, _ weights: Tensor?, _ mask: Tensor?, _ reduction: LossReduction, in name: String
  ) throws -> Tensor {
    let weighted =
      try weights.map {
        try losses * expanded($0, to: losses.shape, as: "weights", in: name).cast(to: losses.dtype)
      } ?? losses
    guard let mask else { return try reduce(weighted, reduction, in: name) }
    let masked = try mask.choose(weighted, weighted.weak(0))
    let count = try mask.cast(to: losses.dtype).expanded(to: masked.shape)
    return try reduce(masked, weights: count, reduction, in: name)
  }

  private static func boundedLog(_ p: Tensor) throws -> Tensor {
    let isZero = try p.detached.equal(0)
    let logarithm = try isZero.choose(1, p).log()
    return try isZero.choose(-100, logarithm).maximum(logarithm.weak(-100))
  }
}
