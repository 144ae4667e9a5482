import Tensor

/// A convolution of images (batch, channels, height, width).
public struct Conv2d: Layer, Sendable {
  /// (outputs, inputs / groups, kernel, kernel)
  public var weight: Tensor
  /// (outputs)
  public var bias: Tensor?
  /// The distance of two windows, in pixels, and the zeros around the image.
  public let stride, padding: Int
  /// Groups of channels that do not see each other; as many as channels in a depthwise convolution.
  public let groups: Int

  /// Weights normal with variance 2 / (kernel² · outputs / groups) (He et al. 2015, by outputs), biases zero. Padding keeps the extents
  /// of an image at stride 1 unless given.
  ///
  /// - Throws: `invalidArgument` when the groups do not divide the channels or a size is not positive.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int? = nil, groups: Int = 1,
    bias: Bool = true, stream: inout RandomStream
  ) throws {
    guard inputs > 0, outputs > 0, kernel > 0, stride > 0, groups > 0, (padding ?? 0) >= 0 else {
      throw TensorError(
        .invalidArgument, in: "Conv2d",
        "\(inputs) to \(outputs) channels, kernel \(kernel), stride \(stride), groups \(groups)",
        help: "all of them are at least 1")
    }
    guard inputs % groups == 0, outputs % groups == 0 else {
      throw TensorError(
        .invalidArgument, in: "Conv2d", "\(groups) groups do not divide \(inputs) and \(outputs) channels")
    }
    let shape = try Shape([outputs, inputs / groups, kernel, kernel])
    let fan = Double(shape.elementCount / shape[1] / groups)
    weight = try stream.normals(shape) * (2 / fan).squareRoot()
    self.bias = bias ? try .zeros(Shape([outputs])) : nil
    self.stride = stride
    self.padding = padding ?? (kernel - 1) / 2
    self.groups = groups
  }

  /// Images (batch, inputs, height, width) to (batch, outputs, height', width').
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.conv2d(weight, bias: bias, stride: Pair(stride), padding: Padding(padding), groups: groups)
  }

  /// Shows weight and, where there is one, bias.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.tensor("weight", &weight)
    if var present = bias {
      try visitor.tensor("bias", &present)
      bias = present
    }
  }
}
