import Glibc
import Tensor

/// Functions of numbers that work on tensors element by element.
let numberCommands: [Command] =
  [
    elementwise("sqrt", "The square root.", Glibc.sqrt, { try $0.sqrt() }, "sqrt(2.25)  # 1.5"),
    elementwise("exp", "The exponential.", Glibc.exp, { try $0.exp() }, "exp(0)  # 1.0"),
    elementwise("expm1", "exp(x) - 1, accurate near 0.", Glibc.expm1, { try $0.expm1() }, "expm1(0)  # 0.0"),
    elementwise("log", "The natural logarithm.", Glibc.log, { try $0.log() }, "log(1)  # 0.0"),
    elementwise("log1p", "log(1 + x), accurate near 0.", Glibc.log1p, { try $0.log1p() }, "log1p(0)  # 0.0"),
    elementwise("sin", "The sine.", Glibc.sin, { try $0.sin() }, "sin(0)  # 0.0"),
    elementwise("cos", "The cosine.", Glibc.cos, { try $0.cos() }, "cos(0)  # 1.0"),
    elementwise("tan", "The tangent.", Glibc.tan, { try $0.tan() }, "tan(0)  # 0.0"),
    elementwise("tanh", "The hyperbolic tangent.", Glibc.tanh, { try $0.tanh() }, "tanh(0)  # 0.0"),
    elementwise("erf", "The error function.", Glibc.erf, { try $0.erf() }, "erf(0)  # 0.0"),
    elementwise(
      "sigmoid", "1 / (1 + exp(-x)).", { 1 / (1 + Glibc.exp(-$0)) }, { try $0.sigmoid() }, "sigmoid(0)  # 0.5"
    ),
    rounding("floor", "The largest integer not above x.", .down, { try $0.floor() }, "floor(1.7)  # 1"),
    rounding("ceil", "The smallest integer not below x.", .up, { try $0.ceil() }, "ceil(1.2)  # 2"),
    Command(
      "round", "The nearest integer, or decimal of so many digits, ties to even.",
      [
        .required("x", .tensor, "a number or a tensor"),
        .optional("digits", .int, "the decimals that stay, up to 60; the result for a float is then a float"),
      ],
      returns: "an integer for a number, a tensor of the same dtype for a tensor",
      errors: [("OutOfRange", "when a number does not fit an integer")], example: "round(2.675, 1)  # 2.7"
    ) { a in
      guard let digits = try a.optional("digits", { try a.int($0, atLeast: 0, atMost: 60) }) else {
        return try rounded(a, .toNearestOrEven) { try $0.rounded() }
      }
      return switch a[0] {
      case .int: a[0]
      case .float(let value): .float(decimal(value, digits))
      default: .tensor(try decimal(a.tensor("x"), digits))
      }
    },
    Command(
      "abs", "The absolute value.", [.required("x", .tensor, "a number or a tensor")],
      returns: "the same kind",
      example: "abs(-3)  # 3",
      fast: { place in
        if case .float(let value) = place.pointee { return .float(Swift.abs(value)) }
        if case .int(let value) = place.pointee, value != .min { return .int(Swift.abs(value)) }
        return nil
      }
    ) { a in
      if case .int = a[0] {
        throw CommandError("IntegerOverflow", "abs: the result does not fit a 64-bit integer")
      }
      return .tensor(try a.tensor("x").abs())
    },
  ] + [
    extreme(
      "max", "The largest of the elements of one value, or of several numbers.", isMax: true,
      "max(3, 1, 2)  # 3"),
    extreme(
      "min", "The smallest of the elements of one value, or of several numbers.", isMax: false,
      "min([3, 1, 2])  # 1"),
    Command(
      "sum", "The sum of the elements.",
      [
        .required("x", .tensor, "a list of numbers or a tensor"),
        .optional("axis", .either([.int, .sequence]), "the axis or axes to sum over; all when not given"),
        .optional("keep", .bool, default: false, "whether summed axes stay with extent 1"),
      ],
      returns: "a number for a list of numbers, else a tensor", example: "sum([1, 2, 3])  # 6"
    ) { a in
      if a.isNone("axis"), let total = try Value.sum(a["x"]) { return total }
      return .tensor(try a.tensor("x").sum(a.optional("axis") { try a.ints($0) }, keep: a.bool("keep")))
    },
  ]

/// A function of one real number that a tensor takes element by element.
private func elementwise(
  _ name: String, _ summary: String, _ scalar: @escaping (Double) -> Double,
  _ tensor: @escaping (Tensor) throws -> Tensor,
  _ example: String
) -> Command {
  Command(
    name, summary, [.required("x", .tensor, "a number or a tensor")],
    returns: "a float for a number, a tensor of the same shape for a tensor", example: example,
    fast: { place in
      switch place.pointee {
      case .float(let value): .float(scalar(value))
      case .int(let value): .float(scalar(Double(value)))
      default: nil
      }
    }
  ) { a in
    switch a[0] {
    case .float(let value): .float(scalar(value))
    case .int(let value): .float(scalar(Double(value)))
    default: .tensor(try tensor(a.tensor("x")))
    }
  }
}

/// Rounding: numbers become integers, tensors keep their dtype.
private func rounding(
  _ name: String, _ summary: String, _ rule: FloatingPointRoundingRule,
  _ tensor: @escaping (Tensor) throws -> Tensor,
  _ example: String
) -> Command {
  Command(
    name, summary, [.required("x", .tensor, "a number or a tensor")],
    returns: "an integer for a number, a tensor of the same dtype for a tensor",
    errors: [("OutOfRange", "when a number does not fit an integer")], example: example
  ) { a in try rounded(a, rule, tensor) }
}

private func rounded(
  _ a: Arguments, _ rule: FloatingPointRoundingRule, _ tensor: (Tensor) throws -> Tensor
) throws -> Value {
  switch a[0] {
  case .int: return a[0]
  case .float(let value):
    guard let whole = Int(exactly: value.rounded(rule)) else {
      throw a.error("OutOfRange", "x", "is not within integers: \(value)")
    }
    return .int(whole)
  default: return .tensor(try tensor(a.tensor("x")))
  }
}

/// The decimal of so many digits nearest to the number's exact value.
private func decimal(_ value: Double, _ digits: Int) -> Double {
  value.isFinite ? Double(NumberFormat.print("%.*f", Int32(digits), value)) ?? value : value
}

/// The same for every element, within the rounding of a product; elements too large to have such digits stay as they are.
private func decimal(_ x: Tensor, _ digits: Int) throws -> Tensor {
  guard x.dtype.isFloating else { return x }
  let scale = Glibc.pow(10, Double(digits))
  let limit = (x.dtype == .f32 ? 0x1p24 : 0x1p53) / scale
  return try x.abs().less(limit).choose((x * scale).rounded() / scale, x)
}

private func extreme(_ name: String, _ summary: String, isMax: Bool, _ example: String) -> Command {
  Command(
    name, summary,
    [
      .required("x", .any, "numbers in a list, a tensor, or the first of several numbers"),
      .rest("others", .any, "further numbers or tensors; tensors compare element by element"),
      .optional(
        "axis", .either([.int, .sequence]), "the axis or axes of a tensor to reduce; all when not given"),
      .optional("keep", .bool, default: false, "whether reduced axes stay with extent 1"),
    ],
    returns: "the element, or a tensor", errors: [("EmptySequence", "when there are no elements")],
    example: example
  ) { a in
    var candidates = [a["x"]] + a.rest("others")
    if candidates.contains(where: { if case .tensor = $0 { true } else { false } }) {
      guard candidates.count > 1 else {
        let axes = try a.optional("axis") { try a.ints($0) }
        let (x, keep) = (try a.tensor("x"), try a.bool("keep"))
        return .tensor(isMax ? try x.max(axes, keep: keep) : try x.min(axes, keep: keep))
      }
      return try candidates.dropFirst().reduce(candidates[0]) { best, next in
        guard let p = try best.asTensor(), let q = try next.asTensor() else {
          throw a.mismatch("x", expected: "numbers or tensors")
        }
        return .tensor(isMax ? try p.maximum(q) : try p.minimum(q))
      }
    }
    if candidates.count == 1 {
      guard let elements = try a["x"].elementsInOrder() else {
        throw a.mismatch("x", expected: "a list or several numbers")
      }
      candidates = elements
    }
    guard var best = candidates.first else { throw a.error("EmptySequence", "x", "has no elements") }
    for candidate in candidates.dropFirst() {
      // NaN compares with nothing and wins, so that it is not lost.
      guard let order = try Operators.order(candidate, best) else {
        if let number = candidate.number, number.isNaN { return candidate }
        if let number = best.number, number.isNaN { return best }
        throw a.error(
          "TypeMismatch", "x",
          "has elements that cannot be compared: \(best.article) and \(candidate.article)")
      }
      if isMax ? order > 0 : order < 0 { best = candidate }
    }
    return best
  }
}

extension Value {
  /// The sum of a list of plain numbers; nil when there is anything else.
  fileprivate static func sum(_ value: Value) throws -> Value? {
    let elements: [Value]
    switch value {
    case .list(let box): elements = box.elements
    case .range: elements = try value.elementsInOrder() ?? []
    default: return nil
    }
    var total = Value.int(0)
    for element in elements {
      switch element {
      case .int, .float, .tensor: total = try Operators.apply(.add, total, element)
      case .bool(let truth): total = try Operators.apply(.add, total, .int(truth ? 1 : 0))
      default: return nil
      }
    }
    return total
  }
}
