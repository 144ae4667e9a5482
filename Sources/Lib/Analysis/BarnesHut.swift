import CAnalysis

/// Repulsion by the Barnes-Hut approximation (van der Maaten 2014): O(n log n), far cells stand for their points.
public struct BarnesHutRepulsion: RepulsionModel {
  /// A cell is far when its width is less than `theta` times its distance; at 0 only the rounding of
  /// single precision is left, 0.4 is usual.
  public var theta: Double

  /// Makes the model.
  public init(theta: Double = 0.4) { self.theta = theta }

  /// A sum over cells of a tree made anew for each set of points.
  public func solver(count: Int, dimensions: Int) throws(AnalysisError) -> any RepulsionSolver {
    guard theta >= 0, theta < 2 else {
      throw AnalysisError(
        "tsne", "theta is \(theta)", help: "it must be at least 0 and less than 2; 0.5 is usual")
    }
    return TreeSolver(count: count, dimensions: dimensions, theta: theta)
  }
}

private final class TreeSolver: RepulsionSolver {
  private let theta: Double
  private let tree: CellTree
  private let masses, sorted: Buffer<Double>

  init(count: Int, dimensions: Int, theta: Double) {
    self.theta = theta
    tree = CellTree(count: count, dimensions: dimensions)
    masses = Buffer(count, filledWith: 0)
    sorted = Buffer(count * dimensions, filledWith: 0)
  }

  func prepare(_ points: UnsafePointer<Double>) { tree.build(points) }

  func repulsion(into forces: UnsafeMutablePointer<Double>) -> Double {
    let (n, d, angle, mass, sum) = (tree.count, tree.dimensions, theta, masses.start, sorted.start)
    let (points, cells, order, cellCount) = (
      tree.points.start, tree.cells.start, tree.order.start, Int64(tree.cellCount)
    )
    // Ranges are multiples of the sixteen points that walk the tree together.
    parallel(n, grain: 512) { range in
      faa_tsne_repulsion_tree(
        Int32(d), Int64(n), points, cells, cellCount, angle, Int64(range.lowerBound), Int64(range.upperBound),
        sum, mass)
      for axis in 0..<d {
        for place in range { forces[axis * n + Int(order[place])] = sum[axis * n + place] }
      }
    }
    return masses.total - Double(n)
  }
}

/// A quadtree or octree over points sorted along a Morton curve, so that every cell is a range of them.
private final class CellTree {
  /// Points of a cell that is not divided further; a leaf costs its points, a division costs its visits.
  static let leafSize = 16
  /// Bits of a Morton key: points that agree in all of them share a leaf.
  static let keyBits = 44

  let count: Int
  let dimensions: Int
  let order: Buffer<Int32>  // the point at each place
  let points: Buffer<Double>  // by axis, in tree order
  let cells: Buffer<faa_tsne_cell>  // depth first
  private(set) var cellCount = 0
  private let keys, otherKeys: Buffer<UInt64>
  private let otherOrder: Buffer<Int32>

  init(count: Int, dimensions: Int) {
    self.count = count
    self.dimensions = dimensions
    order = Buffer(uninitialized: count)
    otherOrder = Buffer(uninitialized: count)
    keys = Buffer(uninitialized: count)
    otherKeys = Buffer(uninitialized: count)
    points = Buffer(uninitialized: count * dimensions)
    // A divided cell has at least two children, so there are fewer cells than twice the points.
    cells = Buffer(uninitialized: 2 * count + 1)
  }

  /// Makes the tree anew for other points, given by axis.
  func build(_ source: UnsafePointer<Double>) {
    Self.fillKeys(keys.start, source, count, dimensions)
    for index in 0..<count { order.start[index] = Int32(truncatingIfNeeded: index) }
    sort()
    for axis in 0..<dimensions {
      for place in 0..<count {
        points.start[axis * count + place] = source[axis * count + Int(order.start[place])]
      }
    }
    cellCount = 0
    if count > 0 { _ = addCell(0, count) }
  }

  /// Interleaves the coordinates, as fractions of the box around the points, into keys.
  private static func fillKeys(
    _ keys: UnsafeMutablePointer<UInt64>, _ source: UnsafePointer<Double>, _ count: Int, _ dimensions: Int
  ) {
    let bits = keyBits / dimensions
    let steps = Double(1 << bits)
    for axis in 0..<dimensions {
      let values = source + axis * count
      var (low, high) = (Double.infinity, -Double.infinity)
      for index in 0..<count {
        low = min(low, values[index])
        high = max(high, values[index])
      }
      let scale = high > low ? steps / (high - low) : 0
      for index in 0..<count {
        let step = UInt64(max(0, min((values[index] - low) * scale, steps - 1)))
        let bits = spread(step, dimensions) << UInt64(axis)
        keys[index] = axis == 0 ? bits : keys[index] | bits
      }
    }
  }

  @inline(__always) private static func spread(_ step: UInt64, _ dimensions: Int) -> UInt64 {
    switch dimensions {
    case 1: step
    case 2: spread2(step)
    default: spread3(step)
    }
  }

  /// Puts a zero bit after each of the low 22 bits.
  @inline(__always) private static func spread2(_ value: UInt64) -> UInt64 {
    var x = value
    x = (x | x << 16) & 0x0000_ffff_0000_ffff
    x = (x | x << 8) & 0x00ff_00ff_00ff_00ff
    x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f
    x = (x | x << 2) & 0x3333_3333_3333_3333
    return (x | x << 1) & 0x5555_5555_5555_5555
  }

  /// Puts two zero bits after each of the low 14 bits.
  @inline(__always) private static func spread3(_ value: UInt64) -> UInt64 {
    var x = value
    x = (x | x << 16) & 0x00ff_0000_ff00_00ff
    x = (x | x << 8) & 0xf00f_00f0_0f00_f00f
    x = (x | x << 4) & 0x30c3_0c30_c30c_30c3
    return (x | x << 2) & 0x9249_2492_4924_9249
  }

  /// Sorts keys and order together: a stable radix sort, eleven bits a pass.
  private func sort() {
    var (fromKeys, toKeys) = (keys.start, otherKeys.start)
    var (fromOrder, toOrder) = (order.start, otherOrder.start)
    for pass in 0..<Self.keyBits / 11 {  // an even number of passes ends where it began
      let shift = UInt64(11 * pass)
      let starts = Buffer<Int32>(2049, filledWith: 0)
      for index in 0..<count { starts.start[Int(fromKeys[index] >> shift & 2047) + 1] += 1 }
      for digit in 0..<2048 { starts.start[digit + 1] += starts.start[digit] }
      for index in 0..<count {
        let digit = Int(fromKeys[index] >> shift & 2047)
        let place = Int(starts.start[digit])
        starts.start[digit] += 1
        toKeys[place] = fromKeys[index]
        toOrder[place] = fromOrder[index]
      }
      (fromKeys, toKeys, fromOrder, toOrder) = (toKeys, fromKeys, toOrder, fromOrder)
    }
  }

  private struct Extent {
    var sum: SIMD4<Double>
    var low: SIMD4<Double>
    var high: SIMD4<Double>
  }

  /// Adds the cell of the places `begin ..< end` and everything below it. The depth is at most `keyBits`.
  private func addCell(_ begin: Int, _ end: Int) -> Extent {
    let index = cellCount
    cellCount += 1
    let differing = keys.start[begin] ^ keys.start[end - 1]
    let leaf = end - begin <= Self.leafSize || differing == 0
    var extent = Extent(sum: .zero, low: .init(repeating: .infinity), high: .init(repeating: -.infinity))
    if leaf {
      for place in begin..<end {
        var point = SIMD4<Double>.zero
        for axis in 0..<dimensions { point[axis] = points.start[axis * count + place] }
        extent.sum += point
        extent.low = pointwiseMin(extent.low, point)
        extent.high = pointwiseMax(extent.high, point)
      }
    } else {
      // The highest differing bit belongs to the digit that divides the range; keys agree above it.
      let top = 63 - differing.leadingZeroBitCount
      let shift = UInt64(top - top % dimensions)
      var first = begin
      while first < end {
        let digit = keys.start[first] >> shift
        var (low, high) = (first + 1, end)
        while low < high {
          let middle = low + (high - low) / 2
          if keys.start[middle] >> shift == digit { low = middle + 1 } else { high = middle }
        }
        let child = addCell(first, low)
        extent.sum += child.sum
        extent.low = pointwiseMin(extent.low, child.low)
        extent.high = pointwiseMax(extent.high, child.high)
        first = low
      }
    }
    let mean = extent.sum / Double(end - begin)
    var width = 0.0
    for axis in 0..<dimensions { width = max(width, extent.high[axis] - extent.low[axis]) }
    cells.start[index] = faa_tsne_cell(
      center: (mean[0], mean[1], mean[2]), width2: width * width, begin: Int32(truncatingIfNeeded: begin),
      end: Int32(truncatingIfNeeded: end), next: Int32(truncatingIfNeeded: cellCount), leaf: leaf ? 1 : 0)
    return extent
  }
}
