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
    let (value, first) = try objective.gradient(start)
    var gradient = first
    var pairs: [Pair] = []
    return try iterate(
      objective, from: Iterate(theta: start, value: value, norm: first.norm()), tolerance: tolerance,
      limit: iterations
    ) { point in
      let before = point
      func search() throws -> [Tensor]? {
        try backtrack(
          objective, before.theta, before.value, gradient, direction(gradient, pairs),
          first: pairs.isEmpty ? min(1, 1 / before.norm) : 1, epsilon: start.epsilon)
      }
      var found = try search()
      if found == nil, !pairs.isEmpty {
        // Start again from the gradient before giving up.
        pairs = []
        found = try search()
      }
      guard let theta = found else { return .stalled }
      let next = try objective.gradient(theta)
      point = Iterate(theta: theta, value: next.value, norm: try next.gradient.norm())
      guard point.norm.isFinite else { return .diverged }
      let s = try theta.adding(-1, before.theta)
      let y = try next.gradient.adding(-1, gradient)
      let product = try s.dot(y)
      if product > 1e-10 * (try s.norm() * y.norm()) {
        pairs.append(Pair(s: s, y: y, product: product))
        if pairs.count > max(memory, 1) { pairs.removeFirst() }
      } else if point.value >= before.value, point.norm >= before.norm {
        if pairs.isEmpty { return .stalled }
        pairs = []
      }
      gradient = next.gradient
      return nil
    }
  }

  /// A step, the change of the gradient along it, and their product.
  private struct Pair {
    let s: [Tensor], y: [Tensor], product: Double
  }

  private func direction(_ gradient: [Tensor], _ pairs: [Pair]) throws -> [Tensor] {
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
