import Testing

@testable import Tensor

@Suite struct ShapeTests {
  static let pairs: [(Shape, Shape, Shape?)] = [
    ([2, 3], [3], [2, 3]), ([2, 1], [1, 4], [2, 4]), ([], [5], [5]), ([0, 1], [3], [0, 3]),
    ([2, 3], [2], nil),
    ([4, 2, 1], [3], [4, 2, 3]), ([1], [0], [0]),
  ]

  @Test(arguments: pairs)
  func broadcasting(_ a: Shape, _ b: Shape, _ expected: Shape?) {
    #expect(a.broadcast(with: b) == expected)
    #expect(b.broadcast(with: a) == expected)
  }

  @Test func descriptionsAreNumPys() {
    #expect(([] as Shape).description == "()")
    #expect(([3] as Shape).description == "(3,)")
    #expect(([64, 128] as Shape).description == "(64, 128)")
  }

  @Test func impossibleShapesAreErrors() {
    #expect(throws: TensorError.self) { try Shape([2, -1]) }
    #expect(throws: TensorError.self) { try Shape([Int.max, 2]) }
    #expect(throws: TensorError.self) { try Shape(Array(repeating: 1, count: 9)) }
  }
}
