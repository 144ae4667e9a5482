/// One thing to draw, in data coordinates, with its final colour. What both the gnuplot and the text renderer
/// understand.
enum Shape {
  case polyline(x: [Double], y: [Double], colour: Colour, width: Double, dashed: Bool)
  case points(x: [Double], y: [Double], colours: [Colour], size: Double, symbol: Symbol)
  case area(x: [Double], lower: [Double], upper: [Double], colour: Colour)
  case boxes([Box], colour: Colour)
  case errors(x: [Double], lower: [Double], upper: [Double], colour: Colour)
  case raster(Raster, x: ClosedRange<Double>, y: ClosedRange<Double>)
  case rule(Rule.Position, label: String, colour: Colour)
  /// Words beside a place, or in the middle of a cell whose width is given.
  case words(String, x: Double, y: Double, room: Double?, colour: Colour)
  /// A level line with its value, written where it fits.
  case level(x: [Double], y: [Double], label: String, colour: Colour, width: Double)
  case arrows(x: [Double], y: [Double], dx: [Double], dy: [Double], colour: Colour, width: Double)
  /// A strip across the plot, with finite ends.
  case span(Span.Direction, ClosedRange<Double>, colour: Colour)

  struct Box {
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
  }
}

/// One line of a legend.
struct LegendEntry {
  enum Form { case line, dashes, point(Symbol), box, arrow }
  var label: String
  var colour: Colour
  var form: Form
}

/// The key to a scale of colours.
struct ColourBar {
  var colormap: Colormap
  var range: ClosedRange<Double>
  var label: String
  /// The part of the map, from its start, that is left out.
  var start = 0.0

  /// The colour at a share of the range.
  func colour(at t: Double) -> Colour? { colormap.colour(at: start + (1 - start) * t) }
}

/// A panel resolved against a theme: what to draw, over which ranges, with which key.
struct PanelPlan {
  var shapes: [Shape] = []
  var legend: [LegendEntry] = []
  var bar: ColourBar?
  var x: Axis
  var y: Axis
  var xRange: ClosedRange<Double> = 0...1
  var yRange: ClosedRange<Double> = 0...1
  /// What is measured to the right, in its own units.
  var right: RightAxis?
  /// The frame and the lines behind the data.
  var drawsAxes = true, drawsGrid = true
  /// The data fill the axes: units are made equal by the plot's form, not by more room.
  var isTight = false
  /// The x are counted, not measured.
  var countsX = false
  var isEmpty = false
  /// The sizes of points go by their number, for a plot of the usual size.
  var scalesPoints = false
  let legendPlace: Legend
  let equalUnits: Bool

  init(_ panel: Panel, theme: Theme) throws {
    (x, y, legendPlace, equalUnits) = (panel.x, panel.y, panel.legend, panel.equalUnits)
    let asked = Set((panel.marks + (panel.right?.marks ?? [])).flatMap(\.inks))
    var builder = PlanBuilder(theme: theme, x: panel.x, y: panel.y, taken: asked)
    try builder.add(panel.marks)
    var beside = PlanBuilder(theme: theme, x: panel.x, y: panel.right?.axis ?? Axis(), taken: asked)
    beside.nextColour = builder.nextColour
    try beside.add(panel.right?.marks ?? [])
    (shapes, legend, bar) = (builder.shapes, builder.legend, builder.bar ?? beside.bar)
    scalesPoints = builder.scalesPoints
    drawsAxes = !builder.isMatrix
    countsX = builder.isWhole && beside.isWhole
    drawsGrid = !builder.coversGrid
    isTight = builder.tightX && builder.tightY
    x.ticks = x.ticks ?? builder.xTicks
    y.ticks = y.ticks ?? builder.yTicks
    isEmpty = (builder.xExtent ?? beside.xExtent) == nil || (builder.yExtent ?? beside.yExtent) == nil
    xRange = try Self.range(
      x, Extent.union(builder.xExtent, beside.xExtent), margin: builder.tightX ? 0 : 0.03, name: "x")
    yRange = try builder.yRange(y, name: "y")
    if let axis = panel.right?.axis {
      guard !equalUnits else {
        throw FigureError.invalid(mark: "figure", "equal units and a second vertical axis exclude each other")
      }
      let right = RightAxis(axis: axis, range: try beside.yRange(axis, name: "right axis"))
      shapes += beside.shapes.map { right.moved($0, onto: yRange, y.scale) }
      legend += beside.legend
      self.right = right
    }
  }

  fileprivate static func range(
    _ axis: Axis, _ extent: ClosedRange<Double>?, margin: Double, lower: Bool = true, upper: Bool = true,
    name: String
  ) throws -> ClosedRange<Double> {
    guard let asked = axis.range else {
      let fallback: ClosedRange<Double> = axis.scale == .log ? 1...10 : 0...1
      guard let extent else { return fallback }
      return Extent.padded(extent, scale: axis.scale, margin: margin, lower: lower, upper: upper)
    }
    guard Extent.isDrawable(asked.lowerBound), Extent.isDrawable(asked.upperBound),
      asked.upperBound > asked.lowerBound
    else { throw FigureError.invalid(mark: "\(name) axis", "the range must be finite and not empty") }
    guard axis.scale == .linear || asked.lowerBound > 0 else {
      throw FigureError.invalid(
        mark: "\(name) axis", "a logarithmic range must start above 0, not at \(Text.short(asked.lowerBound))"
      )
    }
    return asked
  }
}

/// Turns marks into shapes and gathers what they need of the axes.
struct PlanBuilder {
  let theme: Theme
  let x, y: Axis
  var shapes: [Shape] = []
  var legend: [LegendEntry] = []
  var bar: ColourBar?
  var xExtent, yExtent: ClosedRange<Double>?
  var xTicks, yTicks: [Tick]?
  /// Bars and histograms stand on zero: no margin below (or above, where all hang down).
  var pinsZero = false, pinsTop = false
  /// The data reach the ends of the axes, need no axes, or cover the lines behind them.
  var tightX = false, tightY = false, isMatrix = false, coversGrid = false
  /// Series colours asked for by name: `next` passes them over.
  let taken: Set<Ink>
  var nextColour = 0
  /// Nobody asked for a size of points.
  var scalesPoints = false
  /// All x are whole numbers, such as steps: fractions between them would be odd ticks.
  var isWhole = true

  init(theme: Theme, x: Axis, y: Axis, taken: Set<Ink>) {
    (self.theme, self.x, self.y, self.taken) = (theme, x, y, taken)
  }

  func yRange(_ axis: Axis, name: String) throws -> ClosedRange<Double> {
    try PanelPlan.range(
      axis, yExtent, margin: tightY ? 0 : 0.05, lower: !pinsZero, upper: !pinsTop, name: name)
  }

  mutating func add(_ marks: [Mark]) throws {
    let bins = try HistogramBins(marks)
    for mark in marks {
      switch mark {
      case .line(let line): try add(line)
      case .scatter(let scatter): try add(scatter)
      case .band(let band): try add(band)
      case .histogram(let histogram): if let bins { add(histogram, bins) }
      case .bars(let bars): try add(bars)
      case .heatMap(let map): try add(map)
      case .rule(let rule): add(rule)
      case .annotation(let annotation): add(annotation)
      case .contour(let contour): try add(contour)
      case .arrows(let arrows): try add(arrows)
      case .span(let span): try add(span)
      case .stems(let stems): try add(stems)
      case .boxPlot(let boxes): try add(boxes)
      }
    }
  }

  mutating func colour(_ ink: Ink) -> Colour {
    let colour = upcoming(ink)
    if ink == .next { nextColour += 1 }
    return colour
  }

  /// The colour an ink would get, without using it up.
  private mutating func upcoming(_ ink: Ink) -> Colour {
    switch ink {
    case .next:
      let count = theme.cycle.count
      if taken.count < count { while taken.contains(.series(nextColour % max(1, count))) { nextColour += 1 } }
      return theme.colour(nextColour)
    case .series(let place): return theme.colour(max(0, place))
    case .text: return theme.text
    case .muted: return theme.muted
    case .exact(let colour): return colour
    }
  }

  mutating func extend(x values: [Double]) {
    isWhole = isWhole && values.allSatisfy { $0.isNaN || $0 == $0.rounded() }
    xExtent = Extent.union(xExtent, Extent.of(values, scale: x.scale))
  }
  mutating func extend(y values: [Double]) {
    yExtent = Extent.union(yExtent, Extent.of(values, scale: y.scale))
  }

  mutating func key(_ label: String, _ colour: Colour, _ form: LegendEntry.Form) {
    if !label.isEmpty {
      legend.append(LegendEntry(label: Text.printable(label), colour: colour, form: form))
    }
  }

  /// The points that have a place on these axes; the rest become NaN, which every renderer treats as a gap.
  func placed(_ xs: [Double], _ ys: [Double]) -> ([Double], [Double]) {
    var xs = xs
    var ys = ys
    for i in xs.indices {
      let hasPlace = Extent.isDrawable(xs[i], on: x.scale) && Extent.isDrawable(ys[i], on: y.scale)
      if !hasPlace { (xs[i], ys[i]) = (.nan, .nan) }
    }
    return (xs, ys)
  }

  private mutating func add(_ line: Line) throws {
    try sameLength("line", ("x", line.x.count), ("y", line.y.count))
    guard line.width > 0, line.width <= 100 else {
      throw FigureError.invalid(
        mark: "line", "width must be between 0 and 100, not \(Text.short(line.width))")
    }
    let colour = colour(line.ink)
    let (xs, ys) = placed(line.x, line.y)
    extend(x: xs)
    extend(y: ys)
    shapes.append(.polyline(x: xs, y: ys, colour: colour, width: line.width, dashed: line.dashed))
    let dots = xs.indices.filter { i in
      !xs[i].isNaN
        && (line.hasMarkers || (i == 0 || xs[i - 1].isNaN) && (i + 1 == xs.count || xs[i + 1].isNaN))
    }
    if !dots.isEmpty {
      shapes.append(
        .points(
          x: dots.map { xs[$0] }, y: dots.map { ys[$0] }, colours: [colour], size: line.width + 3.5,
          symbol: .dot))
    }
    key(line.label, colour, line.dashed ? .dashes : .line)
  }

  private mutating func add(_ band: Band) throws {
    try sameLength("band", ("x", band.x.count), ("lower", band.lower.count), ("upper", band.upper.count))
    let colour = upcoming(band.ink).opacity(0.22)
    let (_, lower) = placed(band.x, band.lower)
    let (xs, upper) = placed(band.x, band.upper)
    for run in runs(xs, lower) {
      let (low, high) = (Array(lower[run]), Array(upper[run]))
      extend(x: Array(xs[run]))
      extend(y: low)
      extend(y: high)
      shapes.append(.area(x: Array(xs[run]), lower: low, upper: high, colour: colour))
    }
    key(band.label, colour.opacity(0.45), .box)
  }

  // Stretches of at least two points in which everything is finite.
  private func runs(_ a: [Double], _ b: [Double]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start = 0
    for i in 0...a.count where i == a.count || a[i].isNaN || b[i].isNaN {
      if i - start >= 2 { runs.append(start..<i) }
      start = i + 1
    }
    return runs
  }

  private mutating func add(_ rule: Rule) {
    switch rule.position {
    case .y(let value):
      extend(y: [value])
      guard Extent.isDrawable(value, on: y.scale) else { return }
    case .x(let value):
      extend(x: [value])
      guard Extent.isDrawable(value, on: x.scale) else { return }
    }
    shapes.append(.rule(rule.position, label: Text.printable(rule.label), colour: colour(rule.ink)))
  }

  private mutating func add(_ annotation: Annotation) {
    let (xs, ys) = placed([annotation.x], [annotation.y])
    guard !xs[0].isNaN else { return }
    extend(x: xs)
    extend(y: ys)
    shapes.append(
      .words(
        Text.printable(annotation.text), x: xs[0], y: ys[0], room: nil, colour: colour(annotation.ink)))
  }

  func sameLength(_ mark: String, _ parts: (name: String, count: Int)...) throws {
    guard let first = parts.first, parts.contains(where: { $0.count != first.count }) else { return }
    let detail = parts.map { "\($0.name) has \($0.count)" }.joined(separator: ", ")
    throw FigureError.lengths(mark: mark, detail)
  }
}
