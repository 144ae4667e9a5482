/// Joint probabilities p_ij of pairs of samples: symmetric, zero on the diagonal, summing to one; stored by rows.
public struct Affinities: Equatable, Sendable {
  /// The number of samples.
  public let count: Int
  /// Where the entries of each sample begin; `count + 1` numbers.
  public let rows: [Int64]
  /// The other sample of each entry, increasing within a row.
  public let columns: [Int32]
  /// The probability of each entry.
  public let values: [Double]
}

/// A way to turn samples into affinities.
public protocol AffinityModel: Sendable {
  /// The joint probabilities of pairs of `samples`.
  func affinities(of samples: Matrix) throws -> Affinities
}

extension Affinities {
  /// p_ij = (p_j|i + p_i|j) / 2n: each row merges its own entries with those that name it, both in the order of columns.
  init(_ neighbours: Neighbours, conditional: [Double]) {
    let (n, k) = (neighbours.count, neighbours.k)
    let rowColumns = Buffer(neighbours.indices)
    let rowValues = Buffer(conditional)
    let (ownColumns, ownValues) = (rowColumns.start, rowValues.start)
    parallel(n, grain: 256) { range in
      for row in range {
        let entries = (row * k..<(row + 1) * k).map { (column: ownColumns[$0], value: ownValues[$0]) }
        for (slot, entry) in entries.sorted(by: { $0.column < $1.column }).enumerated() {
          ownColumns[row * k + slot] = entry.column
          ownValues[row * k + slot] = entry.value
        }
      }
    }
    let named = Naming(ownColumns, ownValues, count: n, k: k)
    let (start, from, naming) = (named.start.start, named.rows.start, named.values.start)
    /// Calls `body` with each column of a row and its sum.
    func merge(_ row: Int, _ body: (Int32, Double) -> Void) {
      var (a, b) = (row * k, Int(start[row]))
      let (aEnd, bEnd) = (a + k, Int(start[row + 1]))
      while a < aEnd || b < bEnd {
        let (left, right) = (a < aEnd ? ownColumns[a] : .max, b < bEnd ? from[b] : .max)
        body(min(left, right), (left <= right ? ownValues[a] : 0) + (right <= left ? naming[b] : 0))
        if left <= right { a += 1 }
        if right <= left { b += 1 }
      }
    }
    let sizes = Buffer<Int64>(n, filledWith: 0)
    let size = sizes.start
    parallel(n, grain: 256) { range in
      for row in range { merge(row) { _, _ in size[row] += 1 } }
    }
    var rows = [Int64](repeating: 0, count: n + 1)
    for row in 0..<n { rows[row + 1] = rows[row] + size[row] }
    let total = Int(rows[n])
    let scale = 1 / (2 * Double(n))
    var values = [Double](repeating: 0, count: total)
    let columns = [Int32](unsafeUninitializedCapacity: total) { columns, initialized in
      values.withUnsafeMutableBufferPointer { values in
        rows.withUnsafeBufferPointer { rows in
          parallel(n, grain: 256) { range in
            for row in range {
              var place = Int(rows[row])
              merge(row) { column, value in
                columns[place] = column
                values[place] = value * scale
                place += 1
              }
            }
          }
        }
      }
      initialized = total
    }
    self.init(count: n, rows: rows, columns: columns, values: values)
  }

  /// Calls `body` with the addresses of the rows' beginnings, the columns and the values.
  func withEntries(
    _ body: (UnsafePointer<Int64>, UnsafePointer<Int32>, UnsafePointer<Double>) -> Void
  ) {
    rows.withUnsafeBufferPointer { rows in
      columns.withUnsafeBufferPointer { columns in
        values.withUnsafeBufferPointer { values in
          guard let r = rows.baseAddress, let c = columns.baseAddress, let v = values.baseAddress else {
            return
          }
          body(r, c, v)
        }
      }
    }
  }
}

/// The entries that name each sample: the transpose of the neighbours' table, in the order of rows.
private struct Naming: ~Copyable {
  let start: Buffer<Int64>
  let rows: Buffer<Int32>
  let values: Buffer<Double>

  init(_ columns: UnsafePointer<Int32>, _ conditional: UnsafePointer<Double>, count n: Int, k: Int) {
    start = Buffer(n + 1, filledWith: 0)
    rows = Buffer(uninitialized: n * k)
    values = Buffer(uninitialized: n * k)
    for slot in 0..<n * k { start.start[Int(columns[slot]) + 1] += 1 }
    for row in 0..<n { start.start[row + 1] += start.start[row] }
    let fill = Buffer<Int64>(UnsafeBufferPointer(start: start.start, count: n))
    for row in 0..<n {
      for slot in row * k..<(row + 1) * k {
        let place = Int(fill.start[Int(columns[slot])])
        fill.start[Int(columns[slot])] += 1
        rows.start[place] = Int32(truncatingIfNeeded: row)
        values.start[place] = conditional[slot]
      }
    }
  }
}
