import Tensor

/// The adjoint of a fixed-point iteration, u ← b + (I - A) u with A = (I - ∂Φ/∂θ)ᵀ: the iteration's own transposed Jacobian applied until
/// u settles (Almeida 1987, Pineda 1987). It converges where the iteration does, at the same rate; a Jacobian that is not normal may
/// make it grow first, so growth alone is no verdict.
public struct FixedPointAdjoint: LinearSolver {
  /// The most iterations.
  public var iterations: Int
  /// The relative residual to reach; by precision for nil.
  public var tolerance: Double?

  /// At most `iterations` applications.
  public init(iterations: Int = 500, tolerance: Double? = nil) {
    self.iterations = iterations
    self.tolerance = tolerance
  }

  /// "adjoint"
  public var name: String { "adjoint" }
  /// The call that makes this method.
  public var description: String { "adjoint(iterations: \(iterations))" }
  /// The iterations at most.
  public func predictedProducts(parameters n: Int) -> Double { Double(iterations) }

  /// Solves A u = b.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    guard iterations > 0 else {
      throw HypergradientError(.invalidArgument, in: name, "\(iterations) iterations")
    }
    var (u, residual) = try begin(map, b, start)
    let target = try b.norm() * (tolerance ?? defaultTolerance(b))
    var residuals = [try residual.norm()]
    var status: SolveStatus?
    return try LinearSolution.iterating(taken: residuals.count - 1) {
      while residuals.count <= iterations, residuals[residuals.count - 1] > target {
        try checkInterrupt()
        let there = try u.adding(1, residual)
        let rest = try residual.adding(-1, map(residual))
        let norm = try rest.norm()
        (u, residual) = (there, rest)
        residuals.append(norm)
        if !norm.isFinite || norm > 1e8 * residuals[0] {
          status = norm.isFinite ? .divergent(rho: norm / residuals[residuals.count - 2]) : .nonFinite
          break
        }
      }
    } finish: { _ in
      var solution = LinearSolution(q: u, residuals: residuals, status: status ?? .converged)
      (solution.residualVector, solution.residualDrifts) = (residual, true)
      solution.gamma = 1
      guard residuals.count > 1 else { return solution }
      let rate = recentRate(residuals)
      solution.rho = rate
      let peak = residuals.max() ?? 0
      if peak > 1.5 * residuals[0] {
        solution.notes.append(
          "the residual grew \(brief(peak / residuals[0], 3)) times before it fell: ∂Φ/∂θ is not normal")
      }
      if status == nil, solution.residual > target {
        if rate >= 1 {
          solution.status = .divergent(rho: rate)
        } else {
          solution.errorEstimate = solution.residual / (1 - rate)
          solution.status = .truncated(
            error: try solution.residual / (1 - rate) / max(u.norm(), .leastNormalMagnitude))
        }
      }
      if case .divergent = solution.status {
        solution.notes.append("the fixed-point map does not contract at θ; gmres() needs no contraction")
      }
      return solution
    }
  }
}
