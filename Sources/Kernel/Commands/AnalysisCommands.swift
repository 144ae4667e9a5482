import Analysis
import Runtime
import Tensor

/// Looking at what was learned.
let analysisCommands: [Command] = [
  Command(
    "tsne", "Points in the plane whose neighbourhoods are those of the samples (t-SNE).",
    [
      .required("samples", .tensor, "(samples, features)"),
      .optional("perplexity", .number, default: 30.0, "the effective number of neighbours"),
      .optional("iterations", .int, default: 750, "steps of the descent"),
      .optional("dimensions", .int, default: 2, "2 or 3"),
      .optional("seed", .int, default: 0, "the starting points"),
    ],
    returns: "an embedding with `points`, `divergence` and `iterations`; `plot` draws it",
    errors: [("AnalysisError", "too few samples for the perplexity, or values that are not finite")],
    example: "tsne(randn([40, 5], seed: 1), perplexity: 8, iterations: 300).points.shape",
    effects: [.creates("Embedding")]
  ) { a in
    var tsne = TSNE(
      perplexity: try a.double("perplexity", above: 0), seed: UInt64(bitPattern: Int64(try a.int("seed"))))
    tsne.dimensions = try a.int("dimensions", atLeast: 2, atMost: 3)
    tsne.optimiser.iterations = try a.int("iterations", atLeast: 1)
    tsne.optimiser.exaggeratedIterations = min(250, tsne.optimiser.iterations / 3)
    let total = tsne.optimiser.iterations
    let embedding = try tsne.embed(Matrix(a.tensor("samples"))) { snapshot in
      a.session.emit(
        .progress(
          Progress(
            "t-SNE", done: snapshot.iteration, total: total, note: "KL \(fixed(snapshot.divergence, 3))")))
      return true
    }
    return .object(EmbeddingObject(embedding))
  },
  Command(
    "pca", "The directions of largest variance, and the samples along them.",
    [
      .required("samples", .tensor, "(samples, features)"),
      .optional("count", .int, default: 2, "how many directions"),
    ],
    returns:
      "a record: `points` (samples, count), `components` (count, features), `variances` and `explained` (their shares)",
    errors: [("AnalysisError", "more directions than features, or values that are not finite")],
    example: "pca(randn([20, 5], seed: 1), count: 2).explained"
  ) { a in
    let samples = try Matrix(a.tensor("samples"))
    let components = try PrincipalComponents(of: samples, count: a.int("count", atLeast: 1))
    let total = components.totalVariance
    return .record([
      ("points", .tensor(try components.project(samples).tensor(dtype: .f32))),
      ("components", .tensor(try components.components.tensor(dtype: .f32))),
      ("variances", .tensor(try Tensor(components.variances))),
      ("explained", .tensor(try Tensor(components.variances.map { total > 0 ? $0 / total : 0 }))),
    ])
  },
  Command(
    "knn",
    "The share of samples that their nearest neighbours label correctly: what a representation knows, without training.",
    [
      .required("samples", .tensor, "(samples, features) to be labelled"),
      .required("labels", .tensor, "their classes"),
      .optional("from", .tensor, "reference samples; the other samples when not given"),
      .optional("classes", .tensor, "the classes of the reference samples"),
      .optional("k", .int, default: 5, "how many neighbours vote"),
    ],
    returns: "an accuracy in 0...1", errors: [("AnalysisError", "labels and samples differ in number")],
    example: "knn(concat([zeros([6, 2]), ones([6, 2])]), [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1], k: 3)  # 1"
  ) { a in
    let probe = NeighbourProbe(k: try a.int("k", atLeast: 1))
    let samples = try Matrix(a.tensor("samples"))
    let labels = try a.tensor("labels").ints()
    guard !a.isNone("from") else { return .float(try probe.leaveOneOutAccuracy(samples, labels: labels)) }
    guard !a.isNone("classes") else { throw a.error("MissingArgument", "classes", "is needed with `from`") }
    return .float(
      try probe.accuracy(
        of: samples, labels: labels, from: Matrix(a.tensor("from")), labels: a.tensor("classes").ints()))
  },
]

/// A finished embedding.
final class EmbeddingObject: HostObject {
  let embedding: TSNE.Embedding
  var points: Matrix { embedding.points }

  init(_ embedding: TSNE.Embedding) { self.embedding = embedding }

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

/// A number with a fixed number of decimals.
func fixed(_ value: Double, _ places: Int) -> String {
  guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  let whole = Int((value.magnitude * scale).rounded())
  let digits = String(whole)
  let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
  let text = places == 0 ? padded : "\(padded.dropLast(places)).\(padded.suffix(places))"
  return value < 0 && whole != 0 ? "-" + text : text
}
