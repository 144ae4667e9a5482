import Runtime
import Tensor

/// Sorting, order statistics and running reductions.
let orderCommands: [Command] = [
  Command(
    "sort", "The elements of an axis in order, and where they were; equal ones keep their order.",
    [.x, .lastAxis, .descending],
    returns:
      "a tuple (values, indices); NaN counts as largest, the derivative goes to where a value came from",
    errors: [("IndexOutOfRange", "an axis the tensor does not have")],
    example: "(values, indices) = sort([3, 1, 2])"
  ) { a in
    let (values, indices) = try a.tensor("x").sorted(axis: a.int("axis"), descending: a.bool("descending"))
    return .tuple([.tensor(values), .tensor(indices)])
  },
  Command(
    "argsort", "The positions that sort an axis; equal elements keep their order, NaN counts as largest.",
    [.x, .lastAxis, .descending], returns: "i32 positions, of the same shape",
    errors: [("IndexOutOfRange", "an axis the tensor does not have")], example: "argsort([3, 1, 2])"
  ) { a in .tensor(try a.tensor("x").argSort(axis: a.int("axis"), descending: a.bool("descending"))) },
  Command(
    "topk", "The largest elements of an axis in descending order, and where they were.",
    [
      .x, .required("k", .int, "how many"), .lastAxis,
      .optional("largest", .bool, default: true, "false for the smallest, in ascending order"),
    ],
    returns: "a tuple (values, indices); of equal elements those that come first",
    errors: [("InvalidArgument", "more than the axis has")], example: "(values, indices) = topk([3, 1, 2], 2)"
  ) { a in
    let (values, indices) = try a.tensor("x").topK(
      a.int("k"), axis: a.int("axis"), largest: a.bool("largest"))
    return .tuple([.tensor(values), .tensor(indices)])
  },
  Command(
    "median", "The middle element, or the mean of the two in the middle.", [.x, .oneAxis, .keep],
    returns: "a tensor without the axis; NaN where there is one",
    errors: [("InvalidArgument", "no elements")],
    example: "median([5.0, 1.0, 3.0, 2.0])  # 2.5"
  ) { a in .tensor(try a.tensor("x").median(axis: a.optionalInt("axis"), keep: a.bool("keep"))) },
  Command(
    "quantile", "The value below which a fraction of the elements lies, interpolated between neighbours.",
    [
      .x, .required("q", .either([.number, .sequence]), "the fraction, 0 to 1, or a list of them"), .oneAxis,
      .keep,
    ],
    returns: "a tensor without the axis, for a list of fractions with them as first axis",
    errors: [("InvalidArgument", "no fraction, or no elements")],
    example: "quantile([1.0, 2.0, 3.0, 4.0], [0.25, 0.75])"
  ) { a in
    let x = try a.tensor("x")
    let (axis, keep) = (try a.optionalInt("axis"), try a.bool("keep"))
    try a.checkConstant("q")
    if let q = a["q"].number { return .tensor(try x.quantile(q, axis: axis, keep: keep)) }
    let fractions = try a.doubles("q")
    guard !fractions.isEmpty else { throw a.error("InvalidArgument", "q", "is empty") }
    return .tensor(try .stacked(fractions.map { try x.quantile($0, axis: axis, keep: keep) }))
  },
  Command(
    "countNonzero", "How many elements are not 0; NaN counts.", [.x, .axis, .keep], returns: "i32 counts",
    errors: [("IndexOutOfRange", "an axis the tensor does not have")], example: "countNonzero([0, 3, 5])  # 2"
  ) { a in .tensor(try a.tensor("x").countNonzero(a.axes(), keep: a.bool("keep"))) },
  running(
    "cumsum", "Running sums along an axis.", "cumsum([1, 2, 3])",
    errors: [("ArithmeticError", "a sum beyond the 32 bits of an i32 tensor")]
  ) { try $0.cumulativeSum(axis: $1) },
  running(
    "cumprod", "Running products along an axis.", "cumprod([1.0, 2.0, 3.0])",
    returns: "a tensor of the same shape, f32 for integers"
  ) {
    try $0.cumulativeProduct(axis: $1)
  },
  running("cummax", "Running maxima along an axis; NaN from where one is.", "cummax([1, 3, 2])") {
    try $0.cumulativeMax(axis: $1)
  },
  running(
    "logcumsumexp", "The running ln Σ e^x along an axis, without overflow.", "logcumsumexp([0.0, 0.0])",
    returns: "a tensor of the same shape, f32 for integers"
  ) { try $0.cumulativeLogSumExp(axis: $1) },
].map(\.namingErrors)

private func running(
  _ name: String, _ summary: String, _ example: String, returns: String = "a tensor of the same shape",
  errors: [(code: String, when: String)] = [], _ body: @escaping (Tensor, Int) throws -> Tensor
) -> Command {
  Command(
    name, summary, [.x, .optional("axis", .int, default: 0, "the axis")],
    returns: returns, errors: [("IndexOutOfRange", "an axis the tensor does not have")] + errors,
    example: example
  ) { a in .tensor(try body(a.tensor("x"), a.int("axis"))) }
}

extension Parameter {
  fileprivate static let lastAxis = Parameter.optional(
    "axis", .int, default: -1, "the axis, the last by default")
  fileprivate static let oneAxis = Parameter.optional("axis", .int, "the axis; all elements when not given")
  fileprivate static let descending = Parameter.optional(
    "descending", .bool, default: false, "whether the largest comes first")
}
