import Autodiff
import Runtime
import Tensor

/// Transforms of functions beside their derivatives: batches, samples, memory, and what a derivative does not reach.
let transformCommands: [Command] = [
  Command(
    "vmap", "A function of slices as a function of batches: run on each slice, the results stacked.",
    [
      function,
      .optional(
        "inAxes", .either([.int, .sequence]), default: 0,
        "the axis each argument is cut along, or a list with one for each; `none` gives an argument whole"),
    ],
    returns: "a function of the same arguments; it returns a tensor with the slices as first axis",
    errors: [("ShapeMismatch", "arguments of different extents, or results of different shapes")],
    example: "vmap({ x, y in x @ y })(ones([3, 2]), ones([3, 2]))", effects: [.calls("f")]
  ) { a in
    let f = try a.function("f")
    let axes = try a.inAxes()
    return .native("vmap(\(f.name))", [.rest("arguments", .any, "the arguments of the function")]) { call in
      let arguments = call.rest("arguments")
      let mapped = try axes.positions(for: arguments.count, call)
      let cut = try mapped.map { position, axis in
        guard let tensor = try arguments[position].asTensor(), tensor.rank > 0 else {
          throw CommandError(
            "TypeMismatch", "\(call.callee): argument \(position) has no axis to cut along",
            help: "say so with inAxes, as in `vmap(f, inAxes: [0, none])`")
        }
        return try tensor.movingAxis(axis, to: 0)
      }
      return .tensor(
        try vmap(over: cut) { slices in
          var values = arguments
          for (slice, (position, _)) in zip(slices, mapped) { values[position] = .tensor(slice) }
          return try f.tensor(of: values, call)
        })
    }
  },
  Command(
    "perSampleGrad", "The gradient of each sample's loss by the parameters, as a function.",
    [.required("f", .function, "the loss of (parameters, sample…), one number")],
    returns: "a function of (parameters, batch…); it returns derivatives with the samples as first axis",
    errors: [("ShapeMismatch", "batches of different extents")],
    example: "perSampleGrad({ w, x in sum(w * x) ** 2 })(tensor([1.0, 2.0]), [[1.0, 0.0], [0.0, 1.0]])",
    effects: [.calls("f")]
  ) { a in
    let f = try a.function("f")
    return .native(
      "perSampleGrad(\(f.name))",
      [
        .required("parameters", .tensors, "the parameters"),
        .rest("batch", .tensor, "tensors whose first axis is the samples"),
      ]
    ) { call in
      let point = try Tree(call["parameters"], "parameters", call)
      let batch = try call.rest("batch").map {
        guard let tensor = try $0.asTensor() else { throw call.mismatch("batch", expected: "tensors") }
        return tensor
      }
      return point.rebuilt(
        try perSampleGradients(at: point.leaves, over: batch) { parameters, sample in
          try f.tensor(of: [point.rebuilt(parameters)] + sample.map { .tensor($0) }, call)
        })
    }
  },
  Command(
    "gnvp", "The product Jᵀ H J v of the Gauss-Newton matrix with a direction, without forming the matrix.",
    [
      .required("f", .function, "the model: the parameters to the outputs, of Jacobian J"),
      .required("loss", .function, "the loss: the outputs to one number, of Hessian H"), at,
      .required("v", .tensors, "the direction, of the shape of the point"),
    ],
    returns: "of the shape of the point", errors: [("ShapeMismatch", "point and direction differ in shape")],
    example: "gnvp({ w in w ** 2 }, { y in sum(y ** 2) }, at: tensor([1.0, 2.0]), tensor([1.0, 0.0]))",
    effects: [.calls("f"), .calls("loss")]
  ) { a in
    let (f, loss) = (try a.function("f"), try a.function("loss"))
    let point = try Tree(a["at"], "at", a)
    let direction = try Tree(a["v"], "v", a)
    for (x, v) in zip(point.leaves, direction.leaves) where x.shape != v.shape {
      throw a.error(
        "ShapeMismatch", "v", "has a direction of shape \(v.shape) at a point of shape \(x.shape)")
    }
    let directions = try zip(direction.leaves, point.leaves).map { try $0.cast(to: $1.dtype) }
    guard directions.count == point.leaves.count, directions.count == direction.leaves.count else {
      throw a.error("ShapeMismatch", "v", "must have the structure of the point")
    }
    return try point.result(
      gaussNewtonProduct(
        at: point.leaves, along: directions, outputs: { [try f.tensor(of: [point.rebuilt($0)], a)] },
        loss: { try loss.tensor(of: [.tensor($0[0])], a) }))
  },
  Command(
    "checkpoint",
    "A function that keeps only its arguments for the derivative and runs again when it is taken.",
    [
      .required(
        "f", .function, "a function that returns a tensor, the same whenever the arguments are the same")
    ],
    returns: "a function of the same arguments: less memory, more time, the same results",
    errors: [("NotDifferentiable", "the function uses a captured value whose derivative is being taken")],
    example: "grad({ x in sum(checkpoint({ y in exp(sin(y)) })(x)) })(tensor([0.0, 1.0]))",
    effects: [.calls("f")]
  ) { a in
    let f = try a.function("f")
    return .native("checkpoint(\(f.name))", [.rest("arguments", .any, "the arguments of the function")]) {
      call in
      let leaves = FloatingLeaves(call.rest("arguments"))
      return .tensor(
        try checkpoint(leaves.tensors) { try f.tensor(of: leaves.rebuilt($0), call) })
    }
  },
  Command(
    "detectAnomaly", "Runs a closure and stops at the first tensor operation that gives NaN or an infinity.",
    [.required("body", .function, "what to run, derivatives included")],
    returns: "what the closure returns",
    errors: [("NotFinite", "naming the operation, the element, and the derivative it was met in")],
    example: "detectAnomaly { grad({ x in sum(log(x)) })(tensor([1.0, 2.0])) }", effects: [.calls("body")]
  ) { a in
    let body = try a.function("body")
    return try detectAnomaly { try body.call([]) }
  },
  Command(
    "unusedParameters", "The parameters that a function's value does not depend on.",
    [
      .required("f", .function, "a function of the parameters, such as a loss"),
      .required("at", .tensors, "the parameters: tensors in a record, a list or a tuple"),
    ],
    returns: "a list of their paths, such as \"blocks[0].weight\"",
    example: "unusedParameters({ p in sum(p.w ** 2) }, at: {w: ones([2]), b: ones([2])})  # [\"b\"]",
    effects: [.calls("f")]
  ) { a in
    let f = try a.function("f")
    let point = try Tree(a["at"], "at", a)
    let used = try dependencies(at: point.leaves) { try f.tensor(of: [point.rebuilt($0)], a) }
    return .list(zip(point.paths("at"), used).filter { !$0.1 }.map { .text($0.0) })
  },
]

private let function = Parameter.required("f", .function, "the function")
private let at = Parameter.required(
  "at", .tensors, "the point: a number, a tensor, or several in a tuple, list or record")

/// The axis each argument of a mapped function is cut along.
private enum MappedAxes {
  case all(Int)
  case each([Int?])

  /// The positions of the arguments that are cut, each with its axis.
  func positions(for count: Int, _ a: Arguments) throws -> [(position: Int, axis: Int)] {
    switch self {
    case .all(let axis): return (0..<count).map { ($0, axis) }
    case .each(let axes):
      guard axes.count == count else {
        throw CommandError(
          "WrongCount", "\(a.callee): `inAxes` names \(axes.count) axes, the call has \(count)",
          help: "one entry for each argument; `none` gives an argument whole")
      }
      return axes.enumerated().compactMap { position, axis in axis.map { (position, $0) } }
    }
  }
}

extension Arguments {
  fileprivate func inAxes() throws -> MappedAxes {
    if let axis = self["inAxes"].integer { return .all(axis) }
    return .each(
      try sequence("inAxes").map {
        if case .none = $0 { return nil }
        guard let axis = $0.integer else { throw mismatch("inAxes", expected: "axes, or none") }
        return axis
      })
  }
}
