import Glibc

extension PlanBuilder {
  mutating func add(_ contour: Contour) throws {
    guard contour.rows > 1, contour.columns > 1, contour.rows <= 1 << 12, contour.columns <= 1 << 12,
      contour.values.count == contour.rows * contour.columns
    else {
      throw FigureError.lengths(
        mark: "contour",
        "\(contour.rows)x\(contour.columns) samples (at least 2x2), \(contour.values.count) values")
    }
    guard contour.levels.count <= 100 else {
      throw FigureError.invalid(mark: "contour", "at most 100 levels, not \(contour.levels.count)")
    }
    let plain = colour(contour.ink)
    let levels = contour.levels.filter(Extent.isDrawable).sorted()
    let decimals = Self.decimals(of: levels)
    let traced = Contours(contour)
    for (index, level) in levels.enumerated() {
      // The palest end of a map would vanish on a white page.
      let t = levels.count > 1 ? Double(index) / Double(levels.count - 1) : 0
      let colour = contour.colormap?.colour(at: t * 0.85) ?? plain.opacity(0.75)
      let label = contour.showsLevels ? Self.label(level, decimals) : ""
      for line in traced.lines(at: level) {
        let (xs, ys) = placed(line.x, line.y)
        shapes.append(.level(x: xs, y: ys, label: label, colour: colour, width: contour.width))
      }
    }
    extend(x: [contour.x.lowerBound, contour.x.upperBound])
    extend(y: [contour.y.lowerBound, contour.y.upperBound])
    key(contour.label, plain, .line)
    (tightX, tightY, coversGrid, isWhole) = (true, true, true, false)
  }

  // As many decimals as tell neighbouring levels apart.
  private static func decimals(of levels: [Double]) -> Int {
    let steps = zip(levels, levels.dropFirst()).map { $1 - $0 }
    guard let least = steps.min(), least > 0 else { return 2 }
    return Extent.whole((-log10(least) - 1e-9).rounded(.up), in: 0...6)
  }

  private static func label(_ level: Double, _ decimals: Int) -> String {
    abs(level) >= 1e5 || (level != 0 && abs(level) < 1e-3)
      ? Text.short(level) : trimmed(Text.fixed(level, decimals: decimals))
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var kept = text
    while kept.hasSuffix("0") { kept.removeLast() }
    return kept.hasSuffix(".") ? String(kept.dropLast()) : kept
  }

  mutating func add(_ arrows: Arrows) throws {
    try sameLength(
      "arrows", ("x", arrows.x.count), ("y", arrows.y.count), ("dx", arrows.dx.count), ("dy", arrows.dy.count)
    )
    let (tailX, tailY) = placed(arrows.x, arrows.y)
    let (tipX, tipY) = placed(
      zip(arrows.x, arrows.dx).map { $0 + $1 }, zip(arrows.y, arrows.dy).map { $0 + $1 })
    let drawn = tailX.indices.filter { !tailX[$0].isNaN && !tipX[$0].isNaN }
    let colour = colour(arrows.ink)
    isWhole = false
    extend(x: drawn.flatMap { [tailX[$0], tipX[$0]] })
    extend(y: drawn.flatMap { [tailY[$0], tipY[$0]] })
    shapes.append(
      .arrows(
        x: drawn.map { tailX[$0] }, y: drawn.map { tailY[$0] }, dx: drawn.map { tipX[$0] - tailX[$0] },
        dy: drawn.map { tipY[$0] - tailY[$0] }, colour: colour, width: arrows.width))
    key(arrows.label, colour, .arrow)
  }

  mutating func add(_ span: Span) throws {
    guard span.lower < span.upper else {
      throw FigureError.invalid(
        mark: "span",
        "must end above its start, not go from \(Text.short(span.lower)) to \(Text.short(span.upper))")
    }
    let ends = [span.lower, span.upper].filter(Extent.isDrawable)
    if span.direction == .x { extend(x: ends) } else { extend(y: ends) }
    let colour = colour(span.ink).opacity(0.14)
    shapes.insert(
      .span(span.direction, max(span.lower, -1e300)...min(span.upper, 1e300), colour: colour), at: 0)
    key(span.label, colour.opacity(0.45), .box)
  }

  mutating func add(_ stems: Stems) throws {
    try sameLength("stems", ("x", stems.x.count), ("y", stems.y.count))
    let colour = colour(stems.ink)
    let (xs, ys) = placed(stems.x, stems.y)
    extend(x: xs)
    let tips = xs.indices.filter { !xs[$0].isNaN }
    let isLog = y.scale == .log
    // On a logarithmic axis the stems rise from a little below the least.
    let floor = isLog ? (tips.map { ys[$0] }.min() ?? 1) / 3 : 0
    extend(y: ys + [floor])
    pinsZero = pinsZero || isLog || !tips.contains { ys[$0] < 0 }
    shapes.append(
      .polyline(
        x: tips.flatMap { [xs[$0], xs[$0], .nan] }, y: tips.flatMap { [floor, ys[$0], .nan] }, colour: colour,
        width: 1.5, dashed: false))
    shapes.append(
      .points(x: tips.map { xs[$0] }, y: tips.map { ys[$0] }, colours: [colour], size: 6, symbol: .dot))
    key(stems.label, colour, .point(.dot))
  }

  mutating func add(_ plot: BoxPlot) throws {
    guard !plot.groups.isEmpty else {
      throw FigureError.invalid(mark: "box plot", "there are no groups to draw")
    }
    for (place, group) in plot.groups.enumerated() {
      let sorted = group.values.filter { Extent.isDrawable($0, on: y.scale) }.sorted()
      let colour = colour(.next)
      guard let least = sorted.first, let most = sorted.last else { continue }
      let centre = Double(place)
      let (low, middle, high) = (
        HistogramBins.quantile(sorted, 0.25), HistogramBins.quantile(sorted, 0.5),
        HistogramBins.quantile(sorted, 0.75)
      )
      let reach = 1.5 * (high - low)
      let inner = sorted.filter { $0 >= low - reach && $0 <= high + reach }
      let (bottom, top) = (inner.first ?? least, inner.last ?? most)
      extend(y: [least, most])
      func stroke(_ x: [Double], _ y: [Double], _ width: Double) {
        shapes.append(.polyline(x: x, y: y, colour: colour, width: width, dashed: false))
      }
      shapes.append(
        .boxes([Shape.Box(x: (centre - 0.28)...(centre + 0.28), y: low...high)], colour: colour.opacity(0.3)))
      let (left, right) = (centre - 0.28, centre + 0.28)
      stroke([left, right, right, left, left], [low, low, high, high, low], 1.25)
      stroke(
        [
          centre, centre, .nan, centre, centre, .nan, centre - 0.1, centre + 0.1, .nan, centre - 0.1,
          centre + 0.1,
        ],
        [bottom, low, .nan, high, top, .nan, bottom, bottom, .nan, top, top], 1.25)
      stroke([left, right], [middle, middle], 2.5)
      let outside = sorted.filter { $0 < bottom || $0 > top }
      if !outside.isEmpty {
        shapes.append(
          .points(
            x: outside.map { _ in centre }, y: outside, colours: [colour.opacity(0.7)], size: 4,
            symbol: .circle))
      }
    }
    extend(x: [-0.6, Double(plot.groups.count) - 0.4])
    xTicks = plot.groups.enumerated().map { Tick(Double($0), Text.printable($1.name)) }
    tightX = true
  }
}
