import Runtime
import Tensor

/// Random numbers of other distributions than uniform and normal. Each element is a function of the seed and its position
/// alone, whatever the number of threads.
let randomCommands: [Command] = [
  Command(
    "truncatedNormal", "Random normal numbers between two limits.",
    [
      .shape, .optional("mean", .number, default: 0.0, "the mean before the limits"),
      .optional("std", .number, default: 1.0, "the standard deviation before the limits"),
      .optional("low", .number, default: -2.0, "the lower limit"),
      .optional("high", .number, default: 2.0, "the upper limit"), .seed, .dtype,
    ],
    returns: "a tensor of the shape", errors: [("InvalidArgument", "limits that leave nothing between them")],
    example: "truncatedNormal([3], std: 0.02, low: -0.04, high: 0.04, seed: 1)", effects: [.rng]
  ) { a in
    try drawn(a) { stream in
      try stream.truncatedNormals(
        a.shape("shape"), mean: a.double("mean"), standardDeviation: a.double("std"), lower: a.double("low"),
        upper: a.double("high"), dtype: a.dtype())
    }
  },
  Command(
    "bernoulli", "True with a given probability.",
    [.shape, .optional("p", .number, default: 0.5, "the probability"), .seed],
    returns: "a bool tensor of the shape", errors: [("InvalidArgument", "a number that is no probability")],
    example: "bernoulli([4], p: 0.25, seed: 1)", effects: [.rng]
  ) { a in try drawn(a) { try $0.bernoullis(a.shape("shape"), probability: a.double("p")) } },
  Command(
    "exponential", "Random numbers from the exponential distribution.",
    [.shape, .optional("rate", .number, default: 1.0, "1 / mean"), .seed, .dtype],
    returns: "a tensor of the shape", errors: [("InvalidArgument", "a rate that is not positive")],
    example: "exponential([3], rate: 2, seed: 1)", effects: [.rng]
  ) { a in try drawn(a) { try $0.exponentials(a.shape("shape"), rate: a.double("rate"), dtype: a.dtype()) } },
  Command(
    "gamma", "Random numbers from the gamma distribution, of mean concentration · scale.",
    [
      .shape, .required("concentration", .number, "the shape parameter"),
      .optional("scale", .number, default: 1.0, "the scale"), .seed, .dtype,
    ],
    returns: "a tensor of the shape", errors: [("InvalidArgument", "a parameter that is not positive")],
    example: "gamma([3], 2.5, seed: 1)", effects: [.rng]
  ) { a in
    try drawn(a) {
      try $0.gammas(
        a.shape("shape"), concentration: a.double("concentration"), scale: a.double("scale"), dtype: a.dtype()
      )
    }
  },
  Command(
    "beta", "Random numbers from the Beta distribution, between 0 and 1, of mean a / (a + b).",
    [
      .shape, .required("a", .number, "the first parameter"), .required("b", .number, "the second parameter"),
      .seed, .dtype,
    ],
    returns: "a tensor of the shape", errors: [("InvalidArgument", "a parameter that is not positive")],
    example: "beta([3], 0.4, 0.4, seed: 1)", effects: [.rng]
  ) { a in
    try drawn(a) { try $0.betas(a.shape("shape"), a.double("a"), a.double("b"), dtype: a.dtype()) }
  },
  Command(
    "categorical", "Random classes, drawn for each row of logits or probabilities along the last axis.",
    [
      .required("x", .tensor, "(…, classes)"),
      .optional("count", .int, "how many for each row, in a new last axis; one without it when not given"),
      .optional(
        "from", .choice(Prediction.words), default: "logits",
        "what `x` holds; probabilities need not add up to 1"),
      .seed,
    ],
    returns: "i32 classes",
    errors: [("InvalidArgument", "a row that is negative, not finite, or 0 throughout")],
    example: "categorical([0.2, 0.8], count: 5, from: \"probabilities\", seed: 1)", effects: [.rng]
  ) { a in
    let x = try a.floating("x")
    let count = try a.optionalInt("count", atLeast: 0)
    return try drawn(a) { stream in
      let classes =
        switch try a.choice("from", of: Prediction.self) {
        case .logits: try stream.categorical(logits: x, count: count ?? 1)
        case .probabilities: try stream.categorical(probabilities: x, count: count ?? 1)
        }
      return count == nil ? try classes.squeezed([-1]) : classes
    }
  },
].map(\.namingErrors)

/// What numbers about classes are.
enum Prediction: String, CaseIterable {
  case logits, probabilities

  static let words = allCases.map(\.rawValue)
}

/// Numbers from the stream that `seed` names, or from the session's.
private func drawn(_ a: Arguments, _ body: (inout RandomStream) throws -> Tensor) throws -> Value {
  var stream = try a.session.random(seed: a.optionalInt("seed"))
  return .tensor(try body(&stream))
}
