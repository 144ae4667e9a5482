import CAnalysis
import Glibc

/// What t-SNE minimises: the Kullback-Leibler divergence of the affinities p_ij from q_ij / Z of the embedding, where
/// q_ij = 1 / (1 + |y_i - y_j|^2) and Z = sum_{i != j} q_ij.
struct Objective: ~Copyable {
  let count: Int
  let dimensions: Int
  private let repulsion: any RepulsionModel
  private let rows: Buffer<Int64>
  private let columns: Buffer<Int32>
  private let values: Buffer<Double>
  private let attractive: Buffer<Double>
  private let repulsive: Buffer<Double>

  init(_ affinities: Affinities, dimensions: Int, repulsion: any RepulsionModel) {
    count = affinities.count
    self.dimensions = dimensions
    self.repulsion = repulsion
    rows = Buffer(affinities.rows)
    columns = Buffer(affinities.columns)
    values = Buffer(affinities.values)
    attractive = Buffer(count * dimensions, filledWith: 0)
    repulsive = Buffer(count * dimensions, filledWith: 0)
  }

  /// Sets `gradient` to 4 sum_j (e p_ij - q_ij / Z) q_ij (y_i - y_j) with exaggeration e, and returns Z. All by axis.
  func gradient(
    at points: UnsafePointer<Double>, exaggeration: Double, into gradient: UnsafeMutablePointer<Double>
  )
    -> Double
  {
    parallel(count, grain: 256) { range in
      faa_tsne_attraction(
        Int32(dimensions), Int64(count), points, rows.start, columns.start, values.start,
        Int64(range.lowerBound),
        Int64(range.upperBound), attractive.start)
    }
    let mass = repulsion.repulsion(of: points, count: count, dimensions: dimensions, into: repulsive.start)
    for index in 0..<count * dimensions {
      gradient[index] = 4 * (exaggeration * attractive.start[index] - repulsive.start[index] / mass)
    }
    return mass
  }

  /// The divergence, given Z at these points.
  func divergence(at points: UnsafePointer<Double>, mass: Double) -> Double {
    let costs = Buffer<Double>(count, filledWith: 0)
    parallel(count, grain: 256) { range in
      faa_tsne_cost(
        Int32(dimensions), Int64(count), points, rows.start, columns.start, values.start,
        Int64(range.lowerBound),
        Int64(range.upperBound), costs.start)
    }
    return costs.total + log(mass)
  }
}
