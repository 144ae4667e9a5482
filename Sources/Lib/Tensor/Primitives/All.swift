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
  ].flatMap { $0 }
}
