import Runtime
import Tensor

/// Choices between tensors, and functions of rows.
let tensorFunctionCommands: [Command] = [
  Command(
    "where", "Where a condition holds the elements of one tensor, elsewhere those of another.",
    [
      .required("condition", .tensor, "truth values, or numbers of which 0 is false"),
      .required("a", .tensor, "a tensor or a number: what stands where it holds"),
      .required("b", .tensor, "a tensor or a number: what stands elsewhere"),
    ],
    returns: "a tensor of the shape the three broadcast to",
    errors: [("ShapeMismatch", "shapes that do not fit")],
    example: "where(tensor([1, -1]) > 0, [10, 20], 0)"
  ) { a in
    // Two numbers make a tensor of their own kind, as `tensor([…])` does; beside a tensor a number takes its dtype.
    let areNumbers = a.plainNumber("a") != nil && a.plainNumber("b") != nil
    let (first, second) = try areNumbers ? (a.tensor("a"), a.tensor("b")) : a.operands("a", "b")
    return .tensor(try a.tensor("condition").choose(first, second))
  },
  elementwisePair(
    "maximum",
    "The larger of two tensors, elementwise; NaN where either is, equal ones share the derivative.",
    ("a", "b"), "maximum([1, 5], [3, 4])", integers: max
  ) {
    try $0.maximum($1)
  },
  elementwisePair(
    "minimum",
    "The smaller of two tensors, elementwise; NaN where either is, equal ones share the derivative.",
    ("a", "b"), "minimum([1, 5], [3, 4])", integers: min
  ) {
    try $0.minimum($1)
  },
  Command(
    "clamp", "The elements limited to an interval; NaN stays NaN.",
    [
      .x, .required("low", .number, "the lower limit"),
      .required("high", .number, "the upper limit; where it is below `low`, it counts"),
    ],
    returns: "a tensor of the same shape", example: "clamp(tensor([-2.0, 0.5, 3.0]), 0, 1)"
  ) { a in .tensor(try a.tensor("x").clamped(a.double("low"), a.double("high"))) },
  alongAxis(
    "softmax", "e^x / Σ e^x along an axis: positive numbers that sum to 1, without overflow.",
    "softmax([1.0, 2.0, 3.0])"
  ) {
    try $0.softmax(axis: $1)
  },
  alongAxis(
    "logSoftmax", "x - ln Σ e^x along an axis: the logarithm of `softmax`, exact where that underflows.",
    "logSoftmax([1.0, 2.0, 1000.0])"
  ) {
    try $0.logSoftmax(axis: $1)
  },
  alongAxis(
    "logSumExp", "ln Σ e^x along an axis, without overflow.", "logSumExp([1000.0, 1000.0])",
    returns: "a tensor without the axis, f32 for integers"
  ) {
    try $0.logSumExp(axis: $1)
  },
  Command(
    "normalize",
    "Each row, along the last axis, with mean 0 and variance 1: (x - mean) / √(variance + epsilon).",
    [.x, .optional("epsilon", .number, default: 1e-5, "keeps the divisor from 0")],
    returns: "a tensor of the same shape, f32 for integers",
    errors: [("IndexOutOfRange", "a scalar, which has no rows")], example: "normalize([1.0, 2.0, 3.0])"
  ) { a in .tensor(try a.floating("x").normalized(epsilon: a.double("epsilon", atLeast: 0))) },
  Command(
    "unit", "The vectors along an axis scaled to length 1: x / max(‖x‖, epsilon); a vector of zeros stays.",
    [
      .x, .optional("axis", .int, default: -1, "the axis, the last by default"),
      .optional("epsilon", .number, default: 1e-12, "the shortest length divided by"),
    ],
    returns: "a tensor of the same shape", errors: [("IndexOutOfRange", "an axis the tensor does not have")],
    example: "unit([3.0, 4.0])"
  ) { a in
    .tensor(try a.tensor("x").unit(axis: a.int("axis"), epsilon: a.double("epsilon", atLeast: 0)))
  },
].map(\.namingErrors)

private func alongAxis(
  _ name: String, _ summary: String, _ example: String,
  returns: String = "a tensor of the same shape, f32 for integers",
  _ body: @escaping (Tensor, Int) throws -> Tensor
) -> Command {
  Command(
    name, summary, [.x, .optional("axis", .int, default: -1, "the axis, the last by default")],
    returns: returns,
    errors: [("IndexOutOfRange", "an axis the tensor does not have")], example: example
  ) { a in .tensor(try body(a.floating("x"), a.int("axis"))) }
}
