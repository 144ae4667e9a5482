import Runtime
import Tensor

/// Elementwise and row functions beyond those of the core.
let tensorFunctionCommands: [Command] = [
  Command(
    "where", "One of two values, by a condition, elementwise.",
    [
      .required("condition", .tensor, "truth values"), .required("a", .tensor, "where true"),
      .required("b", .tensor, "where false"),
    ],
    returns: "a tensor of the common shape", errors: [("ShapeMismatch", "shapes that do not fit")],
    example: "where(tensor([1, -1]) > 0, 1.0, 0.0)"
  ) { a in .tensor(try a.tensor("condition").choose(a.tensor("a"), a.tensor("b"))) },
  elementwise("sigmoid", "1 / (1 + e^-x)", "sigmoid(tensor([0.0]))") { try $0.sigmoid() },
  elementwise("softplus", "ln(1 + e^x), without overflow.", "softplus(tensor([0.0]))") { try $0.softplus() },
  elementwise("relu", "max(x, 0); the derivative at 0 is 0.", "relu(tensor([-1.0, 2.0]))") { try $0.relu() },
  elementwise("gelu", "x Φ(x), with the exact normal distribution function.", "gelu(tensor([-1.0, 2.0]))") {
    try $0.gelu()
  },
  elementwise("erf", "The error function.", "erf(tensor([0.5]))") { try $0.erf() },
  Command(
    "maximum", "The larger of two tensors, elementwise.", [.required("a", .tensor), .required("b", .tensor)],
    returns: "a tensor of the common shape", example: "maximum([1, 5], [3, 4])"
  ) { a in .tensor(try a.tensor("a").maximum(a.tensor("b"))) },
  Command(
    "minimum", "The smaller of two tensors, elementwise.",
    [.required("a", .tensor), .required("b", .tensor)],
    returns: "a tensor of the common shape", example: "minimum([1, 5], [3, 4])"
  ) { a in .tensor(try a.tensor("a").minimum(a.tensor("b"))) },
  Command(
    "clamp", "The elements limited to an interval.",
    [.x, .required("low", .number, "the lower limit"), .required("high", .number, "the upper limit")],
    returns: "a tensor of the same shape", example: "clamp(tensor([-2.0, 0.5, 3.0]), 0, 1)"
  ) { a in .tensor(try a.tensor("x").clamped(a.double("low"), a.double("high"))) },
  alongAxis("softmax", "Exponentials along an axis, scaled to sum to 1.", "softmax([1.0, 2.0, 3.0])") {
    try $0.softmax(axis: $1)
  },
  alongAxis("logSoftmax", "The logarithm of the softmax along an axis.", "logSoftmax([1.0, 2.0, 3.0])") {
    try $0.logSoftmax(axis: $1)
  },
  alongAxis("logSumExp", "ln Σ e^x along an axis, without overflow.", "logSumExp([1000.0, 1000.0])") {
    try $0.logSumExp(axis: $1)
  },
  Command(
    "normalize",
    "Each row less its mean, divided by its standard deviation: (x - mean) / sqrt(variance + epsilon).",
    [.x, .optional("epsilon", .number, default: 1e-5, "keeps the divisor from 0")],
    returns: "a tensor of the same shape", example: "normalize([1.0, 2.0, 3.0])"
  ) { a in .tensor(try a.floating("x").normalized(epsilon: a.double("epsilon", atLeast: 0))) },
  elementwise("isNaN", "True where an element is not a number.", "isNaN(tensor([1.0, nan]))") {
    try $0.isNaN()
  },
]

private func elementwise(
  _ name: String, _ summary: String, _ example: String, _ body: @escaping (Tensor) throws -> Tensor
) -> Command {
  Command(name, summary, [.x], returns: "a tensor of the same shape", example: example) { a in
    .tensor(try body(a.tensor("x")))
  }
}

private func alongAxis(
  _ name: String, _ summary: String, _ example: String, _ body: @escaping (Tensor, Int) throws -> Tensor
) -> Command {
  Command(
    name, summary, [.x, .optional("axis", .int, default: -1, "the axis, the last by default")],
    returns: "a tensor",
    errors: [("IndexOutOfRange", "an axis the tensor does not have")], example: example
  ) { a in .tensor(try body(a.floating("x"), a.int("axis"))) }
}

/// Losses: what a prediction costs.
let lossCommands: [Command] = [
  Command(
    "mse", "The mean squared error.",
    [.required("prediction", .tensor), .required("target", .tensor, "of the same shape")],
    returns: "a scalar",
    example: "mse([1.0, 2.0], [1.0, 4.0])"
  ) { a in
    let difference = try a.floating("prediction") - a.tensor("target")
    return .tensor(try difference.square().mean())
  },
  Command(
    "crossEntropy", "The mean of -ln p(target) under the softmax of the logits.",
    [
      .required("logits", .tensor, "(n, classes)"),
      .required("target", .tensor, "n class indices, or (n, classes) probabilities"),
    ],
    returns: "a scalar", errors: [("IndexOutOfRange", "a class that does not exist")],
    example: "crossEntropy([[2.0, 0.0], [0.0, 1.0]], [0, 1])"
  ) { a in
    let logits = try a.floating("logits")
    let target = try a.tensor("target")
    let logProbabilities = try logits.logSoftmax(axis: -1)
    if target.dtype.isFloating { return .tensor(try -(logProbabilities * target).sum([-1]).mean()) }
    let chosen = try logProbabilities.takeAlong(target.insertingAxis(-1), axis: -1)
    return .tensor(try -chosen.mean())
  },
  Command(
    "binaryCrossEntropy", "The mean of -ln p under the sigmoid of the logits: softplus(x) - x y.",
    [.required("logits", .tensor), .required("target", .tensor, "0, 1 or in between, of the same shape")],
    returns: "a scalar", example: "binaryCrossEntropy([2.0, -1.0], [1.0, 0.0])"
  ) { a in
    let logits = try a.floating("logits")
    return .tensor(try (logits.softplus() - logits * a.tensor("target")).mean())
  },
]
