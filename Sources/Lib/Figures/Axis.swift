/// How values map to positions along an axis.
public enum Scale: String, Codable, Sendable {
  /// Equal steps.
  case linear
  /// Equal factors; values that are not positive have no place and leave gaps.
  case log
}

/// One labelled position on an axis.
public struct Tick: Codable, Hashable, Sendable {
  /// Where, in data units.
  public var value: Double
  /// What is written there; empty for a minor tick.
  public var label: String

  /// A tick with its text.
  public init(_ value: Double, _ label: String) { (self.value, self.label) = (value, label) }
}

/// An axis: its label, scale and, where the data should not decide, its range and ticks.
public struct Axis: Codable, Equatable, Sendable {
  /// What the axis measures, with its unit.
  public var label: String
  /// Linear or logarithmic.
  public var scale: Scale
  /// The visible values; nil shows all the data with a small margin.
  public var range: ClosedRange<Double>?
  /// Fixed ticks; nil chooses round numbers.
  public var ticks: [Tick]?

  /// An axis; everything defaults to what the data suggest.
  public init(
    _ label: String = "", scale: Scale = .linear, range: ClosedRange<Double>? = nil, ticks: [Tick]? = nil
  ) {
    (self.label, self.scale, self.range, self.ticks) = (label, scale, range, ticks)
  }
}

/// Where the legend goes.
public enum Legend: Codable, Sendable {
  /// In a corner that holds no data, else to the right of the plot. Absent when no mark is labelled.
  case automatic
  /// To the right of the plot.
  case outside
  /// To the right of the whole grid, once for all its panels that say so; outside where there is no grid.
  case shared
  /// Not drawn.
  case none
}
