extension Script {
  /// Draws one panel: its axes, marks, legend, colour bar and title.
  mutating func draw(_ frame: Frame, _ files: inout DataFiles) throws {
    setAxes(frame)
    let room = frame.outer.x + frame.outer.width - Style.edge / 2 - frame.plot.x
    label(
      fitted(frame.title, to: room / Style.boldness, Style.titleFont), x: frame.plot.x,
      y: frame.outer.y + Style.titleBaseline, size: Style.titleFont, bold: true,
      colour: theme.text)
    if let legend = frame.legend { drawLegend(frame, legend) }
    var elements: [String] = []
    cellFont = frame.cellFont
    for shape in frame.plan.shapes { try draw(shape, frame, &elements, &files) }
    if frame.plan.isEmpty {
      label(
        "no finite data", x: frame.plot.x + frame.plot.width / 2, y: frame.plot.y + frame.plot.height / 2,
        anchor: "center", colour: theme.muted)
    }
    if elements.isEmpty {
      // gnuplot draws no axes without something to plot: one invisible point.
      elements.append(
        try files.columns([
          [frame.across.measure(frame.xRange.lowerBound)], [frame.up.measure(frame.yRange.lowerBound)],
        ])
          + "using 1:2 with dots notitle "
          + "linecolor rgb '#ff000000'")
    }
    line("plot " + elements.joined(separator: ", "))
    if let bar = frame.plan.bar, let rect = frame.barRect { try drawBar(bar, rect, frame, &files) }
  }

  private mutating func setAxes(_ frame: Frame) {
    setMargins(frame.plot)
    // Tick marks take the border's colour; a matrix has neither.
    let hasAxes = frame.plan.drawsAxes
    let border = hasAxes ? theme.axis : theme.axis.opacity(0)
    let sides = hasAxes ? (frame.plan.right == nil ? 3 : 11) : 0
    line("set border \(sides) linewidth 1 linecolor rgb \(Self.colour(border))")
    line(
      "set tics out nomirror scale \(hasAxes ? "0.5,0.3" : "0") textcolor rgb \(Self.colour(theme.muted)) "
        + font(Style.tickFont))
    let (across, up) = (frame.across, frame.up)
    line("set xrange [\(across.measure(frame.xRange.lowerBound)):\(across.measure(frame.xRange.upperBound))]")
    let yRange = "[\(up.measure(frame.yRange.lowerBound)):\(up.measure(frame.yRange.upperBound))]"
    line("set yrange \(yRange)")
    let turn = frame.slantsXTicks ? "rotate by 30 right" : "norotate"
    // An empty list would mean gnuplot's own ticks.
    line(
      frame.xTicks.isEmpty
        ? "unset xtics" : "set xtics nomirror \(turn) offset 0,0.3 \(list(frame.xTicks, across))")
    line(frame.yTicks.isEmpty ? "unset ytics" : "set ytics nomirror \(list(frame.yTicks, up))")
    if frame.plan.right != nil {
      line("set y2range \(yRange)")
      line("set y2tics nomirror \(list(frame.rightTicks, up))")
    }
    if frame.plan.drawsGrid {
      // Bars stand on named places: only values deserve a grid line.
      let isCategorical = frame.plan.x.ticks != nil
      line(
        "set grid \(isCategorical ? "noxtics" : "xtics") ytics back linetype 1 linewidth 0.75 "
          + "linecolor rgb \(Self.colour(theme.grid))")
    }
    let (plot, outer) = (frame.plot, frame.outer)
    let middle = plot.x + plot.width / 2
    let reach = min(middle - outer.x, outer.x + outer.width - middle) - 4
    label(
      fitted(frame.plan.x.label, to: 2 * reach, Style.font), x: middle,
      y: plot.y + plot.height + frame.xLabelHeight + Style.labelHeight - 4,
      anchor: "center", colour: theme.text)
    label(
      fitted(frame.plan.y.label, to: upright(frame), Style.font), x: outer.x + Style.edge + 6,
      y: plot.y + plot.height / 2,
      anchor: "center", colour: theme.text, extra: "rotate by 90")
    if let right = frame.plan.right {
      let labels = frame.rightTicks.map { Style.width($0.label, Style.tickFont) }.max() ?? 0
      label(
        fitted(right.axis.label, to: upright(frame), Style.font),
        x: plot.x + plot.width + 14 + labels + Style.labelHeight * 0.5,
        y: plot.y + plot.height / 2, anchor: "center", colour: theme.text, extra: "rotate by 90")
    }
  }

  /// The room of words that stand upright beside the middle of the plot.
  private func upright(_ frame: Frame) -> Double {
    let middle = frame.plot.y + frame.plot.height / 2
    return 2 * min(middle - frame.outer.y, frame.outer.y + frame.outer.height - middle) - 8
  }

  private func list(_ ticks: [Tick], _ ruler: Ruler) -> String {
    let items = ticks.map { tick in
      "\(quotedTick(tick.label)) \(ruler.measure(tick.value)) \(tick.label.isEmpty ? 1 : 0)"
    }
    return "(" + items.joined(separator: ", ") + ")"
  }

  private mutating func drawLegend(_ frame: Frame, _ rect: Rect) {
    guard frame.legendRows.isEmpty else { return drawLegendRows(frame, rect) }
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
      draw(entry, x: x, middle: middle, width: frame.outer.width * 0.4)
    }
  }

  private mutating func drawLegendRows(_ frame: Frame, _ rect: Rect) {
    let bottom = rect.y + rect.height
    for (index, row) in frame.legendRows.enumerated() {
      var x = rect.x
      for entry in row {
        let middle = bottom - Style.legendRow * (Double(frame.legendRows.count - index) - 0.5)
        draw(entry, x: x, middle: middle, width: rect.width * 0.8)
        x += Frame.legendWidth(entry, in: rect.width) + Style.legendGap
      }
    }
  }

  private mutating func draw(_ entry: LegendEntry, x: Double, middle: Double, width: Double) {
    let colour = "rgb \(Self.colour(entry.colour))"
    switch entry.form {
    case .line, .dashes:
      let dashes = if case .line = entry.form { "solid" } else { Self.dashes }
      line(
        "set arrow \(tag()) from \(screen(x, middle)) to \(screen(x + Style.swatch, middle)) nohead front "
          + "linewidth 2 dashtype \(dashes) linecolor \(colour)")
    case .arrow:
      line(
        "set arrow \(tag()) from \(screen(x, middle)) to \(screen(x + Style.swatch, middle)) \(heads(2)) front "
          + "linewidth 2 linecolor \(colour)")
    case .point(let symbol):
      line(
        "set label \(tag()) '' at \(screen(x + Style.swatch / 2, middle)) front "
          + "point pointtype \(Self.pointType(symbol)) pointsize \(pointScale * 7.5) linewidth 1.5 linecolor \(colour)"
      )
    case .box:
      line(
        "set object \(tag()) rectangle from \(screen(x + 4, middle + 5)) to \(screen(x + Style.swatch - 4, middle - 5)) "
          + "front fillstyle solid noborder fillcolor \(colour)")
    }
    label(
      fitted(entry.label, to: width, Style.font), x: x + Style.swatch + 6, y: middle, colour: theme.text)
  }

  private mutating func drawBar(
    _ bar: ColourBar, _ rect: Rect, _ frame: Frame, _ files: inout DataFiles
  ) throws {
    line("unset label")
    line("unset arrow")
    line("unset object")
    line("unset grid")
    setMargins(rect)
    line("set border 0")
    line("unset xtics")
    line("unset ytics")
    line("set xrange [0:1]")
    line("set yrange [\(bar.range.lowerBound):\(bar.range.upperBound)]")
    let steps = 256
    let rgba = (0..<steps).flatMap { step -> [UInt8] in
      let colour = bar.colour(at: 1 - Double(step) / Double(steps - 1)) ?? theme.grid
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
      fitted(bar.label, to: upright(frame), Style.font),
      x: rect.x + rect.width + 6 + (widths.max() ?? 0) + Style.labelHeight * 0.6,
      y: rect.y + rect.height / 2,
      anchor: "center", colour: theme.text, extra: "rotate by 90")
    line(
      "plot "
        + (try pixels(
          Raster(trustedWidth: 1, height: steps, rgba: rgba), x: 0...1, y: bar.range, width: rect.width,
          &files)))
  }

}
