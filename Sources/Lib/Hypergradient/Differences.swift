import Glibc
import Tensor

/// The step of a difference of gradients, θ ± ε v.
public enum DifferenceStep: Equatable, Sendable {
  /// ε |v| = (3 u)^⅓ max(1, |θ|), u the unit round-off: where truncation and round-off are about equal.
  case automatic
  /// ε = 0.01 / |v|, as DARTS has it (Liu et al. 2019).
  case darts
  /// The caller's ε.
  case literal(Double)
}

/// A Hessian-vector product by central differences, and what its step costs in accuracy.
public struct DifferenceProduct: CustomStringConvertible {
  /// (∇g(θ + ε v) - ∇g(θ - ε v)) / (2 ε).
  public let product: [Tensor]
  /// ε, and ε |v| relative to max(1, |θ|).
  public let step: Double, relativeStep: Double
  /// The error of truncation, O(ε²), estimated from a step twice as long; and of round-off, u |∇g| / ε. Absolute.
  public let truncation: Double, roundOff: Double

  /// One line: step, and where the error comes from.
  public var description: String {
    "ε = \(brief(step, 3)) (relative step \(brief(relativeStep, 2))); truncation ≈ \(brief(truncation, 2)), "
      + "round-off ≈ \(brief(roundOff, 2)) of |Hv| = \(brief((try? product.norm()) ?? .nan, 4))"
  }
}

/// H v of a loss (one number) of θ by central differences of its gradient: four gradients, two of them for the estimate of the error. The
/// derivative-free referee of `hvp`; with `step: .darts` what differentiable architecture search uses.
public func differenceProduct(
  at theta: [Tensor], along v: [Tensor], step: DifferenceStep = .automatic,
  _ loss: @escaping ([Tensor]) throws -> Tensor
) throws -> DifferenceProduct {
  let objective = Objective(loss)
  guard v.matches(theta) else {
    throw HypergradientError(
      .shapeMismatch, in: "differenceProduct",
      "a direction of shapes \(v.map(\.shape)) for parameters of \(theta.map(\.shape))")
  }
  let (length, size) = (try v.norm(), max(1, try theta.norm()))
  guard length.isFinite, size.isFinite else {
    throw HypergradientError(
      .nonFinite, in: "differenceProduct", "the point or the direction has elements that are NaN or infinite")
  }
  guard length > 0 else {
    return DifferenceProduct(product: try v.zeros(), step: 0, relativeStep: 0, truncation: 0, roundOff: 0)
  }
  let epsilon = try differenceStep(step, length: length, size: size, roundOff: theta.epsilon)
  func difference(_ epsilon: Double) throws -> (product: [Tensor], gradient: Double) {
    let ahead = try objective.gradient(theta.adding(epsilon, v)).gradient
    let behind = try objective.gradient(theta.adding(-epsilon, v)).gradient
    return (try ahead.adding(-1, behind).scaled(1 / (2 * epsilon)), try ahead.norm())
  }
  let near = try difference(epsilon)
  let far = try difference(2 * epsilon)
  return DifferenceProduct(
    product: near.product, step: epsilon, relativeStep: epsilon * length / size,
    truncation: try far.product.adding(-1, near.product).norm() / 3,
    roundOff: theta.epsilon * near.gradient / epsilon)
}

/// ε for a direction of this length at a point of this size.
func differenceStep(
  _ step: DifferenceStep, length: Double, size: Double, roundOff: Double
) throws -> Double {
  switch step {
  case .automatic: return cbrt(3 * roundOff) * size / length
  case .darts: return 0.01 / length
  case .literal(let epsilon):
    guard epsilon > 0, epsilon.isFinite else {
      throw HypergradientError(.invalidArgument, in: "differenceProduct", "step \(epsilon)")
    }
    return epsilon
  }
}
