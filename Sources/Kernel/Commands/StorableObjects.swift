import Analysis
import Faces
import Models
import Runtime
import Tensor
import Training

/// The kinds of objects that a run can store and bring back: what takes long to make. Others are made again by their cells.
public var storableObjects: [any StorableObject.Type] {
  [
    MAEObject.self, ViTObject.self, OptimizerObject.self, RunObject.self, FacesObject.self,
    EmbeddingObject.self, ReportObject.self, FigureObject.self,
  ]
}

extension MAEObject: StorableObject {
  static var storedName: String { "MAE" }
  static var isChangeable: Bool { true }

  func store(_ writer: inout ByteWriter) throws {
    writer.list(metadata(of: model.configuration).sorted { $0.key < $1.key }) {
      $0.text($1.key)
      $0.text($1.value)
    }
    try writer.list(model.parameters()) { try $0.tensor($1.value) }
  }

  static func restored(_ reader: inout ByteReader) throws -> any HostObject {
    let settings = try reader.list { (try $0.text(), try $0.text()) }
    let configuration = try maskedAutoencoder(
      Dictionary(settings, uniquingKeysWith: { _, last in last }), "the stored model")
    var stream = RandomStream(seed: 0)
    let model = try MaskedAutoencoder(configuration, stream: &stream)
    return MAEObject(try model.replacingParameters(with: reader.list { try $0.tensor() }))
  }
}

extension ViTObject: StorableObject {
  static var storedName: String { "ViT" }
  static var isChangeable: Bool { false }

  func store(_ writer: inout ByteWriter) throws {
    let (c, grid) = (configuration, configuration.grid)
    for number in [grid.image, grid.patch, c.width, c.depth, c.heads, grid.channels] { writer.int(number) }
  }

  static func restored(_ reader: inout ByteReader) throws -> any HostObject {
    ViTObject(
      try ViTConfiguration(
        image: reader.int(), patch: reader.int(), width: reader.int(), depth: reader.int(),
        heads: reader.int(), channels: reader.int()))
  }
}

extension OptimizerObject: StorableObject {
  static var storedName: String { "Optimizer" }
  static var isChangeable: Bool { false }

  func store(_ writer: inout ByteWriter) throws {
    switch optimizer {
    case let adam as AdamW:
      writer.text("AdamW")
      for number in [adam.learningRate, adam.beta1, adam.beta2, adam.epsilon, adam.weightDecay] {
        writer.double(number)
      }
    case let sgd as SGD:
      writer.text("SGD")
      for number in [sgd.learningRate, sgd.momentum, sgd.weightDecay] { writer.double(number) }
    default: throw CommandError("NotStorable", "\(summary()) is not stored")
    }
  }

  static func restored(_ reader: inout ByteReader) throws -> any HostObject {
    switch try reader.text() {
    case "AdamW":
      return OptimizerObject(
        AdamW(
          learningRate: try reader.double(), beta1: try reader.double(), beta2: try reader.double(),
          epsilon: try reader.double(), weightDecay: try reader.double()))
    case "SGD":
      return OptimizerObject(
        SGD(
          learningRate: try reader.double(), momentum: try reader.double(), weightDecay: try reader.double()))
    default: throw DamagedBytes()
    }
  }
}

extension RunObject: StorableObject {
  static var storedName: String { "Run" }
  static var isChangeable: Bool { false }

  func store(_ writer: inout ByteWriter) throws {
    writer.text(optimizer)
    writer.history(history)
  }

  static func restored(_ reader: inout ByteReader) throws -> any HostObject {
    let optimizer = try reader.text()
    return RunObject(try reader.history(), optimizer: optimizer)
  }
}

/// The recipe and which of its faces; they are drawn again, to the same bits.
extension FacesObject: StorableObject {
  static var storedName: String { "Faces" }
  static var isChangeable: Bool { false }

  func store(_ writer: inout ByteWriter) throws {
    let recipe = dataset.recipe
    for number in [recipe.subjects, recipe.imagesPerSubject, recipe.size] { writer.int(number) }
    writer.word(recipe.seed)
    writer.text(recipe.mode.rawValue)
    for number in [recipe.hardness, recipe.exaggeration, recipe.crop, recipe.ambiguity] {
      writer.double(Double(number))
    }
    writer.list(dataset.indices) { $0.int($1) }
  }

  static func restored(_ reader: inout ByteReader) throws -> any HostObject {
    var recipe = FaceRecipe(
      subjects: try reader.int(), imagesPerSubject: try reader.int(), size: try reader.int(),
      seed: try reader.word())
    guard let mode = Elicitation(rawValue: try reader.text()) else { throw DamagedBytes() }
    recipe.mode = mode
    recipe.hardness = Float(try reader.double())
    recipe.exaggeration = Float(try reader.double())
    recipe.crop = Float(try reader.double())
    recipe.ambiguity = Float(try reader.double())
    return FacesObject(try FaceDataset(recipe).subset(reader.list { try $0.int() }))
  }
}

extension EmbeddingObject: StorableObject {
  static var storedName: String { "Embedding" }
  static var isChangeable: Bool { false }

  func store(_ writer: inout ByteWriter) throws {
    for number in [points.rows, points.columns] { writer.int(number) }
    writer.list(points.values) { $0.double($1) }
    writer.double(embedding.divergence)
    writer.int(embedding.iterations)
    writer.text(embedding.ending.rawValue)
    writer.list(embedding.history) {
      $0.int($1.iteration)
      $0.double($1.divergence)
    }
    try writer.tensor(samples)
  }

  static func restored(_ reader: inout ByteReader) throws -> any HostObject {
    let points = try Matrix(
      rows: try reader.int(), columns: try reader.int(), values: reader.list { try $0.double() })
    let (divergence, iterations) = (try reader.double(), try reader.int())
    guard let ending = TSNE.Ending(rawValue: try reader.text()) else { throw DamagedBytes() }
    let embedding = TSNE.Embedding(
      points: points, divergence: divergence, iterations: iterations, ending: ending,
      history: try reader.list { (iteration: try $0.int(), divergence: try $0.double()) })
    return EmbeddingObject(embedding, of: try reader.tensor())
  }
}

extension ReportObject: StorableObject {
  static var storedName: String { "Report" }
  static var isChangeable: Bool { false }

  func store(_ writer: inout ByteWriter) throws {
    for part in [typeName, text] { writer.text(part) }
    writer.optional(passed) { $0.bool($1) }
  }

  static func restored(_ reader: inout ByteReader) throws -> any HostObject {
    ReportObject(try reader.text(), try reader.text(), passed: try reader.optional { try $0.bool() })
  }
}

extension ByteWriter {
  /// Every step of a run.
  mutating func history(_ history: TrainingHistory) {
    for numbers in [history.losses, history.epochLosses, history.learningRates] {
      list(numbers) { $0.double($1) }
    }
    double(history.seconds)
    bool(history.wasInterrupted)
  }

  /// How far a run is.
  mutating func progress(_ progress: TrainingProgress) throws {
    history(progress.history)
    try list(progress.tensors) { try $0.tensor($1) }
    try list(progress.optimizer.tensors) { try $0.tensor($1) }
    list(progress.optimizer.numbers) { $0.double($1) }
  }
}

extension ByteReader {
  /// A history that `ByteWriter.history` wrote.
  mutating func history() throws -> TrainingHistory {
    var history = TrainingHistory()
    history.losses = try list { try $0.double() }
    history.epochLosses = try list { try $0.double() }
    history.learningRates = try list { try $0.double() }
    history.seconds = try double()
    history.wasInterrupted = try bool()
    return history
  }

  /// Progress that `ByteWriter.progress` wrote.
  mutating func progress() throws -> TrainingProgress {
    let history = try history()
    let tensors = try list { try $0.tensor() }
    let averages = try list { try $0.tensor() }
    return TrainingProgress(
      history: history, tensors: tensors,
      optimizer: OptimizerMemory(tensors: averages, numbers: try list { try $0.double() }))
  }
}
