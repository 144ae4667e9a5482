/// What is done with the losses of single elements or rows.
public enum LossReduction: String, Sendable, CaseIterable {
  /// Nothing: one loss each.
  case none
  /// Their mean; where rows have weights or do not count, the weighted mean of those that do.
  case mean
  /// Their sum.
  case sum
}

/// Losses: pure functions of predictions and targets, whose shapes have to be equal (`shapeMismatch`); weights, masks and labels of
/// rows are expanded to the shape of what they belong to. An empty batch has no
/// mean (`invalidArgument`; its sum is 0); a batch in which nothing counts (all rows ignored, all elements masked, all weights 0)
/// has the mean 0, with derivative 0, where PyTorch gives NaN.
public enum Loss {
  /// The reduction of losses that all count alike.
  static func reduce(_ losses: Tensor, _ reduction: LossReduction, in operation: String) throws -> Tensor {
    switch reduction {
    case .none: return losses
    case .sum: return try losses.sum()
    case .mean:
      try checkNotEmpty(losses, in: operation)
      return try losses.mean()
    }
  }

  /// The reduction of losses already multiplied by `weights`, whose mean is by the weights' sum.
  static func reduce(
    _ losses: Tensor, weights: Tensor, _ reduction: LossReduction, in operation: String
  ) throws -> Tensor {
    guard reduction == .mean else { return try reduce(losses, reduction, in: operation) }
    try checkNotEmpty(losses, in: operation)
    let total = try weights.sum()
    return try losses.sum() / total.equal(0).choose(1, total)
  }

  /// Throws where the shapes differ, which is nearly always a mistake and hides well behind broadcasting.
  static func checkSameShape(
    _ prediction: Tensor, _ target: Tensor, as what: (String, String) = ("predictions", "targets"),
    in operation: String
  ) throws {
    guard prediction.shape == target.shape else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "\(what.0) of shape \(prediction.shape), \(what.1) of shape \(target.shape)",
        shapes: [prediction.shape, target.shape], help: "reshape or expand one of them")
    }
  }

  /// `part`, expanded to the shape that its elements belong to. Throws where that would take more elements than there are losses.
  static func expanded(_ part: Tensor, to shape: Shape, as what: String, in operation: String) throws
    -> Tensor
  {
    guard part.shape.broadcast(with: shape) == shape else {
      throw TensorError(
        .shapeMismatch, in: operation, "\(what) of shape \(part.shape) for losses of shape \(shape)",
        shapes: [part.shape, shape], help: "one for each loss; axes of extent 1 are expanded")
    }
    return try part.expanded(to: shape)
  }

  private static func checkNotEmpty(_ losses: Tensor, in operation: String) throws {
    guard losses.count > 0 else {
      throw TensorError(
        .invalidArgument, in: operation, "the mean over an empty batch, shape \(losses.shape)",
        shapes: [losses.shape], help: "skip empty batches, or use the sum")
    }
  }

  /// A floating tensor, integers as f32.
  static func floating(_ x: Tensor) throws -> Tensor { x.dtype.isFloating ? x : try x.cast(to: .f32) }
}
