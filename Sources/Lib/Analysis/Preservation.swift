/// How well neighbours of `samples` are still neighbours in `embedding`.
public struct Preservation: Equatable, Sendable {
  /// Trustworthiness (Venna & Kaski 2001), 1 when no sample has a false neighbour in the embedding:
  /// 1 - 2 / (n k (2n - 3k - 1)) sum_i sum_{j in the k nearest of i embedded} max(0, rank_i(j) - k).
  public let trustworthiness: Double
  /// The share of the `k` nearest neighbours of a sample that are among its `k` nearest in the embedding.
  public let recall: Double

  /// Compares the `k` nearest neighbours; O(n^2 d) time, memory for one row a thread.
  ///
  /// - Throws: `AnalysisError` when the numbers of rows differ or `k` is not in `1 ..< n / 2`.
  public init(of samples: Matrix, in embedding: Matrix, k: Int = 5) throws {
    let n = samples.rows
    guard embedding.rows == n else {
      throw AnalysisError("preservation", "\(embedding.rows) embedded points for \(n) samples")
    }
    guard k >= 1, 2 * k < n else {
      throw AnalysisError(
        "preservation", "\(k) neighbours of \(n) samples", help: "k must be from 1 to \(max((n - 1) / 2, 1))")
    }
    let embedded = try ExactSearch().neighbours(of: embedding, k: k)
    let x = Buffer(samples.values)
    let near = Buffer(embedded.indices)
    let excess = Buffer<Double>(n, filledWith: 0)
    let kept = Buffer<Double>(n, filledWith: 0)
    parallel(n, grain: 32) { range in
      let distances = Buffer<Double>(n, filledWith: 0)
      for i in range {
        let row = distances.start
        for j in 0..<n {
          row[j] = squaredDistance(
            x.start + i * samples.columns, x.start + j * samples.columns, samples.columns)
        }
        for slot in i * k..<(i + 1) * k {
          let other = Int(near.start[slot])
          var rank = 1
          for j in 0..<n where j != i && (row[j] < row[other] || (row[j] == row[other] && j < other)) {
            rank += 1
          }
          excess.start[i] += Double(max(0, rank - k))
          if rank <= k { kept.start[i] += 1 }
        }
      }
    }
    let (count, neighbours) = (Double(n), Double(k))
    trustworthiness = 1 - excess.total * 2 / (count * neighbours * (2 * count - 3 * neighbours - 1))
    recall = kept.total / (count * neighbours)
  }
}
