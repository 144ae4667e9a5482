import Hypergradient
import Runtime
import Tensor

/// Problems inside problems: the inner minimum, and the derivative of an outer loss through it.
let hypergradientCommands: [Command] =
  [
    Command(
      "minimize", "The parameters θ that minimise a loss inner(θ, λ), from a start, with λ held fixed.",
      [
        .required("inner", .function, "a function of θ and λ that returns one number"),
        .required("from", .tensors, "the start, with the structure of θ"),
        .optional("given", .tensors, default: .tuple([]), "λ; without it `inner` is a function of θ alone"),
        .optional("by", .choice(["newton", "lbfgs", "adam", "gd"]), default: "newton", "the method"),
        .optional("tolerance", .number, "the gradient norm to reach; by default near round-off"),
      ],
      returns: "θ at the minimum; a warning says so when the tolerance was not reached",
      errors: [("HypergradientError", "a loss that is not one finite number")],
      example: "minimize({ θ, λ in sum((θ - λ) ** 2) }, from: zeros([2]), given: tensor([1.0, 2.0]))"
    ) { a in
      let inner = try a.function("inner")
      let theta = try Tree(a["from"], "from", a)
      let lambda = try Tree(a["given"], "given", a)
      let result = try minimize(
        { theta_, lambda_ in try loss(inner, theta, theta_, lambda, lambda_, a) }, from: theta.leaves,
        given: lambda.leaves, by: minimizer(a), tolerance: a.optionalDouble("tolerance", above: 0))
      if !result.status.isConverged { a.session.emit(.warning("minimize: \(result)")) }
      return try theta.result(result.theta)
    },
    Command(
      "hypergradient", "The derivative of outer(θ*(λ), λ) by λ, where θ*(λ) minimises inner(θ, λ).",
      [
        .required("outer", .function, "a function of θ and λ that returns one number"),
        .required("through", .function, "the inner loss, a function of θ and λ"),
        .required("at", .tensors, "the pair (θ, λ), θ being the minimiser"),
        .optional(
          "by", .object(["Method"]), "the method, such as `neumann(terms: 20)` (the default) or `cg()`"),
        .optional("damping", .number, default: 0.0, "δ: solves (H + δ I) q = ∇θ f"),
        .optional(
          "allow", .sequence, default: [],
          "failures whose value may be read all the same, such as [\"divergent\"]"),
      ],
      returns: "a hypergradient: status, value, direct and indirect parts, residual, cost, and its terms",
      errors: [
        (
          "HypergradientError",
          "losses or parameters that are not finite; a value read although the solve failed"
        )
      ],
      example:
        "hypergradient({ θ, λ in 0.5 * (θ - 3) ** 2 }, through: { θ, λ in (θ - λ) ** 2 }, at: (0.5, 0.5), by: cg()).value  # -2.5",
      effects: [.creates("Hypergradient")]
    ) { a in
      guard case .tuple(let pair) = a["at"], pair.elements.count == 2 else {
        throw a.mismatch("at", expected: "a pair (θ, λ)")
      }
      let (outer, inner) = (try a.function("outer"), try a.function("through"))
      let theta = try Tree(pair.elements[0], "θ", a)
      let lambda = try Tree(pair.elements[1], "λ", a)
      let problem = BilevelProblem(
        inner: { try loss(inner, theta, $0, lambda, $1, a) },
        outer: { try loss(outer, theta, $0, lambda, $1, a) },
        thetaNames: theta.names("θ"), lambdaNames: lambda.names("λ"))
      let method = try a.isNone("by") ? Neumann() : a.object("by", as: MethodObject.self).method
      let options = HypergradientOptions(
        damping: try a.double("damping", atLeast: 0), allowed: Set(try a.sequence("allow").map(\.plainText)))
      return .object(
        HypergradientObject(
          try hypergradient(of: problem, at: theta.leaves, lambda.leaves, by: method, options), lambda))
    },
  ] + methodCommands

/// One row for each way to a hypergradient.
private let methodCommands: [Command] = [
  method(
    "neumann", "The Neumann series γ Σ (I - γ H)^k: one Hessian-vector product a term.",
    [
      .optional("terms", .int, default: 20, "how many"),
      .optional("gamma", .either([.number, .choice(["auto", "optimal"])]), default: "auto", "the step γ"),
    ], "neumann(terms: 20, gamma: \"auto\")"
  ) { a in
    Neumann(terms: try a.int("terms", atLeast: 1), gamma: try a.step("gamma"))
  },
  method("cg", "Conjugate gradients.", [iterations], "cg()") { a in
    ConjugateGradient(iterations: try a.optionalInt("iterations", atLeast: 1))
  },
  method("minres", "Minimum residuals, for a Hessian that may be indefinite.", [iterations], "minres()") {
    a in
    MINRES(iterations: try a.optionalInt("iterations", atLeast: 1))
  },
  method("gmres", "Generalised minimum residuals, for a matrix that is not symmetric.", [], "gmres()") { _ in
    GMRES()
  },
  method("dense", "The whole Hessian, factorised.", [], "dense()") { _ in Dense() },
  method(
    "unroll", "Differentiates the last steps of gradient descent.",
    [
      .optional("last", .int, default: 20, "how many steps"),
      .optional("rate", .either([.number, .choice(["auto", "optimal"])]), default: "auto", "the step size"),
    ], "unroll(last: 20)"
  ) { a in Unroll(last: try a.int("last", atLeast: 1), rate: try a.step("rate")) },
  method(
    "oneStep", "One inner step in place of the minimiser, as MAL and Meta-Weight-Net do.",
    [
      .required("rate", .number, "the inner learning rate"),
      .optional(
        "variant", .choice(OneStep.Variant.allCases.map(\.rawValue)), default: "mal",
        "where the factors are taken"),
    ], "oneStep(rate: 0.1)"
  ) { a in OneStep(try a.choice("variant", of: OneStep.Variant.self), rate: try a.double("rate", above: 0)) },
  method(
    "finiteDifference",
    "Solves the inner problem again at λ ± step: slow, and independent of everything else.",
    [.optional("step", .number, default: 1e-3, "the change of λ")], "finiteDifference()"
  ) { a in FiniteDifference(step: try a.double("step", above: 0)) },
]

private let iterations = Parameter.optional("iterations", .int, "how many; until converged when not given")

private func method(
  _ name: String, _ summary: String, _ parameters: [Parameter], _ example: String,
  _ make: @escaping (Arguments) throws -> any HypergradientMethod
) -> Command {
  Command(name, summary, parameters, returns: "a method, for `hypergradient`", example: example) { a in
    .object(MethodObject(try make(a)))
  }
}

private func minimizer(_ a: Arguments) throws -> any Minimizer {
  switch try a.string("by") {
  case "lbfgs": LBFGS()
  case "adam": Adam()
  case "gd": GradientDescent()
  default: NewtonCG()
  }
}

/// The value of a loss written in the language, at θ and λ put back into their structures.
private func loss(
  _ f: FunctionBox, _ theta: Tree, _ thetaLeaves: [Tensor], _ lambda: Tree, _ lambdaLeaves: [Tensor],
  _ a: Arguments
) throws -> Tensor {
  let arguments =
    lambda.leaves.isEmpty
    ? [theta.rebuilt(thetaLeaves)] : [theta.rebuilt(thetaLeaves), lambda.rebuilt(lambdaLeaves)]
  switch try f.call(arguments) {
  case .tensor(let tensor): return tensor
  case .float(let number): return try .scalar(number, dtype: .f64)
  case .int(let number): return try .scalar(Double(number), dtype: .f64)
  case let other:
    throw CommandError(
      "TypeMismatch", "\(a.callee): a loss returned \(other.typeName), not a number",
      help: "its last expression is what it returns")
  }
}

extension Arguments {
  /// γ: a number, "auto" or "optimal".
  fileprivate func step(_ name: String) throws -> StepSize {
    if case .string(let box) = self[name] { return box.value == "optimal" ? .optimal : .auto }
    return .literal(try double(name, above: 0))
  }
}

/// A way to a hypergradient, with its settings.
final class MethodObject: HostObject {
  let method: any HypergradientMethod
  init(_ method: any HypergradientMethod) { self.method = method }
  var typeName: String { "Method" }
  func summary() -> String { method.description }
}
