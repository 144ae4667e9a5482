import Tensor

/// Differentiates T steps of gradient descent θ ← θ - γ ∇θ g instead of the minimiser: reverse mode through the loop.
///
/// a = ∇θ f(θ_T); for t = T-1 … 0: d -= γ C_t^T a, a -= γ H_t a. The iterates are kept (T n numbers) and each step is recorded again on
/// the way back, so memory holds one step's recording. Started at a minimiser this equals the Neumann series of T terms; elsewhere
/// the gradient is that of the T-step procedure, whose error may grow before it falls (Scieur et al. 2022, arXiv 2209.13271).
public struct Unroll: HypergradientMethod {
  /// The number of steps T.
  public var steps: Int
  /// The learning rate γ of the steps; `.auto` from the spectrum at the point.
  public var rate: StepSize
  /// Where the steps start: the point's θ for nil. It is a constant: λ acts only through the steps.
  public var start: [Tensor]?

  /// The last `steps` steps, from the point's own θ or from `start`.
  public init(last steps: Int = 20, rate: StepSize = .auto, from start: [Tensor]? = nil) {
    self.steps = steps
    self.rate = rate
    self.start = start
  }

  /// "unroll"
  public var name: String { "unroll" }
  /// The call that makes this method.
  public var description: String { "unroll(last: \(steps))" }

  /// One product a step.
  public func predictedProducts(parameters n: Int) -> Int { steps + (rate.isChosen ? min(n, 8) : 0) }

  /// Runs the steps forwards, then backwards.
  public func run(at point: BilevelPoint, _ options: HypergradientOptions) throws -> MethodOutcome {
    guard steps > 0 else { throw HypergradientError(.invalidArgument, in: name, "\(steps) steps") }
    let (gamma, spectrum) = try Neumann(gamma: rate).chooseStep(point.hessian, like: point.outerGradient)
    let lambda = point.lambda.tensors
    var theta = try initial(point)
    var iterates: [[Tensor]] = []
    for _ in 0..<steps {
      try checkInterrupt()
      iterates.append(theta)
      let gradient = try recordedGradients(at: theta, "inner", in: name) {
        try point.problem.inner($0, lambda)
      }
      theta = try zip(theta, gradient.gradients).map { parameter, slope in
        try (slope.map { try parameter - $0 * gamma } ?? parameter).detached
      }
    }
    let (slopes, direct) = try outerGradients(point, at: theta)
    var a = slopes
    var indirect = try lambda.zeros()
    var sum = try a.zeros()
    var residuals = [try a.norm()]
    for theta in iterates.reversed() {
      try checkInterrupt()
      let record = try GradientRecord(point.problem, theta, lambda, in: name)
      let (hessian, mixed) = try record.products(a)
      point.countProduct()
      indirect = try indirect.adding(-gamma, mixed)
      sum = try sum.adding(gamma, a)
      a = try a.adding(-gamma, hessian)
      residuals.append(try a.norm())
    }
    var solution = LinearSolution(q: sum, residuals: residuals, status: .converged)
    solution.gamma = gamma
    solution.spectrum = spectrum
    let last = residuals[steps - 1]
    let ratio = last > 0 ? residuals[steps] / last : 0
    solution.rho = ratio
    if options.damping > 0 { solution.notes.append("damping does not act on unrolled steps") }
    solution.status = status(
      residuals, ratio, size: try sum.norm(), gamma: gamma, tolerance: defaultTolerance(a))
    return MethodOutcome(direct: direct, indirect: indirect, solution: solution)
  }

  private func initial(_ point: BilevelPoint) throws -> [Tensor] {
    guard let start else { return point.theta.tensors }
    guard start.matches(point.theta.tensors) else {
      throw HypergradientError(
        .shapeMismatch, in: name,
        "a start of shapes \(start.map(\.shape)) for parameters of \(point.theta.tensors.map(\.shape))")
    }
    return start.detached
  }

  private func status(
    _ residuals: [Double], _ ratio: Double, size: Double, gamma: Double, tolerance: Double
  ) -> SolveStatus {
    guard let end = residuals.last, end.isFinite else { return .nonFinite }
    if ratio >= 1, end >= residuals[0] { return .divergent(rho: ratio) }
    let error = ratio < 1 ? gamma * end / (1 - ratio) / max(size, .leastNormalMagnitude) : .infinity
    return error <= tolerance ? .converged : .truncated(error: error)
  }
}

/// ∇θ f and ∇λ f of a point's problem at another θ.
func outerGradients(_ point: BilevelPoint, at theta: [Tensor], lambda: [Tensor]? = nil) throws -> (
  theta: [Tensor], lambda: [Tensor]
) {
  let arguments = theta + (lambda ?? point.lambda.tensors)
  let gradients = try recordedGradients(at: arguments, "outer", in: "hypergradient") {
    try point.problem.outer(Array($0[..<theta.count]), Array($0[theta.count...]))
  }.gradients
  let all = try zip(gradients, arguments).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }.detached
  return (Array(all[..<theta.count]), Array(all[theta.count...]))
}
