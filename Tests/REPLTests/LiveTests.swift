import Foundation
import Testing

@testable import REPL

@Suite("Displays that change while a cell runs", .enabled(if: Program.path != nil)) struct LiveTests {
  /// The frames among the bytes that a terminal got: what stands before each picture and the picture's own introduction.
  static func frames(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).components(separatedBy: "\u{1B}[?2026h").dropFirst().map {
      String($0.components(separatedBy: "\u{1B}[?2026l")[0])
    }
  }

  static let descent =
    "tsne(randn([120, 4], seed: 1), perplexity: 8, iterations: 300, every: 10, animate: true)\r"

  @Test("pictures of t-SNE are drawn over each other", arguments: ["kitty", "sixel"])
  func pictures(language: String) throws {
    let terminal = try PseudoTerminal(rows: 30, environment: ["FAA_GRAPHICS": language], keeps: 1 << 24)
    try #require(terminal.shows("faa>"))
    terminal.type(Self.descent.utf8)
    #expect(terminal.shows("t-SNE of 120 samples", within: 60))
    let frames = Self.frames(terminal.output)
    // The first and the last at the least; four a second at the most.
    #expect(frames.count >= 2)
    let opening = language == "kitty" ? "\u{1B}7\u{1B}_Ga=T,f=100" : "\u{1B}7\u{1B}P"
    var rows: [Int] = []
    var places: Set<Substring> = []
    for (index, frame) in frames.enumerated() {
      let start = try #require(frame.range(of: opening))
      // Made room, went up again; the cursor comes back, then goes below.
      let room = frame[..<start.lowerBound]
      let down = try #require(
        frame.components(separatedBy: "\u{1B}8\u{1B}[").last?.split(separator: "B").first)
      rows.append(try #require(Int(down)))
      #expect(room.hasSuffix("\u{1B}[\(down)A"))
      #expect(frame.hasSuffix("\u{1B}8\u{1B}[\(down)B\r"))
      #expect(room.hasPrefix("\u{1B}[\(down)A\r\u{1B}[J") == (index > 0))
      if let place = frame.split(separator: ",").first(where: { $0.hasPrefix("i=") }) { places.insert(place) }
    }
    #expect(Set(rows).count == 1 && rows[0] <= 28)
    #expect(places.count == (language == "kitty" ? 1 : 0))
    // The next run leaves the picture of this one alone.
    terminal.type("live(plot([1, 2]))\r".utf8)
    #expect(terminal.shows("faa>"))
    #expect(terminal.answers())
  }

  @Test("a second run does not take the first one's picture away") func places() throws {
    let terminal = try PseudoTerminal(environment: ["FAA_GRAPHICS": "kitty"], keeps: 1 << 24)
    try #require(terminal.shows("faa>"))
    terminal.type("live(plot([1, 2]), name: \"a\"); live(plot([2, 1]), name: \"b\"); 41 + 1\r".utf8)
    #expect(terminal.shows("42\r\n"))
    terminal.type("live(plot([1, 2])); 42 + 1\r".utf8)
    #expect(terminal.shows("43\r\n"))
    let text = String(decoding: terminal.output, as: UTF8.self)
    let places = text.components(separatedBy: "_Ga=T").dropFirst().compactMap {
      $0.split(separator: ",").first { $0.hasPrefix("i=") }
    }
    #expect(places.count == 3 && Set(places).count == 3)
  }

  @Test("text is redrawn in place in a small window, and the last state stays above what follows") func text()
    throws
  {
    let terminal = try PseudoTerminal(rows: 12, keeps: 1 << 24)
    try #require(terminal.shows("faa>"))
    terminal.type(Self.descent.utf8)
    #expect(terminal.shows("t-SNE of 120 samples", within: 60))
    let frames = Self.frames(terminal.output)
    #expect(frames.count >= 2)
    for (index, frame) in frames.enumerated() {
      #expect(frame.filter { $0 == "\n" || $0 == "\r\n" }.count <= 10)
      #expect(frame.hasPrefix("\u{1B}[") == (index > 0))
    }
    #expect(frames.last?.contains("iteration 300 of 300") == true)
  }

  @Test("Ctrl-C leaves the last picture, the error below it, and a prompt that answers") func interruption()
    throws
  {
    let terminal = try PseudoTerminal(rows: 30, environment: ["FAA_GRAPHICS": "sixel"], keeps: 1 << 24)
    try #require(terminal.shows("faa>"))
    terminal.type(
      "tsne(randn([1000, 4], seed: 1), iterations: 100000, every: 5, animate: true)\r".utf8)
    #expect(terminal.shows("\u{1B}[?2026l", within: 60))
    terminal.type([3])
    #expect(terminal.shows("interrupted", within: 30))
    let text = String(decoding: terminal.output, as: UTF8.self)
    #expect(text.components(separatedBy: "\u{1B}[?2026l").last?.contains("\u{1B}P") == false)
    #expect(terminal.answers())
  }

  @Test("paper gets the last frame alone") func paper() throws {
    let run = try Program.pipe(Self.descent.replacing("\r", with: "\n"))
    #expect(run.output.components(separatedBy: "iteration").count == 3)
    #expect(run.output.contains("iteration 300 of 300") && !run.output.contains("\u{1B}"))
  }
}
