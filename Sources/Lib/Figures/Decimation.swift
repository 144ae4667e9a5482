/// Thins long curves without changing how they look.
enum Decimation {
  /// A curve with many more points than the plot has columns, without the points that make no difference.
  static func thinned(_ x: [Double], _ y: [Double], frame: Frame) -> ([Double], [Double]) {
    let columns = Int(min(8192, frame.plot.width * 2))
    guard columns > 0, x.count > columns * 8 else { return (x, y) }
    return isMonotonic(x)
      ? envelope(x, y, columns: columns, frame: frame) : withoutStandstills(x, y, frame: frame)
  }

  /// A curve that never turns back is reduced to the first, lowest, highest and last point of each half-point-wide column (Jugel et al.
  /// 2014, "M4"): every pixel it touches stays touched.
  private static func envelope(
    _ x: [Double], _ y: [Double], columns: Int, frame: Frame
  ) -> ([Double], [Double]) {
    var xs: [Double] = []
    var ys: [Double] = []
    let ruler = frame.across
    func column(_ value: Double) -> Int {
      Extent.whole(ruler.fraction(value) * Double(columns), in: -1...columns)
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

  /// Any other curve loses the points that lie within a quarter of a point of the last one kept.
  private static func withoutStandstills(
    _ x: [Double], _ y: [Double], frame: Frame
  ) -> ([Double], [Double]) {
    var xs: [Double] = []
    var ys: [Double] = []
    var (lastX, lastY) = (Double.nan, Double.nan)
    let (across, up) = (frame.across, frame.up)
    for i in x.indices {
      let place = (x: across.fraction(x[i]) * frame.plot.width, y: up.fraction(y[i]) * frame.plot.height)
      let isLast = i + 1 == x.count || x[i + 1].isNaN
      // Also false beside a gap.
      if !isLast, abs(place.x - lastX) < 0.25, abs(place.y - lastY) < 0.25 { continue }
      xs.append(x[i])
      ys.append(y[i])
      (lastX, lastY) = x[i].isNaN ? (.nan, .nan) : (place.x, place.y)
    }
    return (xs, ys)
  }

  private static func isMonotonic(_ x: [Double]) -> Bool {
    var previous = Double.nan
    var (rises, falls) = (false, false)
    for value in x where !value.isNaN {
      rises = rises || value > previous
      falls = falls || value < previous
      if rises, falls { return false }
      previous = value
    }
    return true
  }
}
