import Layers
import Tensor

/// A rule that turns a gradient into a step. It keeps its own state between steps.
public protocol Optimizer {
  /// The base learning rate.
  var learningRate: Double { get }
  /// Its name and settings, as one writes them in the language.
  var description: String { get }
  /// The model after one step against the gradient, with the learning rate scaled by `scale`.
  mutating func step<Model: Layer>(_ model: Model, gradient: Model, scale: Double) throws -> Model
}

extension Layer {
  /// The same model, each parameter made from itself, its gradient and its place. `state` is what the optimiser remembers, one tensor
  /// a parameter, or nothing yet.
  func updated(
    by gradient: Self, state: [Tensor], _ rule: (Int, NamedTensor, Tensor) throws -> Tensor
  ) throws -> Self {
    let gradients = try gradient.parameters()
    guard state.isEmpty || state.count == gradients.count else {
      throw TensorError(
        .invalidArgument, in: "optimizer",
        "it has trained a model of \(state.count) parameters, and this one has \(gradients.count)",
        help: "make a new optimiser for each model")
    }
    var index = 0
    return try mapped { parameter in
      defer { index += 1 }
      return try rule(index, parameter, gradients[index].value)
    }
  }
}

/// Stochastic gradient descent with momentum and decay in the gradient: v ← μ v + g + λ p, p ← p - η v.
public struct SGD: Optimizer, Sendable {
  /// η
  public var learningRate: Double
  /// μ
  public var momentum: Double
  /// λ
  public var weightDecay: Double
  private var velocity: [Tensor] = []

  /// No momentum and no decay unless asked for.
  public init(learningRate: Double, momentum: Double = 0, weightDecay: Double = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
  }

  /// As written in the language.
  public var description: String {
    "SGD(lr: \(learningRate), momentum: \(momentum), weightDecay: \(weightDecay))"
  }

  /// One step.
  public mutating func step<Model: Layer>(_ model: Model, gradient: Model, scale: Double) throws -> Model {
    let isFirst = velocity.isEmpty
    return try model.updated(by: gradient, state: velocity) { index, parameter, gradient in
      var g = gradient
      if weightDecay != 0 { g = try g + parameter.value * weightDecay }
      if momentum != 0 {
        if isFirst { velocity.append(g) } else { velocity[index] = try velocity[index] * momentum + g }
        g = velocity[index]
      }
      return try parameter.value - g * (learningRate * scale)
    }
  }
}

/// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019): tensors of rank 1 (biases,
/// scales, tokens) do not decay.
public struct AdamW: Optimizer, Sendable {
  /// η
  public var learningRate: Double
  /// The decay rates of the first and second moments.
  public var beta1, beta2: Double
  /// Added to the root of the second moment.
  public var epsilon: Double
  /// Decay, times the learning rate, subtracted from the parameter itself.
  public var weightDecay: Double
  private var first: [Tensor] = []
  private var second: [Tensor] = []
  private var decayed1 = 1.0
  private var decayed2 = 1.0

  /// Adam for `weightDecay: 0`.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
  }

  /// As written in the language.
  public var description: String {
    "AdamW(lr: \(learningRate), betas: [\(beta1), \(beta2)], eps: \(epsilon), weightDecay: \(weightDecay))"
  }

  /// One step.
  public mutating func step<Model: Layer>(_ model: Model, gradient: Model, scale: Double) throws -> Model {
    let isFirst = first.isEmpty
    decayed1 *= beta1
    decayed2 *= beta2
    let rate = learningRate * scale
    let correction1 = 1 - decayed1
    let root2 = (1 - decayed2).squareRoot()
    return try model.updated(by: gradient, state: first) { index, parameter, g in
      let m = try isFirst ? g * (1 - beta1) : first[index] * beta1 + g * (1 - beta1)
      let v = try isFirst ? g.square() * (1 - beta2) : second[index] * beta2 + g.square() * (1 - beta2)
      if isFirst {
        first.append(m)
        second.append(v)
      } else {
        first[index] = m
        second[index] = v
      }
      let decays = weightDecay != 0 && parameter.value.rank > 1
      let kept = try decays ? parameter.value * (1 - rate * weightDecay) : parameter.value
      return try kept - m / (v.sqrt() * (1 / root2) + epsilon) * (rate / correction1)
    }
  }
}
