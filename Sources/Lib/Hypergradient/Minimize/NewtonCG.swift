import Tensor

/// Newton's method with the step solved by conjugate gradients to a tolerance that tightens with the gradient, and a
/// backtracking search. Directions of negative curvature end the inner solve, so that every step descends (Nocedal and Wright,
/// algorithm 7.1). The choice for hypergradients: it reaches round-off, where the implicit function theorem holds.
public struct NewtonCG: Minimizer {
  /// The most steps.
  public var iterations: Int
  /// Whether steps go on below the tolerance as long as each halves the gradient.
  var polishes = false

  /// At most `iterations` steps.
  public init(iterations: Int = 100) { self.iterations = iterations }

  /// "Newton-CG"
  public var description: String { "Newton-CG" }

  /// Minimises the objective.
  public func run(_ objective: Objective, from start: [Tensor], tolerance: Double) throws -> Minimum {
    var here = try objective.hessian(start)
    var idle = 0
    return try iterate(
      objective, from: Iterate(theta: start, value: here.value, norm: here.gradient.norm()),
      tolerance: tolerance, limit: iterations, polishes: polishes
    ) { point in
      let before = point
      let direction = try step(here.hessian, here.gradient, before.norm)
      guard
        let found = try backtrack(
          objective, before.theta, before.value, here.gradient, direction, first: 1, epsilon: start.epsilon)
      else { return .stalled }
      here = try objective.hessian(found)
      point = Iterate(theta: found, value: here.value, norm: try here.gradient.norm())
      guard point.norm.isFinite else { return .diverged }
      // At round-off neither the loss nor the gradient falls any more.
      idle = point.value >= before.value && point.norm >= before.norm ? idle + 1 : 0
      return idle == 2 ? .stalled : nil
    }
  }

  /// An approximate solution of H p = -g that descends.
  private func step(_ hessian: LinearMap, _ gradient: [Tensor], _ norm: Double) throws -> [Tensor] {
    let target = norm * min(0.1, norm.squareRoot()) * 0.1
    var p = try gradient.zeros()
    var r = try gradient.scaled(-1)
    var d = r
    var squared = norm * norm
    for iteration in 0..<min(2 * gradient.elementCount + 10, 500) {
      try checkInterrupt()
      let product = try hessian(d)
      let curvature = try d.dot(product)
      guard curvature > gradient.epsilon * (try d.dot(d)) * 1e-3 else { return iteration == 0 ? r : p }
      let alpha = squared / curvature
      p = try p.adding(alpha, d)
      r = try r.adding(-alpha, product)
      let next = try r.dot(r)
      if next.squareRoot() <= target { break }
      d = try r.adding(next / squared, d)
      squared = next
    }
    return p
  }
}

/// The first of θ + t d, t = first, first/2, …, where the loss falls by 1e-4 of what the slope promises, up to round-off of the loss; nil
/// when there is none.
func backtrack(
  _ objective: Objective, _ theta: [Tensor], _ value: Double, _ gradient: [Tensor], _ direction: [Tensor],
  first: Double, epsilon: Double
) throws -> [Tensor]? {
  let slope = try gradient.dot(direction)
  guard slope < 0 else { return nil }
  let slack = 16 * epsilon * abs(value)
  var t = first
  for _ in 0..<50 {
    let there = try theta.adding(t, direction)
    if try objective.value(there) <= value + 1e-4 * t * slope + slack { return there }
    t /= 2
  }
  return nil
}
