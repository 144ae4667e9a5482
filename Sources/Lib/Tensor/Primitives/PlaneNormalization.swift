import CKernels

/// Batch and group normalisation of [batch, channels, *].
enum PlaneNormalization {
  struct Options: Sendable {
    /// Groups of channels that are normalised together, image by image; 0 for each channel over the batch.
    let groups: Int
    let epsilon: Double
  }

  /// Inputs x, weight and bias (one of each a channel).
  static let normalize: GeneralPrimitive<Options> = .init(
    fused: "batchNorm",
    evaluate: { inputs, options in
      let x = try inputs[0].contiguous(in: "batchNorm")
      let weight = try inputs[1].contiguous(in: "batchNorm")
      let bias = try inputs[2].contiguous(in: "batchNorm")
      let result = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "batchNorm")
      _ = faa_plane_normalize(
        x.dtype.kernel, geometry(x, options), options.epsilon, x.pointer, weight.pointer, bias.pointer,
        result.pointer)
      return result
    },
    reference: { inputs, options in
      let x = inputs[0]
      let normal = try standardized(x, options)
      return try (normal * channelwise(inputs[1]) + channelwise(inputs[2])).reshaped(x.shape)
    },
    backward: { cotangent, inputs, options in
      let (dx, sums) = try both(cotangent, inputs[0], inputs[1], options)
      let parts = try sums.split([1, 1])
      return [dx] + (try parts.map { try $0.reshaped([inputs[1].count]) })
    },
    samples: {
      samples.map { options in
        .init([([3, 4, 2], .real), ([4], .real), ([4], .real)]) { try normalize($0, options) }
      }
    })

  static let all: [Primitive] = [normalize]

  private static let samples = [Options(groups: 0, epsilon: 1e-2), Options(groups: 2, epsilon: 1e-2)]

  // MARK: Kernels

  static func geometry(_ x: Tensor, _ options: Options) -> FaaNormalization {
    let (batch, channels) = (x.shape[0], x.shape[1])
    let plane = batch * channels == 0 ? 0 : x.count / (batch * channels)
    return FaaNormalization(batch: batch, channels: channels, plane: plane, groups: options.groups)
  }

  private static func both(_ g: Tensor, _ x: Tensor, _ weight: Tensor, _ options: Options) throws -> (
    dx: Tensor, sums: Tensor
  ) {
    let g = try g.contiguous(in: "batchNorm")
    let x = try x.contiguous(in: "batchNorm")
    let weight = try weight.contiguous(in: "batchNorm")
    let dx = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "batchNorm")
    let sums = try Tensor.uninitialized([2, weight.count], dtype: x.dtype, in: "batchNorm")
    let status = faa_plane_normalize_vjp(
      x.dtype.kernel, geometry(x, options), options.epsilon, g.pointer, x.pointer, weight.pointer, dx.pointer,
      sums.pointer)
    guard status == 0 else {
      throw TensorError(.outOfMemory, in: "batchNorm", "no memory for the sums of shape \(x.shape)")
    }
    return (dx, sums)
  }

  // MARK: References

  /// [batch, channels, plane]
  private static func split(_ x: Tensor) throws -> Tensor {
    let shape = geometry(x, Options(groups: 0, epsilon: 0))
    return try x.reshaped(Shape([shape.batch, shape.channels, shape.plane]))
  }

  /// One number a channel, beside [batch, channels, plane].
  private static func channelwise(_ x: Tensor) throws -> Tensor { try x.reshaped([1, x.count, 1]) }

  /// What shares a mean along the reduced axes: [batch, channels, plane], or [batch, groups, channels of a group * plane].
  private static func regrouped(_ x: Tensor, _ options: Options) throws -> Tensor {
    guard options.groups > 0 else { return x }
    let (batch, channels, plane) = (x.shape[0], x.shape[1], x.shape[2])
    return try x.reshaped(Shape([batch, options.groups, channels / options.groups * plane]))
  }

  /// x with mean 0 and variance 1, as [batch, channels, plane].
  private static func standardized(_ x: Tensor, _ options: Options) throws -> Tensor {
    let planes = try split(x)
    let grouped = try regrouped(planes, options)
    let axes = options.groups == 0 ? [0, 2] : [2]
    let centred = try grouped - grouped.mean(axes, keep: true)
    let scale = try (centred.square().mean(axes, keep: true) + options.epsilon).sqrt().reciprocal()
    return try (centred * scale).reshaped(planes.shape)
  }
}

extension Tensor {
  /// Batch normalisation as in training: each channel of [batch, channels, *] to mean 0 and variance 1 over all its elements, then times
  /// `weight` plus `bias` (one of each a channel). `channelStatistics` gives the mean and variance for running averages.
  public func batchNorm(weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5) throws -> Tensor {
    try normalizedPlanes(groups: 0, weight, bias, epsilon, in: "batchNorm")
  }

  /// Batch normalisation as in inference: an affine map of each channel of [batch, channels, *] by a given mean and variance.
  public func batchNorm(
    mean: Tensor, variance: Tensor, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5
  ) throws -> Tensor {
    try checkChannels([mean, variance, weight, bias], in: "batchNorm")
    let operands = try promoted([self, mean, variance], in: "batchNorm")
    var scale = try (operands[2] + epsilon).sqrt().reciprocal()
    if let weight { scale = try scale * weight }
    var shift = try -(operands[1] * scale)
    if let bias { shift = try shift + bias }
    let beside = try Shape([1, shape[1]] + Array(repeating: 1, count: rank - 2))
    return try operands[0] * scale.reshaped(beside) + shift.reshaped(beside)
  }

  /// Group normalisation: each of `groups` groups of channels of each image of [batch, channels, *] to mean 0 and variance 1, then times
  /// `weight` plus `bias` (one of each a channel).
  public func groupNorm(groups: Int, weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5)
    throws
    -> Tensor
  {
    guard rank >= 2, groups > 0, shape[1] % groups == 0 else {
      throw TensorError(
        .shapeMismatch, in: "groupNorm", "\(groups) groups of the channels of shape \(shape)",
        shapes: [shape],
        help: "axis 1, the channels, must be a multiple of the groups")
    }
    return try normalizedPlanes(groups: groups, weight, bias, epsilon, in: "groupNorm")
  }

  /// Instance normalisation: each plane of [batch, channels, *] to mean 0 and variance 1, then times `weight` plus `bias`.
  public func instanceNorm(weight: Tensor? = nil, bias: Tensor? = nil, epsilon: Double = 1e-5) throws
    -> Tensor
  {
    guard rank >= 3, shape[1] > 0 else {
      throw TensorError(
        .shapeMismatch, in: "instanceNorm", "a tensor of shape \(shape)", shapes: [shape],
        help: "the input is [batch, channels, *]")
    }
    return try normalizedPlanes(groups: shape[1], weight, bias, epsilon, in: "instanceNorm")
  }

  /// The mean and the biased variance of each channel of [batch, channels, *], as constants: derivatives do not see through them.
  public func channelStatistics() throws -> (mean: Tensor, variance: Tensor) {
    try checkChannels([], in: "channelStatistics")
    let x = try floating(in: "channelStatistics").contiguous(in: "channelStatistics")
    guard x.count > 0 else {
      throw TensorError(
        .invalidArgument, in: "channelStatistics", "nothing to average in shape \(shape)", shapes: [shape])
    }
    let result = try Tensor.uninitialized([2, shape[1]], dtype: x.dtype, in: "channelStatistics")
    let options = PlaneNormalization.Options(groups: 0, epsilon: 0)
    _ = faa_plane_statistics(
      x.dtype.kernel, PlaneNormalization.geometry(x, options), x.pointer, result.pointer)
    let parts = try result.split([1, 1])
    return (try parts[0].reshaped([shape[1]]), try parts[1].reshaped([shape[1]]))
  }

  private func normalizedPlanes(
    groups: Int, _ weight: Tensor?, _ bias: Tensor?, _ epsilon: Double, in operation: String
  ) throws -> Tensor {
    try checkChannels([weight, bias], in: operation)
    let channels = shape[1]
    let values =
      groups == 0 ? (channels > 0 ? count / channels : 0) : (count / Swift.max(shape[0] * groups, 1))
    guard values != 1 else {
      throw TensorError(
        .invalidArgument, in: operation, "a single value has no variance, shape \(shape)", shapes: [shape],
        help: "more than one value must share a mean")
    }
    var operands = [self]
    operands.append(try weight ?? .ones([channels], dtype: dtype))
    operands.append(try bias ?? .zeros([channels], dtype: dtype))
    return try PlaneNormalization.normalize(
      promoted(operands, in: operation), .init(groups: groups, epsilon: epsilon))
  }

  /// Throws unless this is [batch, channels, *] and every one of `parameters` has one number a channel.
  private func checkChannels(_ parameters: [Tensor?], in operation: String) throws {
    guard rank >= 2 else {
      throw TensorError(
        .shapeMismatch, in: operation, "a tensor of shape \(shape) has no channels", shapes: [shape],
        help: "the input is [batch, channels, *]")
    }
    for parameter in parameters {
      guard let parameter, parameter.shape != [shape[1]] else { continue }
      throw TensorError(
        .shapeMismatch, in: operation,
        "a parameter of shape \(parameter.shape) for an input of shape \(shape) with \(shape[1]) channels (axis 1)",
        shapes: [parameter.shape, shape], help: "weight and bias have one number a channel")
    }
  }
}
