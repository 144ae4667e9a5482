import Figures
import Runtime
import Tensor

extension Parameter {
  /// `label: ""`
  static let label = Parameter.optional("label", .string, default: "", "the legend's text")
  /// `color: none`
  static let ink = Parameter.optional(
    "color", .string,
    "\(Ink.names.joined(separator: ", ")), black, grey, or #rrggbb; the next free one when not given")
  /// `title: ""`
  static let title = Parameter.optional("title", .string, default: "", "above it")
  /// `size: "screen"`
  static let figureSize = Parameter.optional(
    "size", .either([.choice(FigureSize.allCases.map(\.rawValue)), .sequence]), default: "screen",
    "what it is made for: a screen, one column or a whole page of a paper, or a slide; or width and height in points"
  )
  /// `dark: false`
  static let dark = Parameter.optional("dark", .bool, default: false, "the dark theme")
  /// `from: none`
  static let lowerLeft = Parameter.optional("from", .sequence, "the lower left corner [x, y] of the samples")
  /// `to: none`
  static let upperRight = Parameter.optional("to", .sequence, "the upper right corner [x, y] of the samples")
}

/// The words for what a figure is made for.
enum FigureSize: String, CaseIterable {
  case screen, column, page, slide

  /// The size of a single plot; nil lets its content decide.
  var ofPlot: Size? {
    switch self {
    case .screen: nil
    case .column: .column
    case .page: .page
    case .slide: .slide
    }
  }
}

extension Arguments {
  /// The size asked for, or the word for it.
  private func size() throws -> (exact: Size?, word: FigureSize) {
    if case .string = self["size"] { return (nil, try choice("size", of: FigureSize.self)) }
    let extents = try doubles("size")
    guard extents.count == 2 else { throw mismatch("size", expected: "a width and a height") }
    return (Size(extents[0], extents[1]), .screen)
  }

  /// The size of a single plot.
  func sizeOfPlot() throws -> Size? {
    let (exact, word) = try size()
    return exact ?? word.ofPlot
  }

  /// A figure of several parts at the size asked for: as high as they need at the width of a paper.
  func sized(_ figure: Figure) throws -> Figure {
    let (exact, word) = try size()
    if exact == nil, word != .slide {
      return word.ofPlot.map { figure.sized(width: $0.width) } ?? figure
    }
    var figure = figure
    figure.size = exact ?? word.ofPlot
    return figure
  }

  /// A figure of marks on one pair of axes.
  func figure(_ marks: [Mark], x: Axis = Axis(), y: Axis = Axis(), title: String = "") -> Value {
    .object(FigureObject(Figure(title, marks: marks, x: x, y: y)))
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
        help: "known are \(Ink.names.joined(separator: ", ")), black, grey and #rrggbb")
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
