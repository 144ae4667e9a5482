import Figures
import Runtime
import Tensor

/// Marks that `plot` lays over each other: each is a figure of its own as well.
let markCommands: [Command] = [
  Command(
    "line", "A curve, or a path in the plane.",
    [
      .rest("data", .any, "y; x and y; or the places (n, 2) of a path"), .label, .ink,
      .optional("width", .number, default: 2.0, "in points"),
      .optional("dashed", .bool, default: false, "interrupted"),
      .optional("markers", .bool, default: false, "a dot on each point"),
    ],
    returns: "a figure, for `plot` to lay over others",
    errors: [("ShapeMismatch", "x and y of different lengths")],
    example:
      "plot(line([4.0, 2.0, 1.0, 0.5], label: \"measured\", markers: true), line([4.0, 1.5, 0.6, 0.2], label: \"bound\", dashed: true))",
    effects: [.creates("Figure")]
  ) { a in
    let data = a.rest("data")
    let (x, y): ([Double], [Double])
    if data.count == 1, try !(data[0].asTensor().map { $0.rank == 2 } ?? false) {
      y = try a.numbers(data[0], "data")
      x = y.indices.map(Double.init)
    } else {
      (x, y) = try a.places(data, "data")
    }
    return a.figure([
      .line(
        x: x, y: y, label: try a.string("label"), ink: try a.ink(),
        width: try a.double("width", above: 0, atMost: 100),
        dashed: try a.bool("dashed"), hasMarkers: try a.bool("markers"))
    ])
  },
  Command(
    "points", "Separate points.",
    [
      .rest("data", .any, "x and y, or places (n, 2)"), .label,
      .optional(
        "color", .either([.string, .tensor]),
        "one colour by name, or a class (integers) or a value (floats) for each point"),
      .optional("names", .sequence, "the names of the classes"),
      .optional("errors", .tensor, "half-lengths of vertical error bars"),
      .optional("size", .number, "diameter in points; by default it shrinks with their number"),
      .optional("symbol", .choice(Symbol.allCases.map(\.rawValue)), default: "dot", "their form"),
    ],
    returns: "a figure, for `plot` to lay over others",
    errors: [("ShapeMismatch", "data, colours or errors of different lengths")],
    example: "points(randn([60, 2], seed: 1), color: arange(60) % 3, names: [\"calm\", \"happy\", \"sad\"])",
    effects: [.creates("Figure")]
  ) { a in
    let (x, y) = try a.places(a.rest("data"), "data")
    let label = try a.string("label")
    let size = try a.optionalDouble("size", above: 0)
    let symbol = try a.choice("symbol", of: Symbol.self)
    let colours = try a.colours("color", count: x.count, label: label)
    guard case .single(let ink) = colours else {
      return a.figure([.scatter(x: x, y: y, colours: colours, size: size, symbol: symbol)])
    }
    let errors = try a.optional("errors") { try a.doubles($0) } ?? []
    if !errors.isEmpty { try a.same(x.count, errors.count, "errors", "errors") }
    return a.figure([
      .scatter(x: x, y: y, label: label, ink: ink, size: size, symbol: symbol, errors: errors)
    ])
  },
  Command(
    "band",
    "The shaded region between two curves; it takes the colour of the curve that follows it in `plot`.",
    [.rest("data", .any, "lower and upper; or x, lower and upper"), .label, .ink],
    returns: "a figure, for `plot` to lay over others",
    errors: [("ShapeMismatch", "curves of different lengths")],
    example:
      "x = linspace(0, 6, count: 80)\nplot(band(x, sin(x) - 0.3, sin(x) + 0.3), line(x, sin(x), label: \"mean ± σ\"))",
    effects: [.creates("Figure")]
  ) { a in
    let curves = try a.rest("data").map { try a.numbers($0, "data") }
    guard curves.count == 2 || curves.count == 3 else {
      throw a.error(
        "InvalidArgument", "data", "is lower and upper, or x, lower and upper, not \(curves.count) curves")
    }
    let (lower, upper) = (curves[curves.count - 2], curves[curves.count - 1])
    let x = curves.count == 3 ? curves[0] : lower.indices.map(Double.init)
    guard x.count == lower.count, x.count == upper.count else {
      throw a.error(
        "ShapeMismatch", "data", "has \(x.count) x, \(lower.count) lower and \(upper.count) upper values")
    }
    return a.figure([.band(x: x, lower: lower, upper: upper, label: try a.string("label"), ink: try a.ink())])
  },
  Command(
    "rule", "Straight reference lines across the whole plot.",
    [
      .optional("x", .either([.number, .sequence]), "where vertical lines stand"),
      .optional("y", .either([.number, .sequence]), "where horizontal lines lie"),
      .optional("label", .string, default: "", "written at the line's end"), .ink,
    ],
    returns: "a figure, for `plot` to lay over others",
    errors: [("MissingArgument", "neither x nor y")],
    example:
      "plot(line([1.0, 0.5, 0.25, 0.12]), rule(y: 0.2, label: \"tolerance\"), rule(x: 2, color: \"orange\"))",
    effects: [.creates("Figure")]
  ) { a in
    let (label, ink) = (try a.string("label"), try a.ink(default: .muted))
    let xs = try a.optional("x") { try a.doubles($0) } ?? []
    let ys = try a.optional("y") { try a.doubles($0) } ?? []
    guard !xs.isEmpty || !ys.isEmpty else {
      throw a.error("MissingArgument", "x", "or `y` is needed: where it is")
    }
    return a.figure(
      xs.map { .rule(x: $0, label: label, ink: ink) } + ys.map { .rule(y: $0, label: label, ink: ink) })
  },
  Command(
    "span", "A shaded strip across the whole plot.",
    [
      .optional("x", .sequence, "between these two x; ±inf is the plot's edge"),
      .optional("y", .sequence, "between these two y"), .label, .ink,
    ],
    returns: "a figure, for `plot` to lay over others",
    errors: [("MissingArgument", "not exactly one of x and y")],
    example: "plot(span(x: [0, 1.2], label: \"converges\", color: \"green\"), line([1.0, 0.2, 0.6, 1.5]))",
    effects: [.creates("Figure")]
  ) { a in
    guard a.isNone("x") != a.isNone("y") else {
      throw a.error("MissingArgument", "x", "or `y` is needed, one of them: two ends such as [0, 1]")
    }
    let ends = try a.ends(a.isNone("x") ? "y" : "x")
    return a.figure([
      .span(
        a.isNone("x") ? .y : .x, from: ends.lowerBound, to: ends.upperBound, label: try a.string("label"),
        ink: try a.ink(default: .muted))
    ])
  },
  Command(
    "note", "Words beside a place of the plot.",
    [.required("text", .string, "the words"), .required("at", .sequence, "the place [x, y]"), .ink],
    returns: "a figure, for `plot` to lay over others",
    errors: [("ShapeMismatch", "a place that is not [x, y]")],
    example: "plot(line([3.0, 1.0, 2.0]), note(\"minimum\", at: [1, 1]))", effects: [.creates("Figure")]
  ) { a in
    let place = try a.doubles("at")
    guard place.count == 2 else { throw a.error("ShapeMismatch", "at", "must be a place [x, y]") }
    return a.figure([
      .annotation(try a.string("text"), x: place[0], y: place[1], ink: try a.ink(default: .text))
    ])
  },
]
