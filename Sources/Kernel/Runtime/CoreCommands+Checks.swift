import Glibc
import Syntax
import Tensor

/// Commands by which a notebook checks its own claims.
let checkCommands: [Command] = [
  Command(
    "assert", "Fails unless a condition holds.",
    [
      .required("condition", .any, "true or false"),
      .optional("why", .any, "what it means when it does not hold"),
    ],
    returns: "none",
    errors: [
      ("AssertionFailed", "when the condition is false"),
      ("TypeMismatch", "when it is neither true nor false"),
    ], example: "assert(1 < 2, \"order\")"
  ) { a in
    guard try !Operators.truth(a["condition"]) else { return .none }
    let why = a.isNone("why") ? "" : ": " + a["why"].plainText
    throw CommandError("AssertionFailed", "assertion failed" + why, argument: "condition")
  },
  Command(
    "expectError", "Runs a closure that has to fail with a given error.",
    [
      .required("code", .string, "the name of the error, such as \"ShapeMismatch\""),
      .required("body", .function, "the closure"),
    ],
    returns: "the message of the error",
    errors: [("ExpectedError", "when the closure succeeds or fails with another error")],
    example: "expectError(\"DivisionByZero\") { 1 // 0 };", effects: [.calls("body")]
  ) { a in
    let code = try a.string("code")
    do {
      _ = try a.function("body").call([])
    } catch let error as Diagnostic {
      if error.code == "Interrupted" { throw error }
      if error.code == code { return .text(error.message) }
      throw CommandError(
        "ExpectedError", "expected \(code), but the error was \(error.code): \(error.message)",
        argument: "code")
    } catch let error as CommandError {
      if error.code == code { return .text(error.message) }
      throw CommandError("ExpectedError", "expected \(code), but the error was \(error)", argument: "code")
    } catch let error as TensorError {
      if error.languageCode == code { return .text(error.languageMessage) }
      throw CommandError(
        "ExpectedError", "expected \(code), but the error was \(error.languageCode)", argument: "code")
    }
    throw CommandError("ExpectedError", "expected \(code), but nothing failed", argument: "body")
  },
  Command(
    "isClose",
    "Whether two numbers or all elements of two tensors are equal up to a tolerance: |a - b| <= atol + rtol |b|.",
    [
      .required("a", .tensor, "numbers"), .required("b", .tensor, "numbers"),
      .optional("rtol", .number, default: 1e-5, "the relative tolerance"),
      .optional("atol", .number, default: 1e-8, "the absolute tolerance"),
    ],
    returns: "true or false; NaN is close to nothing, ∞ to itself alone",
    errors: [("ShapeMismatch", "shapes that do not fit"), ("OutOfRange", "a negative tolerance")],
    example: "isClose(0.1 + 0.2, 0.3)  # true"
  ) { a in
    let (rtol, atol) = (try a.double("rtol", atLeast: 0), try a.double("atol", atLeast: 0))
    // The tolerance of an infinite number would be infinite too.
    func areClose(_ p: Double, _ q: Double) -> Bool {
      p == q || (q.isFinite && Swift.abs(p - q) <= atol + rtol * Swift.abs(q))
    }
    if let p = a["a"].number, let q = a["b"].number {
      return .bool(areClose(p, q))
    }
    let (x, y) = (try a.tensor("a"), try a.tensor("b"))
    guard let shape = x.shape.broadcast(with: y.shape) else {
      throw TensorError(
        .shapeMismatch, in: "isClose", "\(x.shape) and \(y.shape) do not fit", shapes: [x.shape, y.shape])
    }
    let pairs = zip(try x.expanded(to: shape).doubles(), try y.expanded(to: shape).doubles())
    return .bool(pairs.allSatisfy(areClose))
  },
]
