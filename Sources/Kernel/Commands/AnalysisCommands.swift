import Analysis
import Runtime
import Tensor

/// Looking at what was learned.
let analysisCommands: [Command] = [
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
