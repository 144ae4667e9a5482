/// Thins long curves without changing how they look.
enum Decimation {
  /// A curve in order of x with many more points than the plot has columns is reduced to the first, lowest,
  /// highest and last point of each half-point-wide column (Jugel et al. 2014, "M4"): every pixel it touches
  /// stays touched. Other curves come back unchanged.
  static func envelope(_ x: [Double], _ y: [Double], frame: Frame) -> ([Double], [Double]) {
    let columns = Int(min(8192, frame.plot.width * 2))
    guard columns > 0, x.count > columns * 8, isOrdered(x) else { return (x, y) }
    var xs: [Double] = []
    var ys: [Double] = []
    func column(_ value: Double) -> Int {
      let place = Frame.fraction(value, frame.xRange, frame.plan.x.scale) * Double(columns)
      return Extent.whole(place, in: -1...columns)
    }
    var start = 0
    while start < x.count {
      if x[start].isNaN {
        xs.append(.nan)
        ys.append(.nan)
        start += 1
        continue
      }
      let own = column(x[start])
      var (end, low, high) = (start, start, start)
      while end < x.count, !x[end].isNaN, column(x[end]) == own {
        if y[end] < y[low] { low = end }
        if y[end] > y[high] { high = end }
        end += 1
      }
      var last = -1
      for kept in [start, min(low, high), max(low, high), end - 1] where kept != last {
        xs.append(x[kept])
        ys.append(y[kept])
        last = kept
      }
      start = end
    }
    return (xs, ys)
  }

  private static func isOrdered(_ x: [Double]) -> Bool {
    var previous = -Double.infinity
    for value in x where !value.isNaN {
      if value < previous { return false }
      previous = value
    }
    return true
  }
}
