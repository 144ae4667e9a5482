import Tensor

/// What methods will cost at a point, predicted from one measured product.
public struct Plan: CustomStringConvertible {
  /// One method's prediction.
  public struct Row: Sendable {
    /// The method.
    public let method: String
    /// Hessian-vector products, time, and bytes of vectors beside the recording.
    public let products: Int, seconds: Double, bytes: Int
  }

  /// Inner and outer parameters.
  public let parameters: Int, hyperparameters: Int
  /// One gradient of the inner loss, and one Hessian-vector product by each composition, in seconds.
  public let gradientSeconds: Double, reverseSeconds: Double, forwardSeconds: Double
  /// The predictions.
  public let rows: [Row]

  /// The measurements and a table.
  public var description: String {
    let head =
      "\(parameters) inner and \(hyperparameters) outer parameters; gradient \(brief(gradientSeconds * 1e3, 3)) ms; "
      + "HVP reverse-over-reverse \(brief(reverseSeconds * 1e3, 3)) ms, forward-over-reverse "
      + "\(brief(forwardSeconds * 1e3, 3)) ms"
    let cells = rows.map {
      [$0.method, "\($0.products)", brief($0.seconds * 1e3, 3), brief(Double($0.bytes) / 1e6, 3)]
    }
    return head + "\n" + table([["method", "HVPs", "ms", "MB of vectors"]] + cells)
  }
}

/// Predicts the cost of `methods` at a point: measures a gradient and a product of either composition (best of three), and multiplies.
public func plan(_ methods: [any HypergradientMethod], at point: BilevelPoint) throws -> Plan {
  var stream = RandomStream(seed: 1, stream: 0x706c61)
  let v = try point.theta.tensors.random(&stream)
  func best(_ body: () throws -> Void) rethrows -> Double {
    var least = Double.infinity
    for _ in 0..<3 {
      let begin = monotonicSeconds()
      try body()
      least = min(least, monotonicSeconds() - begin)
    }
    return least
  }
  let lambda = point.lambda.tensors
  let objective = Objective { try point.problem.inner($0, lambda) }
  let gradient = try best { _ = try objective.gradient(point.theta.tensors) }
  let mode = point.mode
  defer { point.mode = mode }
  point.mode = .reverseOverReverse
  let reverse = try best { _ = try point.hessianProduct(v) }
  point.mode = .forwardOverReverse
  let forward = try best { _ = try point.hessianProduct(v) }
  let n = point.theta.elementCount
  let size = point.theta.tensors.reduce(0) { $0 + $1.count * $1.dtype.size }
  let rows = methods.map { method in
    // Forward mode carries a column for every element of λ.
    let columns = method is ForwardMode ? point.lambda.elementCount : 1
    let products = method.predictedProducts(parameters: n) * columns
    let vectors = method.predictedVectors(parameters: n)
    let each = mode == .forwardOverReverse ? forward : reverse
    // An unrolled step records a gradient again on the way back.
    let perStep = method is Unroll ? each + 3 * gradient : each
    return Plan.Row(
      method: "\(method)", products: products, seconds: Double(products) * perStep + each,
      bytes: vectors * size)
  }
  return Plan(
    parameters: n, hyperparameters: point.lambda.elementCount, gradientSeconds: gradient,
    reverseSeconds: reverse, forwardSeconds: forward, rows: rows)
}
