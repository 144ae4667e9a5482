import Tensor

/// A way to choose where the points of an embedding begin.
public protocol InitialisationModel: Sendable {
  /// One row of `dimensions` coordinates for each sample, small beside 1 so that the first steps are free to arrange them.
  func initial(_ samples: Matrix, dimensions: Int, seed: UInt64) throws -> Matrix
}

/// The first principal components, scaled to a standard deviation of 1e-4 along the first: keeps the large-scale arrangement of the samples
/// (Kobak & Linderman 2021).
public struct PCAInitialisation: InitialisationModel {
  /// Makes the model.
  public init() {}

  /// The principal components of the samples, scaled.
  public func initial(_ samples: Matrix, dimensions: Int, seed: UInt64) throws -> Matrix {
    // Samples may have fewer independent directions than the embedding: the others are filled with small noise.
    let count = min(dimensions, samples.columns, samples.rows - 1)
    var result = try RandomInitialisation().initial(samples, dimensions: dimensions, seed: seed).values
    guard count >= 1 else { return Matrix(unchecked: result, rows: samples.rows, columns: dimensions) }
    let components = try PrincipalComponents(of: samples, count: count)
    let projected = try components.project(samples)
    let scale = components.variances[0] > 0 ? 1e-4 / components.variances[0].squareRoot() : 0
    for axis in 0..<count where components.variances[axis] > 1e-14 * components.totalVariance {
      for row in 0..<samples.rows {
        result[row * dimensions + axis] = projected.values[row * count + axis] * scale
      }
    }
    return Matrix(unchecked: result, rows: samples.rows, columns: dimensions)
  }
}

/// Independent normal coordinates of standard deviation 1e-4.
public struct RandomInitialisation: InitialisationModel {
  /// Makes the model.
  public init() {}

  /// Normal numbers from `seed`.
  public func initial(_ samples: Matrix, dimensions: Int, seed: UInt64) throws -> Matrix {
    var random = RandomStream(seed: seed, stream: 0x7473_6e65)
    let values = (0..<samples.rows * dimensions).map { _ in 1e-4 * random.normal() }
    return Matrix(unchecked: values, rows: samples.rows, columns: dimensions)
  }
}

/// Coordinates chosen by the caller, e.g. those of an earlier embedding.
public struct GivenInitialisation: InitialisationModel {
  /// One row for each sample.
  public let points: Matrix

  /// Makes the model.
  public init(_ points: Matrix) { self.points = points }

  /// The given points, which must have the right shape.
  public func initial(_ samples: Matrix, dimensions: Int, seed: UInt64) throws -> Matrix {
    guard points.rows == samples.rows, points.columns == dimensions else {
      throw AnalysisError(
        "tsne", "the initial embedding is \(points.rows) by \(points.columns)",
        help: "it must be \(samples.rows) by \(dimensions)")
    }
    return points
  }
}
