import Tensor

/// A way to a minimum of the inner loss. A new one is one file.
public protocol Minimizer: CustomStringConvertible, Sendable {
  /// Minimises from `theta` until the gradient's norm is at most `tolerance`, or the user interrupts a step after the first.
  func run(_ objective: Objective, from theta: [Tensor], tolerance: Double) throws -> Minimum
}

/// How a minimisation ended.
public enum MinimizeStatus: String, Sendable, CustomStringConvertible {
  /// The gradient's norm is at the tolerance.
  case converged
  /// The iterations ran out first.
  case iterationLimit
  /// No step decreases the loss any more: round-off, or a loss that is not smooth.
  case stalled
  /// The user stopped it; the point after the last whole step is returned.
  case interrupted
  /// The loss or gradient became NaN or infinite; the last finite point is returned.
  case diverged

  /// Whether the tolerance was reached.
  public var isConverged: Bool { self == .converged }
  /// The name in words.
  public var description: String {
    switch self {
    case .iterationLimit: "iteration limit"
    default: rawValue
    }
  }
}

/// The point a minimisation reached, and how.
public struct Minimum: CustomStringConvertible {
  /// The parameters.
  public var theta: [Tensor]
  /// The loss and the norm of its gradient there.
  public var value: Double, gradientNorm: Double
  /// The tolerance asked for.
  public var tolerance: Double
  /// Steps taken, evaluations of loss and gradient, and Hessian-vector products.
  public var iterations: Int, evaluations: Int, products: Int
  /// How it ended.
  public var status: MinimizeStatus
  /// The loss after each step, from the start's.
  public var history: [Double]
  /// Wall time.
  public var seconds: Double = 0
  /// The method.
  public var method = ""

  init(
    _ objective: Objective, _ theta: [Tensor], value: Double, gradientNorm: Double, tolerance: Double,
    iterations: Int, status: MinimizeStatus, history: [Double]
  ) {
    self.theta = theta
    self.value = value
    self.gradientNorm = gradientNorm
    self.tolerance = tolerance
    self.iterations = iterations
    evaluations = objective.evaluations
    products = objective.products
    self.status = status
    self.history = history
  }

  /// One line: status, iterations, loss, gradient norm.
  public var description: String {
    "\(status) after \(iterations) iterations of \(method): loss \(brief(value, 8)), |gradient| \(brief(gradientNorm, 2))"
      + " (tolerance \(brief(tolerance, 2)))"
  }
}

/// Where a minimisation is.
struct Iterate {
  /// The parameters.
  var theta: [Tensor]
  /// The loss, and the norm of its gradient.
  var value: Double, norm: Double
}

/// Steps from `start` until the gradient's norm is at most `tolerance`, the user interrupts a step after the first, or `step` says how it
/// ends: then what it left in its argument does not count.
///
/// - polishes: whether steps go on below the tolerance as long as each halves the gradient. A tolerance beside the gradient at the start says
///   little where that was far off; the few steps that a fast method needs from there to round-off cost next to nothing.
func iterate(
  _ objective: Objective, from start: Iterate, tolerance: Double, limit: Int, polishes: Bool = false,
  _ step: (inout Iterate) throws -> MinimizeStatus?
) throws -> Minimum {
  var here = start
  var history = [start.value]
  var status = MinimizeStatus.converged
  var halves = false
  let isInterrupted = try endsByInterrupt(history.count > 1) {
    while here.norm > tolerance || (halves && here.norm > 0) {
      try checkInterrupt()
      var next = here
      if let end = history.count > limit ? .iterationLimit : try step(&next) {
        if here.norm > tolerance { status = end }
        break
      }
      if here.norm <= tolerance, next.norm > here.norm { break }
      halves = polishes && next.norm <= 0.5 * here.norm
      here = next
      history.append(here.value)
    }
  }
  return Minimum(
    objective, here.theta, value: here.value, gradientNorm: here.norm, tolerance: tolerance,
    iterations: history.count - 1, status: isInterrupted ? .interrupted : status, history: history)
}

/// A loss of θ alone, with counts of what is asked of it.
public final class Objective {
  private let loss: ([Tensor]) throws -> Tensor
  /// Evaluations of loss and gradient, and products with the Hessian.
  public private(set) var evaluations = 0, products = 0
  /// Whether the loss has been seen to depend on a value that somebody differentiates and that it was not given.
  private(set) var isOpen = false

  /// The objective `loss`.
  public init(_ loss: @escaping ([Tensor]) throws -> Tensor) { self.loss = loss }

  /// The loss and its gradient.
  public func gradient(_ theta: [Tensor]) throws -> (value: Double, gradient: [Tensor]) {
    evaluations += 1
    let line = try Linearization(of: { [try self.loss($0)] }, at: theta)
    let value = line.outputs[0]
    isOpen = isOpen || value.isRecorded
    guard value.count == 1, value.dtype.isFloating else {
      try checkLoss(value, "inner", in: "minimize")
      return (.nan, theta)
    }
    let gradients = try line.pullback([.ones(value.shape, dtype: value.dtype)])
    return (try value.item(), try Self.completed(gradients, theta))
  }

  /// The loss alone.
  public func value(_ theta: [Tensor]) throws -> Double { try loss(theta).item() }

  /// The loss, its gradient and its Hessian at θ, recorded once.
  public func hessian(_ theta: [Tensor]) throws -> (value: Double, gradient: [Tensor], hessian: LinearMap) {
    evaluations += 1
    var value = 0.0
    let line = try Linearization(
      of: { theta in
        let inner = try Linearization(of: { [try self.loss($0)] }, at: theta)
        let loss = inner.outputs[0]
        try checkLoss(loss, "inner", in: "minimize")
        value = try loss.item()
        return try zip(inner.pullback([.ones(loss.shape, dtype: loss.dtype)]), theta).map {
          try $0 ?? .zeros($1.shape, dtype: $1.dtype)
        }
      }, at: theta)
    let map = LinearMap(symmetry: .symmetric) { v in
      self.products += 1
      return try Self.completed(line.pullback(v), theta)
    }
    return (value, try Self.completed(line.outputs.map(Optional.some), theta), map)
  }

  private static func completed(_ values: [Tensor?], _ like: [Tensor]) throws -> [Tensor] {
    try zip(values, like).map { value, like in
      guard let value else { return try .zeros(like.shape, dtype: like.dtype) }
      let cast = try value.detached.cast(to: like.dtype)
      return cast.shape == like.shape ? cast : try cast.expanded(to: like.shape)
    }
  }
}

/// θ*(λ) = argmin_θ inner(θ, λ), from a start, to a gradient norm of `tolerance`. For nil that is 1e-11 of max(1, the start's) in f64 and
/// 1e-5 of it in f32, from where Newton-CG goes on as long as each step halves it, for 1e-5 may be much. The result says whether it got there;
/// throws for a start that cannot be evaluated, and for a loss that depends on what is being differentiated other than by λ.
public func minimize(
  _ inner: @escaping BilevelLoss, from theta: [Tensor], given lambda: [Tensor],
  by method: any Minimizer = NewtonCG(), tolerance: Double? = nil
) throws -> Minimum {
  let operation = "minimize"
  let begin = monotonicSeconds()
  let start = theta.detached
  let constant = lambda.detached
  let parameters = Parameters(start, stem: "θ")
  try parameters.check(in: operation)
  let objective = Objective { try inner($0, constant) }
  let first = try objective.gradient(start)
  guard first.value.isFinite else {
    throw HypergradientError(
      .nonFinite, in: operation, "the inner loss at the start is \(brief(first.value))")
  }
  guard !objective.isOpen else { throw closesOverDifferentiated("inner", in: operation) }
  try parameters.check(first.gradient, is: "the inner gradient by", in: operation)
  let scale = max(1, try first.gradient.norm())
  let isDouble = start.epsilon < 1e-12
  var method = method
  if tolerance == nil, !isDouble, var newton = method as? NewtonCG {
    newton.polishes = true
    method = newton
  }
  var result = try method.run(
    objective, from: start, tolerance: tolerance ?? (isDouble ? 1e-11 : 1e-5) * scale)
  result.seconds = monotonicSeconds() - begin
  result.method = method.description
  return result
}
