import Figures
import Foundation
import Runtime
import Testing

@testable import Commands

@Suite("Commands that make figures", .serialized)
struct FigureCommandTests {
  /// The panel of the figure a program ends in, or the diagnostic's code.
  private func panel(_ source: String) throws -> Panel {
    let session = Session(commands: allCommands, seed: 3)
    switch session.run(source, name: "test", output: { _ in }) {
    case .value(.object(let box)?, _):
      let object = try #require(box.object as? FigureObject)
      guard case .panel(let panel) = object.figure.content else {
        throw CommandError("NoPanel", "not a panel")
      }
      return panel
    case .value: throw CommandError("NoFigure", "not a figure")
    case .failure(let diagnostic): throw CommandError(diagnostic.code, diagnostic.message)
    }
  }

  static let mistakes: [(String, String)] = [
    ("contour({ a, b in a }, from: [0, 0])", "MissingArgument"), ("contour(ones([2]))", "ShapeMismatch"),
    ("contour({ a, b in \"x\" }, from: [0, 0], to: [1, 1])", "TypeMismatch"),
    ("contour({ a, b in a }, from: [0, 0], to: [0, 1])", "InvalidArgument"),
    ("contour(ones([3, 3]), levels: 0)", "OutOfRange"),
    ("plot(grid([[plot([1])]]), rule(y: 1))", "InvalidArgument"),
    ("line([1, 2], color: \"puce\")", "UnknownChoice"), ("bars([\"a\"], [1, 2])", "ShapeMismatch"),
    ("images(zeros([2, 4, 4]), weights: [1])", "ShapeMismatch"),
    ("images(zeros([2, 4, 4]), maps: zeros([1, 2, 2]))", "ShapeMismatch"),
    ("images(zeros([2, 4, 4]), order: \"ascending\")", "MissingArgument"),
    ("confusion([0], [0, 1])", "ShapeMismatch"), ("confusion([-1], [0])", "OutOfRange"),
    ("rule()", "MissingArgument"), ("span(x: [1, 0])", "TypeMismatch"),
    ("note(\"a\", at: [1])", "ShapeMismatch"),
    ("arrows({ p in 1 }, from: [0, 0], to: [1, 1])", "TypeMismatch"),
    ("arrows([[1, 0], [0, 1]], at: [[0, 0], [1, 1], [2, 2]])", "ShapeMismatch"),
    ("points([1, 2], [1, 2], errors: [1])", "ShapeMismatch"),
    ("plot([1, 2], xTicks: [none])", "TypeMismatch"),
  ]

  @Test(arguments: mistakes)
  func `a mistake is named`(source: String, code: String) {
    let error = #expect(throws: CommandError.self) { try panel(source) }
    #expect(error?.code == code, "\(source): \(error?.description ?? "")")
  }

  @Test func `figures laid over each other keep what they say about the axes`() throws {
    let panel = try panel(
      """
      plot(plot([1, 2], x: "k", log: "y"), rule(y: 1), plot([3, 4], y: "loss", yRange: [1, 9]), right: plot([5], y: "cost"))
      """)
    #expect(panel.marks.count == 3)
    #expect(panel.x.label == "k" && panel.y.label == "loss")
    #expect(panel.y.scale == .log && panel.y.range == 1...9 && panel.x.scale == .linear)
    #expect(panel.right?.axis.label == "cost" && panel.right?.marks.count == 1)
  }

  @Test func `a list of figures is laid over each other like its members`() throws {
    let source = "plot([line([1, 2], label: \"\\(k)\") for k in 0..<3], rule(y: 1), y: \"loss\")"
    let panel = try panel(source)
    #expect(panel.marks.count == 4 && panel.y.label == "loss")
    #expect(throws: CommandError.self) { try self.panel("plot([line([1, 2]), 3])") }
  }

  static let functions: [(String, @Sendable (Double, Double) -> Double)] = [
    ("{ a, b in a ** 2 - 3 * b }", { $0 * $0 - 3 * $1 }), ("{ p in sin(p[0]) * p[1] }", { sin($0) * $1 }),
    ("{ p in sum(p ** 2) }", { $0 * $0 + $1 * $1 }),
    ("{ a, b in if a > 0.5 { b } else { -b } }", { $0 > 0.5 ? $1 : -$1 }),
    // These give one number for each place as well when they see many at once: other ones.
    ("{ p in p[0] / sum(p[0]) }", { _, _ in 1 }), ("{ p in p[1] - max(p[1]) }", { _, _ in 0 }),
  ]

  @Test(arguments: functions)
  func `a sampled function is the function`(source: String, f: @Sendable (Double, Double) -> Double) throws {
    let panel = try panel("contour(\(source), from: [0.25, 1], to: [1.25, 2], count: 5, levels: [0.1])")
    guard case .contour(let contour)? = panel.marks.first else {
      Issue.record("no contour")
      return
    }
    #expect(contour.x == 0.25...1.25 && contour.y == 1...2 && contour.rows == 5)
    for row in 0..<5 {
      for column in 0..<5 {
        let expected = f(0.25 + Double(column) / 4, 1 + Double(row) / 4)
        #expect(
          abs(contour.values[row * 5 + column] - expected) < 1e-12,
          "\(source) at row \(row), column \(column)")
      }
    }
  }

  @Test func `arrows head to tail end in their sum`() throws {
    let panel = try panel("arrows([[1, 2], [3, 4], [5, 6]], chain: true, at: [10, 20])")
    guard case .arrows(let arrows)? = panel.marks.first else {
      Issue.record("no arrows")
      return
    }
    #expect(arrows.x == [10, 11, 14] && arrows.y == [20, 22, 26])
    #expect(arrows.dx == [1, 3, 5] && arrows.dy == [2, 4, 6])
  }

  @Test func `the longest arrow of a field is about as long as a cell`() throws {
    let panel = try panel("arrows({ p in 100 * p }, from: [-1, -1], to: [1, 1], count: 5)")
    guard case .arrows(let arrows)? = panel.marks.first else {
      Issue.record("no arrows")
      return
    }
    #expect(arrows.x.count == 25)
    #expect(abs((arrows.dx.max() ?? 0) - 0.95 * 0.5) < 1e-12)
  }

  @Test func `a confusion matrix counts, and shares are of the true class`() throws {
    let panel = try panel("confusion([0, 0, 0, 0, 1, 2], [0, 0, 0, 1, 1, 0])")
    guard case .heatMap(let map)? = panel.marks.first else {
      Issue.record("no matrix")
      return
    }
    #expect(map.values == [0.75, 0.25, 0, 0, 1, 0, 1, 0, 0])
  }

  @Test func `images are ranked by their weights`() throws {
    let session = Session(commands: allCommands, seed: 3)
    let source =
      "images(zeros([3, 4, 4]), weights: [0.5, 0.1, 0.9], order: \"ascending\", captions: [\"a\", \"b\", \"c\"])"
    guard case .value(.object(let box)?, _) = session.run(source, name: "test", output: { _ in }),
      let object = box.object as? FigureObject, case .sheet(let sheet) = object.figure.content
    else {
      Issue.record("no sheet")
      return
    }
    #expect(sheet.captions == ["b", "a", "c"] && sheet.badges == ["0.10", "0.50", "0.90"])
  }

  @Test func `the gallery shows every command that makes a figure`() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/gallery.faa")
    let gallery = try String(contentsOf: path, encoding: .utf8)
    for command in allCommands where command.effects.list.contains(.creates("Figure")) {
      #expect(gallery.contains("\(command.name)("), "\(command.name)")
    }
  }
}
