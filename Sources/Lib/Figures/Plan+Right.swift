import Glibc

/// A second vertical axis. Its marks are moved onto the left one, so that whoever draws knows a single pair of axes.
struct RightAxis {
  let axis: Axis
  let range: ClosedRange<Double>

  /// Where a value of this axis lies on the left one.
  func moved(_ value: Double, onto left: ClosedRange<Double>, _ scale: Scale) -> Double {
    guard !value.isNaN else { return value }
    let t = Frame.fraction(value, range, axis.scale)
    guard scale == .log else { return left.lowerBound + t * (left.upperBound - left.lowerBound) }
    return exp(log(left.lowerBound) + t * (log(left.upperBound) - log(left.lowerBound)))
  }

  func moved(_ shape: Shape, onto left: ClosedRange<Double>, _ scale: Scale) -> Shape {
    func move(_ value: Double) -> Double { moved(value, onto: left, scale) }
    switch shape {
    case .polyline(let x, let y, let colour, let width, let dashed):
      return .polyline(x: x, y: y.map(move), colour: colour, width: width, dashed: dashed)
    case .points(let x, let y, let colours, let size, let symbol):
      return .points(x: x, y: y.map(move), colours: colours, size: size, symbol: symbol)
    case .area(let x, let lower, let upper, let colour):
      return .area(x: x, lower: lower.map(move), upper: upper.map(move), colour: colour)
    case .boxes(let boxes, let colour):
      let low = range.lowerBound
      return .boxes(
        boxes.map {
          Shape.Box(x: $0.x, y: move(max(low, $0.y.lowerBound))...move(max(low, $0.y.upperBound)))
        },
        colour: colour)
    case .errors(let x, let lower, let upper, let colour):
      return .errors(x: x, lower: lower.map(move), upper: upper.map(move), colour: colour)
    case .raster(let raster, let x, let y):
      return .raster(raster, x: x, y: move(y.lowerBound)...move(y.upperBound))
    case .rule(.y(let value), let label, let colour):
      return .rule(.y(move(value)), label: label, colour: colour)
    case .rule(.x, _, _), .span(.x, _, _): return shape
    case .words(let words, let x, let y, let room, let colour):
      return .words(words, x: x, y: move(y), room: room, colour: colour)
    case .level(let x, let y, let label, let colour, let width):
      return .level(x: x, y: y.map(move), label: label, colour: colour, width: width)
    case .arrows(let x, let y, let dx, let dy, let colour, let width):
      let tails = y.map(move)
      let tips = zip(y, dy).map { move($0 + $1) }
      return .arrows(
        x: x, y: tails, dx: dx, dy: zip(tips, tails).map { $0 - $1 }, colour: colour, width: width)
    case .span(.y, let ends, let colour):
      return .span(.y, move(ends.lowerBound)...move(ends.upperBound), colour: colour)
    }
  }
}

extension Mark {
  /// The colours it asks for.
  var inks: [Ink] {
    switch self {
    case .line(let mark): [mark.ink]
    case .scatter(let mark): if case .single(let ink) = mark.colours { [ink] } else { [] }
    case .band(let mark): [mark.ink]
    case .histogram(let mark): [mark.ink]
    case .bars(let mark): mark.series.map(\.ink)
    case .rule(let mark): [mark.ink]
    case .annotation(let mark): [mark.ink]
    case .contour(let mark): [mark.ink]
    case .arrows(let mark): [mark.ink]
    case .span(let mark): [mark.ink]
    case .stems(let mark): [mark.ink]
    case .heatMap, .boxPlot: []
    }
  }
}
