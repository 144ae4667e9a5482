import Tensor

/// Forward mode through T steps of gradient descent: Z ← (I - γ H_t) Z - γ C_t beside θ ← θ - γ ∇θ g, and dF/dλ = ∇λ f + Z^T ∇θ f.
///
/// Memory does not grow with T, but Z has a column, and each step a product, for every element of λ: for few λ and long runs. The result
/// equals that of `Unroll`.
public struct ForwardMode: HypergradientMethod {
  /// The number of steps T.
  public var steps: Int
  /// The learning rate γ of the steps; `.auto` from the spectrum at the point.
  public var rate: StepSize
  /// Where the steps start, a constant: the point's θ for nil.
  public var start: [Tensor]?
  /// The most elements of λ accepted.
  public var limit: Int

  /// `steps` steps from the point's own θ or from `start`.
  public init(steps: Int = 20, rate: StepSize = .auto, from start: [Tensor]? = nil, limit: Int = 256) {
    self.steps = steps
    self.rate = rate
    self.start = start
    self.limit = limit
  }

  /// "forward"
  public var name: String { "forward" }
  /// The call that makes this method.
  public var description: String { "forward(steps: \(steps))" }
  /// Any θ: the steps start there.
  public var assumesMinimum: Bool { false }
  /// Each step's own, and f's after the last.
  public var places: String { "H and C along the steps; ∇θ f and ∇λ f after the last" }
  /// One product a step for each element of λ; for one.
  public func predictedProducts(parameters n: Int) -> Double { Double(steps) }

  /// Runs the steps with their derivatives beside them.
  public func run(_ computation: Computation, _ options: HypergradientOptions) throws -> MethodOutcome {
    let point = computation.point
    guard steps > 0 else { throw HypergradientError(.invalidArgument, in: name, "\(steps) steps") }
    let lambda = point.lambda.tensors
    let m = lambda.elementCount
    guard m <= limit else {
      throw HypergradientError(
        .invalidArgument, in: name, "\(m) elements of λ, each a column to carry along",
        help: "use unroll(), whose cost does not depend on them")
    }
    let (gamma, spectrum) = try Neumann(gamma: rate).chooseStep(
      computation.hessian, like: point.outerGradient)
    var theta = try start?.detached.fitting(point.theta.tensors, "a start", in: name) ?? point.theta.tensors
    let units = try (0..<m).map { index in
      try lambda.shaped(from: (0..<m).map { $0 == index ? 1 : 0 })
    }
    var columns = try units.map { _ in try theta.zeros() }
    // How far the derivative moves in each step: from a minimiser as a Neumann series does.
    var moves: [Double] = []
    for _ in 0..<steps {
      try checkInterrupt()
      var move = 0.0
      let record = try GradientRecord(point.problem, theta, lambda, in: name)
      for (index, unit) in units.enumerated() {
        let push = try record.product(columns[index]).adding(1, record.mixed(unit))
        computation.countProducts(mixed: 1)
        columns[index] = try columns[index].adding(-gamma, push)
        move = max(move, gamma * (try push.norm()))
      }
      theta = try theta.adding(-gamma, record.gradient)
      moves.append(move)
    }
    let (slopes, direct) = try outerGradients(point, at: theta)
    let indirect = try lambda.shaped(from: columns.map { try $0.dot(slopes) })
    var solution = LinearSolution(q: [], residuals: [], status: .oneStep)
    solution.status = columns.allSatisfy(\.isFinite) ? .truncated(error: .nan) : .nonFinite
    let rate = recentRate(moves)
    if start == nil, point.isMinimum, point.problem.isSymmetric, moves.count > 1, rate >= 1,
      moves[moves.count - 1] >= moves[0]
    {
      solution.status = .divergent(rho: rate)
      solution.notes.append(
        "each step moves the derivative further than the one before: the rate \(brief(gamma)) is too large")
    }
    solution.gamma = gamma
    solution.spectrum = spectrum
    solution.notes.append(
      "the derivative of \(steps) steps; its distance from that of the minimum is not known")
    return MethodOutcome(direct: direct, indirect: indirect, solution: solution)
  }
}
