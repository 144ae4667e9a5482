import Autodiff
import Testing

@testable import Tensor

/// A function of what is usually a constant, with all else fixed.
struct SettingCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let setting: [Double], shape: Shape
  let function: @Sendable (Tensor) throws -> Tensor
}

@Suite("Masks and class weights have derivatives like any other argument")
struct SettingDerivativeTests {
  private static func normals(_ shape: Shape, seed: UInt64) throws -> Tensor {
    var stream = RandomStream(seed: seed)
    return try stream.normals(shape, dtype: .f64)
  }

  private static let classes = [Int32(1), 0, -1, 2, 1]

  static let table: [SettingCase] = [
    .init(testDescription: "attention's mask", setting: [0.3, -0.2, 0.5, 1, 0, -0.7], shape: [2, 3]) { mask in
      let q = try normals([2, 2, 2, 4], seed: 1)
      let (k, v) = (try normals([2, 2, 3, 4], seed: 2), try normals([2, 2, 3, 4], seed: 3))
      return try q.attention(keys: k, values: v, mask: mask, scale: 0.7).square().sum()
    },
    .init(testDescription: "packed attention's mask", setting: [0.3, -0.2, 0.5, 1], shape: [2, 2]) { mask in
      try normals([1, 2, 3, 2, 4], seed: 4).selfAttention(mask: mask).square().sum()
    },
    .init(testDescription: "cross-entropy's weights", setting: [0.5, 2, 0], shape: [3]) { weights in
      try Loss.crossEntropy(
        normals([5, 3], seed: 5), classes: Tensor(classes), weights: weights, smoothing: 0.1, ignoring: -1)
    },
    .init(testDescription: "those of probabilities", setting: [0.5, 2, 0], shape: [3]) { weights in
      try Loss.crossEntropy(
        normals([5, 3], seed: 5), probabilities: normals([5, 3], seed: 6).softmax(), weights: weights)
    },
    .init(testDescription: "the likelihood's weights", setting: [0.5, 2, 0.1], shape: [3]) { weights in
      try Loss.negativeLogLikelihood(
        normals([5, 3], seed: 5), classes: Tensor(classes), weights: weights, ignoring: -1)
    },
    .init(testDescription: "the focal loss's weights", setting: [0.5, 2, 0.1], shape: [3]) { weights in
      try Loss.focal(normals([5, 3], seed: 5), classes: Tensor(classes), weights: weights, ignoring: -1)
    },
  ]

  @Test("gradients against differences; the value is that of the constant", arguments: table)
  func gradient(_ row: SettingCase) throws {
    let point = try Tensor(row.setting, shape: row.shape)
    let (value, gradient) = try valueAndGrad(at: point, row.function)
    #expect(try abs(value.item() - row.function(point).item()) < 1e-12)
    let slopes = try gradient.doubles()
    for index in row.setting.indices {
      // Weights below 0 mean nothing: the difference at 0 is taken upwards, from three points.
      let values = try [-1.0, 1, 2].map { step -> Double in
        var moved = row.setting
        moved[index] += step * 1e-5
        return try row.function(Tensor(moved, shape: row.shape)).item()
      }
      let upwards = (4 * values[1] - values[2] - 3 * (try value.item())) / 2e-5
      let slope = row.setting[index] == 0 ? upwards : (values[1] - values[0]) / 2e-5
      #expect(abs(slopes[index] - slope) < 1e-7 * max(1, abs(slope)), "element \(index)")
    }
  }

  @Test("second derivatives of a mask agree in every mode")
  func curvature() throws {
    let row = Self.table[0]
    let point = try Tensor(row.setting, shape: row.shape)
    let direction = try point.cos()
    let products = try HVPMode.allCases.map {
      try hvp(at: point, along: direction, mode: $0, row.function).doubles()
    }
    let step = 1e-5
    let ahead = try grad(row.function)(point + direction * step)
    let slope = try ((ahead - grad(row.function)(point - direction * step)) * (0.5 / step)).doubles()
    for product in products {
      #expect(zip(product, slope).allSatisfy { abs($0 - $1) < 1e-7 })
    }
  }
}
