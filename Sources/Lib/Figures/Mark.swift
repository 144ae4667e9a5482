/// A curve through points in their order. Non-finite points are gaps; a point between two gaps is drawn as a
/// dot.
public struct Line: Equatable, Sendable {
  /// The points.
  public var x, y: [Double]
  /// Its legend text; empty for none.
  public var label: String
  /// Its colour; nil takes the theme's next.
  public var colour: Colour?
  /// Width in points.
  public var width: Double
  /// Drawn dashed.
  public var dashed: Bool
}

/// What decides the colour of scattered points.
public enum PointColours: Equatable, Sendable {
  /// One colour; nil takes the theme's next.
  case single(Colour?)
  /// A class index per point and the name of each class: one legend entry a class.
  case classes([Int], names: [String])
  /// A number per point, shown by a colour bar with this label.
  case values([Double], Colormap, label: String)
}

/// Separate points.
public struct Scatter: Equatable, Sendable {
  /// The points.
  public var x, y: [Double]
  /// Legend text when all points share a colour.
  public var label: String
  /// What decides their colour.
  public var colours: PointColours
  /// Diameter in points; nil shrinks with the number of points.
  public var size: Double?
}

/// The region between two curves, for intervals around a line. Takes the colour of the line that follows it.
public struct Band: Equatable, Sendable {
  /// The curves.
  public var x, lower, upper: [Double]
  /// Legend text.
  public var label: String
  /// Its colour.
  public var colour: Colour?
}

/// Counts of values in equal bins.
public struct Histogram: Equatable, Sendable {
  /// The sample; non-finite values are not counted.
  public var values: [Double]
  /// Number of bins; nil uses the Freedman-Diaconis rule.
  public var bins: Int?
  /// Divide by sample size and bin width, so that the area is 1.
  public var density: Bool
  /// Legend text.
  public var label: String
  /// Its colour.
  public var colour: Colour?
}

/// One series of a bar chart: a value for each category.
public struct BarSeries: Equatable, Sendable {
  /// Legend text.
  public var label: String
  /// The heights.
  public var values: [Double]
  /// Half-lengths of the error bars; empty for none.
  public var errors: [Double]

  /// A series of bars.
  public init(_ label: String = "", values: [Double], errors: [Double] = []) {
    (self.label, self.values, self.errors) = (label, values, errors)
  }
}

/// Bars side by side in named groups.
public struct Bars: Equatable, Sendable {
  /// The names under the groups.
  public var categories: [String]
  /// The series.
  public var series: [BarSeries]
}

/// A matrix as colours, its first row on top.
public struct HeatMap: Equatable, Sendable {
  /// Row-major values; NaN is left blank.
  public var values: [Double]
  /// Extents of the matrix.
  public var rows, columns: Int
  /// The scale of colours.
  public var colormap: Colormap
  /// The values at its ends; nil spans the data (symmetric about zero for a diverging map).
  public var range: ClosedRange<Double>?
  /// Names of rows and columns; empty for indices.
  public var rowNames, columnNames: [String]
  /// Write each number into its cell.
  public var showsValues: Bool
  /// What the colour bar measures.
  public var label: String
  /// The data coordinates it spans, first row at the bottom; nil counts rows and columns from the top.
  public var extent: Extent?

  /// The rectangle a heat map covers in data coordinates.
  public struct Extent: Equatable, Sendable {
    /// Outer edges.
    public var x, y: ClosedRange<Double>
    /// From its edges.
    public init(x: ClosedRange<Double>, y: ClosedRange<Double>) { (self.x, self.y) = (x, y) }
  }
}

/// A straight reference line across the whole plot.
public struct Rule: Equatable, Sendable {
  /// Which coordinate is fixed.
  public enum Position: Equatable, Sendable {
    /// A horizontal line at this y.
    case y(Double)
    /// A vertical line at this x.
    case x(Double)
  }
  /// Where.
  public var position: Position
  /// Written along the line.
  public var label: String
}

/// Words at a place in the data.
public struct Annotation: Equatable, Sendable {
  /// The words.
  public var text: String
  /// Where they start, in data units.
  public var x, y: Double
}

/// One thing drawn in a plot.
public enum Mark: Equatable, Sendable {
  /// A curve.
  case line(Line)
  /// Points.
  case scatter(Scatter)
  /// A region between curves.
  case band(Band)
  /// Binned counts.
  case histogram(Histogram)
  /// Grouped bars.
  case bars(Bars)
  /// A matrix of colours.
  case heatMap(HeatMap)
  /// A reference line.
  case rule(Rule)
  /// Words.
  case annotation(Annotation)
}

extension Mark {
  /// A curve; without `x` the points are numbered from 0.
  public static func line<Number: BinaryFloatingPoint>(
    x: [Number]? = nil, y: [Number], label: String = "", colour: Colour? = nil, width: Double = 2,
    dashed: Bool = false
  ) -> Mark {
    .line(
      Line(
        x: x.map { doubles($0) } ?? y.indices.map(Double.init), y: doubles(y), label: label, colour: colour,
        width: width, dashed: dashed))
  }

  /// Points of one colour.
  public static func scatter<Number: BinaryFloatingPoint>(
    x: [Number], y: [Number], label: String = "", colour: Colour? = nil, size: Double? = nil
  ) -> Mark {
    .scatter(Scatter(x: doubles(x), y: doubles(y), label: label, colours: .single(colour), size: size))
  }

  /// Points coloured by class, or by a value.
  public static func scatter<Number: BinaryFloatingPoint>(
    x: [Number], y: [Number], colours: PointColours, size: Double? = nil
  ) -> Mark {
    .scatter(Scatter(x: doubles(x), y: doubles(y), label: "", colours: colours, size: size))
  }

  /// The region between two curves.
  public static func band<Number: BinaryFloatingPoint>(
    x: [Number]? = nil, lower: [Number], upper: [Number], label: String = "", colour: Colour? = nil
  ) -> Mark {
    .band(
      Band(
        x: x.map { doubles($0) } ?? lower.indices.map(Double.init), lower: doubles(lower),
        upper: doubles(upper),
        label: label, colour: colour))
  }

  /// Binned counts of a sample.
  public static func histogram<Number: BinaryFloatingPoint>(
    _ values: [Number], bins: Int? = nil, density: Bool = false, label: String = "", colour: Colour? = nil
  ) -> Mark {
    .histogram(
      Histogram(values: doubles(values), bins: bins, density: density, label: label, colour: colour))
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
  public static func rule(y: Double, label: String = "") -> Mark {
    .rule(Rule(position: .y(y), label: label))
  }

  /// A vertical reference line.
  public static func rule(x: Double, label: String = "") -> Mark {
    .rule(Rule(position: .x(x), label: label))
  }

  /// Words at a place in the data.
  public static func annotation(_ text: String, x: Double, y: Double) -> Mark {
    .annotation(Annotation(text: text, x: x, y: y))
  }

  private static func doubles<Number: BinaryFloatingPoint>(_ values: [Number]) -> [Double] {
    (values as? [Double]) ?? values.map { Double($0) }
  }
}
