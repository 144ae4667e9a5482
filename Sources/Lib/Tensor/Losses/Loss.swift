/// What is done with the losses of single elements or rows.
public enum LossReduction: String, Sendable, CaseIterable {
  /// Nothing: one loss each.
  case none
  /// Their mean; where rows have weights or do not count, the weighted mean of those that do.
  case mean
  /// Their sum.
  case sum
}

/// Losses: pure functions of predictions and targets. Shapes broadcast where elements are compared. An empty batch has no
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
