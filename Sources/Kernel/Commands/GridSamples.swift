import Figures
import Runtime
import Tensor

/// Samples on a regular grid of the plane: given, or taken of a function.
struct GridSamples {
  let values: [Double]
  let rows, columns: Int
  let x, y: ClosedRange<Double>

  /// From the parameters `f`, `from`, `to` and `count`.
  init(_ a: Arguments) throws {
    if case .function(let function) = a["f"] {
      try self.init(of: function, a)
      return
    }
    let tensor = try a.tensor("f")
    guard tensor.rank == 2, tensor.shape[0] > 1, tensor.shape[1] > 1 else {
      throw a.error(
        "ShapeMismatch", "f", "has shape \(tensor.shape); samples need two rows and two columns at least")
    }
    let (rows, columns) = (tensor.shape[0], tensor.shape[1])
    let (x, y) =
      a.isNone("from") && a.isNone("to")
      ? (0...Double(columns - 1), 0...Double(rows - 1)) : try Self.corners(a)
    self.init(values: try tensor.doubles(), rows: rows, columns: columns, x: x, y: y)
  }

  private init(values: [Double], rows: Int, columns: Int, x: ClosedRange<Double>, y: ClosedRange<Double>) {
    (self.values, self.rows, self.columns, self.x, self.y) = (values, rows, columns, x, y)
  }

  private init(of function: FunctionBox, _ a: Arguments) throws {
    let count = try a.int("count", atLeast: 2, atMost: 1000)
    let (across, up) = try Self.corners(a)
    if let values = Self.atOnce(function, across, up, count) {
      self.init(values: values, rows: count, columns: count, x: across, y: up)
      return
    }
    var values: [Double] = []
    values.reserveCapacity(count * count)
    try Self.visit(across, up, count) { x, y in
      let value = try function.value(x, y)
      guard let number = value.number else {
        throw a.error(
          "TypeMismatch", "f", "returned \(value.typeName) at (\(x), \(y)), not a number")
      }
      values.append(number)
    }
    self.init(values: values, rows: count, columns: count, x: across, y: up)
  }

  /// All samples by one call on tensors, for functions that compute element by element; nil for those that do not, which
  /// shows when a few samples are taken alone.
  private static func atOnce(
    _ function: FunctionBox, _ across: ClosedRange<Double>, _ up: ClosedRange<Double>, _ count: Int
  ) -> [Double]? {
    var places: (x: [Double], y: [Double]) = ([], [])
    visit(across, up, count) { x, y in
      places.x.append(x)
      places.y.append(y)
    }
    // A few first: a function that multiplies matrices may make far more of many places than a number for each.
    let last = count * count - 1
    let probes = [0, 1, count / 2, last / 3, last / 2, last]
    let few = probes.map { (x: places.x[$0], y: places.y[$0]) }
    guard let together = function.values(few.map(\.x), few.map(\.y)) else { return nil }
    for (place, value) in zip(few, together) {
      guard let alone = try? function.value(place.x, place.y).number else { return nil }
      let isSame = alone.isNaN ? value.isNaN : abs(alone - value) <= 1e-6 * max(1, abs(alone))
      guard isSame else { return nil }
    }
    return function.values(places.x, places.y)
  }

  /// The rectangle between `from` and `to`.
  static func corners(_ a: Arguments) throws -> (ClosedRange<Double>, ClosedRange<Double>) {
    guard !a.isNone("from"), !a.isNone("to") else {
      throw a.error(
        "MissingArgument", a.isNone("from") ? "from" : "to", "is needed: a corner [x, y] of the samples")
    }
    let (low, high) = (try a.doubles("from"), try a.doubles("to"))
    guard low.count == 2, high.count == 2, low[0] < high[0], low[1] < high[1] else {
      throw a.error("InvalidArgument", "to", "must be a corner [x, y] above and to the right of `from`")
    }
    return (low[0]...high[0], low[1]...high[1])
  }

  /// Calls back for each place, row by row from below.
  static func visit(
    _ x: ClosedRange<Double>, _ y: ClosedRange<Double>, _ count: Int, _ body: (Double, Double) throws -> Void
  ) rethrows {
    func place(_ range: ClosedRange<Double>, _ index: Int) -> Double {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double(index) / Double(count - 1)
    }
    for row in 0..<count {
      for column in 0..<count { try body(place(x, column), place(y, row)) }
    }
  }

  /// The cells around the samples: half a step further on each side.
  var cells: HeatMap.Extent {
    func widened(_ range: ClosedRange<Double>, _ count: Int) -> ClosedRange<Double> {
      let half = (range.upperBound - range.lowerBound) / Double(count - 1) / 2
      return (range.lowerBound - half)...(range.upperBound + half)
    }
    return HeatMap.Extent(x: widened(x, columns), y: widened(y, rows))
  }
}

extension FunctionBox {
  /// The function at a place: called with two numbers where it takes two, else with a tensor of two.
  func value(_ x: Double, _ y: Double) throws -> Value {
    let needed = parameters.count { $0.defaultValue == nil && !$0.isRest }
    return needed == 2 ? try call([.float(x), .float(y)]) : try call([.tensor(Tensor([x, y]))])
  }

  /// The function at many places, in one call on two tensors, or on one whose first axis has the coordinates; nil where that
  /// does not give a number for each place.
  fileprivate func values(_ x: [Double], _ y: [Double]) -> [Double]? {
    do {
      let needed = parameters.count { $0.defaultValue == nil && !$0.isRest }
      let value =
        needed == 2
        ? try call([.tensor(Tensor(x)), .tensor(Tensor(y))])
        : try call([.tensor(Tensor(x + y).reshaped([2, x.count]))])
      guard case .tensor(let tensor) = value, tensor.shape == [x.count] else { return nil }
      return try tensor.doubles()
    } catch {
      return nil
    }
  }
}
