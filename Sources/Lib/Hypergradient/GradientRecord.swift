import Autodiff
import Tensor

/// The inner gradient ∇θ g recorded at one (θ, λ) as a function of both, ready for products with the second derivatives
/// H = ∂²g/∂θ∂θ^T and C = ∂²g/∂θ∂λ^T.
///
/// A reverse sweep with v gives H v and C^T v together, or either alone for less; a forward sweep gives H v or C u.
final class GradientRecord {
  let value: Double
  /// ∇θ g.
  let gradient: [Tensor]
  /// Which of θ's tensors the inner loss depends on, and whether its gradient depends on λ.
  let reached: [Bool], dependsOnLambda: Bool
  private let theta: [Tensor], lambda: [Tensor]
  private let inner: BilevelLoss
  private let record: Linearization
  /// The recording restricted to one of the two, made when first asked for.
  private lazy var thetaOnly = record.restricted(toLeaves: 0..<theta.count)
  private let lambdaOnly: Linearization

  init(_ problem: BilevelProblem, _ theta: [Tensor], _ lambda: [Tensor], in operation: String) throws {
    let split = theta.count
    var value = 0.0
    var reached: [Bool] = []
    record = try Linearization(
      of: { point in
        let lambda = Array(point[split...])
        let inner = try recordedGradients(at: Array(point[..<split]), "inner", in: operation) {
          try problem.inner($0, lambda)
        }
        value = try inner.value.item()
        reached = inner.gradients.map { $0 != nil }
        return try zip(inner.gradients, point).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
      }, at: theta + lambda)
    self.value = value
    self.reached = reached
    self.theta = theta
    self.lambda = lambda
    inner = problem.inner
    gradient = record.outputs.detached
    lambdaOnly = record.restricted(toLeaves: split..<(split + lambda.count))
    dependsOnLambda = (0..<split).contains { [lambdaOnly] in lambdaOnly.reaches(output: $0) }
    try problem.theta(theta).check(gradient, is: "the inner gradient by", in: operation)
  }

  /// H v.
  func hessianProduct(_ v: [Tensor], mode: HVPMode) throws -> [Tensor] {
    switch mode {
    case .reverseOverReverse:
      return try completed(thetaOnly.pullback(v).prefix(theta.count), theta)
    case .forwardOverReverse:
      return try completed(thetaOnly.pushforward(v.map(Optional.some) + lambda.map { _ in nil })[...], theta)
    case .reverseOverForward:
      return try hvp(at: theta, along: v, mode: mode) { try self.inner($0, self.lambda) }.detached
    }
  }

  /// C^T v, of λ's shapes.
  func mixedTransposed(_ v: [Tensor]) throws -> [Tensor] {
    try completed(lambdaOnly.pullback(v).dropFirst(theta.count), lambda)
  }

  /// C u, of θ's shapes.
  func mixed(_ u: [Tensor]) throws -> [Tensor] {
    try completed(lambdaOnly.pushforward(theta.map { _ in nil } + u.map(Optional.some))[...], theta)
  }

  /// H v and C^T v from one sweep.
  func products(_ v: [Tensor]) throws -> (hessian: [Tensor], mixedTransposed: [Tensor]) {
    let both = try record.pullback(v)
    return (
      try completed(both.prefix(theta.count), theta), try completed(both.dropFirst(theta.count), lambda)
    )
  }

  private func completed(_ values: ArraySlice<Tensor?>, _ like: [Tensor]) throws -> [Tensor] {
    try zip(values, like).map { value, like in
      guard let value else { return try .zeros(like.shape, dtype: like.dtype) }
      let cast = try value.detached.cast(to: like.dtype)
      return cast.shape == like.shape ? cast : try cast.expanded(to: like.shape)
    }
  }
}
