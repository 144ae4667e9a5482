import Figures
import Runtime
import Tensor

extension Parameter {
  /// `label: ""`
  static let label = Parameter.optional("label", .string, default: "", "the legend's text")
  /// `color: none`
  static let ink = Parameter.optional(
    "color", .string,
    "\(Ink.names.joined(separator: ", ")), black, or #rrggbb; the next free one when not given")
  /// `title: ""`
  static let title = Parameter.optional("title", .string, default: "", "above it")
  /// `from: none`
  static let lowerLeft = Parameter.optional("from", .sequence, "the lower left corner [x, y] of the samples")
  /// `to: none`
  static let upperRight = Parameter.optional("to", .sequence, "the upper right corner [x, y] of the samples")
}

extension Arguments {
  /// A figure of marks on one pair of axes.
  func figure(_ marks: [Mark], x: Axis = Axis(), y: Axis = Axis()) -> Value {
    .object(FigureObject(Figure(marks: marks, x: x, y: y)))
  }

  /// The numbers of a value, from the parameter of this name.
  func numbers(_ value: Value, _ name: String) throws -> [Double] {
    if case .tensor(let tensor) = value { return try tensor.doubles() }
    if let number = value.number { return [number] }
    guard let elements = try value.elementsInOrder() else {
      throw error(
        "TypeMismatch", name, "must be numbers: a tensor or a list, not \(value.brief(columns: 40))")
    }
    return try elements.map {
      guard let number = $0.number else {
        throw error(
          "TypeMismatch", name, "must be numbers: a tensor or a list, not \(value.brief(columns: 40))")
      }
      return number
    }
  }

  /// The columns of (n, 2).
  func columns(_ tensor: Tensor) throws -> (x: [Double], y: [Double]) {
    (
      try tensor.narrowed(axis: 1, start: 0, count: 1).doubles(),
      try tensor.narrowed(axis: 1, start: 1, count: 1).doubles()
    )
  }

  /// Places in the plane: x and y, or (n, 2), or one place [x, y].
  func places(_ data: [Value], _ name: String) throws -> (x: [Double], y: [Double]) {
    if data.count == 2 {
      let (x, y) = (try numbers(data[0], name), try numbers(data[1], name))
      try same(x.count, y.count, name, "y")
      return (x, y)
    }
    guard data.count == 1, let tensor = try data[0].asTensor(),
      tensor.rank == 2 && tensor.shape[1] == 2 || tensor.shape == [2]
    else { throw error("ShapeMismatch", name, "must be x and y, or places of shape (n, 2)") }
    return try columns(tensor.rank == 1 ? tensor.reshaped([1, 2]) : tensor)
  }

  /// Throws `ShapeMismatch` where two counts differ.
  func same(_ count: Int, _ other: Int, _ name: String, _ what: String) throws {
    guard count == other else { throw error("ShapeMismatch", name, "has \(count) x for \(other) \(what)") }
  }

  /// The ends of an interval, in order.
  func ends(_ name: String) throws -> ClosedRange<Double> {
    let ends = try doubles(name)
    guard ends.count == 2, ends[0] < ends[1] else {
      throw mismatch(name, expected: "two numbers in order, such as [0, 1]")
    }
    return ends[0]...ends[1]
  }

  /// A colour by name.
  func ink(_ name: String = "color", default ink: Ink = .next) throws -> Ink {
    guard !isNone(name) else { return ink }
    let word = try string(name)
    guard let ink = Ink(named: word) else {
      throw error(
        "UnknownChoice", name, "is \"\(word)\", which is no colour",
        help: "known are \(Ink.names.joined(separator: ", ")), black, and #rrggbb")
    }
    return ink
  }

  /// One colour by name, a class or a value for each of `count` points.
  func colours(_ name: String, count: Int, label: String) throws -> PointColours {
    guard !isNone(name) else { return .single(.next) }
    if case .string = self[name] { return .single(try ink(name)) }
    let tensor = try tensor(name)
    guard tensor.count == count else {
      throw error("ShapeMismatch", name, "has \(tensor.count) entries for \(count) points")
    }
    if tensor.dtype.isFloating { return .values(try tensor.doubles(), .viridis, label: label) }
    let classes = try tensor.ints()
    let given = try optional("names") { try sequence($0).map(\.plainText) } ?? []
    // Only classes that occur get an entry in the legend.
    let present = Set(classes).sorted()
    let place = Dictionary(uniqueKeysWithValues: present.enumerated().map { ($1, $0) })
    let names = present.map { given.indices.contains($0) ? given[$0] : "\($0)" }
    return .classes(classes.map { place[$0] ?? 0 }, names: names)
  }
}

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
  ) throws {
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
}
