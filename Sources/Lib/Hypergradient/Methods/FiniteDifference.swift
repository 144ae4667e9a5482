import Tensor

/// The outer value minimised again at λ ± h and ± 2 h for each element of λ, in f64: fourth-order central differences. Independent of all
/// derivatives of second order, slow, and right as far as the inner problem is solved: the referee.
public struct FiniteDifference: HypergradientMethod {
  /// The step h, times max(1, |λ_j|).
  public var step: Double
  /// What solves the inner problem again, starting from the point's θ.
  public var minimizer: any Minimizer
  /// The most elements of λ accepted.
  public var limit: Int

  /// Differences of step `step`.
  public init(step: Double = 1e-3, minimizer: any Minimizer = NewtonCG(), limit: Int = 256) {
    self.step = step
    self.minimizer = minimizer
    self.limit = limit
  }

  /// "finiteDifference"
  public var name: String { "finiteDifference" }
  /// The call that makes this method.
  public var description: String { "finiteDifference()" }

  /// No factor of the formula at all.
  public var places: String { "f at minima solved again, around λ" }

  /// Not known in advance: those of four minimisations for each element of λ.
  public func predictedProducts(parameters n: Int) -> Double { .nan }

  /// Solves the inner problem four times for each element of λ.
  public func run(_ computation: Computation, _ options: HypergradientOptions) throws -> MethodOutcome {
    let point = computation.point
    let lambda = try point.lambda.tensors.map { try $0.cast(to: .f64) }
    let m = lambda.elementCount
    guard m <= limit else {
      throw HypergradientError(
        .invalidArgument, in: name, "\(m) elements of λ need \(4 * m) minimisations",
        help: "raise the limit, or check one direction with verify()")
    }
    guard step > 0, step.isFinite else {
      throw HypergradientError(.invalidArgument, in: name, "step \(step)")
    }
    // Minima are found to 1e-11 or so.
    guard step >= 1e-8 else {
      throw HypergradientError(
        .invalidArgument, in: name, "step \(brief(step)) changes minima by less than they are known to",
        help: "1e-3 suits most problems")
    }
    var resolve = try ResolvedValue(point, minimizer)
    let flat = try lambda.flattened()
    var gradient: [Double] = []
    var rough: [Double] = []
    for index in 0..<m {
      var direction = [Double](repeating: 0, count: m)
      direction[index] = 1
      let h = step * max(1, abs(flat[index]))
      let (fourth, second) = try resolve.derivative(along: lambda.shaped(from: direction), step: h)
      gradient.append(fourth)
      rough.append(second)
    }
    computation.countProducts(resolve.products)
    guard resolve.strays == 0 else {
      throw HypergradientError(
        .notConverged, in: name,
        "\(resolve.strays) of \(resolve.count) minimisations ended far from any minimum",
        help: "the inner loss may have none near θ: look at spectrum(…), or minimise further")
    }
    let total = try lambda.shaped(from: gradient)
    let direct = try point.direct.map { try $0.cast(to: .f64) }
    var solution = LinearSolution(
      q: [], residuals: [], status: resolve.failures == 0 ? .converged : .stagnated)
    if resolve.failures > 0 {
      solution.notes.append(
        "\(resolve.failures) of \(resolve.count) minimisations did not reach their tolerance")
    }
    let spread = zip(gradient, rough).map { abs($0 - $1) }.max() ?? 0
    solution.notes.append(
      "\(resolve.count) minimisations, h = \(brief(step)); second and fourth order differ by "
        + brief(spread, 2))
    return MethodOutcome(
      direct: direct, indirect: try total.adding(-1, direct), solution: solution)
  }
}

/// F(λ) = f(θ*(λ), λ) with the inner problem solved again, in f64.
struct ResolvedValue {
  let point: BilevelPoint
  let minimizer: any Minimizer
  /// How many minimisations were run, how many fell short of their tolerance, and the Hessian products they took.
  private(set) var count = 0, failures = 0, products = 0
  /// How many of those ended where the gradient is not even nearly 0.
  private(set) var strays = 0
  private let theta: [Tensor], lambda: [Tensor]

  init(_ point: BilevelPoint, _ minimizer: any Minimizer) throws {
    self.point = point
    self.minimizer = minimizer
    theta = try point.theta.tensors.map { try $0.cast(to: .f64) }
    lambda = try point.lambda.tensors.map { try $0.cast(to: .f64) }
  }

  /// F(λ + t u).
  mutating func value(_ t: Double, along u: [Tensor]) throws -> Double {
    let there = try lambda.adding(t, u)
    let best = try minimize(point.problem.inner, from: theta, given: there, by: minimizer)
    count += 1
    products += best.products
    if !best.status.isConverged { failures += 1 }
    if !(best.gradientNorm <= 1e4 * best.tolerance) { strays += 1 }
    return try point.problem.outer(best.theta, there).item()
  }

  /// dF(λ + t u)/dt at 0 by differences of fourth and of second order.
  mutating func derivative(along u: [Tensor], step h: Double) throws -> (fourth: Double, second: Double) {
    let near = try value(h, along: u) - value(-h, along: u)
    let far = try value(2 * h, along: u) - value(-2 * h, along: u)
    return ((8 * near - far) / (12 * h), near / (2 * h))
  }
}
