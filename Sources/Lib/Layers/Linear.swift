import Tensor

/// y = x Wᵀ + b on the last axis.
public struct Linear: Layer, Sendable {
  /// (outputs, inputs)
  public var weight: Tensor
  /// (outputs)
  public var bias: Tensor

  /// Weights uniform in ±sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010), biases zero.
  public init(_ inputs: Int, _ outputs: Int, stream: inout RandomStream) throws {
    let limit = (6 / Double(inputs + outputs)).squareRoot()
    weight = try stream.uniforms(Shape([outputs, inputs]), low: -limit, high: limit)
    bias = try .zeros(Shape([outputs]))
  }

  /// x of shape (..., inputs) to (..., outputs).
  public func callAsFunction(_ x: Tensor) throws -> Tensor { try x.linear(weight: weight, bias: bias) }

  /// Shows weight and bias.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.tensor("weight", &weight)
    try visitor.tensor("bias", &bias)
  }
}
