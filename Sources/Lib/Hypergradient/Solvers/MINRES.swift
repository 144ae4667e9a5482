import Tensor

/// MINRES (Paige and Saunders 1975): the smallest residual over the Krylov space for any symmetric A, indefinite ones included. Where A
/// is singular it finds a least-squares solution.
public struct MINRES: LinearSolver {
  /// The most iterations; for nil 10 n, at most 1000.
  public var iterations: Int?
  /// The relative residual to reach; by precision for nil.
  public var tolerance: Double?

  /// MINRES to `tolerance`.
  public init(iterations: Int? = nil, tolerance: Double? = nil) {
    self.iterations = iterations
    self.tolerance = tolerance
  }

  /// "minres"
  public var name: String { "minres" }
  /// The call that makes this method.
  public var description: String { iterations.map { "minres(iterations: \($0))" } ?? "minres()" }

  /// Solves A q = b. Throws `invalidArgument` for a map that is not symmetric.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    guard try map.isSymmetric(like: b) else {
      throw HypergradientError(
        .invalidArgument, in: name, "the map is not symmetric: u·Av differs from v·Au", help: "use gmres()")
    }
    var (q, y) = try begin(map, b, start)
    let target = try b.norm() * (tolerance ?? defaultTolerance(b))
    var beta = try y.norm()
    var residuals = [beta]
    var (older, old) = (y, y)
    var oldBeta = 0.0
    // The Givens rotation and the entries of the triangular factor's last columns.
    var (cosine, sine, dBar, epsilon, phiBar) = (-1.0, 0.0, 0.0, 0.0, beta)
    var (w, wOld) = (try b.zeros(), try b.zeros())
    var diagonal: [Double] = []
    var offDiagonal: [Double] = []
    let limit = iterations ?? min(10 * b.elementCount, 1000)
    var status: SolveStatus?
    return try LinearSolution.iterating(taken: diagonal.count) {
      while diagonal.count < limit, phiBar > target, beta > 0 {
        try checkInterrupt()
        let v = try y.scaled(1 / beta)
        y = try map(v)
        if !diagonal.isEmpty { y = try y.adding(-beta / oldBeta, older) }
        let alpha = try v.dot(y)
        y = try y.adding(-alpha / beta, old)
        (older, old) = (old, y)
        oldBeta = beta
        beta = try y.norm()
        guard alpha.isFinite, beta.isFinite else {
          status = .nonFinite
          break
        }
        let oldEpsilon = epsilon
        let delta = cosine * dBar + sine * alpha
        let gBar = sine * dBar - cosine * alpha
        epsilon = sine * beta
        dBar = -cosine * beta
        // At first what came before is |b|, which is no size of the matrix's.
        let scale = max(
          diagonal.map(abs).max() ?? 0, abs(alpha), diagonal.isEmpty ? beta : max(beta, oldBeta))
        let gamma = hypotenuse(gBar, beta)
        guard gamma > 8 * b.epsilon * scale else {
          status = .singular
          break
        }
        cosine = gBar / gamma
        sine = beta / gamma
        let phi = cosine * phiBar
        phiBar = sine * phiBar
        let next = try v.adding(-oldEpsilon, wOld).adding(-delta, w).scaled(1 / gamma)
        let there = try q.adding(phi, next)
        (wOld, w, q) = (w, next, there)
        if !diagonal.isEmpty { offDiagonal.append(oldBeta) }
        diagonal.append(alpha)
        residuals.append(phiBar)
        if beta <= 8 * b.epsilon * scale { break }
      }
    } finish: { isInterrupted in
      var solution = LinearSolution(q: q, residuals: residuals, status: status ?? .converged)
      guard !diagonal.isEmpty else { return solution }
      let rest = try b.adding(-1, map(q))
      solution.residuals[residuals.count - 1] = try rest.norm()
      solution.residualVector = rest
      let bounds = SpectralBounds(
        diagonal: diagonal, offDiagonal: offDiagonal, next: 0, roundOff: b.epsilon)
      let smallest = bounds.ritzValues.map(abs).min() ?? 0
      if smallest > 0 {
        solution.kappa = (bounds.ritzValues.map(abs).max() ?? 0) / smallest
        solution.errorEstimate = solution.residual / smallest
      }
      if bounds.isIndefinite {
        solution.notes.append(
          "H is indefinite (σ_min ≈ \(brief(bounds.ritzMin, 3))): θ is a saddle point of the inner loss, not a minimum"
        )
      }
      if status == nil, solution.residual > 10 * target {
        let error = (solution.errorEstimate ?? .infinity) / max(try q.norm(), .leastNormalMagnitude)
        let ended = diagonal.count < limit && !isInterrupted
        solution.status = ended ? .stagnated : .truncated(error: error)
        if ended {
          let isIll = solution.kappa.map { $0 > 1e-3 / b.epsilon.squareRoot() } ?? false
          solution.notes.append(
            "the residual cannot fall further: "
              + (isIll
                ? "κ ≈ \(brief(solution.kappa ?? 0, 2)) leaves no more digits, or b has a part in the null space of H"
                : "b has a part in the null space of H"))
        }
      }
      return solution
    }
  }
}
