import Tensor

/// A loss of the inner parameters θ and the outer parameters λ: one number.
public typealias BilevelLoss = (_ theta: [Tensor], _ lambda: [Tensor]) throws -> Tensor
/// A map of θ and λ to tensors: the next θ of a fixed-point iteration, or a model's outputs.
public typealias BilevelMap = (_ theta: [Tensor], _ lambda: [Tensor]) throws -> [Tensor]

/// Two nested problems: θ*(λ) defined by an inner problem, and the outer value F(λ) = f(θ*(λ), λ) whose gradient is wanted.
public final class BilevelProblem {
  /// What defines θ*(λ).
  public enum Inner {
    /// argmin_θ g(θ, λ).
    case loss(BilevelLoss)
    /// argmin_θ of ℓ(z(θ, λ), λ), given as the model z and the loss ℓ of its outputs, so that the Gauss-Newton matrix is known.
    case model(BilevelMap, loss: BilevelLoss)
    /// argmin_θ of the mean over `count` mini-batches of g_i(θ, λ).
    case batches(count: Int, (_ theta: [Tensor], _ lambda: [Tensor], _ batch: Int) throws -> Tensor)
    /// θ = Φ(θ, λ). I - ∂Φ/∂θ takes the place of the Hessian; it need not be symmetric.
    case fixedPoint(BilevelMap)
  }

  /// The inner problem.
  public let kind: Inner
  /// The inner loss g; the mean over mini-batches; half the squared defect |θ - Φ|² of a fixed point, whose minimiser is that point.
  public let inner: BilevelLoss
  /// The outer loss f, which may depend on λ directly.
  public let outer: BilevelLoss
  private let thetaNames: [String]?, lambdaNames: [String]?

  /// The problem of `outer` through the solution of `inner`. Names are for messages; without them parameters are called
  /// `θ` and `λ`, or `θ[0]`, ….
  public init(
    _ inner: Inner, outer: @escaping BilevelLoss, thetaNames: [String]? = nil, lambdaNames: [String]? = nil
  ) {
    kind = inner
    self.inner =
      switch inner {
      case .loss(let loss): loss
      case .model(let model, let loss): { try loss(model($0, $1), $1) }
      case .batches(let count, let loss):
        { theta, lambda in
          try (1..<max(count, 1)).reduce(loss(theta, lambda, 0)) { try $0 + loss(theta, lambda, $1) }
            * (1 / Double(max(count, 1)))
        }
      case .fixedPoint(let map):
        { theta, lambda in
          try defect(map, theta, lambda).reduce(Tensor.scalar(0, dtype: theta.dtype)) {
            try $0 + $1.square().sum() * 0.5
          }
        }
      }
    self.outer = outer
    self.thetaNames = thetaNames
    self.lambdaNames = lambdaNames
  }

  /// The problem of `outer` through the minimiser of `inner`.
  public convenience init(
    inner: @escaping BilevelLoss, outer: @escaping BilevelLoss, thetaNames: [String]? = nil,
    lambdaNames: [String]? = nil
  ) {
    self.init(.loss(inner), outer: outer, thetaNames: thetaNames, lambdaNames: lambdaNames)
  }

  /// Whether the matrix of the linear system is a Hessian, hence symmetric.
  public var isSymmetric: Bool { if case .fixedPoint = kind { false } else { true } }

  /// The number of mini-batches, where the inner loss is a mean over some.
  public var batchCount: Int? { if case .batches(let count, _) = kind { count } else { nil } }

  /// The inner loss, or that of one mini-batch.
  func inner(ofBatch batch: Int?) -> BilevelLoss {
    guard let batch, case .batches(_, let one) = kind else { return inner }
    return { try one($0, $1, batch) }
  }

  /// θ with its names.
  func theta(_ tensors: [Tensor]) throws -> Parameters {
    guard let thetaNames else { return Parameters(tensors, stem: "θ") }
    return try Parameters(names: thetaNames, tensors: tensors)
  }

  /// λ with its names.
  func lambda(_ tensors: [Tensor]) throws -> Parameters {
    guard let lambdaNames else { return Parameters(tensors, stem: "λ") }
    return try Parameters(names: lambdaNames, tensors: tensors)
  }
}

/// θ - Φ(θ, λ), the latter in θ's types. Throws `shapeMismatch` for a map that does not keep θ's shapes.
func defect(_ map: BilevelMap, _ theta: [Tensor], _ lambda: [Tensor]) throws -> [Tensor] {
  let next = try map(theta, lambda)
  guard next.matches(theta) else {
    throw HypergradientError(
      .shapeMismatch, in: "fixedPoint",
      "the map returned shapes \(next.map(\.shape)) for θ of \(theta.map(\.shape))",
      help: "it returns the next θ, with θ's structure")
  }
  return try zip(theta, next).map { try $0 - $1.cast(to: $0.dtype) }
}

/// A loss reads a variable of a derivative that is being taken. It is no argument, so that its derivative would be 0 without a word.
func closesOverDifferentiated(_ name: String, in operation: String) -> HypergradientError {
  HypergradientError(
    .invalidArgument, in: operation,
    "the \(name) loss uses a value that is being differentiated and that is not among its parameters: its derivative would be 0",
    help: "make it a parameter (`given:`, or a part of λ), or say that it is a constant: stopGradient(…)")
}

/// Throws unless `loss` is one finite float.
func checkLoss(_ loss: Tensor, _ name: String, in operation: String) throws {
  guard loss.count == 1 else {
    throw HypergradientError(
      .shapeMismatch, in: operation, "the \(name) loss returned shape \(loss.shape), it must be one number",
      help: "reduce it, for example with sum or mean")
  }
  guard loss.dtype.isFloating else {
    throw HypergradientError(
      .invalidArgument, in: operation, "the \(name) loss returned \(loss.dtype), which has no derivative")
  }
  let value = try loss.item()
  guard value.isFinite else {
    throw HypergradientError(
      .nonFinite, in: operation, "the \(name) loss is \(brief(value))",
      help: "start from parameters where it is finite, or lower the inner learning rate")
  }
}

/// A loss's value and its gradients by some of its arguments, nil where it does not depend on one.
func recordedGradients(
  at arguments: [Tensor], _ name: String, in operation: String, _ loss: ([Tensor]) throws -> Tensor
) throws -> (value: Tensor, gradients: [Tensor?]) {
  let line = try Linearization(of: { [try loss($0)] }, at: arguments)
  let value = line.outputs[0]
  try checkLoss(value, name, in: operation)
  return (value, try line.pullback([.ones(value.shape, dtype: value.dtype)]))
}
