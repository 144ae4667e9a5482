import Glibc

/// A panel's geometry: where its plot area, ticks, legend and colour bar go.
struct Frame {
  let plan: PanelPlan
  let title: String
  let outer: Rect
  private let leastLeft: Double
  private(set) var plot: Rect
  private(set) var xRange, yRange: ClosedRange<Double>
  private(set) var xTicks, yTicks: [Tick]
  /// Ticks of the right axis, at their places on the left one.
  private(set) var rightTicks: [Tick] = []
  private(set) var slantsXTicks = false
  private(set) var legend: Rect?
  private(set) var legendIsInside = false
  /// The rows of a legend above the plot; none where its entries stand below each other.
  private(set) var legendRows: [[LegendEntry]] = []
  /// Where the horizontal axis's label stands.
  private(set) var xLabelHeight = 0.0
  private(set) var barRect: Rect?
  private(set) var barTicks: [Tick] = []

  /// `leastLeft` widens the left margin, so that plots below each other line up. A legend that is shared stands in `shared`, for the one
  /// panel that has it, and takes no room here.
  init(_ plan: PanelPlan, title: String, in outer: Rect, leastLeft: Double = 0, shared: SharedLegend? = nil) {
    self.plan = plan
    self.title = Text.printable(title)
    self.outer = outer
    (xRange, yRange) = (plan.xRange, plan.yRange)
    (xTicks, yTicks) = ([], [])
    plot = outer
    self.leastLeft = leastLeft

    let legendSize = Self.legendSize(plan.legend, in: outer)
    let wantsLegend = plan.legendPlace != .none && !plan.legend.isEmpty
    arrange()
    guard wantsLegend else { return }
    if plan.legendPlace == .shared, let shared {
      if case .here(let rect, let rows) = shared { (legend, legendRows) = (rect, rows) }
      return
    }
    if plan.legendPlace == .automatic, let corner = freeCorner(legendSize) {
      legend = corner
      legendIsInside = true
      return
    }
    // Beside the plot it would take too much of a narrow one.
    // As far in as the plot, unless that takes more rows.
    let end = outer.x + outer.width - Style.edge
    let starts = [plot.x, outer.x + Style.edge]
    let choices = starts.map { Self.legendRows(plan.legend, width: end - $0) }
    let isWide = choices[1].count < choices[0].count
    let rows = choices[isWide ? 1 : 0]
    let height = Double(rows.count) * Style.legendRow
    if legendSize.width > plot.width * 0.25, height < plot.height * 0.4 {
      arrange(legendHeight: height + 4)
      let start = isWide ? starts[1] : plot.x
      legend = Rect(x: start, y: plot.y - height - 6, width: end - start, height: height)
      legendRows = rows
      return
    }
    arrange(legendWidth: legendSize.width + Style.gap)
    legend = Rect(
      x: max(plot.x + plot.width + Style.gap, outer.x + outer.width - Style.edge - legendSize.width),
      y: plot.y, width: legendSize.width,
      height: min(legendSize.height, plot.height))
  }

  // Margins follow the tick labels, and the ticks follow the room left: two rounds settle it.
  private mutating func arrange(legendWidth: Double = 0, legendHeight: Double = 0) {
    let top = (title.isEmpty ? Style.edge : Style.titleHeight + 4) + legendHeight
    var left = 50.0
    var bottom = Style.edge + Style.tickHeight + (plan.x.label.isEmpty ? 0 : Style.labelHeight)
    var right = Style.edge + 4 + legendWidth
    if let bar = plan.bar {
      barTicks = Ticks.linear(bar.range, count: max(2, Int((outer.height - top - bottom) / 45)))
      let labels = barTicks.map { Style.width($0.label, Style.tickFont) }.max() ?? 0
      right += 18 + 14 + 6 + labels + (bar.label.isEmpty ? 0 : Style.labelHeight)
    }
    if let axis = plan.right?.axis {
      rightTicks = ticksOfRight(height: outer.height - top - bottom)
      let labels = rightTicks.map { Style.width($0.label, Style.tickFont) }.max() ?? 0
      right += labels + 4 + (axis.label.isEmpty ? 0 : Style.labelHeight)
    }
    for _ in 0..<2 {
      plot = outer.inset(left: left, top: top, right: right, bottom: bottom)
      if plan.equalUnits { equaliseUnits() }
      xTicks = visible(plan.x.ticks ?? automaticXTicks(), xRange)
      yTicks = visible(
        plan.y.ticks ?? Self.ticks(plan.y.scale, yRange, count: Self.tickCount(height: plot.height)), yRange)
      let widest = yTicks.map { Style.width($0.label, Style.tickFont) }.max() ?? 0
      left = max(
        leastLeft,
        Style.edge + min(widest, outer.width * 0.4) + 8 + (plan.y.label.isEmpty ? 0 : Style.labelHeight + 2))
      let widths = xTicks.map { Style.width($0.label, Style.tickFont) }
      let room = plot.width / Double(max(1, plan.x.ticks == nil ? 1 : xTicks.count))
      slantsXTicks = plan.x.ticks != nil && (widths.max() ?? 0) > room * 0.95
      let slanted = slantsXTicks ? min((widths.max() ?? 0) * 0.5 + 4, outer.height * 0.35) : 0
      xLabelHeight = (xTicks.isEmpty ? 4 : Style.tickHeight) + slanted
      bottom = Style.edge + xLabelHeight + (plan.x.label.isEmpty ? 0 : Style.labelHeight)
    }
    plot = outer.inset(left: left, top: top, right: right, bottom: bottom)
    if plan.equalUnits { equaliseUnits() }
    if plan.bar != nil {
      barRect = Rect(x: plot.x + plot.width + 18, y: plot.y, width: 14, height: plot.height)
    }
  }

  /// About one each 48 points, three at the least where there is room for them.
  private static func tickCount(height: Double) -> Int { max(height < 60 ? 2 : 3, Int(height / 48)) }

  /// Three ticks at the least, while their labels keep apart.
  private func automaticXTicks() -> [Tick] {
    let most = max(3, Int(plot.width / 85))
    var ticks: [Tick] = []
    for count in stride(from: most, through: 1, by: -1) {
      ticks = Self.ticks(plan.x.scale, xRange, count: count, leastStep: plan.countsX ? 1 : 0)
      let labelled = visible(ticks, xRange).filter { !$0.label.isEmpty }
      let ends = labelled.map { tick in
        let (middle, half) = (
          across.fraction(tick.value) * plot.width, Style.width(tick.label, Style.tickFont) / 2
        )
        return (middle - half, middle + half)
      }
      if zip(ends, ends.dropFirst()).allSatisfy({ $0.1 + 8 < $1.0 }) { break }
    }
    return ticks
  }

  private func ticksOfRight(height: Double) -> [Tick] {
    guard let right = plan.right else { return [] }
    let ticks =
      right.axis.ticks
      ?? Self.ticks(right.axis.scale, right.range, count: Self.tickCount(height: height))
    return visible(ticks, right.range).map {
      Tick(right.moved($0.value, onto: yRange, plan.y.scale), $0.label)
    }
  }

  private static func ticks(
    _ scale: Scale, _ range: ClosedRange<Double>, count: Int, leastStep: Double = 0
  ) -> [Tick] {
    scale == .log
      ? Ticks.logarithmic(range, count: count) : Ticks.linear(range, count: count, leastStep: leastStep)
  }

  private func visible(_ ticks: [Tick], _ range: ClosedRange<Double>) -> [Tick] {
    ticks.filter { range.contains($0.value) }.map { Tick($0.value, Text.printable($0.label)) }
  }

  private mutating func equaliseUnits() {
    guard plan.x.scale == .linear, plan.y.scale == .linear else { return }
    guard !plan.isTight else { return fitPlot() }
    let unit = max(
      (plan.xRange.upperBound - plan.xRange.lowerBound) / plot.width,
      (plan.yRange.upperBound - plan.yRange.lowerBound) / plot.height)
    func around(_ range: ClosedRange<Double>, _ span: Double) -> ClosedRange<Double> {
      let middle = range.lowerBound / 2 + range.upperBound / 2
      return (middle - span / 2)...(middle + span / 2)
    }
    xRange = around(plan.xRange, unit * plot.width)
    yRange = around(plan.yRange, unit * plot.height)
  }

  /// A smaller plot area in which units are equal over the same ranges.
  private mutating func fitPlot() {
    let (across, up) = (xRange.upperBound - xRange.lowerBound, yRange.upperBound - yRange.lowerBound)
    let unit = min(plot.width / across, plot.height / up)
    (plot.width, plot.height) = (max(20, unit * across), max(20, unit * up))
  }

  /// What becomes of a shared legend in one panel.
  enum SharedLegend {
    case here(Rect, rows: [[LegendEntry]])
    case elsewhere
  }

  static func legendSize(_ entries: [LegendEntry], in outer: Rect) -> Size {
    let widest = entries.map { Style.width($0.label, Style.font) }.max() ?? 0
    return Size(
      Style.swatch + 8 + min(widest, outer.width * 0.4), Double(entries.count) * Style.legendRow + 4)
  }

  /// The entries in rows of a width, in their order.
  static func legendRows(_ entries: [LegendEntry], width: Double) -> [[LegendEntry]] {
    var rows: [[LegendEntry]] = []
    var free = 0.0
    for entry in entries {
      let wanted = legendWidth(entry, in: width)
      if rows.isEmpty || wanted > free {
        rows.append([])
        free = width
      }
      rows[rows.count - 1].append(entry)
      free -= wanted + Style.legendGap
    }
    return rows
  }

  /// What an entry takes of a row.
  static func legendWidth(_ entry: LegendEntry, in width: Double) -> Double {
    Style.swatch + 6 + min(Style.width(entry.label, Style.font), width * 0.8)
  }

  /// The position of a data point on the page.
  func position(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    (
      plot.x + Self.fraction(x, xRange, plan.x.scale) * plot.width,
      plot.y + (1 - Self.fraction(y, yRange, plan.y.scale)) * plot.height
    )
  }

  /// Where values lie along the axes.
  var across: Ruler { Ruler(xRange, plan.x.scale) }
  var up: Ruler { Ruler(yRange, plan.y.scale) }

  static func fraction(_ value: Double, _ range: ClosedRange<Double>, _ scale: Scale) -> Double {
    Ruler(range, scale).fraction(value)
  }
}

extension Frame {
  /// A corner of the plot area in which a legend of this size covers no data, the top right first.
  private func freeCorner(_ size: Size) -> Rect? {
    let (width, height) = (size.width + 12, size.height + 6)
    guard width < plot.width * 0.5, height < plot.height * 0.6 else { return nil }
    let pad = 6.0
    let right = plot.x + plot.width - width - pad
    let bottom = plot.y + plot.height - height - pad
    let corners = [
      (right, plot.y + pad), (plot.x + pad, plot.y + pad), (right, bottom), (plot.x + pad, bottom),
    ]
    .map { Rect(x: $0.0, y: $0.1, width: width, height: height) }
    return corners.first { corner in !plan.shapes.contains { covers($0, corner) } }
  }

  /// Whether data lie under a place.
  func isCovered(_ place: Rect) -> Bool { plan.shapes.contains { covers($0, place) } }

  private func covers(_ shape: Shape, _ corner: Rect) -> Bool {
    func inside(_ x: Double, _ y: Double) -> Bool {
      guard !x.isNaN, !y.isNaN else { return false }
      let point = position(x, y)
      return point.x > corner.x - 4 && point.x < corner.x + corner.width + 4 && point.y > corner.y - 4
        && point.y < corner.y + corner.height + 4
    }
    switch shape {
    case .polyline(let xs, let ys, _, _, _), .level(let xs, let ys, _, _, _):
      return xs.indices.contains { i in
        inside(xs[i], ys[i])
          || (i > 0 && crosses(position(xs[i - 1], ys[i - 1]), position(xs[i], ys[i]), corner))
      }
    case .points(let xs, let ys, _, _, _): return xs.indices.contains { inside(xs[$0], ys[$0]) }
    case .arrows(let xs, let ys, let dx, let dy, _, _):
      return xs.indices.contains { i in
        crosses(position(xs[i], ys[i]), position(xs[i] + dx[i], ys[i] + dy[i]), corner)
      }
    case .span: return false
    case .area(let xs, let lower, let upper, _):
      return xs.indices.contains { i in
        (0...8).contains { inside(xs[i], lower[i] + (upper[i] - lower[i]) * Double($0) / 8) }
      }
    case .boxes(let boxes, _):
      return boxes.contains { box in
        let a = position(box.x.lowerBound, box.y.upperBound)
        let b = position(box.x.upperBound, box.y.lowerBound)
        return a.x < corner.x + corner.width && b.x > corner.x && a.y < corner.y + corner.height
          && b.y > corner.y
      }
    case .errors(let xs, let lower, let upper, _):
      return xs.indices.contains { inside(xs[$0], lower[$0]) || inside(xs[$0], upper[$0]) }
    case .raster: return true
    case .rule(.y(let value), _, _):
      let y = position(xRange.lowerBound, value).y
      return y > corner.y && y < corner.y + corner.height
    case .rule(.x(let value), _, _):
      let x = position(value, yRange.lowerBound).x
      return x > corner.x && x < corner.x + corner.width
    case .words(let text, let x, let y, _, _):
      let start = position(x, y)
      return start.x + Style.width(text, Style.font) > corner.x && start.x < corner.x + corner.width
        && abs(start.y - corner.y - corner.height / 2) < corner.height / 2 + Style.font
    }
  }

  // Sampled every few points of length: a legend is much larger than the step.
  private func crosses(_ a: (x: Double, y: Double), _ b: (x: Double, y: Double), _ corner: Rect) -> Bool {
    guard !a.x.isNaN, !b.x.isNaN, !a.y.isNaN, !b.y.isNaN else { return false }
    if max(a.x, b.x) < corner.x || min(a.x, b.x) > corner.x + corner.width { return false }
    if max(a.y, b.y) < corner.y || min(a.y, b.y) > corner.y + corner.height { return false }
    return (1..<32).contains { step in
      let t = Double(step) / 32
      let (x, y) = (a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t)
      return x > corner.x && x < corner.x + corner.width && y > corner.y && y < corner.y + corner.height
    }
  }
}
