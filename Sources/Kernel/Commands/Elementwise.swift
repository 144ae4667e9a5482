import Runtime
import Tensor

/// A function of real numbers that a tensor takes element by element. A plain number is worked out in f64 and comes back as
/// a number.
/// - Parameter returns: what comes back for a tensor.
func elementwise(
  _ name: String, _ summary: String, _ example: String, _ options: [Parameter] = [],
  returns: String = "a tensor of the same shape, f32 for integers; a float for a number",
  errors: [(code: String, when: String)] = [],
  _ body: @escaping (Tensor, Arguments) throws -> Tensor
) -> Command {
  Command(
    name, summary, [.required("x", .tensor, "a tensor or a number")] + options,
    returns: returns, errors: errors, example: example
  ) { a in
    guard let number = a.plainNumber("x") else { return .tensor(try body(a.tensor("x"), a)) }
    return try plainResult(body(.scalar(number, dtype: .f64), a))
  }
}

/// A function of two real numbers that tensors take element by element, with their shapes broadcast. A plain number takes the
/// dtype of the tensor beside it.
func elementwisePair(
  _ name: String, _ summary: String, _ parameters: (String, String), _ example: String,
  integers: ((Int, Int) -> Int)? = nil, _ body: @escaping (Tensor, Tensor) throws -> Tensor
) -> Command {
  Command(
    name, summary,
    [
      .required(parameters.0, .tensor, "a tensor or a number"),
      .required(parameters.1, .tensor, "a tensor or a number"),
    ],
    returns: "a tensor of the common shape; a number for numbers",
    errors: [("ShapeMismatch", "shapes that do not fit")], example: example
  ) { a in
    if let integers, case .int(let p) = a[parameters.0], case .int(let q) = a[parameters.1] {
      return .int(integers(p, q))
    }
    let (first, second) = try a.operands(parameters.0, parameters.1)
    let result = try body(first, second)
    let isNumber = a.plainNumber(parameters.0) != nil && a.plainNumber(parameters.1) != nil
    return isNumber ? try plainResult(result) : .tensor(result)
  }
}

/// What a function gives that knows integers.
let sameKind = "a tensor of the same shape and dtype; a float for a number"

/// A scalar as the number or truth value it stands for.
private func plainResult(_ tensor: Tensor) throws -> Value {
  tensor.dtype == .bool && tensor.rank == 0 ? .bool(try tensor.item() != 0) : try plain(tensor)
}

extension Arguments {
  /// The argument when it is a number of the language and not a tensor.
  func plainNumber(_ name: String) -> Double? {
    switch self[name] {
    case .int(let value): Double(value)
    case .float(let value): value
    default: nil
    }
  }

  /// Two tensors that meet element by element. Numbers are weak, as beside an operator: they take the dtype of the other side,
  /// f64 when that is a number too, so that 0.1 beside an f64 tensor keeps its digits.
  func operands(_ first: String, _ second: String) throws -> (Tensor, Tensor) {
    func weak(_ number: Double, beside other: DType) throws -> Tensor {
      if other.isFloating { return try .scalar(number, dtype: other) }
      return try .scalar(number, dtype: Int32(exactly: number) != nil ? .i32 : .f32)
    }
    switch (plainNumber(first), plainNumber(second)) {
    case (nil, nil): return (try tensor(first), try tensor(second))
    case (let p?, nil):
      let q = try tensor(second)
      return (try weak(p, beside: q.dtype), q)
    case (nil, let q?):
      let p = try tensor(first)
      return (p, try weak(q, beside: p.dtype))
    case (let p?, let q?): return (try .scalar(p, dtype: .f64), try .scalar(q, dtype: .f64))
    }
  }
}

extension Command {
  /// The same command with its own name in the errors of the library, which knows `cumprod` as `cumulativeProduct`. Not for
  /// commands that call functions of the user, whose errors have names of their own.
  var namingErrors: Command {
    Command(
      name, summary, parameters, returns: returns, errors: errors, example: example, effects: effects,
      makes: makes
    ) { a in
      do {
        return try body(a)
      } catch var error as TensorError {
        error.operation = name
        throw error
      }
    }
  }
}
