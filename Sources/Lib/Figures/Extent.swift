import Glibc

/// Ranges of data.
enum Extent {
  /// Larger magnitudes than these cannot be subtracted or divided safely; they count as infinite.
  static func isDrawable(_ value: Double) -> Bool { abs(value) < 1e300 }

  /// Whether a value has a place on an axis of this scale.
  static func isDrawable(_ value: Double, on scale: Scale) -> Bool {
    isDrawable(value) && (scale == .linear || value > 1e-300)
  }

  /// A whole number within bounds, whatever the value; NaN gives the lower one.
  static func whole(_ value: Double, in bounds: ClosedRange<Int>) -> Int {
    guard value >= Double(bounds.lowerBound) else { return bounds.lowerBound }
    return value >= Double(bounds.upperBound) ? bounds.upperBound : Int(value)
  }

  /// The range of the drawable values, positive ones only on a logarithmic scale; nil when there are none.
  static func of(_ values: some Sequence<Double>, scale: Scale = .linear) -> ClosedRange<Double>? {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where isDrawable(value, on: scale) {
      low = min(low, value)
      high = max(high, value)
    }
    return low <= high ? low...high : nil
  }

  static func union(_ a: ClosedRange<Double>?, _ b: ClosedRange<Double>?) -> ClosedRange<Double>? {
    guard let a, let b else { return a ?? b }
    return min(a.lowerBound, b.lowerBound)...max(a.upperBound, b.upperBound)
  }

  /// The range with a margin of `margin` times its length on the given sides, widened where it is a point or
  /// too short for its magnitude to be divided into ticks.
  static func padded(
    _ range: ClosedRange<Double>, scale: Scale, margin: Double, lower: Bool = true, upper: Bool = true
  ) -> ClosedRange<Double> {
    var (low, high) = (range.lowerBound, range.upperBound)
    if scale == .log {
      // In logarithms: the quotient of the ends may not be a number.
      let span = log(high) - log(low)
      if span < 1e-4 { return (low / 2)...(high * 2) }
      let pad = min(span * margin, 10)
      return (lower ? low * exp(-pad) : low)...(upper ? high * exp(pad) : high)
    }
    let least = max(max(abs(low), abs(high)) * 1e-9, 1e-290)
    if high - low <= least {
      let half = max(abs(low) * 0.1, least, low == 0 ? 1 : 0)
      (low, high) = (low - half, high + half)
    }
    let pad = (high - low) * margin
    return (lower ? low - pad : low)...(upper ? high + pad : high)
  }
}
