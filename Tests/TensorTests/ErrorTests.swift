import Testing

@testable import Tensor

/// A call that must fail, and what its message has to say.
struct ErrorCase: Sendable, CustomTestStringConvertible {
  let kind: TensorError.Kind
  let mentions: [String]
  let call: @Sendable () throws -> Tensor
  var testDescription: String { mentions.joined(separator: ", ") }
}

@Suite("Errors name the operation, the shapes and the remedy")
struct ErrorTests {
  static let table: [ErrorCase] = [
    .init(kind: .shapeMismatch, mentions: ["add", "(2, 3)", "(4,)"]) { try .zeros([2, 3]) + .zeros([4]) },
    .init(kind: .shapeMismatch, mentions: ["matmul", "(64, 128)", "(64, 10)", "128"]) {
      try Tensor.zeros([64, 128]).matmul(.zeros([64, 10]))
    },
    .init(kind: .shapeMismatch, mentions: ["matmul", "scalar"]) { try Tensor.scalar(1).matmul(.zeros([2])) },
    .init(kind: .indexOutOfRange, mentions: ["sum", "axis 2", "(2, 3)"]) {
      try Tensor.zeros([2, 3]).sum([2])
    },
    .init(kind: .invalidArgument, mentions: ["sum", "twice"]) { try Tensor.zeros([2, 3]).sum([1, -1]) },
    .init(kind: .invalidArgument, mentions: ["max", "(0, 3)"]) { try Tensor.zeros([0, 3]).max([0]) },
    .init(kind: .shapeMismatch, mentions: ["reshape", "6", "(4, 2)"]) {
      try Tensor.zeros([2, 3]).reshaped([4, 2])
    },
    .init(kind: .shapeMismatch, mentions: ["expand", "(2,)", "(3,)"]) {
      try Tensor.zeros([2]).expanded(to: [3])
    },
    .init(kind: .indexOutOfRange, mentions: ["take", "index 5", "extent 3"]) {
      try Tensor.zeros([3]).take(Tensor([Int32(1), 5]))
    },
    .init(kind: .dtypeMismatch, mentions: ["take", "f32"]) { try Tensor.zeros([3]).take(.zeros([1])) },
    .init(kind: .arithmetic, mentions: ["add", "i32"]) { try Tensor([Int32.max]) + Tensor([Int32(1)]) },
    .init(kind: .arithmetic, mentions: ["floorDivide", "zero"]) {
      try Tensor([Int32(1)]).floorDivided(by: Tensor([Int32(0)]))
    },
    .init(kind: .arithmetic, mentions: ["cast"]) { try Tensor([1e20]).cast(to: .i32) },
    .init(kind: .arithmetic, mentions: ["cast"]) { try Tensor([Double.nan]).cast(to: .i32) },
    .init(kind: .outOfMemory, mentions: ["GiB"]) { try .zeros([1 << 30, 1 << 20], dtype: .f64) },
    .init(kind: .outOfMemory, mentions: ["shape"]) { try .zeros(Shape([1 << 40, 1 << 40])) },
    .init(kind: .dtypeMismatch, mentions: ["and", "f32"]) { try Tensor.zeros([1]).logicalAnd(.zeros([1])) },
    .init(kind: .shapeMismatch, mentions: ["concat", "axis 0"]) {
      try .concatenated([.zeros([2, 3]), .zeros([2, 4])])
    },
    .init(kind: .shapeMismatch, mentions: ["tensor", "3"]) { try Tensor([1.0, 2, 3], shape: [2, 2]) },
  ]

  @Test(arguments: table)
  func message(_ row: ErrorCase) {
    do {
      _ = try row.call()
      Issue.record("no error")
    } catch let error as TensorError {
      #expect(error.kind == row.kind)
      for part in row.mentions { #expect(error.description.contains(part), "\(error) lacks \(part)") }
    } catch {
      Issue.record("\(error)")
    }
  }
}
