import CKernels
import Glibc

/// A batch of matrices as triangular factors with row exchanges, made once and used by every derivative.
struct Factors: Sendable {
  let lu: Tensor, pivots: Tensor
  let verdict: Verdict
  /// Whether the transposes are meant.
  var isTransposed = false

  init(_ matrices: Tensor, in operation: String) throws {
    let x = try matrices.contiguous(in: operation)
    let n = x.shape[x.rank - 1]
    let lu = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: operation)
    let pivots = try Tensor.zeros(Shape(Array(x.shape.dropLast())), dtype: .i32)
    verdict = try Verdict(on: x, in: operation) { info in
      faa_lu(
        x.dtype.kernel, x.batchShape.elementCount, n, x.pointer, lu.pointer,
        pivots.pointer.assumingMemoryBound(to: Int32.self), info)
    }
    self.lu = lu
    self.pivots = pivots
  }

  var transposed: Factors {
    var result = self
    result.isTransposed.toggle()
    return result
  }

  func checkRegular(in operation: String) throws {
    try verdict.check(operation) { "is singular (pivot \($0) is 0)" }
  }

  /// The sign and the logarithm of the absolute value of each determinant.
  func logDeterminants() throws -> [(sign: Double, log: Double)] {
    let n = lu.shape[lu.rank - 1]
    let diagonal = try lu.diagonal().doubles()
    let exchanges = try pivots.ints()
    return (0..<verdict.info.count).map { matrix in
      var sign = 1.0
      var log = 0.0
      for row in 0..<n {
        let pivot = diagonal[matrix * n + row]
        if (pivot < 0) != (exchanges[matrix * n + row] != row + 1) { sign = -sign }
        log += Glibc.log(Swift.abs(pivot))
      }
      return log == -.infinity ? (0, log) : (sign, log)
    }
  }

  /// Whether the pivots of each matrix are so even that a derivative of the determinant may divide by them. Two divisions leave half of
  /// the digits; from some rows on the polynomial of the alternative has no more than that either, and counts only where the matrix is
  /// singular in all digits.
  func areFarFromSingular() throws -> Bool {
    let n = lu.shape[lu.rank - 1]
    let epsilon = lu.dtype == .f64 ? Double.ulpOfOne : Double(Float.ulpOfOne)
    let least = n <= 8 ? epsilon.squareRoot() : epsilon * Double(n)
    let diagonal = try lu.diagonal().doubles()
    return (0..<verdict.info.count).allSatisfy { matrix in
      let pivots = diagonal[matrix * n..<(matrix + 1) * n].map { Swift.abs($0) }
      guard let largest = pivots.max(), let smallest = pivots.min() else { return true }
      return smallest > largest * least || largest.isNaN
    }
  }

  /// Each determinant, as the product of the pivots.
  func determinants() throws -> [Double] {
    let n = lu.shape[lu.rank - 1]
    let diagonal = try lu.diagonal().doubles()
    let exchanges = try pivots.ints()
    return (0..<verdict.info.count).map { matrix in
      (0..<n).reduce(1.0) { product, row in
        let pivot = diagonal[matrix * n + row]
        return product * (exchanges[matrix * n + row] == row + 1 ? pivot : -pivot)
      }
    }
  }
}

enum LinearSystem {
  /// X with A X = B, from A, B and the factors of A; A itself is there for its derivative. Equal batches.
  static let solve: GeneralPrimitive<Factors> = .init(
    "solve", saves: [.left, .output],
    evaluate: { inputs, factors in
      try factors.checkRegular(in: "solve")
      // The kernel's right-hand sides are rows.
      let rows = try inputs[1].transposed().copied(in: "solve")
      let n = rows.shape[rows.rank - 1]
      let verdict = try Verdict(on: rows, in: "solve") { info in
        faa_lu_solve(
          rows.dtype.kernel, factors.isTransposed, rows.batchShape.elementCount, n, rows.shape[rows.rank - 2],
          factors.lu.pointer, factors.pivots.pointer.assumingMemoryBound(to: Int32.self), rows.pointer, info)
      }
      try verdict.check("solve") { "is not accepted (argument \($0))" }
      return try rows.transposed()
    },
    pullback: { cotangent, saved, factors, needs in
      let right = try solve([saved.inputs[0], cotangent], factors.transposed)
      let outer =
        try factors.isTransposed
        ? saved.output.matmul(right.transposed()) : right.matmul(saved.output.transposed())
      return [needs(0) ? try -outer : nil, needs(1) ? right : nil]
    },
    pushforward: { tangents, saved, factors in
      var right = tangents[1]
      if let change = tangents[0] {
        let moved = try (factors.isTransposed ? change.transposed() : change).matmul(saved.output)
        right = try right.map { try $0 - moved } ?? -moved
      }
      return try right.map { try solve([saved.inputs[0], $0], factors) }
    },
    samples: {
      [
        .init([([3, 3], .real), ([3, 2], .real)]) { try regular($0[0]).solve($0[1]) },
        .init([([2, 2, 2], .real), ([2], .real)]) { try regular($0[0]).solve($0[1].insertingAxis(1)) },
        .init([([3, 3], .real)]) { try regular($0[0]).inverse() },
      ]
    })

  /// Which triangle is meant, and how.
  struct Triangle: Sendable {
    var isLower: Bool, isTransposed: Bool, isUnit: Bool

    var transposed: Triangle {
      Triangle(isLower: isLower, isTransposed: !isTransposed, isUnit: isUnit)
    }

    /// The part of a matrix that the solution reads.
    func part(of x: Tensor) throws -> Tensor {
      let offset = isUnit ? 1 : 0
      return try isLower ? x.lowerTriangle(-offset) : x.upperTriangle(offset)
    }
  }

  /// X with T X = B, or Tᵀ X = B. Equal batches.
  static let triangular: GeneralPrimitive<Triangle> = .init(
    "triangularSolve", saves: [.left, .output],
    evaluate: { inputs, triangle in
      let t = try inputs[0].contiguous(in: "triangularSolve")
      let x = try inputs[1].copied(in: "triangularSolve")
      let verdict = try Verdict(on: t, in: "triangularSolve") { info in
        faa_triangular_solve(
          t.dtype.kernel, triangle.isLower, triangle.isTransposed, triangle.isUnit, t.batchShape.elementCount,
          t.shape[t.rank - 1], x.shape[x.rank - 1], t.pointer, x.pointer, info)
      }
      try verdict.check("triangularSolve") { "is singular (pivot \($0) is 0)" }
      return x
    },
    pullback: { cotangent, saved, triangle, needs in
      let right = try triangular([saved.inputs[0], cotangent], triangle.transposed)
      guard needs(0) else { return [nil, right] }
      let outer =
        try triangle.isTransposed
        ? saved.output.matmul(right.transposed()) : right.matmul(saved.output.transposed())
      return [try triangle.part(of: -outer), needs(1) ? right : nil]
    },
    pushforward: { tangents, saved, triangle in
      var right = tangents[1]
      if let change = tangents[0] {
        let part = try triangle.part(of: change)
        let moved = try (triangle.isTransposed ? part.transposed() : part).matmul(saved.output)
        right = try right.map { try $0 - moved } ?? -moved
      }
      return try right.map { try triangular([saved.inputs[0], $0], triangle) }
    },
    samples: {
      [
        .init([([3, 3], .positive), ([3, 2], .real)]) { try $0[0].triangularSolve($0[1]) },
        .init([([3, 3], .positive), ([3, 2], .real)]) {
          try $0[0].triangularSolve($0[1], lower: false, transposed: true)
        },
        .init([([2, 3, 3], .real), ([3, 1], .real)]) { try $0[0].triangularSolve($0[1], unit: true) },
      ]
    })

  static let determinant: GeneralPrimitive<Factors> = .init(
    "determinant", saves: [.left, .output],
    evaluate: { inputs, factors in
      try Tensor(factors.determinants(), shape: inputs[0].batchShape).cast(to: inputs[0].dtype)
    },
    pullback: { cotangent, saved, factors, _ in
      try [scaledInverse(saved.inputs[0], cotangent * saved.output, factors.transposed)]
    },
    pushforward: { tangents, saved, factors in
      try tangents[0].map { try saved.output * solve([saved.inputs[0], $0], factors).trace() }
    },
    samples: { [.init([([2, 3, 3], .real)]) { try regular($0[0]).determinant() }] })

  static let logDeterminant: GeneralPrimitive<Factors> = .init(
    "logDeterminant", saves: .left,
    evaluate: { inputs, factors in
      try Tensor(factors.logDeterminants().map(\.log), shape: inputs[0].batchShape).cast(to: inputs[0].dtype)
    },
    pullback: { cotangent, saved, factors, _ in
      try [scaledInverse(saved.inputs[0], cotangent, factors.transposed)]
    },
    pushforward: { tangents, saved, factors in
      try tangents[0].map { try solve([saved.inputs[0], $0], factors).trace() }
    },
    samples: { [.init([([2, 3, 3], .real)]) { try regular($0[0]).logDeterminant().logarithm }] })

  static let all: [Primitive] = [solve, triangular, determinant, logDeterminant]

  /// A⁻¹ (or its transpose) times a number for each matrix.
  private static func scaledInverse(_ a: Tensor, _ factor: Tensor, _ factors: Factors) throws -> Tensor {
    let identity = try Tensor.eye(a.shape[a.rank - 1], dtype: a.dtype)
    return try solve([a, identity * factor.insertingAxis(-1).insertingAxis(-1)], factors)
  }

  /// A matrix far from singular, for samples.
  private static func regular(_ x: Tensor) throws -> Tensor {
    try x * 0.3 + Tensor.eye(x.shape[x.rank - 1], dtype: x.dtype) * 2
  }
}

extension Tensor {
  /// Two batches of matrices of one dtype, expanded to common leading axes; the right-hand sides have been checked.
  private func paired(with other: Tensor, in operation: String) throws -> (Tensor, Tensor) {
    let b = try other.matrices(in: operation)
    let batch = batchShape.broadcast(with: b.batchShape) ?? batchShape
    let dtype = Swift.max(self.dtype, b.dtype)
    let left = try cast(to: dtype).expanded(to: Shape(Array(batch) + shape.suffix(2)))
    return (left, try b.cast(to: dtype).expanded(to: Shape(Array(batch) + other.shape.suffix(2))))
  }

  /// X with A X = B, for this A of shape (..., n, n) and B of shape (..., n, k), or a vector of n; leading axes broadcast. By
  /// triangular factors with row exchanges (LAPACK getrf), made once for all derivatives. Throws `arithmetic` naming the matrix
  /// and the pivot where one is singular.
  public func solve(_ other: Tensor) throws -> Tensor {
    let a = try squareMatrices(in: "solve")
    try a.checkRightHandSides(other, rows: a.shape[rank - 1], in: "solve")
    if other.rank == 1 { return try solve(other.insertingAxis(1)).squeezed([-1]) }
    let (left, right) = try a.paired(with: other, in: "solve")
    return try LinearSystem.solve([left, right], Factors(left, in: "solve"))
  }

  /// X with T X = B (or Tᵀ X = B when `transposed`), where T is the lower or upper triangle of this; with `unit` its diagonal counts
  /// as ones. B of shape (..., n, k), or a vector of n. Throws `arithmetic` for a 0 on the diagonal.
  public func triangularSolve(
    _ other: Tensor, lower: Bool = true, transposed: Bool = false, unit: Bool = false
  ) throws -> Tensor {
    let t = try squareMatrices(in: "triangularSolve")
    try t.checkRightHandSides(other, rows: t.shape[rank - 1], in: "triangularSolve")
    if other.rank == 1 {
      let column = try other.insertingAxis(1)
      return try triangularSolve(column, lower: lower, transposed: transposed, unit: unit).squeezed([-1])
    }
    let (left, right) = try t.paired(with: other, in: "triangularSolve")
    let triangle = LinearSystem.Triangle(isLower: lower, isTransposed: transposed, isUnit: unit)
    return try LinearSystem.triangular([left, right], triangle)
  }

  /// The inverse of each matrix. Throws `arithmetic` where one is singular. To solve a system use `solve`.
  public func inverse() throws -> Tensor {
    let a = try squareMatrices(in: "inverse")
    return try a.solve(.eye(a.shape[a.rank - 1], dtype: a.dtype))
  }

  /// The determinant of each matrix. Its derivative exists at singular matrices too (there from the characteristic polynomial).
  public func determinant() throws -> Tensor {
    let a = try squareMatrices(in: "determinant")
    let factors = try Factors(a, in: "determinant")
    if recordedTrace(a) != 0, try !factors.areFarFromSingular() { return try a.determinantByPolynomial() }
    return try LinearSystem.determinant([a], factors)
  }

  /// The sign (-1, 0 or 1, a constant) of each matrix's determinant and the logarithm of its absolute value, -inf where it is 0.
  public func logDeterminant() throws -> (sign: Tensor, logarithm: Tensor) {
    let a = try squareMatrices(in: "logDeterminant")
    let factors = try Factors(a, in: "logDeterminant")
    let signs = try Tensor(factors.logDeterminants().map(\.sign), shape: a.batchShape).cast(to: a.dtype)
    return (signs, try LinearSystem.logDeterminant([a], factors))
  }

  /// (-1)ⁿ times the last coefficient of the characteristic polynomial, by the recursion of Faddeev and Le Verrier: products and sums
  /// alone, so that a singular matrix is no exception.
  private func determinantByPolynomial() throws -> Tensor {
    let n = shape[rank - 1]
    let identity = try Tensor.eye(n, dtype: dtype)
    var m = identity
    var coefficient = try Tensor.ones(batchShape, dtype: dtype)
    for k in stride(from: 1, through: n, by: 1) {
      if k > 1 { m = try matmul(m) + identity * coefficient.insertingAxis(-1).insertingAxis(-1) }
      coefficient = try matmul(m).trace() * (-1 / Double(k))
    }
    return n % 2 == 0 ? coefficient : try -coefficient
  }
}
