import Glibc

/// Level lines of a sampled function, by marching squares (Lorensen & Cline 1987, in the plane).
struct Contours {
  private let values: [Double]
  private let rows, columns: Int
  private let x, y: ClosedRange<Double>

  init(_ contour: Contour) {
    (values, rows, columns, x, y) = (contour.values, contour.rows, contour.columns, contour.x, contour.y)
  }

  /// The lines of one level, each as its points; a closed line ends where it began.
  func lines(at level: Double) -> [(x: [Double], y: [Double])] {
    var links: [Int: [Int]] = [:]
    for row in 0..<(rows - 1) {
      for column in 0..<(columns - 1) {
        for (a, b) in crossings(row, column, level) {
          links[a, default: []].append(b)
          links[b, default: []].append(a)
        }
      }
    }
    // Open lines first, from their ends; what is left are loops. Sorted: the same picture every time.
    var used: Set<Int> = []
    var lines: [(x: [Double], y: [Double])] = []
    let edges = links.keys.sorted()
    for start in edges.filter({ links[$0]?.count == 1 }) + edges where !used.contains(start) {
      var path = [start]
      used.insert(start)
      while let last = path.last, let next = links[last]?.first(where: { !used.contains($0) }) {
        used.insert(next)
        path.append(next)
      }
      if path.count > 2, let last = path.last, links[last]?.contains(start) == true { path.append(start) }
      let points = path.map { point(on: $0, level) }
      lines.append((points.map(\.x), points.map(\.y)))
    }
    return lines
  }

  // An edge is named by its lower left node, doubled; odd for the one that goes up.
  private func crossings(_ row: Int, _ column: Int, _ level: Double) -> [(Int, Int)] {
    let node = row * columns + column
    let corners = [values[node], values[node + 1], values[node + columns + 1], values[node + columns]]
    guard corners.allSatisfy(Extent.isDrawable) else { return [] }
    let (bottom, right, top, left) = (node * 2, (node + 1) * 2 + 1, (node + columns) * 2, node * 2 + 1)
    var pattern = 0
    for (bit, value) in corners.enumerated() where value > level { pattern |= 1 << bit }
    switch pattern {
    case 1, 14: return [(left, bottom)]
    case 2, 13: return [(bottom, right)]
    case 3, 12: return [(left, right)]
    case 4, 11: return [(right, top)]
    case 6, 9: return [(bottom, top)]
    case 7, 8: return [(left, top)]
    case 5, 10:
      // A saddle: the mean decides which corners hang together.
      let isHigh = corners.reduce(0) { $0 + $1 / 4 } > level
      return (pattern == 5) == isHigh ? [(left, top), (bottom, right)] : [(left, bottom), (right, top)]
    default: return []
    }
  }

  private func point(on edge: Int, _ level: Double) -> (x: Double, y: Double) {
    let node = edge / 2
    let other = edge.isMultiple(of: 2) ? node + 1 : node + columns
    let t = (level - values[node]) / (values[other] - values[node])
    let (a, b) = (position(node), position(other))
    return (a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)
  }

  private func position(_ node: Int) -> (x: Double, y: Double) {
    func place(_ index: Int, _ count: Int, _ range: ClosedRange<Double>) -> Double {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double(index) / Double(count - 1)
    }
    return (place(node % columns, columns, x), place(node / columns, rows, y))
  }
}

extension Contour {
  /// About `count` round values within the range of the samples: evenly spaced, or by even factors.
  public static func levels(of values: [Double], count: Int, scale: Scale = .linear) -> [Double] {
    guard let range = Extent.of(values, scale: scale), range.lowerBound < range.upperBound else { return [] }
    func inside(_ value: Double) -> Bool { value > range.lowerBound && value < range.upperBound }
    guard scale == .log else {
      return Ticks.linear(range, count: count).map(\.value).filter(inside)
    }
    // A function that touches zero has decades without end: the highest ten say enough.
    let highest = Int(floor(log10(range.upperBound)))
    let exponents = max(Int(floor(log10(range.lowerBound))), highest - 9)...highest
    let choices = [[1.0], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]].map { digits in
      exponents.flatMap { exponent in digits.map { $0 * pow(10, Double(exponent)) } }.filter(inside)
    }
    return choices.min { abs($0.count - count) < abs($1.count - count) } ?? []
  }
}
