import Tensor

/// Where unrolled steps start.
public enum UnrollStart: @unchecked Sendable {
  /// The point's own θ.
  case point
  /// A constant.
  case constant([Tensor])
  /// A function of λ, differentiated too: what meta-learned initial points need.
  case function((_ lambda: [Tensor]) throws -> [Tensor])
}

/// Differentiates T steps of gradient descent θ ← θ - γ ∇θ g (of θ ← θ - γ (θ - Φ) for a fixed point, which is Φ itself at γ = 1)
/// instead of the solution: reverse mode through the loop.
///
/// a = ∇θ f(θ_T); for t = T-1 … 0: d -= γ C_t^T a, a -= γ H_t a. Each step is recorded again on the way back, so memory holds one
/// step's recording and the iterates: all T of them, or with `checkpoints` that many and one stretch between two, at the price of running the
/// steps twice. Started at a minimiser this equals the Neumann series of T terms; elsewhere the gradient is that of the T-step
/// procedure, whose error may grow before it falls (Scieur et al. 2022, arXiv 2209.13271).
public struct Unroll: HypergradientMethod {
  /// The number of steps T.
  public var steps: Int
  /// The learning rate γ of the steps; `.auto` from the spectrum at the point.
  public var rate: StepSize
  /// Where the steps start.
  public var start: UnrollStart
  /// How many iterates are kept; all for nil.
  public var checkpoints: Int?

  /// The last `steps` steps, from the point's own θ or from the constant `start`.
  public init(
    last steps: Int = 20, rate: StepSize = .auto, from start: [Tensor]? = nil, checkpoints: Int? = nil
  ) {
    self.init(
      last: steps, rate: rate, from: start.map(UnrollStart.constant) ?? .point, checkpoints: checkpoints)
  }

  /// The first `steps` steps from `start`.
  public init(last steps: Int, rate: StepSize = .auto, from start: UnrollStart, checkpoints: Int? = nil) {
    self.steps = steps
    self.rate = rate
    self.start = start
    self.checkpoints = checkpoints
  }

  /// "unroll"
  public var name: String { "unroll" }
  /// The call that makes this method.
  public var description: String {
    "unroll(last: \(steps)" + (checkpoints.map { ", checkpoints: \($0)" } ?? "") + ")"
  }
  /// Any θ: the steps start there.
  public var assumesMinimum: Bool { false }
  /// Through the start, where that is a function of λ.
  public var reachesLambda: Bool { if case .function = start { true } else { false } }
  /// Each step's own, and f's after the last.
  public var places: String { "H and C along the steps; ∇θ f and ∇λ f after the last" }

  /// One product a step.
  public func predictedProducts(parameters n: Int) -> Double { Double(steps) + rate.probes(n) }
  /// The iterates.
  public func predictedVectors(parameters n: Int) -> Double { Double(held) + 4 }

  /// Steps between two checkpoints, and iterates held at once.
  private var stretch: Int {
    guard let checkpoints, checkpoints > 0 else { return max(steps, 1) }
    return max(steps, 1) / checkpoints + (max(steps, 1) % checkpoints > 0 ? 1 : 0)
  }
  private var held: Int { checkpoints.map { $0 < steps ? min(steps, $0 + stretch) : steps } ?? steps }

  /// Runs the steps forwards, then backwards.
  public func run(_ computation: Computation, _ options: HypergradientOptions) throws -> MethodOutcome {
    let point = computation.point
    guard steps > 0, checkpoints ?? 1 > 0 else {
      throw HypergradientError(
        .invalidArgument, in: name, "\(steps) steps" + (checkpoints.map { ", \($0) checkpoints" } ?? ""))
    }
    let (gamma, spectrum) = try Neumann(gamma: rate).chooseStep(
      computation.hessian, like: point.outerGradient)
    let descent = Descent(point: point, gamma: gamma, operation: name)
    let lambda = point.lambda.tensors
    var theta = try initial(point)
    // The first iterate of every stretch; the stretch itself is run again on the way back.
    var saved: [[Tensor]] = []
    // The last stretch is the first to go back through, and need not be run again.
    var iterates: [[Tensor]] = []
    for step in 0..<steps {
      if step % stretch == 0 {
        saved.append(theta)
        iterates = []
      }
      iterates.append(theta)
      theta = try descent.next(theta)
    }
    let (slopes, direct) = try outerGradients(point, at: theta)
    var a = slopes
    var indirect = try lambda.zeros()
    var sum = try a.zeros()
    var residuals = [try a.norm()]
    for (index, first) in saved.enumerated().reversed() {
      if index < saved.count - 1 {
        iterates = [first]
        for _ in 1..<stretch { iterates.append(try descent.next(iterates[iterates.count - 1])) }
      }
      for theta in iterates.reversed() {
        try checkInterrupt()
        let record = try GradientRecord(point.problem, theta, lambda, in: name)
        let (hessian, mixed) = try record.products(a)
        computation.countProducts(mixed: 1)
        indirect = try indirect.adding(-gamma, mixed)
        sum = try sum.adding(gamma, a)
        a = try a.adding(-gamma, hessian)
        residuals.append(try a.norm())
      }
    }
    if case .function(let initial) = start {
      let line = try Linearization(of: initial, at: lambda)
      let share = try zip(line.pullback(a), lambda).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
      indirect = try indirect.adding(1, share.detached)
    }
    var solution = LinearSolution(q: sum, residuals: residuals, status: .converged)
    solution.gamma = gamma
    solution.spectrum = spectrum
    let last = residuals[steps - 1]
    let ratio = last > 0 ? residuals[steps] / last : 0
    solution.rho = ratio
    if checkpoints != nil {
      solution.notes.append("held \(held) of \(steps) iterates; the steps were run twice")
    }
    // Of a minimiser they are a Neumann series, which may diverge; elsewhere their derivative is what was asked for, whatever its size.
    let isSeries = if case .point = start { point.isMinimum } else { false }
    solution.status = status(
      residuals, ratio, size: try sum.norm(), gamma: gamma, tolerance: defaultTolerance(a), isSeries)
    if case .divergent = solution.status {
      solution.notes.append(
        "each step back lengthens ∇θ f: the rate \(brief(gamma)) is too large, or θ is no minimum")
    }
    return MethodOutcome(direct: direct, indirect: indirect, solution: solution)
  }

  private func initial(_ point: BilevelPoint) throws -> [Tensor] {
    let first: [Tensor]
    switch start {
    case .point: return point.theta.tensors
    case .constant(let given): first = given
    case .function(let make): first = try make(point.lambda.tensors)
    }
    return try first.detached.fitting(point.theta.tensors, "a start", in: name)
  }

  private func status(
    _ residuals: [Double], _ ratio: Double, size: Double, gamma: Double, tolerance: Double, _ isSeries: Bool
  ) -> SolveStatus {
    guard let end = residuals.last, end.isFinite else { return .nonFinite }
    if isSeries, ratio >= 1, end >= residuals[0] { return .divergent(rho: ratio) }
    let error = ratio < 1 ? gamma * end / (1 - ratio) / max(size, .leastNormalMagnitude) : .infinity
    return error <= tolerance ? .converged : .truncated(error: error)
  }
}

/// One step of an inner problem's own iteration at a point's λ.
struct Descent {
  let point: BilevelPoint
  let gamma: Double
  let operation: String

  /// θ - γ ∇θ g, or θ - γ (θ - Φ).
  func next(_ theta: [Tensor]) throws -> [Tensor] {
    try checkInterrupt()
    let lambda = point.lambda.tensors
    if case .fixedPoint(let map) = point.problem.kind {
      return try theta.adding(-gamma, defect(map, theta, lambda).detached)
    }
    let (_, gradients) = try recordedGradients(at: theta, "inner", in: operation) {
      try point.problem.inner($0, lambda)
    }
    return try zip(theta, gradients).map { parameter, slope in
      try (slope.map { try parameter - $0 * gamma } ?? parameter).detached
    }
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
