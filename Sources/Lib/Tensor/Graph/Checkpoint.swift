/// A piece of a computation that is run again when its derivative is asked for, instead of being kept.
enum Checkpoint {
  /// The piece. It is called on the thread that differentiates and never leaves it.
  struct Body: @unchecked Sendable {
    let function: ([Tensor]) throws -> Tensor
  }

  static let primitive: GeneralPrimitive<Body> = .init(
    fused: "checkpoint",
    evaluate: { inputs, body in
      let result = try body.function(inputs.map(\.detached))
      guard recordedTrace(result) == 0 else {
        throw TensorError(
          .notDifferentiable, in: "checkpoint",
          "the function uses a value it captured, which has a derivative",
          help: "pass everything that has a derivative among the inputs")
      }
      return result
    },
    reference: { inputs, body in try body.function(inputs) },
    samples: {
      [
        .init([([2, 3], .real), ([3], .real)]) { inputs in
          try checkpoint(inputs) { try ($0[0] * $0[1]).tanh() * $0[1].exp() }
        }
      ]
    })

  static let all: [Primitive] = [primitive]
}

/// The result of `function` at `inputs`, of which only the inputs are kept for the derivative: the function runs once more when that
/// is taken (Chen et al. 2016). It trades time for memory; values and derivatives of every order are the same.
/// - function: gives the same result whenever it is called with the same inputs. Random numbers belong among the inputs.
/// - Throws: `notDifferentiable` when the function captured a value whose derivative is being taken: it would be lost.
public func checkpoint(_ inputs: [Tensor], _ function: @escaping ([Tensor]) throws -> Tensor) throws -> Tensor
{
  guard inputs.contains(where: { recordedTrace($0) != 0 }) else { return try function(inputs) }
  return try Checkpoint.primitive(inputs, Checkpoint.Body(function: function))
}
