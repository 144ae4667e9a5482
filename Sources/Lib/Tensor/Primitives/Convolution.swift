import CDNN
import CKernels

/// Convolution and its two transposes. It is bilinear in image and weights, so the three maps are each other's derivatives and every
/// order exists. Images are [batch, channels, height, width], weights [out channels, in channels / groups, height, width].
enum Convolution {
  /// y = x * w (+ bias). (As usual in learning, the kernel is not turned round: a cross-correlation.)
  static let forward: GeneralPrimitive<FaaConvolution> = .init(
    "conv2d", saves: .inputs,
    evaluate: { inputs, shape in
      try evaluate(
        FaaForward, shape, inputs[0], inputs[1], bias: inputs.count > 2 ? inputs[2] : nil,
        result: shape.resultShape, in: "conv2d")
    },
    pullback: { cotangent, saved, shape, needs in
      let inputs = saved.inputs
      var changes = [
        needs(0) ? try inputGradient([cotangent, inputs[1]], shape) : nil,
        needs(1) ? try weightGradient([cotangent, inputs[0]], shape) : nil,
      ]
      if inputs.count > 2 { changes.append(needs(2) ? try cotangent.sum([0, 2, 3]) : nil) }
      return changes
    },
    pushforward: { tangents, saved, shape in
      let bilinear = try along(tangents, saved, shape, forward)
      guard saved.inputs.count > 2, let bias = tangents[2] else { return bilinear }
      let constant = try bias.reshaped([1, shape.out_channels, 1, 1])
      return try bilinear.map { try $0 + constant } ?? constant
    },
    samples: {
      samples.map { sample in
        .init([(sample.imageShape, .small), (sample.weightShape, .small)]) {
          try forward($0, sample)
        }
      } + [
        .init([([2, 2, 3, 3], .small), ([3, 2, 2, 2], .small), ([3], .real)]) {
          try $0[0].conv2d($0[1], bias: $0[2])
        }
      ]
    })

  /// The cotangent of x from (that of y, w): the transposed convolution.
  static let inputGradient: GeneralPrimitive<FaaConvolution> = .init(
    "convTranspose2d", saves: .inputs,
    evaluate: { inputs, shape in
      try evaluate(
        FaaInputGradient, shape, inputs[0], inputs[1], bias: nil, result: shape.imageShape,
        in: "convTranspose2d")
    },
    pullback: { cotangent, saved, shape, needs in
      [
        needs(0) ? try forward([cotangent, saved.inputs[1]], shape) : nil,
        needs(1) ? try weightGradient([saved.inputs[0], cotangent], shape) : nil,
      ]
    },
    pushforward: { try along($0, $1, $2, inputGradient) },
    samples: {
      samples.map { sample in
        .init([(sample.resultShape, .small), (sample.weightShape, .small)]) {
          try inputGradient($0, sample)
        }
      }
    })

  /// The cotangent of w from (that of y, x).
  static let weightGradient: GeneralPrimitive<FaaConvolution> = .init(
    "convWeightGradient", saves: .inputs,
    evaluate: { inputs, shape in
      try evaluate(
        FaaWeightGradient, shape, inputs[0], inputs[1], bias: nil, result: shape.weightShape,
        in: "convWeightGradient")
    },
    pullback: { cotangent, saved, shape, needs in
      [
        needs(0) ? try forward([saved.inputs[1], cotangent], shape) : nil,
        needs(1) ? try inputGradient([saved.inputs[0], cotangent], shape) : nil,
      ]
    },
    pushforward: { try along($0, $1, $2, weightGradient) },
    samples: {
      samples.map { sample in
        .init([(sample.resultShape, .small), (sample.imageShape, .small)]) {
          try weightGradient($0, sample)
        }
      }
    })

  static let all: [Primitive] = [forward, inputGradient, weightGradient]

  /// The tangent of a bilinear map of its first two inputs.
  private static func along(
    _ tangents: [Tensor?], _ saved: Saved, _ shape: FaaConvolution,
    _ map: GeneralPrimitive<FaaConvolution>
  ) throws -> Tensor? {
    let (a, b) = (saved.inputs[0], saved.inputs[1])
    let left = try tangents[0].map { try map([$0, b], shape) }
    let right = try tangents[1].map { try map([a, $0], shape) }
    guard let left, let right else { return left ?? right }
    return try left + right
  }

  private static let samples: [FaaConvolution] = [
    .init([2, 2, 4, 3], [3, 2, 3, 2], stride: 1, padding: .init(1, 0), dilation: 1, groups: 1),
    .init(
      [1, 4, 5, 4], [2, 2, 2, 2], stride: .init(2, 1), padding: .init(top: 0, bottom: 1, left: 2, right: 0),
      dilation: .init(1, 2), groups: 2),
    .init([2, 3, 4, 5], [3, 1, 3, 3], stride: .init(1, 2), padding: 1, dilation: 1, groups: 3),
    .init([2, 3, 2, 2], [2, 3, 1, 1], stride: 1, padding: 0, dilation: 1, groups: 1),
  ].compactMap { $0 }

  // MARK: Kernels

  private static func evaluate(
    _ map: FaaConvolutionMap, _ shape: FaaConvolution, _ a: Tensor, _ b: Tensor, bias: Tensor?, result: Shape,
    in name: String
  ) throws -> Tensor {
    let a = try a.contiguous(in: name)
    let b = try b.contiguous(in: name)
    let bias = try bias?.contiguous(in: name)
    guard a.count > 0, b.count > 0, result.elementCount > 0 else {
      let zeros = try Tensor.zeros(result, dtype: a.dtype)
      return try bias.map { try zeros + $0.reshaped([1, $0.count, 1, 1]) } ?? zeros
    }
    let out = try Tensor.uninitialized(result, dtype: a.dtype, in: name)
    let isDone = withExtendedLifetime((a, b, bias)) {
      run(map, a.dtype, shape, a.pointer, b.pointer, bias?.pointer, out.pointer)
    }
    guard isDone else {
      throw TensorError(
        .outOfMemory, in: name, "no memory to convolve \(shape.imageShape) with \(shape.weightShape)",
        shapes: [shape.imageShape, shape.weightShape])
    }
    return out
  }

  /// Runs the fastest kernel there is for the shape (Benchmarks/convolution compares them); false where memory is short.
  private static func run(
    _ map: FaaConvolutionMap, _ dtype: DType, _ shape: FaaConvolution, _ a: UnsafeMutableRawPointer,
    _ b: UnsafeMutableRawPointer, _ bias: UnsafeMutableRawPointer?, _ out: UnsafeMutableRawPointer
  ) -> Bool {
    var shape = shape
    if shape.isDepthwise, dtype == .f64 || prefersOwnDepthwise(map, shape) {
      return faa_depthwise(map, dtype.kernel, &shape, a, b, bias, out) == 0
    }
    if dtype == .f32, !prefersPatches(map, shape) {
      let status = faa_dnn_convolution(
        map, &shape, a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self),
        bias?.assumingMemoryBound(to: Float.self), out.assumingMemoryBound(to: Float.self))
      if status != FaaDNNUnsupported { return status == FaaDNNDone }
    }
    return faa_convolution(map, dtype.kernel, &shape, a, b, bias, out) == 0
  }

  /// With vectors of eight, oneDNN's weight gradient of a wide image does 65 GFLOP/s on a core where the product of patches does 73.
  private static func prefersPatches(_ map: FaaConvolutionMap, _ shape: FaaConvolution) -> Bool {
    map == FaaWeightGradient && shape.groups == 1 && shape.kernel_height * shape.kernel_width > 1
      && shape.in_channels >= 32 && shape.out_height * shape.out_width >= 144
  }

  /// oneDNN's depthwise code is the faster one with strides and for 5 x 5 kernels, but has none for the weight gradient of the latter
  /// nor for dilated kernels.
  private static func prefersOwnDepthwise(_ map: FaaConvolutionMap, _ shape: FaaConvolution) -> Bool {
    let isSmall = shape.kernel_height == 3 && shape.kernel_width == 3
    let isPlain = shape.stride_rows == 1 && shape.stride_columns == 1
    if shape.dilation_rows != 1 || shape.dilation_columns != 1 { return true }
    return map == FaaWeightGradient ? !isSmall : isSmall && isPlain
  }
}

extension FaaConvolution {
  var imageShape: Shape { [batch, in_channels, height, width] }
  var weightShape: Shape {
    [out_channels, groups > 0 ? in_channels / groups : 0, kernel_height, kernel_width]
  }
  var resultShape: Shape { [batch, out_channels, out_height, out_width] }

  var isDepthwise: Bool { groups == in_channels && groups == out_channels && groups > 1 }
}
