import Runtime
import Tensor

/// The layers of networks as functions of their input and weights.
let layerCommands: [Command] = [
  Command(
    "linear", "x Wᵀ + b on the last axis.",
    [
      .required("x", .tensor, "(…, inputs)"), .required("weight", .tensor, "(outputs, inputs)"),
      .optional("bias", .tensor, "(outputs)"),
    ],
    returns: "(…, outputs)", errors: [("ShapeMismatch", "extents that do not fit")],
    example: "linear(ones([2, 3]), ones([4, 3]), zeros([4])).shape"
  ) { a in
    let weight = try a.tensor("weight")
    // Without a bias zeros stand in, in the lowest floating dtype, which leaves that of the result alone.
    let bias = try a.optionalTensor("bias") ?? .zeros([weight.shape.first ?? 0])
    return .tensor(try a.tensor("x").linear(weight: weight, bias: bias))
  },
  Command(
    "layerNorm", "Each row to mean 0 and variance 1, times a weight plus a bias (Ba, Kiros, Hinton 2016).",
    [
      .required("x", .tensor, "(…, width)"), .optional("weight", .tensor, "(width), ones when not given"),
      .optional("bias", .tensor, "(width), zeros when not given"), .epsilon,
    ],
    returns: "a tensor of the same shape", errors: [("ShapeMismatch", "a weight or bias of another width")],
    example: "layerNorm(tensor([[1.0, 2.0, 6.0]]))"
  ) { a in
    let x = try a.floating("x")
    let width = x.shape.last ?? 0
    return .tensor(
      try x.layerNorm(
        weight: a.optionalTensor("weight") ?? .ones([width]),
        bias: a.optionalTensor("bias") ?? .zeros([width]),
        epsilon: a.double("epsilon", atLeast: 0)))
  },
  Command(
    "batchNorm",
    "Each channel to mean 0 and variance 1 over the batch, or by a given mean and variance, times weight plus bias.",
    [
      .required("x", .tensor, "(batch, channels, …)"), .optional("weight", .tensor, "(channels)"),
      .optional("bias", .tensor, "(channels)"),
      .optional("mean", .tensor, "(channels), with `variance`: as in inference"),
      .optional("variance", .tensor, "(channels)"), .epsilon,
    ],
    returns: "a tensor of the same shape", errors: [("ShapeMismatch", "numbers for other channels")],
    example: "batchNorm(tensor([[[1.0, 2.0]], [[3.0, 6.0]]]))"
  ) { a in
    let x = try a.floating("x")
    let (weight, bias) = (try a.optionalTensor("weight"), try a.optionalTensor("bias"))
    let epsilon = try a.double("epsilon", atLeast: 0)
    switch (try a.optionalTensor("mean"), try a.optionalTensor("variance")) {
    case (nil, nil): return .tensor(try x.batchNorm(weight: weight, bias: bias, epsilon: epsilon))
    case (let mean?, let variance?):
      return .tensor(
        try x.batchNorm(mean: mean, variance: variance, weight: weight, bias: bias, epsilon: epsilon))
    case (_, nil): throw a.error("InvalidArgument", "mean", "needs a `variance` beside it")
    case (nil, _): throw a.error("InvalidArgument", "variance", "needs a `mean` beside it")
    }
  },
  Command(
    "groupNorm", "Each group of channels of an image to mean 0 and variance 1, times weight plus bias.",
    [
      .required("x", .tensor, "(batch, channels, …)"), .required("groups", .int, "a divisor of the channels"),
      .optional("weight", .tensor, "(channels)"), .optional("bias", .tensor, "(channels)"), .epsilon,
    ],
    returns: "a tensor of the same shape",
    errors: [("ShapeMismatch", "groups that do not divide the channels")],
    example: "groupNorm(rand([1, 4, 3], seed: 1), 2).shape"
  ) { a in
    .tensor(
      try a.floating("x").groupNorm(
        groups: a.int("groups"), weight: a.optionalTensor("weight"), bias: a.optionalTensor("bias"),
        epsilon: a.double("epsilon", atLeast: 0)))
  },
  Command(
    "instanceNorm", "Each channel of each image to mean 0 and variance 1, times weight plus bias.",
    [
      .required("x", .tensor, "(batch, channels, …)"), .optional("weight", .tensor, "(channels)"),
      .optional("bias", .tensor, "(channels)"), .epsilon,
    ],
    returns: "a tensor of the same shape", errors: [("ShapeMismatch", "numbers for other channels")],
    example: "instanceNorm(rand([1, 2, 3, 3], seed: 1)).shape"
  ) { a in
    .tensor(
      try a.floating("x").instanceNorm(
        weight: a.optionalTensor("weight"), bias: a.optionalTensor("bias"),
        epsilon: a.double("epsilon", atLeast: 0)))
  },
  Command(
    "attention", "Scaled dot-product attention, softmax(scale Q Kᵀ + mask) V (Vaswani et al. 2017).",
    [
      .required("queries", .tensor, "(batch, heads, queries, size)"),
      .required("keys", .tensor, "(batch, heads, keys, size)"),
      .required("values", .tensor, "of the shape of the keys"),
      .optional("mask", .tensor, "numbers to add to the scores, or truth values that say where to look"),
      .optional(
        "causal", .bool, default: false, "whether each query looks at keys up to its own position only"),
      .optional("scale", .number, "1 / √size when not given"),
    ],
    returns: "(batch, heads, queries, size)", errors: [("ShapeMismatch", "shapes that do not fit")],
    example: "attention(ones([1, 1, 2, 4]), ones([1, 1, 3, 4]), ones([1, 1, 3, 4])).shape"
  ) { a in
    let (queries, keys) = (try a.floating("queries"), try a.floating("keys"))
    var mask = try a.optionalTensor("mask")
    if try a.bool("causal") {
      guard mask == nil else { throw a.error("InvalidArgument", "causal", "is a mask; give one of the two") }
      if queries.rank == 4, keys.rank == 4 {
        mask = try .full([queries.shape[2], keys.shape[2]], 1, dtype: .bool).lowerTriangle()
      }
    }
    return .tensor(
      try queries.attention(
        keys: keys, values: a.floating("values"), mask: mask, scale: a.optionalDouble("scale")))
  },
  convolution(
    "conv1d", "The convolution of sequences (a cross-correlation, as usual in learning).", isPlane: false,
    "conv1d(ones([1, 1, 5]), ones([1, 1, 3]))"
  ) { x, weight, bias, a in
    try x.conv1d(
      weight, bias: bias, stride: a.int("stride"), padding: a.int("padding"), dilation: a.int("dilation"),
      groups: a.int("groups"))
  },
  convolution(
    "conv2d", "The convolution of images (a cross-correlation, as usual in learning).", isPlane: true,
    "conv2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]))"
  ) { x, weight, bias, a in
    try x.conv2d(
      weight, bias: bias, stride: a.pair("stride"), padding: a.padding("padding"),
      dilation: a.pair("dilation"), groups: a.int("groups"))
  },
  convolution(
    "convTranspose1d", "The transposed convolution of sequences.", isPlane: false, isTransposed: true,
    "convTranspose1d(ones([1, 1, 2]), ones([1, 1, 3]), stride: 2)"
  ) { x, weight, bias, a in
    try x.convTranspose1d(
      weight, bias: bias, stride: a.int("stride"), padding: a.int("padding"),
      outputPadding: a.int("outputPadding"), dilation: a.int("dilation"), groups: a.int("groups"))
  },
  convolution(
    "convTranspose2d", "The transposed convolution of images.", isPlane: true, isTransposed: true,
    "convTranspose2d(ones([1, 1, 2, 2]), ones([1, 1, 2, 2]), stride: 2)"
  ) { x, weight, bias, a in
    try x.convTranspose2d(
      weight, bias: bias, stride: a.pair("stride"), padding: a.padding("padding"),
      outputPadding: a.pair("outputPadding"), dilation: a.pair("dilation"), groups: a.int("groups"))
  },
].map(\.namingErrors)

/// A row for a convolution, of sequences or of planes.
private func convolution(
  _ name: String, _ summary: String, isPlane: Bool, isTransposed: Bool = false, _ example: String,
  _ body: @escaping (Tensor, Tensor, Tensor?, Arguments) throws -> Tensor
) -> Command {
  let extent = isPlane ? "height, width" : "length"
  let channels = isTransposed ? "(channels, outputs / groups" : "(outputs, channels / groups"
  let kind = isPlane ? Kind.either([.int, .sequence]) : .int
  let each = isPlane ? "; two for rows and columns" : ""
  return Command(
    name, summary,
    [
      .required("x", .tensor, "(batch, channels, \(extent))"),
      .required("weight", .tensor, "\(channels), \(isPlane ? "rows, columns" : "size"))"),
      .optional("bias", .tensor, "(outputs)"),
      .optional("stride", kind, default: 1, "the step of the kernel\(each)"),
      .optional(
        "padding", kind, default: 0,
        isPlane
          ? "zeros around: one number, two for rows and columns, or top, bottom, left, right" : "zeros around"
      ),
    ]
      + (isTransposed
        ? [.optional("outputPadding", kind, default: 0, "how much larger the result is at its end\(each)")]
        : [])
      + [
        .optional("dilation", kind, default: 1, "the distance of the kernel's elements\(each)"),
        .optional("groups", .int, default: 1, "groups of channels that are convolved apart"),
      ],
    returns: "(batch, outputs, \(extent))", errors: [("ShapeMismatch", "naming the axis that does not fit")],
    example: example
  ) { a in
    .tensor(try body(a.floating("x"), a.floating("weight"), a.optionalTensor("bias"), a))
  }
}

extension Parameter {
  fileprivate static let epsilon = Parameter.optional(
    "epsilon", .number, default: 1e-5, "added to the variance")
}
