import Faces
import Figures
import Layers
import Models
import Runtime
import Tensor
import Training

/// Optimisers and training.
let trainingCommands: [Command] = [
  Command(
    "AdamW", "Adam with decoupled weight decay (Loshchilov, Hutter 2019), for `fit`.",
    [
      .optional("lr", .number, default: 1e-3, "the learning rate"),
      .optional("betas", .sequence, default: [0.9, 0.999], "decay rates of the first and second moments"),
      .optional("eps", .number, default: 1e-8, "added to the root of the second moment"),
      .optional(
        "weightDecay", .number, default: 0.05, "shrinks weights of rank 2 and more by lr × this a step"),
    ],
    returns: "an optimiser, for `fit`", example: "AdamW(lr: 1.5e-3)", makes: "Optimizer"
  ) { a in
    let betas = try a.doubles("betas")
    guard betas.count == 2, betas.allSatisfy({ $0 >= 0 && $0 < 1 }) else {
      throw a.error("OutOfRange", "betas", "must be two numbers in 0..<1")
    }
    return .object(
      OptimizerObject(
        AdamW(
          learningRate: try a.double("lr", above: 0), beta1: betas[0], beta2: betas[1],
          epsilon: try a.double("eps", above: 0), weightDecay: try a.double("weightDecay", atLeast: 0))))
  },
  Command(
    "SGD", "Stochastic gradient descent with momentum, for `fit`.",
    [
      .optional("lr", .number, default: 0.1, "the learning rate"),
      .optional("momentum", .number, default: 0.0, "the share of the last step kept"),
      .optional("weightDecay", .number, default: 0.0, "times the weights, added to the gradient"),
    ],
    returns: "an optimiser, for `fit`", example: "SGD(lr: 0.1, momentum: 0.9)",
    makes: "Optimizer"
  ) { a in
    .object(
      OptimizerObject(
        SGD(
          learningRate: try a.double("lr", above: 0),
          momentum: try a.double("momentum", atLeast: 0, atMost: 1),
          weightDecay: try a.double("weightDecay", atLeast: 0))))
  },
  Command(
    "fit", "Trains a model, in place. Ctrl-C stops after the current step and keeps what was learned.",
    [
      .required("model", .object(["MAE"]), "the model"),
      .required("on", .either([.tensor, .object(["Faces"])]), "images (n, 3, side, side), or faces"),
      .optional("epochs", .int, default: 10, "passes over the data"),
      .optional("batch", .int, default: 64, "images a step; the last of an epoch takes those that are left"),
      .optional(
        "optimizer", .object(["Optimizer"]),
        "AdamW(lr: 1.5e-3, betas: [0.9, 0.95]) when not given, as He et al. 2022 train masked autoencoders"),
      .optional(
        "schedule", .choice(["cosine", "constant"]), default: "cosine",
        "the learning rate rises over the first twentieth of the steps and falls to 0 along half a cosine, or stays"
      ),
      .optional("live", .bool, default: false, "draws the losses while it runs"), .seed,
    ],
    returns: "a run with `loss` (every step), `epochLoss`, `lr`, `seconds` and `steps`",
    errors: [
      ("TrainingError", "a loss that is not finite"),
      ("ShapeMismatch", "images of another size than the model's"),
    ],
    example:
      "fit(MAE(ViT(image: 16, patch: 4, width: 32, depth: 1, heads: 2), seed: 1), on: Faces(subjects: 2, images: 8, size: 16), epochs: 1, batch: 8, seed: 1)",
    effects: [.writes("model"), .creates("Run"), .rng]
  ) { a in
    let object = try a.object("model", as: MAEObject.self)
    let images = try a.visibleImages("on")
    guard images.rank == 4, images.shape[0] > 0 else {
      throw a.error("ShapeMismatch", "on", "has no images (shape \(images.shape))")
    }
    let optimizer =
      try a.isNone("optimizer")
      ? OptimizerObject(AdamW(learningRate: 1.5e-3, beta2: 0.95, weightDecay: 0.05))
      : a.object("optimizer", as: OptimizerObject.self)
    let batch = min(try a.int("batch", atLeast: 1), images.shape[0])
    var order = try a.session.random(seed: a.optionalInt("seed"))
    var masks = RandomStream(seed: order.nextUInt64(), stream: 1)
    var course = LossCourse()
    let isLive = try a.bool("live")
    let staysConstant = try a.string("schedule") == "constant"
    let checkpoint = a.session.checkpoint(for: "fit")
    // What cannot be read is not there.
    var saved = checkpoint?.load()
    var progress: TrainingProgress?
    if let draw = try? saved?.word(), let found = try? saved?.progress() {
      masks = RandomStream(seed: masks.seed, stream: masks.stream, draw: draw)
      course = LossCourse(found.history.losses)
      progress = found
    }
    let history = try optimizer.fit(
      &object.model, epochs: a.int("epochs", atLeast: 1),
      batches: { _ in
        let shuffled = order.permutation(images.shape[0])
        return stride(from: 0, to: images.shape[0], by: batch).map {
          Array(shuffled[$0..<min($0 + batch, images.shape[0])])
        }
      },
      schedule: staysConstant ? { CosineSchedule(warmup: 0, total: $0, minimum: 1) } : nil, from: progress,
      keep: { progress in
        try checkpoint?.save {
          $0.word(masks.draw)
          try $0.progress(progress())
        }
      },
      onStep: { step in
        course.add(step)
        let note = "loss \(fixed(step.loss, 4)) \(course.text)"
        a.session.emit(.progress(Progress("fit", done: step.step, total: step.total, note: note)))
        if isLive { a.session.emit(course.live(width: a.session.width)) }
      },
      loss: { model, positions in
        let chosen = try images.take(Tensor(positions.map { Int32($0) }))
        return try model.loss(chosen, mask: model.mask(batch: positions.count, stream: &masks))
      })
    if history.wasInterrupted {
      a.session.emit(
        .warning("fit: interrupted after step \(history.losses.count); the model keeps that step"))
    }
    return .object(RunObject(history, optimizer: optimizer.optimizer.description))
  },
]

/// The course of a loss in a few characters: means of equal stretches of the run, kept up step by step.
private final class LossCourse {
  private static let columns = 16
  private var means: [(sum: Double, count: Int)] = []
  private var losses: [Double]
  private var total = 0

  /// - Parameter losses: those of the steps that an earlier run has taken.
  init(_ losses: [Double] = []) { self.losses = losses }

  func add(_ step: TrainingStep) {
    losses.append(step.loss)
    total = step.total
    let column = (step.step - 1) * Self.columns / max(1, step.total)
    if means.count <= column { means += Array(repeating: (0, 0), count: column + 1 - means.count) }
    means[column].sum += step.loss
    means[column].count += 1
  }

  /// The losses so far on the axis of the whole run, when it is drawn.
  func live(width: Int) -> Output {
    .live(
      Live("fit") { [self] forms in
        let steps = (1...max(1, losses.count)).map(Double.init)
        let figure = Figure(
          marks: [.line(x: steps, y: losses)], x: Axis("step", range: 1...Double(max(2, total))),
          y: Axis("loss"))
        return FigureObject(figure).display(width: width, as: forms)
      })
  }

  var text: String {
    Sparkline.text(means.filter { $0.count > 0 }.map { $0.sum / Double($0.count) }, columns: Self.columns)
  }
}

/// An optimiser's settings; every run starts with fresh state.
final class OptimizerObject: HostObject {
  let optimizer: any Optimizer

  init(_ optimizer: any Optimizer) { self.optimizer = optimizer }

  var typeName: String { "Optimizer" }
  func summary() -> String { optimizer.description }

  func fit<Model: Layer, Batch>(
    _ model: inout Model, epochs: Int, batches: (Int) throws -> [Batch],
    schedule: ((_ total: Int) -> CosineSchedule)?, from progress: TrainingProgress?,
    keep: (() throws -> TrainingProgress) throws -> Void, onStep: (TrainingStep) throws -> Void,
    loss: (inout Model, Batch) throws -> Tensor
  ) throws -> TrainingHistory {
    func run(_ optimizer: some Optimizer) throws -> TrainingHistory {
      var optimizer = optimizer
      return try Training.fit(
        &model, batches: batches, epochs: epochs, optimizer: &optimizer, schedule: schedule, from: progress,
        keep: keep,
        onStep: onStep,
        loss: loss)
    }
    return try run(optimizer)
  }
}

/// What a training run did.
final class RunObject: HostObject {
  let history: TrainingHistory
  let optimizer: String

  init(_ history: TrainingHistory, optimizer: String) {
    self.history = history
    self.optimizer = optimizer
  }

  var typeName: String { "Run" }

  func summary() -> String {
    let epochs = history.epochLosses
    let course = epochs.isEmpty ? "" : ", loss \(fixed(epochs[0], 4)) → \(fixed(epochs[epochs.count - 1], 4))"
    return "Run: \(history.losses.count) steps in \(epochs.count) epochs\(course), \(optimizer)"
      + (history.wasInterrupted ? " (interrupted)" : "")
  }

  var memberNames: [String] { ["loss", "epochLoss", "lr", "seconds", "steps", "interrupted"] }
  func member(_ name: String) throws -> Value? {
    switch name {
    case "loss": .list(history.losses.map { .float($0) })
    case "epochLoss": .list(history.epochLosses.map { .float($0) })
    case "lr": .list(history.learningRates.map { .float($0) })
    case "seconds": .float(history.seconds)
    case "steps": .int(history.losses.count)
    case "interrupted": .bool(history.wasInterrupted)
    default: nil
    }
  }
}
