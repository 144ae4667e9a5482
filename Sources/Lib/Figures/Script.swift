import CGnuplot

/// A gnuplot script that draws a figure.
///
/// Nothing from the data reaches the script except finite numbers, printed by us, and text inside `quoted`.
/// Bulk data goes through binary files.
struct Script {
  /// What the script draws to.
  enum Terminal {
    case svg
    case png(scale: Double)
    case pdf
  }

  var text = ""
  let theme: Theme
  let layout: Layout
  let terminal: Terminal
  /// Labels, arrows and objects are numbered, so that one panel can remove its own.
  var nextTag = 1
  /// The size of the numbers in the cells of the panel being drawn.
  var cellFont: Double?
  /// Where words already stand in the panel being drawn.
  var taken: [Rect] = []

  init(_ figure: Figure, _ terminal: Terminal, _ files: inout DataFiles) throws {
    layout = try Layout(figure)
    theme = figure.theme
    self.terminal = terminal
    begin()
    for heading in layout.headings { self.heading(heading.text, in: heading.rect) }
    for drawing in try layout.drawings(theme) {
      switch drawing {
      case .plot(let frame): try draw(frame, &files)
      case .sheet(let sheet, let title, let rect): try draw(sheet, title: title, in: rect, &files)
      }
      clear()
    }
    line("unset multiplot")
    line("unset output")
  }

  private mutating func begin() {
    let (width, height) = (layout.size.width, layout.size.height)
    line("reset")
    line("set encoding utf8")
    line("set minussign")
    let page = theme.background.map { "background rgb \(Self.colour($0))" }
    switch terminal {
    case .svg:
      line(
        "set terminal svg size \(width),\(height) dynamic noenhanced rounded font 'FAA,\(Style.font)' name 'faa'"
      )
    case .png(let scale):
      line(
        "set terminal pngcairo size \(Int((width * scale).rounded())),\(Int((height * scale).rounded())) noenhanced "
          + "rounded font 'DejaVu Sans,\(Style.font * Self.pixelsToPoints)' fontscale \(scale) linewidth \(scale) "
          + "pointscale \(scale) \(page ?? "transparent")")
    case .pdf:
      // Its fonts and points come out larger by 4 / 3 than the PNG's of the same numbers, its lines thinner by 2 / 3.
      line(
        "set terminal pdfcairo size \(width / 96)in,\(height / 96)in noenhanced rounded "
          + "font 'DejaVu Sans,\(Style.font * Self.pixelsToPoints)' fontscale 0.75 linewidth 1.5 pointscale 0.75 "
          + (page ?? ""))
    }
    line("set output")
    line("set multiplot")
    line("set size 1,1")
    line("set origin 0,0")
    line("unset key")
  }

  /// Removes what one panel set up, so that the next starts clean.
  private mutating func clear() {
    line("unset label")
    line("unset arrow")
    line("unset object")
    line("unset xlabel")
    line("unset ylabel")
    line("unset grid")
    line("unset y2tics")
    nextTag = 1
    taken = []
  }

  var isSVG: Bool { if case .svg = terminal { true } else { false } }

  mutating func line(_ command: String) {
    text += command
    text += "\n"
  }

  mutating func tag() -> Int {
    defer { nextTag += 1 }
    return nextTag
  }

  /// Text as one gnuplot string. Everything in ASCII that is not a letter, digit or plain punctuation is
  /// written as an octal escape, so no quote, backquote, `@` or backslash of the data ever stands in the
  /// script. (Single quotes would not do: gnuplot 5.4 misreads a doubled quote at the start of a string.)
  func quoted(_ text: String) -> String {
    var result = "\""
    var followsEscape = false
    for scalar in drawable(Text.printable(text)).unicodeScalars {
      let isPlain: Bool
      switch scalar {
      case "a"..."z", "A"..."Z", " ", ".", ",", ":", "-", "(", ")": isPlain = true
      // gnuplot reads more than three octal digits, so a digit behind an escape is escaped as well.
      case "0"..."9": isPlain = !followsEscape
      default: isPlain = !scalar.isASCII
      }
      followsEscape = false
      if isPlain {
        result.unicodeScalars.append(scalar)
      } else if scalar == "&", isSVG {
        result.unicodeScalars.append(Text.ampersand)
      } else {
        let octal = String(scalar.value, radix: 8)
        result += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
        followsEscape = true
      }
    }
    return result + "\""
  }

  /// The text with a box for what no font here has: Cairo's terminals would draw the character's number there, as large as the page. An
  /// SVG is drawn with its reader's fonts.
  private func drawable(_ text: String) -> String {
    let firstUncommon: UInt32 = 0x250
    guard !isSVG, text.unicodeScalars.contains(where: { $0.value >= firstUncommon }) else { return text }
    return String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { scalar in
          scalar.value < firstUncommon || scalar.properties.isDefaultIgnorableCodePoint
            || faa_gnuplot_can_write(scalar.value) ? scalar : "□"
        }))
  }

  /// Text for a tick label, which gnuplot also reads as a number format.
  func quotedTick(_ text: String) -> String {
    quoted(text.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%"))
  }

  /// A colour as gnuplot writes it: its leading byte is transparency, not opacity.
  static func colour(_ colour: Colour) -> String {
    func hex(_ byte: UInt8) -> String {
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    let rgb = hex(colour.red) + hex(colour.green) + hex(colour.blue)
    return colour.alpha == 255 ? "'#\(rgb)'" : "'#\(hex(255 - colour.alpha))\(rgb)'"
  }

  /// A position on the page in gnuplot's screen coordinates, which count from the bottom left.
  func screen(_ x: Double, _ y: Double) -> String {
    "screen \(x / layout.size.width), screen \(1 - y / layout.size.height)"
  }

  /// A font clause. gnuplot's SVG does not know weights: `SVG` resolves these names.
  func font(_ points: Double, bold: Bool = false) -> String {
    switch terminal {
    case .svg: "font 'FAA\(bold ? "Bold" : ""),\(points)'"
    case .png, .pdf: "font 'DejaVu Sans\(bold ? ":Bold" : ""),\(points * Self.pixelsToPoints)'"
    }
  }

  // Cairo's terminals measure fonts in points of 1/72 inch.
  private static let pixelsToPoints = 0.75

  mutating func label(
    _ text: String, x: Double, y: Double, anchor: String = "left", size: Double = Style.font,
    bold: Bool = false,
    colour: Colour, extra: String = ""
  ) {
    guard !text.isEmpty else { return }
    line(
      "set label \(tag()) \(quoted(text)) at \(screen(x, y)) \(anchor) front \(font(size, bold: bold)) "
        + "textcolor rgb \(Self.colour(colour)) \(extra)")
  }

  mutating func heading(_ text: String, in rect: Rect) {
    // A grid's title is drawn with the first panel, whose labels are cleared after it.
    label(
      fitted(text, to: (rect.width - 2 * Style.edge) / Style.boldness, Style.titleFont + 1),
      x: rect.x + Style.edge, y: rect.y + Style.titleBaseline, size: Style.titleFont + 1, bold: true,
      colour: theme.text)
  }

  mutating func setMargins(_ plot: Rect) {
    line("set lmargin at screen \(plot.x / layout.size.width)")
    line("set rmargin at screen \((plot.x + plot.width) / layout.size.width)")
    line("set tmargin at screen \(1 - plot.y / layout.size.height)")
    line("set bmargin at screen \(1 - (plot.y + plot.height) / layout.size.height)")
  }

  private mutating func draw(_ sheet: Sheet, title: String, in rect: Rect, _ files: inout DataFiles) throws {
    try SheetLayout.check(sheet)
    let top = title.isEmpty ? Style.edge : Style.titleHeight + 4
    let inner = rect.inset(left: Style.edge, top: top, right: Style.edge, bottom: Style.edge)
    label(
      fitted(title, to: inner.width / Style.boldness, Style.titleFont), x: inner.x,
      y: rect.y + Style.titleBaseline, size: Style.titleFont, bold: true,
      colour: theme.text)
    // The axes measure points on the page, downwards as the layout does (negated, as images hang from their
    // origin).
    setMargins(inner)
    line("unset border")
    line("unset tics")
    line("set xrange [\(inner.x):\(inner.x + inner.width)]")
    line("set yrange [\(-(inner.y + inner.height)):\(-inner.y)]")
    var elements: [String] = []
    for (index, place) in SheetLayout.places(sheet, in: inner).enumerated() {
      let image = sheet.images[index]
      elements.append(
        try pixels(
          image, x: place.image.x...(place.image.x + place.image.width),
          y: -(place.image.y + place.image.height)...(-place.image.y), width: place.image.width, &files))
      if index < sheet.badges.count { badge(sheet.badges[index], on: place.image) }
      if index % sheet.columnCount == 0, index / sheet.columnCount < sheet.rowNames.count {
        label(
          fitted(sheet.rowNames[index / sheet.columnCount], to: 200, Style.font), x: inner.x,
          y: place.image.y + place.image.height / 2, colour: theme.text)
      }
      guard index < sheet.captions.count else { continue }
      label(
        fitted(sheet.captions[index], to: place.caption.width, Style.tickFont),
        x: place.caption.x + place.caption.width / 2, y: place.caption.y + place.caption.height * 0.55,
        anchor: "center", size: Style.tickFont, colour: theme.muted)
    }
    line("plot " + elements.joined(separator: ", "))
  }

  // In the corner, as the weight of a sample is shown, on a patch of the page.
  private mutating func badge(_ text: String, on image: Rect) {
    let text = fitted(text, to: image.width - 8, Style.badgeFont)
    guard !text.isEmpty else { return }
    let width = Style.width(text, Style.badgeFont) + 6
    line(
      "set object \(tag()) rectangle from \(screen(image.x, image.y)) to \(screen(image.x + width, image.y + 14)) "
        + "front fillstyle solid noborder fillcolor rgb \(Self.colour(theme.page.opacity(0.85)))")
    label(text, x: image.x + 3, y: image.y + 7.5, size: Style.badgeFont, colour: theme.text)
  }

  /// A plot element that paints an image over a rectangle of the axes as gnuplot measures them; one that `isFine` has as many pixels as
  /// the page.
  func pixels(
    _ raster: Raster, x: ClosedRange<Double>, y: ClosedRange<Double>, width points: Double,
    isFine: Bool = false, _ files: inout DataFiles
  ) throws -> String {
    var raster = raster
    // Cairo blurs enlarged images; whole multiples of the pixels keep their edges. SVG says so in its markup.
    if !isSVG, !isFine { raster = raster.enlarged(toAtLeast: Int(min(4096, points * 4))) }
    // gnuplot draws no image that is a single pixel wide or high.
    if raster.width == 1 || raster.height == 1 { raster = raster.enlarged(toAtLeast: raster.width * 2) }
    let dx = (x.upperBound - x.lowerBound) / Double(raster.width)
    let dy = (y.upperBound - y.lowerBound) / Double(raster.height)
    return try files.pixels(raster)
      + "dx=\(dx) dy=\(dy) origin=(\(x.lowerBound + dx / 2),\(y.lowerBound + dy / 2)) with rgbalpha notitle"
  }

  /// Text cut to a width in points.
  func fitted(_ text: String, to width: Double, _ size: Double) -> String {
    let clean = Text.printable(text)
    guard !clean.isEmpty, Style.width(clean, size) > width else { return clean }
    // No letter is narrower than a sixth of its height.
    var kept = String.UnicodeScalarView(clean.unicodeScalars.prefix(Int(max(0, width / size * 6)) + 1))
    while !kept.isEmpty, Style.width(String(kept) + "…", size) > width { kept.removeLast() }
    return String(kept) + "…"
  }
}
