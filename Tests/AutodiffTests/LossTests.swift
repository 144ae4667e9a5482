import Autodiff
import Foundation
import Testing

@testable import Tensor

@Suite("Losses")
struct LossTests {
  static let recorded = RecordedOperation.load("losses")

  static func run(_ row: RecordedOperation, _ x: [Tensor]) throws -> Tensor {
    let a = row.attributes
    let reduction = LossReduction(rawValue: a.reduction ?? "none") ?? .none
    let parameter = a.parameter ?? 1
    let weights = a.weighted == true ? x[2] : nil
    switch row.op {
    case "mse": return try Loss.meanSquaredError(x[0], x[1], reduction: reduction)
    case "mae": return try Loss.meanAbsoluteError(x[0], x[1], reduction: reduction)
    case "huber": return try Loss.huber(x[0], x[1], delta: parameter, reduction: reduction)
    case "smooth": return try Loss.smoothAbsoluteError(x[0], x[1], beta: parameter, reduction: reduction)
    case "crossEntropy":
      return try Loss.crossEntropy(
        x[0], classes: x[1], weights: weights, smoothing: a.smoothing ?? 0, ignoring: a.ignoring,
        reduction: reduction)
    case "crossEntropyAxis":
      return try Loss.crossEntropy(x[0], classes: x[1], axis: a.axis ?? -1, reduction: reduction)
    case "softCrossEntropy":
      return try Loss.crossEntropy(
        x[0], probabilities: x[1], weights: weights, smoothing: a.smoothing ?? 0, reduction: reduction)
    case "nll":
      return try Loss.negativeLogLikelihood(
        x[0], classes: x[1], weights: weights, ignoring: a.ignoring, reduction: reduction)
    case "bce":
      return try Loss.binaryCrossEntropy(
        logits: x[0], targets: x[1], weights: weights, positiveWeights: a.positive == true ? x.last : nil,
        reduction: reduction)
    case "bceMasked":
      return try Loss.binaryCrossEntropy(logits: x[0], targets: x[1], mask: x[2], reduction: reduction)
    case "bceProbabilities":
      return try Loss.binaryCrossEntropy(probabilities: x[0], targets: x[1], reduction: reduction)
    case "binaryFocal":
      return try Loss.binaryFocal(logits: x[0], targets: x[1], gamma: parameter, reduction: reduction)
    case "focal": return try Loss.focal(x[0], classes: x[1], gamma: parameter, reduction: reduction)
    case "kl": return try Loss.klDivergence(x[0], target: x[1], reduction: reduction)
    case "klLog": return try Loss.klDivergence(x[0], target: x[1], targetIsLog: true, reduction: reduction)
    case "cosineEmbedding":
      return try Loss.cosineEmbedding(x[0], x[1], labels: x[2], margin: parameter, reduction: reduction)
    case "triplet":
      return try Loss.triplet(
        anchor: x[0], positive: x[1], negative: x[2], margin: parameter, reduction: reduction)
    case "infoNCE": return try Loss.infoNCE(x[0], x[1], temperature: 0.2, reduction: reduction)
    case "cosineSimilarity": return try x[0].cosineSimilarity(x[1], axis: a.axis ?? -1)
    case "unit":
      return try x[0].unit(axis: a.axis ?? -1) * Tensor.arange(0, 12, dtype: x[0].dtype).reshaped([3, 4])
    default: throw TensorError(.invalidArgument, in: row.op, "is not in the table of this test")
    }
  }

  @Test func theFixtureIsThere() { #expect(Self.recorded.count >= 200) }

  @Test("values and gradients against PyTorch, in f64 and f32", arguments: recorded)
  func values(_ row: RecordedOperation) throws {
    let x = try row.inputs.map { try $0.tensor() }
    // PyTorch's cosine embedding loss adds 1e-12 to each squared length.
    let tolerance = row.op == "cosineEmbedding" ? 1e-10 : 1e-12
    try row.value.expectEqual(Self.run(row, x), tolerance: tolerance, "value")
    let count = row.gradients.count
    let gradients = try valueAndGrad(at: Array(x[..<count])) { try Self.run(row, $0 + x[count...]).sum() }
      .gradients
    for (gradient, reference) in zip(gradients, row.gradients) {
      try reference.expectEqual(gradient, tolerance: tolerance, "gradient")
    }
    let single = try x.map { $0.dtype == .f64 ? try $0.cast(to: .f32) : $0 }
    let value = try Self.run(row, single)
    #expect(value.dtype == .f32)
    try row.value.expectEqual(value, tolerance: 2e-5, "f32 value")
  }

  /// The fused cross-entropy and the same in plain operations.
  private static func pair(_ weighted: Bool, _ smoothing: Double) throws -> (
    (Tensor) throws -> Tensor, (Tensor) throws -> Tensor
  ) {
    let classes = try Tensor([Int32(2), 0, 1, 9])
    let weights = try weighted ? Tensor([0.5, 2, 1.5]) : nil
    let fused: (Tensor) throws -> Tensor = {
      try Loss.crossEntropy(
        $0, classes: classes, weights: weights, smoothing: smoothing, ignoring: 9, reduction: .sum)
    }
    let plain: (Tensor) throws -> Tensor = { x in
      let hit = try Tensor([0.0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0], shape: [4, 3])
      let counted = try Tensor([1.0, 1, 1, 0], shape: [4, 1])
      let target =
        try (hit * (1 - smoothing) + smoothing / 3) * counted * (weights ?? .ones([3], dtype: .f64))
      let logP = try x - x.exp().sum([1], keep: true).log()
      return try -(target * logP).sum()
    }
    return (fused, plain)
  }

  @Test(
    "fused cross-entropy at orders 0 to 3 against its textbook form",
    arguments: [(false, 0.0), (true, 0.0), (false, 0.1), (true, 0.3)])
  func orders(_ weighted: Bool, _ smoothing: Double) throws {
    let (fused, plain) = try Self.pair(weighted, smoothing)
    var stream = RandomStream(seed: 4)
    let x = try stream.normals([4, 3], dtype: .f64)
    let v = try stream.normals([4, 3], dtype: .f64)
    let w = try stream.normals([4, 3], dtype: .f64)
    func close(_ a: Tensor, _ b: Tensor, _ what: String) throws {
      #expect(try (a - b).abs().max().item() < 1e-12, "\(what)")
    }
    try close(fused(x), plain(x), "value")
    try close(grad(fused)(x), grad(plain)(x), "order 1")
    try close(jvp(at: x, along: v, fused).tangent, jvp(at: x, along: v, plain).tangent, "order 1 forward")
    for mode in HVPMode.allCases {
      try close(
        hvp(at: x, along: v, mode: mode, fused), hvp(at: x, along: v, mode: mode, plain), "order 2 \(mode)")
    }
    let third: (@escaping (Tensor) throws -> Tensor) -> (Tensor) throws -> Tensor = { f in
      grad { y in try (hvp(at: y, along: v, mode: .reverseOverReverse, f) * w).sum() }
    }
    try close(third(fused)(x), third(plain)(x), "order 3")
    let thirdForward: (@escaping (Tensor) throws -> Tensor) throws -> Tensor = { f in
      try jvp(at: x, along: w) { y in try hvp(at: y, along: v, f) }.tangent
    }
    try close(thirdForward(fused), thirdForward(plain), "order 3 forward")
  }

  @Test("infinite and extreme logits have their limits")
  func extremes() throws {
    let infinity = Double.infinity
    let x = try Tensor([infinity, infinity, -infinity, -infinity])
    let t = try Tensor([1.0, 0, 1, 0])
    let losses = try Loss.binaryCrossEntropy(logits: x, targets: t, reduction: .none).doubles()
    #expect(losses == [0, infinity, infinity, 0])
    let gradient = try grad { try Loss.binaryCrossEntropy(logits: $0, targets: t, reduction: .sum) }(x)
      .doubles()
    #expect(gradient == [0, 1, -1, 0])
    let soft = try Loss.crossEntropy(
      Tensor([-infinity, 0, 0], shape: [1, 3]), probabilities: Tensor([0.0, 0.5, 0.5], shape: [1, 3]))
    #expect(abs(try soft.item() - log(2)) < 1e-15)
    // An excluded class that smoothing asks for has an infinite loss.
    let excluded = try Loss.crossEntropy(
      Tensor([-infinity, 0, 0], shape: [1, 3]), classes: Tensor([Int32(1)]), smoothing: 0.1)
    #expect(try excluded.item() == infinity)
    let p = try Tensor([0.0, 1, 0, 1])
    let bounded = try Loss.binaryCrossEntropy(probabilities: p, targets: t, reduction: .none).doubles()
    #expect(bounded == [100, 100, 100, 100])
    let slope = try grad { try Loss.binaryCrossEntropy(probabilities: $0, targets: t, reduction: .sum) }(p)
    #expect(try slope.isFinite().all().item() == 1)
  }

  @Test("what does not count gives the mean 0 and no derivative, an empty batch an error")
  func nothing() throws {
    let x = try Tensor([1.0, 2, 3, 4], shape: [2, 2])
    let ignored: (Tensor) throws -> Tensor = {
      try Loss.crossEntropy($0, classes: Tensor([Int32(-1), -1]), ignoring: -1)
    }
    #expect(try ignored(x).item() == 0)
    #expect(try grad(ignored)(x).doubles() == [0, 0, 0, 0])
    let unlabelled = try Tensor([Double.nan, 1, 0, .nan], shape: [2, 2])
    let mask = try unlabelled.isNaN().logicalNot()
    let masked: (Tensor) throws -> Tensor = {
      try Loss.binaryCrossEntropy(logits: $0, targets: unlabelled, mask: mask)
    }
    let expected = (log1p(exp(-2.0)) + 3 + log1p(exp(-3.0))) / 2
    #expect(abs(try masked(x).item() - expected) < 1e-15)
    #expect(try grad(masked)(x).doubles()[0] == 0)
    let none = try Loss.binaryCrossEntropy(
      logits: x, targets: unlabelled, mask: .zeros([2, 2], dtype: .bool))
    #expect(try none.item() == 0)
    let empty = try Tensor.zeros([0, 3])
    #expect(throws: TensorError.self) { try Loss.crossEntropy(empty, classes: .zeros([0], dtype: .i32)) }
    #expect(try Loss.crossEntropy(empty, classes: .zeros([0], dtype: .i32), reduction: .sum).item() == 0)
    #expect(throws: TensorError.self) { try Loss.meanSquaredError(empty, empty) }
  }

  @Test("a unit vector has a finite derivative at 0")
  func zeroVector() throws {
    let g = try grad { try ($0.unit() * Tensor([1.0, 2, 3])).sum() }(.zeros([3], dtype: .f64))
    #expect(try g.isFinite().all().item() == 1)
    let c = try grad { try $0.cosineSimilarity(Tensor([1.0, 2, 3])) }(.zeros([3], dtype: .f64))
    #expect(try c.isFinite().all().item() == 1)
  }
}
