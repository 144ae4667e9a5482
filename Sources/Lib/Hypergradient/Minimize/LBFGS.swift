import Tensor

/// Limited-memory BFGS (Liu and Nocedal 1989) with a backtracking search; pairs without positive curvature are not kept.
public struct LBFGS: Minimizer {
  /// The most steps, and the number of pairs kept.
  public var iterations: Int, memory: Int

  /// At most `iterations` steps from `memory` pairs.
  public init(iterations: Int = 1000, memory: Int = 10) {
    self.iterations = iterations
    self.memory = memory
  }

  /// "L-BFGS"
  public var description: String { "L-BFGS" }

  /// Minimises the objective.
  public func run(_ objective: Objective, from start: [Tensor], tolerance: Double) throws -> Minimum {
    var theta = start
    var (value, gradient) = try objective.gradient(theta)
    var norm = try gradient.norm()
    var pairs: [(s: [Tensor], y: [Tensor], product: Double)] = []
    var history = [value]
    var status: MinimizeStatus?
    var taken = 0
    let isInterrupted = try endsByInterrupt(taken > 0) {
      while norm > tolerance {
        try checkInterrupt()
        guard taken < iterations else {
          status = .iterationLimit
          break
        }
        let direction = try self.direction(gradient, pairs)
        let first = pairs.isEmpty ? min(1, 1 / norm) : 1
        guard
          let found = try backtrack(
            objective, theta, value, gradient, direction, first: first, epsilon: start.epsilon)
        else {
          // Start again from the gradient before giving up.
          if pairs.isEmpty {
            status = .stalled
            break
          }
          pairs = []
          continue
        }
        let (nextValue, nextGradient) = try objective.gradient(found)
        let nextNorm = try nextGradient.norm()
        guard nextNorm.isFinite else {
          status = .diverged
          break
        }
        let s = try found.adding(-1, theta)
        let y = try nextGradient.adding(-1, gradient)
        let product = try s.dot(y)
        if product > 1e-10 * (try s.norm() * y.norm()) {
          pairs.append((s, y, product))
          if pairs.count > max(memory, 1) { pairs.removeFirst() }
        } else if nextValue >= value, nextNorm >= norm {
          if pairs.isEmpty {
            status = .stalled
            break
          }
          pairs = []
        }
        (theta, value, gradient, norm) = (found, nextValue, nextGradient, nextNorm)
        history.append(value)
        taken += 1
      }
    }
    return Minimum(
      objective, theta, value: value, gradientNorm: norm, tolerance: tolerance, iterations: taken,
      status: isInterrupted ? .interrupted : status ?? .converged, history: history)
  }

  private func direction(_ gradient: [Tensor], _ pairs: [(s: [Tensor], y: [Tensor], product: Double)]) throws
    -> [Tensor]
  {
    var d = try gradient.scaled(-1)
    var weights: [Double] = []
    for pair in pairs.reversed() {
      let weight = try pair.s.dot(d) / pair.product
      weights.append(weight)
      d = try d.adding(-weight, pair.y)
    }
    if let last = pairs.last { d = try d.scaled(last.product / last.y.dot(last.y)) }
    for (pair, weight) in zip(pairs, weights.reversed()) {
      d = try d.adding(weight - pair.y.dot(d) / pair.product, pair.s)
    }
    return d
  }
}
