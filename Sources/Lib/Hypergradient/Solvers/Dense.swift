import Tensor

/// The exact solution from all n columns of A (n products, n² memory): Cholesky where A is positive definite, otherwise LU with
/// row exchanges. The oracle for the others, and the fastest for small n.
public struct Dense: LinearSolver {
  /// The largest number of parameters accepted.
  public var limit: Int

  /// A dense solve of up to `limit` unknowns.
  public init(limit: Int = 4096) { self.limit = limit }

  /// "dense"
  public var name: String { "dense" }
  /// The call that makes this method.
  public var description: String { limit == 4096 ? "dense()" : "dense(limit: \(limit))" }

  /// Solves A q = b. Throws `invalidArgument` for more unknowns than the limit.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    let n = b.elementCount
    guard n <= limit else {
      throw HypergradientError(
        .invalidArgument, in: name,
        "\(n) parameters need \(n) products and \(brief(Double(n * n) * 8e-9, 2)) GB",
        help: "use cg(), or dense(limit: \(n)) if you mean it")
    }
    try Tensor.checkRoom(for: Shape([n, n], in: name), dtype: .f64, in: name)
    var matrix = DenseMatrix(size: n)
    try b.forEachUnit { column, unit in matrix.setColumn(column, try map(unit).flattened()) }
    let right = try b.flattened()
    let norm = try b.norm()
    guard
      let factors = try matrix.factored(symmetric: map.isSymmetric(like: b), epsilon: b.epsilon),
      matrix.condition(factors) * b.epsilon * Double(n).squareRoot() < 0.25
    else {
      var solution = LinearSolution(q: try b.zeros(), residuals: [norm], status: .singular)
      solution.notes = ["the Hessian is singular to working precision; use damping or minres()"]
      return solution
    }
    let x = factors.solve(right)
    let q = try b.shaped(from: x)
    // In the types of b, so that what rounding does to q is seen.
    let rest = try zip(right, matrix.times(q.flattened())).map { $0 - $1 }
    let residual = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var solution = LinearSolution(q: q, residuals: [norm, residual], status: .converged)
    solution.residualVector = try b.shaped(from: rest)
    if !x.allSatisfy(\.isFinite) {
      solution.status = .nonFinite
    } else if residual > b.epsilon.squareRoot() * norm {
      // Elimination is backward stable: an equation that it leaves open has no solution to working precision.
      solution.status = .singular
      solution.notes = ["the Hessian is singular to working precision; use damping or minres()"]
      return solution
    }
    if !factors.isPositive, try map.isSymmetric(like: b) {
      solution.notes = ["H is not positive definite: θ is a saddle point of the inner loss, not a minimum"]
    }
    return solution
  }
}

/// A square matrix in row-major order.
struct DenseMatrix {
  let size: Int
  private(set) var elements: [Double]

  init(size: Int) {
    self.size = size
    elements = [Double](repeating: 0, count: size * size)
  }

  subscript(row: Int, column: Int) -> Double { elements[row * size + column] }

  mutating func setColumn(_ column: Int, _ values: [Double]) {
    for (row, value) in values.prefix(size).enumerated() { elements[row * size + column] = value }
  }

  func times(_ x: [Double]) -> [Double] {
    (0..<size).map { row in (0..<size).reduce(0) { $0 + elements[row * size + $1] * x[$1] } }
  }

  /// A matrix in factors: how to apply its inverse, and whether it is positive definite.
  struct Factors {
    let isPositive: Bool
    let solve: ([Double]) -> [Double]
  }

  /// The factors of A, nil where a pivot is 0 to working precision.
  func factored(symmetric: Bool, epsilon: Double) -> Factors? {
    if symmetric, let factors = cholesky(epsilon: epsilon) { return factors }
    return eliminated(epsilon: epsilon)
  }

  /// |S A S| |(S A S)^-1|, the second from below by inverse iteration, with the diagonal S that makes the largest element of each row about 1:
  /// units of the parameters do not count. A matrix that only rounding has kept from being singular may have pivots that do not look like
  /// it; its inverse does.
  func condition(_ factors: Factors) -> Double {
    func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let s = (0..<size).map { row in
      let largest = (0..<size).reduce(0) { max($0, abs(self[row, $1])) }
      return largest > 0 ? 1 / largest.squareRoot() : 1
    }
    let scaled = elements.indices.map { s[$0 / size] * elements[$0] * s[$0 % size] }
    var x = (0..<size).map { 1 + 0.5 * Double(($0 * 7919) % 101) / 101 }
    var inverse = 0.0
    for _ in 0..<3 {
      let scale = length(x)
      guard scale > 0, scale.isFinite else { return .infinity }
      x = zip(factors.solve(zip(x, s).map { $0 / scale / $1 }), s).map { $0 / $1 }
      inverse = max(inverse, length(x))
    }
    return inverse.isFinite ? length(scaled) * inverse : .infinity
  }

  /// A = U^T U, row by row of U; nil at the first pivot that is not positive.
  private func cholesky(epsilon: Double) -> Factors? {
    let n = size
    var u = elements
    let isPositive = u.withUnsafeMutableBufferPointer { u in
      for k in 0..<n {
        let pivot = u[k * n + k]
        guard pivot > 8 * epsilon * abs(elements[k * n + k]) else { return false }
        let root = pivot.squareRoot()
        for column in k..<n { u[k * n + column] /= root }
        for row in (k + 1)..<max(n, k + 1) {
          let factor = u[k * n + row]
          if factor == 0 { continue }
          for column in row..<n { u[row * n + column] -= factor * u[k * n + column] }
        }
      }
      return true
    }
    guard isPositive else { return nil }
    return Factors(isPositive: true) { [u] b in
      var x = b
      for row in 0..<n {
        for k in 0..<row { x[row] -= u[k * n + row] * x[k] }
        x[row] /= u[row * n + row]
      }
      for row in (0..<n).reversed() {
        for k in (row + 1)..<max(n, row + 1) { x[row] -= u[row * n + k] * x[k] }
        x[row] /= u[row * n + row]
      }
      return x
    }
  }

  /// P A = L U by Gaussian elimination with partial pivoting; both in one matrix.
  private func eliminated(epsilon: Double) -> Factors? {
    let n = size
    var a = elements
    var order = Array(0..<n)
    let largest = a.map(abs).max() ?? 0
    for column in 0..<n {
      var best = column
      for row in column..<n where abs(a[row * n + column]) > abs(a[best * n + column]) { best = row }
      guard abs(a[best * n + column]) > 8 * epsilon * largest else { return nil }
      if best != column {
        for k in 0..<n { a.swapAt(best * n + k, column * n + k) }
        order.swapAt(best, column)
      }
      for row in (column + 1)..<max(n, column + 1) {
        let factor = a[row * n + column] / a[column * n + column]
        a[row * n + column] = factor
        if factor == 0 { continue }
        for k in (column + 1)..<max(n, column + 1) { a[row * n + k] -= factor * a[column * n + k] }
      }
    }
    return Factors(isPositive: false) { [a, order] b in
      var x = order.map { b[$0] }
      for row in 0..<n {
        for k in 0..<row { x[row] -= a[row * n + k] * x[k] }
      }
      for row in (0..<n).reversed() {
        for k in (row + 1)..<max(n, row + 1) { x[row] -= a[row * n + k] * x[k] }
        x[row] /= a[row * n + row]
      }
      return x
    }
  }
}
