import Autodiff
import Tensor

/// A way to a hypergradient. A new one is one file: this protocol (or `LinearSolver`, for those that solve H q = ∇θ f) is all it
/// implements.
public protocol HypergradientMethod: CustomStringConvertible, Sendable {
  /// The name of the command.
  var name: String { get }
  /// The direct and indirect parts at a computation's point, with their status.
  func run(_ computation: Computation, _ options: HypergradientOptions) throws -> MethodOutcome
  /// The number of Hessian-vector products it will take for n inner parameters, about.
  func predictedProducts(parameters n: Int) -> Double
  /// The number of vectors of θ's size it holds at once, about.
  func predictedVectors(parameters n: Int) -> Double
  /// Whether θ must be the inner problem's solution for the result to be what it claims.
  var assumesMinimum: Bool { get }
  /// Where the factors of the formula are evaluated, in words.
  var places: String { get }
  /// Whether λ acts through the method itself, beside the losses.
  var reachesLambda: Bool { get }
}

extension HypergradientMethod {
  /// A handful of vectors.
  public func predictedVectors(parameters n: Int) -> Double { 6 }
  /// The implicit function theorem holds at a solution only.
  public var assumesMinimum: Bool { true }
  /// λ acts through the losses.
  public var reachesLambda: Bool { false }
  /// All at the solution.
  public var places: String { "H, C, ∇θ f and ∇λ f at θ" }
}

/// Choices of a computation. All but what is allowed, tried in turn and followed are for methods that solve a linear system.
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

  /// These options as `method` takes them, with the batches that it sees where none were asked for; and the names of those it has no use for.
  func settled(
    for method: any HypergradientMethod, at point: BilevelPoint
  ) -> (options: HypergradientOptions, unused: [String]) {
    var settled = self
    // Where q starts does not change what it is.
    settled.warmStart = warmStart?.detached
    if let solver = method as? any LinearSolver {
      if batches == nil, point.problem.batchCount != nil {
        settled.batches = solver.acceptsNoise ? .fresh : .full
      }
      return (settled, [])
    }
    var unused: [String] = []
    func leaveAside(_ name: String, _ isGiven: Bool) { if isGiven { unused.append(name) } }
    leaveAside("damping", damping != 0)
    leaveAside("pre", preconditioner != nil)
    leaveAside("warmStart", warmStart != nil)
    leaveAside("hvp", mode != .reverseOverReverse)
    leaveAside("batches", batches ?? .full != .full)
    leaveAside("strongConvexity", strongConvexity != nil)
    (settled.damping, settled.preconditioner, settled.warmStart) = (0, nil, nil)
    (settled.mode, settled.strongConvexity) = (.reverseOverReverse, nil)
    settled.batches = point.problem.batchCount == nil ? batches : .full
    return (settled, unused)
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
  public func run(_ computation: Computation, _ options: HypergradientOptions) throws -> MethodOutcome {
    guard options.damping >= 0, options.damping.isFinite else {
      throw HypergradientError(
        .invalidArgument, in: name, "damping \(options.damping)", help: "damping is a number from 0 upwards")
    }
    guard options.batches != .fresh || acceptsNoise else {
      throw HypergradientError(
        .invalidArgument, in: name, "batches \"fresh\" change the matrix at every product, a solve needs one",
        help: "use neumann() or randomizedNeumann(), or batches \"same\" or \"full\"")
    }
    // μ is that of the whole loss's Hessian: a batch may bend less, and so may the Gauss-Newton matrix or what differences give.
    let proven = computation.batchPolicy == .full && options.mode.isExact ? options.strongConvexity : nil
    let map = computation.hessian.refuting(proven, in: name).shifted(by: options.damping)
    // The tolerances are relative to ∇θ f, and q of nothing is nothing.
    if computation.point.outerGradientNorm == 0 {
      let nothing = LinearSolution(
        q: try computation.point.outerGradient.zeros(), residuals: [0], status: .converged)
      return try outcome(of: nothing, computation, options)
    }
    let solution = try solve(
      map, computation.point.outerGradient, through: options.preconditioner, start: options.warmStart,
      strongConvexity: proven.map { $0 + options.damping })
    return try solution.completing { try outcome(of: solution, computation, options) }
  }

  /// The hypergradient that a solution gives, and the error that its own leaves in it.
  private func outcome(
    of solution: LinearSolution, _ computation: Computation, _ options: HypergradientOptions
  ) throws -> MethodOutcome {
    var solution = solution
    let point = computation.point
    let mixed = try computation.mixedTransposed(solution.q)
    var outcome = MethodOutcome(
      direct: point.direct, indirect: try mixed.scaled(-1), solution: solution)
    let size = try solution.q.norm()
    if options.damping > 0 {
      let share = options.damping * size / max(point.outerGradientNorm, .leastNormalMagnitude)
      solution.notes.append(
        "damping δ = \(brief(options.damping)) solves another system: it leaves δ|q|/|∇θ f| = \(brief(share, 3)) of the "
          + "undamped one's residual")
      // What is proven is to be proven of the hypergradient, not of the damped one.
      if solution.errorIsBound, let mu = options.strongConvexity, let rest = solution.residualVector {
        solution.errorEstimate = try provenError(
          rest.adding(options.damping, solution.q).norm(), point.outerGradient, mu)
      }
    }
    if addedDamping > 0, solution.status == .converged {
      let share = addedDamping * size / max(point.outerGradientNorm, .leastNormalMagnitude)
      if share > 1e4 * defaultTolerance(point.outerGradient) {
        solution.status = .truncated(error: .infinity)
        solution.notes.append(
          "what \(name)() adds to H leaves \(brief(share, 3)) of the residual of H itself")
      }
    }
    let isShort = if case .truncated = solution.status { true } else { false }
    if isShort || solution.status.isUsable && solution.errorIsBound, let error = solution.errorEstimate,
      size > 0
    {
      // |C| from below, by what C^T did to q and to the residual.
      var norm = try mixed.norm() / size
      if let rest = solution.residualVector, solution.residual > 0 {
        norm = max(norm, try computation.mixedTransposed(rest).norm() / solution.residual)
      }
      var isBound = false
      if solution.errorIsBound, let frobenius = try computation.mixedFrobeniusNorm(limit: 64) {
        norm = frobenius
        isBound = true
      }
      outcome.error = norm * error
      outcome.errorIsBound = isBound
      let indirect = try mixed.norm()
      if isShort {
        solution.status = .truncated(
          error: indirect > 0 ? norm * error / indirect : norm * error == 0 ? 0 : .infinity)
      }
    }
    outcome.solution = solution
    return outcome
  }

  /// Whether each product may come from another random matrix.
  public var acceptsNoise: Bool { false }
  /// Nothing.
  public var addedDamping: Double { 0 }

  /// Krylov methods and dense solves: n at most.
  public func predictedProducts(parameters n: Int) -> Double { Double(min(n, 200)) }
}

extension StepSize {
  /// The products that choosing it takes for n parameters, about.
  func probes(_ n: Int) -> Double { isChosen ? Double(min(n, 8)) : 0 }
}

extension Neumann {
  /// The terms, and the probes of the spectrum where γ is to be chosen.
  public func predictedProducts(parameters n: Int) -> Double { Double(terms) + gamma.probes(n) }
}

extension GMRES {
  /// The Krylov basis.
  public func predictedVectors(parameters n: Int) -> Double { Double(min(restart, n)) + 4 }
}

extension Dense {
  /// A product for each column.
  public func predictedProducts(parameters n: Int) -> Double { Double(n) }
  /// The matrix.
  public func predictedVectors(parameters n: Int) -> Double { Double(n) }
}
