/// A curve through points in their order. Non-finite points are gaps; a point between two gaps is drawn as a
/// dot.
public struct Line: Codable, Equatable, Sendable {
  /// The points.
  public var x, y: [Double]
  /// Its legend text; empty for none.
  public var label: String
  /// Its colour.
  public var ink: Ink
  /// Width in points.
  public var width: Double
  /// Drawn dashed.
  public var dashed: Bool
  /// A dot on each point.
  public var hasMarkers: Bool
}

/// What decides the colour of scattered points.
public enum PointColours: Codable, Equatable, Sendable {
  /// One colour.
  case single(Ink)
  /// A class index per point and the name of each class: one legend entry a class.
  case classes([Int], names: [String])
  /// A number per point, shown by a colour bar with this label.
  case values([Double], Colormap, label: String)
}

/// The form of a point.
public enum Symbol: String, CaseIterable, Codable, Sendable {
  /// A filled disc.
  case dot
  /// A ring.
  case circle
  /// A diagonal cross.
  case cross
  /// A filled square.
  case square
  /// A filled triangle.
  case triangle
  /// A filled diamond.
  case diamond
}

/// Separate points.
public struct Scatter: Codable, Equatable, Sendable {
  /// The points.
  public var x, y: [Double]
  /// Legend text when all points share a colour.
  public var label: String
  /// What decides their colour.
  public var colours: PointColours
  /// Diameter in points; nil shrinks with the number of points.
  public var size: Double?
  /// Their form.
  public var symbol: Symbol
  /// Half-lengths of vertical error bars; empty for none.
  public var errors: [Double]
}

/// The region between two curves, for intervals around a line. Takes the colour of the line that follows it.
public struct Band: Codable, Equatable, Sendable {
  /// The curves.
  public var x, lower, upper: [Double]
  /// Legend text.
  public var label: String
  /// Its colour.
  public var ink: Ink
}

/// Counts of values in equal bins.
public struct Histogram: Codable, Equatable, Sendable {
  /// The sample; non-finite values are not counted.
  public var values: [Double]
  /// Number of bins; nil uses the Freedman-Diaconis rule.
  public var bins: Int?
  /// Divide by sample size and bin width, so that the area is 1.
  public var density: Bool
  /// Legend text.
  public var label: String
  /// Its colour.
  public var ink: Ink
}

/// One series of a bar chart: a value for each category.
public struct BarSeries: Codable, Equatable, Sendable {
  /// Legend text.
  public var label: String
  /// The heights.
  public var values: [Double]
  /// Half-lengths of the error bars; empty for none.
  public var errors: [Double]
  /// Their colour.
  public var ink: Ink

  /// A series of bars.
  public init(_ label: String = "", values: [Double], errors: [Double] = [], ink: Ink = .next) {
    (self.label, self.values, self.errors, self.ink) = (label, values, errors, ink)
  }
}

/// Bars side by side in named groups.
public struct Bars: Codable, Equatable, Sendable {
  /// The names under the groups.
  public var categories: [String]
  /// The series.
  public var series: [BarSeries]
}

/// A matrix as colours, its first row on top.
public struct HeatMap: Codable, Equatable, Sendable {
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
  public struct Extent: Codable, Equatable, Sendable {
    /// Outer edges.
    public var x, y: ClosedRange<Double>
    /// From its edges.
    public init(x: ClosedRange<Double>, y: ClosedRange<Double>) { (self.x, self.y) = (x, y) }
  }
}

/// Level lines of a function sampled on a regular grid.
public struct Contour: Codable, Equatable, Sendable {
  /// Row-major samples, the first row at the lowest y; no line passes beside a NaN.
  public var values: [Double]
  /// Extents of the grid.
  public var rows, columns: Int
  /// The coordinates of the first and last samples.
  public var x, y: ClosedRange<Double>
  /// The values whose lines are drawn.
  public var levels: [Double]
  /// Writes the value into each line where it fits.
  public var showsLevels: Bool
  /// Colours the lines by their values.
  public var colormap: Colormap?
  /// Their colour where no map gives it.
  public var ink: Ink
  /// Width in points.
  public var width: Double
  /// Legend text.
  public var label: String
}

/// Arrows from places by displacements, both in data units.
public struct Arrows: Codable, Equatable, Sendable {
  /// Where they start.
  public var x, y: [Double]
  /// How far they go.
  public var dx, dy: [Double]
  /// Legend text.
  public var label: String
  /// Their colour.
  public var ink: Ink
  /// Width in points.
  public var width: Double
}

/// A shaded strip across the whole plot.
public struct Span: Codable, Equatable, Sendable {
  /// Which coordinate it bounds.
  public enum Direction: Codable, Equatable, Sendable {
    /// Between two x.
    case x
    /// Between two y.
    case y
  }
  /// Which coordinate it bounds.
  public var direction: Direction
  /// Its ends; an infinite one is the plot's edge.
  public var lower, upper: Double
  /// Legend text.
  public var label: String
  /// Its colour.
  public var ink: Ink
}

/// A vertical line from zero (on a logarithmic axis, from below) to each value, as spectra are drawn.
public struct Stems: Codable, Equatable, Sendable {
  /// The tips.
  public var x, y: [Double]
  /// Legend text.
  public var label: String
  /// Their colour.
  public var ink: Ink
}

/// Distributions side by side: median, quartiles, whiskers to the furthest value within 1.5 interquartile ranges
/// (Tukey 1977), and the values beyond as dots.
public struct BoxPlot: Codable, Equatable, Sendable {
  /// Names and samples; non-finite values are left out.
  public var groups: [Group]

  /// One sample with its name.
  public struct Group: Codable, Equatable, Sendable {
    /// Written below.
    public var name: String
    /// The sample.
    public var values: [Double]
    /// A sample with its name.
    public init(_ name: String, _ values: [Double]) { (self.name, self.values) = (name, values) }
  }
}

/// A straight reference line across the whole plot.
public struct Rule: Codable, Equatable, Sendable {
  /// Which coordinate is fixed.
  public enum Position: Codable, Equatable, Sendable {
    /// A horizontal line at this y.
    case y(Double)
    /// A vertical line at this x.
    case x(Double)
  }
  /// Where.
  public var position: Position
  /// Written at the line's end.
  public var label: String
  /// Its colour.
  public var ink: Ink
}

/// Words at a place in the data.
public struct Annotation: Codable, Equatable, Sendable {
  /// The words.
  public var text: String
  /// The place they speak of, in data units; they stand beside it, where there is room.
  public var x, y: Double
  /// Their colour.
  public var ink: Ink
}

/// One thing drawn in a plot.
public enum Mark: Codable, Equatable, Sendable {
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
  /// Level lines of a function of the plane.
  case contour(Contour)
  /// Arrows.
  case arrows(Arrows)
  /// A shaded strip across the whole plot.
  case span(Span)
  /// Vertical lines from zero to each value.
  case stems(Stems)
  /// Distributions as boxes.
  case boxPlot(BoxPlot)
}
