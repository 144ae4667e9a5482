import CAnalysis

/// A way to compute the repulsive half of the t-SNE gradient.
public protocol RepulsionModel: Sendable {
  /// Prepares the memory for `count` points of `dimensions` coordinates.
  ///
  /// - Throws: `AnalysisError` for a number of dimensions the model does not have.
  func solver(count: Int, dimensions: Int) throws(AnalysisError) -> any RepulsionSolver
}

/// What computes repulsion again and again while points move: `prepare`, then `repulsion`.
public protocol RepulsionSolver: AnyObject {
  /// Does for a set of points what one thread has to do alone; other threads may do something else meanwhile.
  ///
  /// - Parameter points: the embedding by axis: axis `c` of point `i` is `points[c * count + i]`; finite values, which stay as they are
  ///   until `repulsion` has returned.
  func prepare(_ points: UnsafePointer<Double>)

  /// Sets `forces`, laid out as the points prepared, to sum_j q_ij^2 (y_i - y_j) and returns sum_{i != j} q_ij, with
  /// q_ij = 1 / (1 + |y_i - y_j|^2).
  func repulsion(into forces: UnsafeMutablePointer<Double>) -> Double
}

extension RepulsionSolver {
  /// Both steps.
  func repulsion(of points: UnsafePointer<Double>, into forces: UnsafeMutablePointer<Double>) -> Double {
    prepare(points)
    return repulsion(into: forces)
  }
}

/// Repulsion from all pairs: O(n^2), exact, and the fastest for some hundreds of points.
public struct ExactRepulsion: RepulsionModel {
  /// Makes the model.
  public init() {}

  /// A sum over all pairs.
  public func solver(count: Int, dimensions: Int) -> any RepulsionSolver {
    ExactSolver(count: count, dimensions: dimensions)
  }
}

private final class ExactSolver: RepulsionSolver {
  private let count: Int
  private let dimensions: Int
  private let masses, prepared: Buffer<Double>

  init(count: Int, dimensions: Int) {
    (self.count, self.dimensions) = (count, dimensions)
    masses = Buffer(count, filledWith: 0)
    prepared = Buffer(uninitialized: count * dimensions)
  }

  func prepare(_ points: UnsafePointer<Double>) {
    prepared.start.update(from: points, count: count * dimensions)
  }

  func repulsion(into forces: UnsafeMutablePointer<Double>) -> Double {
    let (n, d, mass, points) = (count, dimensions, masses.start, prepared.start)
    parallel(n, grain: 128) { range in
      faa_tsne_repulsion(
        Int32(d), Int64(n), points, Int64(n), points, Int64(range.lowerBound), Int64(range.upperBound),
        forces, mass)
    }
    return masses.total - Double(n)
  }
}

/// Exact, Barnes-Hut or interpolated repulsion, whichever is fastest for the number of points.
public struct AutomaticRepulsion: RepulsionModel {
  /// Makes the model.
  public init() {}

  /// The number of points from which the next faster way takes over, measured by Benchmarks/tsne/crossover.py: first the tree,
  /// then in the plane the grid.
  static let (gridThreshold, treeThreshold) = (60_000, 400)

  /// The model for so many points.
  static func choice(count: Int, dimensions: Int) -> any RepulsionModel {
    if count < treeThreshold { return ExactRepulsion() }
    return dimensions == 2 && count >= gridThreshold ? InterpolationRepulsion() : BarnesHutRepulsion()
  }

  /// The fastest way.
  public func solver(count: Int, dimensions: Int) throws(AnalysisError) -> any RepulsionSolver {
    try Self.choice(count: count, dimensions: dimensions).solver(count: count, dimensions: dimensions)
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
