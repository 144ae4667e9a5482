import Figures
import Hypergradient
import Runtime
import Tensor

/// The ends of a spectrum from products alone, and products from differences.
let spectrumCommands: [Command] = [
  Command(
    "differenceProduct", "A Hessian-vector product by central differences of the gradient, with its error.",
    [
      .required("f", .function, "a function that returns one number"), .required("at", .tensors, "the point"),
      .required("along", .tensors, "the direction, like the point"),
      .optional(
        "step", .either([.number, .choice(["auto", "darts"])]), default: "auto",
        "ε; \"darts\" is 0.01 over the direction's length"),
    ],
    returns: "a record: product, step, relativeStep, and the estimated truncation and roundOff, absolute",
    errors: [("HypergradientError", "a direction of another shape, a step that is not positive")],
    example:
      "differenceProduct({ x in sum(x ** 3) }, at: tensor([1.0, 2.0], dtype: f64), along: tensor([1.0, 0.0], dtype: f64)).product",
    effects: [.calls("f")]
  ) { a in
    let f = try a.function("f")
    let (point, direction) = (try a.constants("at"), try a.constants("along"))
    let step: DifferenceStep
    if case .string(let box) = a["step"] {
      step = box.value == "darts" ? .darts : .automatic
    } else {
      step = .literal(try a.double("step", above: 0))
    }
    let result = try differenceProduct(at: point.leaves, along: direction.leaves, step: step) {
      try lossNumber(f.call([point.rebuilt($0)]), a)
    }
    return .record([
      ("product", try point.result(result.product)), ("step", .float(result.step)),
      ("relativeStep", .float(result.relativeStep)), ("truncation", .float(result.truncation)),
      ("roundOff", .float(result.roundOff)),
    ])
  },
  Command(
    "lanczos", "Ritz values of a symmetric matrix, or of the Hessian of an inner loss, after a few products.",
    [
      .required("of", .either([.tensor, innerKind]), "a matrix, or an inner loss of θ and λ"),
      .optional("at", .tensors, "the pair (θ, λ), for a loss"),
      .optional("steps", .int, default: 10, "products to take"),
      .optional(
        "start", .tensors, "the start vector; random by default, since a symmetric one is blind to the rest"),
      .optional("seed", .int, default: 1, "of the random start"),
    ],
    returns:
      "a spectrum: ritzValues, ritzMin, ritzMax, errorMin, errorMax, isTrusted, gammaAuto, gammaOptimal, gammaBare, kappa",
    errors: [("HypergradientError", "products that are not finite; a zero start")],
    example: "lanczos(tensor([[2.0, -1.0], [-1.0, 2.0]]), steps: 2).ritzMax  # 3"
  ) { a in
    let (map, like) = try symmetricMap(a)
    return .object(
      SpectrumObject(
        try lanczos(
          map, like: like, steps: a.int("steps", atLeast: 1),
          start: a.optional("start") { try a.constants($0).leaves },
          seed: UInt64(bitPattern: Int64(a.int("seed"))))))
  },
  Command(
    "powerIteration",
    "Rayleigh quotients of power iteration: estimates of the eigenvalue of largest magnitude.",
    [
      .required("of", .either([.tensor, innerKind]), "a matrix, or an inner loss of θ and λ"),
      .optional("at", .tensors, "the pair (θ, λ), for a loss"),
      .optional("steps", .int, default: 10, "products to take"),
      .optional("start", .tensors, "the start vector; random by default"),
      .optional("seed", .int, default: 1, "of the random start"),
    ],
    returns: "a tensor (steps,), each from inside the spectrum",
    errors: [("HypergradientError", "losses or parameters that are not finite")],
    example: "powerIteration(tensor([[2.0, -1.0], [-1.0, 2.0]]), steps: 20)"
  ) { a in
    let (map, like) = try symmetricMap(a)
    return .tensor(
      try Tensor(
        powerIteration(
          map, like: like, steps: a.int("steps", atLeast: 1),
          start: a.optional("start") { try a.constants($0).leaves },
          seed: UInt64(bitPattern: Int64(a.int("seed"))))))
  },
]

/// The map in the argument `of`, and vectors of its shapes.
private func symmetricMap(_ a: Arguments) throws -> (LinearMap, [Tensor]) {
  if case .function = a["of"] { return try hessian(a) }
  if case .object = a["of"] { return try hessian(a) }
  let matrix = try a.tensor("of")
  try a.checkConstant("of")
  let map = try LinearMap(matrix: matrix)
  let like = [try Tensor.zeros(Shape([matrix.shape[0]]), dtype: matrix.dtype)]
  guard try map.isSymmetric(like: like) else {
    throw a.error("InvalidArgument", "of", "is not symmetric: its eigenvalues need not be real")
  }
  return (map, like)
}

private func hessian(_ a: Arguments) throws -> (LinearMap, [Tensor]) {
  guard case .tuple(let pair) = a["at"], pair.elements.count == 2 else {
    throw a.mismatch("at", expected: "a pair (θ, λ)")
  }
  let theta = try Tree(pair.elements[0], "θ", a)
  let lambda = try Tree(pair.elements[1], "λ", a)
  try a.checkConstant("at")
  let problem = try BilevelProblem(
    innerProblem("of", theta, lambda, a), outer: { theta, _ in try theta[0].sum() },
    thetaNames: theta.names, lambdaNames: lambda.names)
  guard problem.isSymmetric else {
    throw a.error("InvalidArgument", "of", "is a fixed point, whose matrix has no real spectrum to bound")
  }
  return (try BilevelPoint(problem, theta: theta.leaves, lambda: lambda.leaves).hessian, theta.leaves)
}

/// What some products tell of a spectrum.
final class SpectrumObject: HostObject {
  let bounds: SpectralBounds
  init(_ bounds: SpectralBounds) { self.bounds = bounds }

  var typeName: String { "Spectrum" }
  func summary() -> String {
    "spectrum in [\(fixed(bounds.ritzMin, 4)), \(fixed(bounds.ritzMax, 4))] from \(bounds.steps) products"
  }
  func display(width: Int) -> Display { Display(text: bounds.description) }

  var memberNames: [String] {
    [
      "ritzValues", "ritzMin", "ritzMax", "errorMin", "errorMax", "isTrusted", "isIndefinite", "gammaAuto",
      "gammaOptimal", "gammaBare", "kappa", "steps", "rho", "terms",
    ]
  }
  func member(_ name: String) throws -> Value? {
    func number(_ value: Double?) -> Value { value.map { .float($0) } ?? .none }
    return switch name {
    case "ritzValues": .tensor(try Tensor(bounds.ritzValues))
    case "ritzMin": .float(bounds.ritzMin)
    case "ritzMax": .float(bounds.ritzMax)
    case "errorMin": .float(bounds.errorMin)
    case "errorMax": .float(bounds.errorMax)
    case "isTrusted": .bool(bounds.isTrusted)
    case "isIndefinite": .bool(bounds.isIndefinite)
    case "gammaAuto": number(bounds.gammas?.auto)
    case "gammaOptimal": number(bounds.gammas?.optimal)
    case "gammaBare": number(bounds.gammas?.bare)
    case "kappa": .float(bounds.kappa)
    case "steps": .int(bounds.steps)
    case "rho": rho
    case "terms": terms
    default: nil
    }
  }

  private var rho: Value {
    .native(
      "rho", [.required("gamma", .number, "γ")],
      summary: "The largest |1 - γσ| over the Ritz values: a lower bound of the series' factor."
    ) { [bounds] a in .float(bounds.rho(gamma: try a.double("gamma", above: 0))) }
  }

  private var terms: Value {
    .native(
      "terms",
      [
        .required("gamma", .number, "γ"),
        .optional("error", .number, default: 1e-6, "the relative error of q"),
      ],
      summary: "The number of Neumann terms to a relative error, ln(1/ε) / ln(1/ρ); none where it diverges."
    ) { [bounds] a in
      bounds.predictedTerms(
        gamma: try a.double("gamma", above: 0), relativeError: try a.double("error", above: 0)
      )
      .map { .int($0) } ?? .none
    }
  }
}
