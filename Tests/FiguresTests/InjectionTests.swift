import Foundation
import Testing

@testable import Figures

@Suite("Text from data never becomes a command") struct InjectionTests {
  /// Attacks; `%P` stands for a file that must not appear.
  static let attacks = [
    "`touch %P`", "' ; system('touch %P') ; '", "'; !touch %P", "\n!touch %P\n", "\r!touch %P\r",
    "x'\n!touch %P\n'",
    "\"; system(\"touch %P\"); \"", "@macro", "$(touch %P)", "\\\n!touch %P", "x\\", "'", "''", "'''", "\\'",
    "\u{0}!touch %P", "\u{1}FAA1\u{1}", "\u{1B}]0;title\u{7}", "{/:Bold x}", "a_b^{c}", "%s %d %%", "100 %",
    "</text><script>alert(1)</script>", "]]>", "&amp;&#0;", "<!--", "# comment", "}\n}\n!touch %P",
    "e\n!touch %P",
    "\u{2028}!touch %P", "\u{85}!touch %P", "\u{202E}txet", "\u{FFFF}\u{FFFE}", "日本語 x̂ 👩‍👩‍👧",
    String(repeating: "'", count: 5000),
    "font-family=\"FAA\"", "id='gpPt6'", "| touch %P", "< touch %P", "set output '%P'",
  ]

  /// Every place that takes text, filled with the same text.
  static func figure(_ text: String) -> Figure {
    let panel = Figure(
      text,
      marks: [
        .line(x: [0, 1, 2], y: [1, 2, 3], label: text), .rule(y: 1, label: text),
        .scatter(x: [0, 1], y: [1, 2], colours: .classes([0, 1], names: [text, text])),
        .scatter(x: [0, 1], y: [1, 2], colours: .values([0, 1], .viridis, label: text)),
        .annotation(text, x: 1, y: 2), .histogram([1.0, 2, 3], label: text),
        .band(lower: [0.0, 1], upper: [1.0, 2], label: text), .span(.x, from: 0, to: 1, label: text),
        .arrows(x: [0], y: [1], dx: [1], dy: [1], label: text), .stems(y: [1, 2], label: text),
        .contour([0, 1, 1, 2], rows: 2, columns: 2, x: 0...1, y: 1...2, levels: [0.5], label: text),
      ], x: Axis(text, ticks: [Tick(0, text), Tick(1, "b")]), y: Axis(text, ticks: [Tick(1, text)]),
      right: Panel.Right([.line(y: [1.0, 2], label: text)], axis: Axis(text)), legend: .outside)
    let boxes = Figure("", marks: [.boxPlot([BoxPlot.Group(text, [1, 2, 3])])])
    let sheet = Figure.images(
      [Raster(trustedWidth: 1, height: 1, rgba: [0, 0, 0, 255])], captions: [text], badges: [text],
      rowNames: [text])
    let bars = Figure("", marks: [.bars([text, "b"], [BarSeries(text, values: [1, 2])])])
    let heat = Figure(
      "",
      marks: [
        .heatMap([1.0, 2], rows: 1, columns: 2, rowNames: [text], columnNames: [text, "c"], label: text)
      ])
    return .grid([[panel], [bars, heat], [boxes, sheet]], title: text)
  }

  @Test(.enabled(if: hasGnuplot), arguments: attacks) func `an attack is drawn as text`(attack: String) throws
  {
    try withTemporaryDirectory { directory in
      let target = directory + "/pwned"
      let text = attack.split(separator: "%P", omittingEmptySubsequences: false).joined(separator: target)
      let svg = try Self.figure(text).svg()
      #expect(!FileManager.default.fileExists(atPath: target))
      let xml = try XML(svg)
      #expect(!xml.names.contains("script"))
      // The heading shows exactly the printable form.
      #expect(xml.texts.contains(Text.printable(text)), "\(xml.texts.prefix(4))")
      let terminal = try Self.figure(text).text(width: 80)
      #expect(!terminal.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7F })
      #expect(!FileManager.default.fileExists(atPath: target))
    }
  }

  @Test(.enabled(if: hasGnuplot)) func `random text is drawn as text`() throws {
    let alphabet: [Character] =
      Array("'\"`\\!@#$%{}()[];|<>&\n\r\t\0\u{1B} abc0.,:_^~*/-+=") + ["é", "\u{1}", "日"]
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let gnuplot = Gnuplot()
    for _ in 0..<60 {
      let text = "q" + String((0..<(1 + next(40))).map { _ in alphabet[next(alphabet.count)] }) + "q"
      let xml = try XML(Self.figure(text).svg(using: gnuplot))
      #expect(xml.texts.contains(Text.printable(text)), "\(text.debugDescription)")
    }
  }
}
