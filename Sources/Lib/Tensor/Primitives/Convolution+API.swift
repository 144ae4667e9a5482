import CKernels

extension Tensor {
  /// The convolution (a cross-correlation, as usual in learning) of images [batch, channels, height, width] with `weight`,
  /// [out channels, channels / groups, height, width], plus `bias`, one for each out channel.
  ///
  /// f32 runs through oneDNN. Throws `shapeMismatch` naming the axis that disagrees and `dtypeMismatch` for integers.
  public func conv2d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1,
    groups: Int = 1
  ) throws -> Tensor {
    let geometry = try FaaConvolution(
      shape, weight.shape, stride: stride, padding: padding, dilation: dilation, groups: groups, in: "conv2d")
    return try convolved(weight, bias, geometry, in: "conv2d")
  }

  /// The convolution of sequences [batch, channels, length] with `weight`, [out channels, channels / groups, length], plus `bias`.
  public func conv1d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
    groups: Int = 1
  ) throws -> Tensor {
    let geometry = try FaaConvolution(
      shape, weight.shape, stride: Pair(1, stride), padding: Padding(0, padding), dilation: Pair(1, dilation),
      groups: groups, in: "conv1d")
    return try insertingAxis(2).convolved(weight.insertingAxis(2), bias, geometry, in: "conv1d").squeezed([2])
  }

  /// The transposed convolution: the map that takes the cotangent of a convolution's result to that of its input. `weight` is
  /// [channels, out channels / groups, height, width]; `outputPadding` makes the result larger at its lower right edge, since several
  /// extents convolve to the same one.
  public func convTranspose2d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Pair = 1, padding: Padding = 0, outputPadding: Pair = 0,
    dilation: Pair = 1, groups: Int = 1
  ) throws -> Tensor {
    let geometry = try FaaConvolution(
      transposed: shape, weight.shape, stride: stride, padding: padding, outputPadding: outputPadding,
      dilation: dilation, groups: groups, in: "convTranspose2d")
    return try spread(weight, bias, geometry, in: "convTranspose2d")
  }

  /// The transposed convolution of sequences [batch, channels, length] with `weight`, [channels, out channels / groups, length].
  public func convTranspose1d(
    _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
    dilation: Int = 1, groups: Int = 1
  ) throws -> Tensor {
    let geometry = try FaaConvolution(
      transposed: shape, weight.shape, stride: Pair(1, stride), padding: Padding(0, padding),
      outputPadding: Pair(0, outputPadding), dilation: Pair(1, dilation), groups: groups,
      in: "convTranspose1d")
    return try insertingAxis(2).spread(weight.insertingAxis(2), bias, geometry, in: "convTranspose1d")
      .squeezed([2])
  }

  private func convolved(_ weight: Tensor, _ bias: Tensor?, _ geometry: FaaConvolution, in operation: String)
    throws -> Tensor
  {
    try bias?.checkBias(channels: geometry.out_channels, in: operation)
    let operands = try promoted([self, weight] + (bias.map { [$0] } ?? []), in: operation)
    return bias == nil
      ? try Convolution.forward(operands[0], operands[1], geometry)
      : try Convolution.biased(operands, geometry)
  }

  private func spread(_ weight: Tensor, _ bias: Tensor?, _ geometry: FaaConvolution, in operation: String)
    throws -> Tensor
  {
    try bias?.checkBias(channels: geometry.in_channels, in: operation)
    let operands = try promoted([self, weight] + (bias.map { [$0] } ?? []), in: operation)
    let result = try Convolution.inputGradient(operands[0], operands[1], geometry)
    return bias == nil ? result : try result + operands[2].reshaped([1, geometry.in_channels, 1, 1])
  }

  private func checkBias(channels: Int, in operation: String) throws {
    guard rank == 1, shape[0] == channels else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "a bias of shape \(shape) for weights that give \(channels) channels", shapes: [shape],
        help: "the bias has one number for each out channel")
    }
  }
}

/// The operands in their common dtype, which must be a float's.
func promoted(_ operands: [Tensor], in operation: String) throws -> [Tensor] {
  let dtype = operands.reduce(DType.bool) { max($0, $1.dtype) }
  guard dtype.isFloating else {
    throw TensorError(
      .dtypeMismatch, in: operation, "has no kernel for \(dtype)",
      help: "convert to f32 or f64 first, for example with cast(x, f32)")
  }
  return try operands.map { try $0.cast(to: dtype) }
}
