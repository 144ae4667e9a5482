import CAnalysis
import CBLAS
import Tensor

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

  /// Queries of one product, and references of one: the product of a thread stays in its cache.
  private static let (queryTile, referenceTile) = (256, 1024)
  /// Tiles of queries between two looks at the interrupt flag.
  private static let tilesPerBatch = 16

  /// Products x.y give |x - y|^2 = |x|^2 + |y|^2 - 2 x.y up to rounding, here in single precision. A few more candidates than `k` are
  /// kept, their distances are computed again from the differences in double precision, and the choice stands if the bound of the rounding
  /// error says that no other sample can be nearer; otherwise the row is searched again in double precision.
  private func search(_ queries: Matrix, _ references: Matrix, k: Int, others: Bool) throws -> Neighbours {
    let (n, rows) = (references.rows, queries.rows)
    let table = RoundedSamples(references)
    let indices = Buffer<Int32>(rows * k, filledWith: 0)
    let distances = Buffer<Double>(rows * k, filledWith: 0)
    let kept = min(k + 8 + k / 8, others ? n - 1 : n)
    try queries.values.withUnsafeBufferPointer { source in
      guard let q = source.baseAddress else { return }
      try references.values.withUnsafeBufferPointer { target in
        guard let x = target.baseAddress else { return }
        let batch = Self.queryTile * Self.tilesPerBatch
        for first in stride(from: 0, to: rows, by: batch) {
          try checkInterrupt()
          parallel(min(batch, rows - first), grain: Self.queryTile) { part in
            let range = first + part.lowerBound..<first + part.upperBound
            let rough = RoughChoice(
              range, of: q, in: table, kept: kept, others: others, tile: Self.referenceTile)
            for row in range {
              var exact = NearestHeap(
                distances: distances.start + row * k, indices: indices.start + row * k, k: k)
              rough.refine(row, q, x, others: others, &exact)
              exact.finish()
            }
          }
        }
      }
    }
    return Neighbours(count: rows, k: k, indices: indices.array, squaredDistances: distances.array)
  }
}

/// Samples less their mean, in units of their largest deviation, in single precision.
private struct RoundedSamples: ~Copyable {
  let count: Int
  let columns: Int
  let mean: Buffer<Double>
  let scale: Double
  let values: Buffer<Float>
  let norms: Buffer<Float>
  /// The largest length of a row.
  private(set) var radius: Float = 0

  init(_ samples: Matrix) {
    (count, columns) = (samples.rows, samples.columns)
    mean = Buffer(samples.columnMeans())
    values = Buffer(uninitialized: count * columns)
    norms = Buffer(uninitialized: count)
    let largest = zip(samples.columnExtremes(), mean.array).reduce(0.0) {
      max($0, $1.0.high - $1.1, $1.1 - $1.0.low)
    }
    scale = largest > 0 && largest.isFinite ? 1 / largest : 1
    let (d, m, out, lengths, factor) = (columns, mean.start, values.start, norms.start, scale)
    samples.values.withUnsafeBufferPointer { source in
      guard let x = source.baseAddress else { return }
      parallel(count, grain: 1024) { range in
        for row in range { lengths[row] = faa_centred(Int64(d), x + row * d, m, factor, out + row * d) }
      }
    }
    for row in 0..<count { radius = max(radius, lengths[row].squareRoot()) }
  }
}

/// The nearest of a tile of queries by products in single precision.
private struct RoughChoice: ~Copyable {
  private let range: Range<Int>
  private let kept: Int
  private let columns: Int
  private let count: Int
  private let lists: NearestLists
  /// For each query: no reference that was not kept is nearer than this, squared, in the units of the samples.
  private let limits: Buffer<Double>

  init(
    _ range: Range<Int>, of queries: UnsafePointer<Double>, in table: borrowing RoundedSamples, kept: Int,
    others: Bool,
    tile: Int
  ) {
    self.range = range
    self.kept = kept
    let (n, d, m) = (table.count, table.columns, range.count)
    (columns, count) = (d, n)
    lists = NearestLists(queries: m, k: kept)
    limits = Buffer(m, filledWith: .infinity)
    let q = Buffer<Float>(uninitialized: m * d)
    let norms = Buffer<Float>(uninitialized: m)
    for row in 0..<m {
      norms.start[row] = faa_centred(
        Int64(d), queries + (range.lowerBound + row) * d, table.mean.start, table.scale, q.start + row * d)
    }
    let products = Buffer<Float>(m * min(tile, n), filledWith: 0)
    for first in stride(from: 0, to: n, by: tile) {
      let width = min(tile, n - first)
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(width), blasint(d), -2, q.start,
        blasint(d),
        table.values.start + first * d, blasint(d), 0, products.start, blasint(width))
      for row in 0..<m {
        lists.offer(
          to: row, width, products: products.start + row * width, norms: table.norms.start + first,
          first: first,
          except: others ? Int32(range.lowerBound + row) : -1)
      }
    }
    guard kept < (others ? n - 1 : n) else { return }
    for row in 0..<m {
      // Each of the d products, sums and roundings of a score errs by at most 2^-24 of the lengths' product.
      let lengths = Double(norms.start[row].squareRoot() + table.radius)
      let error = Double(d + 8) * 0x1p-23 * lengths * lengths
      let nearest = Double(lists.scores.start[row * kept] + norms.start[row]) - error
      limits.start[row] = nearest / (table.scale * table.scale)
    }
  }

  /// Offers what was kept, or everything, with distances computed from the differences.
  func refine(
    _ row: Int, _ queries: UnsafePointer<Double>, _ references: UnsafePointer<Double>, others: Bool,
    _ heap: inout NearestHeap
  ) {
    let place = row - range.lowerBound
    let query = queries + row * columns
    for slot in place * kept..<(place + 1) * kept {
      let other = lists.indices.start[slot]
      heap.offer(squaredDistance(query, references + Int(other) * columns, columns), other)
    }
    guard !(heap.bound < limits.start[place]) else { return }
    heap.removeAll()
    for other in 0..<count where !others || other != row {
      heap.offer(squaredDistance(query, references + other * columns, columns), Int32(other))
    }
  }
}
