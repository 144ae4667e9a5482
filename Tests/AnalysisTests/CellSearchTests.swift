import Tensor
import Testing

@testable import Analysis

@Suite struct CellSearchTests {
  private func recall(_ found: Neighbours, _ truth: Neighbours) -> Double {
    let k = truth.k
    let hits = (0..<truth.count).reduce(0) { hits, row in
      let wanted = Set(truth.indices[row * k..<(row + 1) * k])
      return hits + found.indices[row * k..<(row + 1) * k].count { wanted.contains($0) }
    }
    return Double(hits) / Double(truth.count * k)
  }

  @Test func mostNeighboursAreFoundWithTheirDistances() throws {
    let (x, _) = try clouds(6, each: 500, columns: 24, distance: 10, seed: 1)
    let truth = try AllPairsSearch().neighbours(of: x, k: 30)
    let found = try CellSearch(seed: 3).neighbours(of: x, k: 30)
    #expect(recall(found, truth) > 0.9)
    for row in 0..<x.rows {
      let (a, b) = (x[row: row], x[row: Int(found.indices[row * 30 + 29])])
      let distance = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      #expect(abs(found.squaredDistances[row * 30 + 29] / distance - 1) < 1e-4)
      #expect(!found.indices[row * 30..<(row + 1) * 30].contains(Int32(row)))
    }
  }

  @Test func allCellsTogetherAreExact() throws {
    let (x, _) = try clouds(3, each: 100, columns: 12, distance: 5, seed: 2)
    let (queries, _) = try clouds(2, each: 9, columns: 12, distance: 5, seed: 7)
    let search = CellSearch(visits: 1000)
    #expect(recall(try search.neighbours(of: x, k: 20), try AllPairsSearch().neighbours(of: x, k: 20)) == 1)
    #expect(
      recall(
        try search.neighbours(of: queries, among: x, k: 20),
        try AllPairsSearch().neighbours(of: queries, among: x, k: 20)) == 1)
  }

  @Test func duplicatesAndFarCloudsAreNoTrouble() throws {
    let same = try Matrix([[Double]](repeating: [1, 2, 3], count: 600))
    let found = try CellSearch().neighbours(of: same, k: 50)
    #expect(found.squaredDistances.allSatisfy { $0 == 0 })
    let (x, _) = try clouds(2, each: 300, columns: 4, distance: 1e5, seed: 8)
    #expect(
      recall(try CellSearch().neighbours(of: x, k: 20), try AllPairsSearch().neighbours(of: x, k: 20)) > 0.8)
  }

  @Test func threadsDoNotChangeABitAndSeedsDo() throws {
    let (x, _) = try clouds(4, each: 300, columns: 30, distance: 3, seed: 9)
    let threads = Engine.threads
    defer { Engine.threads = threads }
    Engine.threads = 1
    let one = try CellSearch(seed: 1, visits: 4).neighbours(of: x, k: 25)
    Engine.threads = 3
    #expect(try CellSearch(seed: 1, visits: 4).neighbours(of: x, k: 25) == one)
    #expect(try CellSearch(seed: 2, visits: 4).neighbours(of: x, k: 25) != one)
  }
}
