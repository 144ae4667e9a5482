import CKernels
import Layers
import Models
import Tensor
import Testing

@testable import Training

private func autoencoder(seed: UInt64) throws -> MaskedAutoencoder {
  var stream = RandomStream(seed: seed)
  let encoder = try ViTConfiguration(image: 8, patch: 2, width: 16, depth: 1, heads: 2)
  return try MaskedAutoencoder(
    MAEConfiguration(encoder: encoder, decoderWidth: 16, decoderDepth: 1, decoderHeads: 2), stream: &stream)
}

/// Smooth images, which an autoencoder can learn something about.
private func images(_ count: Int) throws -> Tensor {
  var random = RandomStream(seed: 9)
  var values: [Float] = []
  for _ in 0..<count {
    for _ in 0..<3 {
      let (a, b, c) = (random.uniform(), random.uniform() - 0.5, random.uniform() - 0.5)
      for y in 0..<8 { for x in 0..<8 { values.append(Float(a + b * Double(x) / 4 + c * Double(y) / 4)) } }
    }
  }
  return try Tensor(values, shape: Shape([count, 3, 8, 8]))
}

private func run(
  _ model: inout MaskedAutoencoder, epochs: Int, rate: Double = 3e-3,
  onStep: (TrainingStep) throws -> Void = { _ in }
)
  throws -> TrainingHistory
{
  let data = try images(16)
  var (masks, optimizer) = (RandomStream(seed: 4), AdamW(learningRate: rate))
  return try fit(
    &model, batches: { _ in [0, 8] }, epochs: epochs, optimizer: &optimizer, onStep: onStep
  ) { model, start in
    let batch = try data.narrowed(axis: 0, start: start, count: 8)
    return try model.loss(batch, mask: model.mask(batch: 8, stream: &masks))
  }
}

private func values(_ model: MaskedAutoencoder) throws -> [[Double]] {
  try model.parameters().map { try $0.value.doubles() }
}

@Suite(.serialized) struct FitTests {
  /// Wherever a run is cut, at the end of an epoch too, going on from there with fresh objects ends in the same bits.
  @Test(arguments: [0, 1])
  func goesOnWhereItWas(_ rule: Int) throws {
    let data = try images(16)
    func train(_ optimizer: inout some Optimizer, from progress: TrainingProgress?) throws -> (
      model: MaskedAutoencoder, history: TrainingHistory, points: [TrainingProgress]
    ) {
      var model = try autoencoder(seed: 1)
      var points: [TrainingProgress] = []
      let history = try fit(
        &model, batches: { _ in [0, 4, 8] }, epochs: 3, optimizer: &optimizer, from: progress,
        keep: { points.append(try $0()) }
      ) { model, start in
        var masks = RandomStream(seed: 5, stream: UInt64(start))
        let batch = try data.narrowed(axis: 0, start: start, count: 8)
        return try model.loss(batch, mask: model.mask(batch: 8, stream: &masks))
      }
      return (model, history, points)
    }
    func trained(from progress: TrainingProgress?) throws -> (
      model: MaskedAutoencoder, history: TrainingHistory, points: [TrainingProgress]
    ) {
      if rule == 0 {
        var adam = AdamW(learningRate: 3e-3)
        return try train(&adam, from: progress)
      }
      var descent = SGD(learningRate: 0.05, momentum: 0.9)
      return try train(&descent, from: progress)
    }
    let whole = try trained(from: nil)
    #expect(whole.points.count == 9)
    for (step, point) in whole.points.enumerated() {
      let rest = try trained(from: point)
      #expect(rest.points.count == 8 - step)
      #expect(rest.history.losses == whole.history.losses)
      #expect(rest.history.epochLosses == whole.history.epochLosses)
      #expect(rest.history.learningRates == whole.history.learningRates)
      #expect(try values(rest.model) == values(whole.model))
    }
    var (other, stream) = (whole.model, RandomStream(seed: 1))
    other = try MaskedAutoencoder(
      MAEConfiguration(encoder: ViTConfiguration(image: 8, patch: 2, width: 32, depth: 1, heads: 2)),
      stream: &stream)
    var adam = AdamW()
    #expect(throws: TrainingError.self) {
      try fit(&other, batches: { _ in [0] }, epochs: 1, optimizer: &adam, from: whole.points[0]) { model, _ in
        try model.loss(data, mask: model.mask(batch: 16, stream: &stream))
      }
    }
  }

  @Test func theLossFallsInTwentySteps() throws {
    var model = try autoencoder(seed: 1)
    let history = try run(&model, epochs: 10)
    #expect(
      history.losses.count == 20 && history.learningRates.count == 20 && history.epochLosses.count == 10)
    let (early, late) = (history.losses.prefix(5).reduce(0, +), history.losses.suffix(5).reduce(0, +))
    #expect(late < 0.9 * early)
    #expect(history.epochLosses[3] == (history.losses[6] + history.losses[7]) / 2)
    #expect(!history.wasInterrupted && history.seconds > 0)
  }

  @Test func theSameSeedGivesTheSameBits() throws {
    var (one, two) = (try autoencoder(seed: 1), try autoencoder(seed: 1))
    let threads = Engine.threads
    defer { Engine.threads = threads }
    Engine.threads = 1
    let first = try run(&one, epochs: 2)
    Engine.threads = 3
    #expect(try run(&two, epochs: 2).losses == first.losses)
    #expect(try values(one) == values(two))
  }

  @Test func aLossThatIsNotFiniteStopsBeforeTheModelIsTouched() throws {
    var model = try autoencoder(seed: 1)
    let before = try values(model)
    var optimizer = SGD(learningRate: 0.1)
    let error = #expect(throws: TrainingError.self) {
      try fit(&model, batches: { _ in [0] }, epochs: 3, optimizer: &optimizer) { model, _ in
        try model.maskToken.sum() * .nan
      }
    }
    #expect(error?.description.contains("the loss became nan at step 1 (epoch 1)") == true)
    #expect(try values(model) == before)
  }

  /// Running statistics are kept step by step, go on where a run was cut, and stay where a step fails.
  @Test func runningStatisticsFollowTheBatches() throws {
    let data = try Tensor((0..<24).map { Float($0 * $0 % 17) }, shape: [12, 2, 1, 1])
    func train(
      _ model: inout BatchNorm, epochs: Int = 2, from progress: TrainingProgress? = nil, scale: Double = 1
    ) throws -> [TrainingProgress] {
      var optimizer = SGD(learningRate: 0.1)
      var points: [TrainingProgress] = []
      _ = try fit(
        &model, batches: { _ in [0, 4, 8] }, epochs: epochs, optimizer: &optimizer, from: progress,
        keep: { points.append(try $0()) }
      ) { model, start in
        let batch = try data.narrowed(axis: 0, start: start, count: 4)
        return try model.forward(batch, training: true).square().mean() * scale
      }
      return points
    }
    var model = try BatchNorm(2)
    let points = try train(&model)
    var expected = try BatchNorm(2)
    for _ in 0..<2 {
      for start in [0, 4, 8] {
        _ = try expected.forward(data.narrowed(axis: 0, start: start, count: 4), training: true)
      }
    }
    let (kept, wanted) = (try model.buffers(), try expected.buffers())
    #expect(kept.count == wanted.count && !kept.isEmpty)
    for (one, other) in zip(kept, wanted) { #expect(try one.value.doubles() == other.value.doubles()) }
    var rest = try BatchNorm(2)
    _ = try train(&rest, from: points[2])
    for (one, other) in zip(kept, try rest.buffers()) {
      #expect(try one.value.doubles() == other.value.doubles())
    }
    #expect(throws: TrainingError.self) { try train(&rest, scale: .nan) }
    for (one, other) in zip(kept, try rest.buffers()) {
      #expect(try one.value.doubles() == other.value.doubles())
    }
  }

  @Test func anInterruptKeepsTheLastWholeStep() throws {
    var (model, same) = (try autoencoder(seed: 1), try autoencoder(seed: 1))
    defer { faa_interrupt_clear() }
    let history = try run(&model, epochs: 10) { if $0.step == 3 { faa_interrupt_set() } }
    faa_interrupt_clear()
    #expect(history.wasInterrupted && history.losses.count == 3)
    struct Enough: Error {}
    #expect(throws: Enough.self) { _ = try run(&same, epochs: 10) { if $0.step == 3 { throw Enough() } } }
    #expect(try values(model) == values(same))
  }

  @Test func nothingToDo() throws {
    var model = try autoencoder(seed: 1)
    #expect(try run(&model, epochs: 0).losses.isEmpty)
    var optimizer = SGD(learningRate: 0.1)
    let history = try fit(&model, batches: { _ in [Int]() }, epochs: 2, optimizer: &optimizer) { model, _ in
      try model.maskToken.sum()
    }
    #expect(history.losses.isEmpty)
  }
}
