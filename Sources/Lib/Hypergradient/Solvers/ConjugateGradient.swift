import Tensor

/// Conjugate gradients (Hestenes and Stiefel 1952): for symmetric positive definite A the error is smallest in the A-norm over the
/// Krylov space, in at most n steps up to round-off. Every step tests the curvature p·Ap; a direction that is not convex
/// stops it with that status, since what follows would be meaningless.
public struct ConjugateGradient: LinearSolver {
  /// The most iterations; for nil 10 n, at most 1000.
  public var iterations: Int?
  /// The relative residual to reach; by precision for nil.
  public var tolerance: Double?

  /// Conjugate gradients to `tolerance`.
  public init(iterations: Int? = nil, tolerance: Double? = nil) {
    self.iterations = iterations
    self.tolerance = tolerance
  }

  /// "cg"
  public var name: String { "cg" }
  /// The call that makes this method.
  public var description: String { iterations.map { "cg(iterations: \($0))" } ?? "cg()" }

  /// Solves A q = b. Throws `invalidArgument` for a map that is not symmetric.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    try solve(map, b, start: start, through: nil)
  }

  /// The same through a symmetric positive definite P ≈ A^-1, in whose inner product P A is symmetric: fewer iterations where P A is better
  /// conditioned than A. Throws `invalidArgument` for a P that is not positive on a residual.
  func solve(
    _ map: LinearMap, _ b: [Tensor], start: [Tensor]?, through apply: (([Tensor]) throws -> [Tensor])?
  ) throws -> LinearSolution {
    guard try map.isSymmetric(like: b) else {
      throw HypergradientError(
        .invalidArgument, in: name, "the map is not symmetric: u·Av differs from v·Au", help: "use gmres()")
    }
    func preconditioned(_ r: [Tensor]) throws -> (z: [Tensor], product: Double) {
      guard let apply else { return (r, try r.dot(r)) }
      let z = try applied(apply, to: r)
      let product = try z.dot(r)
      guard product > 0 || r.isZero else {
        throw HypergradientError(
          .invalidArgument, in: "preconditioner",
          "r·Pr = \(brief(product, 3)) for a residual r: P is not positive definite",
          help: "give an approximation of the inverse, or use gmres()")
      }
      return (z, product)
    }
    var (q, r) = try begin(map, b, start)
    let target = try b.norm() * (tolerance ?? defaultTolerance(b))
    let first = try preconditioned(r)
    var squared = first.product
    var residuals = [try r.norm()]
    var status: SolveStatus?
    var p = first.z
    var diagonal: [Double] = []
    var offDiagonal: [Double] = []
    var (lastAlpha, lastBeta) = (1.0, 0.0)
    let limit = iterations ?? min(10 * b.elementCount, 1000)
    var taken = 0
    return try LinearSolution.iterating(taken: taken) {
      while taken < limit, residuals[taken] > target {
        try checkInterrupt()
        let product = try map(p)
        let curvature = try p.dot(product)
        let length = try p.dot(p)
        guard curvature.isFinite else {
          status = .nonFinite
          break
        }
        let scale = try product.norm() * length.squareRoot()
        if curvature <= 4 * b.epsilon * scale {
          status = curvature < -4 * b.epsilon * scale ? .negativeCurvature(curvature / length) : .singular
          break
        }
        let alpha = squared / curvature
        let there = try q.adding(alpha, p)
        let rest = try r.adding(-alpha, product)
        let ahead = try preconditioned(rest)
        let beta = ahead.product / squared
        let size = try apply == nil ? ahead.product.squareRoot() : rest.norm()
        p = try ahead.z.adding(beta, p)
        (q, r) = (there, rest)
        diagonal.append(1 / alpha + lastBeta / lastAlpha)
        offDiagonal.append(beta.squareRoot() / alpha)
        (lastAlpha, lastBeta, squared) = (alpha, beta, ahead.product)
        residuals.append(size)
        taken += 1
      }
    } finish: { _ in
      try finish(map, b, q, residuals, status, target: target, taken, diagonal, offDiagonal)
    }
  }

  /// Recomputes the residual (the recurrence drifts) and names how it ended.
  private func finish(
    _ map: LinearMap, _ b: [Tensor], _ q: [Tensor], _ residuals: [Double], _ status: SolveStatus?,
    target: Double, _ taken: Int, _ diagonal: [Double], _ offDiagonal: [Double]
  ) throws -> LinearSolution {
    var solution = LinearSolution(q: q, residuals: residuals, status: status ?? .converged)
    if taken > 0 {
      let rest = try b.adding(-1, map(q))
      solution.residuals[taken] = try rest.norm()
      solution.residualVector = rest
    }
    let bounds = SpectralBounds(
      diagonal: diagonal, offDiagonal: offDiagonal, next: 0, roundOff: b.epsilon)
    if taken > 0, bounds.ritzMin > 0 {
      solution.kappa = bounds.kappa
      solution.errorEstimate = solution.residual / bounds.ritzMin
    }
    switch status {
    case .negativeCurvature(let curvature):
      solution.notes.append(
        "H is indefinite (curvature \(brief(curvature, 3)) along a search direction): θ is no minimum; use minres(), or "
          + "damping above \(brief(-curvature, 3))")
    case .singular:
      solution.notes.append("a search direction is flat: H has a null space; use damping or minres()")
    case nil where solution.residual > 10 * target:
      let error = (solution.errorEstimate ?? .infinity) / max(try q.norm(), .leastNormalMagnitude)
      solution.status = residuals.last.map { $0 <= target } == true ? .stagnated : .truncated(error: error)
    default: break
    }
    if let kappa = solution.kappa, kappa > 1e-2 / b.epsilon.squareRoot() {
      solution.notes.append(
        "κ ≈ \(brief(kappa, 2)): a small residual does not mean a small error; consider damping")
    }
    return solution
  }
}
