import Tensor

/// One inner step in place of the minimiser: θ_1 = θ - α ∇θ g(θ, λ), and dF/dλ = ∇λ f - α C^T ∇θ f. For sample weights this is an inner
/// product: a weight should rise where its sample's gradient points with the validation gradient.
public struct OneStep: HypergradientMethod {
  /// Where the factors are evaluated; the published methods differ in nothing else.
  public enum Variant: String, CaseIterable, Sendable {
    /// ∇f at θ_1, C at θ (Meta-Weight-Net, Shu et al. 2019; MAL).
    case mal
    /// As `mal` with λ = 0 (Learning to Reweight, Ren et al. 2018), so that θ_1 = θ where λ weights every term of the inner loss; the weights are
    /// the positive part of the negative gradient.
    case learningToReweight
    /// Both at θ (T1-T2, Luketina et al. 2016): the Neumann series with one term.
    case t1t2
  }

  /// The variant.
  public var variant: Variant
  /// The inner learning rate α.
  public var rate: Double

  /// One step of rate `rate`.
  public init(_ variant: Variant = .mal, rate: Double) {
    self.variant = variant
    self.rate = rate
  }

  /// "oneStep"
  public var name: String { "oneStep" }
  /// The call that makes this method.
  public var description: String { "oneStep(\(variant.rawValue), rate: \(brief(rate)))" }

  /// Any θ: the step starts there.
  public var assumesMinimum: Bool { false }

  /// What the variants differ in.
  public var places: String {
    switch variant {
    case .mal: "C at θ; ∇θ f and ∇λ f at θ₁ = θ - α ∇θ g"
    case .learningToReweight: "C at θ and λ = 0; ∇θ f and ∇λ f at θ₁ = θ - α ∇θ g(θ, 0) and λ = 0"
    case .t1t2: "C, ∇θ f and ∇λ f at θ"
    }
  }

  /// None: one mixed product is all.
  public func predictedProducts(parameters n: Int) -> Double { 0 }

  /// Takes the step and differentiates it.
  public func run(_ computation: Computation, _ options: HypergradientOptions) throws -> MethodOutcome {
    let point = computation.point
    guard rate > 0, rate.isFinite else {
      throw HypergradientError(.invalidArgument, in: name, "rate \(rate) is not a positive number")
    }
    let theta = point.theta.tensors
    var lambda = point.lambda.tensors
    var withoutWeights: GradientRecord?
    if variant == .learningToReweight {
      lambda = try lambda.zeros()
      withoutWeights = try GradientRecord(point.problem, theta, lambda, in: name)
    }
    let gradient = withoutWeights?.gradient ?? point.innerGradient
    let moved = variant == .t1t2 ? theta : try theta.adding(-rate, gradient)
    let slopes = try outerGradients(point, at: moved, lambda: lambda)
    let q = try slopes.theta.scaled(rate)
    let mixed: [Tensor]
    if let withoutWeights {
      mixed = try withoutWeights.mixedTransposed(q)
      computation.countProducts(0, mixed: 1)
    } else {
      mixed = try computation.mixedTransposed(q)
    }
    let indirect = try mixed.scaled(-1)
    var solution = LinearSolution(q: q, residuals: [], status: .oneStep)
    solution.gamma = rate
    if variant == .learningToReweight, try point.lambda.tensors.norm() > 0 {
      solution.notes.append("evaluated at λ = 0, as Learning to Reweight does, not at the λ given")
    }
    return MethodOutcome(direct: slopes.lambda, indirect: indirect, solution: solution)
  }
}

/// max(0, -gradient), scaled to sum to 1: the sample weights of Learning to Reweight. All zero where no sample helps. Throws `nonFinite`.
public func reweighted(_ gradient: Tensor) throws -> Tensor {
  let positive = try (-gradient.detached).relu()
  let total = try positive.sum().item()
  guard total.isFinite else {
    throw HypergradientError(
      .nonFinite, in: "reweighted", "the gradient has elements that are NaN or infinite")
  }
  return total > 0 ? try positive / total : positive
}
