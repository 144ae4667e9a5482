extension Primitive {
  /// Every operation that derivatives know.
  public static let all: [Primitive] = [
    Unary.all,
    Binary.all,
    Selection.all,
    Reduction.all,
    Structural.all,
    Indexing.all,
    Matmul.all,
    Affine.all,
    Attention.all,
    Rows.all,
    Checkpoint.all,
    Convolution.all,
    Planes.all,
    Resampling.all,
    Sampling.all,
    PlaneNormalization.all,
  ].flatMap { $0 }
}
