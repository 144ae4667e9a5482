import Glibc
import Testing

@testable import Figures

@Suite("Contours, arrows and second axes") struct FieldTests {
  static func contour(_ f: (Double, Double) -> Double, _ levels: [Double], n: Int = 81) -> Contour {
    Contour(
      values: Gallery.samples(n, -2...2, f), rows: n, columns: n, x: -2...2, y: -2...2, levels: levels,
      showsLevels: false, colormap: nil, ink: .muted, width: 1, label: "")
  }

  @Test func `the level lines of x² + y² are closed circles`() throws {
    let lines = Contours(Self.contour({ $0 * $0 + $1 * $1 }, [1])).lines(at: 1)
    let line = try #require(lines.first)
    #expect(lines.count == 1)
    #expect(line.x.first == line.x.last && line.y.first == line.y.last)
    // Linear interpolation between samples h apart misses the circle by at most h²/8 times the curvature's bound.
    #expect(zip(line.x, line.y).allSatisfy { abs(hypot($0, $1) - 1) < 0.05 * 0.05 / 4 })
    // Its length is the circumference.
    let length = zip(zip(line.x, line.y), zip(line.x.dropFirst(), line.y.dropFirst())).reduce(0) {
      $0 + hypot($1.1.0 - $1.0.0, $1.1.1 - $1.0.1)
    }
    #expect(abs(length - 2 * .pi) < 0.01)
  }

  @Test func `a plane has straight open lines, from edge to edge`() throws {
    let lines = Contours(Self.contour({ $0 + 0 * $1 }, [0.51])).lines(at: 0.51)
    let line = try #require(lines.first)
    #expect(lines.count == 1 && line.x.count == 81)
    #expect(line.x.allSatisfy { abs($0 - 0.51) < 1e-12 })
    #expect(Set([line.y.first, line.y.last]) == [-2, 2])
  }

  @Test func `the two branches of a saddle stay apart`() {
    // x y = 0.25 is a hyperbola with its branches in the first and third quadrants.
    let lines = Contours(Self.contour({ $0 * $1 }, [0.25])).lines(at: 0.25)
    #expect(lines.count == 2)
    for line in lines { #expect(zip(line.x, line.y).allSatisfy { $0 * $1 > 0 }) }
  }

  @Test func `no line passes beside a missing sample`() throws {
    let lines = Contours(Self.contour({ $0 > 0 ? .nan : $0 + $1 }, [0.013])).lines(at: 0.013)
    let line = try #require(lines.first)
    #expect(lines.count == 1 && line.x.allSatisfy { $0 <= 0 })
  }

  static let levels: [(values: [Double], count: Int, scale: Scale, expected: [Double])] = [
    ([0, 10], 5, .linear, [2, 4, 6, 8]), ([0.5, 2000], 4, .log, [1, 10, 100, 1000]),
    ([0, 0.5, 2000], 8, .log, [1, 3, 10, 30, 100, 300, 1000]), ([3, 3], 5, .linear, []),
    ([.nan], 5, .log, []),
    ([-1, -2], 5, .log, []),
  ]

  @Test(arguments: levels) func `levels are round`(
    values: [Double], count: Int, scale: Scale, expected: [Double]
  ) {
    let levels = Contour.levels(of: values, count: count, scale: scale)
    #expect(levels.count == expected.count)
    #expect(zip(levels, expected).allSatisfy { abs($0 - $1) < 1e-9 * $1 })
  }

  @Test func `arrows reach their tips`() throws {
    let plan = try DataTests.plan(
      Figure(marks: [.arrows(x: [0, .nan], y: [0, 1], dx: [3, 1], dy: [-2, 1])]))
    guard case .arrows(let x, _, let dx, let dy, _, _)? = plan.shapes.first else {
      Issue.record("no arrows")
      return
    }
    #expect(x == [0] && dx == [3] && dy == [-2])
    #expect(plan.xRange.contains(3) && plan.yRange.contains(-2))
  }

  @Test func `a curve on the right axis is drawn where its own axis puts it`() throws {
    let plan = try DataTests.plan(
      Figure(
        marks: [.line(y: [1.0, 100])], y: Axis(scale: .log, range: 1...100),
        right: Panel.Right([.line(y: [0.0, 5, 10])], axis: Axis("r", range: 0...10))))
    guard case .polyline(_, let y, _, _, _)? = plan.shapes.last else {
      Issue.record("no curve")
      return
    }
    // The middle of 0...10 is the geometric middle of 1...100.
    #expect(zip(y, [1, 10, 100]).allSatisfy { abs($0 - $1) < 1e-9 * $1 })
    let frame = Frame(plan, title: "", in: Rect(x: 0, y: 0, width: 640, height: 400))
    #expect(frame.rightTicks.first?.label == "0" && frame.rightTicks.last?.label == "10")
    #expect(frame.plot.x + frame.plot.width < 600)
  }

  @Test func `equal units and a second axis are refused`() {
    let figure = Figure(
      marks: [.line(y: [1.0, 2])], right: Panel.Right([.line(y: [1.0, 2])], axis: Axis()), equalUnits: true)
    #expect(throws: FigureError.self) { try DataTests.plan(figure) }
  }

  @Test func `a colour asked for by name is not given away`() throws {
    let plan = try DataTests.plan(
      Figure(marks: [
        .line(y: [1.0, 2], label: "a"), .line(y: [2.0, 3], label: "b", ink: .series(1)),
        .line(y: [3.0, 4], label: "c"),
      ]))
    let cycle = Theme.light.cycle
    #expect(plan.legend.map(\.colour) == [cycle[0], cycle[1], cycle[2]])
    #expect(Ink(named: "orange") == .series(1) && Ink(named: "#0072B2") == .exact(Colour(0x0072B2)))
    #expect(Ink(named: "puce") == nil && Ink(named: "#12") == nil && Ink(named: "black") == .text)
  }

  @Test func `a legend that would take a narrow plot's room stands above it, in rows`() throws {
    let names = ["under-damped", "critical", "over-damped"]
    func frame(_ width: Double) throws -> Frame {
      // Curves in every corner.
      let y = (0..<40).map { Double($0 % 2) }
      let plan = try DataTests.plan(Figure("t", marks: names.map { .line(y: y, label: $0) }))
      return Frame(plan, title: "t", in: Rect(x: 0, y: 0, width: width, height: width * 0.7))
    }
    let narrow = try frame(327)
    let legend = try #require(narrow.legend)
    #expect(narrow.legendRows.flatMap { $0.map(\.label) } == names && narrow.legendRows.count == 2)
    #expect(legend.y >= Style.titleHeight && legend.y + legend.height <= narrow.plot.y)
    #expect(narrow.plot.width > 220)
    for row in narrow.legendRows {
      let width = row.reduce(-Style.legendGap) {
        $0 + Frame.legendWidth($1, in: legend.width) + Style.legendGap
      }
      #expect(legend.x + width <= 327)
    }
    #expect(narrow.xTicks.count >= 3 && narrow.yTicks.count >= 3)
    let wide = try frame(900)
    #expect(wide.legendRows.isEmpty && wide.legend.map { $0.x > wide.plot.x + wide.plot.width } == true)
  }

  @Test func `rows of a grid are broken where a page is too narrow for them`() throws {
    let curve = Figure(marks: [.line(y: [1.0, 2])])
    let bars = Figure(marks: [.bars(["a"], [BarSeries(values: [1])])])
    func rows(_ grid: Figure, _ width: Double) -> [Int] {
      guard case .grid(let rows) = grid.sized(width: width).content else { return [] }
      return rows.map(\.count)
    }
    #expect(rows(.grid([[curve, curve, curve]]), 640) == [3])
    #expect(rows(.grid([[curve, curve, curve]]), 327) == [2, 1])
    #expect(rows(.grid([[curve, curve, curve, curve]]), 500) == [2, 2])
    #expect(rows(.grid([[curve, bars], [curve, curve]]), 327) == [1, 1, 2])
    #expect(Figure.grid([[bars, bars]]).sized(width: 327).size?.width == 327)
  }

  @Test func `a shared legend stands once, beside panels that are alike`() throws {
    let panel = Figure(
      "p", marks: [.line(y: [1.0, 2], label: "a"), .line(y: [2.0, 1], label: "b")], legend: .shared)
    let layout = try Layout(.grid([[panel, panel], [panel, panel]]))
    let frames = try layout.drawings(.light).compactMap { drawing -> Frame? in
      if case .plot(let frame) = drawing { frame } else { nil }
    }
    #expect(frames.count == 4)
    #expect(frames.compactMap(\.legend).count == 1)
    let legend = try #require(frames[0].legend)
    for frame in frames {
      #expect(abs(frame.plot.width - frames[0].plot.width) < 1e-9)
      #expect(!frame.outer.intersects(legend))
    }
    #expect(legend.x + legend.width <= layout.size.width)
    // A figure of its own has its legend outside.
    guard case .plot(let alone)? = try Layout(panel).drawings(.light).first else { return }
    #expect(alone.legend.map { $0.x >= alone.plot.x + alone.plot.width } == true)
  }

  @Test func `a span is behind everything and may be open`() throws {
    let plan = try DataTests.plan(
      Figure(marks: [.line(y: [1.0, 2, 3]), .span(.x, from: 1, to: .infinity)]))
    guard case .span(.x, let ends, _)? = plan.shapes.first else {
      Issue.record("no span")
      return
    }
    #expect(ends.lowerBound == 1 && plan.xRange.upperBound < 3)
    #expect(throws: FigureError.self) { try DataTests.plan(Figure(marks: [.span(.y, from: 2, to: 2)])) }
  }

  @Test(.enabled(if: hasGnuplot)) func `words on a plot do not stand on each other`() throws {
    let svg = try Figure(
      marks: [.line(y: [0.0, 1])] + (0..<4).map { .annotation("minimum \($0)", x: 0.5, y: 0.5) }
    ).svg()
    let xml = try XML(svg)
    #expect(xml.texts.filter { $0.hasPrefix("minimum") }.count == 4)
    // Each a text with a place of its own.
    let places = zip(xml.names, xml.attributes).filter { $0.0 == "text" }.compactMap { $0.1["transform"] }
    #expect(Set(places).count == places.count && places.count >= 4)
  }
}
