import Hypergradient
import Runtime
import Tensor

/// Problems inside problems: the inner minimum, and the derivative of an outer loss through it.
let hypergradientCommands: [Command] =
  [
    Command(
      "minimize", "The parameters θ that minimise a loss inner(θ, λ), from a start, with λ held fixed.",
      [
        .required("inner", innerKind, "a function of θ and λ that returns one number, or an inner problem"),
        .required("from", .tensors, "the start, with the structure of θ"),
        .optional("given", .tensors, default: .tuple([]), "λ; without it `inner` is a function of θ alone"),
        .optional("by", .choice(["newton", "lbfgs", "adam", "gd"]), default: "newton", "the method"),
        .optional(
          "tolerance", .number,
          "the gradient norm to reach; by default 1e-11 of that at the start; in f32 1e-5 of it, from where newton goes on to round-off"
        ),
        .optional(
          "name", .string, default: "minimize", "what a hypergradient's report calls it, such as \"φ\""),
      ],
      returns:
        "θ at the minimum, a differentiable function of `given` (to second order, up to 1024 parameters); a warning says so when "
        + "the tolerance was not reached",
      errors: [("HypergradientError", "a loss that is not one finite number")],
      example: "minimize({ θ, λ in sum((θ - λ) ** 2) }, from: zeros([2]), given: tensor([1.0, 2.0]))",
      effects: [.calls("inner")]
    ) { a in
      let theta = try Tree(a["from"], "from", a)
      let lambda = try Tree(a["given"], "given", a)
      let problem = try BilevelProblem(
        innerProblem("inner", theta, lambda, a), outer: { theta, _ in theta[0] })
      let result = try minimize(
        problem.inner, from: theta.leaves, given: lambda.leaves, by: minimizer(a),
        tolerance: a.optionalDouble("tolerance", above: 0))
      if !result.status.isConverged { a.session.emit(.warning("minimize: \(result)")) }
      return try theta.result(
        argmin(problem.inner, at: result.theta, given: lambda.leaves, name: a.string("name")))
    },
    Command(
      "hypergradient", "The derivative of outer(θ*(λ), λ) by λ, where θ*(λ) solves the inner problem.",
      problemParameters + [
        .optional(
          "by", .object(["Method"]), "the method, such as `neumann(terms: 20)` (the default) or `cg()`"),
        .optional("damping", .number, default: 0.0, "δ: solves (H + δ I) q = ∇θ f; its bias is reported"),
        .optional(
          "pre", .any,
          "preconditioner: \"jacobi\", a positive diagonal like θ such as adamScale(v), or a function v ↦ P v"
        ),
        .optional(
          "warmStart", .either([.object(["Hypergradient"]), .tensors]),
          "where q starts: a result before, or its q"),
        .optional(
          "hvp", .choice(HVPChoice.allCases.map(\.rawValue).sorted()), default: "reverseOverReverse",
          "how products with H are composed; \"auto\" measures two and takes the faster"),
        .optional(
          "batches", .choice(BatchPolicy.allCases.map(\.rawValue)),
          "of a batched inner loss: all in each product, the same one, or a fresh one (by default, where the method can: a series)"
        ),
        .optional("seed", .int, "of the draws of batches; the session's own where not given"),
        .optional(
          "else", .either([.object(["Method"]), .sequence]), "a method, or several, tried in turn on failure"),
        .optional(
          "allow", .sequence, default: [],
          "failures whose value may be read all the same, such as [\"divergent\"]"),
        .optional(
          "strongConvexity", .number,
          "a proven μ with H ⪰ μ I, where products are those of H: errors become bounds (a series takes one product more for it)"
        ),
        .optional(
          "paths", .choice(["asWritten", "all"]), default: "asWritten",
          "\"all\" follows what the losses stop with `frozen` or `stopGradient`"),
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
      effects: [.creates("Hypergradient"), .rng]
    ) { a in
      let (problem, theta, lambda) = try bilevelProblem(a)
      let method = try a.isNone("by") ? Neumann() : a.object("by", as: MethodObject.self).method
      var choices = try options(a, theta)
      // Another outer step is to see other batches; where nothing is drawn, the session's next numbers stay what they were.
      if problem.batchCount != nil { choices.seed = try a.batchSeed() }
      let result = try hypergradient(of: problem, at: theta.leaves, lambda.leaves, by: method, choices)
      if result.solution.isInterrupted {
        a.session.emit(
          .warning(
            "hypergradient: interrupted after \(result.hvpCount) products; the result is \(result.status)"))
      }
      return .object(HypergradientObject(result, theta, lambda))
    },
    Command(
      "plan", "What methods would cost at a point, before any of them runs.",
      problemParameters + [
        .optional(
          "methods", .either([.object(["Method"]), .sequence]), default: [],
          "a method, or several such as [cg(), dense()]; a selection by default")
      ],
      returns: "a table: Hessian-vector products, predicted time, bytes of vectors",
      errors: [("HypergradientError", "losses or parameters that are not finite")],
      example:
        "plan({ θ, λ in sum(θ ** 2) }, through: { θ, λ in sum((θ - λ) ** 2) }, at: (ones([3]), ones([3])))",
      effects: [.clock]
    ) { a in
      let (problem, theta, lambda) = try bilevelProblem(a)
      let point = try BilevelPoint(problem, theta: theta.leaves, lambda: lambda.leaves)
      let methods = try methodList("methods", a)
      return .object(
        ReportObject(
          "Plan", try plan(methods.isEmpty ? usualMethods : methods, at: point).description))
    },
    Command(
      "adamScale",
      "1 / (√v + ε) of Adam's second moment v: a diagonal preconditioner for `hypergradient(…, pre:)`.",
      [
        .required("v", .tensors, "the second moment, with θ's structure"),
        .optional("epsilon", .number, default: 1e-8, "ε"),
      ],
      returns: "positive tensors with v's structure", example: "adamScale(tensor([4.0, 0.25]))"
    ) { a in
      let tree = try Tree(a["v"], "v", a)
      let epsilon = try a.double("epsilon", above: 0)
      guard
        try tree.leaves.allSatisfy({
          try $0.count == 0 || ($0.min().item() >= 0 && $0.max().item() < .infinity)
        })
      else {
        throw a.error(
          "InvalidArgument", "v", "holds elements that are negative or not finite: no second moment does")
      }
      return tree.rebuilt(try tree.leaves.map { try ($0.relu().sqrt() + epsilon).reciprocal() })
    },
    Command(
      "reweighted", "max(0, -gradient), scaled to sum to 1: the sample weights of Learning to Reweight.",
      [.required("gradient", .tensor, "a hypergradient by sample weights")],
      returns: "weights; all 0 where no sample helps", example: "reweighted(tensor([-1.0, 2.0, -3.0]))"
    ) { a in .tensor(try reweighted(a.tensor("gradient"))) },
  ] + methodCommands + innerProblemCommands + spectrumCommands + playCommands

/// What is compared when nothing is named.
let usualMethods: [any HypergradientMethod] = [
  Neumann(), ConjugateGradient(), MINRES(), GMRES(), Dense(), Nystrom(), Unroll(last: 20),
]

extension Arguments {
  /// The argument `allow`: names of statuses.
  fileprivate func allowedFailures() throws -> Set<String> {
    let names = try sequence("allow").map(\.plainText)
    for name in names where !SolveStatus.failures.contains(name) {
      throw error(
        "UnknownChoice", "allow",
        "holds \"\(name)\", which is no failure; they are " + SolveStatus.failures.joined(separator: ", "))
    }
    return Set(names)
  }

  /// The argument `seed`, or a draw of the session's.
  fileprivate func batchSeed() throws -> UInt64 {
    if let seed = try optionalInt("seed") { return UInt64(bitPattern: Int64(seed)) }
    var stream = session.random(seed: nil)
    return stream.nextUInt64()
  }
}

private func options(_ a: Arguments, _ theta: Tree) throws -> HypergradientOptions {
  var options = HypergradientOptions(
    damping: try a.double("damping", atLeast: 0), mode: try a.choice("hvp", of: HVPChoice.self),
    strongConvexity: try a.optionalDouble("strongConvexity", above: 0),
    allowed: try a.allowedFailures(),
    batches: try a.isNone("batches") ? nil : a.choice("batches"), followsStops: try a.string("paths") == "all"
  )
  if case .object(let box) = a["else"], let method = box.object as? MethodObject {
    options.fallback = [method.method]
  } else if !a.isNone("else") {
    options.fallback = try methodList("else", a)
  }
  if case .object(let box) = a["warmStart"], let before = box.object as? HypergradientObject {
    options.warmStart = before.result.solution.q
  } else if !a.isNone("warmStart") {
    options.warmStart = try Tree(a["warmStart"], "warmStart", a).leaves
  }
  switch a["pre"] {
  case .none: break
  case .string(let box):
    guard box.value == "jacobi" else {
      throw a.error(
        "UnknownChoice", "pre", "must be \"jacobi\", a diagonal or a function, not \"\(box.value)\"")
    }
    options.preconditioner = .jacobi
  case .function(let apply):
    options.preconditioner = .custom { v in
      try Tree(apply.call([theta.rebuilt(v)]), "P v", a).leaves
    }
  default: options.preconditioner = .diagonal(try Tree(a["pre"], "pre", a).leaves)
  }
  return options
}

private func minimizer(_ a: Arguments) throws -> any Minimizer {
  switch try a.string("by") {
  case "lbfgs": LBFGS()
  case "adam": Adam()
  case "gd": GradientDescent()
  default: NewtonCG()
  }
}
