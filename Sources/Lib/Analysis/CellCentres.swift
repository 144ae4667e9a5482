import CAnalysis
import CBLAS
import Tensor

/// The centres of cells that divide samples into groups of some hundreds: k-means of a part of them (Lloyd 1982).
struct CellCentres {
  /// How many there are.
  let count: Int
  /// How many members of a cell are searched as one group.
  let memberLimit: Int
  /// By which differences are multiplied before they are rounded to single precision.
  let scale: Double
  private let columns: Int
  private var centres: [Double]

  /// Samples of k-means for each centre, and its rounds: more of them change the recall of a search by less than a per cent.
  private static let (samplesPerCentre, rounds) = (40, 5)

  init(_ samples: Matrix, seed: UInt64) throws {
    let n = samples.rows
    count = max(1, min(n / 8, Int(Double(n).squareRoot())))
    memberLimit = max(64, 4 * n / count)
    columns = samples.columns
    let largest = samples.columnExtremes().reduce(0.0) { max($0, $1.high - $1.low) }
    scale = largest > 0 && largest.isFinite ? 1 / largest : 1
    var random = RandomStream(seed: seed, stream: 0x6365_6c6c)
    let chosen = Array(random.permutation(n).prefix(Self.samplesPerCentre * count))
    let part = Matrix(
      unchecked: chosen.flatMap { samples[row: $0] }, rows: chosen.count, columns: columns)
    centres = Array(part.values.prefix(count * columns))
    for _ in 0..<Self.rounds { moveToMeans(part, of: try assign(part)) }
  }

  /// A centre.
  func values(_ cell: Int) -> [Double] { Array(centres[cell * columns..<(cell + 1) * columns]) }

  private mutating func moveToMeans(_ samples: Matrix, of cells: [Int32]) {
    var sums = [Double](repeating: 0, count: centres.count)
    var counts = [Int](repeating: 0, count: count)
    for row in 0..<samples.rows {
      let cell = Int(cells[row])
      counts[cell] += 1
      for c in 0..<columns { sums[cell * columns + c] += samples.values[row * columns + c] }
    }
    // A centre nobody is near stays where it is.
    for cell in 0..<count where counts[cell] > 0 {
      for c in 0..<columns { centres[cell * columns + c] = sums[cell * columns + c] / Double(counts[cell]) }
    }
  }

  /// The nearest centre of each sample.
  func assign(_ samples: Matrix) throws -> [Int32] {
    let (n, d, grain) = (samples.rows, columns, 256)
    let origin = Buffer(values(0))
    let rounded = Buffer<Float>(uninitialized: count * d)
    let norms = Buffer<Float>(uninitialized: count)
    let result = Buffer<Int32>(n, filledWith: 0)
    for cell in 0..<count {
      norms.start[cell] = centres.withUnsafeBufferPointer { centres in
        centres.baseAddress.map {
          faa_centred(Int64(d), $0 + cell * d, origin.start, scale, rounded.start + cell * d)
        } ?? 0
      }
    }
    let (table, lengths, found, zero) = (rounded.start, norms.start, result.start, origin.start)
    try samples.values.withUnsafeBufferPointer { source in
      guard let x = source.baseAddress else { return }
      let batch = 64 * grain
      for first in stride(from: 0, to: n, by: batch) {
        try checkInterrupt()
        parallel(min(batch, n - first), grain: grain) { part in
          let (begin, m) = (first + part.lowerBound, part.count)
          let rows = Buffer<Float>(uninitialized: m * d)
          let products = Buffer<Float>(uninitialized: m * count)
          for row in 0..<m {
            _ = faa_centred(Int64(d), x + (begin + row) * d, zero, scale, rows.start + row * d)
          }
          cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(m), blasint(count), blasint(d), -2, rows.start,
            blasint(d), table, blasint(d), 0, products.start, blasint(count))
          for row in 0..<m {
            var best = (score: Float.infinity, cell: Int32(0))
            for cell in 0..<count {
              let score = products.start[row * count + cell] + lengths[cell]
              if score < best.score { best = (score, Int32(truncatingIfNeeded: cell)) }
            }
            found[begin + row] = best.cell
          }
        }
      }
    }
    return result.array
  }

  /// All cells, those with the nearest centres first.
  func ordered(from cell: Int) -> [Int] {
    centres.withUnsafeBufferPointer { centres in
      guard let x = centres.baseAddress, columns > 0 else { return Array(0..<count) }
      let distances = (0..<count).map { squaredDistance(x + cell * columns, x + $0 * columns, columns) }
      return (0..<count).sorted { distances[$0] != distances[$1] ? distances[$0] < distances[$1] : $0 < $1 }
    }
  }
}
