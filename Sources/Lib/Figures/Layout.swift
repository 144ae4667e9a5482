/// A rectangle on the page, in points from the top left.
struct Rect {
  var x, y, width, height: Double

  func inset(left: Double, top: Double, right: Double, bottom: Double) -> Rect {
    Rect(
      x: x + left, y: y + top, width: max(20, width - left - right), height: max(20, height - top - bottom))
  }

  func intersects(_ other: Rect) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
  }
}

/// The measures of the house style, in points.
enum Style {
  static let font = 12.0
  static let tickFont = 10.5
  static let noteFont = 10.5
  static let badgeFont = 9.5
  static let titleFont = 14.0
  /// How much wider bold letters are.
  static let boldness = 1.12
  static let titleHeight = 30.0
  static let titleBaseline = 20.0
  static let edge = 12.0
  static let gap = 10.0
  static let labelHeight = 20.0
  static let tickHeight = 20.0
  static let legendRow = 18.0
  static let swatch = 22.0
  static let legendGap = 16.0
  static let captionHeight = 18.0

  static func width(_ text: String, _ font: Double) -> Double { Text.ems(text) * font }
}

/// A figure's leaves, each with its place on the page.
struct Layout {
  struct Leaf {
    var title: String
    var content: Figure.Content
    var rect: Rect
  }

  let size: Size
  var leaves: [Leaf] = []
  /// Titles of grids, which stand above several leaves.
  var headings: [(text: String, rect: Rect)] = []

  init(_ figure: Figure) throws {
    size = figure.size ?? Self.naturalSize(figure)
    guard size.width >= 80, size.height >= 60, size.width <= 20_000, size.height <= 20_000 else {
      throw FigureError.invalid(
        mark: "figure",
        "size \(Text.short(size.width, digits: 6))x\(Text.short(size.height, digits: 6)) is out of range (80x60 to 20000x20000)"
      )
    }
    place(figure, Rect(x: 0, y: 0, width: size.width, height: size.height), isRoot: true)
  }

  private mutating func place(_ figure: Figure, _ rect: Rect, isRoot: Bool = false) {
    guard case .grid(let rows) = figure.content else {
      leaves.append(Leaf(title: figure.title, content: figure.content, rect: rect))
      return
    }
    var inner = rect
    if !figure.title.isEmpty {
      headings.append(
        (figure.title, Rect(x: rect.x, y: rect.y, width: rect.width, height: Style.titleHeight)))
      inner = rect.inset(left: 0, top: Style.titleHeight, right: 0, bottom: 0)
    }
    // Rows are as tall as their figures want to be, scaled to what there is.
    let filled = rows.filter { !$0.isEmpty }
    let wanted = filled.map { Self.height($0, width: inner.width) }
    let total = wanted.reduce(0, +)
    var y = inner.y
    for (row, height) in zip(filled, wanted) {
      let share = total > 0 ? height / total * inner.height : inner.height / Double(filled.count)
      for (column, cell) in row.enumerated() {
        let width = inner.width / Double(row.count)
        place(cell, Rect(x: inner.x + Double(column) * width, y: y, width: width, height: share))
      }
      y += share
    }
  }

  /// The height a row of figures asks for.
  private static func height(_ row: [Figure], width: Double) -> Double {
    row.map { cell in
      let width = width / Double(row.count)
      let height =
        cell.size.map { $0.height / $0.width * width } ?? Self.height(cell, width: width)
      // Titles, labels and ticks do not shrink with a narrow panel.
      if case .panel = cell.content, row.count > 1 { return max(height, 200) + 20 }
      return height
    }.max() ?? 0
  }

  /// The height a figure asks for at a width.
  static func height(_ figure: Figure, width: Double) -> Double {
    let title = figure.title.isEmpty ? 0 : Style.titleHeight
    switch figure.content {
    case .panel:
      let natural = naturalSize(figure)
      return natural.height / natural.width * width
    case .sheet(let sheet):
      let gaps = SheetLayout.gap * Double(sheet.columnCount - 1)
      let room = width - 2 * Style.edge - SheetLayout.namesWidth(sheet) - gaps
      let steepest = sheet.images.map { Double($0.height) / Double($0.width) }.max() ?? 1
      let row = max(1, room / Double(sheet.columnCount)) * steepest + SheetLayout.captionHeight(sheet)
      return Style.edge * 2 + title + Double(sheet.rowCount) * (row + SheetLayout.gap) - SheetLayout.gap
    case .grid(let rows):
      return title + rows.filter { !$0.isEmpty }.reduce(0) { $0 + height($1, width: width) }
    }
  }

  /// The size a figure takes when nobody says otherwise.
  static func naturalSize(_ figure: Figure) -> Size {
    let title = figure.title.isEmpty ? 0 : Style.titleHeight
    switch figure.content {
    case .panel(let panel):
      let isSquare =
        panel.equalUnits
        || panel.marks.contains { if case .heatMap(let map) = $0 { map.extent == nil } else { false } }
      return isSquare ? Size(560, 460) : .screen
    case .sheet(let sheet):
      let cell = SheetLayout.naturalCell(sheet)
      return Size(
        Style.edge * 2 + SheetLayout.namesWidth(sheet) + Double(sheet.columnCount)
          * (cell.width + SheetLayout.gap) - SheetLayout.gap,
        Style.edge * 2 + title + Double(sheet.rowCount)
          * (cell.height + SheetLayout.captionHeight(sheet) + SheetLayout.gap) - SheetLayout.gap)
    case .grid(let rows):
      // Panels as wide as words of this size can stand.
      let width = [640.0, 640, 800, 1000][min(3, rows.map(\.count).max() ?? 1)]
      return Size(width, max(120, height(figure, width: width).rounded(.up)))
    }
  }
}

/// A leaf ready to be drawn.
enum Drawing {
  case plot(Frame)
  case sheet(Sheet, title: String, rect: Rect)
}

extension Layout {
  /// The leaves against a theme. Plots that stand below each other get the same left margin.
  func drawings(_ theme: Theme) throws -> [Drawing] {
    let plans = try leaves.map { leaf -> PanelPlan? in
      if case .panel(let panel) = leaf.content { return try PanelPlan(panel, theme: theme) }
      return nil
    }
    let legend = sharedLegend(plans)
    let leaves = leaves.map { leaf in
      var leaf = leaf
      guard let legend else { return leaf }
      if legend.rows.isEmpty {
        let width = size.width - (legend.rect.width + Style.gap + Style.edge)
        leaf.rect.x *= width / size.width
        leaf.rect.width *= width / size.width
      } else {
        let (top, bottom) = (legend.rect.y, legend.rect.y + legend.rect.height)
        let scale = (size.height - bottom) / max(1, size.height - top)
        leaf.rect.y = bottom + (leaf.rect.y - top) * scale
        leaf.rect.height *= scale
      }
      return leaf
    }
    var margins: [Column: Double] = [:]
    for (leaf, plan) in zip(leaves, plans) {
      guard let plan else { continue }
      let frame = Frame(plan, title: leaf.title, in: leaf.rect)
      margins[Column(leaf.rect), default: 0] = max(
        margins[Column(leaf.rect)] ?? 0, frame.plot.x - leaf.rect.x)
    }
    return zip(leaves, plans).enumerated().compactMap { index, pair -> Drawing? in
      let (leaf, plan) = pair
      if let plan {
        let shared = legend.map {
          $0.leaf == index ? Frame.SharedLegend.here($0.rect, rows: $0.rows) : .elsewhere
        }
        return .plot(
          Frame(
            plan, title: leaf.title, in: leaf.rect, leastLeft: margins[Column(leaf.rect)] ?? 0, shared: shared
          ))
      }
      guard case .sheet(let sheet) = leaf.content else { return nil }
      return .sheet(sheet, title: leaf.title, rect: leaf.rect)
    }
  }

  /// The panel of a grid whose legend stands for all that share one, and where it stands: beside the panels, or in rows above them where
  /// the page is narrow.
  private func sharedLegend(_ plans: [PanelPlan?]) -> (leaf: Int, rect: Rect, rows: [[LegendEntry]])? {
    guard leaves.count > 1,
      let leaf = plans.firstIndex(where: { $0?.legendPlace == .shared && $0?.legend.isEmpty == false }),
      let plan = plans[leaf]
    else { return nil }
    let page = Rect(x: 0, y: 0, width: size.width, height: size.height)
    let wanted = Frame.legendSize(plan.legend, in: page)
    let heading = headings.isEmpty ? 0 : Style.titleHeight
    if wanted.width > size.width * 0.22 {
      let width = size.width - 2 * Style.edge
      let rows = Frame.legendRows(plan.legend, width: width)
      let height = Double(rows.count) * Style.legendRow + (heading > 0 ? 0 : 8)
      return (leaf, Rect(x: Style.edge, y: heading, width: width, height: height), rows)
    }
    let top = heading + Style.titleHeight + 4
    return (
      leaf,
      Rect(
        x: size.width - Style.edge - wanted.width, y: top, width: wanted.width,
        height: min(wanted.height, size.height - top)), []
    )
  }

  private struct Column: Hashable {
    let x, width: Double
    init(_ rect: Rect) { (x, width) = (rect.x.rounded(), rect.width.rounded()) }
  }
}

/// Where the images of a sheet go.
struct SheetLayout {
  static let gap = 6.0

  static func captionHeight(_ sheet: Sheet) -> Double { sheet.captions.isEmpty ? 0 : Style.captionHeight }

  /// The width of the column of row names.
  static func namesWidth(_ sheet: Sheet) -> Double {
    let widest = sheet.rowNames.map { Style.width(Text.printable($0), Style.font) }.max() ?? 0
    return widest > 0 ? min(widest, 200).rounded(.up) + 10 : 0
  }

  /// A cell holds the largest image at a whole multiple of its pixels, between about 64 and 320 points wide.
  static func naturalCell(_ sheet: Sheet) -> Size {
    let width = Double(sheet.images.map(\.width).max() ?? 64)
    let height = Double(sheet.images.map(\.height).max() ?? 64)
    let target =
      sheet.images.count == 1 ? 320.0 : sheet.columnCount <= 4 ? 128 : sheet.columnCount <= 8 ? 96 : 64
    let largest = max(width, height)
    let scale = largest <= target ? max(1, (target / largest).rounded()) : target / largest
    return Size(width * scale, height * scale)
  }

  /// For each image its rectangle, and the baseline rectangle of its caption.
  static func places(_ sheet: Sheet, in whole: Rect) -> [(image: Rect, caption: Rect)] {
    let rect = whole.inset(left: namesWidth(sheet), top: 0, right: 0, bottom: 0)
    let caption = captionHeight(sheet)
    let columns = Double(sheet.columnCount)
    let rows = Double(sheet.rowCount)
    let cellWidth = max(1, (rect.width - gap * (columns - 1)) / columns)
    let room = max(1, (rect.height - gap * (rows - 1)) / rows - caption)
    func scale(_ image: Raster) -> Double {
      min(cellWidth / Double(image.width), room / Double(image.height))
    }
    // No taller than the tallest image, so that captions stay with their images in a tall rectangle.
    let cellHeight = sheet.images.map { Double($0.height) * scale($0) }.max() ?? room
    return sheet.images.enumerated().map { index, image in
      let x = rect.x + Double(index % sheet.columnCount) * (cellWidth + gap)
      let y = rect.y + Double(index / sheet.columnCount) * (cellHeight + caption + gap)
      let scale = scale(image)
      let (width, height) = (Double(image.width) * scale, Double(image.height) * scale)
      return (
        Rect(x: x + (cellWidth - width) / 2, y: y + (cellHeight - height) / 2, width: width, height: height),
        Rect(x: x, y: y + cellHeight, width: cellWidth, height: caption)
      )
    }
  }
}

extension SheetLayout {
  static func check(_ sheet: Sheet) throws {
    guard !sheet.images.isEmpty else { throw FigureError.invalid(mark: "images", "there are none to show") }
    guard sheet.captions.isEmpty || sheet.captions.count == sheet.images.count else {
      throw FigureError.lengths(
        mark: "images", "\(sheet.images.count) images, \(sheet.captions.count) captions")
    }
    guard sheet.badges.isEmpty || sheet.badges.count == sheet.images.count else {
      throw FigureError.lengths(mark: "images", "\(sheet.images.count) images, \(sheet.badges.count) badges")
    }
    guard sheet.rowNames.isEmpty || sheet.rowNames.count == sheet.rowCount else {
      throw FigureError.lengths(
        mark: "images", "\(sheet.rowCount) rows of images, \(sheet.rowNames.count) row names")
    }
  }
}
