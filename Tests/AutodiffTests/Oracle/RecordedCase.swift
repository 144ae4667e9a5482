import Foundation
import Testing

@testable import Tensor

/// An operation on given operands, with the result and the derivatives that PyTorch or NumPy recorded. The format is
/// described in Tests/Fixtures/tensor/recorder.py.
struct RecordedCase: Decodable, Sendable, CustomStringConvertible {
  let op: String
  let operands: [Operand]
  let attributes: Attributes
  let result: Operand
  let isExact: Bool
  let isWide: Bool
  let cotangent: String?
  let gradients: [String?]
  let directions: [String?]
  let secondGradients: [String?]

  /// Elements, and the steps to the view of them that the operation is given.
  struct Operand: Decodable, Sendable {
    let s: [Int]
    let t: String
    let d: String
    var v: String?

    func dtype() throws -> DType { try #require(DType(named: t)) }
    func base() throws -> Tensor { try numbers(d, shape: Shape(s)).cast(to: dtype()) }

    func tensor() throws -> Tensor {
      try (v ?? "").split(separator: ";").reduce(base()) { try $0.stepped($1.split(separator: " ")) }
    }
  }

  /// Named lists of numbers.
  struct Attributes: Decodable, Sendable {
    let lists: [String: [Double]]
    init(lists: [String: [Double]] = [:]) { self.lists = lists }
    init(from decoder: Decoder) throws { lists = try [String: [Double]](from: decoder) }

    func ints(_ name: String) -> [Int]? { lists[name].map { $0.map { Int($0) } } }
    func int(_ name: String) throws -> Int { try #require(ints(name)?.first) }
    func number(_ name: String) throws -> Double { try #require(lists[name]?.first) }
    var keep: Bool { lists["keep"] == [1] }
    var flag: Bool { lists["flag"] == [1] }
    var shape: [Int] { ints("shape") ?? [] }
    func axis() throws -> Int { try int("axis") }
    func dtype() throws -> DType { try #require(DType(rawValue: UInt8(int("to")))) }
  }

  private enum CodingKeys: String, CodingKey {
    case op, operands = "in", attributes = "a", result = "out", exact, wide, c, g, u, h
  }

  init(from decoder: Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    op = try fields.decode(String.self, forKey: .op)
    operands = try fields.decode([Operand].self, forKey: .operands)
    attributes = try fields.decodeIfPresent(Attributes.self, forKey: .attributes) ?? Attributes()
    result = try fields.decode(Operand.self, forKey: .result)
    isExact = try fields.decodeIfPresent(Bool.self, forKey: .exact) ?? false
    isWide = try fields.decodeIfPresent(Bool.self, forKey: .wide) ?? false
    cotangent = try fields.decodeIfPresent(String.self, forKey: .c)
    gradients = try fields.decodeIfPresent([String?].self, forKey: .g) ?? []
    directions = try fields.decodeIfPresent([String?].self, forKey: .u) ?? []
    secondGradients = try fields.decodeIfPresent([String?].self, forKey: .h) ?? []
  }

  var description: String {
    let views = operands.map { "\($0.t)\($0.s)" + ($0.v.map { " by \($0)" } ?? "") }.joined(separator: ", ")
    let named = attributes.lists.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return ([op + "(" + views + ")"] + named).joined(separator: ", ")
  }

  /// The positions of the operands that have a derivative.
  var variables: [Int] { gradients.indices.filter { gradients[$0] != nil } }

  /// Every recorded case by operation.
  static let all: [String: [RecordedCase]] = {
    struct File: Decodable { let cases: [RecordedCase] }
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let cases = [
      "elementwise", "reductions", "structure", "products", "spatial", "functions", "linear_algebra",
      "losses",
    ].flatMap {
      area -> [RecordedCase] in
      let url = folder.appending(path: "../../Fixtures/tensor/\(area).json")
      guard let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
      else { return [] }
      return file.cases
    }
    return Dictionary(grouping: cases, by: \.op)
  }()
}

/// The numbers of a space-separated list as an f64 tensor.
func numbers(_ text: String, shape: Shape) throws -> Tensor {
  try Tensor(
    text.split(separator: " ").map { try #require(Double($0), "\($0) is not a number") }, shape: shape)
}

extension Tensor {
  /// One step from a base to a view of it: `flip 0`, `step 1` (every second element from the second), `transpose 0 2`,
  /// `expand 1 4`, `pick` (element 1 of the first axis).
  fileprivate func stepped(_ words: [Substring]) throws -> Tensor {
    let n = words.dropFirst().compactMap { Int($0) }
    switch words.first {
    case "flip": return try flipped([n[0]])
    case "step":
      var slices = shape.map { AxisSlice(start: 0, step: 1, count: $0) }
      slices[n[0]] = AxisSlice(start: 1, step: 2, count: shape[n[0]] / 2)
      return try sliced(slices)
    case "transpose":
      var order = Array(0..<rank)
      order.swapAt(n[0], n[1])
      return try permuted(order)
    case "expand":
      var target = shape
      target[n[0]] = n[1]
      return try expanded(to: target)
    case "pick":
      return try narrowed(axis: 0, start: 1, count: 1).reshaped(Shape(shape.dropFirst()))
    default: throw TensorError(.invalidArgument, in: "view", "unknown step \(words)")
    }
  }
}
