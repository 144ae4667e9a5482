import Tensor

/// How a Hessian-vector product is composed. The results agree to rounding; the costs do not.
public enum HVPMode: String, CaseIterable, Sendable {
  /// The directional derivative of the gradient.
  case forwardOverReverse
  /// The gradient of the gradient's product with the direction.
  case reverseOverReverse
  /// The gradient of the directional derivative.
  case reverseOverForward
}

/// The product of the Hessian of `function` (one number) at `arguments` with `direction`, without forming the Hessian.
public func hvp(
  at arguments: [Tensor], along direction: [Tensor], mode: HVPMode = .forwardOverReverse,
  _ function: ([Tensor]) throws -> Tensor
) throws -> [Tensor] {
  switch mode {
  case .forwardOverReverse:
    return try jvp(at: arguments, along: direction) {
      try valueAndGrad(at: $0, isRead: false, function).gradients
    }.tangents
  case .reverseOverReverse:
    return try vjp(at: arguments) { try valueAndGrad(at: $0, isRead: false, function).gradients }
      .pullback(direction)
  case .reverseOverForward:
    return try valueAndGrad(at: arguments) { inner in
      try jvp(at: inner, along: direction) { [try function($0)] }.tangents[0]
    }.gradients
  }
}

/// The product of the Hessian of a function of one tensor with `direction`.
public func hvp(
  at argument: Tensor, along direction: Tensor, mode: HVPMode = .forwardOverReverse,
  _ function: (Tensor) throws -> Tensor
) throws -> Tensor {
  try hvp(at: [argument], along: [direction], mode: mode) { try function($0[0]) }[0]
}

/// The product Jᵀ H J v of the Gauss-Newton matrix with `direction`, where J is the Jacobian of `outputs` (a model) at `arguments` and H
/// the Hessian of `loss` (one number) at those outputs (Schraudolph 2002). For a convex loss it is positive semi-definite, and it
/// is the Hessian where the outputs are linear in the arguments or the loss is stationary.
public func gaussNewtonProduct(
  at arguments: [Tensor], along direction: [Tensor], outputs: ([Tensor]) throws -> [Tensor],
  loss: ([Tensor]) throws -> Tensor
) throws -> [Tensor] {
  guard arguments.count == direction.count else {
    throw TensorError(
      .invalidArgument, in: "gaussNewtonProduct",
      "\(direction.count) directions for \(arguments.count) arguments")
  }
  let line = try Linearization(of: outputs, at: arguments)
  let tangents = try zip(line.pushforward(direction), line.outputs).map {
    try $0 ?? .zeros($1.shape, dtype: $1.dtype)
  }
  let bent = try hvp(at: line.outputs, along: tangents, loss)
  return try zip(line.pullback(bent), arguments).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
}

/// All first derivatives of a function of one tensor, of its type: shape of the result followed by shape of the argument. Rows are
/// taken in reverse mode, or columns in forward mode where there are fewer of them.
public func jacobian(at argument: Tensor, _ function: (Tensor) throws -> Tensor) throws -> Tensor {
  let line = try Linearization(of: { [try function($0[0])] }, at: [argument])
  let output = line.outputs[0]
  let shape = try Shape(Array(output.shape) + Array(argument.shape), in: "jacobian")
  // What will not fit is refused now and not after hours of rows.
  try Tensor.checkRoom(for: shape, dtype: argument.dtype, in: "jacobian")
  guard output.count > 0, argument.count > 0 else { return try .zeros(shape, dtype: argument.dtype) }
  if output.count <= argument.count {
    let rows = try (0..<output.count).map { index in
      try line.pullback([unit(index, like: output)])[0] ?? .zeros(argument.shape, dtype: argument.dtype)
    }
    return try Tensor.stacked(rows).reshaped(shape)
  }
  let columns = try (0..<argument.count).map { index in
    try line.pushforward([unit(index, like: argument)])[0] ?? .zeros(output.shape, dtype: output.dtype)
  }
  let matrix = try Tensor.stacked(columns.map { try $0.reshaped([output.count]) }, axis: 1)
  return try matrix.cast(to: argument.dtype).reshaped(shape)
}

/// All second derivatives of a function (one number) of one tensor: the argument's shape twice.
public func hessian(at argument: Tensor, _ function: (Tensor) throws -> Tensor) throws -> Tensor {
  try jacobian(at: argument) { try valueAndGrad(at: $0, function).gradient }
}

/// Zeros with a 1 at position `index` in row-major order.
private func unit(_ index: Int, like tensor: Tensor) throws -> Tensor {
  var values = [Double](repeating: 0, count: tensor.count)
  values[index] = 1
  return try Tensor(values, shape: tensor.shape).cast(to: tensor.dtype)
}
