import Tensor

/// Convolutions at shapes of ResNet and EfficientNet, with padding of half the kernel.
var convolutionRows: [Row] {
  [
    ("stem7x7-112", [8, 3, 112, 112], [64, 3, 7, 7], 2, 1),
    ("3x3-64-28", [8, 64, 28, 28], [64, 64, 3, 3], 1, 1),
    ("3x3-256-7", [8, 256, 7, 7], [256, 256, 3, 3], 1, 1),
    ("3x3-128-28-stride2", [8, 64, 28, 28], [128, 64, 3, 3], 2, 1),
    ("1x1-96-56", [8, 16, 56, 56], [96, 16, 1, 1], 1, 1),
    ("depthwise3x3-96-56", [8, 96, 56, 56], [96, 1, 3, 3], 2, 96),
    ("depthwise5x5-240-14", [8, 240, 14, 14], [240, 1, 5, 5], 1, 240),
  ].flatMap { name, images, weights, stride, groups in
    let side = (images[2] - 1) / stride + 1
    let flops = 2 * Double(images[0] * side * side * weights.reduce(1, *))
    func convolution(_ operands: [Tensor]) throws -> Tensor {
      try operands[0].conv2d(
        operands[1], stride: Pair(stride), padding: Padding(weights[2] / 2), groups: groups)
    }
    return [
      operation("conv/\(name)", flops: flops) {
        let operands = try [normal(images), normal(weights)]
        return { _ = try convolution(operands) }
      },
      gradient("conv/gradient-\(name)", [images, weights], flops: 3 * flops, convolution),
    ]
  }
}
