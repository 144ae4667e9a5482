import Glibc

/// Where values lie along an axis.
struct Ruler {
  private let isLog: Bool
  private let low, span: Double

  init(_ range: ClosedRange<Double>, _ scale: Scale) {
    isLog = scale == .log
    low = isLog ? log(range.lowerBound) : range.lowerBound
    span = (isLog ? log(range.upperBound) : range.upperBound) - low
  }

  /// The share of the way from the axis's start to its end; before the start for what a logarithmic axis has no place for.
  func fraction(_ value: Double) -> Double {
    guard isLog else { return (value - low) / span }
    return value > 0 ? (log(value) - low) / span : -1
  }

  /// The value as gnuplot's axis measures it. There all axes are linear, those of logarithms too: so images have a place on them, and
  /// gnuplot's own treatment of logarithms and their ticks is left out.
  func measure(_ value: Double) -> Double { isLog ? log10(value) : value }

  /// The values as gnuplot's axis measures them.
  func measure(_ values: [Double]) -> [Double] { isLog ? values.map(log10) : values }

  /// The ends as gnuplot's axis measures them.
  func measure(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
    measure(range.lowerBound)...measure(range.upperBound)
  }

  /// The value at a share of the way.
  func value(at fraction: Double) -> Double {
    let place = low + fraction * span
    return isLog ? exp(place) : place
  }
}
