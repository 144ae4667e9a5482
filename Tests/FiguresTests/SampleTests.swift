import Testing

@testable import Figures

@Suite("Samples, sheets and very many points") struct SampleTests {
  // numpy.percentile([...], [25, 50, 75]) of the same eleven numbers: 2.5, 4, 5.5; 1.5 interquartile ranges reach from -2 to
  // 10.
  @Test func `a box plot shows quartiles, whiskers and what lies beyond`() throws {
    let values: [Double] = [1, 2, 2, 3, 4, 4, 5, 5, 6, 9, 20]
    let plan = try DataTests.plan(Figure(marks: [.boxPlot([BoxPlot.Group("a", values + [.nan])])]))
    guard case .boxes(let boxes, _)? = plan.shapes.first,
      case .points(_, let outside, _, _, _)? = plan.shapes.last
    else {
      Issue.record("unexpected shapes")
      return
    }
    #expect(boxes.first?.y == 2.5...5.5)
    #expect(outside == [20])
    let whiskers = plan.shapes.compactMap { shape -> [Double]? in
      if case .polyline(_, let y, _, _, _) = shape { return y.filter { !$0.isNaN } }
      return nil
    }.joined()
    #expect(whiskers.contains(1) && whiskers.contains(9) && !whiskers.contains(20))
    #expect(plan.x.ticks == [Tick(0, "a")])
  }

  @Test func `stems stand on zero, or below the least on a logarithmic axis`() throws {
    let linear = try DataTests.plan(Figure(marks: [.stems(y: [3, 5])]))
    #expect(linear.yRange.lowerBound == 0)
    let log = try DataTests.plan(Figure(marks: [.stems(y: [3, 0.3, 0])], y: Axis(scale: .log)))
    #expect(abs(log.yRange.lowerBound - 0.1) < 1e-9)
  }

  @Test func `points may have error bars, which count for the axis`() throws {
    let plan = try DataTests.plan(Figure(marks: [.scatter(x: [1.0, 2], y: [1, 2], errors: [3, .nan])]))
    guard case .errors(let x, let lower, let upper, _)? = plan.shapes.first else {
      Issue.record("no error bars")
      return
    }
    #expect(x == [1] && lower == [-2] && upper == [4])
    #expect(plan.yRange.contains(-2) && plan.yRange.contains(4))
  }

  @Test func `counted things have no ticks between whole numbers`() throws {
    func labels(_ x: [Double]) throws -> [String] {
      let plan = try DataTests.plan(Figure(marks: [.line(x: x, y: x)]))
      return Frame(plan, title: "", in: Rect(x: 0, y: 0, width: 640, height: 400)).xTicks.map(\.label)
    }
    #expect(try labels([0, 1, 2]) == ["0", "1", "2"])
    #expect(try labels([0, 0.5, 2]).contains("0.5"))
  }

  @Test func `a badge, a caption and a row name belong to something`() throws {
    let image = try Gallery.face(0)
    let cases: [(Figure, String)] = [
      (.images([image], badges: ["a", "b"]), "images: lengths differ, 1 images, 2 badges"),
      (
        .images([image, image], rowNames: ["a", "b"], columns: 2),
        "images: lengths differ, 1 rows of images, 2 row names"
      ),
    ]
    for (figure, message) in cases {
      let error = #expect(throws: FigureError.self) { try figure.text(width: 60) }
      #expect(error?.description == message)
    }
    let text = try Gallery.strips().text(width: 80)
    #expect(text.contains("happiness") && text.contains("0.10"))
  }

  @Test(.enabled(if: hasGnuplot)) func `very many points are one image`() throws {
    let n = 70_000
    let x = (0..<n).map { Gallery.normal($0) }
    let y = (0..<n).map { Gallery.normal($0, 3) }
    let svg = try Figure(
      marks: [.scatter(x: x, y: y, colours: .classes((0..<n).map { $0 % 4 }, names: ["a", "b", "c", "d"]))]
    ).svg()
    #expect(try XML(svg).names.filter { $0 == "image" }.count == 1)
    #expect(svg.utf8.count < 3_000_000)
  }

  @Test func `painted points keep their colour, form and order`() throws {
    // Big red discs, and a blue one over them; two pixels to a point.
    let count = PointCloud.threshold + 1
    let x = [Double](repeating: 5, count: count)
    let plan = try DataTests.plan(
      Figure(marks: [.line(x: [0.0, 10], y: [0, 10])], x: Axis(range: 0...10), y: Axis(range: 0...10)))
    let frame = Frame(plan, title: "", in: Rect(x: 0, y: 0, width: 300, height: 300))
    let colours = [Colour](repeating: Colour(0xFF0000), count: count - 1) + [Colour(0x0000FF)]
    let cloud = try #require(PointCloud(x, x, colours, 20, frame))
    let (width, height) = (cloud.raster.width, cloud.raster.height)
    #expect(cloud.raster.colour(x: width / 2, y: height / 2) == Colour(0x0000FF))
    #expect(cloud.raster.colour(x: width / 2, y: height / 2 - 15) == Colour(0x0000FF))
    #expect(cloud.raster.colour(x: width / 2 + 24, y: height / 2).alpha == 0)
    #expect(cloud.raster.colour(x: 0, y: 0).alpha == 0)
  }

  @Test func `points and images find their places on logarithmic axes`() throws {
    let plan = try DataTests.plan(
      Figure(
        marks: [.line(x: [1.0, 100], y: [0.01, 1])], x: Axis(scale: .log, range: 1...100),
        y: Axis(scale: .log, range: 0.01...1)))
    let frame = Frame(plan, title: "", in: Rect(x: 0, y: 0, width: 300, height: 300))
    let cloud = try #require(
      PointCloud([10, -1, 0], [0.1, 0.1, 0.1], [Colour(0xFF0000)], 20, frame))
    let (width, height) = (cloud.raster.width, cloud.raster.height)
    #expect(cloud.raster.colour(x: width / 2, y: height / 2) == Colour(0xFF0000))
    #expect(cloud.raster.colour(x: width / 4, y: height / 2).alpha == 0)
    // Of an image from 1 to 19, black then white, the border is at 10: halfway.
    let image = try Raster(width: 2, height: 1, channels: 1, bytes: [0, 255])
    let seen = image.seen(over: 1...19, 0.01...0.1, in: frame)
    #expect(seen.colour(x: width / 2 - 2, y: height - 2) == Colour(0x000000))
    #expect(seen.colour(x: width / 2 + 2, y: height - 2) == Colour(0xFFFFFF))
    #expect(seen.colour(x: width / 2 - 2, y: height / 2 - 2).alpha == 0)
    #expect(seen.colour(x: width - 2, y: height - 2).alpha == 0)
  }

  @Test func `a ruler measures both ways`() {
    for (range, scale) in [(1.0...100.0, Scale.log), (-3.0...5.0, .linear), (1e-290...1e290, .log)] {
      let ruler = Ruler(range, scale)
      #expect(ruler.fraction(range.lowerBound) == 0 && abs(ruler.fraction(range.upperBound) - 1) < 1e-12)
      for share in [0.1, 0.5, 0.99] {
        #expect(abs(ruler.fraction(ruler.value(at: share)) - share) < 1e-12)
      }
    }
    #expect(Ruler(1...100, .log).measure(1000) == 3 && Ruler(0...1, .linear).measure(1000) == 1000)
    #expect(Ruler(1...100, .log).fraction(0) < 0)
  }

  static let sparks: [([Double], Int, String)] = [
    ([1, 2, 3, 4, 5, 6, 7, 8], 8, "▁▂▃▄▅▆▇█"), ([8, 8, 1, 1], 2, "█▁"), ([2, 2], 4, "▁▁"), ([], 4, ""),
    ([.nan, 1, 2], 8, "▁█"),
    ([1, 2], 0, ""),
  ]

  @Test(arguments: sparks) func `a curve in one line`(values: [Double], columns: Int, text: String) {
    #expect(Sparkline.text(values, columns: columns) == text)
  }
}
