import Autodiff
import Tensor

/// The Gauss-Newton matrix Jᵀ Λ J at one (θ, λ): J the Jacobian of the model's outputs by θ, Λ the Hessian of the loss at them. Positive
/// semi-definite for a convex loss, so that series and conjugate gradients are safe; it leaves out the part of H that residuals
/// times second derivatives of the model make. Recorded once: a product is a forward sweep, a product with Λ and a reverse sweep.
final class GaussNewton {
  private let model: Linearization
  private let loss: Linearization
  private let theta: [Tensor]

  init(_ model: BilevelMap, loss: BilevelLoss, _ theta: [Tensor], _ lambda: [Tensor]) throws {
    self.theta = theta
    let line = try Linearization(of: { try model($0, lambda) }, at: theta)
    self.model = line
    self.loss = try Linearization(
      of: { outputs in
        let (_, gradients) = try recordedGradients(at: outputs, "inner", in: "hypergradient") {
          try loss($0, lambda)
        }
        return try zip(gradients, outputs).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
      }, at: line.outputs.detached)
  }

  /// G v.
  func product(_ v: [Tensor]) throws -> [Tensor] {
    let tangents = try zip(model.pushforward(v.map(Optional.some)), model.outputs).map {
      try $0 ?? .zeros($1.shape, dtype: $1.dtype)
    }
    let bent = try zip(loss.pullback(tangents), model.outputs).map {
      try $0 ?? .zeros($1.shape, dtype: $1.dtype)
    }
    return try zip(model.pullback(bent), theta).map { value, like in
      try value?.detached.cast(to: like.dtype).expanded(to: like.shape)
        ?? .zeros(like.shape, dtype: like.dtype)
    }
  }
}

/// How products with the curvature of the inner loss are composed. The raw values are the words of the language.
public enum HVPChoice: String, CaseIterable, Sendable, CustomStringConvertible {
  /// The gradient of the gradient's product with the direction. The default: its sweep yields C^T v as well, and a run repeats bit by bit.
  case reverseOverReverse
  /// The directional derivative of the gradient.
  case forwardOverReverse
  /// The gradient of the directional derivative.
  case reverseOverForward
  /// The faster of the first two, measured at the point on first use.
  case auto
  /// The Gauss-Newton matrix in place of H; needs the inner problem as a model and a loss.
  case gaussNewton
  /// Central differences of the gradient, two gradients a product; no second derivative is taken of the inner loss by θ.
  case finiteDifference

  /// Whether products are those of the Hessian itself, but for rounding.
  var isExact: Bool { self != .gaussNewton && self != .finiteDifference }
  /// The composition of a product with the Hessian, where it is fixed.
  public var mode: HVPMode? { HVPMode(rawValue: rawValue) }

  /// In words.
  public var description: String {
    switch self {
    case .reverseOverReverse: "reverse over reverse"
    case .forwardOverReverse: "forward over reverse"
    case .reverseOverForward: "reverse over forward"
    case .auto: "auto"
    case .gaussNewton: "Gauss-Newton"
    case .finiteDifference: "differences of gradients"
    }
  }
}
