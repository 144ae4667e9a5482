import CBLAS

/// Exact neighbours from all pairs of samples: O(n^2 d) by matrix products, the best there is for many features.
public struct AllPairsSearch: NeighbourSearch {
  /// Makes the search.
  public init() {}

  /// The `k` nearest other samples of each sample.
  public func neighbours(of samples: Matrix, k: Int) throws -> Neighbours {
    try checkNeighbours(samples, samples, k: k, others: true)
    return try search(samples, samples, k: k, others: true)
  }

  /// The `k` nearest references to each query.
  public func neighbours(of queries: Matrix, among references: Matrix, k: Int) throws -> Neighbours {
    try checkNeighbours(queries, references, k: k, others: false)
    return try search(queries, references, k: k, others: false)
  }

  /// Products x.y give |x - y|^2 = |x|^2 + |y|^2 - 2 x.y up to rounding. That choice of candidates is safe when a
  /// few more than `k` are kept, and their distances are then computed again from the differences.
  private func search(_ queries: Matrix, _ references: Matrix, k: Int, others: Bool) throws -> Neighbours {
    let (n, d, rows) = (references.rows, references.columns, queries.rows)
    let (centred, mean) = references.centred()
    let x = Buffer(centred.values)
    let q = Buffer(queries.values)
    for row in 0..<rows { for column in 0..<d { q.start[row * d + column] -= mean[column] } }
    let norms = Buffer((0..<n).map { row in centred[row: row].reduce(0) { $0 + $1 * $1 } })
    let indices = Buffer<Int32>(rows * k, filledWith: 0)
    let distances = Buffer<Double>(rows * k, filledWith: 0)
    let kept = min(k + 8 + k / 8, others ? n - 1 : n)

    useSerialBLAS()
    parallel(rows, grain: 32) { range in
      let products = Buffer<Double>(range.count * n, filledWith: 0)
      let candidates = Buffer<Int32>(kept, filledWith: 0)
      let scores = Buffer<Double>(kept, filledWith: 0)
      if d > 0 {
        cblas_dgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, blasint(range.count), blasint(n), blasint(d), -2,
          q.start + range.lowerBound * d, blasint(d), x.start, blasint(d), 0, products.start, blasint(n))
      }
      for row in range {
        let product = products.start + (row - range.lowerBound) * n
        var rough = NearestHeap(distances: scores.start, indices: candidates.start, k: kept)
        for other in 0..<n {
          let score = product[other] + norms.start[other]
          if score <= rough.bound, !(others && other == row) { rough.offer(score, Int32(other)) }
        }
        var exact = NearestHeap(
          distances: distances.start + row * k, indices: indices.start + row * k, k: k)
        for slot in 0..<kept {
          let other = candidates.start[slot]
          exact.offer(squaredDistance(q.start + row * d, x.start + Int(other) * d, d), other)
        }
        exact.finish()
      }
    }
    return Neighbours(count: rows, k: k, indices: indices.array, squaredDistances: distances.array)
  }
}
