import Tensor

/// Gradient descent with a constant rate, and momentum (Polyak's heavy ball): m ← β m + g, θ ← θ - γ m.
public struct GradientDescent: Minimizer {
  /// The rate γ; for nil 1 / (inflated largest eigenvalue of the Hessian at the start).
  public var rate: Double?
  /// β, 0 for none.
  public var momentum: Double
  /// The most steps.
  public var steps: Int

  /// At most `steps` steps.
  public init(rate: Double? = nil, momentum: Double = 0, steps: Int = 10_000) {
    self.rate = rate
    self.momentum = momentum
    self.steps = steps
  }

  /// "gradient descent", with its momentum.
  public var description: String {
    momentum == 0 ? "gradient descent" : "gradient descent with momentum \(brief(momentum))"
  }

  /// Minimises the objective.
  public func run(_ objective: Objective, from start: [Tensor], tolerance: Double) throws -> Minimum {
    let gamma = try rate ?? chosenRate(objective, start)
    guard gamma > 0, gamma.isFinite, momentum >= 0, momentum < 1 else {
      throw HypergradientError(
        .invalidArgument, in: "minimize", "rate \(gamma), momentum \(momentum)",
        help: "the rate is positive, momentum from 0 to below 1")
    }
    var velocity: [Tensor]?
    return try descend(objective, from: start, tolerance: tolerance, steps: steps) { theta, gradient in
      var step = gradient
      if momentum > 0 {
        step = try velocity.map { try gradient.adding(momentum, $0) } ?? gradient
        velocity = step
      }
      return try theta.adding(-gamma, step)
    }
  }

  private func chosenRate(_ objective: Objective, _ start: [Tensor]) throws -> Double {
    let map = try objective.hessian(start).hessian
    let bounds = try lanczos(map, like: start, steps: 20, untilTrusted: true)
    guard bounds.upper > 0 else {
      throw HypergradientError(
        .invalidArgument, in: "minimize", "no curvature at the start to choose a rate from",
        help: "give a rate")
    }
    return bounds.safeGamma
  }
}

/// Adam (Kingma and Ba 2015) with bias correction.
public struct Adam: Minimizer {
  /// The rate and the decays of the moments.
  public var rate: Double, beta1: Double, beta2: Double
  /// Added to the root of the second moment.
  public var epsilon: Double
  /// The most steps.
  public var steps: Int

  /// At most `steps` steps.
  public init(
    rate: Double = 1e-2, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    steps: Int = 10_000
  ) {
    self.rate = rate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.steps = steps
  }

  /// "Adam"
  public var description: String { "Adam" }

  /// Minimises the objective.
  public func run(_ objective: Objective, from start: [Tensor], tolerance: Double) throws -> Minimum {
    guard rate > 0, rate.isFinite, (0..<1).contains(beta1), (0..<1).contains(beta2), epsilon > 0 else {
      throw HypergradientError(
        .invalidArgument, in: "minimize", "rate \(rate), betas \(beta1) and \(beta2), epsilon \(epsilon)",
        help: "rate and epsilon are positive, betas from 0 to below 1")
    }
    var first = try start.zeros()
    var second = first
    var (decay1, decay2) = (1.0, 1.0)
    return try descend(objective, from: start, tolerance: tolerance, steps: steps) { theta, gradient in
      decay1 *= beta1
      decay2 *= beta2
      first = try first.scaled(beta1).adding(1 - beta1, gradient)
      second = try second.scaled(beta2).adding(1 - beta2, gradient.map { try $0.square() })
      let step = try zip(first, second).map { m, v in
        try m / (1 - decay1) / ((v / (1 - decay2)).sqrt() + epsilon)
      }
      return try theta.adding(-rate, step)
    }
  }
}

/// Steps without a search, until the gradient is small.
private func descend(
  _ objective: Objective, from start: [Tensor], tolerance: Double, steps: Int,
  _ step: ([Tensor], [Tensor]) throws -> [Tensor]
) throws -> Minimum {
  let (value, first) = try objective.gradient(start)
  var gradient = first
  return try iterate(
    objective, from: Iterate(theta: start, value: value, norm: first.norm()), tolerance: tolerance,
    limit: steps
  ) { here in
    here.theta = try step(here.theta, gradient)
    (here.value, gradient) = try objective.gradient(here.theta)
    here.norm = try gradient.norm()
    return here.value.isFinite && here.norm.isFinite ? nil : .diverged
  }
}
