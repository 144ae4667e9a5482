import Runtime
import Tensor

/// Losses: what a prediction costs.
let lossCommands: [Command] =
  [
    difference("mse", "The mean squared error.", "mse([1.0, 2.0], [1.0, 4.0])") { x, t, reduction, _ in
      try Loss.meanSquaredError(x, t, reduction: reduction)
    },
    difference("mae", "The mean absolute error.", "mae([1.0, 2.0], [1.0, 4.0])") { x, t, reduction, _ in
      try Loss.meanAbsoluteError(x, t, reduction: reduction)
    },
    difference(
      "huber", "d² / 2 for differences d below delta, delta (|d| - delta / 2) beyond.",
      "huber([1.0, 2.0], [1.0, 4.0])",
      [.optional("delta", .number, default: 1.0, "where the square turns into a line")]
    ) { x, t, reduction, a in try Loss.huber(x, t, delta: a.double("delta"), reduction: reduction) },
    difference(
      "smoothL1", "The Huber loss divided by its threshold beta.", "smoothL1([1.0, 2.0], [1.0, 4.0])",
      [.optional("beta", .number, default: 1.0, "where the square turns into a line; 0 for |d|")]
    ) { x, t, reduction, a in
      try Loss.smoothAbsoluteError(x, t, beta: a.double("beta"), reduction: reduction)
    },
    Command(
      "crossEntropy", "-ln p(target) under the softmax of the logits.",
      [
        .required("logits", .tensor, "(n, classes), or the classes along `axis`"),
        .required("target", .tensor, "class indices (integers), or probabilities of the shape of the logits"),
        .classWeights,
        .optional("labelSmoothing", .number, default: 0.0, "the share of the target spread over all classes"),
        .ignoring, .optional("axis", .int, default: -1, "the axis of the classes"), .reduction,
      ],
      returns: reduced("row", "the mean is by the weights of the rows that count"),
      errors: [
        ("IndexOutOfRange", "a class that does not exist"), ("ShapeMismatch", "shapes that do not fit"),
      ],
      example: "crossEntropy([[2.0, 0.0], [0.0, 1.0]], [0, 1])"
    ) { a in
      let (logits, target) = (try a.floating("logits"), try a.tensor("target"))
      let (weights, smoothing) = (try a.optionalTensor("weights"), try a.double("labelSmoothing"))
      let (axis, reduction) = (try a.int("axis"), try a.reduction())
      guard target.dtype.isFloating else {
        return .tensor(
          try Loss.crossEntropy(
            logits, classes: target, weights: weights, smoothing: smoothing,
            ignoring: a.optionalInt("ignoring"), axis: axis, reduction: reduction))
      }
      guard a.isNone("ignoring") else {
        throw a.error(
          "InvalidArgument", "ignoring", "is for class indices; the target holds probabilities")
      }
      return .tensor(
        try Loss.crossEntropy(
          logits.movingAxis(axis, to: -1), probabilities: target.movingAxis(axis, to: -1), weights: weights,
          smoothing: smoothing, reduction: reduction))
    },
    Command(
      "nll", "-ln p(target), for given logarithms of probabilities.",
      [
        .required("logProbabilities", .tensor, "(n, classes), as from `logSoftmax`"),
        .required("target", .tensor, "n class indices"), .classWeights, .ignoring, .reduction,
      ],
      returns: reduced("row", "the mean is by the weights of the rows that count"),
      errors: [("IndexOutOfRange", "a class that does not exist")],
      example: "nll(logSoftmax([[2.0, 0.0], [0.0, 1.0]]), [0, 1])"
    ) { a in
      .tensor(
        try Loss.negativeLogLikelihood(
          a.floating("logProbabilities"), classes: a.tensor("target"), weights: a.optionalTensor("weights"),
          ignoring: a.optionalInt("ignoring"), reduction: a.reduction()))
    },
    Command(
      "focal", "-(1 - p)^gamma ln p for the probability p of the target class (Lin et al. 2017).",
      [
        .required("logits", .tensor, "(n, classes)"), .required("target", .tensor, "n class indices"),
        .optional("gamma", .number, default: 2.0, "how little easy examples count"), .classWeights,
        .ignoring, .reduction,
      ],
      returns: reduced("row", "the mean is over the rows that count"),
      errors: [("IndexOutOfRange", "a class that does not exist")],
      example: "focal([[2.0, 0.0], [0.0, 1.0]], [0, 1], gamma: 2)"
    ) { a in
      .tensor(
        try Loss.focal(
          a.floating("logits"), classes: a.tensor("target"), gamma: a.double("gamma", atLeast: 0),
          weights: a.optionalTensor("weights"), ignoring: a.optionalInt("ignoring"),
          reduction: a.reduction()))
    },
    Command(
      "binaryCrossEntropy", "The cross-entropy of independent labels: softplus(x) - x y for logits x.",
      [
        .required("prediction", .tensor, "logits, or probabilities"),
        .required("target", .tensor, "0, 1 or in between, of the same shape"),
        .optional("from", .choice(Prediction.words), default: "logits", "what `prediction` holds"),
        .optional("weights", .tensor, "factors of the elements, expanded to their shape"),
        .optional(
          "positiveWeights", .tensor,
          "factors of the positive part, one for each label, expanded likewise; with logits"),
        .countMask, .reduction,
      ],
      returns: reduced("element"),
      errors: [
        ("ShapeMismatch", "shapes that differ, or factors that do not fit"),
        ("InvalidArgument", "probabilities below 0 or above 1"),
      ],
      example: "binaryCrossEntropy([2.0, -1.0], [1.0, 0.0])"
    ) { a in
      let (x, t) = (try a.floating("prediction"), try a.floating("target"))
      let (weights, mask) = (try a.optionalTensor("weights"), try a.optionalTensor("mask"))
      switch try a.choice("from", of: Prediction.self) {
      case .logits:
        return .tensor(
          try Loss.binaryCrossEntropy(
            logits: x, targets: t, weights: weights, positiveWeights: a.optionalTensor("positiveWeights"),
            mask: mask, reduction: a.reduction()))
      case .probabilities:
        guard a.isNone("positiveWeights") else {
          throw a.error("InvalidArgument", "positiveWeights", "is for logits")
        }
        return .tensor(
          try Loss.binaryCrossEntropy(
            probabilities: x, targets: t, weights: weights, mask: mask, reduction: a.reduction()))
      }
    },
    Command(
      "binaryFocal", "The focal loss of independent labels: binary cross-entropy times (1 - p)^gamma.",
      [
        .required("logits", .tensor, "a logit for each label, of any shape"),
        .required("target", .tensor, "0, 1 or in between, of the same shape"),
        .optional("gamma", .number, default: 2.0, "how little easy examples count"),
        .optional(
          "alpha", .number, default: 0.25,
          "the weight of positive labels, negative ones having 1 - alpha; below 0 for no weights"),
        .countMask, .reduction,
      ],
      returns: reduced("element"), errors: [("ShapeMismatch", "shapes that differ")],
      example: "binaryFocal([2.0, -1.0], [1.0, 0.0])"
    ) { a in
      let alpha = try a.double("alpha", atMost: 1)
      return .tensor(
        try Loss.binaryFocal(
          logits: a.floating("logits"), targets: a.floating("target"), alpha: alpha < 0 ? nil : alpha,
          gamma: a.double("gamma", atLeast: 0), mask: a.optionalTensor("mask"), reduction: a.reduction()))
    },
    Command(
      "klDivergence", "Σ t (ln t - ln p) along an axis: the divergence of p from the target t.",
      [
        .required("logProbabilities", .tensor, "ln p, as from `logSoftmax`"),
        .required("target", .tensor, "probabilities t, of the same shape"),
        .optional("logTarget", .bool, default: false, "whether `target` holds ln t"),
        .optional("axis", .int, default: -1, "the axis of the classes"), .reduction,
      ],
      returns: reduced("row"), errors: [("ShapeMismatch", "shapes that differ")],
      example: "klDivergence(logSoftmax([1.0, 2.0]), [0.5, 0.5])"
    ) { a in
      .tensor(
        try Loss.klDivergence(
          a.floating("logProbabilities"), target: a.floating("target"), targetIsLog: a.bool("logTarget"),
          axis: a.int("axis"), reduction: a.reduction()))
    },
  ].map(\.namingErrors)

/// A loss of differences.
private func difference(
  _ name: String, _ summary: String, _ example: String, _ options: [Parameter] = [],
  _ body: @escaping (Tensor, Tensor, LossReduction, Arguments) throws -> Tensor
) -> Command {
  Command(
    name, summary,
    [.required("prediction", .tensor, "of any shape"), .required("target", .tensor, "of the same shape")]
      + options
      + [.reduction],
    returns: reduced("element"), errors: [("ShapeMismatch", "shapes that differ")], example: example
  ) { a in
    let (prediction, target) = try a.operands("prediction", "target")
    return .tensor(try body(prediction, target, a.reduction(), a))
  }
}

/// What a loss gives, by its `reduction`.
func reduced(_ part: String, _ note: String? = nil) -> String {
  "a scalar, or with `reduction: \"none\"` a loss for each \(part)" + (note.map { "; \($0)" } ?? "")
}

extension Parameter {
  /// `reduction: "mean"`
  static let reduction = Parameter.optional(
    "reduction", .choice(LossReduction.allCases.map(\.rawValue)), default: "mean",
    "what is done with the losses of the elements or rows")
  fileprivate static let classWeights = Parameter.optional("weights", .tensor, "a factor for each class")
  fileprivate static let ignoring = Parameter.optional(
    "ignoring", .int, "the class index of rows that do not count")
  fileprivate static let countMask = Parameter.optional("mask", .tensor, "true where an element counts")
}

extension Arguments {
  /// The reduction named by `reduction`.
  func reduction() throws -> LossReduction { try choice("reduction") }
}
