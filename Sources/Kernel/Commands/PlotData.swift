import Analysis
import Figures
import Runtime
import Tensor

/// What the arguments of `plot` ask for, as a figure.
struct PlotData {
  private let a: Arguments

  init(_ arguments: Arguments) { a = arguments }

  func figure() throws -> Figure {
    let figures = try layers()
    var panel = try Panel(laying: figures)
    let log = try a.string("log")
    panel.x = try axis("x", panel.x, isLog: log == "x" || log == "both")
    panel.y = try axis("y", panel.y, isLog: log == "y" || log == "both")
    if !a.isNone("right") {
      let beside = try Panel(laying: [a.object("right", as: FigureObject.self).figure])
      panel.right = Panel.Right(beside.marks, axis: beside.y)
    }
    if try a.bool("equal") { panel.equalUnits = true }
    switch try a.string("legend") {
    case "outside": panel.legend = .outside
    case "shared": panel.legend = .shared
    case "none": panel.legend = .none
    default: break
    }
    let title = try a.string("title")
    return Figure(
      title: title.isEmpty ? figures.lazy.map(\.title).first { !$0.isEmpty } ?? "" : title,
      content: .panel(panel), size: try a.sizeOfPlot(), theme: try a.bool("dark") ? .dark : .light)
  }

  private func axis(_ name: String, _ inherited: Axis, isLog: Bool) throws -> Axis {
    var axis = inherited
    let label = try a.string(name)
    if !label.isEmpty { axis.label = label }
    if isLog { axis.scale = .log }
    axis.range = try a.optional("\(name)Range") { try a.ends($0) } ?? axis.range
    axis.ticks = try a.optional("\(name)Ticks") { try ticks($0) } ?? axis.ticks
    return axis
  }

  private func ticks(_ name: String) throws -> [Tick] {
    try a.sequence(name).enumerated().map { index, value in
      if case .string(let box) = value { return Tick(Double(index), box.value) }
      guard let number = value.number else { throw a.mismatch(name, expected: "numbers or names") }
      let isWhole = number == number.rounded() && abs(number) < 1e6
      return Tick(number, isWhole ? fixed(number, 0) : value.plainText)
    }
  }

  /// The figures to be laid over each other; numbers become one.
  private func layers() throws -> [Figure] {
    let data = a.rest("data").flatMap(members)
    guard !data.isEmpty else {
      throw a.error("MissingArgument", "data", "is needed: what is to be drawn")
    }
    let drawn = try data.map(figure)
    guard drawn.contains(where: { $0 != nil }) else {
      // The axes of an embedding measure nothing but distance.
      if case .object(let box)? = data.first, data.count == 1, box.object is EmbeddingObject {
        return [
          Figure(marks: try marks(data), x: Axis(ticks: []), y: Axis(ticks: []), equalUnits: true)
        ]
      }
      return [Figure(marks: try marks(data))]
    }
    return try zip(drawn, data).map { figure, value in try figure ?? Figure(marks: marks([value])) }
  }

  /// The figures of a list of nothing else, as a comprehension gives it; any other value as it is.
  private func members(_ value: Value) -> [Value] {
    guard case .list(let box) = value, !box.elements.isEmpty else { return [value] }
    let areFigures = box.elements.allSatisfy {
      if case .object(let box) = $0 { box.object is FigureObject } else { false }
    }
    return areFigures ? box.elements : [value]
  }

  private func figure(of value: Value) throws -> Figure? {
    guard case .object(let box) = value else { return nil }
    switch box.object {
    case let figure as FigureObject: return figure.figure
    case let hypergradient as HypergradientObject:
      return try HypergradientFigures(hypergradient).residuals()
    default: return nil
    }
  }

  private func marks(_ data: [Value]) throws -> [Mark] {
    if data.count == 2 {
      return try [
        series(x: a.numbers(data[0], "data"), y: a.numbers(data[1], "data"), label: a.string("label"))
      ]
    }
    guard data.count == 1 else {
      throw a.error(
        "InvalidArgument", "data", "is one series, or x and y, or figures, not \(data.count) values")
    }
    switch data[0] {
    case .record(let box):
      return try zip(box.keys, box.values).map { name, values in
        if case .tuple(let pair) = values, pair.elements.count == 2 {
          return try series(
            x: a.numbers(pair.elements[0], "data"), y: a.numbers(pair.elements[1], "data"), label: name)
        }
        return try series(x: nil, y: a.numbers(values, "data"), label: name)
      }
    case .object(let box):
      if let embedding = box.object as? EmbeddingObject { return try [points(embedding.points.tensor())] }
      if let run = box.object as? RunObject { return [.line(y: run.history.losses, label: "loss")] }
      throw a.mismatch(
        "data", expected: "numbers, points, a record of series, an embedding, a run or figures")
    case .tensor(let tensor) where tensor.rank == 2 && tensor.shape[1] == 2:
      return try [points(tensor)]
    case .tensor(let tensor) where tensor.rank == 2:
      return try (0..<tensor.shape[1]).map { column in
        try series(x: nil, y: tensor.narrowed(axis: 1, start: column, count: 1).doubles(), label: "\(column)")
      }
    case .tensor(let tensor) where tensor.rank > 2:
      guard try a.string("kind") == "histogram" else {
        throw a.error(
          "ShapeMismatch", "data",
          "has shape \(tensor.shape), and curves are a vector or the columns of a matrix",
          help: "reshape it, or take a part of it; a histogram takes any shape")
      }
      return try [series(x: nil, y: tensor.doubles(), label: a.string("label"))]
    case let value: return try [series(x: nil, y: a.numbers(value, "data"), label: a.string("label"))]
    }
  }

  private func series(x: [Double]?, y: [Double], label: String) throws -> Mark {
    if let x { try a.same(x.count, y.count, "data", "y") }
    // A logarithmic axis has no 0.
    let first = ["x", "both"].contains(try a.string("log")) ? 1.0 : 0
    let places = x ?? y.indices.map { first + Double($0) }
    let x = x ?? (first > 0 ? places : nil)
    let coloured = try a.colours("color", count: y.count, label: label)
    let ink: Ink = if case .single(let ink) = coloured { ink } else { .next }
    switch try a.string("kind") {
    case "histogram": return .histogram(y, label: label, ink: ink)
    case "stems": return .stems(x: x, y: y, label: label, ink: ink)
    case "scatter": return Self.scatter(places, y, coloured, label)
    default:
      guard case .single = coloured else { return Self.scatter(places, y, coloured, label) }
      return .line(x: x, y: y, label: label, ink: ink)
    }
  }

  private func points(_ tensor: Tensor) throws -> Mark {
    let (x, y) = try a.columns(tensor)
    let label = try a.string("label")
    return try Self.scatter(x, y, a.colours("color", count: x.count, label: label), label)
  }

  private static func scatter(_ x: [Double], _ y: [Double], _ colours: PointColours, _ label: String) -> Mark
  {
    if case .single(let ink) = colours { return .scatter(x: x, y: y, label: label, ink: ink) }
    return .scatter(x: x, y: y, colours: colours)
  }
}

extension Panel {
  /// The marks of several figures on one pair of axes, which keep what any of them says about the axes.
  init(laying figures: [Figure]) throws {
    let panels = try figures.map { figure -> Panel in
      guard case .panel(let panel) = figure.content else {
        throw CommandError(
          "InvalidArgument", "plot: a grid or images have no axes to draw on",
          help: "`grid([[a, b]])` puts figures side by side")
      }
      return panel
    }
    func first<T>(_ value: (Panel) -> T?) -> T? { panels.lazy.compactMap(value).first }
    func axis(_ of: (Panel) -> Axis) -> Axis {
      let axes = panels.map(of)
      return Axis(
        axes.map(\.label).first { !$0.isEmpty } ?? "",
        scale: axes.contains { $0.scale == .log } ? .log : .linear,
        range: axes.lazy.compactMap(\.range).first,
        ticks: axes.lazy.compactMap(\.ticks).first)
    }
    self.init(
      marks: panels.flatMap(\.marks), x: axis(\.x), y: axis(\.y), right: first(\.right),
      legend: first { $0.legend == .automatic ? nil : $0.legend } ?? .automatic,
      equalUnits: panels.contains(where: \.equalUnits))
  }
}
