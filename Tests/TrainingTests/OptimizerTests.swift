import Foundation
import Interchange
import Layers
import Tensor
import Testing

@testable import Training

/// Recorded steps of PyTorch's optimisers on a linear layer (Tests/Fixtures/models/make.py).
@Suite struct OptimizerTests {
  private func check(_ name: String, _ optimizer: some Optimizer) throws {
    let here = URL(filePath: #filePath).deletingLastPathComponent()
    let file = try Safetensors.read(here.appending(path: "../Fixtures/models/\(name).safetensors").path)
    func layer(_ prefix: String) throws -> Linear {
      var stream = RandomStream(seed: 0)
      let tensors = [try #require(file["\(prefix)/weight"]), try #require(file["\(prefix)/bias"])]
      return try Linear(2, 3, stream: &stream).replacingParameters(with: tensors)
    }
    var (model, optimizer) = (try layer("parameter"), optimizer)
    for (step, rate) in try #require(file["rates"]).doubles().enumerated() {
      try optimizer.step(
        &model, gradient: layer("gradient/\(step)"), scale: rate / optimizer.learningRate)
      for (mine, theirs) in zip(try model.parameters(), try layer("after/\(step)").parameters()) {
        let pairs = zip(try mine.value.doubles(), try theirs.value.doubles())
        #expect(pairs.allSatisfy { abs($0 - $1) < 1e-12 }, "\(name), step \(step), \(mine.name)")
      }
    }
  }

  @Test func adamWithDecoupledDecay() throws {
    try check("adamw", AdamW(learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.3))
  }

  @Test func gradientDescentWithMomentumAndDecay() throws {
    try check("sgd", SGD(learningRate: 0.1, momentum: 0.9, weightDecay: 0.01))
  }

  @Test func plainGradientDescent() throws { try check("plain_sgd", SGD(learningRate: 0.1)) }

  @Test func anOptimizerBelongsToOneModel() throws {
    var stream = RandomStream(seed: 0)
    var (one, other) = (try Linear(2, 3, stream: &stream), try MLP(width: 2, hidden: 3, stream: &stream))
    func check(_ optimizer: some Optimizer) throws {
      var optimizer = optimizer
      try optimizer.step(&one, gradient: one, scale: 1)
      let gradient = other
      #expect(throws: TensorError.self) { try optimizer.step(&other, gradient: gradient, scale: 1) }
    }
    try check(AdamW())
    try check(SGD(learningRate: 0.1, momentum: 0.9))
  }
}

/// A step changes parameters where they lie, which nobody who holds them may notice.
@Suite struct InPlaceTests {
  @Test func whoeverHoldsTheOldParametersKeepsThem() throws {
    var stream = RandomStream(seed: 2)
    var model = try Linear(3, 2, stream: &stream)
    let gradient = try model.mapped { try .ones($0.value.shape) }
    var optimizer = AdamW(learningRate: 0.1, weightDecay: 0)
    let (before, held) = (try model.weight.floats(), model)
    let view = try model.weight.transposed()
    try optimizer.step(&model, gradient: gradient, scale: 1)
    #expect(try held.weight.floats() == before)
    #expect(try view.transposed().floats() == before)
    let changed = try model.weight.floats()
    #expect(zip(before, changed).allSatisfy { abs($0 - $1 - 0.1) < 1e-6 })
    // Now nobody else holds them: the same step again, as from a copy.
    var copy = try model.mapped { try $0.value + 0 }
    var other = optimizer
    try optimizer.step(&model, gradient: gradient, scale: 1)
    try other.step(&copy, gradient: gradient, scale: 1)
    #expect(try model.weight.floats() == copy.weight.floats())
    #expect(try model.weight.floats() != changed)
  }
}

@Suite struct ScheduleTests {
  @Test func itRisesAndFalls() throws {
    let schedule = CosineSchedule(warmup: 4, total: 14, minimum: 0.1)
    let scales = try (0..<15).map { try schedule.scale(at: $0) }
    #expect(Array(scales.prefix(4)) == [0.25, 0.5, 0.75, 1])
    for step in 4..<15 {
      let expected = 0.1 + 0.9 * (1 + cos(Double.pi * Double(step - 4) / 10)) / 2
      #expect(abs(scales[step] - expected) < 1e-12)
    }
    #expect(try schedule.scale(at: 1000) == scales[14])
  }

  @Test func withoutARise() throws {
    #expect(try CosineSchedule(warmup: 0, total: 10).scale(at: 0) == 1)
    #expect(try CosineSchedule(warmup: 0, total: 0).scale(at: 0) == 1)
  }
}
