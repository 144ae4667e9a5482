/// Classification by the nearest neighbours: the plainest measure of what an embedding or a representation has learned.
///
/// Each vote counts the same; a tie goes to the smallest label. Neighbours at equal distance enter in the order of their index.
public struct NeighbourProbe: Sendable {
  /// How many neighbours vote.
  public var k: Int
  /// How they are found.
  public var search: any NeighbourSearch

  /// Makes the probe.
  public init(k: Int = 5, search: any NeighbourSearch = ExactSearch()) {
    self.k = k
    self.search = search
  }

  /// The share of `samples` whose label is predicted from the other samples.
  ///
  /// - Throws: `AnalysisError` when labels and samples differ in number, or `k` is not less than it.
  public func leaveOneOutAccuracy(_ samples: Matrix, labels: [Int]) throws -> Double {
    try check(samples, labels)
    let neighbours = try search.neighbours(of: samples, k: k)
    return accuracy(vote(neighbours, labels), labels)
  }

  /// The label predicted for each of `queries` from `samples` and their `labels`.
  public func predict(_ queries: Matrix, from samples: Matrix, labels: [Int]) throws -> [Int] {
    try check(samples, labels)
    return vote(try search.neighbours(of: queries, among: samples, k: k), labels)
  }

  /// The share of `queries` whose label is predicted from `samples` and their `labels`.
  public func accuracy(of queries: Matrix, labels expected: [Int], from samples: Matrix, labels: [Int]) throws
    -> Double
  {
    try check(queries, expected)
    return accuracy(try predict(queries, from: samples, labels: labels), expected)
  }

  private func check(_ samples: Matrix, _ labels: [Int]) throws(AnalysisError) {
    guard samples.rows == labels.count, samples.rows > 0 else {
      throw AnalysisError(
        "knn", "\(labels.count) labels for \(samples.rows) samples", help: "give one label a sample")
    }
  }

  private func vote(_ neighbours: Neighbours, _ labels: [Int]) -> [Int] {
    (0..<neighbours.count).map { row in
      var counts: [Int: Int] = [:]
      for index in neighbours.indices[row * k..<(row + 1) * k] { counts[labels[Int(index)], default: 0] += 1 }
      return counts.max { $0.value != $1.value ? $0.value < $1.value : $0.key > $1.key }?.key ?? 0
    }
  }

  private func accuracy(_ predicted: [Int], _ expected: [Int]) -> Double {
    Double(zip(predicted, expected).count { $0 == $1 }) / Double(expected.count)
  }
}
