import Autodiff
import Tensor

/// What methods will cost at a point, before any of them runs: counted, or measured on one evaluation and one product and multiplied.
public struct Plan: CustomStringConvertible {
  /// One method's prediction.
  public struct Row: Sendable {
    /// The method.
    public let method: String
    /// Hessian-vector products, and the time they take at the measured rate; NaN for a method of which they are not known in advance.
    public let products: Double, seconds: Double
    /// Bytes of the method's own vectors, and all it will hold: these, the recording and a product's peak.
    public let vectorBytes: Double, bytes: Double
  }

  /// Inner and outer parameters.
  public let parameters: Int, hyperparameters: Int
  /// One gradient of the inner loss, and one Hessian-vector product by each composition, in seconds.
  public let gradientSeconds: Double, reverseSeconds: Double, forwardSeconds: Double
  /// Bytes that the recorded inner gradient keeps (activations and data), counted from one evaluation; and the most that one product
  /// takes beside them, measured, in buffers from 1 KiB.
  public let recordedBytes: Int, productBytes: Int
  /// The predictions.
  public let rows: [Row]

  /// The measurements and a table.
  public var description: String {
    let head =
      "\(parameters) inner and \(hyperparameters) outer parameters; gradient \(brief(gradientSeconds * 1e3, 3)) ms\n"
      + "HVP reverse-over-reverse \(brief(reverseSeconds * 1e3, 3)) ms, forward-over-reverse "
      + "\(brief(forwardSeconds * 1e3, 3)) ms"
    func megabytes(_ bytes: Double) -> String { brief(bytes / 1e6, 3) }
    let memory =
      "recording \(megabytes(Double(recordedBytes))) MB (counted from one evaluation)\none product \(megabytes(Double(productBytes))) MB more at "
      + "its peak (measured, buffers from 1 KiB)"
    func known(_ number: Double, _ digits: Int) -> String {
      number.isNaN ? "not known" : brief(number, digits)
    }
    let cells = rows.map {
      [
        $0.method, known($0.products, 12), known($0.seconds * 1e3, 3), megabytes($0.vectorBytes),
        megabytes($0.bytes),
      ]
    }
    return [head, memory, table([["method", "HVPs ≈", "ms ≈", "MB of vectors", "MB in all ≈"]] + cells)]
      .joined(
        separator: "\n")
  }
}

/// Predicts the cost of `methods` at a point: measures a gradient, a product of either composition (best of three) and a product's memory, counts
/// what the recording keeps, and multiplies.
public func plan(
  _ methods: [any HypergradientMethod], at point: BilevelPoint, mode: HVPMode = .reverseOverReverse
) throws -> Plan {
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
  let held = MemoryReport.now.live
  MemoryReport.resetPeak()
  let reverse = try best { _ = try point.hessianProduct(v, mode: .reverseOverReverse) }
  let forward = try best { _ = try point.hessianProduct(v, mode: .forwardOverReverse) }
  let peak = max(MemoryReport.now.peak - held, 0)
  let recorded = point.recordedBytes
  let n = point.theta.elementCount
  let size = Double(point.theta.tensors.reduce(0) { $0 + $1.count * $1.dtype.size })
  let rows = methods.map { method in
    // Forward mode carries a column for every element of λ.
    let columns = method is ForwardMode ? Double(point.lambda.elementCount) : 1
    let products = method.predictedProducts(parameters: n) * columns
    let vectors = method.predictedVectors(parameters: n)
    let each = mode == .forwardOverReverse ? forward : reverse
    // An unrolled step records a gradient again on the way back.
    let perStep = method is Unroll ? each + 3 * gradient : each
    return Plan.Row(
      method: "\(method)", products: products, seconds: products * perStep + each,
      vectorBytes: vectors * size, bytes: vectors * size + Double(recorded + peak))
  }
  return Plan(
    parameters: n, hyperparameters: point.lambda.elementCount, gradientSeconds: gradient,
    reverseSeconds: reverse, forwardSeconds: forward, recordedBytes: recorded, productBytes: peak, rows: rows)
}
