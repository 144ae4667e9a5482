import CAnalysis
import Glibc

/// What t-SNE minimises: the Kullback-Leibler divergence of the affinities p_ij from q_ij / Z of the embedding, where
/// q_ij = 1 / (1 + |y_i - y_j|^2) and Z = sum_{i != j} q_ij.
struct Objective: ~Copyable {
  let count: Int
  let dimensions: Int
  private let repulsion: any RepulsionSolver
  private let affinities: Affinities
  private let interleaved: Buffer<Double>
  private let attractive: Buffer<Double>
  private let repulsive: Buffer<Double>

  init(_ affinities: Affinities, dimensions: Int, repulsion: any RepulsionModel) throws(AnalysisError) {
    count = affinities.count
    self.dimensions = dimensions
    self.repulsion = try repulsion.solver(count: affinities.count, dimensions: dimensions)
    self.affinities = affinities
    interleaved = Buffer(count * dimensions, filledWith: 0)
    attractive = Buffer(count * dimensions, filledWith: 0)
    repulsive = Buffer(count * dimensions, filledWith: 0)
  }

  /// Sets `gradient` to 4 sum_j (e p_ij - q_ij / Z) q_ij (y_i - y_j) with exaggeration e. All by axis.
  func gradient(
    at points: UnsafePointer<Double>, exaggeration: Double, into gradient: UnsafeMutablePointer<Double>
  ) {
    let (n, d, attraction, together) = (count, dimensions, attractive.start, interleaved.start)
    parallel(n, grain: 8192) { range in
      for index in range { for c in 0..<d { together[index * d + c] = points[c * n + index] } }
    }
    let (solver, grain) = (repulsion, 256)
    affinities.withEntries { rows, columns, values in
      // While one thread prepares repulsion, the others compute attraction.
      parallel(1 + (n + grain - 1) / grain, grain: 1) { part in
        guard part.lowerBound > 0 else { return solver.prepare(points) }
        let first = (part.lowerBound - 1) * grain
        faa_tsne_attraction(
          Int32(d), together, Int64(n), points, rows, columns, values, Int64(first),
          Int64(min(first + grain, n)), attraction)
      }
    }
    let repulsive = repulsive.start
    let share = 1 / solver.repulsion(into: repulsive)
    parallel(n * d, grain: 8192) { range in
      for index in range {
        gradient[index] = 4 * (exaggeration * attraction[index] - repulsive[index] * share)
      }
    }
  }

  /// The divergence, approximate where repulsion is.
  func divergence(at points: UnsafePointer<Double>) -> Double {
    let mass = repulsion.repulsion(of: points, into: repulsive.start)
    let costs = Buffer<Double>(count, filledWith: 0)
    let (n, d, cost) = (count, dimensions, costs.start)
    affinities.withEntries { rows, columns, values in
      parallel(n, grain: 256) { range in
        faa_tsne_cost(
          Int32(d), Int64(n), points, rows, columns, values, Int64(range.lowerBound), Int64(range.upperBound),
          cost)
      }
    }
    return costs.total + log(mass)
  }
}
