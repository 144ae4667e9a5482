extension Loss {
  /// 1 - cos(x, y) for pairs with label 1, max(0, cos(x, y) - margin) for those with -1, along the last axis.
  public static func cosineEmbedding(
    _ x: Tensor, _ y: Tensor, labels: Tensor, margin: Double = 0, reduction: LossReduction = .mean
  ) throws -> Tensor {
    try checkSameShape(x, y, as: ("vectors", "partners"), in: "cosineEmbedding")
    let cosine = try x.cosineSimilarity(y)
    let apart = try (cosine - margin).relu()
    let labels = try expanded(labels, to: cosine.shape, as: "labels", in: "cosineEmbedding")
    let losses = try labels.detached.greater(0).choose(1 - cosine, apart)
    return try reduce(losses, reduction, in: "cosineEmbedding")
  }

  /// max(0, ‖a - p + ε‖ - ‖a - n + ε‖ + margin) along the last axis, for anchors a, examples p of their class and n of another.
  public static func triplet(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: Double = 1, epsilon: Double = 1e-6,
    reduction: LossReduction = .mean
  ) throws -> Tensor {
    try checkSameShape(anchor, positive, as: ("anchors", "positives"), in: "triplet")
    try checkSameShape(anchor, negative, as: ("anchors", "negatives"), in: "triplet")
    let near = try (anchor - positive + epsilon).norm([-1])
    let far = try (anchor - negative + epsilon).norm([-1])
    return try reduce((near - far + margin).relu(), reduction, in: "triplet")
  }

  /// The contrastive loss of Hadsell et al. 2006 for pairs at the distance d along the last axis: d² / 2 where `same` is true,
  /// max(0, margin - d)² / 2 elsewhere.
  public static func contrastive(
    _ x: Tensor, _ y: Tensor, same: Tensor, margin: Double = 1, reduction: LossReduction = .mean
  ) throws -> Tensor {
    try checkSameShape(x, y, as: ("vectors", "partners"), in: "contrastive")
    let square = try (x - y).square().sum([-1])
    let same = try expanded(same, to: square.shape, as: "labels", in: "contrastive")
    let apart = try (margin - square.sqrt()).relu().square()
    return try reduce(same.choose(square, apart) * 0.5, reduction, in: "contrastive")
  }

  /// InfoNCE (van den Oord et al. 2018): each of n queries has to find its key among n, by the cosine divided by the temperature.
  public static func infoNCE(
    _ queries: Tensor, _ keys: Tensor, temperature: Double = 0.1, reduction: LossReduction = .mean
  ) throws -> Tensor {
    guard queries.rank == 2, queries.shape == keys.shape, temperature > 0 else {
      throw TensorError(
        .shapeMismatch, in: "infoNCE",
        "queries of shape \(queries.shape), keys of shape \(keys.shape), temperature \(temperature)",
        shapes: [queries.shape, keys.shape], help: "both are (n, features), the temperature is positive")
    }
    let logits = try queries.unit().matmul(keys.unit().transposed()) / temperature
    return try crossEntropy(
      logits, classes: .arange(0, Double(queries.shape[0]), dtype: .i32), reduction: reduction)
  }
}
