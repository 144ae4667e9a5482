import CAnalysis

/// The nearest candidates of each of some queries, by scores in single precision: one list of `k` for each.
struct NearestLists: ~Copyable {
  let k: Int
  /// `k` for each query; those of a sorted list are nearest first.
  let scores: Buffer<Float>
  let indices: Buffer<Int32>
  private let lists: Buffer<faa_nearest>

  init(queries: Int, k: Int) {
    self.k = k
    scores = Buffer(uninitialized: queries * k)
    indices = Buffer(uninitialized: queries * k)
    let (score, index) = (scores.start, indices.start)
    lists = Buffer(
      (0..<queries).map {
        faa_nearest(scores: score + $0 * k, indices: index + $0 * k, k: Int64(k), count: 0)
      })
  }

  /// Offers `count` candidates with the scores products + norms to a query, under their `names` or else the numbers from `first`; `except` is
  /// passed over.
  func offer(
    to query: Int, _ count: Int, products: UnsafePointer<Float>, norms: UnsafePointer<Float>, first: Int = 0,
    names: UnsafePointer<Int32>? = nil, except: Int32
  ) {
    faa_nearest_offer(
      lists.start + query, Int64(count), products, norms, Int32(truncatingIfNeeded: first), names, except)
  }

  /// Puts what a query has kept in order.
  func sort(_ query: Int) { faa_nearest_sort(lists.start + query) }
}
