import Glibc

/// Equal bins shared by all histograms of a panel, so that overlaid ones compare.
struct HistogramBins {
  let low, width: Double
  let count: Int

  init?(_ marks: [Mark]) throws {
    var pooled: [Double] = []
    var asked: Int?
    for case .histogram(let histogram) in marks {
      pooled += histogram.values.filter(Extent.isDrawable)
      if let bins = histogram.bins {
        guard (1...10_000).contains(bins) else {
          throw FigureError.invalid(mark: "histogram", "bins must be between 1 and 10000, not \(bins)")
        }
        asked = max(asked ?? 0, bins)
      }
    }
    guard let extent = Extent.of(pooled) else { return nil }
    let range = Extent.padded(extent, scale: .linear, margin: 0)
    let span = range.upperBound - range.lowerBound
    count = asked ?? Self.automatic(pooled.sorted(), span: span)
    low = range.lowerBound
    width = span / Double(count)
  }

  // Freedman & Diaconis 1981: width 2 IQR / n^(1/3). Sturges' rule where the quartiles coincide.
  private static func automatic(_ sorted: [Double], span: Double) -> Int {
    let n = Double(sorted.count)
    let spread = quantile(sorted, 0.75) - quantile(sorted, 0.25)
    let bins = spread > 0 ? span / (2 * spread / cbrt(n)) : log2(n) + 1
    return Extent.whole(bins.rounded(.up), in: 1...80)
  }

  static func quantile(_ sorted: [Double], _ p: Double) -> Double {
    let position = p * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
  }

  func counts(_ values: [Double]) -> [Int] {
    var counts = [Int](repeating: 0, count: count)
    for value in values where Extent.isDrawable(value) {
      counts[Extent.whole((value - low) / width, in: 0...(count - 1))] += 1
    }
    return counts
  }
}

extension PlanBuilder {
  mutating func add(_ histogram: Histogram, _ bins: HistogramBins) {
    let counts = bins.counts(histogram.values)
    let total = Double(counts.reduce(0, +))
    let unit = histogram.density && total > 0 ? 1 / (total * bins.width) : 1
    let colour = colour(histogram.ink).opacity(0.65)
    let boxes = counts.enumerated().compactMap { index, count -> Shape.Box? in
      guard count > 0 else { return nil }
      let left = bins.low + Double(index) * bins.width
      return Shape.Box(x: left...(left + bins.width), y: 0...(Double(count) * unit))
    }
    extend(x: [bins.low, bins.low + Double(bins.count) * bins.width])
    // A logarithmic axis starts below the smallest count, so that a single one still shows.
    extend(y: boxes.map(\.y.upperBound) + (y.scale == .log ? [0.7 * unit] : [0]))
    pinsZero = true
    shapes.append(.boxes(boxes, colour: colour))
    key(histogram.label, colour, .box)
  }

  mutating func add(_ bars: Bars) throws {
    guard !bars.series.isEmpty else { throw FigureError.invalid(mark: "bars", "there are no series to draw") }
    let groupWidth = 0.8
    let width = groupWidth / Double(bars.series.count)
    for (index, series) in bars.series.enumerated() {
      try sameLength("bars", ("categories", bars.categories.count), ("values", series.values.count))
      if !series.errors.isEmpty {
        try sameLength("bars", ("values", series.values.count), ("errors", series.errors.count))
      }
      let colour = colour(series.ink)
      let inset = bars.series.count > 1 ? width * 0.04 : 0
      var boxes: [Shape.Box] = []
      var (centres, lows, highs): ([Double], [Double], [Double]) = ([], [], [])
      for (place, value) in series.values.enumerated() where Extent.isDrawable(value) {
        let left = Double(place) - groupWidth / 2 + Double(index) * width
        boxes.append(Shape.Box(x: (left + inset)...(left + width - inset), y: min(0, value)...max(0, value)))
        guard place < series.errors.count, Extent.isDrawable(series.errors[place]) else { continue }
        centres.append(left + width / 2)
        lows.append(value - abs(series.errors[place]))
        highs.append(value + abs(series.errors[place]))
      }
      extend(y: boxes.flatMap { [$0.y.lowerBound, $0.y.upperBound] } + lows + highs)
      // On a logarithmic axis, where zero has no place, the lowest bar still has a height.
      if y.scale == .log, let least = boxes.map(\.y.upperBound).filter({ $0 > 0 }).min() {
        extend(y: [least / 2])
      }
      shapes.append(.boxes(boxes, colour: colour))
      if !centres.isEmpty {
        shapes.append(.errors(x: centres, lower: lows, upper: highs, colour: theme.text))
      }
      key(series.label, colour, .box)
    }
    if !bars.categories.isEmpty { extend(x: [-0.6, Double(bars.categories.count) - 0.4]) }
    xTicks = bars.categories.enumerated().map { Tick(Double($0), Text.printable($1)) }
    tightX = true
    pinsZero = yExtent.map { $0.lowerBound >= 0 } ?? false
    pinsTop = yExtent.map { $0.upperBound <= 0 } ?? false
  }

  mutating func add(_ scatter: Scatter) throws {
    try sameLength("scatter", ("x", scatter.x.count), ("y", scatter.y.count))
    let (xs, ys) = placed(scatter.x, scatter.y)
    extend(x: xs)
    extend(y: ys)
    let size = scatter.size ?? Self.pointSize(xs.count)
    scalesPoints = scalesPoints || scatter.size == nil && xs.count >= 100
    guard size > 0, size <= 200 else {
      throw FigureError.invalid(mark: "scatter", "size must be between 0 and 200, not \(Text.short(size))")
    }
    let places = xs.indices.filter { !xs[$0].isNaN }
    func points(_ places: [Int], _ colours: [Colour]) -> Shape {
      .points(
        x: places.map { xs[$0] }, y: places.map { ys[$0] }, colours: colours, size: size,
        symbol: scatter.symbol)
    }
    switch scatter.colours {
    case .single(let ink):
      let colour = colour(ink)
      if !scatter.errors.isEmpty {
        try sameLength("scatter", ("x", xs.count), ("errors", scatter.errors.count))
        let known = places.filter { Extent.isDrawable(scatter.errors[$0]) }
        let lows = known.map { ys[$0] - abs(scatter.errors[$0]) }
        let highs = known.map { ys[$0] + abs(scatter.errors[$0]) }
        extend(y: lows + highs)
        shapes.append(.errors(x: known.map { xs[$0] }, lower: lows, upper: highs, colour: colour))
      }
      shapes.append(points(places, [colour.opacity(scatter.errors.isEmpty ? 0.8 : 1)]))
      key(scatter.label, colour, .point(scatter.symbol))
    case .classes(let classes, let names):
      try sameLength("scatter", ("x", xs.count), ("classes", classes.count))
      for place in places where !names.indices.contains(classes[place]) {
        throw FigureError.invalid(
          mark: "scatter",
          "point \(place) has class \(classes[place]), but there are \(names.count) class names")
      }
      let inks = names.map { _ in colour(.next) }
      var members = [[Int]](repeating: [], count: names.count)
      // A crowd is painted in the order given: class by class, the last would hide the others.
      let isCrowd = places.count > PointCloud.threshold
      if isCrowd { shapes.append(points(places, places.map { inks[classes[$0]].opacity(0.8) })) }
      for place in places { members[classes[place]].append(place) }
      for (index, own) in members.enumerated() where !own.isEmpty {
        if !isCrowd { shapes.append(points(own, [inks[index].opacity(0.8)])) }
        key(names[index], inks[index], .point(scatter.symbol))
      }
    case .values(let values, let colormap, let label):
      try sameLength("scatter", ("x", xs.count), ("values", values.count))
      let range = Self.colourRange(values, colormap, asked: nil)
      var bar = ColourBar(colormap: colormap, range: range, label: Text.printable(label))
      // The dark end of a map would vanish on a dark page.
      if theme.page.luma < 128, colormap == .viridis || colormap == .magma { bar.start = 0.25 }
      let span = range.upperBound - range.lowerBound
      shapes.append(
        points(places, places.map { bar.colour(at: (values[$0] - range.lowerBound) / span) ?? theme.grid }))
      self.bar = bar
    }
  }

  private static func pointSize(_ count: Int) -> Double {
    switch count {
    case ..<100: 7
    case ..<1000: 5.5
    case ..<5000: 4
    case ..<20_000: 3
    default: 2
    }
  }

  mutating func add(_ map: HeatMap) throws {
    guard map.rows > 0, map.columns > 0, map.rows <= 1 << 14, map.columns <= 1 << 14,
      map.values.count == map.rows * map.columns
    else {
      throw FigureError.lengths(
        mark: "heat map", "\(map.rows)x\(map.columns) cells, \(map.values.count) values")
    }
    guard map.rowNames.isEmpty || map.rowNames.count == map.rows,
      map.columnNames.isEmpty || map.columnNames.count == map.columns
    else {
      throw FigureError.lengths(
        mark: "heat map",
        "\(map.rows)x\(map.columns) cells, \(map.rowNames.count) row and \(map.columnNames.count) column names"
      )
    }
    let range = Self.colourRange(map.values, map.colormap, asked: map.range)
    let across = map.extent?.x ?? -0.5...(Double(map.columns) - 0.5)
    let down = map.extent?.y ?? -0.5...(Double(map.rows) - 0.5)
    extend(x: Self.ends(across, map.columns, x.scale))
    extend(y: Self.ends(down, map.rows, y.scale))
    // Samples of a function of the plane are filled in between; a matrix has nothing there.
    shapes.append(
      .raster(
        Self.raster(map.extent == nil || map.showsValues ? map : map.refined(), range), x: across, y: down))
    if map.showsValues { addNumbers(map, range, across, down) }
    if map.extent == nil {
      xTicks = Self.names(map.columnNames, map.columns) { Double($0) }
      yTicks = Self.names(map.rowNames, map.rows) { Double(map.rows - 1 - $0) }
    }
    bar = ColourBar(colormap: map.colormap, range: range, label: Text.printable(map.label))
    (tightX, tightY, coversGrid, isWhole) = (true, true, true, false)
    isMatrix = map.extent == nil
  }

  // A cell that reaches below zero begins, on a logarithmic axis, at its centre.
  private static func ends(_ extent: ClosedRange<Double>, _ cells: Int, _ scale: Scale) -> [Double] {
    let half = (extent.upperBound - extent.lowerBound) / Double(cells) / 2
    let isCut = scale == .log && extent.lowerBound <= 0
    return [isCut ? extent.lowerBound + half : extent.lowerBound, extent.upperBound]
  }

  private static func raster(_ map: HeatMap, _ range: ClosedRange<Double>) -> Raster {
    var bytes = [UInt8](repeating: 0, count: map.values.count * 4)
    for row in 0..<map.rows {
      let source = map.extent == nil ? row : map.rows - 1 - row
      for column in 0..<map.columns {
        guard let colour = colour(map.values[source * map.columns + column], range, map.colormap) else {
          continue
        }
        let base = (row * map.columns + column) * 4
        (bytes[base], bytes[base + 1], bytes[base + 2]) = (colour.red, colour.green, colour.blue)
        bytes[base + 3] = 255
      }
    }
    return Raster(trustedWidth: map.columns, height: map.rows, rgba: bytes)
  }

  private mutating func addNumbers(
    _ map: HeatMap, _ range: ClosedRange<Double>, _ across: ClosedRange<Double>, _ down: ClosedRange<Double>
  ) {
    guard map.values.count <= 2500 else { return }
    let decimals = Self.decimals(map.values)
    let cellWidth = (across.upperBound - across.lowerBound) / Double(map.columns)
    let cellHeight = (down.upperBound - down.lowerBound) / Double(map.rows)
    for (index, value) in map.values.enumerated() {
      guard let under = Self.colour(value, range, map.colormap) else { continue }
      let (row, column) = (index / map.columns, index % map.columns)
      let level = map.extent == nil ? map.rows - 1 - row : row
      shapes.append(
        .words(
          Text.fixed(value, decimals: decimals), x: across.lowerBound + (Double(column) + 0.5) * cellWidth,
          y: down.lowerBound + (Double(level) + 0.5) * cellHeight, room: cellWidth,
          colour: under.luma > 140 ? Colour(0x1F2328) : Colour(0xFFFFFF)))
    }
  }

  // One number of decimals for the whole matrix: the numbers are there to be compared.
  private static func decimals(_ values: [Double]) -> Int {
    let finite = values.filter(Extent.isDrawable)
    if finite.allSatisfy({ $0 == $0.rounded() }) { return 0 }
    let largest = finite.map(abs).max() ?? 1
    return largest >= 100 ? 0 : largest >= 10 ? 1 : largest >= 0.1 ? 2 : 3
  }

  // Names for every row or column, or round indices where there are none.
  private static func names(_ names: [String], _ count: Int, place: (Int) -> Double) -> [Tick] {
    if !names.isEmpty { return names.enumerated().map { Tick(place($0), Text.printable($1)) } }
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000].first { count / $0 <= 10 } ?? 5000
    return stride(from: 0, to: count, by: step).map { Tick(place($0), "\($0)") }
  }

  static func colourRange(
    _ values: [Double], _ colormap: Colormap, asked: ClosedRange<Double>?
  ) -> ClosedRange<Double> {
    if let asked, Extent.isDrawable(asked.lowerBound), Extent.isDrawable(asked.upperBound),
      asked.lowerBound < asked.upperBound
    {
      return asked
    }
    let data = Extent.of(values) ?? 0...1
    if colormap == .diverging {
      let largest = max(abs(data.lowerBound), abs(data.upperBound))
      return largest > 0 ? -largest...largest : -1...1
    }
    return Extent.padded(data, scale: .linear, margin: 0)
  }

  static func colour(_ value: Double, _ range: ClosedRange<Double>, _ map: Colormap) -> Colour? {
    map.colour(at: (value - range.lowerBound) / (range.upperBound - range.lowerBound))
  }
}

extension HeatMap {
  /// The same map with several cells for each, bilinear between their centres; NaN stays where it is. Large maps stay as they
  /// are.
  func refined() -> HeatMap {
    let factor = min(8, 320 / max(rows, columns))
    guard factor > 1 else { return self }
    var finer = self
    (finer.rows, finer.columns) = (rows * factor, columns * factor)
    func place(_ index: Int, _ count: Int) -> (low: Int, high: Int, t: Double) {
      let at = max(0, min(Double(count - 1), (Double(index) + 0.5) / Double(factor) - 0.5))
      return (Int(at), min(Int(at) + 1, count - 1), at - at.rounded(.down))
    }
    let across = (0..<finer.columns).map { place($0, columns) }
    finer.values = (0..<finer.rows).flatMap { row -> [Double] in
      let down = place(row, rows)
      return across.map { over in
        func mixed(_ row: Int) -> Double {
          let (a, b) = (values[row * columns + over.low], values[row * columns + over.high])
          return over.t == 0 ? a : a + (b - a) * over.t
        }
        let (a, b) = (mixed(down.low), mixed(down.high))
        return down.t == 0 ? a : a + (b - a) * down.t
      }
    }
    (finer.rowNames, finer.columnNames) = ([], [])
    return finer
  }
}
