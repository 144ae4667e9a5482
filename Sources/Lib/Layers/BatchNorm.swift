import Tensor

/// Batch normalisation with a learned scale and shift (Ioffe and Szegedy 2015): in training each channel is normalised by its mean and variance
/// over the batch, and running averages of both are kept; afterwards it is normalised by those.
public struct BatchNorm: StatefulLayer, Sendable {
  /// (channels): scale and shift.
  public var weight, bias: Tensor
  /// (channels): running averages of the mean and of the unbiased variance.
  public private(set) var runningMean, runningVariance: Tensor
  /// Added to the variance.
  public let epsilon: Double
  /// The share of a new batch in the running averages.
  public let momentum: Double

  /// Scale 1, shift 0, running mean 0 and variance 1.
  public init(_ channels: Int, epsilon: Double = 1e-5, momentum: Double = 0.1) throws {
    let shape = try Shape([channels])
    weight = try .ones(shape)
    bias = try .zeros(shape)
    runningMean = try .zeros(shape)
    runningVariance = try .ones(shape)
    self.epsilon = epsilon
    self.momentum = momentum
  }

  /// x of shape (batch, channels, *) to the same shape.
  ///
  /// - Throws: `invalidArgument` in training when a channel has a single element, whose variance says nothing.
  public mutating func forward(_ x: Tensor, training: Bool) throws -> Tensor {
    guard training else {
      return try x.batchNorm(
        mean: runningMean, variance: runningVariance, weight: weight, bias: bias, epsilon: epsilon)
    }
    let result = try x.batchNorm(weight: weight, bias: bias, epsilon: epsilon)
    let elements = x.count / max(weight.count, 1)
    guard elements > 1 else {
      throw TensorError(
        .invalidArgument, in: "BatchNorm", "\(elements) element a channel in shape \(x.shape)",
        shapes: [x.shape], help: "train with larger batches or images")
    }
    let (mean, variance) = try x.detached.channelStatistics()
    let unbiased = Double(elements) / Double(elements - 1)
    runningMean = try averaged(runningMean, mean, 1)
    runningVariance = try averaged(runningVariance, variance, unbiased)
    return result
  }

  private func averaged(_ old: Tensor, _ new: Tensor, _ factor: Double) throws -> Tensor {
    try old * (1 - momentum) + new.cast(to: old.dtype) * (momentum * factor)
  }

  /// Shows weight, bias and the running averages.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.tensor("weight", &weight)
    try visitor.tensor("bias", &bias)
    try visitor.constant("running_mean", &runningMean)
    try visitor.constant("running_var", &runningVariance)
  }
}
