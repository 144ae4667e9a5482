import Runtime
import Tensor

/// Tensors from numbers, and random ones.
let tensorCreationCommands: [Command] = [
  Command(
    "tensor", "A tensor of the numbers of a list, nested for more axes.",
    [
      .required("values", .tensor, "a number, or numbers in (nested) lists"),
      .optional(
        "dtype", .choice(DType.allCases.map(\.description)),
        "element type; that of the numbers when not given"),
    ],
    returns:
      "a tensor: f32 where there is a float among the numbers, i32 for integers (f64 beyond 32 bits), bool for truth values",
    errors: [
      ("ShapeMismatch", "the lists are ragged"), ("ArithmeticError", "a number that does not fit the dtype"),
    ], example: "tensor([[1, 2], [3, 4]], dtype: f64)"
  ) { a in
    guard let dtype = try a.optional("dtype", { _ in try a.dtype() }) else {
      return .tensor(try a.tensor("values"))
    }
    // Read in full, then converted once: 0.1 in f64 is not the f32 nearest to it.
    return .tensor(try a.tensor("values", precision: .f64).cast(to: dtype))
  },
  Command(
    "zeros", "A tensor of zeros.", [.shape, .dtype], returns: "a tensor of the shape",
    example: "zeros([2, 3])"
  ) { a in .tensor(try .zeros(a.shape("shape"), dtype: a.dtype())) },
  Command(
    "ones", "A tensor of ones.", [.shape, .dtype], returns: "a tensor of the shape",
    example: "ones([3], dtype: f64)"
  ) { a in .tensor(try .ones(a.shape("shape"), dtype: a.dtype())) },
  Command(
    "full", "A tensor that holds one number everywhere.",
    [.shape, .required("value", .number, "the number"), .dtype],
    returns: "a tensor of the shape",
    errors: [("InvalidArgument", "a number the dtype cannot hold")], example: "full([2, 2], 0.5)"
  ) { a in .tensor(try .full(a.shape("shape"), a.double("value"), dtype: a.dtype())) },
  Command(
    "eye", "The identity matrix.", [.required("size", .int, "rows and columns"), .dtype],
    returns: "a tensor of shape (size, size)", example: "eye(3)"
  ) { a in .tensor(try .eye(a.int("size", atLeast: 0, atMost: 100_000), dtype: a.dtype())) },
  Command(
    "arange", "Numbers from one to another, the end excluded.",
    [
      .required("from", .number, "the first, or the end when it is the only one"),
      .optional("to", .number, "the end, not included"),
      .optional("step", .number, default: 1, "the distance"),
      .optional("dtype", .choice(DType.allCases.map(\.description)), "i32 for integers, else f32"),
    ],
    returns: "a vector, empty when the end lies the other way",
    errors: [("InvalidArgument", "a step of 0")], example: "arange(0, 10, step: 2)"
  ) { a in
    let first = try a.double("from")
    let (from, to) = try a.isNone("to") ? (0, first) : (first, a.double("to"))
    let step = try a.double("step")
    let isWhole = [from, to, step].allSatisfy { $0 == $0.rounded() }
    return .tensor(
      try .arange(from, to, step: step, dtype: a.isNone("dtype") ? (isWhole ? .i32 : .f32) : a.dtype()))
  },
  Command(
    "linspace", "Evenly spaced numbers, both ends included.",
    [
      .required("from", .number, "the first"), .required("to", .number, "the last"),
      .optional("count", .int, default: 50, "how many"), .dtype,
    ],
    returns: "a vector of `count` numbers", example: "linspace(0, 1, count: 5)"
  ) { a in
    .tensor(
      try .linspace(
        a.double("from"), a.double("to"), count: a.int("count", atLeast: 0, atMost: 1 << 30), dtype: a.dtype()
      )
    )
  },
  Command(
    "randn", "Random numbers from the standard normal distribution.", [.shape, .seed, .dtype],
    returns: "a tensor of the shape", example: "randn([2, 3], seed: 1)", effects: [.rng]
  ) { a in
    var stream = try a.session.random(seed: a.optionalInt("seed"))
    return .tensor(try stream.normals(a.shape("shape"), dtype: a.dtype()))
  },
  Command(
    "rand", "Random numbers, uniform between two bounds, the upper one excluded.",
    [
      .shape, .labelled("low", .number, default: 0.0, "the lower bound, included"),
      .labelled("high", .number, default: 1.0, "the upper bound, excluded"), .seed, .dtype,
    ],
    returns: "a tensor of the shape",
    errors: [("InvalidArgument", "a lower bound above the upper one, or infinite ones")],
    example: "rand([3], low: -1, high: 1, seed: 1)", effects: [.rng]
  ) { a in
    var stream = try a.session.random(seed: a.optionalInt("seed"))
    return .tensor(
      try stream.uniforms(a.shape("shape"), low: a.double("low"), high: a.double("high"), dtype: a.dtype()))
  },
  Command(
    "randint", "Random integers from `low` up to but not including `high`.",
    [
      .shape, .required("low", .int, "the lower bound, included"),
      .required("high", .int, "the upper bound, excluded"),
      .seed,
    ],
    returns: "an i32 tensor of the shape",
    errors: [("OutOfRange", "bounds with nothing between them, or beyond 32 bits")],
    example: "randint([4], 0, 10, seed: 1)", effects: [.rng]
  ) { a in
    let low = try a.int("low", atLeast: Int(Int32.min), atMost: Int(Int32.max) - 1)
    let high = try a.int("high", atLeast: low + 1, atMost: Int(Int32.max))
    var stream = try a.session.random(seed: a.optionalInt("seed"))
    let shape = try a.shape("shape")
    return .tensor(
      try Tensor(
        (0..<shape.elementCount).map { _ in Int32(low + stream.int(below: high - low)) }, shape: shape))
  },
  Command(
    "permutation", "The integers below `count` in random order.",
    [.required("count", .int, "how many"), .seed],
    returns: "an i32 vector", example: "permutation(5, seed: 1)", effects: [.rng]
  ) { a in
    var stream = try a.session.random(seed: a.optionalInt("seed"))
    return .tensor(
      try Tensor(stream.permutation(a.int("count", atLeast: 0, atMost: 1 << 30)).map { Int32($0) }))
  },
].map(\.namingErrors)
