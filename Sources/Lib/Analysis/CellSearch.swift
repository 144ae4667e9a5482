import CAnalysis
import CBLAS
import Tensor

/// Approximate neighbours by an inverted file (Sivic & Zisserman 2003): the references are divided into cells around centres found by
/// k-means, and a query looks at the nearest cells only, by matrix products. With the usual number of visits some 99 % of the
/// neighbours found are the true ones. The result depends on the seed, not on the number of threads.
///
/// The queries of a cell share its list of cells, so that every product is one of matrices. Distances are computed in single precision from
/// differences to the centre of the query's cell, so their error is relative to the size of the neighbourhood.
public struct CellSearch: NeighbourSearch {
  /// Chooses the samples that k-means begins with.
  public var seed: UInt64
  /// How many of the cells a query looks at.
  public var visits: Int

  /// Makes the search.
  public init(seed: UInt64 = 0, visits: Int = 32) {
    self.seed = seed
    self.visits = visits
  }

  /// The `k` nearest other samples of each sample, or nearly.
  public func neighbours(of samples: Matrix, k: Int) throws -> Neighbours {
    try checkNeighbours(samples, samples, k: k, others: true)
    let centres = try CellCentres(samples, seed: seed)
    let members = Members(try centres.assign(samples), cells: centres.count, atMost: centres.memberLimit)
    return try search(samples, members, samples, members, centres, k: k, others: true)
  }

  /// The `k` nearest references to each query, or nearly.
  public func neighbours(of queries: Matrix, among references: Matrix, k: Int) throws -> Neighbours {
    try checkNeighbours(queries, references, k: k, others: false)
    let centres = try CellCentres(references, seed: seed)
    let members = Members(try centres.assign(references), cells: centres.count, atMost: centres.memberLimit)
    let askers = Members(try centres.assign(queries), cells: centres.count, atMost: centres.memberLimit)
    return try search(queries, askers, references, members, centres, k: k, others: false)
  }

  private func search(
    _ queries: Matrix, _ askers: Members, _ references: Matrix, _ members: Members, _ centres: CellCentres,
    k: Int,
    others: Bool
  ) throws -> Neighbours {
    let d = references.columns
    let indices = Buffer<Int32>(queries.rows * k, filledWith: 0)
    let distances = Buffer<Double>(queries.rows * k, filledWith: 0)
    let (foundIndices, foundDistances) = (indices.start, distances.start)
    let wanted = max(1, visits)
    let scale = centres.scale
    try queries.values.withUnsafeBufferPointer { source in
      try references.values.withUnsafeBufferPointer { target in
        guard let q = source.baseAddress, let x = target.baseAddress else { return }
        let batch = 64
        for first in stride(from: 0, to: askers.groups.count, by: batch) {
          try checkInterrupt()
          parallel(min(batch, askers.groups.count - first), grain: 1) { part in
            for group in askers.groups[first + part.lowerBound..<first + part.upperBound] {
              let asking = askers.order[group.range]
              let visited = members.groups(nearest: centres, to: group.cell, visits: wanted, atLeast: k + 1)
              let search = GroupSearch(
                asking, of: q, columns: d, centre: centres.values(group.cell), scale: scale, k: k)
              for other in visited {
                search.visit(members.order[members.groups[other].range], of: x, others: others)
              }
              search.finish(foundIndices, foundDistances)
            }
          }
        }
      }
    }
    return Neighbours(count: queries.rows, k: k, indices: indices.array, squaredDistances: distances.array)
  }
}

/// Samples by the cell they are in. A cell of too many samples is cut into groups of its own.
private struct Members {
  struct Group {
    let cell: Int
    let range: Range<Int>
  }
  /// Sample numbers, cell by cell.
  let order: [Int32]
  let groups: [Group]
  /// The groups of each cell.
  private let ofCell: [Range<Int>]

  init(_ cells: [Int32], cells count: Int, atMost limit: Int) {
    var start = [Int](repeating: 0, count: count + 1)
    for cell in cells { start[Int(cell) + 1] += 1 }
    for cell in 0..<count { start[cell + 1] += start[cell] }
    var (fill, order) = (start, [Int32](repeating: 0, count: cells.count))
    for (sample, cell) in cells.enumerated() {
      order[fill[Int(cell)]] = Int32(truncatingIfNeeded: sample)
      fill[Int(cell)] += 1
    }
    var (groups, ofCell) = ([Group](), [Range<Int>]())
    for cell in 0..<count {
      let before = groups.count
      for begin in stride(from: start[cell], to: start[cell + 1], by: limit) {
        groups.append(Group(cell: cell, range: begin..<min(begin + limit, start[cell + 1])))
      }
      ofCell.append(before..<groups.count)
    }
    (self.order, self.groups, self.ofCell) = (order, groups, ofCell)
  }

  /// The groups of the cells nearest to a cell, `visits` of them and then until they have `least` members together.
  func groups(nearest centres: CellCentres, to cell: Int, visits: Int, atLeast least: Int) -> [Int] {
    var (result, members) = ([Int](), 0)
    for other in centres.ordered(from: cell) {
      for group in ofCell[other] {
        guard result.count < visits || members < least else { return result }
        result.append(group)
        members += groups[group].range.count
      }
    }
    return result
  }
}

/// The search of the queries of one cell.
private struct GroupSearch: ~Copyable {
  private static let tile = 512
  private let asking: ArraySlice<Int32>
  private let columns: Int
  private let k: Int
  private let scale: Double
  private let centre: Buffer<Double>
  private let queries: Buffer<Float>
  private let queryNorms: Buffer<Float>
  private let lists: NearestLists
  private let products, references, norms: Buffer<Float>

  init(
    _ asking: ArraySlice<Int32>, of source: UnsafePointer<Double>, columns: Int, centre: [Double],
    scale: Double, k: Int
  ) {
    (self.asking, self.columns, self.k, self.scale) = (asking, columns, k, scale)
    self.centre = Buffer(centre)
    let m = asking.count
    queries = Buffer(uninitialized: m * columns)
    queryNorms = Buffer(uninitialized: m)
    lists = NearestLists(queries: m, k: k)
    products = Buffer(uninitialized: m * Self.tile)
    references = Buffer(uninitialized: Self.tile * columns)
    norms = Buffer(uninitialized: Self.tile)
    for (row, sample) in asking.enumerated() {
      queryNorms.start[row] = faa_centred(
        Int64(columns), source + Int(sample) * columns, self.centre.start, scale,
        queries.start + row * columns)
    }
  }

  func visit(_ members: ArraySlice<Int32>, of source: UnsafePointer<Double>, others: Bool) {
    let (m, d) = (asking.count, columns)
    members.withUnsafeBufferPointer { members in
      for first in stride(from: 0, to: members.count, by: Self.tile) {
        let width = min(Self.tile, members.count - first)
        for place in 0..<width {
          norms.start[place] = faa_centred(
            Int64(d), source + Int(members[first + place]) * d, centre.start, scale,
            references.start + place * d)
        }
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(width), blasint(d), -2, queries.start,
          blasint(d), references.start, blasint(d), 0, products.start, blasint(width))
        for (row, sample) in asking.enumerated() {
          lists.offer(
            to: row, width, products: products.start + row * width, norms: norms.start,
            names: members.baseAddress.map { $0 + first }, except: others ? sample : -1)
        }
      }
    }
  }

  /// Writes the neighbours of each query where they belong.
  func finish(_ indices: UnsafeMutablePointer<Int32>, _ distances: UnsafeMutablePointer<Double>) {
    for (row, sample) in asking.enumerated() {
      lists.sort(row)
      for slot in 0..<k {
        indices[Int(sample) * k + slot] = lists.indices.start[row * k + slot]
        let squared = Double(lists.scores.start[row * k + slot] + queryNorms.start[row])
        distances[Int(sample) * k + slot] = max(squared, 0) / (scale * scale)
      }
    }
  }
}
