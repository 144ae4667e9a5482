/// How a text picture may be drawn.
public struct TextStyle: Hashable, Sendable {
  /// Use 24-bit colour escape sequences. Without, series differ by their symbols.
  public var colour: Bool
  /// Use box drawing, Braille and block characters. Without, printable ASCII only.
  public var unicode: Bool

  /// A style; plain Unicode text by default.
  public init(colour: Bool = false, unicode: Bool = true) { (self.colour, self.unicode) = (colour, unicode) }

  func clean(_ text: String) -> String {
    unicode ? Text.printable(text) : Text.ascii(Text.printable(text))
  }
}

/// A grid of character cells, each also a 2x4 grid of Braille dots.
struct TextCanvas {
  struct Cell {
    var glyph: Character?
    var dots: UInt8 = 0
    var colour: Colour?
    var background: Colour?
  }

  let width, height: Int
  private var cells: [Cell]

  init(width: Int, height: Int) {
    (self.width, self.height) = (max(1, width), max(1, height))
    cells = Array(repeating: Cell(), count: self.width * self.height)
  }

  subscript(column: Int, row: Int) -> Cell {
    get { contains(column, row) ? cells[row * width + column] : Cell() }
    set { if contains(column, row) { cells[row * width + column] = newValue } }
  }

  private func contains(_ column: Int, _ row: Int) -> Bool {
    (0..<width).contains(column) && (0..<height).contains(row)
  }

  /// Sets one dot; x counts half cells, y quarter cells from the top.
  mutating func dot(_ x: Int, _ y: Int, _ colour: Colour?) {
    guard x >= 0, y >= 0, x < width * 2, y < height * 4 else { return }
    // The bit order of the Unicode Braille block: two columns of three, then the bottom pair.
    let bits: [UInt8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
    let index = (y / 4) * width + x / 2
    cells[index].dots |= bits[(y % 4) * 2 + x % 2]
    cells[index].colour = colour
  }

  /// Sets a whole cell by the dot it contains.
  mutating func stamp(_ x: Int, _ y: Int, _ glyph: Character, _ colour: Colour?) {
    guard x >= 0, y >= 0, x < width * 2, y < height * 4 else { return }
    cells[(y / 4) * width + x / 2] = Cell(glyph: glyph, colour: colour)
  }

  mutating func write(_ text: String, column: Int, row: Int, colour: Colour?) {
    var column = column
    for character in text {
      if contains(column, row) {
        self[column, row] = Cell(glyph: character, colour: colour, background: self[column, row].background)
      }
      column += max(1, Text.columns(String(character)))
    }
  }

  /// One line of the canvas, escape sequences included when the style has colour.
  func line(_ row: Int, style: TextStyle) -> String {
    var line = ""
    var pen = Pen(enabled: style.colour)
    var column = 0
    while column < width {
      let cell = self[column, row]
      let glyph = cell.glyph ?? (cell.dots == 0 ? " " : Self.braille(cell.dots))
      let isBlank = glyph == " " && cell.background == nil
      line += pen.set(isBlank ? nil : cell.colour, isBlank ? nil : cell.background)
      line.append(glyph)
      column += max(1, Text.columns(String(glyph)))
    }
    return line.trimmingTrailingBlanks + pen.set(nil, nil)
  }

  private static func braille(_ dots: UInt8) -> Character {
    Unicode.Scalar(0x2800 + UInt32(dots)).map(Character.init) ?? " "
  }
}

/// Emits escape sequences only where the colour changes.
struct Pen {
  let enabled: Bool
  private var colour: Colour?
  private var background: Colour?

  init(enabled: Bool) { self.enabled = enabled }

  mutating func set(_ newColour: Colour?, _ newBackground: Colour?) -> String {
    guard enabled, newColour != colour || newBackground != background else { return "" }
    (colour, background) = (newColour, newBackground)
    if newColour == nil, newBackground == nil { return "\u{1B}[0m" }
    var codes = ["0"]
    if let c = newColour { codes.append("38;2;\(c.red);\(c.green);\(c.blue)") }
    if let c = newBackground { codes.append("48;2;\(c.red);\(c.green);\(c.blue)") }
    return "\u{1B}[" + codes.joined(separator: ";") + "m"
  }
}

extension String {
  fileprivate var trimmingTrailingBlanks: String {
    guard let last = lastIndex(where: { $0 != " " }) else { return "" }
    return String(self[...last])
  }
}
