import CAnalysis
import CBLAS

/// Principal component analysis: the directions of largest variance, by the eigenvectors of the covariance (or, when there are
/// fewer samples than features, of the samples' inner products).
public struct PrincipalComponents: Equatable, Sendable {
  /// The mean of the samples.
  public let mean: [Double]
  /// The directions as unit rows, largest variance first; the entry of largest magnitude of each is positive.
  public let components: Matrix
  /// The variance along each direction (divided by n - 1).
  public let variances: [Double]
  /// The variance of all features together; `variances[i] / totalVariance` is the share a direction explains.
  public let totalVariance: Double

  /// Finds the first `count` directions of `samples`.
  ///
  /// - Throws: `AnalysisError` when there are fewer than 2 samples, or `count` is not in `1 ... min(n - 1, d)`.
  public init(of samples: Matrix, count: Int) throws {
    let (n, d) = (samples.rows, samples.columns)
    guard n >= 2, d >= 1 else {
      throw AnalysisError(
        "pca", "\(n) samples of \(d) features", help: "at least 2 samples of 1 feature are needed")
    }
    guard count >= 1, count <= min(n - 1, d) else {
      throw AnalysisError(
        "pca", "\(count) components asked of \(n) samples of \(d) features",
        help: "ask for 1 to \(min(n - 1, d)) components")
    }
    let mean = samples.columnMeans()
    self.mean = mean
    let wide = n < d
    let product = wide ? innerProducts(samples, mean) : covariance(samples, mean)
    let size = wide ? n : d
    var total = 0.0
    for index in 0..<size { total += product.start[index * size + index] }
    guard total.isFinite else {
      throw AnalysisError("pca", "the variance overflows", help: "divide the samples by their scale first")
    }
    totalVariance = total
    let directions = Buffer<Double>(count * d, filledWith: 0)
    let (values, vectors) = try largestEigenvectors(product.start, size: size, count: count)
    for i in 0..<count {
      let direction = directions.start + i * d
      if wide {
        // X^T u is along the direction, of length sqrt((n - 1) variance); normalised below.
        for row in 0..<n {
          for c in 0..<d { direction[c] += vectors[i * n + row] * (samples.values[row * d + c] - mean[c]) }
        }
      } else {
        for c in 0..<d { direction[c] = vectors[i * d + c] }
      }
      normalise(direction, d)
    }
    components = Matrix(unchecked: directions.array, rows: count, columns: d)
    variances = values.map { max($0, 0) }
  }

  /// The coordinates of `samples` along the directions: one row for each sample.
  ///
  /// - Throws: `AnalysisError` when the samples have another number of features.
  public func project(_ samples: Matrix) throws -> Matrix {
    let d = mean.count
    guard samples.columns == d else {
      throw AnalysisError("pca", "samples have \(samples.columns) features, the components \(d)")
    }
    var result = [Double](repeating: 0, count: samples.rows * components.rows)
    let directions = Buffer(components.values)
    let centre = Buffer(mean)
    let (count, u, m) = (components.rows, directions.start, centre.start)
    samples.values.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { result in
        parallel(samples.rows, grain: 256) { range in
          for row in range {
            for i in 0..<count {
              var total = 0.0
              for c in 0..<d { total += (source[row * d + c] - m[c]) * u[i * d + c] }
              result[row * count + i] = total
            }
          }
        }
      }
    }
    return Matrix(unchecked: result, rows: samples.rows, columns: components.rows)
  }
}

/// The upper triangle of X^T X / (n - 1) for centred samples X. Sums are made by parts whose number depends on the shape only.
private func covariance(_ samples: Matrix, _ mean: [Double]) -> Buffer<Double> {
  let (n, d, tile) = (samples.rows, samples.columns, 256)
  let parts = max(1, min(8, n / max(d, tile)))
  let length = (n + parts - 1) / parts
  let sums = Buffer<Double>(parts * d * d, filledWith: 0)
  let centre = Buffer(mean)
  let (sum, m) = (sums.start, centre.start)
  samples.values.withUnsafeBufferPointer { source in
    guard let x = source.baseAddress else { return }
    parallel(n, grain: length) { range in
      let rows = Buffer<Double>(uninitialized: tile * d)
      for first in stride(from: range.lowerBound, to: range.upperBound, by: tile) {
        let count = min(tile, range.upperBound - first)
        for row in 0..<count {
          for c in 0..<d { rows.start[row * d + c] = x[(first + row) * d + c] - m[c] }
        }
        cblas_dsyrk(
          CblasRowMajor, CblasUpper, CblasTrans, blasint(d), blasint(count), 1 / Double(n - 1), rows.start,
          blasint(d),
          1, sum + range.lowerBound / length * d * d, blasint(d))
      }
    }
  }
  let result = Buffer<Double>(d * d, filledWith: 0)
  for part in 0..<parts { for index in 0..<d * d { result.start[index] += sum[part * d * d + index] } }
  return result
}

/// The upper triangle of X X^T / (n - 1) for centred samples X.
private func innerProducts(_ samples: Matrix, _ mean: [Double]) -> Buffer<Double> {
  let (n, d) = (samples.rows, samples.columns)
  let x = Buffer(samples.values)
  for row in 0..<n { for c in 0..<d { x.start[row * d + c] -= mean[c] } }
  let result = Buffer<Double>(n * n, filledWith: 0)
  cblas_dsyrk(
    CblasRowMajor, CblasUpper, CblasNoTrans, blasint(n), blasint(d), 1 / Double(n - 1), x.start, blasint(d),
    0,
    result.start, blasint(n))
  return result
}

/// Scales to length one, with the entry of largest magnitude positive; a zero vector stays zero.
private func normalise(_ vector: UnsafeMutablePointer<Double>, _ count: Int) {
  var (squares, largest) = (0.0, 0.0)
  for c in 0..<count {
    squares += vector[c] * vector[c]
    if abs(vector[c]) > abs(largest) { largest = vector[c] }
  }
  guard squares > 0 else { return }
  let scale = (largest < 0 ? -1 : 1) / squares.squareRoot()
  for c in 0..<count { vector[c] *= scale }
}

/// The `count` largest eigenvalues of the symmetric matrix whose upper triangle is in `matrix` (overwritten), largest first, with their
/// unit eigenvectors as rows.
private func largestEigenvectors(
  _ matrix: UnsafeMutablePointer<Double>, size: Int, count: Int
) throws -> (values: [Double], vectors: [Double]) {
  let n = Int32(size)
  let values = Buffer<Double>(size, filledWith: 0)
  let vectors = Buffer<Double>(size * count, filledWith: 0)
  let support = Buffer<Int32>(2 * size, filledWith: 0)
  var (info, found, lwork, liwork): (Int32, Int32, Int32, Int32) = (0, 0, -1, -1)
  var (bestWork, bestIntegers) = (0.0, Int32(0))
  func solve(_ work: UnsafeMutablePointer<Double>, _ integers: UnsafeMutablePointer<Int32>) {
    // LAPACK stores by columns: the row-major upper triangle is its lower one.
    dsyevr_(
      "V", "I", "L", [n], matrix, [n], [0], [0], [n - Int32(count) + 1], [n], [0], &found, values.start,
      vectors.start,
      [n], support.start, work, &lwork, integers, &liwork, &info)
  }
  solve(&bestWork, &bestIntegers)
  (lwork, liwork) = (Int32(bestWork), bestIntegers)
  let work = Buffer<Double>(Int(lwork), filledWith: 0)
  let integers = Buffer<Int32>(Int(liwork), filledWith: 0)
  solve(work.start, integers.start)
  guard info == 0, found == Int32(count) else {
    throw AnalysisError("pca", "the eigenvalue routine failed (code \(info))")
  }
  var rows = [Double]()
  for i in (0..<count).reversed() {
    rows += UnsafeBufferPointer(start: vectors.start + i * size, count: size)
  }
  return ((0..<count).reversed().map { values.start[$0] }, rows)
}
