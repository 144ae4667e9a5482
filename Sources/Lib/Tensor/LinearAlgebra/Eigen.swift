import CKernels

/// A decomposition's results lie below each other in one tensor, from which each is sliced: one node for all.
enum Eigen {
  /// Eigenvalues (a row, ascending) above the eigenvectors (rows). With V the vectors as columns, P = Vᵀ dA V and
  /// F = 1 / (w_j - w_i): dw = diag P and dV = V (F ∘ P).
  static let decompose: GeneralPrimitive<Void> = .init(
    "eigh", saves: .output,
    evaluate: { inputs, _ in
      let x = try inputs[0].contiguous(in: "eigh")
      try x.checkFinite(in: "eigh")
      let n = x.shape[x.rank - 1]
      let result = try Tensor.uninitialized(
        Shape(Array(x.batchShape) + [n + 1, n]), dtype: x.dtype, in: "eigh")
      guard n > 0 else { return result }
      let verdict = try Verdict(on: x, in: "eigh") { info in
        faa_eigh(x.dtype.kernel, x.batchShape.elementCount, n, x.pointer, result.pointer, info)
      }
      try verdict.check("eigh") { _ in "did not converge" }
      return result
    },
    pullback: { cotangent, saved, _, _ in
      let (w, v) = try parts(saved.output)
      let (gw, gv) = try parts(cotangent)
      let inner = try v.transposed().matmul(gv) * gaps(w) + gw.diagonalMatrix()
      return try [v.matmul(inner).matmul(v.transposed()).symmetrized()]
    },
    pushforward: { tangents, saved, _ in
      try tangents[0].map { change in
        let (w, v) = try parts(saved.output)
        let p = try v.transposed().matmul(change.symmetrized()).matmul(v)
        return try .concatenated(
          [p.diagonal().insertingAxis(-2), v.matmul(p * gaps(w)).transposed()], axis: p.rank - 2)
      }
    },
    samples: {
      [
        .init([([3, 3], .real)]) { try separated($0[0]).symmetricEigen().values },
        .init([([2, 3, 3], .real)]) { try separated($0[0]).symmetricEigen().vectors },
      ]
    })

  static let all: [Primitive] = [decompose]

  static func parts(_ packed: Tensor) throws -> (w: Tensor, v: Tensor) {
    let n = packed.shape[packed.rank - 1]
    return (try packed.rows(0, 1).squeezed([-2]), try packed.rows(1, n).transposed())
  }

  /// 1 / (w_j - w_i), and 0 between equal values.
  private static func gaps(_ w: Tensor) throws -> Tensor {
    try (w.insertingAxis(-2) - w.insertingAxis(-1)).reciprocalOrZero()
  }

  /// A symmetric matrix with distinct eigenvalues, for samples.
  private static func separated(_ x: Tensor) throws -> Tensor {
    let n = x.shape[x.rank - 1]
    return try x.symmetrized() * 0.3 + Tensor.arange(0, Double(n), dtype: x.dtype).diagonalMatrix() * 2
  }
}

extension Tensor {
  /// The eigenvalues of each symmetric matrix in ascending order, and orthonormal eigenvectors as columns: A V = V diag(w). The
  /// lower triangle is read; derivatives are those among symmetric matrices. The component of largest magnitude of each vector
  /// is positive (the first of equals). Derivatives that involve the vectors need distinct eigenvalues; between equal ones,
  /// where the vectors have none, they are taken as 0. Throws `invalidArgument` for NaN or Inf.
  public func symmetricEigen() throws -> (values: Tensor, vectors: Tensor) {
    let (w, v) = try Eigen.parts(Eigen.decompose([squareMatrices(in: "eigh")], ()))
    return (w, v)
  }
}
