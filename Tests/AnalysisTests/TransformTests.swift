import Foundation
import Tensor
import Testing

@testable import Analysis

@Suite struct TransformTests {
  /// KL(p_i || q_i) with exaggerated attraction, written as it is defined.
  private func divergence(
    _ y: [Double], _ p: [(index: Int, value: Double)], _ embedding: Matrix, exaggeration: Double
  ) -> Double {
    func q(_ j: Int) -> Double {
      1 / (1 + (0..<y.count).reduce(0) { $0 + pow(y[$1] - embedding.values[j * y.count + $1], 2) })
    }
    let mass = (0..<embedding.rows).reduce(0) { $0 + q($1) }
    return p.reduce(0) { $0 - exaggeration * $1.value * log(q($1.index)) } + log(mass)
  }

  /// Placed points are where the slope of their own divergence vanishes, by central differences: sums for few references, grids for many.
  @Test(arguments: [(200, 1), (200, 2), (200, 3), (2100, 2)])
  func placedPointsAreStationary(count: Int, dimensions: Int) throws {
    let (x, _) = try clouds(3, each: count / 3, columns: 5, distance: 8, seed: 1)
    var tsne = TSNE(perplexity: 10)
    tsne.dimensions = dimensions
    tsne.optimiser.iterations = count > 1000 ? 60 : 300
    tsne.optimiser.exaggeratedIterations = 50
    let embedding = try tsne.embed(x).points
    let (queries, _) = try clouds(3, each: 4, columns: 5, distance: 8, seed: 2)
    var transform = TSNETransform()
    transform.iterations = 3000
    let placed = try transform.place(queries, into: embedding, of: x)
    let (neighbours, p) = try transform.affinity.conditional(queries, among: x)
    for row in 0..<queries.rows {
      let entries = (row * neighbours.k..<(row + 1) * neighbours.k).map {
        (index: Int(neighbours.indices[$0]), value: p[$0])
      }
      let y = Array(placed[row: row])
      for axis in 0..<dimensions {
        var (above, below) = (y, y)
        above[axis] += 1e-4
        below[axis] -= 1e-4
        let slope =
          (divergence(above, entries, embedding, exaggeration: 1.5)
            - divergence(below, entries, embedding, exaggeration: 1.5)) / 2e-4
        #expect(abs(slope) < 5e-3, "\(row) \(axis) \(slope)")
      }
    }
  }

  @Test func newSamplesFindTheirCloudAndOldOnesTheirPlace() throws {
    let (x, labels) = try clouds(3, each: 60, columns: 6, distance: 12, seed: 4)
    let (queries, expected) = try clouds(3, each: 20, columns: 6, distance: 12, seed: 5)
    let embedding = try TSNE(perplexity: 15).embed(x).points
    let placed = try TSNETransform().place(queries, into: embedding, of: x)
    #expect(
      try NeighbourProbe(k: 3).accuracy(of: placed, labels: expected, from: embedding, labels: labels) == 1)
    let alone = try TSNETransform().place(
      Matrix(rows: 1, columns: 6, values: Array(queries[row: 7])), into: embedding, of: x)
    for axis in 0..<2 { #expect(abs(alone.values[axis] - placed.values[14 + axis]) < 1e-9) }
  }

  @Test func whatCannotBePlaced() throws {
    let (x, _) = try clouds(2, each: 20, columns: 3, distance: 5, seed: 6)
    let embedding = try Matrix((0..<40).map { [Double($0), 0] })
    let narrow = try Matrix([[1.0, 2]])
    #expect(throws: AnalysisError.self) { try TSNETransform().place(narrow, into: embedding, of: x) }
    #expect(throws: AnalysisError.self) { try TSNETransform().place(x, into: narrow, of: x) }
    #expect(
      try TSNETransform().place(Matrix(rows: 0, columns: 3, values: []), into: embedding, of: x).rows == 0)
  }
}
