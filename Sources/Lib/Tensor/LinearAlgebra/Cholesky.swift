import CKernels

enum Cholesky {
  private static let solve = LinearSystem.Triangle(isLower: true, isTransposed: false, isUnit: false)

  /// The lower factor L of A = L Lᵀ. Derivatives after Murray 2016, Differentiation of the Cholesky decomposition.
  static let factor: GeneralPrimitive<Void> = .init(
    "cholesky", saves: .output,
    evaluate: { inputs, _ in
      let x = try inputs[0].contiguous(in: "cholesky")
      let result = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "cholesky")
      let verdict = try Verdict(on: x, in: "cholesky") { info in
        faa_cholesky(
          x.dtype.kernel, x.batchShape.elementCount, x.shape[x.rank - 1], x.pointer, result.pointer, info)
      }
      try verdict.check("cholesky", help: "add a multiple of the identity, as in a + 1e-6 * eye(n)") {
        "is not positive definite (pivot \($0))"
      }
      return result
    },
    pullback: { cotangent, saved, _, _ in
      let l = try saved.output
      let middle = try half(l.transposed().matmul(cotangent.lowerTriangle()))
      let left = try LinearSystem.triangular([l, middle], solve.transposed)
      return try [LinearSystem.triangular([l, left.transposed()], solve.transposed).symmetrized()]
    },
    pushforward: { tangents, saved, _ in
      try tangents[0].map { change in
        let l = try saved.output
        let left = try LinearSystem.triangular([l, change.symmetrized()], solve)
        return try l.matmul(half(LinearSystem.triangular([l, left.transposed()], solve)))
      }
    },
    samples: {
      [
        .init([([3, 3], .real)]) { try positive($0[0]).cholesky() },
        .init([([2, 2, 2], .real)]) { try positive($0[0]).cholesky() },
      ]
    })

  static let all: [Primitive] = [factor]

  /// The lower triangle with half the diagonal.
  private static func half(_ x: Tensor) throws -> Tensor {
    try (x.lowerTriangle() + x.lowerTriangle(-1)) * 0.5
  }

  /// A positive definite matrix, for samples.
  private static func positive(_ x: Tensor) throws -> Tensor {
    try x.matmul(x.transposed()) + Tensor.eye(x.shape[x.rank - 1], dtype: x.dtype)
  }
}

extension Tensor {
  /// The lower triangular L with L Lᵀ = A for each symmetric positive definite A, of which the lower triangle is read; the
  /// derivative is that among symmetric matrices. Throws `arithmetic` naming the matrix and the pivot where one is not positive definite.
  public func cholesky() throws -> Tensor {
    try Cholesky.factor([squareMatrices(in: "cholesky")], ())
  }

  /// X with L Lᵀ X = B, for this L of `cholesky`.
  public func choleskySolve(_ other: Tensor) throws -> Tensor {
    let l = try squareMatrices(in: "choleskySolve")
    try l.checkRightHandSides(other, rows: l.shape[rank - 1], in: "choleskySolve")
    if other.rank == 1 { return try choleskySolve(other.insertingAxis(1)).squeezed([-1]) }
    return try l.triangularSolve(l.triangularSolve(other), transposed: true)
  }
}
