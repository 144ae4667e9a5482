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

  /// The same values with the mean of each column taken away, and those means.
  func centred() -> (matrix: Matrix, mean: [Double]) {
    var mean = [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      for column in 0..<columns { mean[column] += values[row * columns + column] }
    }
    for column in 0..<columns { mean[column] /= Double(max(rows, 1)) }
    var result = values
    for row in 0..<rows {
      for column in 0..<columns { result[row * columns + column] -= mean[column] }
    }
    return (Matrix(unchecked: result, rows: rows, columns: columns), mean)
  }
}
