/// What a recorded operation does to tangents, where that is simpler than its rule: the vocabulary of `LinearProgram`.
enum LinearStep {
  /// Nothing simpler than the rule is known.
  case rule
  /// The tangent of the first input, its elements in the same order.
  case same
  /// The sum of the inputs' tangents, of the result's shape, each times a factor.
  case elementwise([Factor])
  /// The product of a constant matrix with the tangent of one input, a vector.
  case matrix(Tensor, input: Int)
  /// The product of a constant matrix with the tangent of one input, another matrix.
  case product(Tensor, Matmul.Turned, input: Int)
  /// The tangent of the first input again and again.
  case repeated

  /// What a tangent is multiplied by, element by element.
  enum Factor {
    case zero
    case scale(Double)
    /// Contiguous, of the result's shape and dtype.
    case weights(Tensor)
  }
}

extension Slope {
  /// This slope as a factor of tangents shaped like the value of `node`; nil where its dtype is another.
  func factor(of node: Node) throws -> LinearStep.Factor? {
    let saved = Saved(node: node)
    let values: Tensor
    switch self {
    case .zero: return .zero
    case .scale(let scale): return .scale(scale)
    case .factor(_, let rule):
      values = try rule(saved).detached
      if values.count == 1, node.shape.elementCount != 1 { return .scale(try values.item()) }
    case .product(_, let rule):
      values = try rule(.ones(node.shape, dtype: node.dtype), saved).detached
    }
    guard values.dtype == node.dtype else { return nil }
    return .weights(try values.expanded(to: node.shape).contiguous(in: node.name))
  }
}

extension Node {
  /// The elementwise step of these slopes, where every input with a tangent has the result's shape and dtype.
  func elementwiseStep(_ slopes: [Slope], _ isTraced: (Int) -> Bool) throws -> LinearStep {
    var factors: [LinearStep.Factor] = []
    for (index, slope) in slopes.enumerated() {
      guard isTraced(index) else {
        factors.append(.zero)
        continue
      }
      guard let input = input(index), input.shape == shape, input.dtype == dtype,
        let factor = try slope.factor(of: self)
      else { return .rule }
      factors.append(factor)
    }
    return .elementwise(factors)
  }
}
