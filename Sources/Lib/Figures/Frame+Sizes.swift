/// What goes by the size of the plot.
extension Frame {
  /// How much smaller many points are in a plot that is smaller than a screen's.
  var pointScale: Double {
    plan.scalesPoints ? max(0.6, min(1, (plot.width * plot.height / 130_000).squareRoot())) : 1
  }

  /// The size in which the numbers in cells fit them, every one; nil where that is too small to be read.
  var cellFont: Double? {
    let fits = plan.shapes.compactMap { shape -> Double? in
      guard case .words(let words, let x, let y, let room?, _) = shape else { return nil }
      let cell = position(x + room / 2, y).x - position(x - room / 2, y).x
      return cell * 0.94 / max(0.1, Text.ems(words))
    }
    let size = min(fits.min() ?? 0, Style.tickFont)
    return size < 6.5 ? nil : size
  }
}
