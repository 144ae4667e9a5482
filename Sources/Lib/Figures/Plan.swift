/// One thing to draw, in data coordinates, with its final colour. What both the gnuplot and the text renderer
/// understand.
enum Shape {
  case polyline(x: [Double], y: [Double], colour: Colour, width: Double, dashed: Bool)
  case points(x: [Double], y: [Double], colours: [Colour], size: Double)
  case area(x: [Double], lower: [Double], upper: [Double], colour: Colour)
  case boxes([Box], colour: Colour)
  case errors(x: [Double], lower: [Double], upper: [Double], colour: Colour)
  case raster(Raster, x: ClosedRange<Double>, y: ClosedRange<Double>)
  case rule(Rule.Position, colour: Colour)
  case words(String, x: Double, y: Double, centred: Bool, colour: Colour)

  struct Box {
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
  }
}

/// One line of a legend.
struct LegendEntry {
  enum Symbol { case line, dashes, point, box }
  var label: String
  var colour: Colour
  var symbol: Symbol
}

/// The key to a scale of colours.
struct ColourBar {
  var colormap: Colormap
  var range: ClosedRange<Double>
  var label: String
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
  var drawsGrid = true
  var isEmpty = false
  let legendPlace: Legend
  let equalUnits: Bool

  init(_ panel: Panel, theme: Theme) throws {
    (x, y, legendPlace, equalUnits) = (panel.x, panel.y, panel.legend, panel.equalUnits)
    var builder = PlanBuilder(theme: theme, x: panel.x, y: panel.y)
    try builder.add(panel.marks)
    (shapes, legend, bar) = (builder.shapes, builder.legend, builder.bar)
    drawsGrid = !builder.isMatrix
    x.ticks = x.ticks ?? builder.xTicks
    y.ticks = y.ticks ?? builder.yTicks
    isEmpty = builder.xExtent == nil || builder.yExtent == nil
    xRange = try Self.range(x, builder.xExtent, margin: builder.tightX ? 0 : 0.03, name: "x")
    yRange = try Self.range(
      y, builder.yExtent, margin: builder.isMatrix ? 0 : 0.05, lower: !builder.pinsZero,
      upper: !builder.pinsTop,
      name: "y")
  }

  private static func range(
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
  var tightX = false
  var isMatrix = false
  private var nextColour = 0

  init(theme: Theme, x: Axis, y: Axis) { (self.theme, self.x, self.y) = (theme, x, y) }

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
      }
    }
  }

  mutating func colour(_ asked: Colour?) -> Colour {
    if let asked { return asked }
    defer { nextColour += 1 }
    return theme.colour(nextColour)
  }

  mutating func extend(x values: [Double]) {
    xExtent = Extent.union(xExtent, Extent.of(values, scale: x.scale))
  }
  mutating func extend(y values: [Double]) {
    yExtent = Extent.union(yExtent, Extent.of(values, scale: y.scale))
  }

  mutating func key(_ label: String, _ colour: Colour, _ symbol: LegendEntry.Symbol) {
    if !label.isEmpty {
      legend.append(LegendEntry(label: Text.printable(label), colour: colour, symbol: symbol))
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
    let colour = colour(line.colour)
    let (xs, ys) = placed(line.x, line.y)
    extend(x: xs)
    extend(y: ys)
    shapes.append(.polyline(x: xs, y: ys, colour: colour, width: line.width, dashed: line.dashed))
    let alone = xs.indices.filter { i in
      !xs[i].isNaN && (i == 0 || xs[i - 1].isNaN) && (i + 1 == xs.count || xs[i + 1].isNaN)
    }
    if !alone.isEmpty {
      shapes.append(
        .points(x: alone.map { xs[$0] }, y: alone.map { ys[$0] }, colours: [colour], size: line.width * 2.5))
    }
    key(line.label, colour, line.dashed ? .dashes : .line)
  }

  private mutating func add(_ band: Band) throws {
    try sameLength("band", ("x", band.x.count), ("lower", band.lower.count), ("upper", band.upper.count))
    let colour = (band.colour ?? theme.colour(nextColour)).opacity(0.22)
    let (_, lower) = placed(band.x, band.lower)
    let (xs, upper) = placed(band.x, band.upper)
    for run in runs(xs, lower) {
      let (low, high) = (Array(lower[run]), Array(upper[run]))
      extend(x: Array(xs[run]))
      extend(y: low)
      extend(y: high)
      shapes.append(.area(x: Array(xs[run]), lower: low, upper: high, colour: colour))
    }
    key(band.label, colour, .box)
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
    shapes.append(.rule(rule.position, colour: theme.muted))
    key(rule.label, theme.muted, .dashes)
  }

  private mutating func add(_ annotation: Annotation) {
    let (xs, ys) = placed([annotation.x], [annotation.y])
    guard !xs[0].isNaN else { return }
    extend(x: xs)
    extend(y: ys)
    shapes.append(
      .words(Text.printable(annotation.text), x: xs[0], y: ys[0], centred: false, colour: theme.text))
  }

  func sameLength(_ mark: String, _ parts: (name: String, count: Int)...) throws {
    guard let first = parts.first, parts.contains(where: { $0.count != first.count }) else { return }
    let detail = parts.map { "\($0.name) has \($0.count)" }.joined(separator: ", ")
    throw FigureError.lengths(mark: mark, detail)
  }
}
