/// Exact neighbours by a vantage-point tree (Yianilos 1993): fast for many samples of few features.
public struct VantagePointSearch: NeighbourSearch {
  /// Makes the search.
  public init() {}

  /// The `k` nearest other samples of each sample.
  public func neighbours(of samples: Matrix, k: Int) throws -> Neighbours {
    try checkNeighbours(samples, samples, k: k, others: true)
    return VantagePointTree(samples).search(samples, k: k, others: true)
  }

  /// The `k` nearest references to each query.
  public func neighbours(of queries: Matrix, among references: Matrix, k: Int) throws -> Neighbours {
    try checkNeighbours(queries, references, k: k, others: false)
    return VantagePointTree(references).search(queries, k: k, others: false)
  }
}

/// The samples in tree order. A range of them is a ball: its first sample is the vantage point, the half of the
/// rest that is nearer to it comes next, the farther half last. Ranges of up to `bucket` samples are not split.
private struct VantagePointTree: ~Copyable {
  static let bucket = 12
  let count: Int
  let columns: Int
  let points: Buffer<Double>  // in tree order
  let order: Buffer<Int32>  // the sample at each place
  let radius: Buffer<Double>  // by place of the vantage point: distance that separates its two halves

  init(_ samples: Matrix) {
    (count, columns) = (samples.rows, samples.columns)
    order = Buffer((0..<samples.rows).map(Int32.init))
    radius = Buffer(samples.rows, filledWith: 0)
    points = Buffer(samples.values)
    let source = Buffer(samples.values)
    let distances = Buffer<Double>(count, filledWith: 0)
    Self.split(0..<count, source.start, columns, order.start, radius.start, distances.start)
    for place in 0..<count {
      (points.start + place * columns).update(
        from: source.start + Int(order.start[place]) * columns, count: columns)
    }
  }

  private static func split(
    _ range: Range<Int>, _ source: UnsafePointer<Double>, _ columns: Int,
    _ order: UnsafeMutablePointer<Int32>,
    _ radius: UnsafeMutablePointer<Double>, _ distances: UnsafeMutablePointer<Double>
  ) {
    guard range.count > bucket else { return }
    // Any vantage point will do; one from the middle of the range keeps sorted input from being a special case.
    let (first, rest) = (range.lowerBound, range.lowerBound + 1..<range.upperBound)
    swap(&order[first], &order[range.lowerBound + range.count / 2])
    let vantage = source + Int(order[first]) * columns
    for place in rest {
      distances[place] = squaredDistance(vantage, source + Int(order[place]) * columns, columns)
    }
    let middle = rest.lowerBound + rest.count / 2
    select(middle, rest, order, distances)
    radius[first] = distances[middle].squareRoot()
    split(rest.lowerBound..<middle, source, columns, order, radius, distances)
    split(middle..<rest.upperBound, source, columns, order, radius, distances)
  }

  /// Rearranges `range` so that nothing before `middle` is farther than what is there, and nothing after nearer.
  private static func select(
    _ middle: Int, _ range: Range<Int>, _ order: UnsafeMutablePointer<Int32>,
    _ distances: UnsafeMutablePointer<Double>
  ) {
    var (low, high) = (range.lowerBound, range.upperBound - 1)
    while low < high {
      let pivot = distances[low + (high - low) / 2]
      var (left, right) = (low, high)
      while left <= right {
        while distances[left] < pivot { left += 1 }
        while distances[right] > pivot { right -= 1 }
        guard left <= right else { break }
        swap(&distances[left], &distances[right])
        swap(&order[left], &order[right])
        left += 1
        right -= 1
      }
      if middle <= right { high = right } else if middle >= left { low = left } else { return }
    }
  }

  func search(_ queries: Matrix, k: Int, others: Bool) -> Neighbours {
    let indices = Buffer<Int32>(queries.rows * k, filledWith: 0)
    let distances = Buffer<Double>(queries.rows * k, filledWith: 0)
    let q = Buffer(queries.values)
    parallel(queries.rows, grain: 64) { range in
      for row in range {
        var heap = NearestHeap(distances: distances.start + row * k, indices: indices.start + row * k, k: k)
        visit(0..<count, q.start + row * columns, except: others ? Int32(row) : -1, &heap)
        heap.finish()
      }
    }
    return Neighbours(count: queries.rows, k: k, indices: indices.array, squaredDistances: distances.array)
  }

  private func visit(
    _ range: Range<Int>, _ query: UnsafePointer<Double>, except: Int32, _ heap: inout NearestHeap
  ) {
    guard range.count > Self.bucket else {
      for place in range where order.start[place] != except {
        heap.offer(squaredDistance(query, points.start + place * columns, columns), order.start[place])
      }
      return
    }
    let first = range.lowerBound
    let squared = squaredDistance(query, points.start + first * columns, columns)
    if order.start[first] != except { heap.offer(squared, order.start[first]) }
    let (distance, radius) = (squared.squareRoot(), radius.start[first])
    let middle = first + 1 + (range.count - 1) / 2
    let (near, far) = (first + 1..<middle, middle..<range.upperBound)
    // By the triangle inequality everything in the other half is at least |distance - radius| away; the margin
    // covers the rounding of the square roots.
    let gap = abs(distance - radius) - 1e-12 * (distance + radius)
    visit(distance < radius ? near : far, query, except: except, &heap)
    if gap <= 0 || gap * gap <= heap.bound {
      visit(distance < radius ? far : near, query, except: except, &heap)
    }
  }
}
