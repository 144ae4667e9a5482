import Layers
import Tensor

/// A rule that turns a gradient into a step. It keeps its own state between steps.
public protocol Optimizer {
  /// The base learning rate.
  var learningRate: Double { get }
  /// Its name and settings, as one writes them in the language.
  var description: String { get }
  /// What it remembers of the steps so far; setting it goes on where another optimiser of the same settings was.
  var memory: OptimizerMemory { get set }
  /// Takes the model one step against the gradient, with the learning rate scaled by `scale`. Parameters that nobody else holds are
  /// changed where they lie.
  mutating func step<Model: Layer>(_ model: inout Model, gradient: Model, scale: Double) throws
}

/// What an optimiser remembers between steps.
public struct OptimizerMemory: Sendable {
  /// Averages of the parameters' gradients, in the order the optimiser keeps them.
  public var tensors: [Tensor]
  /// Numbers that depend on the count of steps.
  public var numbers: [Double]

  /// A memory of these.
  public init(tensors: [Tensor], numbers: [Double] = []) {
    self.tensors = tensors
    self.numbers = numbers
  }
}

extension Layer {
  /// Changes each parameter by a rule of its place, itself and its gradient. `remembered` is for how many the optimiser has a state, 0
  /// before its first step.
  mutating func update(
    by gradient: Self, remembered: Int, _ rule: (Int, inout Tensor, Tensor) throws -> Void
  ) throws {
    let gradients = try gradient.parameters().map(\.value)
    guard remembered == 0 || remembered == gradients.count else {
      throw TensorError(
        .invalidArgument, in: "optimizer",
        "it has trained a model of \(remembered) parameters, and this one has \(gradients.count)",
        help: "make a new optimiser for each model")
    }
    try withoutActuallyEscaping(rule) { rule in
      var updater = Updater(gradients: gradients, rule: rule)
      try visit(&updater)
    }
  }
}

/// Walks a model beside its gradient.
private struct Updater: ParameterVisitor {
  var path: [String] = []
  let gradients: [Tensor]
  let rule: (Int, inout Tensor, Tensor) throws -> Void
  var index = 0

  mutating func parameter(_ name: String, _ value: inout Tensor) throws {
    guard index < gradients.count, gradients[index].shape == value.shape else {
      throw TensorError(.shapeMismatch, in: "optimizer", "the gradient has no tensor for \(name)")
    }
    try rule(index, &value, gradients[index])
    index += 1
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

  /// The velocities.
  public var memory: OptimizerMemory {
    get { OptimizerMemory(tensors: velocity) }
    set { velocity = newValue.tensors }
  }

  /// One step.
  public mutating func step<Model: Layer>(_ model: inout Model, gradient: Model, scale: Double) throws {
    let isFirst = velocity.isEmpty
    try model.update(by: gradient, remembered: velocity.count) { index, parameter, gradient in
      var g = gradient
      if weightDecay != 0 { g = try g + parameter * weightDecay }
      if momentum != 0 {
        if isFirst { velocity.append(g) } else { velocity[index] = try velocity[index] * momentum + g }
        g = velocity[index]
      }
      parameter = try parameter - g * (learningRate * scale)
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

  /// First moments, then second moments; the powers of both decay rates.
  public var memory: OptimizerMemory {
    get { OptimizerMemory(tensors: first + second, numbers: [decayed1, decayed2]) }
    set {
      first = Array(newValue.tensors.prefix(newValue.tensors.count / 2))
      second = Array(newValue.tensors.suffix(newValue.tensors.count / 2))
      decayed1 = newValue.numbers.first ?? 1
      decayed2 = newValue.numbers.dropFirst().first ?? 1
    }
  }

  /// One step.
  public mutating func step<Model: Layer>(_ model: inout Model, gradient: Model, scale: Double) throws {
    if first.isEmpty {
      let zeros = try gradient.parameters().map { try Tensor.zeros($0.value.shape, dtype: $0.value.dtype) }
      first = zeros
      second = try zeros.map { try Tensor.zeros($0.shape, dtype: $0.dtype) }
    }
    decayed1 *= beta1
    decayed2 *= beta2
    try model.update(by: gradient, remembered: first.count) { index, parameter, g in
      let step = Tensor.AdamStep(
        beta1: beta1, beta2: beta2, epsilon: epsilon, rate: learningRate * scale,
        weightDecay: parameter.rank > 1 ? weightDecay : 0, correction1: 1 - decayed1,
        correction2: 1 - decayed2)
      try Tensor.adamStep(step, &parameter, gradient: g, first: &first[index], second: &second[index])
    }
  }
}
