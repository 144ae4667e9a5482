import Tensor

extension Matrix {
  /// The rows of a tensor of shape (samples, features), as `Double`s.
  ///
  /// - Throws: `AnalysisError` for another rank or values that are not finite; `TensorError`.
  public init(_ tensor: Tensor) throws {
    guard tensor.rank == 2 else {
      throw AnalysisError(
        "matrix", "a tensor of shape \(tensor.shape) is not a table of samples",
        help: "reshape it to (samples, features)")
    }
    try self.init(rows: tensor.shape[0], columns: tensor.shape[1], values: tensor.doubles())
  }

  /// The same values as a tensor of shape (rows, columns).
  public func tensor(dtype: DType = .f64) throws -> Tensor {
    try Tensor(values, shape: Shape([rows, columns])).cast(to: dtype)
  }
}
