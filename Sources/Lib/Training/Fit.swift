import Layers
import Tensor

/// What a training run did, step by step.
public struct TrainingHistory: Sendable {
  /// The loss of every step, and its mean over every finished epoch.
  public var losses: [Double] = [], epochLosses: [Double] = []
  /// The learning rate of every step.
  public var learningRates: [Double] = []
  /// Wall-clock seconds.
  public var seconds = 0.0
  /// Whether the user stopped it; the model is then the one after the last whole step.
  public var wasInterrupted = false

  /// No step yet.
  public init() {}
}

/// One step as a callback sees it, after the model was updated.
public struct TrainingStep: Sendable {
  /// Counted from 1.
  public let step, total, epoch: Int
  /// Of this step's batch, before the update.
  public let loss: Double
}

/// Everything a run needs to go on after its last step: with the same batches and the same losses, the rest is the same to the bit.
public struct TrainingProgress: Sendable {
  /// The steps so far.
  public var history: TrainingHistory
  /// The model's parameters, then its buffers.
  public var tensors: [Tensor]
  /// What the optimiser remembers.
  public var optimizer: OptimizerMemory

  /// After these steps.
  public init(history: TrainingHistory, tensors: [Tensor], optimizer: OptimizerMemory) {
    self.history = history
    self.tensors = tensors
    self.optimizer = optimizer
  }
}

/// Trains a model: a convenience over calls anyone can write out.
///
///     for epoch in 0..<epochs {
///       for batch in batches(epoch) {
///         let (loss, gradient) = try valueAndGrad(updating: &model) { try loss(&$0, batch) }
///         try optimizer.step(&model, gradient: gradient, scale: schedule.scale(at: step))
///       }
///     }
///
/// - batches: the batches of an epoch; every epoch has the same number.
/// - schedule: made for the total number of steps; by default a half cosine after a rise over a twentieth of them.
/// - progress: where an earlier run of the same training was; it goes on from there. `batches` is asked for the epochs before, too.
/// - keep: called after every step with a function that gives the progress; that costs nothing unless it is called.
/// - loss: may run layers in training; what they change on the way, such as running statistics, is kept in the model.
/// - Throws: `TrainingError.diverged` at the first loss that is not finite; the model is then as before that step. When the user interrupts,
///   it returns what there is.
public func fit<Model: Layer, Batch>(
  _ model: inout Model, batches: (_ epoch: Int) throws -> [Batch], epochs: Int,
  optimizer: inout some Optimizer,
  schedule: ((_ total: Int) -> CosineSchedule)? = nil, from progress: TrainingProgress? = nil,
  keep: (() throws -> TrainingProgress) throws -> Void = { _ in },
  onStep: (TrainingStep) throws -> Void = { _ in },
  loss: (inout Model, Batch) throws -> Tensor
) throws -> TrainingHistory {
  var history = progress?.history ?? TrainingHistory()
  if let progress {
    optimizer.memory = progress.optimizer
    var rest = progress.tensors[...]
    func next(for old: NamedTensor) throws -> Tensor {
      guard let tensor = rest.popFirst(), tensor.shape == old.value.shape else {
        throw TrainingError.foreignProgress(parameter: old.name)
      }
      return tensor
    }
    model = try model.mapped(next).mappedBuffers(next)
  }
  let secondsBefore = history.seconds
  let clock = ContinuousClock()
  let start = clock.now
  func elapsed() -> Double {
    let (seconds, attoseconds) = (clock.now - start).components
    return secondsBefore + Double(seconds) + Double(attoseconds) * 1e-18
  }
  do {
    var plan: CosineSchedule?
    // Batches that an earlier run has taken.
    var taken = history.losses.count
    for epoch in 0..<epochs {
      let parts = try batches(epoch)
      let total = parts.count * epochs
      let rates = plan ?? schedule?(total) ?? CosineSchedule(warmup: total / 20, total: total)
      plan = rates
      if taken >= parts.count, epoch < history.epochLosses.count {
        taken -= parts.count
        continue
      }
      let skipped = min(taken, parts.count)
      taken -= skipped
      for batch in parts.dropFirst(skipped) {
        try checkInterrupt()
        let step = history.losses.count
        let buffers = try model.buffers().map(\.value)
        let (value, gradient) = try valueAndGrad(updating: &model) { try loss(&$0, batch) }
        let number = try value.item()
        guard number.isFinite else {
          model = try model.replacingBuffers(with: buffers)
          throw TrainingError.diverged(loss: number, step: step + 1, epoch: epoch + 1)
        }
        let scale = try rates.scale(at: step)
        try optimizer.step(&model, gradient: gradient, scale: scale)
        history.losses.append(number)
        history.learningRates.append(optimizer.learningRate * scale)
        try onStep(TrainingStep(step: step + 1, total: total, epoch: epoch + 1, loss: number))
        try keep {
          history.seconds = elapsed()
          return TrainingProgress(
            history: history, tensors: try (model.parameters() + model.buffers()).map(\.value),
            optimizer: optimizer.memory)
        }
      }
      history.epochLosses.append(
        history.losses.suffix(parts.count).reduce(0, +) / Double(max(parts.count, 1)))
    }
  } catch is Interrupted {
    history.wasInterrupted = true
  }
  history.seconds = elapsed()
  return history
}

/// What stops a training run.
public enum TrainingError: Error, CustomStringConvertible, Sendable {
  /// A loss that is not finite.
  case diverged(loss: Double, step: Int, epoch: Int)
  /// Progress of another model.
  case foreignProgress(parameter: String)

  /// One line with a remedy.
  public var description: String {
    switch self {
    case .diverged(let loss, let step, let epoch):
      "fit: the loss became \(loss.isNaN ? "nan" : "\(loss)") at step \(step) (epoch \(epoch)); the model is as before that step\n"
        + "help: lower the learning rate, or look for NaN in the data"
    case .foreignProgress(let parameter):
      "fit: the progress to go on from is another model's: `\(parameter)` does not fit"
    }
  }
}
