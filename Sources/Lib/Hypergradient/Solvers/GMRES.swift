import Tensor

/// GMRES (Saad and Schultz 1986), restarted: the smallest residual over the Krylov space for any A.
public struct GMRES: LinearSolver {
  /// The dimension at which it restarts.
  public var restart: Int
  /// The most products.
  public var iterations: Int
  /// The relative residual to reach; by precision for nil.
  public var tolerance: Double?

  /// GMRES to `tolerance`.
  public init(restart: Int = 50, iterations: Int = 500, tolerance: Double? = nil) {
    self.restart = restart
    self.iterations = iterations
    self.tolerance = tolerance
  }

  /// "gmres"
  public var name: String { "gmres" }
  /// The call that makes this method.
  public var description: String { "gmres(restart: \(restart))" }

  /// Solves A q = b.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    guard restart > 0, iterations > 0 else {
      throw HypergradientError(.invalidArgument, in: name, "restart \(restart), iterations \(iterations)")
    }
    var (q, r) = try begin(map, b, start)
    let target = try b.norm() * (tolerance ?? defaultTolerance(b))
    var residuals = [try r.norm()]
    var used = 0
    var status: SolveStatus?
    return try LinearSolution.iterating(taken: used) {
      while used < iterations, residuals[residuals.count - 1] > target, status == nil {
        let before = residuals[residuals.count - 1]
        let limit = min(restart, iterations - used, b.elementCount)
        let cycle = try krylov(map, r, limit, target: target)
        let there = try zip(cycle.basis, cycle.coefficients).reduce(q) { try $0.adding($1.1, $1.0) }
        // Recomputed, not believed: a cycle that gains nothing is stagnation.
        let rest = try b.adding(-1, map(there))
        let true_ = try rest.norm()
        (q, r) = (there, rest)
        used += cycle.residuals.count
        residuals += cycle.residuals.dropLast() + [true_]
        guard true_.isFinite else {
          status = .nonFinite
          break
        }
        if true_ > target, true_ > 0.999 * before { status = .stagnated }
      }
    } finish: { _ in
      var solution = LinearSolution(q: q, residuals: residuals, status: status ?? .converged)
      solution.residualVector = r
      if status == .stagnated {
        solution.notes.append(
          restart < b.elementCount
            ? "a whole cycle of \(restart) products gained nothing; raise restart, or use damping"
            : "all directions are taken and part of the residual is left: the matrix is singular, or too near it for its precision; use damping"
        )
      } else if status == nil, solution.residual > 10 * target {
        solution.status = .truncated(error: .infinity)
      }
      return solution
    }
  }

  /// One cycle: the Krylov basis of r, and the coefficients of the correction with the smallest residual.
  private func krylov(_ map: LinearMap, _ r: [Tensor], _ limit: Int, target: Double) throws -> (
    basis: [[Tensor]], coefficients: [Double], residuals: [Double]
  ) {
    let norm = try r.norm()
    var basis = [try r.scaled(1 / norm)]
    var columns: [[Double]] = []
    var rotations: [(cosine: Double, sine: Double)] = []
    var g = [norm]
    var residuals: [Double] = []
    for step in 0..<limit {
      try checkInterrupt()
      var w = try map(basis[step])
      let size = try w.norm()
      var h: [Double] = []
      for u in basis {
        let product = try u.dot(w)
        h.append(product)
        w = try w.adding(-product, u)
      }
      for index in basis.indices {
        let correction = try basis[index].dot(w)
        h[index] += correction
        w = try w.adding(-correction, basis[index])
      }
      let next = try w.norm()
      for (index, rotation) in rotations.enumerated() {
        let (a, b) = (h[index], h[index + 1])
        h[index] = rotation.cosine * a + rotation.sine * b
        h[index + 1] = rotation.cosine * b - rotation.sine * a
      }
      let length = hypotenuse(h[step], next)
      guard length > 8 * r.epsilon * size else { break }
      rotations.append((h[step] / length, next / length))
      h[step] = length
      columns.append(h)
      g.append(-rotations[step].sine * g[step])
      g[step] *= rotations[step].cosine
      residuals.append(abs(g[step + 1]))
      if abs(g[step + 1]) <= target || next <= 8 * r.epsilon * size { break }
      basis.append(try w.scaled(1 / next))
    }
    var coefficients = [Double](repeating: 0, count: columns.count)
    for row in columns.indices.reversed() {
      var value = g[row]
      for column in (row + 1)..<max(columns.count, row + 1) {
        value -= columns[column][row] * coefficients[column]
      }
      coefficients[row] = value / columns[row][row]
    }
    if residuals.isEmpty { residuals = [norm] }
    return (basis, coefficients, residuals)
  }
}
