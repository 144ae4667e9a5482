/// Samples as rows: a row-major matrix of finite `Double`s, the input and output of everything in this module.
public struct Matrix: Equatable, Sendable {
  /// The number of samples.
  public let rows: Int
  /// The number of features of a sample.
  public let columns: Int
  /// Row-major values, `rows * columns` of them.
  public let values: [Double]

  /// Makes a matrix after checking the count of `values` and that each of them is finite.
  ///
  /// - Throws: `AnalysisError` naming the first offending row and column.
  public init(rows: Int, columns: Int, values: [Double]) throws(AnalysisError) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow, count == values.count else {
      throw AnalysisError("matrix", "\(values.count) values do not fill \(rows) rows of \(columns)")
    }
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      throw AnalysisError(
        "matrix", "the value in row \(bad / columns), column \(bad % columns) is \(values[bad])",
        help: "remove or replace such samples first")
    }
    self.init(unchecked: values, rows: rows, columns: columns)
  }

  init(unchecked values: [Double], rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// The values of row `index`, which must be in `0 ..< rows`.
  public subscript(row index: Int) -> ArraySlice<Double> {
    values[index * columns..<(index + 1) * columns]
  }

  /// The mean of each column. Sums are made by stretches of rows of fixed length, so they do not depend on the number of threads.
  func columnMeans() -> [Double] {
    let (d, stretch) = (columns, 512)
    let parts = Buffer<Double>((rows + stretch - 1) / stretch * d, filledWith: 0)
    let sums = parts.start
    values.withUnsafeBufferPointer { source in
      guard let x = source.baseAddress else { return }
      parallel(rows, grain: stretch) { range in
        let sum = sums + range.lowerBound / stretch * d
        for row in range { for c in 0..<d { sum[c] += x[row * d + c] } }
      }
    }
    var mean = [Double](repeating: 0, count: d)
    for part in 0..<parts.count / max(d, 1) { for c in 0..<d { mean[c] += sums[part * d + c] } }
    return mean.map { $0 / Double(max(rows, 1)) }
  }

  /// The smallest and the largest value of each column.
  func columnExtremes() -> [(low: Double, high: Double)] {
    var result = [(low: Double, high: Double)](repeating: (.infinity, -.infinity), count: columns)
    values.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { result in
        for row in 0..<rows {
          for c in 0..<columns {
            result[c].low = min(result[c].low, source[row * columns + c])
            result[c].high = max(result[c].high, source[row * columns + c])
          }
        }
      }
    }
    return result
  }
}
