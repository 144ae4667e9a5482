import Glibc

extension Figure {
  /// The figure as lines of text for a terminal, at most `width` columns wide. Needs no other program.
  ///
  /// Curves and points are Braille dots, images half-blocks (or shades of ASCII). Grids stand side by side
  /// where every part keeps 36 columns, below each other otherwise. `height` is the number of rows of each
  /// plot area.
  public func text(width: Int = 80, height: Int = 16, style: TextStyle = TextStyle()) throws -> String {
    try lines(width: max(20, min(500, width)), height: max(4, min(200, height)), style: style)
      .joined(separator: "\n")
  }

  /// Whether it has sheets of images and nothing else: text can show those as pictures, two pixels to a character, where it has colour.
  public var isOfImages: Bool {
    switch content {
    case .sheet: true
    case .panel: false
    case .grid(let rows): !rows.joined().isEmpty && rows.joined().allSatisfy(\.isOfImages)
    }
  }

  private func lines(width: Int, height: Int, style: TextStyle) throws -> [String] {
    switch content {
    case .panel(let panel):
      return try TextPlot(
        PanelPlan(panel, theme: theme), title: title, width: width, height: height, style: style
      )
      .lines()
    case .sheet(let sheet):
      return heading(width, style)
        + (try TextSheet(sheet, width: width, page: theme.page, style: style).lines())
    case .grid(let rows):
      var lines = heading(width, style)
      for row in rows where !row.isEmpty {
        let cells = row.map { cell in
          var themed = cell
          themed.theme = theme
          return themed
        }
        let share = (width - 2 * (row.count - 1)) / row.count
        if row.count > 1, share >= 36 {
          let blocks = try cells.map { try $0.lines(width: share, height: height, style: style) }
          lines += Self.beside(blocks, width: share)
        } else {
          for cell in cells { lines += try cell.lines(width: width, height: height, style: style) }
        }
      }
      return lines
    }
  }

  private func heading(_ width: Int, _ style: TextStyle) -> [String] {
    title.isEmpty ? [] : [Text.fitted(style.clean(title), to: width, unicode: style.unicode)]
  }

  private static func beside(_ blocks: [[String]], width: Int) -> [String] {
    (0..<(blocks.map(\.count).max() ?? 0)).map { row in
      blocks.enumerated().map { index, block in
        let line = row < block.count ? block[row] : ""
        guard index + 1 < blocks.count else { return line }
        return line + String(repeating: " ", count: max(0, width + 2 - Text.visibleColumns(line)))
      }.joined()
    }
  }
}

/// Draws one panel with characters.
struct TextPlot {
  private let plan: PanelPlan
  private let title: String
  private let width: Int
  private let style: TextStyle
  private let xTicks, yTicks: [Tick]
  private let gutter: Int
  private var canvas: TextCanvas
  /// Without colour, several series are told apart by their symbols.
  private let usesSymbols: Bool

  private static let symbols: [Character] = ["*", "+", "x", "o", "#", "@", "%", "&"]

  init(_ plan: PanelPlan, title: String, width: Int, height: Int, style: TextStyle) {
    self.plan = plan
    self.title = title
    self.width = width
    self.style = style
    func ticks(_ axis: Axis, _ range: ClosedRange<Double>, _ count: Int) -> [Tick] {
      (axis.ticks
        ?? (axis.scale == .log ? Ticks.logarithmic(range, count: count) : Ticks.linear(range, count: count)))
        .filter { range.contains($0.value) && !$0.label.isEmpty }
        .map { Tick($0.value, style.clean($0.label)) }
    }
    yTicks = ticks(plan.y, plan.yRange, max(2, height / 4))
    gutter = min(width / 3, (yTicks.map { Text.columns($0.label) }.max() ?? 0) + 1)
    canvas = TextCanvas(width: width - gutter - 2, height: height)
    xTicks = ticks(plan.x, plan.xRange, max(2, canvas.width / 12))
    let series = plan.shapes.filter { shape in
      switch shape {
      case .polyline, .points, .boxes, .arrows: true
      default: false
      }
    }
    usesSymbols = !style.unicode || (!style.colour && series.count > 1)
  }

  func lines() -> [String] {
    var drawn = self
    drawn.draw()
    var lines: [String] = []
    if !title.isEmpty { lines.append(fitted(title, to: width)) }
    lines += legendLines()
    if !plan.y.label.isEmpty { lines.append(fitted(plan.y.label, to: width)) }
    lines += drawn.plotLines()
    lines += drawn.xAxisLines()
    if let bar = plan.bar { lines.append(barLine(bar)) }
    return lines
  }

  private func clean(_ text: String) -> String { style.clean(text) }

  private func fitted(_ text: String, to width: Int) -> String {
    Text.fitted(clean(text), to: width, unicode: style.unicode)
  }

  // MARK: Marks

  private mutating func draw() {
    // Without their own colours, series that share one (a gap-isolated dot and its line) share a symbol.
    var symbols: [Colour: Character] = [:]
    func symbol(_ colour: Colour) -> Character {
      let key = colour.opacity(1)
      if let known = symbols[key] { return known }
      let next = Self.symbols[symbols.count % Self.symbols.count]
      symbols[key] = next
      return next
    }
    for shape in plan.shapes {
      switch shape {
      case .area(let x, let lower, let upper, let colour): fill(x, lower, upper, shade(colour))
      case .boxes(let boxes, let colour):
        for box in boxes { fill(box, shade(colour), symbol(colour)) }
      case .polyline(let x, let y, let colour, _, let dashed):
        curve(x, y, colour, symbol(colour), dashed: dashed)
      case .level(let x, let y, _, let colour, _): curve(x, y, colour, ".", dashed: false)
      case .arrows(let x, let y, let dx, let dy, let colour, _):
        for i in x.indices {
          arrow(place(x[i], y[i]), place(x[i] + dx[i], y[i] + dy[i]), colour, symbol(colour))
        }
      case .span(let direction, let ends, let colour):
        for edge in [ends.lowerBound, ends.upperBound] where Extent.isDrawable(edge) {
          rule(direction == .x ? .x(edge) : .y(edge), "", colour.opacity(1))
        }
      case .points(let x, let y, let colours, _, _):
        for i in x.indices {
          let colour = colours.count == x.count ? colours[i] : colours.first ?? plan.fallbackColour
          guard let at = place(x[i], y[i]) else { continue }
          // A single Braille dot is hard to find when there are only a few.
          if !usesSymbols, x.count <= 200 {
            canvas.stamp(at.x, at.y, "•", colour.opacity(1))
          } else {
            mark(at, colour.opacity(1), symbol(colours.first ?? colour))
          }
        }
      case .errors(let x, let lower, let upper, let colour):
        for i in x.indices { line(place(x[i], lower[i]), place(x[i], upper[i]), colour, "|") }
      case .raster(let raster, let x, let y): paint(raster, x, y)
      case .rule(let position, let words, let colour): rule(position, words, colour)
      case .words(let words, let x, let y, let room, let colour):
        guard let at = place(x, y) else { continue }
        let (words, centred) = (clean(words), room != nil)
        canvas.write(
          words, column: at.x / 2 + (centred ? -Text.columns(words) / 2 : 1), row: at.y / 4,
          colour: style.colour && !centred ? nil : colour)
      }
    }
    if plan.isEmpty {
      let words = "no finite data"
      canvas.write(words, column: (canvas.width - words.count) / 2, row: canvas.height / 2, colour: nil)
    }
  }

  // Opacity does not exist here; a lighter mark is the colour moved towards grey.
  private func shade(_ colour: Colour) -> Colour {
    colour.alpha == 255 ? colour : colour.opacity(1).mixed(with: Colour(0x808890), 0.35)
  }

  /// The dot at a data point; nil off the axes' scale. Dots far outside are pulled close, which keeps
  /// integers small.
  private func place(_ x: Double, _ y: Double) -> (x: Int, y: Int)? {
    guard !x.isNaN, !y.isNaN else { return nil }
    func dot(_ fraction: Double, _ count: Int) -> Int {
      Extent.whole((fraction * Double(count - 1)).rounded(), in: -count...(2 * count))
    }
    return (
      dot(Frame.fraction(x, plan.xRange, plan.x.scale), canvas.width * 2),
      dot(1 - Frame.fraction(y, plan.yRange, plan.y.scale), canvas.height * 4)
    )
  }

  private mutating func mark(_ at: (x: Int, y: Int)?, _ colour: Colour, _ symbol: Character) {
    guard let at else { return }
    if usesSymbols {
      canvas.stamp(at.x, at.y, symbol, colour)
    } else {
      canvas.dot(at.x, at.y, colour)
    }
  }

  private mutating func curve(
    _ x: [Double], _ y: [Double], _ colour: Colour, _ symbol: Character, dashed: Bool
  ) {
    var previous: (x: Int, y: Int)?
    for i in x.indices {
      let next = place(x[i], y[i])
      if let previous, let next { line(previous, next, colour, symbol, dashed: dashed) }
      previous = next
    }
  }

  private mutating func line(
    _ a: (x: Int, y: Int)?, _ b: (x: Int, y: Int)?, _ colour: Colour, _ symbol: Character,
    dashed: Bool = false
  ) {
    guard let a, let b else { return }
    let steps = max(abs(b.x - a.x), abs(b.y - a.y), 1)
    for step in 0...steps {
      let x = a.x + ((b.x - a.x) * step * 2 + steps) / (steps * 2)
      let y = a.y + Int((Double((b.y - a.y) * step) / Double(steps)).rounded())
      if dashed, (x / 3) % 2 == 1 { continue }
      mark((x, y), colour, symbol)
    }
  }

  private mutating func fill(_ x: [Double], _ lower: [Double], _ upper: [Double], _ colour: Colour) {
    for i in x.indices.dropFirst() {
      guard let a = place(x[i - 1], lower[i - 1]), let b = place(x[i], lower[i]),
        let c = place(x[i - 1], upper[i - 1]), let d = place(x[i], upper[i]), b.x >= a.x
      else { continue }
      for column in a.x...b.x {
        let t = b.x > a.x ? Double(column - a.x) / Double(b.x - a.x) : 0
        let bottom = Int(Double(a.y) + Double(b.y - a.y) * t)
        let top = Int(Double(c.y) + Double(d.y - c.y) * t)
        guard column % 2 == 0 else { continue }
        for row in stride(from: min(top, bottom), through: max(top, bottom), by: 1) where row % 2 == 0 {
          usesSymbols ? canvas.stamp(column, row, ".", colour) : canvas.dot(column, row, colour)
        }
      }
    }
  }

  private mutating func fill(_ box: Shape.Box, _ colour: Colour, _ symbol: Character) {
    let floor = plan.y.scale == .log ? plan.yRange.lowerBound : -Double.infinity
    guard let a = place(box.x.lowerBound, box.y.upperBound),
      let b = place(box.x.upperBound, max(floor, box.y.lowerBound))
    else { return }
    for x in a.x...max(a.x, b.x - 1) {
      for y in a.y...max(a.y, b.y) { mark((x, y), colour, symbol) }
    }
  }

  private mutating func arrow(
    _ tail: (x: Int, y: Int)?, _ tip: (x: Int, y: Int)?, _ colour: Colour, _ symbol: Character
  ) {
    guard let tail, let tip else { return }
    line(tail, tip, colour, symbol)
    // The head points the way the arrow goes; dots are about as far apart across as down.
    let (across, down) = (tip.x - tail.x, tip.y - tail.y)
    guard style.unicode, across != 0 || down != 0 else { return canvas.stamp(tip.x, tip.y, symbol, colour) }
    let eighth = Int((atan2(Double(-down), Double(across)) / (.pi / 4)).rounded())
    let heads: [Character] = ["→", "↗", "↑", "↖", "←", "↙", "↓", "↘"]
    canvas.stamp(tip.x, tip.y, heads[(eighth + 8) % 8], colour)
  }

  private mutating func rule(_ position: Rule.Position, _ words: String, _ colour: Colour) {
    let words = clean(words)
    switch position {
    case .y(let value):
      guard plan.yRange.contains(value), let at = place(plan.xRange.lowerBound, value) else { return }
      for column in 0..<canvas.width where canvas[column, at.y / 4].isEmpty {
        canvas[column, at.y / 4] = .init(glyph: style.unicode ? "┄" : "-", colour: colour)
      }
      canvas.write(words, column: canvas.width - Text.columns(words), row: at.y / 4, colour: nil)
    case .x(let value):
      guard plan.xRange.contains(value), let at = place(value, plan.yRange.lowerBound) else { return }
      for row in 0..<canvas.height where canvas[at.x / 2, row].isEmpty {
        canvas[at.x / 2, row] = .init(glyph: style.unicode ? "┆" : ":", colour: colour)
      }
      let isRoomy = at.x / 2 + 1 + Text.columns(words) <= canvas.width
      canvas.write(words, column: at.x / 2 + (isRoomy ? 1 : -Text.columns(words)), row: 0, colour: nil)
    }
  }

  private mutating func paint(_ raster: Raster, _ x: ClosedRange<Double>, _ y: ClosedRange<Double>) {
    let (across, up) = (Ruler(plan.xRange, plan.x.scale), Ruler(plan.yRange, plan.y.scale))
    // Cell centres are looked up in the image; half-blocks look twice a row.
    func colour(_ column: Int, _ half: Int) -> Colour? {
      let u = (Double(column) + 0.5) / Double(canvas.width)
      let v = 1 - (Double(half) + 0.5) / Double(canvas.height * 2)
      let (dataX, dataY) = (across.value(at: u), up.value(at: v))
      guard x.contains(dataX), y.contains(dataY) else { return nil }
      let column = (dataX - x.lowerBound) / (x.upperBound - x.lowerBound) * Double(raster.width)
      let row = (y.upperBound - dataY) / (y.upperBound - y.lowerBound) * Double(raster.height)
      let pixel = raster.colour(x: min(raster.width - 1, Int(column)), y: min(raster.height - 1, Int(row)))
      return pixel.alpha == 0 ? nil : pixel
    }
    for row in 0..<canvas.height {
      for column in 0..<canvas.width {
        guard let top = colour(column, row * 2), let bottom = colour(column, row * 2 + 1) else { continue }
        canvas[column, row] = TextSheet.cell(top, bottom, style)
      }
    }
  }

  // MARK: Axes

  private func plotLines() -> [String] {
    var labels = [String](repeating: "", count: canvas.height)
    for tick in yTicks {
      guard let at = place(plan.xRange.lowerBound, tick.value), labels.indices.contains(at.y / 4) else {
        continue
      }
      labels[at.y / 4] = fitted(tick.label, to: gutter - 1)
    }
    return labels.enumerated().map { row, label in
      let pad = String(repeating: " ", count: max(0, gutter - Text.columns(label) - 1))
      let edge = style.unicode ? (label.isEmpty ? "│" : "┤") : (label.isEmpty ? "|" : "+")
      return pad + label + " " + edge + canvas.line(row, style: style)
    }
  }

  private func xAxisLines() -> [String] {
    var axis = [Character](repeating: style.unicode ? "─" : "-", count: canvas.width)
    var labels = TextCanvas(width: gutter + 1 + canvas.width, height: 1)
    var free = 0
    for tick in xTicks {
      guard let at = place(tick.value, plan.yRange.lowerBound), axis.indices.contains(at.x / 2) else {
        continue
      }
      axis[at.x / 2] = style.unicode ? "┬" : "+"
      let label = fitted(tick.label, to: max(3, canvas.width / max(1, xTicks.count)))
      let start = min(gutter + 1 + at.x / 2 - Text.columns(label) / 2, labels.width - Text.columns(label))
      guard start >= free else { continue }
      labels.write(label, column: start, row: 0, colour: nil)
      free = start + Text.columns(label) + 1
    }
    var lines = [
      String(repeating: " ", count: gutter) + (style.unicode ? "└" : "+") + String(axis),
      labels.line(0, style: TextStyle()),
    ]
    if !plan.x.label.isEmpty {
      let label = fitted(plan.x.label, to: width)
      let pad = max(0, gutter + 1 + (canvas.width - Text.columns(label)) / 2)
      lines.append(String(repeating: " ", count: min(pad, max(0, width - Text.columns(label)))) + label)
    }
    return lines
  }

  private func legendLines() -> [String] {
    guard plan.legendPlace != .none, !plan.legend.isEmpty else { return [] }
    var symbols: [Colour: Character] = [:]
    var lines: [String] = []
    var line = ""
    for entry in plan.legend {
      let key = entry.colour.opacity(1)
      if symbols[key] == nil { symbols[key] = Self.symbols[symbols.count % Self.symbols.count] }
      let symbol: String
      switch (usesSymbols, entry.form) {
      case (true, _): symbol = String(symbols[key] ?? "*")
      case (false, .line): symbol = "──"
      case (false, .dashes): symbol = "╌╌"
      case (false, .point): symbol = "●"
      case (false, .arrow): symbol = "→"
      case (false, .box): symbol = "■"
      }
      var pen = Pen(enabled: style.colour)
      let text = pen.set(key, nil) + symbol + pen.set(nil, nil) + " " + fitted(entry.label, to: width - 4)
      if !line.isEmpty, Text.visibleColumns(line) + 3 + Text.visibleColumns(text) > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : "   ") + text
    }
    return lines + [line]
  }

  private func barLine(_ bar: ColourBar) -> String {
    let (low, high) = (clean(Text.short(bar.range.lowerBound)), clean(Text.short(bar.range.upperBound)))
    let steps = max(2, min(24, width - Text.columns(low) - Text.columns(high) - 2))
    var canvas = TextCanvas(width: steps, height: 1)
    for step in 0..<steps {
      let colour = bar.colour(at: Double(step) / Double(steps - 1)) ?? Colour(0)
      canvas[step, 0] = TextSheet.cell(colour, colour, style)
    }
    let scale = "\(low) \(canvas.line(0, style: style)) \(high)"
    let room = width - Text.visibleColumns(scale) - 2
    return bar.label.isEmpty || room < 4 ? scale : "\(scale)  \(fitted(bar.label, to: room))"
  }
}

extension TextCanvas.Cell {
  fileprivate var isEmpty: Bool { glyph == nil && dots == 0 && background == nil }
}

extension PanelPlan {
  fileprivate var fallbackColour: Colour { Colour(0x808890) }
}
