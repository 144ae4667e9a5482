import Autodiff
import Foundation
import Testing

@testable import Tensor

/// A spatial operation with the result and the gradients that PyTorch recorded in double precision
/// (Tests/Fixtures/spatial/make_cases.py, where the pattern of the inputs is described).
struct SpatialCase: Decodable, Sendable, CustomTestStringConvertible {
  let op: String
  let inputs: [Input]
  let attributes: Attributes
  let shape: [Int]
  let values: [Double]
  let gradients: [[Double]]

  struct Input: Decodable, Sendable {
    let shape: [Int]
    let phase: Int
    let modulus: Int
    let scale: Double
  }

  struct Attributes: Decodable, Sendable {
    var stride: [Int]?
    var padding: [Int]?
    var dilation: [Int]?
    var groups: Int?
    var outputPadding: [Int]?
    var kernel: [Int]?
    var size: [Int]?
    var countIncludePad: Bool?
    var alignCorners: Bool?
    var mode: String?
    var epsilon: Double?
  }

  var testDescription: String {
    "\(op) \(inputs.map { "\($0.shape)" }.joined(separator: " ")) \(attributes.stride ?? [])"
  }

  static let all: [SpatialCase] = {
    struct File: Decodable { let cases: [SpatialCase] }
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Fixtures/spatial/cases.json")
    guard let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
    else { return [] }
    return file.cases
  }()

  /// The pattern that inputs and cotangents follow.
  static func pattern(_ shape: Shape, phase: Int, modulus: Int, scale: Double, _ dtype: DType) throws
    -> Tensor
  {
    let values = (0..<shape.elementCount).map {
      Double((37 * $0 + 11 * phase) % modulus - modulus / 2) * scale / 32
    }
    return try Tensor(values, shape: shape).cast(to: dtype)
  }

  func tensors(_ dtype: DType) throws -> [Tensor] {
    try inputs.map {
      try SpatialCase.pattern(
        Shape($0.shape), phase: $0.phase, modulus: $0.modulus, scale: $0.scale, dtype)
    }
  }

  private func pair(_ values: [Int]?, _ otherwise: Int) -> Pair {
    values.map { Pair($0[0], $0[$0.count - 1]) } ?? Pair(otherwise)
  }

  func run(_ x: [Tensor]) throws -> Tensor {
    let a = attributes
    let bias = x.count > 2 ? x[2] : nil
    let stride = pair(a.stride, 1)
    let dilation = pair(a.dilation, 1)
    let sides = a.padding ?? [0]
    let padding =
      sides.count == 4
      ? Padding(top: sides[0], bottom: sides[1], left: sides[2], right: sides[3])
      : Padding(sides[0], sides[sides.count - 1])
    let groups = a.groups ?? 1
    let epsilon = a.epsilon ?? 0
    switch op {
    case "conv2d":
      return try x[0].conv2d(
        x[1], bias: bias, stride: stride, padding: padding, dilation: dilation, groups: groups)
    case "conv1d":
      return try x[0].conv1d(
        x[1], bias: bias, stride: stride.rows, padding: sides[0], dilation: dilation.rows, groups: groups)
    case "convTranspose2d":
      return try x[0].convTranspose2d(
        x[1], bias: bias, stride: stride, padding: padding, outputPadding: pair(a.outputPadding, 0),
        dilation: dilation, groups: groups)
    case "convTranspose1d":
      return try x[0].convTranspose1d(
        x[1], bias: bias, stride: stride.rows, padding: sides[0],
        outputPadding: pair(a.outputPadding, 0).rows)
    case "maxPool2d":
      return try x[0].maxPool2d(
        pair(a.kernel, 1), stride: stride, padding: pair(a.padding, 0), dilation: dilation)
    case "averagePool2d":
      return try x[0].averagePool2d(
        pair(a.kernel, 1), stride: stride, padding: pair(a.padding, 0),
        countIncludePad: a.countIncludePad ?? true)
    case "adaptiveAveragePool2d": return try x[0].adaptiveAveragePool2d(pair(a.size, 1))
    case "adaptiveMaxPool2d": return try x[0].adaptiveMaxPool2d(pair(a.size, 1))
    case "globalAveragePool2d": return try x[0].globalAveragePool2d()
    case "globalMaxPool2d": return try x[0].globalMaxPool2d()
    case "resize":
      return try x[0].resized(
        to: pair(a.size, 1), mode: #require(ResizeMode(rawValue: a.mode ?? "")),
        alignCorners: a.alignCorners ?? false)
    case "gridSample":
      return try x[0].gridSample(
        x[1], padding: #require(SamplePadding(rawValue: a.mode ?? "")), alignCorners: a.alignCorners ?? false)
    case "affineGrid":
      let size = pair(a.size, 1)
      return try x[0].affineGrid(
        height: size.rows, width: size.columns, alignCorners: a.alignCorners ?? false)
    case "unfold":
      return try x[0].unfolded(
        kernel: pair(a.kernel, 1), stride: stride, padding: padding, dilation: dilation)
    case "fold":
      let size = pair(a.size, 1)
      return try x[0].folded(
        height: size.rows, width: size.columns, kernel: pair(a.kernel, 1), stride: stride, padding: padding,
        dilation: dilation)
    case "batchNorm":
      return try x[0].batchNorm(weight: x.count > 1 ? x[1] : nil, bias: bias, epsilon: epsilon)
    case "batchNormInference":
      return try x[0].batchNorm(mean: x[1], variance: x[2] + 2, weight: x[3], bias: x[4], epsilon: epsilon)
    case "groupNorm": return try x[0].groupNorm(groups: groups, weight: x[1], bias: x[2], epsilon: epsilon)
    case "instanceNorm": return try x[0].instanceNorm(weight: x[1], bias: x[2], epsilon: epsilon)
    default: throw TensorError(.invalidArgument, in: op, "no such operation in the test")
    }
  }
}

@Suite("Spatial operations against PyTorch")
struct SpatialTests {
  @Test func thereAreEnoughCases() {
    #expect(SpatialCase.all.count >= 250)
    #expect(SpatialCase.all.contains { $0.inputs[0].shape.first == 0 })
  }

  @Test("values and gradients in f64", arguments: SpatialCase.all)
  func double(_ row: SpatialCase) throws { try check(row, .f64, tolerance: 2e-11) }

  @Test("values and gradients in f32", arguments: SpatialCase.all)
  func single(_ row: SpatialCase) throws { try check(row, .f32, tolerance: 1e-5) }

  private func check(_ row: SpatialCase, _ dtype: DType, tolerance: Double) throws {
    let x = try row.tensors(dtype)
    let plain = try row.run(x)
    #expect(try plain.shape == Shape(row.shape) && plain.dtype == dtype)
    compare(try plain.doubles(), row.values, tolerance, "values")
    let (outputs, pullback) = try vjp(at: x) { [try row.run($0)] }
    compare(try outputs[0].doubles(), row.values, tolerance, "recorded values")
    let cotangent = try SpatialCase.pattern(outputs[0].shape, phase: 3, modulus: 89, scale: 1, dtype)
    for (index, gradient) in try pullback([cotangent]).enumerated() {
      #expect(gradient.shape == x[index].shape)
      // Normalisation of two nearly equal values has gradients of 1 / epsilon: the error is relative to the largest.
      compare(try gradient.doubles(), row.gradients[index], tolerance * 4, "gradient of input \(index)")
    }
  }

  /// Errors relative to the largest expected element, or to 1.
  private func compare(_ values: [Double], _ expected: [Double], _ tolerance: Double, _ what: String) {
    guard values.count == expected.count else {
      Issue.record("\(what): \(values.count) values for \(expected.count)")
      return
    }
    let scale = expected.reduce(1) { max($0, abs($1)) }
    var worst = 0.0
    for (value, reference) in zip(values, expected) {
      let error = abs(value - reference)
      worst = error.isNaN ? .infinity : max(worst, error)
    }
    #expect(worst <= tolerance * scale, "\(what): error \(worst) at scale \(scale)")
  }
}
