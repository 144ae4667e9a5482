import Autodiff
import Foundation
import Testing

@testable import Tensor

/// An equation with NumPy's result; the operands follow from their shapes (Tests/Fixtures/operations/make_einsum.py).
struct EinsumCase: Decodable, Sendable, CustomTestStringConvertible {
  let equation: String
  let shapes: [[Int]]
  let shape: [Int]
  let values: [Double]

  var testDescription: String { "\(equation) \(shapes)" }

  static let all: [EinsumCase] = {
    struct File: Decodable { let cases: [EinsumCase] }
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Fixtures/operations/einsum.json")
    guard let data = try? Data(contentsOf: url), let file = try? JSONDecoder().decode(File.self, from: data)
    else { return [] }
    return file.cases
  }()

  func operands() throws -> [Tensor] {
    try shapes.enumerated().map { index, extents in
      let shape = try Shape(extents)
      let values = (0..<shape.elementCount).map { position in
        (0.6180339887498949 * Double(position + 1) * Double(index + 1)).truncatingRemainder(dividingBy: 1)
          - 0.5
      }
      return try Tensor(values, shape: shape)
    }
  }
}

@Suite("Einstein summation")
struct EinsumTests {
  @Test func theFixtureIsThere() { #expect(EinsumCase.all.count >= 70) }

  @Test("values against NumPy, gradients against finite differences", arguments: EinsumCase.all)
  func values(_ row: EinsumCase) throws {
    let x = try row.operands()
    let result = try Tensor.einsum(row.equation, x)
    #expect(Array(result.shape) == row.shape)
    for (value, reference) in zip(try result.doubles(), row.values) {
      #expect(abs(value - reference) < 1e-13)
    }
    let single = try Tensor.einsum(row.equation, x.map { try $0.cast(to: .f32) })
    for (value, reference) in zip(try single.doubles(), row.values) { #expect(abs(value - reference) < 1e-5) }
    let f: ([Tensor]) throws -> Tensor = { inputs in
      let result = try Tensor.einsum(row.equation, inputs)
      return try (result.square() * cosines(result.shape)).sum()
    }
    let v = try directions(like: x, seed: 1)
    let expected = try difference(step: 1e-3) { try f(moved(x, along: v, by: $0)).item() }
    expectClose(try dot(valueAndGrad(at: x, f).gradients, v), expected, tolerance: 1e-7, "gradient · v")
  }

  @Test func integersStayIntegers() throws {
    let a = try Tensor([Int32(1), 2, 3, 4], shape: [2, 2])
    let product = try Tensor.einsum("ij,jk->ik", a, a)
    #expect(product.dtype == .i32)
    #expect(try product.ints() == [7, 10, 15, 22])
  }

  static let failures: [(String, [Shape], [String])] = [
    ("ij,jk->ik", [[2, 3], [4, 5]], ["label j", "3", "4"]),
    ("ij,jk->ik", [[2, 3]], ["2 subscripts", "1 operands"]),
    ("ij->i", [[2, 3, 4]], ["\"ij\"", "(2, 3, 4)", "..."]),
    ("ij->ik", [[2, 3]], ["label k", "no operand"]),
    ("ij->ii", [[2, 3]], ["label i", "twice"]),
    ("i...->i", [[2, 3]], ["..."]),
    ("i1->i", [[2, 3]], ["\"1\""]),
    ("ij-ji", [[2, 3]], ["without >"]),
    ("......", [[2, 3]], ["\".\""]),
    ("ii", [[2, 3]], ["label i", "2", "3"]),
    ("...,...", [[2, 3], [4]], ["axis -1 of ...", "3", "4"]),
  ]

  @Test("errors name the label and both extents", arguments: failures)
  func errors(_ equation: String, _ shapes: [Shape], _ mentions: [String]) throws {
    do {
      _ = try Tensor.einsum(equation, shapes.map { try .ones($0) })
      Issue.record("no error")
    } catch let error as TensorError {
      for part in ["einsum"] + mentions {
        #expect(error.description.contains(part), "\(error) lacks \(part)")
      }
    }
  }
}
