import Runtime
import Tensor

/// Activations: the nonlinear functions of networks.
let activationCommands: [Command] =
  [
    elementwise(
      "relu", "max(x, 0); the derivative at 0 is 0.", "relu(tensor([-1.0, 2.0]))", returns: sameKind
    ) { x, _ in
      try x.relu()
    },
    elementwise(
      "relu6", "x limited to 0...6; the derivative at and beyond the limits is 0.",
      "relu6(tensor([-1.0, 9.0]))", returns: sameKind
    ) { x, _ in try x.relu6() },
    elementwise(
      "leakyRelu", "x above 0, slope · x elsewhere.", "leakyRelu(tensor([-1.0, 2.0]), slope: 0.1)",
      [.optional("slope", .number, default: 0.01, "the derivative up to and at 0")]
    ) { x, a in try floats(x).leakyRelu(slope: a.double("slope")) },
    elementwise(
      "elu", "x above 0, alpha · (e^x - 1) elsewhere; smooth at 0 for alpha 1.", "elu(tensor([-1.0, 2.0]))",
      [.optional("alpha", .number, default: 1.0, "the limit for x → -∞ is -alpha")]
    ) { x, a in try floats(x).elu(alpha: a.double("alpha")) },
    elementwise(
      "selu",
      "1.0507 · `elu(x, alpha: 1.6733)`: deep layers keep mean 0 and variance 1 (Klambauer et al. 2017).",
      "selu(tensor([-1.0, 2.0]))"
    ) { x, _ in try floats(x).selu() },
    elementwise("gelu", "x Φ(x), with the exact normal distribution function.", "gelu(tensor([-1.0, 2.0]))") {
      x, _ in try x.gelu()
    },
    elementwise(
      "geluTanh", "The approximation of `gelu` by tanh, x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.",
      "geluTanh(tensor([-1.0, 2.0]))"
    ) { x, _ in try floats(x).geluTanh() },
    elementwise("silu", "x σ(x) with σ(x) = 1 / (1 + e^-x), also called swish.", "silu(tensor([-1.0, 2.0]))")
    { x, _ in
      try floats(x).silu()
    },
    elementwise(
      "hardswish", "x clamp(x + 3, 0, 6) / 6, the cheap form of `silu`.", "hardswish(tensor([-1.0, 2.0]))"
    ) { x, _ in try floats(x).hardswish() },
    elementwise(
      "hardsigmoid", "clamp(x + 3, 0, 6) / 6, the cheap form of `sigmoid`.",
      "hardsigmoid(tensor([-1.0, 2.0]))"
    ) { x, _ in try floats(x).hardsigmoid() },
    elementwise("mish", "x tanh(softplus x).", "mish(tensor([-1.0, 2.0]))") { x, _ in try floats(x).mish() },
    elementwise("softplus", "ln(1 + e^x), without overflow.", "softplus(tensor([0.0, 1000.0]))") { x, _ in
      try x.softplus()
    },
    elementwise(
      "softsign", "x / (1 + |x|), which tends to ±1 slower than `tanh`.", "softsign(tensor([-1.0, 3.0]))"
    ) { x, _ in
      try floats(x).softsign()
    },
    elementwise("logSigmoid", "ln(1 / (1 + e^-x)), without overflow.", "logSigmoid(tensor([-1000.0, 0.0]))") {
      x, _ in
      try floats(x).logSigmoid()
    },
    elementwise(
      "hardtanh", "x limited to an interval; the derivative at and beyond its ends is 0.",
      "hardtanh(tensor([-2.0, 0.5, 3.0]))",
      [
        .optional("low", .number, default: -1.0, "the lower limit"),
        .optional("high", .number, default: 1.0, "the upper limit"),
      ], errors: [("InvalidArgument", "a lower limit above the upper one")]
    ) { x, a in
      let (low, high) = (try a.double("low"), try a.double("high"))
      guard low <= high else { throw a.error("InvalidArgument", "low", "must not be above `high`") }
      return try floats(x).hardtanh(low, high)
    },
    Command(
      "dropout",
      "Elements switched off at random, the others scaled by 1 / (1 - rate), which keeps the mean: for training.",
      [.x, .optional("rate", .number, default: 0.5, "the probability of being switched off, 0 to 1"), .seed],
      returns: "a tensor of the same shape, f32 for integers",
      errors: [("InvalidArgument", "a rate that is no probability")],
      example: "dropout(ones([8]), rate: 0.25, seed: 1)", effects: [.rng]
    ) { a in
      var stream = try a.session.random(seed: a.optionalInt("seed"))
      return .tensor(try a.tensor("x").dropout(rate: a.double("rate"), &stream))
    },
  ].map(\.namingErrors)

/// Integers as f32.
private func floats(_ x: Tensor) throws -> Tensor { x.dtype.isFloating ? x : try x.cast(to: .f32) }
