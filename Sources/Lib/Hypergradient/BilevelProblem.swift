import Tensor

/// A loss of the inner parameters θ and the outer parameters λ: one number.
public typealias BilevelLoss = (_ theta: [Tensor], _ lambda: [Tensor]) throws -> Tensor

/// Two nested problems: θ*(λ) = argmin_θ g(θ, λ), and the outer value F(λ) = f(θ*(λ), λ) whose gradient is wanted.
public final class BilevelProblem {
  /// The inner loss g.
  public let inner: BilevelLoss
  /// The outer loss f, which may depend on λ directly.
  public let outer: BilevelLoss
  private let thetaNames: [String]?, lambdaNames: [String]?

  /// The problem of `outer` through the minimiser of `inner`. Names are for messages; without them parameters are called
  /// `θ` and `λ`, or `θ[0]`, ….
  public init(
    inner: @escaping BilevelLoss, outer: @escaping BilevelLoss, thetaNames: [String]? = nil,
    lambdaNames: [String]? = nil
  ) {
    self.inner = inner
    self.outer = outer
    self.thetaNames = thetaNames
    self.lambdaNames = lambdaNames
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
