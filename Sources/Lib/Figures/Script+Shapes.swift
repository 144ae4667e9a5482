extension Script {
  mutating func draw(
    _ shape: Shape, _ frame: Frame, _ elements: inout [String], _ files: inout DataFiles
  ) throws {
    let (across, up) = (frame.across, frame.up)
    switch shape {
    case .polyline(let x, let y, let colour, let width, let dashed):
      let (xs, ys) = Decimation.thinned(x, y, frame: frame)
      guard xs.contains(where: { !$0.isNaN }) else { return }
      elements.append(
        try files.columns([across.measure(xs), up.measure(ys)])
          + "using 1:2 with lines notitle linewidth \(width) "
          + "dashtype \(dashed ? Self.dashes : "solid") linecolor rgb \(Self.colour(colour))")
    case .points(let x, let y, let colours, let usualSize, let symbol):
      guard !x.isEmpty else { return }
      let size = usualSize * frame.pointScale
      if x.count > PointCloud.threshold, let cloud = PointCloud(x, y, colours, size, frame) {
        elements.append(
          try pixels(
            cloud.raster, x: across.measure(frame.xRange), y: up.measure(frame.yRange),
            width: frame.plot.width, isFine: true, &files))
        return
      }
      let (x, y) = (across.measure(x), up.measure(y))
      let style = "notitle pointtype \(Self.pointType(symbol)) pointsize \(pointScale * size) linewidth 1.5"
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
        try files.columns([across.measure(x), up.measure(lower), up.measure(upper)])
          + "using 1:2:3 with filledcurves notitle fillstyle solid noborder "
          + "fillcolor rgb \(Self.colour(colour))")
    case .boxes(let boxes, let colour):
      guard !boxes.isEmpty else { return }
      let floor = frame.plan.y.scale == .log ? frame.yRange.lowerBound : -Double.infinity
      elements.append(
        try files.columns([
          boxes.map { (across.measure($0.x.lowerBound) + across.measure($0.x.upperBound)) / 2 },
          boxes.map { up.measure($0.y.upperBound) }, boxes.map { across.measure($0.x.lowerBound) },
          boxes.map { across.measure($0.x.upperBound) },
          boxes.map { up.measure(max($0.y.lowerBound, floor)) }, boxes.map { up.measure($0.y.upperBound) },
        ]) + "using 1:2:3:4:5:6 with boxxyerror notitle fillstyle solid border "
          + "linecolor rgb \(Self.colour(theme.page)) linewidth 0.5 fillcolor rgb \(Self.colour(colour))")
    case .errors(let x, let lower, let upper, let colour):
      // Double-headed vectors whose heads are at right angles are error bars with caps.
      let lows = lower.map { max($0, frame.yRange.lowerBound) }
      elements.append(
        try files.columns([
          across.measure(x), up.measure(lows), x.map { _ in 0 },
          zip(upper, lows).map { up.measure($0) - up.measure($1) },
        ])
          + "using 1:2:3:4 with vectors heads nofilled size screen \(3.5 / layout.size.width),90 "
          + "linewidth 1.25 linecolor rgb \(Self.colour(colour)) notitle")
    case .raster(let raster, let x, let y):
      if frame.plan.x.scale == .linear, frame.plan.y.scale == .linear {
        elements.append(try pixels(raster, x: x, y: y, width: frame.plot.width, &files))
      } else {
        elements.append(
          try pixels(
            raster.seen(over: x, y, in: frame), x: across.measure(frame.xRange),
            y: up.measure(frame.yRange), width: frame.plot.width, isFine: true, &files))
      }
    case .rule(let position, let words, let colour): rule(position, words, colour, frame)
    case .words(let words, let x, let y, let room, let colour):
      guard frame.xRange.contains(x), frame.yRange.contains(y) else { return }
      let place = frame.position(x, y)
      if room != nil {
        guard let cellFont else { return }
        label(words, x: place.x, y: place.y, anchor: "center", size: cellFont, colour: colour)
      } else {
        note(words, beside: place, colour, frame)
      }
    case .level(let x, let y, let words, let colour, let width):
      var line = LevelLine(x: x, y: y, frame: frame)
      if !words.isEmpty, let gap = line.open(for: Style.width(words, Style.noteFont) + 6, avoiding: taken) {
        taken.append(gap.rect)
        label(
          words, x: gap.x, y: gap.y, anchor: "center", size: Style.noteFont, colour: theme.muted,
          extra: "rotate by \(gap.angle)")
      }
      guard line.x.contains(where: { !$0.isNaN }) else { return }
      elements.append(
        try files.columns([across.measure(line.x), up.measure(line.y)])
          + "using 1:2 with lines notitle linewidth \(width) "
          + "dashtype solid linecolor rgb \(Self.colour(colour))")
    case .arrows(let x, let y, let dx, let dy, let colour, let width):
      guard !x.isEmpty else { return }
      let tails = (across.measure(x), up.measure(y))
      let tips = (across.measure(zip(x, dx).map { $0 + $1 }), up.measure(zip(y, dy).map { $0 + $1 }))
      elements.append(
        try files.columns([
          tails.0, tails.1, zip(tips.0, tails.0).map { $0 - $1 }, zip(tips.1, tails.1).map { $0 - $1 },
        ]) + "using 1:2:3:4 with vectors \(heads(width)) "
          + "linewidth \(width) linecolor rgb \(Self.colour(colour)) notitle")
    case .span(let direction, let ends, let colour):
      let range = direction == .x ? frame.xRange : frame.yRange
      let (low, high) = (max(ends.lowerBound, range.lowerBound), min(ends.upperBound, range.upperBound))
      guard low < high else { return }
      let corners =
        direction == .x
        ? "from first \(across.measure(low)), graph 0 to first \(across.measure(high)), graph 1"
        : "from graph 0, first \(up.measure(low)) to graph 1, first \(up.measure(high))"
      line(
        "set object \(tag()) rectangle \(corners) behind fillstyle solid noborder "
          + "fillcolor rgb \(Self.colour(colour))")
    }
  }

  private mutating func rule(
    _ position: Rule.Position, _ words: String, _ colour: Colour, _ frame: Frame
  ) {
    let (ends, plot) = (self.ends(position, frame), frame.plot)
    guard !ends.isEmpty else { return }
    line(
      "set arrow \(tag()) \(ends) nohead front dashtype \(Self.dashes) linewidth 1.25 linecolor rgb \(Self.colour(colour))"
    )
    guard !words.isEmpty else { return }
    let width = Style.width(words, Style.noteFont)
    // At the line's end, where data seldom are: a horizontal line's at the right, above it or below.
    let places: [Rect]
    switch position {
    case .y(let value):
      let y = frame.position(frame.xRange.lowerBound, value).y
      let x = plot.x + plot.width - width - 4
      places = [
        Rect(x: x, y: y - 16, width: width, height: 13), Rect(x: x, y: y + 3, width: width, height: 13),
      ]
    case .x(let value):
      let x = frame.position(value, frame.yRange.lowerBound).x
      places = [0, 14, 28].flatMap { down in
        [x + 5, x - 5 - width].map { Rect(x: $0, y: plot.y + 3 + down, width: width, height: 13) }
      }
    }
    write(words, at: places, colour, frame)
  }

  private func ends(_ position: Rule.Position, _ frame: Frame) -> String {
    switch position {
    case .y(let value) where frame.yRange.contains(value):
      "from graph 0, first \(frame.up.measure(value)) to graph 1, first \(frame.up.measure(value))"
    case .x(let value) where frame.xRange.contains(value):
      "from first \(frame.across.measure(value)), graph 0 to first \(frame.across.measure(value)), graph 1"
    default: ""
    }
  }

  private mutating func note(
    _ words: String, beside place: (x: Double, y: Double), _ colour: Colour, _ frame: Frame
  ) {
    let width = Style.width(words, Style.noteFont)
    let places = [(6, -15), (6, 2), (-6 - width, -15), (-6 - width, 2), (-width / 2, -22), (-width / 2, 9)]
      .map {
        Rect(x: place.x + $0.0, y: place.y + $0.1, width: width, height: 13)
      }
    write(words, at: places, colour, frame)
  }

  /// Writes words at the first of several places that lies in the plot and on no other words, on a patch of the page.
  private mutating func write(_ words: String, at places: [Rect], _ colour: Colour, _ frame: Frame) {
    func fits(_ rect: Rect) -> Bool {
      rect.x >= frame.plot.x && rect.x + rect.width <= frame.plot.x + frame.plot.width
        && rect.y >= frame.plot.y - 2 && rect.y + rect.height <= frame.plot.y + frame.plot.height + 2
    }
    let free = places.first { place in fits(place) && !taken.contains { $0.intersects(place) } }
    guard let place = free ?? places.first(where: fits) ?? places.first else { return }
    taken.append(place)
    if frame.isCovered(place) {
      line(
        "set object \(tag()) rectangle from \(screen(place.x - 2, place.y + place.height)) to "
          + "\(screen(place.x + place.width + 2, place.y)) front fillstyle solid noborder "
          + "fillcolor rgb \(Self.colour(theme.page.opacity(0.75)))")
    }
    label(words, x: place.x, y: place.y + place.height / 2, size: Style.noteFont, colour: colour)
  }

  /// A head as long as suits a line of this width; gnuplot shortens it on short arrows.
  func heads(_ width: Double) -> String {
    "head filled size screen \((5 + 2.5 * width) / layout.size.width),18"
  }

  // Round caps lengthen each dash by the line's width.
  static var dashes: String { "(9,12)" }

  /// gnuplot's point size for a diameter of one point.
  var pointScale: Double { isSVG ? 1 / 9.0 : 0.15 }

  /// gnuplot's number for a form of points, the same in all its terminals.
  static func pointType(_ symbol: Symbol) -> Int {
    switch symbol {
    case .dot: 7
    case .circle: 6
    case .cross: 2
    case .square: 5
    case .triangle: 9
    case .diamond: 13
    }
  }
}
