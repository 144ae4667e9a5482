/// The nearest neighbours of each sample, nearest first; samples at equal distance in order of their index.
public struct Neighbours: Equatable, Sendable {
  /// The number of samples.
  public let count: Int
  /// How many neighbours each sample has.
  public let k: Int
  /// Sample numbers, `k` for each sample.
  public let indices: [Int32]
  /// Squared Euclidean distances to them.
  public let squaredDistances: [Double]
}

/// A way to find neighbours: exact or approximate, at a cost that depends on the data.
public protocol NeighbourSearch: Sendable {
  /// The `k` nearest other samples of each sample.
  ///
  /// - Parameters:
  ///   - k: at least 1 and less than `samples.rows`.
  func neighbours(of samples: Matrix, k: Int) throws -> Neighbours

  /// The `k` nearest rows of `references` to each row of `queries`; `k` is at most `references.rows`.
  func neighbours(of queries: Matrix, among references: Matrix, k: Int) throws -> Neighbours
}

/// Checks what every search needs of its arguments.
func checkNeighbours(_ queries: Matrix, _ references: Matrix, k: Int, others: Bool) throws(AnalysisError) {
  guard queries.columns == references.columns else {
    throw AnalysisError(
      "neighbours", "samples have \(queries.columns) features but the references have \(references.columns)")
  }
  guard queries.columns > 0 else { throw AnalysisError("neighbours", "the samples have no features") }
  let available = others ? references.rows - 1 : references.rows
  guard k >= 1, k <= available else {
    throw AnalysisError(
      "neighbours", "\(k) neighbours asked for, but there are \(max(available, 0)) other samples",
      help: "k must be from 1 to \(max(available, 1))")
  }
  guard references.rows <= Int(Int32.max) else {
    throw AnalysisError("neighbours", "more than \(Int32.max) samples")
  }
}

/// Squared Euclidean distance of two vectors of `count` values.
@inline(__always)
func squaredDistance(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ count: Int) -> Double {
  var lanes = SIMD4<Double>.zero
  var index = 0
  while index + 4 <= count {
    let d =
      SIMD4(a[index], a[index + 1], a[index + 2], a[index + 3])
      - SIMD4(b[index], b[index + 1], b[index + 2], b[index + 3])
    lanes += d * d
    index += 4
  }
  var total = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
  while index < count {
    let d = a[index] - b[index]
    total += d * d
    index += 1
  }
  return total
}

/// The `k` smallest of the candidates offered, ordered by distance and then by index: a binary heap with the
/// worst on top, in memory the caller owns.
struct NearestHeap {
  let distances: UnsafeMutablePointer<Double>
  let indices: UnsafeMutablePointer<Int32>
  let k: Int
  private var count = 0

  init(distances: UnsafeMutablePointer<Double>, indices: UnsafeMutablePointer<Int32>, k: Int) {
    self.distances = distances
    self.indices = indices
    self.k = k
  }

  /// No candidate farther than this can enter.
  @inline(__always) var bound: Double { count < k ? .infinity : distances[0] }

  @inline(__always)
  private func worse(_ d: Double, _ i: Int32, _ slot: Int) -> Bool {
    d > distances[slot] || (d == distances[slot] && i > indices[slot])
  }

  @inline(__always)
  mutating func offer(_ distance: Double, _ index: Int32) {
    if count < k {
      var slot = count
      count += 1
      while slot > 0, worse(distance, index, (slot - 1) / 2) {
        distances[slot] = distances[(slot - 1) / 2]
        indices[slot] = indices[(slot - 1) / 2]
        slot = (slot - 1) / 2
      }
      distances[slot] = distance
      indices[slot] = index
    } else if !worse(distance, index, 0), index != indices[0] {
      sink(distance, index, size: k)
    }
  }

  /// Puts the pair in the place of the top and moves it down a heap of `size` pairs.
  private func sink(_ distance: Double, _ index: Int32, size: Int) {
    var slot = 0
    while 2 * slot + 1 < size {
      var child = 2 * slot + 1
      if child + 1 < size, worse(distances[child + 1], indices[child + 1], child) { child += 1 }
      guard !worse(distance, index, child) else { break }
      distances[slot] = distances[child]
      indices[slot] = indices[child]
      slot = child
    }
    distances[slot] = distance
    indices[slot] = index
  }

  /// Forgets what was offered.
  mutating func removeAll() { count = 0 }

  /// Sorts the pairs, nearest first (heap sort).
  mutating func finish() {
    for size in stride(from: count - 1, to: 0, by: -1) {
      let (d, i) = (distances[size], indices[size])
      distances[size] = distances[0]
      indices[size] = indices[0]
      sink(d, i, size: size)
    }
  }
}
