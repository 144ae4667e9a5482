import Tensor

/// Layer normalisation over the last axis with a learned scale and shift (Ba, Kiros, Hinton 2016).
public struct LayerNorm: Layer, Sendable {
  /// (width)
  public var weight: Tensor
  /// (width)
  public var bias: Tensor
  /// Added to the variance.
  public let epsilon: Double

  /// Scale 1, shift 0.
  public init(_ width: Int, epsilon: Double = 1e-6) throws {
    weight = try .ones(Shape([width]))
    bias = try .zeros(Shape([width]))
    self.epsilon = epsilon
  }

  /// x of shape (..., width) to the same shape.
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
  }

  /// Shows weight and bias.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.tensor("weight", &weight)
    try visitor.tensor("bias", &bias)
  }
}
