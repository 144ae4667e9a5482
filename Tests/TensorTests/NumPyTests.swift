import Foundation
import Testing

@testable import Tensor

/// An operation on inputs, with the result NumPy recorded (Tests/Fixtures/tensor/make_cases.py).
struct NumPyCase: Decodable, Sendable, CustomTestStringConvertible {
  let op: String
  let inputs: [Recorded]
  let attributes: Attributes
  let result: Recorded

  struct Attributes: Decodable, Sendable {
    var axes: [Int]?
    var axis: Int?
    var keep: Bool?
    var order: [Int]?
    var shape: [Int]?
    var amounts: [[Int]]?
  }

  struct Recorded: Decodable, Sendable {
    let shape: [Int]
    let dtype: String
    let values: [Number]

    enum Number: Decodable, Sendable {
      case value(Double)
      init(from decoder: Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
          self = .value(number)
        } else {
          self = .value(Double(try container.decode(String.self)) ?? .nan)
        }
      }
      var double: Double { if case .value(let number) = self { number } else { .nan } }
    }

    func tensor() throws -> Tensor {
      let dtype = try #require(DType(named: dtype))
      return try Tensor(values.map(\.double), shape: Shape(shape)).cast(to: dtype)
    }
  }

  var testDescription: String { "\(op) \(inputs.map { "\($0.shape)" }.joined(separator: " "))" }

  static let all: [NumPyCase] = {
    struct File: Decodable { let cases: [NumPyCase] }
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Fixtures/tensor/cases.json")
    guard let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
    else {
      return []
    }
    return file.cases
  }()

  func run(_ x: [Tensor]) throws -> Tensor {
    let axes = attributes.axes
    let keep = attributes.keep ?? false
    switch op {
    case "neg": return try -x[0]
    case "abs": return try x[0].abs()
    case "sign": return try x[0].sign()
    case "exp": return try x[0].exp()
    case "expm1": return try x[0].expm1()
    case "log": return try x[0].log()
    case "log1p": return try x[0].log1p()
    case "sqrt": return try x[0].sqrt()
    case "reciprocal": return try x[0].reciprocal()
    case "sin": return try x[0].sin()
    case "cos": return try x[0].cos()
    case "tan": return try x[0].tan()
    case "tanh": return try x[0].tanh()
    case "square": return try x[0].square()
    case "floor": return try x[0].floor()
    case "ceil": return try x[0].ceil()
    case "round": return try x[0].rounded()
    case "sigmoid": return try x[0].sigmoid()
    case "softplus": return try x[0].softplus()
    case "relu": return try x[0].relu()
    case "erf": return try x[0].erf()
    case "gelu": return try x[0].gelu()
    case "isNaN": return try x[0].isNaN()
    case "isFinite": return try x[0].isFinite()
    case "add": return try x[0] + x[1]
    case "subtract": return try x[0] - x[1]
    case "multiply": return try x[0] * x[1]
    case "divide": return try x[0] / x[1]
    case "power": return try x[0].power(x[1])
    case "maximum": return try x[0].maximum(x[1])
    case "minimum": return try x[0].minimum(x[1])
    case "floorDivide": return try x[0].floorDivided(by: x[1])
    case "remainder": return try x[0].remainder(by: x[1])
    case "equal": return try x[0].equal(x[1])
    case "notEqual": return try x[0].notEqual(x[1])
    case "less": return try x[0].less(x[1])
    case "lessOrEqual": return try x[0].lessOrEqual(x[1])
    case "greater": return try x[0].greater(x[1])
    case "greaterOrEqual": return try x[0].greaterOrEqual(x[1])
    case "sum": return try x[0].sum(axes, keep: keep)
    case "mean": return try x[0].mean(axes, keep: keep)
    case "max": return try x[0].max(axes, keep: keep)
    case "min": return try x[0].min(axes, keep: keep)
    case "prod": return try x[0].product(axes, keep: keep)
    case "variance": return try x[0].variance(axes, keep: keep)
    case "argmax": return try x[0].argMax(axis: attributes.axis)
    case "argmin": return try x[0].argMin(axis: attributes.axis)
    case "cumsum": return try x[0].cumulativeSum(axis: attributes.axis ?? 0)
    case "argsort": return try x[0].argSort()
    case "matmul": return try x[0].matmul(x[1])
    case "matmulTransposed": return try x[0].transposed().matmul(x[1].transposed())
    case "permute": return try x[0].permuted(attributes.order ?? [])
    case "flip": return try x[0].flipped(axes)
    case "reshape": return try x[0].reshaped(attributes.shape ?? [])
    case "pad": return try x[0].padded((attributes.amounts ?? []).map { (before: $0[0], after: $0[1]) })
    case "take": return try x[0].take(x[1], axis: attributes.axis ?? 0)
    case "takeAlong": return try x[0].takeAlong(x[1], axis: attributes.axis ?? 0)
    case "concat": return try Tensor.concatenated(x, axis: attributes.axis ?? 0)
    case "where": return try x[0].choose(x[1], x[2])
    case "softmax": return try x[0].softmax()
    case "logSumExp": return try x[0].logSumExp()
    case "normalize": return try x[0].normalized()
    default: throw TensorError(.invalidArgument, in: op, "is not in the table of this test")
    }
  }
}

@Suite("Values and shapes against NumPy")
struct NumPyTests {
  @Test func theFixtureIsThere() { #expect(NumPyCase.all.count > 500) }

  @Test("f64", arguments: NumPyCase.all)
  func double(_ row: NumPyCase) throws {
    try check(row, row.run(row.inputs.map { try $0.tensor() }), tolerance: 2e-13)
  }

  @Test("f32", arguments: NumPyCase.all)
  func single(_ row: NumPyCase) throws {
    let inputs = try row.inputs.map { try $0.tensor() }.map { $0.dtype == .f64 ? try $0.cast(to: .f32) : $0 }
    try check(row, row.run(inputs), tolerance: 4e-5)
  }

  private func check(_ row: NumPyCase, _ result: Tensor, tolerance: Double) throws {
    #expect(Array(result.shape) == row.result.shape)
    let expected = try #require(DType(named: row.result.dtype))
    #expect(result.dtype == expected || (result.dtype.isFloating && expected.isFloating))
    for (value, reference) in zip(try result.doubles(), row.result.values.map(\.double)) {
      let close = abs(value - reference) <= tolerance * max(1, abs(reference))
      #expect(close || value == reference || (value.isNaN && reference.isNaN), "\(value) for \(reference)")
    }
  }
}
