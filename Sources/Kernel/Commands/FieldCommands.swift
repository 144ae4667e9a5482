import Figures
import Runtime
import Tensor

/// Pictures of functions of the plane.
let fieldCommands: [Command] = [
  Command(
    "contour", "Level lines of a function of the plane.",
    [
      .required(
        "f", .either([.function, .tensor]),
        "a function of two numbers or of a tensor of two, or samples (rows, columns) from the lowest y"
      ),
      .lowerLeft, .upperRight,
      .optional("count", .int, default: 121, "samples of a function along each axis"),
      .optional(
        "levels", .either([.int, .sequence]), default: 10, "about how many, or the values themselves"),
      .optional("spacing", .choice(["even", "log"]), default: "even", "of levels that are not given"),
      .optional("labels", .bool, default: false, "write the values into the lines"),
      .optional("colored", .bool, default: false, "colour the lines by their values"),
      .optional("width", .number, default: 1.0, "in points"), .label, .ink,
    ],
    returns: "a figure, for `plot` to lay over others",
    errors: [
      ("MissingArgument", "a function without its corners"),
      ("ShapeMismatch", "samples that are not a matrix"),
      ("TypeMismatch", "a function that does not return one number"),
    ],
    example: """
      bowl = { θ in (1 - θ[0]) ** 2 + 20 * (θ[1] - θ[0] ** 2) ** 2 }
      plot(contour(bowl, from: [-2, -1], to: [2, 3], spacing: "log", labels: true), points([1, 1], symbol: "cross"), title: "Rosenbrock", x: "θ₁", y: "θ₂")
      """, effects: [.calls("f"), .creates("Figure")]
  ) { a in
    let samples = try GridSamples(a)
    let levels: [Double]
    if let count = a["levels"].integer {
      guard (1...100).contains(count) else {
        throw a.error("OutOfRange", "levels", "must be between 1 and 100, not \(count)")
      }
      levels = Contour.levels(
        of: samples.values, count: count, scale: try a.string("spacing") == "log" ? .log : .linear)
    } else {
      levels = try a.doubles("levels")
    }
    return a.figure([
      .contour(
        samples.values, rows: samples.rows, columns: samples.columns, x: samples.x, y: samples.y,
        levels: levels,
        showsLevels: try a.bool("labels"), colormap: try a.bool("colored") ? .viridis : nil,
        ink: try a.ink(default: .muted), width: try a.double("width", above: 0, atMost: 100),
        label: try a.string("label"))
    ])
  },
  Command(
    "arrows", "Arrows: displacements from places, or a field of them.",
    [
      .required(
        "by", .either([.function, .tensor]),
        "displacements (n, 2), one [dx, dy], or a function from a place to a displacement"),
      .optional(
        "at", .either([.tensor, .sequence]),
        "where they start: (n, 2) or one place; the origin when not given"),
      .optional("chain", .bool, default: false, "each starts where the one before ends"), .lowerLeft,
      .upperRight,
      .optional("count", .int, default: 12, "arrows of a field along each axis"),
      .optional(
        "scale", .number, "their lengths are multiplied by it; by default 1, and for a field as it fits"),
      .label, .ink,
      .optional("width", .number, default: 2.0, "in points"),
    ],
    returns: "a figure, for `plot` to lay over others",
    errors: [
      ("MissingArgument", "a field without its corners"),
      ("ShapeMismatch", "places and displacements that differ in number"),
      ("TypeMismatch", "a field that does not return two numbers"),
    ],
    example: """
      terms = [[0.8, 0.1], [0.4, 0.25], [0.2, 0.2], [0.1, 0.12]]
      plot(arrows(terms, chain: true, label: "v_k"), arrows([1.5, 0.67], label: "q", color: "black"), equal: true)
      """, effects: [.calls("by"), .creates("Figure")]
  ) { a in
    let arrows: ArrowData
    if case .function(let field) = a["by"] {
      arrows = try ArrowData(of: field, a)
    } else {
      arrows = try ArrowData(a)
    }
    return a.figure([
      .arrows(
        x: arrows.x, y: arrows.y, dx: arrows.dx, dy: arrows.dy, label: try a.string("label"),
        ink: try a.ink(),
        width: try a.double("width", above: 0, atMost: 100))
    ])
  },
  Command(
    "heatmap", "A matrix as colours, or a function of the plane.",
    [
      .required("f", .either([.tensor, .function]), "(rows, columns), or a function as `contour` takes"),
      .title, .optional("x", .string, default: "", "below it"),
      .optional("y", .string, default: "", "beside it"),
      .lowerLeft, .upperRight, .optional("count", .int, default: 60, "samples of a function along each axis"),
      .optional("values", .bool, default: false, "write each number into its cell"),
      .optional("rows", .sequence, "names of the rows"),
      .optional("columns", .sequence, "names of the columns"),
      .optional(
        "colors", .choice(Colormap.allCases.map(\.rawValue)), default: "viridis",
        "the map; `diverging` has zero in its middle"),
      .optional("range", .sequence, "the numbers at the map's ends"),
      .optional("label", .string, default: "", "what the colours measure"),
    ],
    returns: "a figure; a matrix has its first row on top, with corners the first row is at the lowest y",
    errors: [("ShapeMismatch", "values that are not a matrix")],
    example:
      "heatmap([[1.0, 0.5, 0.2], [0.5, 1.0, 0.4], [0.2, 0.4, 1.0]], values: true, title: \"Correlation\")",
    effects: [.calls("f"), .creates("Figure")]
  ) { a in
    let names = (
      rows: try a.optional("rows") { try a.sequence($0).map(\.plainText) } ?? [],
      columns: try a.optional("columns") { try a.sequence($0).map(\.plainText) } ?? []
    )
    let range = try a.optional("range") { try a.ends($0) }
    let (values, rows, columns, extent): ([Double], Int, Int, HeatMap.Extent?)
    var isField = !a.isNone("from") || !a.isNone("to")
    if case .function = a["f"] { isField = true }
    if isField {
      let samples = try GridSamples(a)
      (values, rows, columns, extent) = (samples.values, samples.rows, samples.columns, samples.cells)
    } else {
      let matrix = try a.tensor("f")
      guard matrix.rank == 2 else {
        throw a.error("ShapeMismatch", "f", "has shape \(matrix.shape), a heat map needs rows and columns")
      }
      (values, rows, columns, extent) = (try matrix.doubles(), matrix.shape[0], matrix.shape[1], nil)
    }
    return a.figure(
      [
        .heatMap(
          values, rows: rows, columns: columns, colormap: try a.choice("colors", of: Colormap.self),
          range: range, rowNames: names.rows, columnNames: names.columns, showsValues: try a.bool("values"),
          label: try a.string("label"), extent: extent)
      ], x: Axis(try a.string("x")), y: Axis(try a.string("y")), title: try a.string("title"))
  },
]

/// Tails and displacements.
private struct ArrowData {
  var x, y, dx, dy: [Double]

  /// From the parameters `by`, `at`, `chain` and `scale`.
  init(_ a: Arguments) throws {
    let scale = try a.optionalDouble("scale") ?? 1
    let by = try a.places([a["by"]], "by")
    (dx, dy) = (by.x.map { $0 * scale }, by.y.map { $0 * scale })
    let count = dx.count
    let start = try a.optional("at") { try a.places([a[$0]], $0) } ?? (x: [0], y: [0])
    guard start.x.count == 1 || start.x.count == count else {
      throw a.error("ShapeMismatch", "at", "has \(start.x.count) places for \(count) displacements")
    }
    (x, y) =
      start.x.count == count
      ? start : (Array(repeating: start.x[0], count: count), Array(repeating: start.y[0], count: count))
    guard try a.bool("chain") else { return }
    for i in 0..<count where i > 0 { (x[i], y[i]) = (x[i - 1] + dx[i - 1], y[i - 1] + dy[i - 1]) }
  }

  /// A field at the nodes of a grid; by default the longest arrow is as long as a cell.
  init(of field: FunctionBox, _ a: Arguments) throws {
    let count = try a.int("count", atLeast: 2, atMost: 100)
    let (across, up) = try GridSamples.corners(a)
    (x, y, dx, dy) = ([], [], [], [])
    try GridSamples.visit(across, up, count) { x, y in
      let value = try field.value(x, y)
      let parts = try a.numbers(value, "by")
      guard parts.count == 2 else {
        throw a.error("TypeMismatch", "by", "returned \(value.typeName) at (\(x), \(y)), not two numbers")
      }
      self.x.append(x)
      self.y.append(y)
      dx.append(parts[0])
      dy.append(parts[1])
    }
    let cell = (
      (across.upperBound - across.lowerBound) / Double(count - 1),
      (up.upperBound - up.lowerBound) / Double(count - 1)
    )
    let longest = zip(dx, dy).map { max(abs($0) / cell.0, abs($1) / cell.1) }.filter(\.isFinite).max() ?? 0
    let scale = try a.optionalDouble("scale") ?? (longest > 0 ? 0.95 / longest : 1)
    dx = dx.map { $0 * scale }
    dy = dy.map { $0 * scale }
  }
}
