import Glibc

/// A level line on the page, which can make room for the number it stands for.
struct LevelLine {
  private(set) var x, y: [Double]
  private let frame: Frame

  /// Where the number goes.
  struct Gap {
    /// Its centre on the page, and its slope in degrees, never upside down.
    let x, y, angle: Double
    /// What it covers.
    let rect: Rect
  }

  init(x: [Double], y: [Double], frame: Frame) { (self.x, self.y, self.frame) = (x, y, frame) }

  /// Cuts `width` points out of the line where it is straightest, inside the plot and on no taken place; nil where it is too
  /// short or too bent everywhere.
  mutating func open(for width: Double, avoiding taken: [Rect]) -> Gap? {
    let points = x.indices.map { frame.position(x[$0], y[$0]) }
    guard points.count > 2, !x.contains(where: \.isNaN), !y.contains(where: \.isNaN) else { return nil }
    var lengths = [0.0]
    for (a, b) in zip(points, points.dropFirst()) {
      lengths.append((lengths.last ?? 0) + hypot(b.x - a.x, b.y - a.y))
    }
    guard let total = lengths.last, total > width * 2.5 else { return nil }

    func at(_ length: Double) -> (x: Double, y: Double, index: Int, t: Double) {
      var (low, high) = (0, lengths.count - 1)
      while high - low > 1 {
        let middle = (low + high) / 2
        if lengths[middle] <= length { low = middle } else { high = middle }
      }
      let span = lengths[high] - lengths[low]
      let t = span > 0 ? (length - lengths[low]) / span : 0
      return (
        points[low].x + (points[high].x - points[low].x) * t,
        points[low].y + (points[high].y - points[low].y) * t, low, t
      )
    }

    var best: (score: Double, start: Double, gap: Gap)?
    for start in stride(from: width * 0.5, through: total - width * 1.5, by: 6) {
      let (a, b) = (at(start), at(start + width))
      let chord = hypot(b.x - a.x, b.y - a.y)
      let middle = (x: (a.x + b.x) / 2, y: (a.y + b.y) / 2)
      // Half the words' extent in each direction, by the slope.
      let (across, down) = (abs(b.x - a.x) / 2 + 6, abs(b.y - a.y) / 2 + 6)
      let rect = Rect(x: middle.x - across, y: middle.y - down, width: across * 2, height: down * 2)
      guard rect.x >= frame.plot.x, rect.x + rect.width <= frame.plot.x + frame.plot.width,
        rect.y >= frame.plot.y,
        rect.y + rect.height <= frame.plot.y + frame.plot.height,
        !taken.contains(where: { $0.intersects(rect) })
      else { continue }
      let score = chord / width
      guard score > 0.9, score > (best?.score ?? 0) + 0.002 else { continue }
      var angle = atan2(-(b.y - a.y), b.x - a.x) * 180 / .pi
      if angle > 90 { angle -= 180 } else if angle < -90 { angle += 180 }
      best = (score, start, Gap(x: middle.x, y: middle.y, angle: angle.rounded(), rect: rect))
    }
    guard let best else { return nil }
    cut(at(best.start), at(best.start + width))
    return best.gap
  }

  private mutating func cut(
    _ a: (x: Double, y: Double, index: Int, t: Double), _ b: (x: Double, y: Double, index: Int, t: Double)
  ) {
    func between(_ values: [Double], _ index: Int, _ t: Double) -> Double {
      values[index] + (values[index + 1] - values[index]) * t
    }
    func opened(_ values: [Double]) -> [Double] {
      Array(values[...a.index]) + [between(values, a.index, a.t), .nan, between(values, b.index, b.t)]
        + Array(values[(b.index + 1)...])
    }
    (x, y) = (opened(x), opened(y))
  }
}
