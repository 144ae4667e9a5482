/// Draws images with characters: two pixels to a cell by half-blocks in colour, else shades of ASCII.
struct TextSheet {
  private let sheet: Sheet
  private let width: Int
  private let page: Colour
  private let style: TextStyle

  init(_ sheet: Sheet, width: Int, page: Colour, style: TextStyle) throws {
    try SheetLayout.check(sheet)
    (self.sheet, self.width, self.page, self.style) = (sheet, width, page, style)
  }

  private static let shades = Array(" .:-=+*#%@")

  /// One cell that shows two colours above each other.
  static func cell(_ top: Colour, _ bottom: Colour, _ style: TextStyle) -> TextCanvas.Cell {
    if style.colour, style.unicode { return .init(glyph: "▀", colour: top, background: bottom) }
    let luma = (top.luma + bottom.luma) / 2
    let shade = shades[min(shades.count - 1, Int(luma / 256 * Double(shades.count)))]
    return .init(glyph: shade, colour: style.colour ? top.mixed(with: bottom, 0.5) : nil)
  }

  func lines() -> [String] {
    // Cells of at least 8 columns; fewer in a row where the terminal is narrow.
    let columns = max(1, min(sheet.columnCount, (width + 1) / 9))
    let cellWidth = min(max(8, (width - (columns - 1)) / columns), sheet.images.count == 1 ? 64 : 32)
    var lines: [String] = []
    let starts = (0..<sheet.rowCount).flatMap { row in
      stride(
        from: row * sheet.columnCount, to: min((row + 1) * sheet.columnCount, sheet.images.count), by: columns
      )
    }
    for start in starts {
      if start % sheet.columnCount == 0, start / sheet.columnCount < sheet.rowNames.count {
        let name = style.clean(sheet.rowNames[start / sheet.columnCount])
        lines.append(Text.fitted(name, to: width, unicode: style.unicode))
      }
      lines += row(
        start..<min(start + columns, (start / sheet.columnCount + 1) * sheet.columnCount, sheet.images.count),
        cellWidth)
    }
    return lines
  }

  private func row(_ indices: Range<Int>, _ cellWidth: Int) -> [String] {
    let sizes = indices.map { index -> (width: Int, height: Int) in
      let image = sheet.images[index]
      let across = min(cellWidth, image.width)
      // A character is about twice as high as wide.
      let down = Double(across) * Double(image.height) / Double(image.width) / 2
      return (across, Int(max(1, min(200, down.rounded()))))
    }
    let height = sizes.map(\.height).max() ?? 1
    let captions = indices.map { index in
      [sheet.badges, sheet.captions].filter { index < $0.count }.map { $0[index] }.joined(separator: " ")
    }
    let hasCaptions = captions.contains { !$0.isEmpty }
    var canvas = TextCanvas(width: (cellWidth + 1) * indices.count, height: height + (hasCaptions ? 1 : 0))
    for (place, index) in indices.enumerated() {
      let left = place * (cellWidth + 1)
      draw(sheet.images[index], sizes[place], left: left + (cellWidth - sizes[place].width) / 2, &canvas)
      guard hasCaptions else { continue }
      let caption = Text.fitted(style.clean(captions[place]), to: cellWidth, unicode: style.unicode)
      canvas.write(caption, column: left + (cellWidth - Text.columns(caption)) / 2, row: height, colour: nil)
    }
    return (0..<canvas.height).map { canvas.line($0, style: style) }
  }

  private func draw(_ image: Raster, _ size: (width: Int, height: Int), left: Int, _ canvas: inout TextCanvas)
  {
    func span(_ index: Int, _ count: Int, _ pixels: Int) -> Range<Int> {
      let low = min(pixels - 1, index * pixels / count)
      return low..<max(low + 1, (index + 1) * pixels / count)
    }
    for row in 0..<size.height {
      for column in 0..<size.width {
        let x = span(column, size.width, image.width)
        let top = image.mean(x: x, y: span(row * 2, size.height * 2, image.height), over: page)
        let bottom = image.mean(x: x, y: span(row * 2 + 1, size.height * 2, image.height), over: page)
        canvas[left + column, row] = Self.cell(top, bottom, style)
      }
    }
  }
}
