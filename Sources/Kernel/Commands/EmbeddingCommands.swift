import Analysis
import Figures
import Runtime
import Tensor

/// Embeddings: samples as points of a line, the plane or space.
let embeddingCommands: [Command] = [
  Command(
    "tsne", "Points in the plane whose neighbourhoods are those of the samples (t-SNE).",
    [
      .required("samples", .tensor, "(samples, features)"),
      .optional(
        "perplexity", .either([.number, .sequence]), default: 30.0,
        "the effective number of neighbours; several, such as [30, 300], are averaged"),
      .optional("dims", .int, default: 2, "1, 2 or 3"),
      .optional(
        "method", .choice(RepulsionMethod.words), default: "auto",
        "how repulsion is computed; auto goes by size"),
      .optional(
        "neighbours", .choice(SearchMethod.words), default: "auto",
        "how neighbours are found; auto goes by size"),
      .optional(
        "start", .either([.choice(["pca", "random"]), .tensor]), default: "pca", "where points begin"),
      .optional("exaggeration", .number, default: 4.0, "the factor of attraction in the first quarter"),
      .optional("rate", .number, "the learning rate; samples / exaggeration, at least 200, when not given"),
      .optional("iterations", .int, default: 1000, "steps at most; it ends earlier when nothing improves"),
      .optional(
        "callback", .function, "called with points, iteration and divergence; false ends the descent"),
      .optional("every", .int, default: 50, "iterations between calls, frames and looks at the divergence"),
      .optional("animate", .bool, default: false, "draws the points while they move"),
      .optional("color", .any, "of the animation's points: classes or numbers"), .seed,
    ],
    returns:
      "an embedding with `points`, `divergence`, `iterations` and `history`; `plot` draws it, `transform` adds to it",
    errors: [
      (
        "AnalysisError",
        "too few samples for the perplexity, values that are not finite, or \"fft\" outside the plane"
      )
    ],
    example: "tsne(randn([40, 5], seed: 1), perplexity: 8, iterations: 300).points.shape",
    effects: [.calls("callback"), .creates("Embedding"), .output, .rng]
  ) { a in try embed(a) },
  Command(
    "transform", "Places new samples into an embedding, which stays as it is.",
    [
      .required("embedding", .object(["Embedding"]), "what `tsne` returned"),
      .required("samples", .tensor, "(samples, features), as many features as were embedded"),
      .optional("perplexity", .number, default: 5.0, "the effective number of neighbours of a new sample"),
      .optional("exaggeration", .number, default: 1.5, "the factor of attraction"),
      .optional("iterations", .int, default: 250, "steps at most"),
    ],
    returns: "a tensor (samples, dims)", errors: [("AnalysisError", "another number of features")],
    example:
      "transform(tsne(randn([40, 5], seed: 1), perplexity: 8, iterations: 300), randn([3, 5], seed: 2)).shape"
  ) { a in
    let object = try a.object("embedding", as: EmbeddingObject.self)
    var transform = TSNETransform(perplexity: try a.double("perplexity", above: 0))
    transform.exaggeration = try a.double("exaggeration", atLeast: 1)
    transform.iterations = try a.int("iterations", atLeast: 0)
    let placed = try transform.place(
      Matrix(a.tensor("samples")), into: object.points, of: Matrix(object.samples))
    return .tensor(try placed.tensor(dtype: .f32))
  },
]

/// The words for the forms of repulsion.
private enum RepulsionMethod: String, CaseIterable {
  case auto, exact
  case barnesHut = "barnes-hut"
  case fft

  static let words = allCases.map(\.rawValue)

  var model: any RepulsionModel {
    switch self {
    case .auto: AutomaticRepulsion()
    case .exact: ExactRepulsion()
    case .barnesHut: BarnesHutRepulsion()
    case .fft: InterpolationRepulsion()
    }
  }
}

/// The words for the searches.
private enum SearchMethod: String, CaseIterable {
  case auto, exact, approximate

  static let words = allCases.map(\.rawValue)

  func model(seed: UInt64) -> any NeighbourSearch {
    switch self {
    case .auto: AutomaticSearch(seed: seed)
    case .exact: ExactSearch()
    case .approximate: CellSearch(seed: seed)
    }
  }
}

private func embed(_ a: Arguments) throws -> Value {
  let tensor = try a.tensor("samples")
  let samples = try Matrix(tensor)
  var random = try a.session.random(seed: a.optionalInt("seed"))
  var tsne = TSNE(seed: random.nextUInt64())
  tsne.affinity = PerplexityAffinity(
    perplexities: try a.doubles("perplexity"),
    search: try a.choice("neighbours", of: SearchMethod.self).model(seed: tsne.seed))
  tsne.dimensions = try a.int("dims", atLeast: 1, atMost: 3)
  tsne.repulsion = try a.choice("method", of: RepulsionMethod.self).model
  if case .string(let word) = a["start"] {
    if word.value == "random" { tsne.initialisation = RandomInitialisation() }
  } else {
    tsne.initialisation = GivenInitialisation(try Matrix(a.tensor("start")))
  }
  let total = try a.int("iterations", atLeast: 1)
  tsne.optimiser.iterations = total
  tsne.optimiser.exaggeration = try a.double("exaggeration", atLeast: 1)
  tsne.optimiser.exaggeratedIterations = min(250, total / 3)
  // Programs for t-SNE leave the factor 4 out of the gradient when they state a rate.
  tsne.optimiser.learningRate = try a.optionalDouble("rate", above: 0).map { $0 / 4 }
  tsne.reportEvery = try a.int("every", atLeast: 1)
  let callback = try a.optionalFunction("callback")
  let animation = try a.bool("animate") ? EmbeddingAnimation(a, count: samples.rows, total: total) : nil
  let embedding = try tsne.embed(samples) { snapshot in
    if let animation {
      animation.show(snapshot)
    } else {
      let note = "KL \(fixed(snapshot.divergence, 3))"
      a.session.emit(.progress(Progress("t-SNE", done: snapshot.iteration, total: total, note: note)))
    }
    guard let callback else { return true }
    let answer = try callback.call([
      .tensor(try snapshot.points.tensor(dtype: .f32)), .int(snapshot.iteration), .float(snapshot.divergence),
    ])
    if case .bool(false) = answer { return false }
    return true
  }
  if embedding.ending == .interrupted {
    a.session.emit(
      .warning("tsne: interrupted after iteration \(embedding.iterations); the embedding is that one's"))
  }
  return .object(EmbeddingObject(embedding, of: tensor))
}

/// Pictures of an embedding on the way, each in place of the one before.
private struct EmbeddingAnimation {
  private let session: Session
  private let colours: PointColours
  private let total: Int

  init(_ a: Arguments, count: Int, total: Int) throws {
    session = a.session
    colours = try a.colours("color", count: count, label: "")
    self.total = total
  }

  func show(_ snapshot: TSNE.Snapshot) {
    let title = "t-SNE   iteration \(snapshot.iteration) of \(total)   KL \(fixed(snapshot.divergence, 3))"
    let (colours, width) = (colours, session.width)
    session.emit(
      .live(
        Live("t-SNE", isStory: true) { forms in
          FigureObject(Self.figure(snapshot.points, colours, title: title)).display(width: width, as: forms)
        }))
  }

  /// The first two coordinates; a line is spread out by the order of its samples.
  private static func figure(_ points: Matrix, _ colours: PointColours, title: String) -> Figure {
    let d = points.columns
    let x = (0..<points.rows).map { points.values[$0 * d] }
    let y = (0..<points.rows).map { d > 1 ? points.values[$0 * d + 1] : Double($0) }
    let mark: Mark =
      if case .single(let ink) = colours { .scatter(x: x, y: y, ink: ink) } else {
        .scatter(x: x, y: y, colours: colours)
      }
    return Figure(title, marks: [mark], x: Axis(ticks: []), y: Axis(ticks: []), equalUnits: d > 1)
  }
}

/// A finished embedding, with the samples that new ones are compared to.
final class EmbeddingObject: HostObject {
  let embedding: TSNE.Embedding
  let samples: Tensor
  var points: Matrix { embedding.points }

  init(_ embedding: TSNE.Embedding, of samples: Tensor) {
    self.embedding = embedding
    self.samples = samples
  }

  var typeName: String { "Embedding" }
  func summary() -> String {
    "t-SNE of \(points.rows) samples in \(points.columns)-D: KL divergence \(fixed(embedding.divergence, 4)) after "
      + "\(embedding.iterations) iterations (\(ending))"
  }

  private var ending: String {
    switch embedding.ending {
    case .finished: "all done"
    case .smallGradient: "the gradient vanished"
    case .noProgress: "no more progress"
    case .stopped: "stopped"
    case .interrupted: "interrupted"
    }
  }

  var memberNames: [String] { ["points", "divergence", "iterations", "history"] }
  func member(_ name: String) throws -> Value? {
    switch name {
    case "points": .tensor(try points.tensor(dtype: .f32))
    case "divergence": .float(embedding.divergence)
    case "iterations": .int(embedding.iterations)
    case "history": .list(embedding.history.map { .tuple([.int($0.iteration), .float($0.divergence)]) })
    default: nil
    }
  }
}
