@testable import Tensor

/// How the recorded operations are called here: one row an operation.
enum OracleTable {
  typealias Call = @Sendable ([Tensor], RecordedCase.Attributes) throws -> Tensor

  static let all: [String: Call] = [
    unary, binary, numbers, reductions, structure, creation, products, spatial, activations, arrangement,
    orders,
    linearAlgebra, losses,
  ]
  .reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  private static let unary: [String: Call] = [
    "neg": { x, _ in try -x[0] },
    "abs": { x, _ in try x[0].abs() },
    "sign": { x, _ in try x[0].sign() },
    "relu": { x, _ in try x[0].relu() },
    "square": { x, _ in try x[0].square() },
    "floor": { x, _ in try x[0].floor() },
    "ceil": { x, _ in try x[0].ceil() },
    "round": { x, _ in try x[0].rounded() },
    "exp": { x, _ in try x[0].exp() },
    "expm1": { x, _ in try x[0].expm1() },
    "log": { x, _ in try x[0].log() },
    "log1p": { x, _ in try x[0].log1p() },
    "sqrt": { x, _ in try x[0].sqrt() },
    "sin": { x, _ in try x[0].sin() },
    "cos": { x, _ in try x[0].cos() },
    "tan": { x, _ in try x[0].tan() },
    "tanh": { x, _ in try x[0].tanh() },
    "sigmoid": { x, _ in try x[0].sigmoid() },
    "softplus": { x, _ in try x[0].softplus() },
    "erf": { x, _ in try x[0].erf() },
    "gelu": { x, _ in try x[0].gelu() },
    "reciprocal": { x, _ in try x[0].reciprocal() },
    "isNaN": { x, _ in try x[0].isNaN() },
    "isFinite": { x, _ in try x[0].isFinite() },
    "not": { x, _ in try x[0].logicalNot() },
    "cast": { x, a in try x[0].cast(to: a.dtype()) },
  ]

  private static let binary: [String: Call] = [
    "add": { x, _ in try x[0] + x[1] },
    "subtract": { x, _ in try x[0] - x[1] },
    "multiply": { x, _ in try x[0] * x[1] },
    "divide": { x, _ in try x[0] / x[1] },
    "power": { x, _ in try x[0].power(x[1]) },
    "powerAtCorners": { x, _ in try x[0].power(x[1]) },
    "maximum": { x, _ in try x[0].maximum(x[1]) },
    "minimum": { x, _ in try x[0].minimum(x[1]) },
    "floorDivide": { x, _ in try x[0].floorDivided(by: x[1]) },
    "remainder": { x, _ in try x[0].remainder(by: x[1]) },
    "equal": { x, _ in try x[0].equal(x[1]) },
    "notEqual": { x, _ in try x[0].notEqual(x[1]) },
    "less": { x, _ in try x[0].less(x[1]) },
    "lessOrEqual": { x, _ in try x[0].lessOrEqual(x[1]) },
    "greater": { x, _ in try x[0].greater(x[1]) },
    "greaterOrEqual": { x, _ in try x[0].greaterOrEqual(x[1]) },
    "and": { x, _ in try x[0].logicalAnd(x[1]) },
    "or": { x, _ in try x[0].logicalOr(x[1]) },
    "where": { x, _ in try x[0].choose(x[1], x[2]) },
  ]

  private static let numbers: [String: Call] = [
    "addNumber": { x, a in try x[0] + a.number("number") },
    "subtractNumber": { x, a in try x[0] - a.number("number") },
    "multiplyNumber": { x, a in try x[0] * a.number("number") },
    "divideNumber": { x, a in try x[0] / a.number("number") },
    "numberAdd": { x, a in try a.number("number") + x[0] },
    "numberSubtract": { x, a in try a.number("number") - x[0] },
    "numberMultiply": { x, a in try a.number("number") * x[0] },
    "numberDivide": { x, a in try a.number("number") / x[0] },
    "powerNumber": { x, a in try x[0].power(a.number("number")) },
    "powerNumber1": { x, a in try x[0].power(a.number("number")) },
    "powerNumber2": { x, a in try x[0].power(a.number("number")) },
    "powerNumberFraction": { x, a in try x[0].power(a.number("number")) },
    "equalNumber": { x, a in try x[0].equal(a.number("number")) },
    "greaterNumber": { x, a in try x[0].greater(a.number("number")) },
    "lessNumber": { x, a in try x[0].less(a.number("number")) },
    "clamp": { x, a in
      let bounds = a.lists["bounds"] ?? []
      return try x[0].clamped(bounds[0], bounds[1])
    },
  ]

  private static let reductions: [String: Call] = [
    "sum": { x, a in try x[0].sum(a.ints("axes"), keep: a.keep) },
    "mean": { x, a in try x[0].mean(a.ints("axes"), keep: a.keep) },
    "variance": { x, a in try x[0].variance(a.ints("axes"), keep: a.keep) },
    "varianceWithCorrection": { x, a in try x[0].variance(a.ints("axes"), ddof: a.int("ddof")) },
    "norm": { x, a in try x[0].norm(a.ints("axes"), keep: a.keep) },
    "product": { x, a in try x[0].product(a.ints("axes"), keep: a.keep) },
    "max": { x, a in try x[0].max(a.ints("axes"), keep: a.keep) },
    "min": { x, a in try x[0].min(a.ints("axes"), keep: a.keep) },
    "any": { x, a in try x[0].any(a.ints("axes")) },
    "all": { x, a in try x[0].all(a.ints("axes")) },
    "argmax": { x, a in try x[0].argMax(axis: a.ints("axis")?.first) },
    "argmin": { x, a in try x[0].argMin(axis: a.ints("axis")?.first) },
    "argsort": { x, _ in try x[0].argSort() },
    "cumsum": { x, a in try x[0].cumulativeSum(axis: a.axis()) },
    "softmax": { x, a in try x[0].softmax(axis: a.axis()) },
    "logSoftmax": { x, a in try x[0].logSoftmax(axis: a.axis()) },
    "logSumExp": { x, a in try x[0].logSumExp(axis: a.axis()) },
    "logSumExpKept": { x, a in try x[0].logSumExp(axis: a.axis(), keep: true) },
    "normalize": { x, _ in try x[0].normalized() },
    "normalizeWithEpsilon": { x, a in try x[0].normalized(epsilon: a.number("epsilon")) },
  ]

  private static let structure: [String: Call] = [
    "reshape": { x, a in try x[0].reshaped(a.shape) },
    "permute": { x, a in try x[0].permuted(a.ints("order") ?? []) },
    "transpose": { x, _ in try x[0].transposed() },
    "expand": { x, a in try x[0].expanded(to: Shape(a.shape)) },
    "insertAxis": { x, a in try x[0].insertingAxis(a.axis()) },
    "squeeze": { x, a in try x[0].squeezed(a.ints("axes")) },
    "narrow": { x, a in
      let range = a.ints("range") ?? []
      return try x[0].narrowed(axis: range[0], start: range[1], count: range[2])
    },
    "slice": { x, a in
      let n = a.ints("slices") ?? []
      return try x[0].sliced(
        stride(from: 0, to: n.count, by: 3).map { AxisSlice(start: n[$0], step: n[$0 + 1], count: n[$0 + 2]) }
      )
    },
    "flip": { x, a in try x[0].flipped(a.ints("axes")) },
    "pad": { x, a in
      let n = a.ints("pads") ?? []
      return try x[0].padded(stride(from: 0, to: n.count, by: 2).map { (before: n[$0], after: n[$0 + 1]) })
    },
    "concat": { x, a in try Tensor.concatenated(x, axis: a.axis()) },
    "stack": { x, a in try Tensor.stacked(x, axis: a.axis()) },
    "split": { x, a in
      let pieces = try x[0].split(a.ints("sizes") ?? [], axis: a.axis())
      return try Tensor.concatenated(Array(pieces.dropFirst(a.int("piece")).prefix(1)), axis: a.axis())
    },
    "take": { x, a in try x[0].take(x[1], axis: a.axis()) },
    "takeAlong": { x, a in try x[0].takeAlong(x[1], axis: a.axis()) },
    "nonzeroIndices": { x, _ in try x[0].nonzeroIndices() },
  ]

  private static let creation: [String: Call] = [
    "full": { _, a in
      let (shape, number, dtype) = try (Shape(a.shape), a.number("number"), a.dtype())
      switch number {
      case 0: return try .zeros(shape, dtype: dtype)
      case 1: return try .ones(shape, dtype: dtype)
      default: return try shape.isEmpty ? .scalar(number, dtype: dtype) : .full(shape, number, dtype: dtype)
      }
    },
    "eye": { _, a in try .eye(a.int("size"), dtype: a.dtype()) },
    "arange": { _, a in
      let n = a.lists["numbers"] ?? []
      return try .arange(n[0], n[1], step: n[2], dtype: a.dtype())
    },
    "linspace": { _, a in
      let n = a.lists["numbers"] ?? []
      return try .linspace(n[0], n[1], count: Int(n[2]), dtype: a.dtype())
    },
  ]

  private static let products: [String: Call] = [
    "matmul": { x, _ in try x[0].matmul(x[1]) },
    "matmulTransposed": { x, _ in try x[0].transposed().matmul(x[1].transposed()) },
    "matmulSpecial": { x, _ in try x[0].matmul(x[1]) },
  ]
}
