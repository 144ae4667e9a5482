import Tensor

/// Conjugate gradients on A^T A q = A^T b (CGNR): the smallest residual for any A of full rank, definite or not, symmetric or not, from
/// two products an iteration. The condition number is squared: a last resort, or for well-conditioned general A.
public struct NormalEquations: LinearSolver {
  /// The most iterations; for nil 10 n, at most 1000.
  public var iterations: Int?
  /// The relative residual of the normal equations to reach; by precision for nil.
  public var tolerance: Double?

  /// Normal equations to `tolerance`.
  public init(iterations: Int? = nil, tolerance: Double? = nil) {
    self.iterations = iterations
    self.tolerance = tolerance
  }

  /// "normalEquations"
  public var name: String { "normalEquations" }
  /// The call that makes this method.
  public var description: String {
    iterations.map { "normalEquations(iterations: \($0))" } ?? "normalEquations()"
  }
  /// Two products an iteration.
  public func predictedProducts(parameters n: Int) -> Double { 2 * Double(min(n, 200)) }

  /// Solves A q = b, in the sense of least squares where A is singular.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    _ = try map.isSymmetric(like: b)
    var (q, r) = try begin(map, b, start)
    let target = try b.norm() * (tolerance ?? defaultTolerance(b))
    var residuals = [try r.norm()]
    let first = try map.transposed(r)
    var squared = try first.dot(first)
    let floor = squared * 16 * b.epsilon * b.epsilon
    var p = first
    var status: SolveStatus?
    let limit = iterations ?? min(10 * b.elementCount, 1000)
    return try LinearSolution.iterating(taken: residuals.count - 1) {
      while residuals.count <= limit, residuals[residuals.count - 1] > target, squared > floor {
        try checkInterrupt()
        let image = try map(p)
        let length = try image.dot(image)
        guard length.isFinite else {
          status = .nonFinite
          break
        }
        guard length > 0 else { break }
        let alpha = squared / length
        let there = try q.adding(alpha, p)
        let rest = try r.adding(-alpha, image)
        let norm = try rest.norm()
        let s = try map.transposed(rest)
        let next = try s.dot(s)
        p = try s.adding(next / squared, p)
        (q, r, squared) = (there, rest, next)
        residuals.append(norm)
      }
    } finish: { isInterrupted in
      let rest = try b.adding(-1, map(q))
      residuals[residuals.count - 1] = try rest.norm()
      var solution = LinearSolution(q: q, residuals: residuals, status: status ?? .converged)
      solution.residualVector = rest
      if status == nil, solution.residual > 10 * target {
        let stuck = !isInterrupted && (squared <= floor || residuals.count <= limit)
        solution.status = stuck ? .stagnated : .truncated(error: .infinity)
        if stuck {
          solution.notes.append("b has a part outside the range of A: this is a least-squares solution")
        }
      }
      return solution
    }
  }
}
