import CAnalysis

/// A way to compute the repulsive half of the t-SNE gradient.
public protocol RepulsionModel: Sendable {
  /// Sets `forces` to sum_j q_ij^2 (y_i - y_j) and returns sum_{i != j} q_ij, with q_ij = 1 / (1 + |y_i - y_j|^2).
  ///
  /// - Parameters:
  ///   - points: the embedding by axis: axis `c` of point `i` is `points[c * count + i]`; finite values.
  ///   - count: the number of points.
  ///   - dimensions: 2 or 3.
  ///   - forces: laid out as `points`.
  func repulsion(
    of points: UnsafePointer<Double>, count: Int, dimensions: Int, into forces: UnsafeMutablePointer<Double>
  ) -> Double
}

/// Repulsion from all pairs: O(n^2), exact, and the fastest for a few hundred points.
public struct ExactRepulsion: RepulsionModel {
  /// Makes the model.
  public init() {}

  /// Forces and total of all pairs.
  public func repulsion(
    of points: UnsafePointer<Double>, count: Int, dimensions: Int, into forces: UnsafeMutablePointer<Double>
  ) -> Double {
    let masses = Buffer<Double>(count, filledWith: 0)
    parallel(count, grain: 128) { range in
      faa_tsne_repulsion(
        Int32(dimensions), Int64(count), points, Int64(range.lowerBound), Int64(range.upperBound), forces,
        masses.start)
    }
    return masses.total
  }
}

/// Exact or Barnes-Hut repulsion, whichever is faster for the number of points.
public struct AutomaticRepulsion: RepulsionModel {
  /// Makes the model.
  public init() {}

  /// The number of points from which the tree is faster (Benchmarks/tsne).
  static let threshold = 500

  /// Forces and total, by the faster way.
  public func repulsion(
    of points: UnsafePointer<Double>, count: Int, dimensions: Int, into forces: UnsafeMutablePointer<Double>
  ) -> Double {
    count < Self.threshold
      ? ExactRepulsion().repulsion(of: points, count: count, dimensions: dimensions, into: forces)
      : BarnesHutRepulsion().repulsion(of: points, count: count, dimensions: dimensions, into: forces)
  }
}

extension Buffer where Element == Double {
  /// The sum of the values, in order.
  var total: Double {
    var sum = 0.0
    for index in 0..<count { sum += start[index] }
    return sum
  }
}
