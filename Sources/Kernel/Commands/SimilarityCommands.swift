import Runtime
import Tensor

/// Similarity of vectors, and the losses of metric and contrastive learning.
let similarityCommands: [Command] = [
  Command(
    "cosineSimilarity", "The cosine of the angle between the vectors of an axis.",
    [
      .required("a", .tensor, "vectors along the axis"),
      .required("b", .tensor, "their partners; shapes broadcast"),
      .optional("axis", .int, default: -1, "the axis of the vectors"),
      .optional("epsilon", .number, default: 1e-8, "the shortest length divided by"),
    ],
    returns: "a tensor without the axis", errors: [("ShapeMismatch", "shapes that do not fit")],
    example: "cosineSimilarity([1.0, 0.0], [1.0, 1.0])"
  ) { a in
    .tensor(
      try a.floating("a").cosineSimilarity(
        a.floating("b"), axis: a.int("axis"), epsilon: a.double("epsilon", atLeast: 0)))
  },
  Command(
    "cosineEmbedding", "1 - cos for pairs that belong together, max(0, cos - margin) for those that do not.",
    [
      .required("a", .tensor, "vectors along the last axis"), .required("b", .tensor, "their partners"),
      .required("labels", .tensor, "1 for pairs that belong together, -1 for those that do not"),
      .optional("margin", .number, default: 0.0, "the cosine up to which strangers cost nothing"), .reduction,
    ],
    returns: reduced("row"), errors: [("ShapeMismatch", "shapes that do not fit")],
    example: "cosineEmbedding([[1.0, 0.0]], [[1.0, 1.0]], [1])"
  ) { a in
    .tensor(
      try Loss.cosineEmbedding(
        a.floating("a"), a.floating("b"), labels: a.tensor("labels"), margin: a.double("margin"),
        reduction: a.reduction()))
  },
  Command(
    "triplet", "max(0, ‖a - p‖ - ‖a - n‖ + margin): the positive nearer to the anchor than the negative.",
    [
      .required("anchor", .tensor, "vectors along the last axis"),
      .required("positive", .tensor, "vectors of the same class"),
      .required("negative", .tensor, "vectors of another class"),
      .optional("margin", .number, default: 1.0, "by how much nearer"),
      .optional("epsilon", .number, default: 1e-6, "added to the differences"), .reduction,
    ],
    returns: reduced("row"), errors: [("ShapeMismatch", "shapes that do not fit")],
    example: "triplet([[0.0, 0.0]], [[1.0, 0.0]], [[0.0, 3.0]], margin: 3)"
  ) { a in
    .tensor(
      try Loss.triplet(
        anchor: a.floating("anchor"), positive: a.floating("positive"), negative: a.floating("negative"),
        margin: a.double("margin"), epsilon: a.double("epsilon"), reduction: a.reduction()))
  },
  Command(
    "contrastive", "d² / 2 for pairs of one class at the distance d, max(0, margin - d)² / 2 for others.",
    [
      .required("a", .tensor, "vectors along the last axis"), .required("b", .tensor, "their partners"),
      .required("same", .tensor, "true for pairs of one class"),
      .optional("margin", .number, default: 1.0, "the distance beyond which strangers cost nothing"),
      .reduction,
    ],
    returns: reduced("row"), errors: [("ShapeMismatch", "shapes that do not fit")],
    example: "contrastive([[0.0, 0.0]], [[0.0, 2.0]], [true])"
  ) { a in
    .tensor(
      try Loss.contrastive(
        a.floating("a"), a.floating("b"), same: a.tensor("same"), margin: a.double("margin"),
        reduction: a.reduction()))
  },
  Command(
    "infoNCE", "Each query has to find its key among all keys, by the cosine over a temperature.",
    [
      .required("queries", .tensor, "(n, features)"), .required("keys", .tensor, "(n, features)"),
      .optional("temperature", .number, default: 0.1, "divides the cosines"), .reduction,
    ],
    returns: reduced("row"), errors: [("ShapeMismatch", "shapes that differ")],
    example: "infoNCE(eye(3), eye(3))"
  ) { a in
    .tensor(
      try Loss.infoNCE(
        a.floating("queries"), a.floating("keys"), temperature: a.double("temperature", above: 0),
        reduction: a.reduction()))
  },
].map(\.namingErrors)
