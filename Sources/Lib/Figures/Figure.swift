/// A picture as data: what is shown, how it is labelled, how large it is and in which theme.
///
/// A figure is a value. Nothing is drawn before one of `svg()`, `png()`, `text(width:height:)` or `save(to:)`
/// is called, and drawing the same figure twice gives the same bytes.
public struct Figure: Codable, Equatable, Sendable {
  /// Written above the picture; empty for none.
  public var title: String
  /// What is shown.
  public var content: Content
  /// Width and height in points (1/96 inch); nil lets the content decide.
  public var size: Size?
  /// The colours. In a grid, the outer figure's theme holds for all.
  public var theme: Theme

  /// What a figure shows.
  public indirect enum Content: Codable, Equatable, Sendable {
    /// Marks on a pair of axes.
    case panel(Panel)
    /// Images side by side.
    case sheet(Sheet)
    /// Figures in rows; the cells of a row share its width evenly.
    case grid([[Figure]])
  }

  /// Marks on a pair of axes.
  public init(
    _ title: String = "", marks: [Mark], x: Axis = Axis(), y: Axis = Axis(), right: Panel.Right? = nil,
    legend: Legend = .automatic, equalUnits: Bool = false, size: Size? = nil, theme: Theme = .light
  ) {
    self.init(
      title: title,
      content: .panel(
        Panel(marks: marks, x: x, y: y, right: right, legend: legend, equalUnits: equalUnits)),
      size: size, theme: theme)
  }

  /// A figure of any content.
  public init(title: String, content: Content, size: Size?, theme: Theme) {
    (self.title, self.content, self.size, self.theme) = (title, content, size, theme)
  }

  /// Images in rows, each with an optional caption below and an optional badge in its corner; optional names stand left of
  /// the rows.
  public static func images(
    _ images: [Raster], captions: [String] = [], badges: [String] = [], rowNames: [String] = [],
    columns: Int? = nil, title: String = "", size: Size? = nil, theme: Theme = .light
  ) -> Figure {
    Figure(
      title: title,
      content: .sheet(
        Sheet(images: images, captions: captions, badges: badges, rowNames: rowNames, columns: columns)),
      size: size, theme: theme)
  }

  /// Figures beside and below each other: `grid([[a, b], [c, d]])`. A row with fewer figures stretches them.
  public static func grid(
    _ rows: [[Figure]], title: String = "", size: Size? = nil, theme: Theme = .light
  ) -> Figure {
    Figure(title: title, content: .grid(rows), size: size, theme: theme)
  }
}

extension Figure {
  /// The figure at a width, as high as its parts ask for then. Rows of a grid are broken where their figures would be too narrow to be
  /// read.
  public func sized(width: Double) -> Figure {
    var figure = broken(toFit: width)
    figure.size = Size(width, max(60, Layout.height(figure, width: width).rounded(.up)))
    return figure
  }

  private func broken(toFit width: Double) -> Figure {
    guard case .grid(let rows) = content else { return self }
    var figure = self
    figure.content = .grid(
      rows.flatMap { row -> [[Figure]] in
        let most = max(1, Int(width / (row.map(\.leastWidth).max() ?? width)))
        // Rows of even length: four figures that go by three stand two by two.
        let count = (row.count + most - 1) / most
        let length = (row.count + max(1, count) - 1) / max(1, count)
        return stride(from: 0, to: row.count, by: max(1, length)).map {
          Array(row[$0..<min($0 + length, row.count)])
        }
      })
    return figure
  }

  /// The width below which a part of a grid cannot be read.
  private var leastWidth: Double {
    switch content {
    case .sheet(let sheet): return 40 * Double(sheet.columnCount)
    case .grid(let rows):
      return rows.map { row in row.reduce(0) { $0 + $1.leastWidth } }.max() ?? 0
    case .panel(let panel):
      // Names, numbers in cells and a second scale take their room.
      let isWide =
        panel.right != nil
        || panel.marks.contains {
          switch $0 {
          case .heatMap, .bars, .boxPlot: true
          case .scatter(let scatter): if case .values = scatter.colours { true } else { false }
          default: false
          }
        }
      return isWide ? 220 : 150
    }
  }
}

/// Marks on a pair of axes.
public struct Panel: Codable, Equatable, Sendable {
  /// What is drawn, in this order.
  public var marks: [Mark]
  /// The axes.
  public var x, y: Axis
  /// What is measured against a second vertical axis, on the right.
  public var right: Right?
  /// Where the legend goes.
  public var legend: Legend
  /// One unit is equally long on both axes, as distances in an embedding ask for.
  public var equalUnits: Bool

  /// Marks on axes.
  public init(
    marks: [Mark], x: Axis = Axis(), y: Axis = Axis(), right: Right? = nil, legend: Legend = .automatic,
    equalUnits: Bool = false
  ) {
    (self.marks, self.x, self.y, self.right, self.legend, self.equalUnits) = (
      marks, x, y, right, legend, equalUnits
    )
  }

  /// Marks on a second vertical axis.
  public struct Right: Codable, Equatable, Sendable {
    /// What is drawn, above the rest.
    public var marks: [Mark]
    /// The axis.
    public var axis: Axis
    /// Marks on their own axis.
    public init(_ marks: [Mark], axis: Axis) { (self.marks, self.axis) = (marks, axis) }
  }
}

/// Images side by side.
public struct Sheet: Codable, Equatable, Sendable {
  /// The images, row by row.
  public var images: [Raster]
  /// A caption for each image, or none at all.
  public var captions: [String]
  /// A short text in the top left corner of each image, or none at all.
  public var badges: [String]
  /// A name for each row, or none at all.
  public var rowNames: [String]
  /// Images in a row; nil makes the sheet about square.
  public var columns: Int?

  var columnCount: Int {
    let most = max(1, images.count)
    if let columns { return max(1, min(columns, most)) }
    return min(most, max(1, Int(Double(most).squareRoot().rounded(.up))))
  }

  var rowCount: Int { (max(1, images.count) + columnCount - 1) / columnCount }
}

/// Width and height in points (1/96 inch).
public struct Size: Codable, Hashable, Sendable {
  /// The extents.
  public var width, height: Double
  /// From its extents.
  public init(_ width: Double, _ height: Double) { (self.width, self.height) = (width, height) }

  /// A figure in a notebook page.
  public static let screen = Size(640, 400)
  /// One column of a two-column paper (3.4 in).
  public static let column = Size(327, 230)
  /// Both columns of such a paper (7 in).
  public static let page = Size(672, 380)
  /// A 16:9 slide: enlarged to fill one, its words are read from the last row.
  public static let slide = Size(640, 360)
}
