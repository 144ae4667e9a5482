import CKernels

/// A decomposition's results lie below each other in one tensor, from which each is sliced: one node for all.
enum Eigen {
  /// Eigenvalues (a row, ascending), the eigenvectors (rows), and a row of zeros, whose cotangent says that the vectors were used and whose tangent
  /// which of them have none. With V the vectors as columns, P = Vᵀ dA V and F = 1 / (w_j - w_i): dw = diag P and dV = V (F ∘ P).
  static let decompose: GeneralPrimitive<Void> = .init(
    "eigh", saves: .output,
    evaluate: { inputs, _ in
      let x = try inputs[0].contiguous(in: "eigh")
      try x.checkFinite(in: "eigh")
      let n = x.shape[x.rank - 1]
      let result = try Tensor.uninitialized(
        Shape(Array(x.batchShape) + [n + 2, n]), dtype: x.dtype, in: "eigh")
      guard n > 0 else { return result }
      let verdict = try Verdict(on: x, in: "eigh") { info in
        faa_eigh(x.dtype.kernel, x.batchShape.elementCount, n, x.pointer, result.pointer, info)
      }
      try verdict.check("eigh") { _ in "did not converge" }
      guard recordedTrace(inputs[0]) != 0, let coincidence = try Coincidence(of: values(result)) else {
        return result
      }
      let turned = try result.rows(1, n).transposed().matmul(coincidence.turn())
      return try .concatenated(
        [result.rows(0, 1), (turned * turned.peakSigns()).transposed(), result.rows(n + 1, 1)],
        axis: result.rank - 2)
    },
    pullback: { cotangent, saved, _, _ in
      let output = try saved.output
      let n = output.shape[output.rank - 1]
      let (w, v) = (try values(output), try vectors([output], false).transposed())
      let coincidence = try Coincidence(of: w)
      let projected = try v.transposed().matmul(cotangent.rows(1, n).transposed())
      var inner = projected
      if let coincidence {
        var evidence = Evidence(operation: "eigh", coincidence)
        let measure = try coincidence.measure(inner, v.transposed(), w)
        evidence.require(try inner - inner.transposed(), of: measure, at: coincidence.pairs)
        inner = try evidence.settle(inner)
      }
      inner = try inner * gaps(w, coincidence) + values(cotangent).diagonalMatrix()
      let result = try v.matmul(inner).matmul(v.transposed()).symmetrized()
      let isUsed = try coincidence != nil && cotangent.detached.rows(n + 1, 1).any().item() == 1
      guard let coincidence, isUsed || recordedTrace(output) | recordedTrace(cotangent) != 0 else {
        return [result]
      }
      // Between vectors of one space, where it has to be a multiple of the identity.
      let fixed = v.detached
      let part = try fixed.transposed().matmul(result).matmul(fixed)
      let whole = try Tensor.concatenated([projected, inner, part], axis: inner.rank - 2)
      let measure = try coincidence.measure(whole, v.transposed(), w)
      return try [coincidence.settle(result, isEven: part, measure, in: "eigh")]
    },
    pushforward: { tangents, saved, _ in
      try tangents[0].map { change in
        let output = try saved.output
        let (w, v) = (try values(output), try vectors([output], true).transposed())
        let p = try v.transposed().matmul(change.symmetrized()).matmul(v)
        let coincidence = try Coincidence(of: w)
        let turned = try v.matmul(p * gaps(w, coincidence)).transposed()
        let moved =
          try coincidence?.turned(by: p, of: change).cast(to: p.dtype) ?? .zeros(w.shape, dtype: p.dtype)
        return try .concatenated(
          [p.diagonal().insertingAxis(-2), turned, moved.insertingAxis(-2)], axis: p.rank - 2)
      }
    },
    samples: {
      [
        .init([([3, 3], .real)]) { try separated($0[0]).symmetricEigen().values },
        .init([([2, 3, 3], .real)]) { try separated($0[0]).symmetricEigen().vectors },
      ]
    })

  /// The eigenvectors as rows. Where they are used their cotangent says so; the tangents of those that have none are NaN, if `isStrict`.
  static let vectors: GeneralPrimitive<Bool> = .init(
    "eigenvectors", saves: [],
    evaluate: { inputs, _ in try inputs[0].detached.rows(1, inputs[0].shape[inputs[0].rank - 1]) },
    pullback: { cotangent, _, _, _ in
      let n = cotangent.shape[cotangent.rank - 1]
      let row = try Tensor.ones(Shape(Array(cotangent.batchShape) + [1, n]), dtype: cotangent.dtype)
      return try [.concatenated([row * 0, cotangent, row], axis: cotangent.rank - 2)]
    },
    pushforward: { tangents, _, isStrict in
      try tangents[0].map { change in
        let n = change.shape[change.rank - 1]
        let rows = try change.rows(1, n)
        guard isStrict, try change.detached.rows(n + 1, 1).any().item() == 1 else { return rows }
        return try change.detached.rows(n + 1, 1).transposed().choose(.nan, rows)
      }
    },
    samples: { [] })

  static let all: [Primitive] = [decompose, vectors]

  static func values(_ packed: Tensor) throws -> Tensor { try packed.rows(0, 1).squeezed([-2]) }

  /// 1 / (w_j - w_i), and 0 between values that coincide.
  private static func gaps(_ w: Tensor, _ coincidence: Coincidence?) throws -> Tensor {
    let gaps = try w.insertingAxis(-2) - w.insertingAxis(-1)
    return try (coincidence.map { try $0.pairs.choose(0, gaps) } ?? gaps).reciprocalOrZero()
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
  /// is positive (the first of equals). Throws `invalidArgument` for NaN or Inf.
  ///
  /// Where eigenvalues coincide, to rounding, their vectors may be any basis of their space; under a derivative it is one that nothing singles out. The
  /// derivative of a function that does not depend on the choice is right where values and vectors determine it: for sums over all values, for
  /// projections to whole spaces. Where they do not, as for V f(w) Vᵀ and most second derivatives, reverse mode and Hessian products throw
  /// `notDifferentiable`, and forwards the tangents of those vectors are NaN. Values and vectors have to come from one call. A single one of coinciding
  /// eigenvalues has the slope along its vector.
  public func symmetricEigen() throws -> (values: Tensor, vectors: Tensor) {
    let packed = try Eigen.decompose([squareMatrices(in: "eigh")], ())
    return (try Eigen.values(packed), try Eigen.vectors([packed], true).transposed())
  }

  /// -1 for each column of a matrix whose element of largest magnitude is negative, else 1: (…, 1, n).
  func peakSigns() throws -> Tensor {
    let peaks = try detached.takeAlong(detached.abs().argMax(axis: -2).insertingAxis(-2), axis: -2)
    return try peaks.less(0).choose(-1, Tensor.ones(peaks.shape, dtype: dtype))
  }
}
