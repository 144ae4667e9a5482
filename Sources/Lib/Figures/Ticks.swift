import Glibc

/// Round positions along an axis.
enum Ticks {
  /// Ticks at multiples of 1, 2 or 5 times a power of ten, about `count` of them, all inside `range` and no closer than
  /// `leastStep`.
  static func linear(_ range: ClosedRange<Double>, count: Int, leastStep: Double = 0) -> [Tick] {
    let span = range.upperBound - range.lowerBound
    guard span > 0, span.isFinite, count > 0 else { return [] }
    let power = pow(10, floor(log10(span / Double(count))))
    guard power > 0, power.isFinite else { return [] }
    // Indices, not repeated addition: no drift, and 0 is exactly 0.
    let slack = 1e-9
    func indices(_ step: Double) -> (first: Double, last: Double) {
      ((range.lowerBound / step - slack).rounded(.up), (range.upperBound / step + slack).rounded(.down))
    }
    // The round step whose number of ticks comes closest to the wish, in ratio; one tick alone would give no scale.
    let steps = [1, 2, 5, 10].map { max(leastStep, $0 * power) }
      .sorted { abs(log(span / $0 / Double(count))) < abs(log(span / $1 / Double(count))) }
    let step = steps.first { indices($0).last > indices($0).first } ?? steps[0]
    let (first, last) = indices(step)
    guard last >= first, last - first < 1000, abs(first) < 1e15, abs(last) < 1e15 else { return [] }
    // 3 × 0.2 is a little more than 0.6, where the axis may end.
    let values = stride(from: first, through: last, by: 1).map {
      min(max($0 * step, range.lowerBound), range.upperBound)
    }
    let largest = max(abs(range.lowerBound), abs(range.upperBound))
    let decimals = Int(max(0, -floor(log10(step) + slack)))
    // Numbers that differ in their last digits only: the first in full, the others by how far they are from it.
    if log10(largest) - log10(step) > 6, let base = values.first {
      let first = Text.fixed(base, decimals: decimals)
      return [Tick(base, first)]
        + values.dropFirst().map { Tick($0, "+" + Text.fixed($0 - base, decimals: decimals)) }
    }
    if largest >= 1e6 || largest < 1e-3 {
      return values.map { Tick($0, scientific($0, step: step, largest: largest)) }
    }
    return values.map { Tick($0, Text.fixed($0, decimals: decimals)) }
  }

  // One exponent for the whole axis, so that the labels compare by their leading numbers.
  private static func scientific(_ value: Double, step: Double, largest: Double) -> String {
    guard value != 0 else { return "0" }
    let exponent = Int(floor(log10(largest)))
    let decimals = max(0, exponent - Int(floor(log10(step) + 1e-9)))
    return Text.fixed(value / pow(10, Double(exponent)), decimals: decimals) + "×10"
      + Text.superscript(exponent)
  }

  /// Decades, thinned to about `count`; with 2 and 5 between them where less than two decades are visible;
  /// and unlabelled minor ticks.
  static func logarithmic(_ range: ClosedRange<Double>, count: Int) -> [Tick] {
    guard range.lowerBound > 0, range.upperBound > range.lowerBound, count > 0 else { return [] }
    let low = log10(range.lowerBound)
    let high = log10(range.upperBound)
    let decades = high - low
    if decades < 0.7 { return linear(range, count: count) }
    let step = max(1, Int((decades / Double(count)).rounded(.up)))
    var ticks: [Tick] = []
    for exponent in Int(floor(low))...Int(ceil(high)) {
      let decade = pow(10, Double(exponent))
      for digit in 1...9 {
        let value = decade * Double(digit)
        guard value >= range.lowerBound * (1 - 1e-9), value <= range.upperBound * (1 + 1e-9) else { continue }
        let labelled = digit == 1 ? exponent.isMultiple(of: step) : decades < 2 && (digit == 2 || digit == 5)
        if labelled {
          ticks.append(Tick(value, decadeLabel(digit, exponent)))
        } else if step == 1 || digit == 1 {
          ticks.append(Tick(value, ""))
        }
      }
    }
    return ticks
  }

  private static func decadeLabel(_ digit: Int, _ exponent: Int) -> String {
    if (-2...3).contains(exponent) {
      return Text.fixed(Double(digit) * pow(10, Double(exponent)), decimals: max(0, -exponent))
    }
    return (digit == 1 ? "" : "\(digit)×") + "10" + Text.superscript(exponent)
  }
}
