import Glibc
import Testing

@testable import Tensor

private func one(_ x: Tensor) throws -> Tensor { try .scalar(1, dtype: x.dtype) }

@Suite("Errors and single-precision accuracy of the general operations")
struct OperationErrorTests {
  static let table: [ErrorCase] = [
    .init(kind: .shapeMismatch, mentions: ["tril", "(3,)"]) { try Tensor.ones([3]).lowerTriangle() },
    .init(kind: .indexOutOfRange, mentions: ["roll", "axis 2"]) {
      try Tensor.ones([3, 2]).rolled(1, axis: 2)
    },
    .init(kind: .invalidArgument, mentions: ["tile", "-1"]) { try Tensor.ones([3]).tiled([-1]) },
    .init(kind: .outOfMemory, mentions: ["repeat"]) { try Tensor.ones([3]).repeated(.max, axis: 0) },
    .init(kind: .invalidArgument, mentions: ["chunk", "0"]) { try Tensor.ones([3]).chunked(0)[0] },
    .init(kind: .invalidArgument, mentions: ["diagonal", "twice"]) {
      try Tensor.ones([3, 3]).diagonal(axes: (0, -2))
    },
    .init(kind: .outOfMemory, mentions: ["diagonalMatrix"]) {
      try Tensor.ones([3]).diagonalMatrix(offset: .min)
    },
    .init(kind: .shapeMismatch, mentions: ["meshgrid", "(2, 2)"]) {
      try Tensor.meshgrid([.ones([2, 2])])[0]
    },
    .init(kind: .shapeMismatch, mentions: ["scatterAdd", "(2,)", "(3,)"]) {
      try Tensor.ones([4]).scatterAdd(Tensor([Int32(0), 1]), .ones([3]), axis: 0)
    },
    .init(kind: .shapeMismatch, mentions: ["indexPut", "(2, 3)"]) {
      try Tensor.ones([4, 3]).indexPut(Tensor([Int32(0), 1]), .ones([2, 4]))
    },
    .init(kind: .indexOutOfRange, mentions: ["indexAdd", "index 4"]) {
      try Tensor.ones([4]).indexAdd(Tensor([Int32(4)]), .ones([1]))
    },
    .init(kind: .shapeMismatch, mentions: ["mask", "(3,)", "(2, 3)"]) {
      try Tensor.ones([2, 3]).masked(.ones([3], dtype: .bool))
    },
    .init(kind: .dtypeMismatch, mentions: ["mask", "f32"]) { try Tensor.ones([2]).masked(.ones([2])) },
    .init(kind: .shapeMismatch, mentions: ["maskedFill", "(4,)"]) {
      try Tensor.ones([2]).maskedFill(.ones([4], dtype: .bool), 0)
    },
    .init(kind: .indexOutOfRange, mentions: ["embedding", "id 7", "vocabulary of 5"]) {
      try Tensor.ones([5, 2]).embedding(Tensor([Int32(1), 7]))
    },
    .init(kind: .dtypeMismatch, mentions: ["embedding", "f32"]) {
      try Tensor.ones([5, 2]).embedding(.ones([2]))
    },
    .init(kind: .indexOutOfRange, mentions: ["oneHot", "class 3 of 3"]) { try Tensor([Int32(3)]).oneHot(3) },
    .init(kind: .invalidArgument, mentions: ["topk", "4", "3"]) { try Tensor.ones([3]).topK(4).values },
    .init(kind: .shapeMismatch, mentions: ["argsort", "scalar"]) { try Tensor.scalar(1).argSort() },
    .init(kind: .invalidArgument, mentions: ["quantile", "1.5"]) { try Tensor.ones([3]).quantile(1.5) },
    .init(kind: .invalidArgument, mentions: ["quantile", "(0,)"]) { try Tensor.ones([0]).median() },
    .init(kind: .invalidArgument, mentions: ["norm", "-1"]) { try Tensor.ones([3]).norm(.p(-1)) },
    .init(kind: .dtypeMismatch, mentions: ["xor", "f32"]) { try Tensor.ones([3]).logicalXor(.ones([3])) },
    .init(kind: .indexOutOfRange, mentions: ["crossEntropy", "class 3", "position 1"]) {
      try Loss.crossEntropy(.ones([2, 3]), classes: Tensor([Int32(0), 3]))
    },
    .init(kind: .shapeMismatch, mentions: ["crossEntropy", "(2, 3)", "(3,)"]) {
      try Loss.crossEntropy(.ones([2, 3]), classes: .zeros([3], dtype: .i32))
    },
    .init(kind: .dtypeMismatch, mentions: ["crossEntropy", "probabilities"]) {
      try Loss.crossEntropy(.ones([2, 3]), classes: .zeros([2]))
    },
    .init(kind: .shapeMismatch, mentions: ["crossEntropy", "weights", "(2,)", "3 classes"]) {
      try Loss.crossEntropy(.ones([2, 3]), classes: .zeros([2], dtype: .i32), weights: .ones([2]))
    },
    .init(kind: .shapeMismatch, mentions: ["(2,)", "(2, 1)"]) {
      try Loss.meanSquaredError(.ones([2]), .ones([2, 1]))
    },
    .init(kind: .shapeMismatch, mentions: ["binaryCrossEntropy", "(4,)", "(4, 1)", "expand"]) {
      try Loss.binaryCrossEntropy(logits: .ones([4]), targets: .ones([4, 1]))
    },
    .init(kind: .shapeMismatch, mentions: ["binaryCrossEntropy", "(4, 2)", "(2,)"]) {
      try Loss.binaryCrossEntropy(probabilities: .ones([4, 2]), targets: .ones([2]))
    },
    .init(kind: .shapeMismatch, mentions: ["binaryCrossEntropy", "weights", "(4, 1)", "(4,)"]) {
      try Loss.binaryCrossEntropy(logits: .ones([4]), targets: .ones([4]), weights: .ones([4, 1]))
    },
    .init(kind: .shapeMismatch, mentions: ["binaryCrossEntropy", "positive weights", "(3,)", "(4, 2)"]) {
      try Loss.binaryCrossEntropy(
        logits: .ones([4, 2]), targets: .ones([4, 2]), positiveWeights: .ones([3]))
    },
    .init(kind: .shapeMismatch, mentions: ["binaryCrossEntropy", "mask", "(2, 4)", "(4,)"]) {
      try Loss.binaryCrossEntropy(
        logits: .ones([4]), targets: .ones([4]), mask: .ones([2, 4], dtype: .bool))
    },
    .init(kind: .shapeMismatch, mentions: ["binaryFocal", "(4,)", "(4, 1)"]) {
      try Loss.binaryFocal(logits: .ones([4]), targets: .ones([4, 1]))
    },
    .init(kind: .shapeMismatch, mentions: ["klDivergence", "(4, 3)", "(3,)"]) {
      try Loss.klDivergence(.ones([4, 3]), target: .ones([3]))
    },
    .init(kind: .shapeMismatch, mentions: ["crossEntropy", "(4, 3)", "(1, 3)"]) {
      try Loss.crossEntropy(.ones([4, 3]), probabilities: .ones([1, 3]))
    },
    .init(kind: .shapeMismatch, mentions: ["cosineEmbedding", "(4, 3)", "(3,)"]) {
      try Loss.cosineEmbedding(.ones([4, 3]), .ones([3]), labels: .ones([4]))
    },
    .init(kind: .shapeMismatch, mentions: ["cosineEmbedding", "labels", "(4, 1)", "(4,)"]) {
      try Loss.cosineEmbedding(.ones([4, 3]), .ones([4, 3]), labels: .ones([4, 1]))
    },
    .init(kind: .shapeMismatch, mentions: ["triplet", "(4, 3)", "negatives of shape (1, 3)"]) {
      try Loss.triplet(anchor: .ones([4, 3]), positive: .ones([4, 3]), negative: .ones([1, 3]))
    },
    .init(kind: .shapeMismatch, mentions: ["contrastive", "labels", "(4, 1)", "(4,)"]) {
      try Loss.contrastive(.ones([4, 3]), .ones([4, 3]), same: .ones([4, 1], dtype: .bool))
    },
    .init(kind: .shapeMismatch, mentions: ["contrastive", "(4, 3)", "(4, 1)"]) {
      try Loss.contrastive(.ones([4, 3]), .ones([4, 1]), same: .ones([4], dtype: .bool))
    },
    .init(kind: .invalidArgument, mentions: ["huber", "delta"]) {
      try Loss.huber(.ones([2]), .ones([2]), delta: 0)
    },
    .init(kind: .invalidArgument, mentions: ["meanSquaredError", "empty"]) {
      try Loss.meanSquaredError(.ones([0]), .ones([0]))
    },
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

  /// Single-precision kernels against the same functions in f64, which the recorded cases hold to PyTorch's.
  static let kernels: [(String, Double, @Sendable (Tensor) throws -> Tensor)] = [
    ("silu", 6e-7, { try $0.silu() }), ("siluAlong", 4e-7, { try Activation.siluAlong(one($0), $0) }),
    ("geluAlong", 4e-7, { try Binary.geluAlong(one($0), $0) }),
    ("geluCurve", 4e-7, { try Binary.geluCurve(one($0), $0) }),
    ("geluTanh", 2e-6, { try $0.geluTanh() }),
    ("geluTanhAlong", 2e-6, { try Activation.geluTanhAlong(one($0), $0) }),
    ("elu", 3e-7, { try $0.elu() }), ("eluAlong", 3e-7, { try Activation.eluAlong(one($0), $0) }),
    ("hardswish", 3e-7, { try $0.hardswish() }),
    ("hardswishAlong", 3e-7, { try Activation.hardswishAlong(one($0), $0) }),
    ("logAddExp", 3e-7, { try $0.logAddExp(Tensor.scalar(1)) }),
  ]

  @Test(arguments: kernels.indices)
  func singlePrecision(_ index: Int) throws {
    let (name, tolerance, function) = Self.kernels[index]
    for limit in [0.01, 1, 6, 40, 200] {
      let x = try Tensor.linspace(-limit, limit, count: 20_001)
      let single = try function(x).doubles()
      let exact = try function(x.cast(to: .f64)).doubles()
      let worst = zip(single, exact).map { abs($0 - $1) / max(abs($1), min(limit, 1)) }.max() ?? 0
      #expect(worst < tolerance, "\(name) on ±\(limit): largest error \(worst)")
    }
  }
}
