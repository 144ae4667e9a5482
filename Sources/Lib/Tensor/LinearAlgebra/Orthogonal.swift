import CKernels

enum Orthogonal {
  private static let upper = LinearSystem.Triangle(isLower: false, isTransposed: false, isUnit: false)

  /// Q (m rows) above R, for at least as many rows as columns; the attribute is m. Derivatives after Walter and Lehmann 2013,
  /// Algorithmic differentiation of linear algebra functions.
  static let decompose: GeneralPrimitive<Int> = .init(
    "qr", saves: .output,
    evaluate: { inputs, m in
      let x = try inputs[0].contiguous(in: "qr")
      let n = x.shape[x.rank - 1]
      let result = try Tensor.uninitialized(
        Shape(Array(x.batchShape) + [m + n, n]), dtype: x.dtype, in: "qr")
      let verdict = try Verdict(on: x, in: "qr") { info in
        faa_qr(x.dtype.kernel, x.batchShape.elementCount, m, n, x.pointer, result.pointer, info)
      }
      try verdict.check("qr") { "is not accepted (argument \($0))" }
      return result
    },
    pullback: { cotangent, saved, m, _ in
      let (q, r) = try parts(saved.output, m)
      let (gq, gr) = try parts(cotangent, m)
      let inner = try r.matmul(gr.upperTriangle().transposed()) - gq.transposed().matmul(q)
      let symmetric = try inner.lowerTriangle() + inner.lowerTriangle(-1).transposed()
      // (gQ + Q symmetric) R⁻ᵀ
      let left = try gq + q.matmul(symmetric)
      return try [LinearSystem.triangular([r, left.transposed()], upper).transposed()]
    },
    pushforward: { tangents, saved, m in
      try tangents[0].map { change in
        let (q, r) = try parts(saved.output, m)
        // dA R⁻¹ = dQ + Q dR R⁻¹, of which Qᵀ dQ is antisymmetric and dR R⁻¹ upper triangular.
        let scaled = try LinearSystem.triangular([r, change.transposed()], upper.transposed).transposed()
        let projected = try q.transposed().matmul(scaled)
        let below = try projected.lowerTriangle(-1)
        let triangle = try projected - below + below.transposed()
        return try .concatenated(
          [scaled - q.matmul(triangle), triangle.matmul(r)], axis: change.rank - 2)
      }
    },
    samples: {
      [
        .init([([3, 2], .real)]) { try full($0[0]).orthogonalTriangular().q },
        .init([([3, 3], .real)]) { try full($0[0]).orthogonalTriangular().r },
        .init([([2, 2, 3], .real)]) {
          let (q, r) = try full($0[0]).orthogonalTriangular()
          return try q.matmul(r.square())
        },
      ]
    })

  static let all: [Primitive] = [decompose]

  static func parts(_ packed: Tensor, _ m: Int) throws -> (q: Tensor, r: Tensor) {
    try (packed.rows(0, m), packed.rows(m, packed.shape[packed.rank - 1]))
  }

  /// A matrix of full rank, for samples.
  private static func full(_ x: Tensor) throws -> Tensor {
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let identity = try Tensor.eye(max(m, n), dtype: x.dtype)
    return try x * 0.4 + identity.rows(0, m).narrowed(axis: 1, start: 0, count: n) * 2
  }
}

extension Tensor {
  /// The thin decomposition A = Q R of each m x n matrix, k = min(m, n): Q (m, k) with orthonormal columns and R (k, n) upper
  /// triangular with a non-negative diagonal, which makes it unique for full rank. Derivatives need full rank (of the first m
  /// columns for a wide matrix) and throw `arithmetic` without.
  public func orthogonalTriangular() throws -> (q: Tensor, r: Tensor) {
    let x = try matrices(in: "qr")
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    if m >= n {
      let (q, r) = try Orthogonal.parts(Orthogonal.decompose([x], m), m)
      return (q, r)
    }
    // The first m columns decide Q.
    let first = try x.narrowed(axis: x.rank - 1, start: 0, count: m)
    let rest = try x.narrowed(axis: x.rank - 1, start: m, count: n - m)
    let (q, r) = try first.orthogonalTriangular()
    return (q, try .concatenated([r, q.transposed().matmul(rest)], axis: x.rank - 1))
  }

  /// The X that minimises ‖A X - B‖ for each m x n A of full rank and B (m, k) or a vector of m: the least-squares solution for
  /// m >= n, the shortest of the exact solutions for m < n. Throws `arithmetic` where the rank is not full.
  public func leastSquares(_ other: Tensor) throws -> Tensor {
    let a = try matrices(in: "leastSquares")
    try a.checkRightHandSides(other, rows: a.shape[rank - 2], in: "leastSquares")
    if other.rank == 1 { return try leastSquares(other.insertingAxis(1)).squeezed([-1]) }
    do {
      if a.shape[rank - 2] >= a.shape[rank - 1] {
        let (q, r) = try a.orthogonalTriangular()
        return try r.triangularSolve(q.transposed().matmul(other), lower: false)
      }
      let (q, r) = try a.transposed().orthogonalTriangular()
      return try q.matmul(r.triangularSolve(other, lower: false, transposed: true))
    } catch let error as TensorError where error.kind == .arithmetic {
      throw TensorError(
        .arithmetic, in: "leastSquares", "a matrix of shape \(shape) does not have full rank",
        shapes: [shape],
        help: "drop columns that depend on others, or solve (Aᵀ A + 1e-6 I) X = Aᵀ B")
    }
  }
}
