import Autodiff
import Hypergradient
import Runtime
import Tensor

/// Gradients, products and whole matrices of derivatives.
let derivativeCommands: [Command] = [
  Command(
    "grad", "The gradient of a function, as a function of the same arguments.",
    [function, withRespectTo],
    returns:
      "a function; it returns a derivative of the shape of the argument, or a tuple of them for several",
    errors: [("ShapeMismatch", "the function returns more than one number")],
    example: "grad(grad({ x in x ** 5 }))(2.0)  # 160"
  ) { a in
    let f = try a.function("f")
    let wrt = try a.wrt()
    return .native("grad(\(f.name))", [.rest("arguments", .any, "the arguments of the function")]) { call in
      let (_, gradients) = try differentiate(f, call.rest("arguments"), wrt, call)
      return gradients
    }
  },
  Command(
    "valueAndGrad", "A function that returns both the value and the gradient of a function.",
    [function, withRespectTo], returns: "a function; it returns (value, gradient)",
    errors: [("ShapeMismatch", "the function returns more than one number")],
    example: "(loss, g) = valueAndGrad({ w in sum(w ** 2) })(tensor([1.0, 2.0]))"
  ) { a in
    let f = try a.function("f")
    let wrt = try a.wrt()
    return .native("valueAndGrad(\(f.name))", [.rest("arguments", .any, "the arguments of the function")]) {
      call in
      let (value, gradients) = try differentiate(f, call.rest("arguments"), wrt, call)
      return .tuple([value, gradients])
    }
  },
  Command(
    "jvp", "The derivative of a function at a point along a direction, in forward mode.",
    [map, at, .required("along", .tensors, "the direction, of the shape of the point")],
    returns: "the directional derivative, of the shape of the function's value",
    errors: [("ShapeMismatch", "point and direction differ in shape")],
    example: "jvp({ x in exp(x) * sin(x) }, at: 0.5, along: 1.0)"
  ) { a in
    let f = try a.function("f")
    let point = try Tree(a["at"], "at", a)
    let direction = try Tree(a["along"], "along", a)
    return try point.result(
      jvp(at: point.leaves, along: direction.leaves) { [try f.tensor(of: [point.rebuilt($0)], a)] }.tangents[
        0])
  },
  Command(
    "vjp",
    "The value of a function at a point, and the function that takes a change of the value back to the point.",
    [map, at], returns: "(value, pullback); the pullback takes a tensor of the value's shape",
    example: "(y, back) = vjp({ x in x ** 2 }, at: tensor([1.0, 2.0]))\nback(tensor([1.0, 0.0]))"
  ) { a in
    let f = try a.function("f")
    let point = try Tree(a["at"], "at", a)
    let (outputs, pullback) = try vjp(at: point.leaves) { [try f.tensor(of: [point.rebuilt($0)], a)] }
    let back = Value.native("pullback", [.required("v", .tensor, "of the shape of the value")]) { back in
      try point.rebuilt(pullback([back.tensor("v")]))
    }
    return .tuple([.tensor(outputs[0]), back])
  },
  Command(
    "hvp",
    "The product of the Hessian of a function at a point with a direction, without forming the Hessian.",
    [
      function, at, .required("v", .tensors, "the direction, of the shape of the point"),
      .optional(
        "mode", .choice(HVPMode.allCases.map(\.rawValue)), default: "forwardOverReverse", "how it is composed"
      ),
    ],
    returns: "of the shape of the point",
    example: "hvp({ x in sum(x ** 3) }, at: tensor([1.0, 2.0]), tensor([1.0, 0.0]))"
  ) { a in
    let f = try a.function("f")
    let point = try Tree(a["at"], "at", a)
    let direction = try Tree(a["v"], "v", a)
    let products = try hvp(
      at: point.leaves, along: direction.leaves, mode: a.choice("mode", of: HVPMode.self)
    ) {
      try f.tensor(of: [point.rebuilt($0)], a)
    }
    return try point.result(products)
  },
  Command(
    "jacobian", "All first derivatives of a function, as a function.", [map],
    returns: "a function; it returns a tensor of the value's shape followed by the argument's",
    example: "jacobian({ x in x ** 2 })(tensor([1.0, 2.0]))"
  ) { a in
    let f = try a.function("f")
    return .native("jacobian(\(f.name))", [.required("x", .tensor, "the point")]) { at in
      let point = try Tree(at["x"], "x", at)
      return .tensor(try jacobian(at: point.leaves[0]) { try f.tensor(of: [point.rebuilt([$0])], at) })
    }
  },
  Command(
    "hessian", "All second derivatives of a function, as a function.", [function],
    returns: "a function; it returns a tensor of the argument's shape twice",
    example: "hessian({ x in sum(x ** 4) + x[0] * x[1] })(tensor([1.0, 2.0]))"
  ) { a in
    let f = try a.function("f")
    return .native("hessian(\(f.name))", [.required("x", .tensor, "the point")]) { at in
      let point = try Tree(at["x"], "x", at)
      return .tensor(try hessian(at: point.leaves[0]) { try f.tensor(of: [point.rebuilt([$0])], at) })
    }
  },
  Command(
    "stopGradient", "The value as a constant: derivatives do not see through it.",
    [.required("x", .tensors, "a number, a tensor, or several in a tuple, list or record")],
    returns: "the same value", example: "grad({ x in x * stopGradient(x) })(3.0)  # 3"
  ) { a in
    let tree = try Tree(a["x"], "x", a)
    return tree.rebuilt(frozen(tree.leaves, name: "stopGradient"))
  },
]

private let function = Parameter.required("f", .function, "a function that returns one number")
private let map = Parameter.required("f", .function, "a function that returns a number or a tensor")
private let at = Parameter.required(
  "at", .tensors, "the point: a number, a tensor, or several in a tuple, list or record")
private let withRespectTo = Parameter.optional(
  "wrt", .either([.int, .sequence]), default: 0, "which argument, or a list of them, to differentiate by")

extension Arguments {
  /// The positions named by `wrt`, and whether they came as a list.
  fileprivate func wrt() throws -> (positions: [Int], isList: Bool) {
    (try ints("wrt"), self["wrt"].integer == nil)
  }
}

/// The value of `f` and its derivatives by the chosen arguments.
private func differentiate(
  _ f: FunctionBox, _ arguments: [Value], _ wrt: (positions: [Int], isList: Bool), _ a: Arguments
) throws -> (value: Value, gradients: Value) {
  for position in wrt.positions where position < 0 || position >= arguments.count {
    throw CommandError(
      "IndexOutOfRange", "\(a.callee): there is no argument \(position) to differentiate by",
      help: "the function was called with \(arguments.count)")
  }
  let trees = try wrt.positions.map { try Tree(arguments[$0], "argument \($0)", a) }
  let (value, gradients) = try valueAndGrad(at: trees.flatMap(\.leaves)) { leaves in
    var values = arguments
    var start = 0
    for (tree, position) in zip(trees, wrt.positions) {
      values[position] = tree.rebuilt(Array(leaves[start..<(start + tree.leaves.count)]))
      start += tree.leaves.count
    }
    return try f.tensor(of: values, a)
  }
  var start = 0
  let results = try trees.map { tree in
    defer { start += tree.leaves.count }
    return try tree.result(Array(gradients[start..<(start + tree.leaves.count)]))
  }
  return (
    trees.allSatisfy(\.isNumber) ? try plain(value) : .tensor(value),
    wrt.isList ? .tuple(results) : results[0]
  )
}

/// A scalar that no derivative outside still follows, as a number of the language.
func plain(_ tensor: Tensor) throws -> Value {
  tensor.rank == 0 && !tensor.isRecorded ? .float(try tensor.item()) : .tensor(tensor)
}
