/// The eigenvalues of a symmetric tridiagonal matrix, ascending, and the last component of each unit eigenvector, by the
/// implicit QL algorithm (Bowdler, Martin, Reinsch, Wilkinson 1968). The last components are all that Lanczos error bounds need,
/// so only one row of the eigenvector matrix is carried along.
func tridiagonalEigenvalues(
  diagonal: [Double], offDiagonal: [Double]
) -> (values: [Double], lastComponents: [Double]) {
  let n = diagonal.count
  guard n > 0 else { return ([], []) }
  var d = diagonal
  var e = Array(offDiagonal.prefix(n - 1)) + [0]
  var row = [Double](repeating: 0, count: n)
  row[n - 1] = 1
  for l in 0..<n {
    for _ in 0..<60 {
      var m = l
      while m < n - 1 {
        let scale = abs(d[m]) + abs(d[m + 1])
        if abs(e[m]) <= 0x1p-53 * scale { break }
        m += 1
      }
      if m == l { break }
      var g = (d[l + 1] - d[l]) / (2 * e[l])
      var r = hypotenuse(g, 1)
      g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r))
      var (s, c, p) = (1.0, 1.0, 0.0)
      var underflow = false
      for i in stride(from: m - 1, through: l, by: -1) {
        let f = s * e[i]
        let b = c * e[i]
        r = hypotenuse(f, g)
        e[i + 1] = r
        if r == 0 {
          d[i + 1] -= p
          e[m] = 0
          underflow = true
          break
        }
        s = f / r
        c = g / r
        g = d[i + 1] - p
        r = (d[i] - g) * s + 2 * c * b
        p = s * r
        d[i + 1] = g + p
        g = c * r - b
        let z = row[i + 1]
        row[i + 1] = s * row[i] + c * z
        row[i] = c * row[i] - s * z
      }
      if underflow { continue }
      d[l] -= p
      e[l] = g
      e[m] = 0
    }
  }
  let order = d.indices.sorted { d[$0] < d[$1] }
  return (order.map { d[$0] }, order.map { row[$0] })
}

/// sqrt(a² + b²) without overflow.
func hypotenuse(_ a: Double, _ b: Double) -> Double {
  let (large, small) = (max(abs(a), abs(b)), min(abs(a), abs(b)))
  guard large > 0, large.isFinite else { return large }
  let ratio = small / large
  return large * (1 + ratio * ratio).squareRoot()
}
