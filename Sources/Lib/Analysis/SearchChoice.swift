/// The exact search that is likely to be fastest: a vantage-point tree for many samples of few features, else
/// all pairs. Both give the same neighbours.
public struct ExactSearch: NeighbourSearch {
  /// Makes the search.
  public init() {}

  /// Measured on Gaussian data: beyond so many features a tree visits most samples anyway.
  static let fewFeatures = 20

  private func choice(_ references: Matrix) -> any NeighbourSearch {
    references.rows > 2000 && references.columns <= Self.fewFeatures ? VantagePointSearch() : AllPairsSearch()
  }

  /// The `k` nearest other samples of each sample.
  public func neighbours(of samples: Matrix, k: Int) throws -> Neighbours {
    try choice(samples).neighbours(of: samples, k: k)
  }

  /// The `k` nearest references to each query.
  public func neighbours(of queries: Matrix, among references: Matrix, k: Int) throws -> Neighbours {
    try choice(references).neighbours(of: queries, among: references, k: k)
  }
}

/// The exact search where it takes seconds, else cells: what t-SNE of any number of samples wants.
public struct AutomaticSearch: NeighbourSearch {
  /// Chooses the random numbers of the approximate search.
  public var seed: UInt64

  /// Makes the search.
  public init(seed: UInt64 = 0) { self.seed = seed }

  /// Multiplications (samples x references x features) up to which all pairs are compared: about a second of one core.
  static let largestExact = 5e10

  private func choice(_ queries: Matrix, _ references: Matrix) -> any NeighbourSearch {
    let products = Double(queries.rows) * Double(references.rows) * Double(references.columns)
    if references.columns <= ExactSearch.fewFeatures || products <= Self.largestExact { return ExactSearch() }
    return CellSearch(seed: seed)
  }

  /// The `k` nearest other samples of each sample, or nearly.
  public func neighbours(of samples: Matrix, k: Int) throws -> Neighbours {
    try choice(samples, samples).neighbours(of: samples, k: k)
  }

  /// The `k` nearest references to each query, or nearly.
  public func neighbours(of queries: Matrix, among references: Matrix, k: Int) throws -> Neighbours {
    try choice(queries, references).neighbours(of: queries, among: references, k: k)
  }
}
