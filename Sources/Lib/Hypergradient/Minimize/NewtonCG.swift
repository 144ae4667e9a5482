import Tensor

/// Newton's method with the step solved by conjugate gradients to a tolerance that tightens with the gradient, and a
/// backtracking search. Directions of negative curvature end the inner solve, so that every step descends (Nocedal and Wright,
/// algorithm 7.1). The choice for hypergradients: it reaches round-off, where the implicit function theorem holds.
public struct NewtonCG: Minimizer {
  /// The most steps.
  public var iterations: Int

  /// At most `iterations` steps.
  public init(iterations: Int = 100) { self.iterations = iterations }

  /// "Newton-CG"
  public var description: String { "Newton-CG" }

  /// Minimises the objective.
  public func run(_ objective: Objective, from start: [Tensor], tolerance: Double) throws -> Minimum {
    var theta = start
    var here = try objective.hessian(theta)
    var norm = try here.gradient.norm()
    var history = [here.value]
    var status: MinimizeStatus?
    var taken = 0
    var idle = 0
    let isInterrupted = try endsByInterrupt(taken > 0) {
      while norm > tolerance {
        try checkInterrupt()
        guard taken < iterations else {
          status = .iterationLimit
          break
        }
        let direction = try step(here.hessian, here.gradient, norm)
        guard
          let found = try backtrack(
            objective, theta, here.value, here.gradient, direction, first: 1, epsilon: start.epsilon)
        else {
          status = .stalled
          break
        }
        let next = try objective.hessian(found)
        let nextNorm = try next.gradient.norm()
        guard nextNorm.isFinite else {
          status = .diverged
          break
        }
        // At round-off neither the loss nor the gradient falls any more.
        if next.value >= here.value, nextNorm >= norm {
          idle += 1
          if idle == 2 {
            status = .stalled
            break
          }
        } else {
          idle = 0
        }
        (theta, here, norm) = (found, next, nextNorm)
        history.append(next.value)
        taken += 1
      }
    }
    return Minimum(
      objective, theta, value: here.value, gradientNorm: norm, tolerance: tolerance, iterations: taken,
      status: isInterrupted ? .interrupted : status ?? .converged, history: history)
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
