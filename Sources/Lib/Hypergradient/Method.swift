import Autodiff
import Tensor

/// A way to a hypergradient. A new one is one file: this protocol (or `LinearSolver`, for those that solve H q = ∇θ f) is all it
/// implements.
public protocol HypergradientMethod: CustomStringConvertible, Sendable {
  /// The name of the command.
  var name: String { get }
  /// The direct and indirect parts at a point, with their status.
  func run(at point: BilevelPoint, _ options: HypergradientOptions) throws -> MethodOutcome
  /// The number of Hessian-vector products it will take for n inner parameters, about.
  func predictedProducts(parameters n: Int) -> Int
  /// The number of vectors of θ's size it holds at once, about.
  func predictedVectors(parameters n: Int) -> Int
  /// Whether θ must be the inner problem's solution for the result to be what it claims.
  var assumesMinimum: Bool { get }
  /// Where the factors of the formula are evaluated, in words.
  var places: String { get }
}

extension HypergradientMethod {
  /// A handful of vectors.
  public func predictedVectors(parameters n: Int) -> Int { 6 }
  /// The implicit function theorem holds at a solution only.
  public var assumesMinimum: Bool { true }
  /// All at the solution.
  public var places: String { "H, C, ∇θ f and ∇λ f at θ" }
}

/// Choices that hold for every method that solves a linear system.
public struct HypergradientOptions {
  /// δ: the system solved is (H + δ I) q = ∇θ f. Needs δ > -σ_min where H is indefinite; biases the result.
  public var damping: Double
  /// Where to start the solve, such as the previous outer step's q.
  public var warmStart: [Tensor]?
  /// How products with the curvature are composed.
  public var mode: HVPChoice
  /// μ with H - μ I positive semi-definite, where the caller can prove it (a convex loss plus μ/2 |θ|²): turns estimates into bounds.
  public var strongConvexity: Double?
  /// The failures whose value may be read all the same, by name ("divergent").
  public var allowed: Set<String>
  /// An approximate inverse of the matrix.
  public var preconditioner: Preconditioner?
  /// Which mini-batches the products see, where the inner loss is a mean over some, by default fresh ones where the method can take
  /// each product from another and all where it cannot; and the seed of the draws.
  public var batches: BatchPolicy?, seed: UInt64
  /// What is tried in turn when the method fails.
  public var fallback: [any HypergradientMethod]
  /// Whether values frozen in the losses are followed all the same.
  public var followsStops: Bool

  /// Undamped, from zero, measured against nothing.
  public init(
    damping: Double = 0, warmStart: [Tensor]? = nil, mode: HVPChoice = .reverseOverReverse,
    strongConvexity: Double? = nil, allowed: Set<String> = [], preconditioner: Preconditioner? = nil,
    batches: BatchPolicy? = nil, seed: UInt64 = 0, fallback: [any HypergradientMethod] = [],
    followsStops: Bool = false
  ) {
    self.damping = damping
    self.warmStart = warmStart
    self.mode = mode
    self.strongConvexity = strongConvexity
    self.allowed = allowed
    self.preconditioner = preconditioner
    self.batches = batches
    self.seed = seed
    self.fallback = fallback
    self.followsStops = followsStops
  }

  /// These options with the batches that `method` sees where none were asked for.
  func settled(for method: any HypergradientMethod, at point: BilevelPoint) -> HypergradientOptions {
    var settled = self
    if batches == nil, point.problem.batchCount != nil {
      settled.batches = (method as? any LinearSolver)?.acceptsNoise == true ? .fresh : .full
    }
    return settled
  }
}

/// What a method found.
public struct MethodOutcome {
  /// ∇λ f and -C^T q, of λ's shapes.
  public var direct: [Tensor], indirect: [Tensor]
  /// The solution of the linear system, or its counterpart; with residuals, γ, ρ, κ and status.
  public var solution: LinearSolution
  /// The estimated error of the hypergradient (absolute), and whether it is a proven bound.
  public var error: Double?, errorIsBound = false

  /// Both parts and the linear solution behind them.
  public init(direct: [Tensor], indirect: [Tensor], solution: LinearSolution) {
    self.direct = direct
    self.indirect = indirect
    self.solution = solution
  }
}

extension LinearSolver {
  /// The implicit function theorem: (H + δ I) q = ∇θ f, dF/dλ = ∇λ f - C^T q.
  public func run(at point: BilevelPoint, _ options: HypergradientOptions) throws -> MethodOutcome {
    guard options.damping >= 0, options.damping.isFinite else {
      throw HypergradientError(
        .invalidArgument, in: name, "damping \(options.damping)", help: "damping is a number from 0 upwards")
    }
    guard options.batches != .fresh || acceptsNoise else {
      throw HypergradientError(
        .invalidArgument, in: name, "batches \"fresh\" change the matrix at every product, a solve needs one",
        help: "use neumann() or randomizedNeumann(), or batches \"same\" or \"full\"")
    }
    let map = point.hessian.shifted(by: options.damping)
    let solution = try solve(
      map, point.outerGradient, through: options.preconditioner, start: options.warmStart,
      strongConvexity: options.strongConvexity.map { $0 + options.damping })
    return try solution.completing { try outcome(of: solution, at: point, options) }
  }

  /// The hypergradient that a solution gives, and the error that its own leaves in it.
  private func outcome(
    of solution: LinearSolution, at point: BilevelPoint, _ options: HypergradientOptions
  ) throws -> MethodOutcome {
    var solution = solution
    let mixed = try point.mixedTransposed(solution.q)
    var outcome = MethodOutcome(
      direct: point.direct, indirect: try mixed.scaled(-1), solution: solution)
    let size = try solution.q.norm()
    if options.damping > 0 {
      let share = try options.damping * size / max(point.outerGradient.norm(), .leastNormalMagnitude)
      solution.notes.append(
        "damping δ = \(brief(options.damping)) solves another system: it leaves δ|q|/|∇θ f| = \(brief(share, 3)) of the "
          + "undamped one's residual")
    }
    if case .truncated = solution.status, let error = solution.errorEstimate, size > 0 {
      // |C| from below, by what C^T did to q and to the residual.
      var norm = try mixed.norm() / size
      if let rest = solution.residualVector, solution.residual > 0 {
        norm = max(norm, try point.mixedTransposed(rest).norm() / solution.residual)
      }
      var isBound = false
      if solution.errorIsBound, let frobenius = try point.mixedFrobeniusNorm(limit: 64) {
        norm = frobenius
        isBound = true
      }
      outcome.error = norm * error
      outcome.errorIsBound = isBound
      let indirect = try mixed.norm()
      solution.status = .truncated(
        error: indirect > 0 ? norm * error / indirect : norm * error == 0 ? 0 : .infinity)
    }
    outcome.solution = solution
    return outcome
  }

  /// Whether each product may come from another random matrix.
  public var acceptsNoise: Bool { false }

  /// Krylov methods and dense solves: n at most.
  public func predictedProducts(parameters n: Int) -> Int { min(n, 200) }
}

extension Neumann {
  /// The terms, and the probes of the spectrum where γ is to be chosen.
  public func predictedProducts(parameters n: Int) -> Int { terms + (gamma.isChosen ? min(n, 8) : 0) }
}

extension GMRES {
  /// The Krylov basis.
  public func predictedVectors(parameters n: Int) -> Int { min(restart, n) + 4 }
}

extension Dense {
  /// A product for each column.
  public func predictedProducts(parameters n: Int) -> Int { n }
  /// The matrix.
  public func predictedVectors(parameters n: Int) -> Int { n }
}
