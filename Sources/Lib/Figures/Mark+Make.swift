extension Mark {
  /// A curve; without `x` the points are numbered from 0.
  public static func line<Number: BinaryFloatingPoint>(
    x: [Number]? = nil, y: [Number], label: String = "", ink: Ink = .next, width: Double = 2,
    dashed: Bool = false, hasMarkers: Bool = false
  ) -> Mark {
    .line(
      Line(
        x: x.map { doubles($0) } ?? y.indices.map(Double.init), y: doubles(y), label: label, ink: ink,
        width: width, dashed: dashed, hasMarkers: hasMarkers))
  }

  /// Points of one colour.
  public static func scatter<Number: BinaryFloatingPoint>(
    x: [Number], y: [Number], label: String = "", ink: Ink = .next, size: Double? = nil,
    symbol: Symbol = .dot,
    errors: [Double] = []
  ) -> Mark {
    .scatter(
      Scatter(
        x: doubles(x), y: doubles(y), label: label, colours: .single(ink), size: size, symbol: symbol,
        errors: errors))
  }

  /// Points coloured by class, or by a value.
  public static func scatter<Number: BinaryFloatingPoint>(
    x: [Number], y: [Number], colours: PointColours, size: Double? = nil, symbol: Symbol = .dot
  ) -> Mark {
    .scatter(
      Scatter(
        x: doubles(x), y: doubles(y), label: "", colours: colours, size: size, symbol: symbol, errors: []))
  }

  /// The region between two curves.
  public static func band<Number: BinaryFloatingPoint>(
    x: [Number]? = nil, lower: [Number], upper: [Number], label: String = "", ink: Ink = .next
  ) -> Mark {
    .band(
      Band(
        x: x.map { doubles($0) } ?? lower.indices.map(Double.init), lower: doubles(lower),
        upper: doubles(upper), label: label, ink: ink))
  }

  /// Binned counts of a sample.
  public static func histogram<Number: BinaryFloatingPoint>(
    _ values: [Number], bins: Int? = nil, density: Bool = false, label: String = "", ink: Ink = .next
  ) -> Mark {
    .histogram(Histogram(values: doubles(values), bins: bins, density: density, label: label, ink: ink))
  }

  /// Bars in named groups.
  public static func bars(_ categories: [String], _ series: [BarSeries]) -> Mark {
    .bars(Bars(categories: categories, series: series))
  }

  /// A row-major matrix as colours.
  public static func heatMap<Number: BinaryFloatingPoint>(
    _ values: [Number], rows: Int, columns: Int, colormap: Colormap = .viridis,
    range: ClosedRange<Double>? = nil, rowNames: [String] = [], columnNames: [String] = [],
    showsValues: Bool = false, label: String = "", extent: HeatMap.Extent? = nil
  ) -> Mark {
    .heatMap(
      HeatMap(
        values: doubles(values), rows: rows, columns: columns, colormap: colormap, range: range,
        rowNames: rowNames, columnNames: columnNames, showsValues: showsValues, label: label, extent: extent))
  }

  /// A horizontal reference line.
  public static func rule(y: Double, label: String = "", ink: Ink = .muted) -> Mark {
    .rule(Rule(position: .y(y), label: label, ink: ink))
  }

  /// A vertical reference line.
  public static func rule(x: Double, label: String = "", ink: Ink = .muted) -> Mark {
    .rule(Rule(position: .x(x), label: label, ink: ink))
  }

  /// Words beside a place in the data.
  public static func annotation(_ text: String, x: Double, y: Double, ink: Ink = .text) -> Mark {
    .annotation(Annotation(text: text, x: x, y: y, ink: ink))
  }

  /// Level lines of a function sampled on a regular grid, the first row at the lowest y.
  public static func contour(
    _ values: [Double], rows: Int, columns: Int, x: ClosedRange<Double>, y: ClosedRange<Double>,
    levels: [Double], showsLevels: Bool = false, colormap: Colormap? = nil, ink: Ink = .muted,
    width: Double = 1, label: String = ""
  ) -> Mark {
    .contour(
      Contour(
        values: values, rows: rows, columns: columns, x: x, y: y, levels: levels, showsLevels: showsLevels,
        colormap: colormap, ink: ink, width: width, label: label))
  }

  /// Arrows from places by displacements.
  public static func arrows(
    x: [Double], y: [Double], dx: [Double], dy: [Double], label: String = "", ink: Ink = .next,
    width: Double = 2
  ) -> Mark {
    .arrows(Arrows(x: x, y: y, dx: dx, dy: dy, label: label, ink: ink, width: width))
  }

  /// A shaded strip between two values of one coordinate.
  public static func span(
    _ direction: Span.Direction, from lower: Double, to upper: Double, label: String = "", ink: Ink = .muted
  ) -> Mark {
    .span(Span(direction: direction, lower: lower, upper: upper, label: label, ink: ink))
  }

  /// A vertical line from zero to each value; without `x` they are numbered from 0.
  public static func stems(x: [Double]? = nil, y: [Double], label: String = "", ink: Ink = .next) -> Mark {
    .stems(Stems(x: x ?? y.indices.map(Double.init), y: y, label: label, ink: ink))
  }

  /// Distributions side by side.
  public static func boxPlot(_ groups: [BoxPlot.Group]) -> Mark { .boxPlot(BoxPlot(groups: groups)) }

  private static func doubles<Number: BinaryFloatingPoint>(_ values: [Number]) -> [Double] {
    (values as? [Double]) ?? values.map { Double($0) }
  }
}
