import Tensor

/// The outputs of a function at `arguments` and their directional derivatives along `tangents` (one for each argument, of its
/// shape): the Jacobian-vector product, in forward mode.
public func jvp(
  at arguments: [Tensor], along tangents: [Tensor], _ function: ([Tensor]) throws -> [Tensor]
) throws -> (outputs: [Tensor], tangents: [Tensor]) {
  guard arguments.count == tangents.count else {
    throw TensorError(
      .invalidArgument, in: "jvp", "\(tangents.count) directions for \(arguments.count) arguments")
  }
  for (argument, tangent) in zip(arguments, tangents) where argument.shape != tangent.shape {
    throw TensorError(
      .shapeMismatch, in: "jvp",
      "a direction of shape \(tangent.shape) at a point of shape \(argument.shape)",
      shapes: [tangent.shape, argument.shape])
  }
  let line = try Linearization(of: function, at: arguments)
  let directions = try zip(tangents, arguments).map { try $0.cast(to: $1.dtype) }
  let results = try line.pushforward(directions)
  return (line.outputs, try zip(results, line.outputs).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) })
}

/// The value of a function of one tensor and its derivative along `tangent`.
public func jvp(
  at argument: Tensor, along tangent: Tensor, _ function: (Tensor) throws -> Tensor
) throws -> (value: Tensor, tangent: Tensor) {
  let (outputs, tangents) = try jvp(at: [argument], along: [tangent]) { [try function($0[0])] }
  return (outputs[0], tangents[0])
}
