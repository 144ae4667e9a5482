import Tensor

/// The value of `function` at `arguments` and its gradient: for each argument the derivative of the result's only element,
/// zeros where the result does not depend on it. Throws `shapeMismatch` when the result is not one number.
public func valueAndGrad(
  at arguments: [Tensor], _ function: ([Tensor]) throws -> Tensor
) throws -> (value: Tensor, gradients: [Tensor]) {
  try valueAndGrad(at: arguments, isRead: true, function)
}

/// - isRead: whether anybody will read the gradient's elements; if not, it is wanted for its derivatives alone, and products are left out.
func valueAndGrad(
  at arguments: [Tensor], isRead: Bool, _ function: ([Tensor]) throws -> Tensor
) throws -> (value: Tensor, gradients: [Tensor]) {
  let line = try Linearization(of: { [try function($0)] }, at: arguments)
  let value = line.outputs[0]
  guard value.count == 1 else {
    throw TensorError(
      .shapeMismatch, in: "grad", "the function returned shape \(value.shape), a gradient needs one number",
      shapes: [value.shape], help: "reduce it, for example with sum or mean; for all derivatives use jacobian"
    )
  }
  guard value.dtype.isFloating else {
    throw TensorError(
      .notDifferentiable, in: "grad", "the function returned \(value.dtype), which has no derivative")
  }
  let cotangents = try line.pullback([.ones(value.shape, dtype: value.dtype)], isLast: true, areRead: isRead)
  return (value, try zip(cotangents, arguments).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) })
}

/// The value of a function of one tensor and its gradient there.
public func valueAndGrad(
  at argument: Tensor, _ function: (Tensor) throws -> Tensor
) throws -> (value: Tensor, gradient: Tensor) {
  let (value, gradients) = try valueAndGrad(at: [argument]) { try function($0[0]) }
  return (value, gradients[0])
}

/// The gradient of a function, as a function. Nests to any order.
public func grad(_ function: @escaping (Tensor) throws -> Tensor) -> (Tensor) throws -> Tensor {
  { argument in try valueAndGrad(at: argument, function).gradient }
}

/// The outputs of a function and its vector-Jacobian product: a function that takes cotangents of the outputs to
/// cotangents of the arguments. The recorded computation is kept, so further products cost one backward sweep each.
public func vjp(
  at arguments: [Tensor], _ function: ([Tensor]) throws -> [Tensor]
) throws -> (outputs: [Tensor], pullback: ([Tensor]) throws -> [Tensor]) {
  let line = try Linearization(of: function, at: arguments)
  let pullback: ([Tensor]) throws -> [Tensor] = { cotangents in
    guard cotangents.count == line.outputs.count else {
      throw TensorError(
        .invalidArgument, in: "vjp", "\(cotangents.count) cotangents for \(line.outputs.count) outputs")
    }
    for (cotangent, output) in zip(cotangents, line.outputs) where cotangent.shape != output.shape {
      throw TensorError(
        .shapeMismatch, in: "vjp",
        "a cotangent of shape \(cotangent.shape) for an output of shape \(output.shape)",
        shapes: [cotangent.shape, output.shape])
    }
    return try zip(line.pullback(cotangents), arguments).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
  }
  return (line.outputs, pullback)
}

/// Which of `arguments` the (single) result of `function` depends on.
public func dependencies(
  at arguments: [Tensor], _ function: ([Tensor]) throws -> Tensor
) throws -> [Bool] {
  let line = try Linearization(of: { [try function($0)] }, at: arguments)
  let value = line.outputs[0]
  return try line.pullback([.ones(value.shape, dtype: value.dtype)]).map { $0 != nil }
}
