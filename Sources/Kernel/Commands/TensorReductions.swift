import Runtime
import Tensor

/// Sums, means, extremes and their kin.
let tensorReductionCommands: [Command] =
  [
    reduction(
      "sum", "The sum of all elements, or over axes.", "sum([[1, 2], [3, 4]], axis: 0)  # 4 6",
      integers: { $0.addingReportingOverflow($1) }
    ) { x, axes, a in try x.sum(axes, keep: a.bool("keep")) },
    reduction(
      "mean", "The mean of all elements, or over axes; NaN of none.",
      "mean([[1.0, 2.0], [3.0, 5.0]], axis: 0)"
    ) {
      x, axes, a in try x.mean(axes, keep: a.bool("keep"))
    },
    reduction(
      "max", "The largest element, or over axes; equal ones share the derivative.",
      "max([[1, 5], [3, 4]], axis: 1)", integers: { (max($0, $1), false) }
    ) { x, axes, a in try x.max(axes, keep: a.bool("keep")) },
    reduction(
      "min", "The smallest element, or over axes; equal ones share the derivative.",
      "min([[1, 5], [3, 4]], axis: 1)", integers: { (min($0, $1), false) }
    ) { x, axes, a in try x.min(axes, keep: a.bool("keep")) },
    reduction(
      "prod", "The product of all elements, or over axes.", "prod([1, 2, 4])",
      integers: { $0.multipliedReportingOverflow(by: $1) }
    ) { x, axes, a in try x.product(axes, keep: a.bool("keep")) },
    reduction(
      "norm", "The length of all elements, or over axes: Euclidean unless another order is given.",
      "norm([3.0, 4.0], ord: 1)  # 7.0",
      [
        .optional(
          "ord", .number, default: 2, "the order p of (Σ|x|^p)^(1/p): above 0, inf for the largest |x|")
      ]
    ) { x, axes, a in
      try x.cast(to: x.dtype.isFloating ? x.dtype : .f32).norm(
        NormOrder(a.double("ord")), axes, keep: a.bool("keep"))
    },
    Command(
      "variance", "The mean squared distance from the mean.",
      [
        .x, .axis,
        .optional("ddof", .int, default: 0, "subtracted from the count: 1 for the unbiased estimate"), .keep,
      ],
      returns: "a tensor without the reduced axes, f32 for integers; NaN where `ddof` leaves nothing",
      errors: [("IndexOutOfRange", "an axis the tensor does not have")],
      example: "variance([1.0, 2.0, 4.0], ddof: 1)"
    ) { a in
      .tensor(
        try a.floating("x").variance(
          a.axes(), ddof: a.int("ddof", atLeast: 0, atMost: 1 << 30), keep: a.bool("keep")))
    },
    Command(
      "std", "The standard deviation: the square root of `variance`.",
      [
        .x, .axis, .optional("ddof", .int, default: 0, "subtracted from the count: 1 for the usual estimate"),
        .keep,
      ],
      returns: "a tensor without the reduced axes, f32 for integers; NaN where `ddof` leaves nothing",
      errors: [("IndexOutOfRange", "an axis the tensor does not have")],
      example: "std([1.0, 2.0, 4.0], ddof: 1)"
    ) { a in
      .tensor(
        try a.floating("x").standardDeviation(
          a.axes(), ddof: a.int("ddof", atLeast: 0, atMost: 1 << 30), keep: a.bool("keep")))
    },
    Command(
      "argmax", "The position of the largest element, the first of equals; NaN counts as largest.",
      [.x, .optional("axis", .int, "the axis; the flattened tensor when not given")],
      returns: "i32 positions, without the axis", errors: noElements, example: "argmax([3, 9, 2])  # 1"
    ) { a in .tensor(try a.tensor("x").argMax(axis: a.optionalInt("axis"))) },
    Command(
      "argmin", "The position of the smallest element, the first of equals; NaN counts as smallest.",
      [.x, .optional("axis", .int, "the axis; the flattened tensor when not given")],
      returns: "i32 positions, without the axis", errors: noElements, example: "argmin([3, 9, 2])  # 2"
    ) { a in .tensor(try a.tensor("x").argMin(axis: a.optionalInt("axis"))) },
  ].map(\.namingErrors) + [
    quantifier("any", "Whether any element is true (not zero), or meets a condition.", "any([0, 0, 1])") {
      x, axes in try x.any(axes)
    },
    quantifier("all", "Whether all elements are true (not zero), or meet a condition.", "all([1, 0])") {
      x, axes in try x.all(axes)
    },
  ]

private let noElements = [
  (code: "IndexOutOfRange", when: "an axis the tensor does not have"),
  (code: "InvalidArgument", when: "no elements to choose from"),
]

/// Whether elements are true, as a tensor; with a condition for single elements, as the core command of the name says.
private func quantifier(
  _ name: String, _ summary: String, _ example: String, _ body: @escaping (Tensor, [Int]?) throws -> Tensor
) -> Command {
  Command(
    name, summary,
    [.x, .axis, .optional("where", .function, "a condition on one element, of a list of any values")],
    returns: "a bool tensor without the reduced axes; true or false where there is a condition",
    errors: Array(noElements.prefix(1)), example: example, effects: [.calls("where")]
  ) { a in
    if a.isNone("where") { return .tensor(try body(a.tensor("x"), a.axes())) }
    return .bool(try a.holds(forAll: name == "all", of: "x"))
  }
}

/// A reduction of all elements or over axes. Numbers and lists of numbers reduce to a number of the language; `integers` combines two
/// plain integers, which are not bound to the 32 bits of a tensor's, and says whether the result does not fit.
private func reduction(
  _ name: String, _ summary: String, _ example: String, _ options: [Parameter] = [],
  integers: ((Int, Int) -> (partialValue: Int, overflow: Bool))? = nil,
  _ body: @escaping (Tensor, [Int]?, Arguments) throws -> Tensor
) -> Command {
  // An extreme is one of the elements.
  let choosesOne = name == "max" || name == "min"
  let overflow: [(code: String, when: String)] =
    integers == nil || choosesOne
    ? [] : [("IntegerOverflow", "a result beyond 64 bits, or beyond 32 of an i32 tensor")]
  return Command(
    name, summary,
    [
      .required("x", .tensor, "a tensor, a list of numbers, or the first of several numbers"),
      .rest("others", .tensor, "further numbers"), .axis, .keep,
    ] + options,
    returns: "a tensor without the reduced axes; a number for numbers",
    errors: (choosesOne ? noElements : Array(noElements.prefix(1))) + overflow, example: example
  ) { a in
    let (x, others) = (a["x"], a.rest("others"))
    if case .tensor(let tensor) = x {
      if others.isEmpty { return .tensor(try body(tensor, a.axes(), a)) }
      guard tensor.rank == 0 else {
        throw a.error(
          "InvalidArgument", "others", "stand beside a tensor of shape \(tensor.shape)",
          help: "axes have a label: `\(name)(x, axis: 0)`; `maximum` and `minimum` compare two tensors")
      }
    }
    let value = others.isEmpty ? x : .list([x] + others)
    if let integers, a.isNone("axis"), try !a.bool("keep"), let all = plainIntegers(value), !all.isEmpty {
      return .int(
        try all.dropFirst().reduce(all[0]) { total, next in
          let (result, isTooLarge) = integers(total, next)
          guard !isTooLarge else {
            throw CommandError(
              "IntegerOverflow", "\(name): the result does not fit a 64-bit integer",
              help: "make the numbers floats: `[float(x) for x in xs]`", argument: "x")
          }
          return result
        })
    }
    guard let tensor = try numbers(value) else { throw a.mismatch("x", expected: "a tensor or numbers") }
    // A mean or length of plain integers is a plain number, in full precision.
    let isFraction = name == "mean" || name == "norm"
    let result = try body(isFraction ? tensor.cast(to: .f64) : tensor, a.axes(), a)
    return result.rank == 0 && result.dtype == .i32 ? .int(Int(try result.item())) : try plain(result)
  }
}

extension NormOrder {
  /// The order as a number.
  fileprivate init(_ order: Double) {
    switch order {
    case 1: self = .one
    case 2: self = .two
    case .infinity: self = .infinity
    default: self = .p(order)
    }
  }
}

/// The integers of nested lists and ranges; nil when something else is among them, or too many to go through one by one.
private func plainIntegers(_ value: Value) -> [Int]? {
  switch value {
  case .int(let number): return [number]
  case .range(let box): return box.count <= 1 << 26 ? (0..<box.count).map(box.member) : nil
  case .list(let box):
    var result: [Int] = []
    for element in box.elements {
      guard let part = plainIntegers(element) else { return nil }
      result += part
    }
    return result
  default: return nil
  }
}

/// Numbers of the language in full precision: f64 where a float is among them, else i32 where they fit.
private func numbers(_ value: Value) throws -> Tensor? {
  guard let tensor = try value.asTensor() else { return nil }
  guard tensor.dtype == .f32, let elements = flat(value) else { return tensor }
  return try Tensor(elements, shape: tensor.shape)
}

/// The numbers of nested lists in order; nil when something else is among them.
private func flat(_ value: Value) -> [Double]? {
  switch value {
  case .int(let number): return [Double(number)]
  case .float(let number): return [number]
  case .list(let box):
    var result: [Double] = []
    for element in box.elements {
      guard let part = flat(element) else { return nil }
      result += part
    }
    return result
  default: return nil
  }
}

extension Arguments {
  /// A tensor argument as floats.
  func floating(_ name: String) throws -> Tensor {
    let tensor = try tensor(name)
    return tensor.dtype.isFloating ? tensor : try tensor.cast(to: .f32)
  }
}
