import CKernels
import Foundation
import Tensor
import Testing

@testable import Analysis

@Suite struct AffinityTests {
  @Test(arguments: [3.0, 10, 30, 49.5])
  func rowsReachThePerplexity(target: Double) throws {
    let (x, _) = try clouds(2, each: 80, columns: 6, distance: 5, seed: 2)
    let model = PerplexityAffinity(perplexity: target)
    let k = min(x.rows - 1, Int((3 * target).rounded(.up)))
    let p = model.conditional(try ExactSearch().neighbours(of: x, k: k))
    for i in 0..<x.rows {
      let row = p[i * k..<(i + 1) * k]
      #expect(abs(row.reduce(0, +) - 1) < 1e-12)
      let entropy = -row.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 }
      #expect(abs(exp(entropy) / target - 1) < 1e-7)
    }
  }

  @Test(arguments: [false, true])
  func affinitiesAreSymmetricAndSumToOne(allPairs: Bool) throws {
    let (x, _) = try clouds(2, each: 40, columns: 3, distance: 5, seed: 5)
    let p = try PerplexityAffinity(perplexity: 8, allPairs: allPairs).affinities(of: x)
    var dense = [[Double]](repeating: [Double](repeating: 0, count: x.rows), count: x.rows)
    for i in 0..<x.rows {
      for e in Int(p.rows[i])..<Int(p.rows[i + 1]) { dense[i][Int(p.columns[e])] += p.values[e] }
    }
    #expect(abs(p.values.reduce(0, +) - 1) < 1e-12)
    for i in 0..<x.rows {
      #expect(dense[i][i] == 0)
      for j in 0..<i { #expect(dense[i][j] == dense[j][i]) }
    }
  }

  @Test func duplicatesShareTheirProbability() throws {
    let x = try Matrix([[Double]](repeating: [1, 2], count: 12))
    let p = try PerplexityAffinity(perplexity: 3, allPairs: true).affinities(of: x)
    for value in p.values { #expect(abs(value - 1 / 132) < 1e-15) }
  }
}

@Suite struct GradientTests {
  private func divergence(_ objective: borrowing Objective, _ y: [Double]) -> Double {
    objective.divergence(at: y)
  }

  @Test(arguments: [1, 2, 3])
  func gradientIsTheSlopeOfTheDivergence(dimensions: Int) throws {
    let (x, _) = try clouds(2, each: 17, columns: 4, distance: 3, seed: 6)
    let affinities = try PerplexityAffinity(perplexity: 5).affinities(of: x)
    let objective = try Objective(affinities, dimensions: dimensions, repulsion: ExactRepulsion())
    var random = RandomStream(seed: 8)
    var y = (0..<x.rows * dimensions).map { _ in 2 * random.normal() }
    var gradient = [Double](repeating: 0, count: y.count)
    objective.gradient(at: y, exaggeration: 1, into: &gradient)
    for index in y.indices {
      let (kept, h) = (y[index], 1e-5)
      y[index] = kept + h
      let above = divergence(objective, y)
      y[index] = kept - h
      let below = divergence(objective, y)
      y[index] = kept
      #expect(abs((above - below) / (2 * h) - gradient[index]) < 1e-8)
    }
  }

  /// The double sum as written in the paper, on dense matrices.
  @Test func divergenceIsTheDefinition() throws {
    let (x, _) = try clouds(2, each: 10, columns: 4, distance: 3, seed: 7)
    let n = x.rows
    let affinities = try PerplexityAffinity(perplexity: 4, allPairs: true).affinities(of: x)
    var random = RandomStream(seed: 1)
    let y = (0..<2 * n).map { _ in random.normal() }
    var q = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for i in 0..<n {
      for j in 0..<n where j != i {
        let (a, b) = (y[i] - y[j], y[n + i] - y[n + j])
        q[i][j] = 1 / (1 + a * a + b * b)
      }
    }
    let z = q.joined().reduce(0, +)
    var expected = 0.0
    for i in 0..<n {
      for e in Int(affinities.rows[i])..<Int(affinities.rows[i + 1]) {
        let p = affinities.values[e]
        expected += p * log(p / (q[i][Int(affinities.columns[e])] / z))
      }
    }
    let objective = try Objective(affinities, dimensions: 2, repulsion: ExactRepulsion())
    #expect(abs(divergence(objective, y) - expected) < 1e-12)
  }

  private func compare(_ model: some RepulsionModel, _ y: [Double], dimensions: Int) throws -> (
    force: Double, mass: Double
  ) {
    let n = y.count / dimensions
    var (exact, other) = (y, y)
    let z = ExactRepulsion().solver(count: n, dimensions: dimensions).repulsion(of: y, into: &exact)
    let w = try model.solver(count: n, dimensions: dimensions).repulsion(of: y, into: &other)
    let difference = zip(exact, other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let norm = exact.reduce(0) { $0 + $1 * $1 }
    return ((difference / norm).squareRoot(), abs(w / z - 1))
  }

  @Test(arguments: [1, 2, 3], [5, 8, 9, 700])
  func barnesHutWithoutApproximationIsExact(dimensions: Int, count: Int) throws {
    var random = RandomStream(seed: 3)
    let y = (0..<count * dimensions).map { _ in 10 * random.normal() }
    let error = try compare(BarnesHutRepulsion(theta: 0), y, dimensions: dimensions)
    // The walk over the tree is done in single precision.
    #expect(error.force < 1e-5 && error.mass < 1e-5)
  }

  @Test(arguments: [2, 3], [(0.2, 2e-3), (0.5, 2e-2)])
  func barnesHutIsClose(dimensions: Int, limit: (theta: Double, error: Double)) throws {
    var random = RandomStream(seed: 3)
    let y = (0..<3000 * dimensions).map { _ in 20 * random.normal() }
    let error = try compare(BarnesHutRepulsion(theta: limit.theta), y, dimensions: dimensions)
    #expect(error.force < limit.error && error.mass < limit.error)
  }

  @Test(arguments: [0.0, 0.5])
  func coincidingPointsAreNoTrouble(theta: Double) throws {
    let y = [Double](repeating: 1, count: 100) + (0..<100).map { Double($0 / 50) }
    let error = try compare(BarnesHutRepulsion(theta: theta), y, dimensions: 2)
    #expect(error.force < 1e-12 && error.mass < 1e-12)
  }
}

@Suite struct TSNETests {
  @Test(arguments: [2, 3])
  func separatedCloudsStaySeparated(dimensions: Int) throws {
    let (x, labels) = try clouds(3, each: 70, columns: 10, distance: 15, seed: 1)
    var tsne = TSNE(perplexity: 20)
    tsne.dimensions = dimensions
    let embedding = try tsne.embed(x)
    #expect(embedding.points.columns == dimensions)
    #expect(try NeighbourProbe(k: 5).leaveOneOutAccuracy(embedding.points, labels: labels) > 0.99)
  }

  /// Every run ends in a local minimum of its own, a few percent apart for either program: means are compared.
  /// The recorded divergence is that of scikit-learn's final points, computed exactly.
  @Test(arguments: [false, true])
  func divergenceIsThatOfScikitLearn(exact: Bool) throws {
    let recorded = try Recorded.load()
    let x = try Matrix(recorded.iris.samples)
    let theirs = recorded.tsne.filter { $0.method == (exact ? "exact" : "barnes_hut") }
    var (divergence, trust) = (0.0, 0.0)
    for seed in 0..<10 as Range<UInt64> {
      var tsne = TSNE(perplexity: 30, seed: seed)
      if exact { tsne.affinity = PerplexityAffinity(perplexity: 30, allPairs: true) }
      tsne.repulsion = exact ? ExactRepulsion() : BarnesHutRepulsion()
      if seed > 0 { tsne.initialisation = RandomInitialisation() }
      let embedding = try tsne.embed(x)
      divergence += embedding.divergence / 10
      trust += try Preservation(of: x, in: embedding.points).trustworthiness / 10
    }
    let count = Double(theirs.count)
    #expect(divergence < 1.02 * theirs.map(\.kl).reduce(0, +) / count)
    #expect(trust > theirs.map(\.trustworthiness).reduce(0, +) / count - 0.002)
  }

  @Test(arguments: [300, 2000])
  func threadsDoNotChangeABit(count: Int) throws {
    let (x, _) = try clouds(2, each: count / 2, columns: 4, distance: 6, seed: 3)
    let threads = Engine.threads
    defer { Engine.threads = threads }
    var tsne = TSNE(perplexity: 8)
    tsne.optimiser.iterations = 30
    Engine.threads = 1
    let one = try tsne.embed(x)
    Engine.threads = 3
    let three = try tsne.embed(x)
    #expect(one.points == three.points && one.divergence == three.divergence)
  }

  @Test func tensorsGoInAndOut() throws {
    var random = RandomStream(seed: 1)
    let x = try Matrix(random.normals([20, 3]))
    #expect(x.rows == 20 && x.columns == 3)
    #expect(try x.tensor(dtype: .f32).doubles() == x.values)
    #expect(throws: AnalysisError.self) { try Matrix(Tensor.zeros([4])) }
  }

  @Test func seedsReproduceAndDiffer() throws {
    let (x, _) = try clouds(2, each: 30, columns: 4, distance: 6, seed: 3)
    var tsne = TSNE(perplexity: 8, seed: 4)
    tsne.initialisation = RandomInitialisation()
    tsne.optimiser.iterations = 60
    let first = try tsne.embed(x).points
    #expect(try tsne.embed(x).points == first)
    tsne.seed = 5
    #expect(try tsne.embed(x).points != first)
  }

  @Test func anInterruptKeepsTheLastWholeIteration() throws {
    let (x, _) = try clouds(3, each: 20, columns: 4, distance: 10, seed: 4)
    var tsne = TSNE(seed: 2)
    tsne.affinity = PerplexityAffinity(perplexity: 10)
    tsne.reportEvery = 10
    defer { faa_interrupt_clear() }
    var seen: Matrix?
    let embedding = try tsne.embed(x) {
      guard $0.iteration == 30 else { return true }
      seen = $0.points
      faa_interrupt_set()
      return true
    }
    #expect(embedding.ending == .interrupted && embedding.iterations == 30)
    #expect(embedding.points.values == seen?.values && embedding.history.map(\.iteration) == [10, 20, 30])
    // Still pending: what comes next does not begin.
    #expect(throws: Interrupted.self) { try tsne.embed(x) }
  }

  @Test func observerSeesTheDivergenceFallAndMayStop() throws {
    let (x, _) = try clouds(2, each: 30, columns: 4, distance: 6, seed: 3)
    var tsne = TSNE(perplexity: 8)
    tsne.reportEvery = 1
    var seen: [TSNE.Snapshot] = []
    let embedding = try tsne.embed(x) {
      seen.append($0)
      return $0.iteration < 400
    }
    #expect(embedding.ending == .stopped && embedding.iterations == 400)
    #expect(seen.map(\.iteration) == Array(1...400))
    #expect(seen[399].divergence < seen[299].divergence && seen[299].divergence < seen[0].divergence)
    #expect(seen[399].points == embedding.points)
    #expect(embedding.history.count == 400)
  }

  @Test func itStopsWhenNothingMoves() throws {
    let (x, _) = try clouds(2, each: 15, columns: 4, distance: 6, seed: 3)
    var tsne = TSNE(perplexity: 5)
    tsne.optimiser.iterations = 20_000
    // The divergence falls ever more slowly, without end.
    tsne.optimiser.smallestProgress = 0.01
    let embedding = try tsne.embed(x)
    #expect(embedding.iterations < 20_000 && embedding.ending != .finished)
  }

  @Test func fewFeaturesAreEnough() throws {
    let x = try Matrix((0..<20).map { [Double($0)] })
    #expect(try TSNE(perplexity: 4).embed(x).points.rows == 20)
  }

  @Test(arguments: [
    (3, 1.5, "tsne: 3 samples are too few; at least 4 are needed"),
    (20, 30.0, "tsne: perplexity 30.0 is too large for 20 samples; use at most 6"),
    (20, 1.0, "tsne: perplexity is 1.0; it must be more than 1, usually 5 to 50"),
    (20, Double.nan, "tsne: perplexity is nan; it must be more than 1, usually 5 to 50"),
  ])
  func impossibleSettings(count: Int, perplexity: Double, message: String) throws {
    let x = try Matrix((0..<count).map { [Double($0), 1] })
    let error = #expect(throws: AnalysisError.self) { try TSNE(perplexity: perplexity).embed(x) }
    #expect(error?.description == message)
  }

  @Test func badValuesAreNamed() {
    let error = #expect(throws: AnalysisError.self) { try Matrix([[1, 2], [3, .nan]]) }
    #expect(
      error?.description
        == "matrix: the value in row 1, column 1 is nan; remove or replace such samples first")
    #expect(throws: AnalysisError.self) { try Matrix(rows: 2, columns: 2, values: [1]) }
  }

  @Test func otherImpossibleSettings() throws {
    let x = try Matrix((0..<20).map { [Double($0), 1e200 * Double($0)] })
    #expect(throws: AnalysisError.self) { try TSNE(perplexity: 4).embed(x) }
    let y = try Matrix((0..<20).map { [Double($0)] })
    var tsne = TSNE(perplexity: 4)
    tsne.dimensions = 4
    #expect(throws: AnalysisError.self) { try tsne.embed(y) }
    tsne.dimensions = 2
    tsne.optimiser.learningRate = 1e300
    let error = #expect(throws: AnalysisError.self) { try tsne.embed(y) }
    #expect(error?.help == "choose a smaller learning rate")
    tsne.optimiser.learningRate = nil
    tsne.initialisation = GivenInitialisation(try Matrix([[0, 0]]))
    #expect(throws: AnalysisError.self) { try tsne.embed(y) }
  }
}
