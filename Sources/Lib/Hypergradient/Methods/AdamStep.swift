import Glibc
import Tensor

/// One step of Adam in place of the minimiser: θ_1 = θ - u(∇θ g), and dF/dλ = ∇λ f - C^T (du/dg · ∇θ f(θ_1)), with the derivative of
/// the update in closed form. Without the bias correction this is SAMA (Choe et al. 2023).
///
/// With m = β1 m0 + (1 - β1) g, v = β2 v0 + (1 - β2) g², M = 1 - β1^t, V = 1 - β2^t and s = √(v/V), u = α (m/M) / (s + ε):
/// du/dg = α [(1 - β1)/M / (s + ε) - (m/M) (1 - β2) g / (V s) / (s + ε)²], and at m0 = v0 = g = 0 its finite limit α/ε.
public struct AdamStep: HypergradientMethod {
  /// The moments before the step, of θ's shapes; zeros for nil.
  public var first: [Tensor]?, second: [Tensor]?
  /// The number of this step, from 1.
  public var step: Int
  /// α, β1, β2 and ε.
  public var rate: Double, beta1: Double, beta2: Double, epsilon: Double
  /// Whether moments are divided by 1 - β^t, as Adam does and SAMA does not.
  public var biasCorrection: Bool

  /// A step of rate `rate` from the moments of the steps before.
  public init(
    rate: Double, first: [Tensor]? = nil, second: [Tensor]? = nil, step: Int = 1, beta1: Double = 0.9,
    beta2: Double = 0.999, epsilon: Double = 1e-8, biasCorrection: Bool = true
  ) {
    self.rate = rate
    self.first = first
    self.second = second
    self.step = step
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.biasCorrection = biasCorrection
  }

  /// "adamStep"
  public var name: String { "adamStep" }
  /// The call that makes this method.
  public var description: String { "adamStep(rate: \(brief(rate)), step: \(step))" }
  /// Any θ: the step starts there.
  public var assumesMinimum: Bool { false }
  /// C before the step, the slopes of f after it.
  public var places: String { "C and du/dg at θ; ∇θ f and ∇λ f at θ₁ = θ - u(∇θ g)" }
  /// None: one mixed product is all.
  public func predictedProducts(parameters n: Int) -> Double { 0 }

  /// The update u and its derivative by the gradient, element by element.
  public func update(_ gradient: [Tensor]) throws -> (update: [Tensor], slope: [Tensor]) {
    guard rate > 0, rate.isFinite, (0..<1).contains(beta1), (0..<1).contains(beta2), epsilon > 0, step > 0
    else {
      throw HypergradientError(
        .invalidArgument, in: name,
        "rate \(rate), betas \(beta1) and \(beta2), epsilon \(epsilon), step \(step)",
        help: "rate and epsilon are positive, betas from 0 to below 1, steps count from 1")
    }
    let (first, second) = (try first ?? gradient.zeros(), try second ?? gradient.zeros())
    guard first.matches(gradient), second.matches(gradient) else {
      throw HypergradientError(
        .shapeMismatch, in: name,
        "moments of shapes \(first.map(\.shape)) and \(second.map(\.shape)) for gradients of "
          + "\(gradient.map(\.shape))")
    }
    let mean = biasCorrection ? 1 - pow(beta1, Double(step)) : 1
    let square = biasCorrection ? 1 - pow(beta2, Double(step)) : 1
    let (g, m0, v0) = (try gradient.flattened(), try first.flattened(), try second.flattened())
    guard v0.allSatisfy({ $0 >= 0 }) else {
      throw HypergradientError(
        .invalidArgument, in: name, "the second moment has elements that are negative or NaN")
    }
    var (update, slope) = (g, g)
    for index in g.indices {
      let m = (beta1 * m0[index] + (1 - beta1) * g[index]) / mean
      let s = ((beta2 * v0[index] + (1 - beta2) * g[index] * g[index]) / square).squareRoot()
      // s has a kink at 0; m is 0 there too unless a first moment is left, and the limit is α/ε.
      let bend = s > 0 ? m * (1 - beta2) * g[index] / (square * s) / ((s + epsilon) * (s + epsilon)) : 0
      update[index] = rate * m / (s + epsilon)
      slope[index] = rate * ((1 - beta1) / mean / (s + epsilon) - bend)
    }
    return (try gradient.shaped(from: update), try gradient.shaped(from: slope))
  }

  /// Takes the step and differentiates it.
  public func run(_ computation: Computation, _ options: HypergradientOptions) throws -> MethodOutcome {
    let point = computation.point
    let (update, slope) = try update(point.innerGradient)
    let slopes = try outerGradients(point, at: point.theta.tensors.adding(-1, update))
    let q = try zip(slope, slopes.theta).map { try $0 * $1 }
    let indirect = try computation.mixedTransposed(q).scaled(-1)
    var solution = LinearSolution(q: q, residuals: [], status: .oneStep)
    // What an element whose gradient and moments are zero has, and whether such elements leave the others behind.
    let limit =
      rate * (biasCorrection ? (1 - beta1) / (1 - pow(beta1, Double(self.step))) : 1 - beta1) / epsilon
    let sizes = try slope.flattened().map(abs)
    let others = sizes.filter { $0 < 0.9 * limit }.max() ?? 0
    if sizes.contains(where: { $0 >= 0.9 * limit }), others < 0.1 * limit {
      solution.notes.append(
        "du/dg reaches \(brief(sizes.max() ?? 0, 3)) where gradient and moments are zero, elsewhere at most "
          + "\(brief(others, 3)): such elements dominate; a larger ε tames them")
    }
    return MethodOutcome(direct: slopes.lambda, indirect: indirect, solution: solution)
  }
}
