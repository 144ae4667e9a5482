/// A curve in one line of text, for a progress line.
public enum Sparkline {
  private static let levels = Array("▁▂▃▄▅▆▇█")

  /// Means of equal stretches of the values, as blocks between the least and the largest of them; non-finite values are left
  /// out.
  public static func text(_ values: [Double], columns: Int) -> String {
    let finite = values.filter(Extent.isDrawable)
    let count = min(max(0, columns), finite.count)
    guard count > 0 else { return "" }
    let means = (0..<count).map { column in
      let stretch = finite[(column * finite.count / count)..<((column + 1) * finite.count / count)]
      return stretch.reduce(0) { $0 + $1 / Double(stretch.count) }
    }
    let (low, high) = (means.min() ?? 0, means.max() ?? 0)
    guard high > low else { return String(repeating: levels[0], count: count) }
    return String(
      means.map {
        levels[Extent.whole(($0 - low) / (high - low) * Double(levels.count), in: 0...(levels.count - 1))]
      })
  }
}
