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
  public var description: String { "dense()" }

  /// Solves A q = b. Throws `invalidArgument` for more unknowns than the limit.
  public func solve(
    _ map: LinearMap, _ b: [Tensor], start: [Tensor]?, strongConvexity: Double?
  ) throws -> LinearSolution {
    let n = b.elementCount
    guard n <= limit else {
      throw HypergradientError(
        .invalidArgument, in: name,
        "\(n) parameters need \(n) products and \(brief(Double(n * n) * 8e-9, 2)) GB",
        help: "use cg(), or dense(limit: \(n)) if you mean it")
    }
    var matrix = DenseMatrix(size: n)
    var unit = [Double](repeating: 0, count: n)
    for column in 0..<n {
      try checkInterrupt()
      unit[column] = 1
      matrix.setColumn(column, try map(b.shaped(from: unit)).flattened())
      unit[column] = 0
    }
    let right = try b.flattened()
    let (x, isPositive) = try matrix.solved(
      right, symmetric: map.isSymmetric(like: b), epsilon: b.epsilon)
    let norm = try b.norm()
    guard let x else {
      var solution = LinearSolution(q: try b.zeros(), residuals: [norm], status: .singular)
      solution.notes = ["the Hessian is singular to working precision; use damping or minres()"]
      return solution
    }
    let q = try b.shaped(from: x)
    let rest = zip(right, matrix.times(x)).map { $0 - $1 }
    let residual = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
    var solution = LinearSolution(q: q, residuals: [norm, residual], status: .converged)
    if !x.allSatisfy(\.isFinite) {
      solution.status = .nonFinite
    } else if residual > b.epsilon.squareRoot() * norm {
      // Elimination is backward stable: an equation that it leaves open has no solution to working precision.
      solution.status = .singular
      solution.notes = ["the Hessian is singular to working precision; use damping or minres()"]
      return solution
    }
    if !isPositive, try map.isSymmetric(like: b) {
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

  /// A^-1 b, nil where A is singular to working precision, and whether A is positive definite.
  func solved(_ b: [Double], symmetric: Bool, epsilon: Double) -> (x: [Double]?, isPositive: Bool) {
    if symmetric, let x = cholesky(b, epsilon: epsilon) { return (x, true) }
    return (eliminated(b, epsilon: epsilon), false)
  }

  /// A = U^T U, row by row of U; nil at the first pivot that is not positive.
  private func cholesky(_ b: [Double], epsilon: Double) -> [Double]? {
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

  /// Gaussian elimination with partial pivoting.
  private func eliminated(_ b: [Double], epsilon: Double) -> [Double]? {
    let n = size
    var a = elements
    var x = b
    let largest = a.map(abs).max() ?? 0
    for column in 0..<n {
      var best = column
      for row in column..<n where abs(a[row * n + column]) > abs(a[best * n + column]) { best = row }
      guard abs(a[best * n + column]) > 8 * epsilon * largest else { return nil }
      if best != column {
        for k in 0..<n { a.swapAt(best * n + k, column * n + k) }
        x.swapAt(best, column)
      }
      for row in (column + 1)..<max(n, column + 1) {
        let factor = a[row * n + column] / a[column * n + column]
        if factor == 0 { continue }
        for k in column..<n { a[row * n + k] -= factor * a[column * n + k] }
        x[row] -= factor * x[column]
      }
    }
    for row in (0..<n).reversed() {
      for k in (row + 1)..<max(n, row + 1) { x[row] -= a[row * n + k] * x[k] }
      x[row] /= a[row * n + row]
    }
    return x
  }
}
