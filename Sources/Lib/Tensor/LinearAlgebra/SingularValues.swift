import CKernels

enum SingularValues {
  /// U (m rows), the singular values (a row, descending) and V, one above the other; the attribute is m. Derivatives after
  /// Townsend 2016, Differentiating the singular value decomposition, with F = 1 / (s_j² - s_i²) and P = Uᵀ dA V.
  static let decompose: GeneralPrimitive<Int> = .init(
    "svd", saves: .output,
    evaluate: { inputs, m in
      let x = try inputs[0].contiguous(in: "svd")
      try x.checkFinite(in: "svd")
      let n = x.shape[x.rank - 1]
      let target = try Shape(Array(x.batchShape) + [m + 1 + n, min(m, n)])
      let result = try Tensor.uninitialized(target, dtype: x.dtype, in: "svd")
      guard min(m, n) > 0 else { return result }
      let verdict = try Verdict(on: x, in: "svd") { info in
        faa_svd(x.dtype.kernel, x.batchShape.elementCount, m, n, x.pointer, result.pointer, info)
      }
      try verdict.check("svd") { _ in "did not converge" }
      return result
    },
    pullback: { cotangent, saved, m, _ in
      let (u, s, v) = try parts(saved.output, m)
      let (gu, gs, gv) = try parts(cotangent, m)
      let row = try s.insertingAxis(-2)
      let column = try s.insertingAxis(-1)
      let f = try gaps(s)
      let left = try u.transposed().matmul(gu)
      let right = try v.transposed().matmul(gv)
      let inverse = try row.reciprocalOrZero()
      let inner =
        try f * (left - left.transposed()) * row + f * (right - right.transposed()) * column
        + gs.diagonalMatrix()
      // What leaves the span of U, and of V.
      let outU = try (gu - u.matmul(left)) * inverse
      let outV = try (gv - v.matmul(right)) * inverse
      let middle = try u.matmul(inner) + outU
      return try [middle.matmul(v.transposed()) + u.matmul(outV.transposed())]
    },
    pushforward: { tangents, saved, m in
      try tangents[0].map { change in
        let (u, s, v) = try parts(saved.output, m)
        let row = try s.insertingAxis(-2)
        let column = try s.insertingAxis(-1)
        let f = try gaps(s)
        let p = try u.transposed().matmul(change).matmul(v)
        let inverse = try row.reciprocalOrZero()
        let forward = try change.matmul(v)
        let backward = try change.transposed().matmul(u)
        let du = try u.matmul(f * (p * row + column * p.transposed())) + (forward - u.matmul(p)) * inverse
        let dv =
          try v.matmul(f * (column * p + p.transposed() * row))
          + (backward - v.matmul(p.transposed())) * inverse
        return try .concatenated([du, p.diagonal().insertingAxis(-2), dv], axis: p.rank - 2)
      }
    },
    samples: {
      [
        .init([([3, 2], .real)]) { try separated($0[0]).singularValues().values },
        .init([([3, 2], .real)]) { try separated($0[0]).singularValues().u },
        .init([([2, 2, 3], .real)]) { try separated($0[0]).singularValues().u },
        .init([([2, 3], .real)]) { try separated($0[0]).singularValues().v },
        .init([([3, 3], .real)]) {
          let (u, s, v) = try separated($0[0]).singularValues()
          return try u.matmul(v.transposed()) * s.log()
        },
      ]
    })

  static let all: [Primitive] = [decompose]

  static func parts(_ packed: Tensor, _ m: Int) throws -> (u: Tensor, s: Tensor, v: Tensor) {
    let n = packed.shape[packed.rank - 2] - m - 1
    return try (packed.rows(0, m), packed.rows(m, 1).squeezed([-2]), packed.rows(m + 1, n))
  }

  /// 1 / (s_j² - s_i²), and 0 between equal values.
  private static func gaps(_ s: Tensor) throws -> Tensor {
    let row = try s.insertingAxis(-2)
    let column = try s.insertingAxis(-1)
    return try ((row - column) * (row + column)).reciprocalOrZero()
  }

  /// A matrix with distinct singular values, for samples.
  private static func separated(_ x: Tensor) throws -> Tensor {
    let (m, n) = (x.shape[x.rank - 2], x.shape[x.rank - 1])
    let size = max(m, n)
    let values = try Tensor.arange(1, Double(size + 1), dtype: x.dtype).diagonalMatrix()
    return try x * 0.3 + values.rows(0, m).narrowed(axis: 1, start: 0, count: n) * 2
  }
}

extension Tensor {
  /// The thin singular value decomposition A = U diag(s) Vᵀ of each m x n matrix, k = min(m, n): U (m, k), s (k) in descending
  /// order, V (n, k). The component of largest magnitude of each column of U is positive (the first of equals). Derivatives that
  /// involve U or V need distinct, non-zero singular values; between equal ones, where they have none, they are taken as 0.
  /// Throws `invalidArgument` for NaN or Inf.
  public func singularValues() throws -> (u: Tensor, values: Tensor, v: Tensor) {
    let x = try matrices(in: "svd")
    let m = x.shape[x.rank - 2]
    let (u, s, v) = try SingularValues.parts(SingularValues.decompose([x], m), m)
    return (u, s, v)
  }
}
