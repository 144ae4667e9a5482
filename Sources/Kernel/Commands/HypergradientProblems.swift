import Hypergradient
import Runtime
import Tensor

/// Inner problems that are more than one loss.
let innerProblemCommands: [Command] = [
  Command(
    "fixedPoint", "The inner problem θ = map(θ, λ), for `hypergradient(…, through:)`.",
    [.required("map", .function, "a function of θ and λ that returns the next θ")],
    returns: "an inner problem; I - ∂map/∂θ takes the Hessian's place and need not be symmetric",
    example: "fixedPoint({ θ, λ in 0.5 * tanh(θ) + λ })", effects: [.calls("map")], makes: "Inner"
  ) { a in .object(InnerObject(.fixedPoint(try a.function("map")))) },
  Command(
    "composed",
    "An inner loss given as a model and a loss of its outputs, so that its Gauss-Newton matrix is known.",
    [
      .required("model", .function, "a function of θ and λ that returns outputs"),
      .required("loss", .function, "a function of those outputs and λ that returns one number"),
    ],
    returns: "an inner problem, for `hypergradient(…, through:, hvp: \"gaussNewton\")`",
    example: "composed({ θ, λ in θ ** 2 }, loss: { z, λ in sum((z - λ) ** 2) })",
    effects: [.calls("model"), .calls("loss")], makes: "Inner"
  ) { a in .object(InnerObject(.composed(try a.function("model"), loss: try a.function("loss")))) },
  Command(
    "batched", "An inner loss that is the mean over mini-batches.",
    [
      .required("loss", .function, "a function of θ, λ and a batch that returns one number"),
      .required("over", .sequence, "the batches, each any value"),
    ],
    returns: "an inner problem, for `hypergradient(…, through:, batches: \"fresh\")`",
    example: "batched({ θ, λ, x in sum((θ - λ * x) ** 2) }, over: [1.0, 2.0])", effects: [.calls("loss")],
    makes: "Inner"
  ) { a in
    let batches = try a.sequence("over")
    guard !batches.isEmpty else { throw a.error("InvalidArgument", "over", "has no batches") }
    return .object(InnerObject(.batched(try a.function("loss"), batches)))
  },
  Command(
    "frozen",
    "The value as a constant, as `stopGradient` gives it, under a name for a hypergradient's list of stopped paths.",
    [
      .required("x", .tensors, "the value"),
      .optional("name", .string, default: "frozen value", "what the report calls it"),
    ],
    returns: "the same value; `hypergradient(…, paths: \"all\")` sees through it",
    example: "grad({ x in x * frozen(x) })(3.0)  # 3"
  ) { a in
    let tree = try Tree(a["x"], "x", a)
    return tree.rebuilt(frozen(tree.leaves, name: try a.string("name")))
  },
]

/// What `through:` takes.
let innerKind = Kind.either([.function, .object(["Inner"])])

/// The parameters of commands about a bilevel problem at a point.
let problemParameters: [Parameter] = [
  .required("outer", .function, "a function of θ and λ that returns one number"),
  .required(
    "through", innerKind,
    "the inner loss, a function of θ and λ; or fixedPoint(…), composed(…), batched(…)"),
  .required("at", .tensors, "the pair (θ, λ), θ being the inner solution"),
]

/// An inner problem as the language holds it.
final class InnerObject: HostObject {
  enum Kind {
    case fixedPoint(FunctionBox)
    case composed(FunctionBox, loss: FunctionBox)
    case batched(FunctionBox, [Value])
  }

  let kind: Kind
  init(_ kind: Kind) { self.kind = kind }

  var typeName: String { "Inner" }
  func summary() -> String {
    switch kind {
    case .fixedPoint: "inner problem θ = map(θ, λ)"
    case .composed: "inner loss of a model's outputs"
    case .batched(_, let batches): "inner loss, the mean over \(batches.count) batches"
    }
  }
}

/// The inner problem in an argument, as the library takes it.
func innerProblem(
  _ name: String, _ theta: Tree, _ lambda: Tree, _ a: Arguments
) throws -> BilevelProblem.Inner {
  func arguments(_ t: [Tensor], _ l: [Tensor]) -> [Value] {
    lambda.leaves.isEmpty ? [theta.rebuilt(t)] : [theta.rebuilt(t), lambda.rebuilt(l)]
  }
  guard case .object(let box) = a[name], let inner = box.object as? InnerObject else {
    let f = try a.function(name)
    return .loss { try lossNumber(f.call(arguments($0, $1)), a) }
  }
  switch inner.kind {
  case .fixedPoint(let map):
    return .fixedPoint { try Tree(map.call(arguments($0, $1)), "the next θ", a).leaves }
  case .composed(let model, let loss):
    // The outputs keep the structure that the model gave them.
    var outputs: Tree?
    return .model(
      {
        let tree = try Tree(model.call(arguments($0, $1)), "the model's outputs", a)
        outputs = tree
        return tree.leaves
      },
      loss: { z, l in
        let value = outputs?.rebuilt(z) ?? .none
        return try lossNumber(loss.call(lambda.leaves.isEmpty ? [value] : [value, lambda.rebuilt(l)]), a)
      })
  case .batched(let loss, let batches):
    return .batches(count: batches.count) { try lossNumber(loss.call(arguments($0, $1) + [batches[$2]]), a) }
  }
}

/// The problem in the arguments `outer`, `through` and `at`.
func bilevelProblem(_ a: Arguments) throws -> (problem: BilevelProblem, theta: Tree, lambda: Tree) {
  guard case .tuple(let pair) = a["at"], pair.elements.count == 2 else {
    throw a.mismatch("at", expected: "a pair (θ, λ)")
  }
  let outer = try a.function("outer")
  let theta = try Tree(pair.elements[0], "θ", a)
  let lambda = try Tree(pair.elements[1], "λ", a)
  let problem = BilevelProblem(
    try innerProblem("through", theta, lambda, a),
    outer: { try lossNumber(outer.call([theta.rebuilt($0), lambda.rebuilt($1)]), a) },
    thetaNames: theta.names, lambdaNames: lambda.names)
  return (problem, theta, lambda)
}

/// The value of a loss written in the language.
func lossNumber(_ value: Value, _ a: Arguments) throws -> Tensor {
  switch value {
  case .tensor(let tensor): return tensor
  case .float(let number): return try .scalar(number, dtype: .f64)
  case .int(let number): return try .scalar(Double(number), dtype: .f64)
  default:
    throw CommandError(
      "TypeMismatch", "\(a.callee): a loss returned \(value.typeName), not a number",
      help: "its last expression is what it returns")
  }
}
