import Tensor

/// The outputs of `function` at `arguments`, and its derivative there as a function of directions (one for each argument, of its shape):
/// the computation is recorded once and compiled, so that each further direction costs little more than its arithmetic. For many
/// directions at one point, as in a Krylov method; `jvp` is for one.
///
/// Of a function that is linear the derivative is the function itself: what it computes from constants is done once. One thread at a time
/// may use the derivative, which can itself be differentiated.
public func linearized(
  at arguments: [Tensor], _ function: ([Tensor]) throws -> [Tensor]
) throws -> (outputs: [Tensor], derivative: ([Tensor]) throws -> [Tensor]) {
  let line = try Linearization(of: function, at: arguments)
  let program = try LinearProgram(line)
  let derivative: ([Tensor]) throws -> [Tensor] = { directions in
    guard directions.count == arguments.count else {
      throw TensorError(
        .invalidArgument, in: "linearized", "\(directions.count) directions for \(arguments.count) arguments")
    }
    for (argument, direction) in zip(arguments, directions) where argument.shape != direction.shape {
      throw TensorError(
        .shapeMismatch, in: "linearized",
        "a direction of shape \(direction.shape) at a point of shape \(argument.shape)",
        shapes: [direction.shape, argument.shape])
    }
    let tangents = try program(zip(directions, arguments).map { try $0.cast(to: $1.dtype) })
    return try zip(tangents, line.outputs).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
  }
  return (line.outputs, derivative)
}
