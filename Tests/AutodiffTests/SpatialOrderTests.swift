import Autodiff
import Testing

@testable import Tensor

@Suite("Spatial operations at order 3")
struct SpatialOrderTests {
  /// A convolution of stride 1 without padding, as shifted products.
  private static func shifted(_ x: Tensor, _ w: Tensor) throws -> Tensor {
    let (rows, columns) = (x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1)
    var total = try Tensor.zeros([1, 1, 1, 1], dtype: .f64)
    for i in 0..<w.shape[2] {
      for j in 0..<w.shape[3] {
        let part = try x.narrowed(axis: 2, start: i, count: rows).narrowed(axis: 3, start: j, count: columns)
        let taps = try w.narrowed(axis: 2, start: i, count: 1).narrowed(axis: 3, start: j, count: 1)
          .reshaped([w.shape[0], w.shape[1]])
        let flat = try part.reshaped([x.shape[0], x.shape[1], rows * columns])
        let term = try taps.matmul(flat).reshaped([x.shape[0], w.shape[0], rows, columns])
        total = try total + term
      }
    }
    return total
  }

  private static func normalized(_ x: [Tensor], shape: [Int], axes: [Int], epsilon: Double) throws -> Tensor {
    let grouped = try x[0].reshaped(shape)
    let centred = try grouped - grouped.mean(axes, keep: true)
    let variance = try centred.square().mean(axes, keep: true)
    let normal = try (centred / (variance + epsilon).sqrt()).reshaped(x[0].shape)
    let channels = x[1].count
    return try normal * x[1].reshaped([1, channels, 1]) + x[2].reshaped([1, channels, 1])
  }

  static let cases: [FusedCase] = [
    FusedCase(
      name: "conv2d", shapes: [[2, 2, 4, 3], [3, 2, 2, 2]], fused: { try $0[0].conv2d($0[1]) },
      composed: { try shifted($0[0], $0[1]) }),
    FusedCase(
      name: "depthwise conv2d", shapes: [[1, 2, 4, 4], [2, 1, 3, 2]],
      fused: { try $0[0].conv2d($0[1], groups: 2) },
      composed: { x in
        let parts = try (0..<2).map {
          try shifted(
            x[0].narrowed(axis: 1, start: $0, count: 1), x[1].narrowed(axis: 0, start: $0, count: 1))
        }
        return try Tensor.concatenated(parts, axis: 1)
      }),
    FusedCase(
      name: "batchNorm", shapes: [[3, 2, 4], [2], [2]],
      fused: { try $0[0].batchNorm(weight: $0[1], bias: $0[2], epsilon: 0.05) },
      composed: { try normalized($0, shape: [3, 2, 4], axes: [0, 2], epsilon: 0.05) }),
    FusedCase(
      name: "groupNorm", shapes: [[2, 4, 3], [4], [4]],
      fused: { try $0[0].groupNorm(groups: 2, weight: $0[1], bias: $0[2], epsilon: 0.05) },
      composed: { try normalized($0, shape: [2, 2, 6], axes: [2], epsilon: 0.05) }),
    FusedCase(
      name: "averagePool2d", shapes: [[1, 2, 4, 4]], fused: { try $0[0].averagePool2d(2) },
      composed: { try $0[0].reshaped([1, 2, 2, 2, 2, 2]).mean([3, 5]) }),
    FusedCase(
      name: "maxPool2d", shapes: [[1, 2, 4, 4]], fused: { try $0[0].maxPool2d(2) },
      composed: { try $0[0].reshaped([1, 2, 2, 2, 2, 2]).max([3, 5]) }),
  ]

  @Test("value and derivatives of orders 1 to 3 equal those of plain operations", arguments: cases)
  func orders(_ row: FusedCase) throws {
    var stream = RandomStream(seed: 31)
    let x = try row.shapes.map { try stream.normals($0, dtype: .f64) }
    let v = try row.shapes.map { try stream.normals($0, dtype: .f64) }
    let u = try row.shapes.map { try stream.normals($0, dtype: .f64) }
    let weights = try stream.normals(row.fused(x).shape, dtype: .f64)
    let values = try [row.fused, row.composed].map { function in
      let f: ([Tensor]) throws -> Tensor = { inputs in
        let y = try function(inputs)
        return try (y.square() * y * weights).sum()
      }
      let first = try valueAndGrad(at: x, f)
      let second = try hvp(at: x, along: v, f)
      // The derivative along u of the product with v, in reverse and in forward mode.
      let third = try valueAndGrad(at: x) { point in
        try zip(hvp(at: point, along: v, mode: .reverseOverReverse, f), u).reduce(
          Tensor.scalar(0, dtype: .f64)
        ) {
          try $0 + ($1.0 * $1.1).sum()
        }
      }.gradients
      let forward = try jvp(at: x, along: u) { try hvp(at: $0, along: v, f) }.tangents
      return try ([first.value] + first.gradients + second + third + forward).map { try $0.doubles() }
    }
    for (fused, reference) in zip(values[0], values[1]) {
      let scale = reference.reduce(1) { max($0, abs($1)) }
      let worst = zip(fused, reference).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(worst < 1e-11 * scale, "error \(worst) at scale \(scale)")
    }
  }
}
