import Hypergradient
import Runtime
import Tensor

/// One row for each way to a hypergradient.
let methodCommands: [Command] = [
  method(
    "neumann", "The Neumann series γ Σ (I - γ H)^k ∇θ f: one Hessian-vector product a term.",
    [.optional("terms", .int, default: 20, "how many"), gamma], "neumann(terms: 20, gamma: \"auto\")"
  ) { a in Neumann(terms: try a.int("terms", atLeast: 1), gamma: try a.step("gamma")) },
  method(
    "randomizedNeumann",
    "One random term of the series in place of all: unbiased, at half the products and a higher variance.",
    [.optional("terms", .int, default: 20, "of how many"), gamma, seed],
    "randomizedNeumann(terms: 10, seed: 3)"
  ) { a in
    RandomizedNeumann(
      terms: try a.int("terms", atLeast: 1), gamma: try a.step("gamma"), seed: try a.seed())
  },
  method("cg", "Conjugate gradients, for a positive definite Hessian.", [iterations], "cg()") { a in
    ConjugateGradient(iterations: try a.optionalInt("iterations", atLeast: 1))
  },
  method("minres", "Minimum residuals, for a Hessian that may be indefinite.", [iterations], "minres()") {
    a in MINRES(iterations: try a.optionalInt("iterations", atLeast: 1))
  },
  method(
    "gmres", "Generalised minimum residuals, for a matrix that is not symmetric.",
    [
      .optional("restart", .int, default: 50, "the Krylov dimension at which it restarts"),
      .optional("iterations", .int, default: 500, "the most products"),
    ], "gmres()"
  ) { a in
    GMRES(restart: try a.int("restart", atLeast: 1), iterations: try a.int("iterations", atLeast: 1))
  },
  method(
    "normalEquations", "Conjugate gradients on HᵀH q = Hᵀ∇θ f: any full-rank matrix, its condition squared.",
    [iterations], "normalEquations()"
  ) { a in NormalEquations(iterations: try a.optionalInt("iterations", atLeast: 1)) },
  method(
    "adjoint", "The adjoint of a fixed-point iteration: its transposed Jacobian applied until it settles.",
    [.optional("iterations", .int, default: 500, "at most")], "adjoint(iterations: 100)"
  ) { a in FixedPointAdjoint(iterations: try a.int("iterations", atLeast: 1)) },
  method(
    "dense", "The whole Hessian, factorised.",
    [
      .optional(
        "limit", .int, default: 4096, "the most parameters: it takes a product and a row of memory for each")
    ],
    "dense()"
  ) { a in Dense(limit: try a.int("limit", atLeast: 1)) },
  method(
    "nystrom", "A low-rank approximation of H from some of its columns, shifted and inverted.",
    [
      .optional("columns", .int, default: 20, "how many"),
      .optional("shift", .number, default: 1e-2, "ρ: what directions outside their span are divided by"),
      .optional("seed", .int, default: 1, "of the choice of columns"),
    ], "nystrom(columns: 10, shift: 0.01)"
  ) { a in
    Nystrom(
      columns: try a.int("columns", atLeast: 1), shift: try a.double("shift", above: 0), seed: try a.seed())
  },
  method(
    "unroll", "Differentiates the last steps of gradient descent backwards.",
    [
      .optional("last", .int, default: 20, "how many steps"), rate,
      .optional(
        "from", .either([.function, .tensors]),
        "where they start: θ by default, a constant, or a function of λ (a tuple where λ has several parts)"),
      .optional("checkpoints", .int, "how many iterates to keep; all by default"),
    ], "unroll(last: 20)"
  ) { a in
    let (last, rate) = (try a.int("last", atLeast: 1), try a.step("rate"))
    let checkpoints = try a.optionalInt("checkpoints", atLeast: 1)
    switch a["from"] {
    case .none: return Unroll(last: last, rate: rate, from: .point, checkpoints: checkpoints)
    case .function(let f):
      let start = UnrollStart.function { lambda in
        try Tree(
          f.call([lambda.count == 1 ? .tensor(lambda[0]) : .tuple(lambda.map { .tensor($0) })]), "from", a
        )
        .leaves
      }
      return Unroll(last: last, rate: rate, from: start, checkpoints: checkpoints)
    default:
      return Unroll(
        last: last, rate: rate, from: .constant(try a.constants("from").leaves), checkpoints: checkpoints)
    }
  },
  method(
    "forward",
    "Differentiates steps of gradient descent forwards: memory does not grow with their number; for few λ.",
    [
      .optional("steps", .int, default: 20, "how many steps"), rate,
      .optional("from", .tensors, "where they start: θ by default"),
    ], "forward(steps: 20)"
  ) { a in
    ForwardMode(
      steps: try a.int("steps", atLeast: 1), rate: try a.step("rate"),
      from: try a.optional("from") { try a.constants($0).leaves })
  },
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
    "adamStep", "One step of Adam in place of the minimiser, its update differentiated in closed form.",
    [
      .required("rate", .number, "the inner learning rate"),
      .optional("first", .tensors, "the first moment before the step, like θ; zeros by default"),
      .optional("second", .tensors, "the second moment before the step"),
      .optional("step", .int, default: 1, "the number of this step"),
      .optional("beta1", .number, default: 0.9, "decay of the first moment"),
      .optional("beta2", .number, default: 0.999, "decay of the second moment"),
      .optional("epsilon", .number, default: 1e-8, "added to the root"),
      .optional("biasCorrection", .bool, default: true, "as Adam has it; SAMA leaves it out"),
    ], "adamStep(rate: 0.01)"
  ) { a in
    AdamStep(
      rate: try a.double("rate", above: 0), first: try a.optional("first") { try a.constants($0).leaves },
      second: try a.optional("second") { try a.constants($0).leaves },
      step: try a.int("step", atLeast: 1), beta1: try a.double("beta1", atLeast: 0),
      beta2: try a.double("beta2", atLeast: 0), epsilon: try a.double("epsilon", above: 0),
      biasCorrection: try a.bool("biasCorrection"))
  },
  method(
    "finiteDifference",
    "Solves the inner problem again at λ ± step: slow, and independent of everything else.",
    [.optional("step", .number, default: 1e-3, "the change of λ")], "finiteDifference()"
  ) { a in FiniteDifference(step: try a.double("step", above: 0)) },
]

private let iterations = Parameter.optional("iterations", .int, "how many; until converged when not given")
private let seed = Parameter.optional("seed", .int, default: 0, "of the random choice")
private let stepKind = Kind.either([.number, .choice(["auto", "optimal"])])
private let gamma = Parameter.optional("gamma", stepKind, default: "auto", "the step γ")
private let rate = Parameter.optional("rate", stepKind, default: "auto", "the step size")

private func method(
  _ name: String, _ summary: String, _ parameters: [Parameter], _ example: String,
  _ make: @escaping (Arguments) throws -> any HypergradientMethod
) -> Command {
  Command(
    name, summary, parameters, returns: "a method, for `hypergradient`", example: example, makes: "Method"
  ) {
    a in .object(MethodObject(try make(a)))
  }
}

extension Arguments {
  /// γ: a number, "auto" or "optimal".
  func step(_ name: String) throws -> StepSize {
    if case .string(let box) = self[name] { return box.value == "optimal" ? .optimal : .auto }
    return .literal(try double(name, above: 0))
  }

  /// The argument `seed`.
  fileprivate func seed() throws -> UInt64 { UInt64(bitPattern: Int64(try int("seed"))) }
}

/// A way to a hypergradient, with its settings.
final class MethodObject: HostObject {
  let method: any HypergradientMethod
  init(_ method: any HypergradientMethod) { self.method = method }
  var typeName: String { "Method" }
  func summary() -> String { method.description }
}

/// The methods in a list argument; one may stand alone.
func methodList(_ name: String, _ a: Arguments) throws -> [any HypergradientMethod] {
  if case .object(let box) = a[name], let method = box.object as? MethodObject { return [method.method] }
  return try a.sequence(name).map { value in
    guard case .object(let box) = value, let method = box.object as? MethodObject else {
      throw a.mismatch(name, expected: "a list of methods such as [cg(), dense()]")
    }
    return method.method
  }
}
