import Foundation
import Testing

@testable import Tensor

/// An array in a fixture; NaN and the infinities are strings.
struct RecordedArray: Decodable, Sendable {
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

  /// Whether `tensor` has this shape and these values.
  func expectEqual(_ tensor: Tensor, tolerance: Double, _ what: String) throws {
    #expect(Array(tensor.shape) == shape, "\(what)")
    for (value, reference) in zip(try tensor.doubles(), values.map(\.double)) {
      let close = Swift.abs(value - reference) <= tolerance * Swift.max(1, Swift.abs(reference))
      #expect(
        close || value == reference || (value.isNaN && reference.isNaN), "\(what): \(value) for \(reference)")
    }
  }
}

/// An operation on inputs with the value and the gradients that another library recorded.
struct RecordedOperation: Decodable, Sendable, CustomTestStringConvertible {
  let op: String
  let inputs: [RecordedArray]
  let attributes: Attributes
  let value: RecordedArray
  let gradients: [RecordedArray]

  struct Attributes: Decodable, Sendable {
    var reduction: String?
    var parameter: Double?, smoothing: Double?, q: Double?
    var ignoring: Int?, axis: Int?, offset: Int?, shift: Int?, count: Int?, source: Int?, target: Int?,
      ddof: Int?
    var weighted: Bool?, positive: Bool?, lower: Bool?, transposed: Bool?, unit: Bool?, descending: Bool?
    var keep: Bool?
    var axes: [Int]?, counts: [Int]?
    var order: String?
  }

  var testDescription: String { "\(op) \(inputs.map { "\($0.shape)" }.joined(separator: " ")) \(attributes)" }

  /// The cases of `Tests/Fixtures/operations/<name>.json`.
  static func load(_ name: String) -> [RecordedOperation] {
    struct File: Decodable { let cases: [RecordedOperation] }
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Fixtures/operations/\(name).json")
    guard let data = try? Data(contentsOf: url) else { return [] }
    do { return try JSONDecoder().decode(File.self, from: data).cases } catch {
      Issue.record("\(name).json: \(error)")
      return []
    }
  }
}

/// cos(0), cos(1), … in the shape of a result: weights that tell its elements apart.
func cosines(_ shape: Shape) throws -> Tensor {
  try Tensor((0..<shape.elementCount).map { Foundation.cos(Double($0)) }, shape: shape)
}
