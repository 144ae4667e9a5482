import CDNN
import CKernels

/// Convolution and its two transposes. It is bilinear in image and weights, so the three maps are each other's derivatives and every
/// order exists. Images are [batch, channels, height, width], weights [out channels, in channels / groups, height, width].
enum Convolution {
  /// y = x * w. (As usual in learning, the kernel is not turned round: a cross-correlation.)
  static let forward: BilinearPrimitive<FaaConvolution> = .init(
    "conv2d",
    evaluate: { x, w, shape in
      try evaluate(FaaForward, shape, x, w, bias: nil, result: shape.resultShape, in: "conv2d")
    },
    left: { cotangent, w, shape in try inputGradient(cotangent, w, shape) },
    right: { x, cotangent, shape in try weightGradient(cotangent, x, shape) },
    samples: { samples(\.imageShape, \.weightShape) { try forward($0, $1, $2) } })

  /// The cotangent of x from (that of y, w): the transposed convolution.
  static let inputGradient: BilinearPrimitive<FaaConvolution> = .init(
    "convTranspose2d",
    evaluate: { g, w, shape in
      try evaluate(FaaInputGradient, shape, g, w, bias: nil, result: shape.imageShape, in: "convTranspose2d")
    },
    left: { cotangent, w, shape in try forward(cotangent, w, shape) },
    right: { g, cotangent, shape in try weightGradient(g, cotangent, shape) },
    samples: { samples(\.resultShape, \.weightShape) { try inputGradient($0, $1, $2) } })

  /// The cotangent of w from (that of y, x).
  static let weightGradient: BilinearPrimitive<FaaConvolution> = .init(
    "convWeightGradient",
    evaluate: { g, x, shape in
      try evaluate(
        FaaWeightGradient, shape, g, x, bias: nil, result: shape.weightShape, in: "convWeightGradient")
    },
    left: { cotangent, x, shape in try forward(x, cotangent, shape) },
    right: { g, cotangent, shape in try inputGradient(g, cotangent, shape) },
    samples: { samples(\.resultShape, \.imageShape) { try weightGradient($0, $1, $2) } })

  /// y = x * w + bias, in one pass.
  static let biased: GeneralPrimitive<FaaConvolution> = .init(
    "conv2d with a bias", saves: .inputs,
    evaluate: { inputs, shape in
      try evaluate(
        FaaForward, shape, inputs[0], inputs[1], bias: inputs[2], result: shape.resultShape, in: "conv2d")
    },
    pullback: { cotangent, saved, shape, needs in
      let (x, w) = (saved.inputs[0], saved.inputs[1])
      return [
        needs(0) ? try inputGradient(cotangent, w, shape) : nil,
        needs(1) ? try weightGradient(cotangent, x, shape) : nil,
        needs(2) ? try cotangent.sum([0, 2, 3]) : nil,
      ]
    },
    pushforward: { tangents, saved, shape in
      let (x, w) = (saved.inputs[0], saved.inputs[1])
      let parts = [
        try tangents[0].map { try forward($0, w, shape) }, try tangents[1].map { try forward(x, $0, shape) },
        try tangents[2].map { try $0.reshaped([1, shape.out_channels, 1, 1]) },
      ]
      return try parts.compactMap { $0 }.reduce(nil as Tensor?) { sum, part in
        try sum.map { try $0 + part } ?? part
      }
    },
    samples: {
      [
        .init([([2, 2, 3, 3], .small), ([3, 2, 2, 2], .small), ([3], .real)]) {
          try $0[0].conv2d($0[1], bias: $0[2])
        }
      ]
    })

  static let all: [Primitive] = [forward, inputGradient, weightGradient, biased]

  private static func samples(
    _ left: KeyPath<FaaConvolution, Shape>, _ right: KeyPath<FaaConvolution, Shape>,
    _ call: @escaping @Sendable (Tensor, Tensor, FaaConvolution) throws -> Tensor
  ) -> [Primitive.Sample] {
    geometries.map { geometry in
      .init([(geometry[keyPath: left], .small), (geometry[keyPath: right], .small)]) {
        try call($0[0], $0[1], geometry)
      }
    }
  }

  private static let geometries: [FaaConvolution] = [
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
    if shape.isDepthwise {
      guard dtype == .f32, shape.in_channels % 8 == 0 else {
        return faa_depthwise(map, dtype.kernel, &shape, a, b, bias, out) == 0
      }
      return faa_depthwise_lanes(
        map, &shape, a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self),
        bias?.assumingMemoryBound(to: Float.self), out.assumingMemoryBound(to: Float.self)) == 0
    }
    if dtype == .f32, prefersWinograd(map, shape) {
      let status = faa_winograd(
        map, &shape, a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self),
        bias?.assumingMemoryBound(to: Float.self), out.assumingMemoryBound(to: Float.self))
      if status != FaaWinogradNotFinite { return status == FaaWinogradDone }
    }
    if dtype == .f32, !prefersPatches(map, shape) {
      let status = faa_dnn_convolution(
        map, &shape, a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self),
        bias?.assumingMemoryBound(to: Float.self), out.assumingMemoryBound(to: Float.self))
      if status != FaaDNNUnsupported { return status == FaaDNNDone }
    }
    return faa_convolution(map, dtype.kernel, &shape, a, b, bias, out) == 0
  }

  /// Winograd's algorithm multiplies 36 times a tile of 4 x 4 results where the others do 144 times, but has weights to transform, which
  /// few tiles do not repay. (In multiplications; oneDNN's weight gradients run at half the speed of the other maps.)
  private static func prefersWinograd(_ map: FaaConvolutionMap, _ shape: FaaConvolution) -> Bool {
    var shape = shape
    guard faa_winograd_fits(&shape) else { return false }
    let tiles = (shape.out_height + 3) / 4 * ((shape.out_width + 3) / 4) * shape.batch
    let others = (map == FaaWeightGradient ? 16 : 9) * shape.out_height * shape.out_width * shape.batch
    return 36 * tiles + 200 < others
  }

  /// With vectors of eight, oneDNN's weight gradient does 37 to 66 GFLOP/s on a core where the product of patches does 52 to 79, and its
  /// forward map of many channels, whose weights it reorders, 50 to 60 where that does 56 to 70. It has no good code for single pixels
  /// with a stride: 22 to 51 GFLOP/s where the patches do 48 to 72. Few channels do not repay unfolding.
  private static func prefersPatches(_ map: FaaConvolutionMap, _ shape: FaaConvolution) -> Bool {
    guard shape.groups == 1 else { return false }
    let kernel = shape.kernel_height * shape.kernel_width
    if kernel == 1 { return shape.stride_rows * shape.stride_columns > 1 && shape.in_channels >= 32 }
    guard faa_patches_fit() else {
      return map == FaaWeightGradient && shape.in_channels >= 32
        && shape.out_height * shape.out_width >= 144
    }
    switch map {
    case FaaForward: return shape.in_channels >= 256
    case FaaWeightGradient:
      return shape.in_channels >= 32 || (shape.out_channels >= 64 && shape.in_channels * kernel >= 128)
    default: return false
    }
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
