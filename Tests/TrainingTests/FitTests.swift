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
