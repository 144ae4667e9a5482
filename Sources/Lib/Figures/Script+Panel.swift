extension Script {
  /// Draws one panel: its axes, marks, legend, colour bar and title.
  mutating func draw(_ frame: Frame, _ files: inout DataFiles) throws {
    setAxes(frame)
    label(
      frame.title, x: frame.plot.x, y: frame.outer.y + Style.titleBaseline, size: Style.titleFont, bold: true,
      colour: theme.text)
    if let legend = frame.legend { drawLegend(frame, legend) }
    var elements: [String] = []
    for shape in frame.plan.shapes { try draw(shape, frame, &elements, &files) }
    if frame.plan.isEmpty {
      label(
        "no finite data", x: frame.plot.x + frame.plot.width / 2, y: frame.plot.y + frame.plot.height / 2,
        anchor: "center", colour: theme.muted)
    }
    if elements.isEmpty {
      // gnuplot draws no axes without something to plot: one invisible point.
      elements.append(
        try files.columns([[frame.xRange.lowerBound], [frame.yRange.lowerBound]])
          + "using 1:2 with dots notitle "
          + "linecolor rgb '#ff000000'")
    }
    line("plot " + elements.joined(separator: ", "))
    if let bar = frame.plan.bar, let rect = frame.barRect { try drawBar(bar, rect, frame, &files) }
  }

  private mutating func setAxes(_ frame: Frame) {
    setMargins(frame.plot)
    // Tick marks take the border's colour; a matrix has neither.
    let border = frame.plan.drawsGrid ? theme.axis : theme.axis.opacity(0)
    line("set border \(frame.plan.drawsGrid ? 3 : 0) linewidth 1 linecolor rgb \(Self.colour(border))")
    line(
      "set tics out nomirror scale \(frame.plan.drawsGrid ? "0.5,0.3" : "0") textcolor rgb \(Self.colour(theme.muted)) "
        + font(Style.tickFont))
    line("set xrange [\(frame.xRange.lowerBound):\(frame.xRange.upperBound)]")
    line("set yrange [\(frame.yRange.lowerBound):\(frame.yRange.upperBound)]")
    if frame.plan.x.scale == .log { line("set logscale x 10") }
    if frame.plan.y.scale == .log { line("set logscale y 10") }
    let turn = frame.slantsXTicks ? "rotate by 30 right" : "norotate"
    line("set xtics nomirror \(turn) offset 0,0.3 \(list(frame.xTicks))")
    line("set ytics nomirror \(list(frame.yTicks))")
    if frame.plan.drawsGrid {
      // Bars stand on named places: only values deserve a grid line.
      let isCategorical = frame.plan.x.ticks != nil
      line(
        "set grid \(isCategorical ? "noxtics" : "xtics") ytics back linetype 1 linewidth 0.75 "
          + "linecolor rgb \(Self.colour(theme.grid))")
    }
    let (plot, outer) = (frame.plot, frame.outer)
    label(
      Text.printable(frame.plan.x.label), x: plot.x + plot.width / 2,
      y: outer.y + outer.height - Style.edge - 4,
      anchor: "center", colour: theme.text)
    label(
      Text.printable(frame.plan.y.label), x: outer.x + Style.edge + 6, y: plot.y + plot.height / 2,
      anchor: "center", colour: theme.text, extra: "rotate by 90")
  }

  private func list(_ ticks: [Tick]) -> String {
    let items = ticks.map { tick in
      "\(quotedTick(tick.label)) \(tick.value) \(tick.label.isEmpty ? 1 : 0)"
    }
    return "(" + items.joined(separator: ", ") + ")"
  }

  private mutating func draw(
    _ shape: Shape, _ frame: Frame, _ elements: inout [String], _ files: inout DataFiles
  ) throws {
    switch shape {
    case .polyline(let x, let y, let colour, let width, let dashed):
      let (xs, ys) = Decimation.envelope(x, y, frame: frame)
      guard xs.contains(where: { !$0.isNaN }) else { return }
      elements.append(
        try files.columns([xs, ys]) + "using 1:2 with lines notitle linewidth \(width) "
          + "dashtype \(dashed ? Self.dashes : "solid") linecolor rgb \(Self.colour(colour))")
    case .points(let x, let y, let colours, let size):
      guard !x.isEmpty else { return }
      let style = "notitle pointtype 7 pointsize \(pointScale * size)"
      if colours.count == x.count, colours.count > 1 {
        let packed = colours.map {
          Double(
            UInt32(255 - $0.alpha) << 24 | UInt32($0.red) << 16 | UInt32($0.green) << 8 | UInt32($0.blue))
        }
        elements.append(
          try files.columns([x, y, packed]) + "using 1:2:3 with points \(style) linecolor rgb variable")
      } else {
        elements.append(
          try files.columns([x, y])
            + "using 1:2 with points \(style) linecolor rgb \(Self.colour(colours.first ?? theme.text))")
      }
    case .area(let x, let lower, let upper, let colour):
      elements.append(
        try files.columns([x, lower, upper])
          + "using 1:2:3 with filledcurves notitle fillstyle solid noborder "
          + "fillcolor rgb \(Self.colour(colour))")
    case .boxes(let boxes, let colour):
      guard !boxes.isEmpty else { return }
      let floor = frame.plan.y.scale == .log ? frame.yRange.lowerBound : -Double.infinity
      elements.append(
        try files.columns([
          boxes.map { ($0.x.lowerBound + $0.x.upperBound) / 2 }, boxes.map(\.y.upperBound),
          boxes.map(\.x.lowerBound), boxes.map(\.x.upperBound), boxes.map { max($0.y.lowerBound, floor) },
          boxes.map(\.y.upperBound),
        ]) + "using 1:2:3:4:5:6 with boxxyerror notitle fillstyle solid border "
          + "linecolor rgb \(Self.colour(theme.page)) linewidth 0.5 fillcolor rgb \(Self.colour(colour))")
    case .errors(let x, let lower, let upper, let colour):
      // Double-headed vectors whose heads are at right angles are error bars with caps.
      let lows = lower.map { max($0, frame.yRange.lowerBound) }
      elements.append(
        try files.columns([x, lows, x.map { _ in 0 }, zip(upper, lows).map { $0 - $1 }])
          + "using 1:2:3:4 with vectors heads nofilled size screen \(3.5 / layout.size.width),90 "
          + "linewidth 1.25 linecolor rgb \(Self.colour(colour)) notitle")
    case .raster(let raster, let x, let y):
      elements.append(try pixels(raster, x: x, y: y, width: frame.plot.width, &files))
    case .rule(let position, let colour):
      let ends: String
      switch position {
      case .y(let value) where frame.yRange.contains(value):
        ends = "from graph 0, first \(value) to graph 1, first \(value)"
      case .x(let value) where frame.xRange.contains(value):
        ends = "from first \(value), graph 0 to first \(value), graph 1"
      default: return
      }
      line(
        "set arrow \(tag()) \(ends) nohead front dashtype \(Self.dashes) linewidth 1.25 linecolor rgb \(Self.colour(colour))"
      )
    case .words(let words, let x, let y, let centred, let colour):
      guard frame.xRange.contains(x), frame.yRange.contains(y) else { return }
      let place = frame.position(x, y)
      label(
        words, x: place.x + (centred ? 0 : 5), y: place.y - (centred ? 0 : 8),
        anchor: centred ? "center" : "left",
        size: centred ? Style.tickFont : Style.font, colour: colour)
    }
  }

  private mutating func drawLegend(_ frame: Frame, _ rect: Rect) {
    let (x, y) = frame.legendIsInside ? (rect.x + 6, rect.y + 3) : (rect.x, rect.y)
    let rows = Int((rect.height - 4) / Style.legendRow + 0.01)
    for (index, entry) in frame.plan.legend.enumerated() {
      let middle = y + Style.legendRow * (Double(index) + 0.5)
      if index == rows - 1, frame.plan.legend.count > rows {
        label(
          "… \(frame.plan.legend.count - index) more", x: x, y: middle, size: Style.tickFont,
          colour: theme.muted)
        return
      }
      let colour = "rgb \(Self.colour(entry.colour))"
      switch entry.symbol {
      case .line, .dashes:
        line(
          "set arrow \(tag()) from \(screen(x, middle)) to \(screen(x + Style.swatch, middle)) nohead front "
            + "linewidth 2 dashtype \(entry.symbol == .line ? "solid" : Self.dashes) linecolor \(colour)")
      case .point:
        line(
          "set label \(tag()) '' at \(screen(x + Style.swatch / 2, middle)) front "
            + "point pointtype 7 pointsize \(pointScale * 7.5) linecolor \(colour)")
      case .box:
        line(
          "set object \(tag()) rectangle from \(screen(x + 4, middle + 5)) to \(screen(x + Style.swatch - 4, middle - 5)) "
            + "front fillstyle solid noborder fillcolor \(colour)")
      }
      label(
        fitted(entry.label, to: frame.outer.width * 0.4, Style.font), x: x + Style.swatch + 6, y: middle,
        colour: theme.text)
    }
  }

  private mutating func drawBar(
    _ bar: ColourBar, _ rect: Rect, _ frame: Frame, _ files: inout DataFiles
  ) throws {
    line("unset label")
    line("unset arrow")
    line("unset object")
    line("unset logscale")
    line("unset grid")
    setMargins(rect)
    line("set border 0")
    line("unset xtics")
    line("unset ytics")
    line("set xrange [0:1]")
    line("set yrange [\(bar.range.lowerBound):\(bar.range.upperBound)]")
    let steps = 256
    let rgba = (0..<steps).flatMap { step -> [UInt8] in
      let colour = bar.colormap.colour(at: 1 - Double(step) / Double(steps - 1)) ?? theme.grid
      return [colour.red, colour.green, colour.blue, 255]
    }
    let widths = frame.barTicks.map { Style.width($0.label, Style.tickFont) }
    for tick in frame.barTicks {
      let y = rect.y + (1 - Frame.fraction(tick.value, bar.range, .linear)) * rect.height
      label(
        Text.printable(tick.label), x: rect.x + rect.width + 6, y: y, size: Style.tickFont,
        colour: theme.muted)
    }
    label(
      bar.label, x: rect.x + rect.width + 6 + (widths.max() ?? 0) + Style.labelHeight * 0.6,
      y: rect.y + rect.height / 2,
      anchor: "center", colour: theme.text, extra: "rotate by 90")
    line(
      "plot "
        + (try pixels(
          Raster(trustedWidth: 1, height: steps, rgba: rgba), x: 0...1, y: bar.range, width: rect.width,
          &files)))
  }

  // Round caps lengthen each dash by the line's width.
  private static var dashes: String { "(9,12)" }

  /// gnuplot's point size for a diameter of one point.
  private var pointScale: Double { isSVG ? 1 / 9.0 : 0.15 }
}
