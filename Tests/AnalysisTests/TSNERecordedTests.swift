import Foundation
import Tensor
import Testing

@testable import Analysis

/// What SciPy and NumPy made of fixed samples (Tests/Fixtures/analysis/make_tsne.py).
private struct RecordedDivergences: Decodable {
  struct Case: Decodable {
    let perplexities: [Double]
    let conditional: [[Double]]
    let divergence: Double
  }
  let samples, points: [[Double]]
  let cases: [Case]

  static func load() throws -> RecordedDivergences {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../Fixtures/analysis/tsne.json")
    return try JSONDecoder().decode(RecordedDivergences.self, from: Data(contentsOf: file))
  }
}

@Suite struct TSNERecordedTests {
  @Test func affinitiesOfOneAndSeveralScalesAreThoseOfSciPy() throws {
    let recorded = try RecordedDivergences.load()
    let x = try Matrix(recorded.samples)
    let k = x.rows - 1
    let neighbours = try ExactSearch().neighbours(of: x, k: k)
    for row in recorded.cases {
      let p = PerplexityAffinity(perplexities: row.perplexities).conditional(neighbours)
      for i in 0..<x.rows {
        for slot in i * k..<(i + 1) * k {
          #expect(abs(p[slot] - row.conditional[i][Int(neighbours.indices[slot])]) < 1e-9)
        }
      }
    }
  }

  @Test func divergencesAreThoseOfNumPy() throws {
    let recorded = try RecordedDivergences.load()
    let (x, y) = (try Matrix(recorded.samples), try Matrix(recorded.points))
    for row in recorded.cases {
      let affinities = try PerplexityAffinity(perplexities: row.perplexities, allPairs: true).affinities(
        of: x)
      let objective = try Objective(affinities, dimensions: 2, repulsion: ExactRepulsion())
      #expect(abs(objective.divergence(at: byAxis(y)) - row.divergence) < 1e-9)
    }
  }

  /// The interpolated and the Barnes-Hut gradients against the exact one on an embedding that descent has made: relative, root mean square.
  @Test func gradientsOfTheFormsAreClose() throws {
    let (x, _) = try clouds(6, each: 250, columns: 10, distance: 6, seed: 2)
    let affinities = try PerplexityAffinity(perplexity: 20).affinities(of: x)
    var tsne = TSNE(perplexity: 20)
    tsne.optimiser.iterations = 200
    tsne.optimiser.exaggeratedIterations = 100
    let y = byAxis(try tsne.embed(x).points)
    func gradient(_ model: any RepulsionModel) throws -> [Double] {
      var gradient = y
      // Exaggerated, so that what cancels at the end of a descent does not magnify the relative error.
      try Objective(affinities, dimensions: 2, repulsion: model).gradient(
        at: y, exaggeration: 4, into: &gradient)
      return gradient
    }
    let exact = try gradient(ExactRepulsion())
    let norm = exact.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for (model, limit) in [(InterpolationRepulsion(), 5e-3), (BarnesHutRepulsion(), 2e-2)]
      as [(any RepulsionModel, Double)]
    {
      let difference = zip(try gradient(model), exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        .squareRoot()
      #expect(difference < limit * norm, "\(model) \(difference / norm)")
    }
  }

  @Test(arguments: [600, 9000])
  func everyFormHasTheSameBitsOnAnyNumberOfThreads(count: Int) throws {
    let (x, _) = try clouds(3, each: count / 3, columns: 21, distance: 6, seed: 3)
    let threads = Engine.threads
    defer { Engine.threads = threads }
    for model in [BarnesHutRepulsion(), InterpolationRepulsion()] as [any RepulsionModel] {
      var tsne = TSNE(perplexity: 8)
      tsne.affinity = PerplexityAffinity(perplexity: 8, search: CellSearch(seed: 1))
      tsne.repulsion = model
      tsne.optimiser.iterations = 12
      tsne.optimiser.exaggeratedIterations = 6
      let results = try [1, 2, 5].map { number in
        Engine.threads = number
        return try tsne.embed(x)
      }
      #expect(results.allSatisfy { $0.points == results[0].points && $0.divergence == results[0].divergence })
    }
  }
}
