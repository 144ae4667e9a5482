import Testing

@testable import Figures

@Suite("Figures in a terminal") struct TextTests {
  static let names = [
    "lines", "classes", "loss", "faces", "histogram", "bars", "confusion", "landscape", "valued", "grid",
    "contours", "twin", "spread",
    "spectrum", "strips",
    "ragged",
  ]
  static let styles = [
    TextStyle(), TextStyle(colour: true), TextStyle(unicode: false), TextStyle(colour: true, unicode: false),
  ]

  @Test(arguments: names, styles) func `no line is wider than asked`(name: String, style: TextStyle) throws {
    let figure = try OutputTests.figure(name)
    for width in [20, 40, 80, 133] {
      let text = try figure.text(width: width, style: style)
      for line in text.split(separator: "\n") {
        #expect(Text.visibleColumns(String(line)) <= width, "\(name) at \(width): \(line)")
      }
      if !style.colour { #expect(!text.contains("\u{1B}")) }
      if !style.unicode { #expect(text.utf8.allSatisfy { $0 < 0x80 }) }
      // Every line ends with the pen put down.
      for line in text.split(separator: "\n") {
        let last = line.split(separator: "\u{1B}", omittingEmptySubsequences: false).dropFirst().last
        #expect(last?.hasPrefix("[0m") ?? true)
      }
    }
  }

  @Test func `a line goes where its values say`() throws {
    let text = try Figure(marks: [.line(y: [0.0, 1.0])]).text(width: 30, height: 6)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    // Rising: ink at the right on top, at the left below.
    func ink(_ line: String) -> [Int] {
      line.enumerated().filter { ("\u{2801}"..."\u{28FF}").contains($0.element) }.map(\.offset)
    }
    #expect((ink(lines[0]).min() ?? 0) > 15)
    #expect((ink(lines[5]).max() ?? 99) < 15)
  }

  @Test func `series without colour differ by symbol, and the legend tells which`() throws {
    let text = try Figure(marks: [.line(y: [0.0, 0], label: "low"), .line(y: [1.0, 1], label: "high")]).text(
      width: 40)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines[0] == "* low   + high")
    #expect(lines.contains { $0.contains("++++") && !$0.contains("*") && !$0.contains("└") })
  }

  @Test func `two pixels above each other share a cell`() throws {
    let image = try Raster(width: 1, height: 2, channels: 3, bytes: [255, 0, 0, 0, 0, 255])
    let text = try Figure.images([image]).text(width: 20, style: TextStyle(colour: true))
    #expect(text.contains("\u{1B}[0;38;2;255;0;0;48;2;0;0;255m▀\u{1B}[0m"))
  }

  @Test func `brightness becomes a shade`() throws {
    let image = try Raster(width: 2, height: 2, channels: 1, bytes: [0, 255, 0, 255])
    #expect(
      try Figure.images([image], captions: ["é"]).text(width: 20, style: TextStyle(unicode: false)).contains(
        " @"))
  }
}
