import Foundation
import Testing

@testable import Figures

@Suite("Data of every kind") struct DataTests {
  static func plan(_ figure: Figure) throws -> PanelPlan {
    guard case .panel(let panel) = figure.content else { throw FigureError.gnuplotFailed("not a panel") }
    return try PanelPlan(panel, theme: figure.theme)
  }

  static let oddities: [(String, [Double], Scale)] = [
    ("gaps", [1, .nan, 3, .infinity, 5, -.infinity, 7], .linear),
    ("nothing finite", [.nan, .infinity], .linear),
    ("empty", [], .linear), ("one point", [4], .linear), ("constant", [2, 2, 2], .linear),
    ("zeros", [0, 0], .linear),
    ("huge", [-1.7e308, 1.7e308], .linear), ("large", [-9e299, 9e299], .linear),
    ("tiny", [0, Double.leastNonzeroMagnitude], .linear),
    ("near", [1, 1 + 1e-15], .linear), ("offset", [1e15, 1e15 + 1], .linear),
    ("log with zeros", [0, 1, 10, -5], .log),
    ("log without any", [0, -1], .log), ("log constant", [3, 3], .log), ("log wide", [1e-290, 1e290], .log),
    ("log huge", [Double.leastNonzeroMagnitude, 1e308], .log),
  ]

  @Test(.enabled(if: hasGnuplot), arguments: oddities)
  func `odd values leave gaps, never errors`(name: String, y: [Double], scale: Scale) throws {
    let marks: [Mark] = [
      .line(y: y, label: "a"), .scatter(x: y, y: y), .band(lower: y, upper: y), .histogram(y),
      .bars(y.indices.map { "\($0)" }, [BarSeries(values: y, errors: y)]),
    ]
    for mark in marks {
      let figure = Figure(name, marks: [mark], y: Axis("y", scale: scale))
      _ = try XML(figure.svg())
      #expect(try !figure.text(width: 60).isEmpty)
    }
  }

  @Test func `a gap splits a line and a lone point is a dot`() throws {
    let plan = try Self.plan(Figure(marks: [.line(y: [1.0, .nan, 3, .nan, 5, 6])]))
    guard case .polyline(let x, let y, _, _, _)? = plan.shapes.first,
      case .points(let px, let py, _, _, _)? = plan.shapes.last
    else {
      Issue.record("unexpected shapes")
      return
    }
    #expect(x[0] == 0 && x[1].isNaN && y[1].isNaN && x[4] == 4)
    #expect(px == [0, 2] && py == [1, 3])
    #expect(plan.yRange.contains(1) && plan.yRange.contains(6))
  }

  @Test func `an empty plot says so`() throws {
    let plan = try Self.plan(Figure(marks: [.line(y: [Double.nan])]))
    #expect(plan.isEmpty)
    #expect(try Figure(marks: [.line(y: [Double.nan])]).text(width: 60).contains("no finite data"))
  }

  @Test func `mistakes are named`() throws {
    let cases: [(Figure, String)] = [
      (Figure(marks: [.line(x: [1.0, 2], y: [1])]), "line: lengths differ, x has 2, y has 1"),
      (
        Figure(marks: [.band(x: [1.0], lower: [1], upper: [1, 2])]),
        "band: lengths differ, x has 1, lower has 1, upper has 2"
      ),
      (
        Figure(marks: [.scatter(x: [1.0, 2], y: [1, 2], colours: .classes([0, 3], names: ["a", "b"]))]),
        "scatter: point 1 has class 3, but there are 2 class names"
      ),
      (
        Figure(marks: [.bars(["a"], [BarSeries("s", values: [1, 2])])]),
        "bars: lengths differ, categories has 1, values has 2"
      ),
      (
        Figure(marks: [.heatMap([1.0, 2, 3], rows: 2, columns: 2)]),
        "heat map: lengths differ, 2x2 cells, 3 values"
      ),
      (Figure(marks: [.histogram([1.0], bins: 0)]), "histogram: bins must be between 1 and 10000, not 0"),
      (
        Figure(marks: [.line(y: [1.0])], y: Axis(scale: .log, range: 0...1)),
        "y axis: a logarithmic range must start above 0, not at 0"
      ),
      (Figure(marks: [], x: Axis(range: 1...1)), "x axis: the range must be finite and not empty"),
      (Figure.images([]), "images: there are none to show"),
      (
        Figure.images([try Gallery.face(0)], captions: ["a", "b"]),
        "images: lengths differ, 1 images, 2 captions"
      ),
    ]
    for (figure, message) in cases {
      let error = #expect(throws: FigureError.self) { try figure.text(width: 60) }
      #expect(error?.description == message)
    }
  }

  // Counts from numpy.histogram(values, bins=5) for the same values.
  @Test func `histogram bins are half-open but the last`() throws {
    let bins = try #require(try HistogramBins([.histogram([0.0, 1, 2, 3, 4, 5, 5, 2.5, .nan], bins: 5)]))
    #expect(bins.counts([0, 1, 2, 3, 4, 5, 5, 2.5, .nan]) == [1, 1, 2, 1, 3])
    #expect(bins.low == 0 && bins.width == 1)
  }

  @Test func `a density has area one`() throws {
    let plan = try Self.plan(Figure(marks: [.histogram((0..<500).map { Gallery.normal($0) }, density: true)]))
    guard case .boxes(let boxes, _)? = plan.shapes.first else {
      Issue.record("no boxes")
      return
    }
    let area = boxes.reduce(0) { $0 + ($1.x.upperBound - $1.x.lowerBound) * $1.y.upperBound }
    #expect(abs(area - 1) < 1e-12)
  }

  @Test func `thinning keeps every extreme and the ends`() throws {
    let n = 200_000
    let x = (0..<n).map { Double($0) }
    var y = x.map { sin($0 / 9000) }
    y[77_777] = 9
    y[123_456] = -9
    let plan = try Self.plan(Figure(marks: [.line(x: x, y: y)]))
    let frame = Frame(plan, title: "", in: Rect(x: 0, y: 0, width: 640, height: 400))
    let (xs, ys) = Decimation.thinned(x, y, frame: frame)
    #expect(xs.count < 6000)
    #expect(ys.max() == 9 && ys.min() == -9)
    #expect(xs.first == 0 && xs.last == Double(n - 1))
    #expect(zip(xs, xs.dropFirst()).allSatisfy { $0 < $1 })
    // The other way round as well.
    let (back, values) = Decimation.thinned(x.reversed(), y, frame: frame)
    #expect(back.count < 6000 && values.max() == 9 && values.min() == -9)
    #expect(zip(back, back.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func `a curve that turns back loses the points where it stands still`() throws {
    let n = 200_000
    let angle = (0..<n).map { Double($0) / Double(n) * 20 * .pi }
    var (x, y) = (angle.map { $0 * cos($0) }, angle.map { $0 * sin($0) })
    let plan = try Self.plan(Figure(marks: [.line(x: x, y: y)]))
    let frame = Frame(plan, title: "", in: Rect(x: 0, y: 0, width: 640, height: 400))
    let (xs, ys) = Decimation.thinned(x, y, frame: frame)
    #expect(xs.count < 40_000 && xs.last == x.last && ys.last == y.last)
    // No point is further than a quarter of a point from the one before it that was kept.
    var (kept, furthest) = (0, 0.0)
    for i in x.indices {
      if kept + 1 < xs.count, x[i] == xs[kept + 1], y[i] == ys[kept + 1] { kept += 1 }
      let (a, b) = (frame.position(x[i], y[i]), frame.position(xs[kept], ys[kept]))
      furthest = max(furthest, abs(a.x - b.x), abs(a.y - b.y))
    }
    #expect(kept == xs.count - 1 && furthest < 0.2501)
    // A gap stays one.
    (x[100_000], y[100_000]) = (.nan, .nan)
    let (gaps, _) = Decimation.thinned(x, y, frame: frame)
    #expect(gaps.filter(\.isNaN).count == 1)
  }

  @Test(.enabled(if: hasGnuplot)) func `a million points travel in binary`() throws {
    let n = 1_000_000
    let x = (0..<n).map { Double($0) }
    let y = x.map { sin($0 / 1e5) + 0.1 * cos($0) }
    #expect(try Figure(marks: [.line(x: x, y: y)]).png(scale: 1).count > 1000)
    let bytes = try Gnuplot.shared.run { files in
      "reset\nstats \(try files.columns([x, y])) using 2 nooutput\nprint int(STATS_records)\n"
    }
    #expect(String(decoding: bytes, as: UTF8.self) == "1000000\n")
  }
}
