import Tensor

/// Several methods on one problem, each against an exact reference.
public struct Comparison: CustomStringConvertible {
  /// One method's result.
  public struct Row {
    /// The method.
    public let method: String
    /// Its result; nil where it could not run.
    public let result: Hypergradient?
    /// Why it could not.
    public let failure: String?
    /// The cosine with the reference, and the error relative to it; nil without a value.
    public let cosine: Double?, relativeError: Double?
  }

  /// The rows, in the order asked for.
  public let rows: [Row]
  /// The method that gave the reference, and its value.
  public let referenceMethod: String, reference: [Tensor]

  /// A table, one line a method.
  public var description: String { table(cells) + "\nreference: \(referenceMethod)" }

  /// The table's cells, the names of its columns first: what decides before the value, of any width. The row of a method that failed
  /// says why in its second and last.
  public var cells: [[String]] {
    var cells = [["method", "status", "rel. error", "HVPs", "ms", "cosine", "value"]]
    for row in rows {
      guard let result = row.result else {
        cells.append([row.method, row.failure ?? "failed"])
        continue
      }
      let value =
        result.status.isUsable
        ? (try? result.unqualifiedValue.flattened()).map { brief($0, digits: 4, limit: 4) } ?? "-"
        : "withheld"
      cells.append([
        row.method, result.status.name, row.relativeError.map { brief($0, 2) } ?? "-",
        "\(result.hvpCount)", brief(result.seconds * 1e3, 3), row.cosine.map { brief($0, 6) } ?? "-", value,
      ])
    }
    return cells
  }
}

extension Hypergradient {
  /// This result and those of `methods` at the same point, against an exact solve (dense up to 512 parameters, else MINRES to
  /// round-off). A method that fails is a row that says why.
  public func compare(_ methods: [any HypergradientMethod]) throws -> Comparison {
    let exact = try reference()
    let target = try exact.unqualifiedValue
    let length = try target.norm()
    func row(_ name: String, _ make: () throws -> Hypergradient) throws -> Comparison.Row {
      do {
        let result = try make()
        guard result.status.isUsable else {
          return Comparison.Row(method: name, result: result, failure: nil, cosine: nil, relativeError: nil)
        }
        let value = try result.unqualifiedValue
        let size = try value.norm()
        let cosine = size > 0 && length > 0 ? try value.dot(target) / size / length : nil
        let error = try value.adding(-1, target).norm() / max(length, .leastNormalMagnitude)
        return Comparison.Row(
          method: name, result: result, failure: nil, cosine: cosine, relativeError: error)
      } catch  where !isInterrupt(error) {
        return Comparison.Row(method: name, result: nil, failure: "\(error)", cosine: nil, relativeError: nil)
      }
    }
    // A row is one method's: what stands in for it would go under its name.
    var alone = options
    alone.fallback = []
    let rows =
      try [row("\(method)") { self }]
      + methods.map { method in
        try row("\(method)") { try hypergradient(at: point, by: method, alone) }
      }
    return Comparison(rows: rows, referenceMethod: "\(exact.method)", reference: target)
  }

  /// The exact implicit gradient at this point. Throws when there is none (a singular Hessian).
  func reference() throws -> Hypergradient {
    let isSmall = point.theta.elementCount <= 512
    let tolerance = 8 * point.outerGradient.epsilon
    let method: any HypergradientMethod =
      if isSmall {
        Dense()
      } else if point.problem.isSymmetric {
        MINRES(tolerance: tolerance)
      } else {
        GMRES(tolerance: tolerance)
      }
    // The system itself: all batches, the true curvature and no start that might hide a failure.
    var options = options
    options.warmStart = nil
    options.preconditioner = nil
    options.batches = .full
    options.fallback = []
    options.mode = .reverseOverReverse
    let result = try hypergradient(at: point, by: method, options)
    guard result.status.isUsable else {
      throw HypergradientError(
        .notConverged, in: "compare", "there is no exact reference: \(method): \(result.status)",
        help: result.solution.notes.last)
    }
    return result
  }
}
