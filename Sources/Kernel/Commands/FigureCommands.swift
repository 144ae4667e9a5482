import Faces
import Figures
import Runtime
import Tensor

/// Plots and pictures.
let figureCommands: [Command] = [
  Command(
    "plot", "A figure of curves or points.",
    [
      .rest(
        "data", .any,
        "one series; x and y; a record of named series; points (n, 2) an embedding, a run or a hypergradient"),
      .optional("title", .string, default: "", "above the figure"),
      .optional("x", .string, default: "", "what the horizontal axis measures"),
      .optional("y", .string, default: "", "what the vertical axis measures"),
      .optional(
        "kind", .choice(["auto", "line", "scatter", "histogram"]), default: "auto", "how numbers are drawn"),
      .optional("color", .tensor, "a class (integers) or a value (floats) for each point"),
      .optional("names", .sequence, "the names of the classes"),
      .optional("label", .string, default: "", "the legend's text for a single series"),
      .optional("log", .choice(["none", "x", "y", "both"]), default: "none", "logarithmic axes"),
      .optional(
        "size", .choice(["screen", "column", "slide"]), default: "screen", "the size it is made for"),
      .optional("dark", .bool, default: false, "the dark theme"),
    ],
    returns:
      "a figure; a cell that ends in it shows it, `show` shows it at once, `save(figure, \"f.svg\")` writes it",
    errors: [("ShapeMismatch", "x, y or colours of different lengths")],
    example: "plot([3.0, 2.0, 1.5, 1.2], title: \"loss\", x: \"epoch\")", effects: [.creates("Figure")]
  ) { a in
    if case .object(let box)? = a.rest("data").first, let hypergradient = box.object as? HypergradientObject {
      return .object(
        FigureObject(try HypergradientFigures(hypergradient).residuals(title: a.string("title"))))
    }
    let log = try a.string("log")
    let size: Size =
      switch try a.string("size") {
      case "column": .column
      case "slide": .slide
      default: .screen
      }
    let marks = try PlotData(a).marks()
    return .object(
      FigureObject(
        Figure(
          try a.string("title"), marks: marks,
          x: Axis(try a.string("x"), scale: log == "x" || log == "both" ? .log : .linear),
          y: Axis(try a.string("y"), scale: log == "y" || log == "both" ? .log : .linear), size: size,
          theme: try a.bool("dark") ? .dark : .light)))
  },
  Command(
    "images", "Images side by side.",
    [
      .required(
        "images", .either([.tensor, .object(["Faces"])]),
        "(n, 3, h, w), (n, h, w) or (h, w) in 0...1, or faces"),
      .optional("captions", .sequence, "a text below each"), .optional("columns", .int, "images in a row"),
      .optional("title", .string, default: "", "above them"),
    ],
    returns: "a figure", example: "images(rand([2, 3, 8, 8], seed: 1), columns: 2)",
    effects: [.creates("Figure")]
  ) { a in
    let captions = try a.optional("captions") { try a.sequence($0).map(\.plainText) } ?? []
    return .object(
      FigureObject(
        .images(
          try rasters(a.images("images")), captions: captions,
          columns: try a.optionalInt("columns", atLeast: 1),
          title: try a.string("title"))))
  },
  Command(
    "heatmap", "A matrix as colours.",
    [
      .required("values", .tensor, "(rows, columns)"), .optional("title", .string, default: "", "above it"),
      .optional("x", .string, default: "", "below it"), .optional("y", .string, default: "", "beside it"),
    ],
    returns: "a figure", example: "heatmap([[1.0, 0.5], [0.5, 1.0]])", effects: [.creates("Figure")]
  ) { a in
    let values = try a.tensor("values")
    guard values.rank == 2 else {
      throw a.error("ShapeMismatch", "values", "has shape \(values.shape), a heat map needs rows and columns")
    }
    return .object(
      FigureObject(
        Figure(
          try a.string("title"),
          marks: [.heatMap(try values.doubles(), rows: values.shape[0], columns: values.shape[1])],
          x: Axis(try a.string("x")), y: Axis(try a.string("y")))))
  },
  Command(
    "grid", "Figures in rows.",
    [
      .required("rows", .sequence, "a list of rows, each a list of figures"),
      .optional("title", .string, default: "", "above them"),
    ],
    returns: "a figure", example: "grid([[plot([1, 2]), plot([2, 1])]])", effects: [.creates("Figure")]
  ) { a in
    let rows = try a.sequence("rows").map { row -> [Figure] in
      guard let cells = try row.elementsInOrder() else {
        throw a.mismatch("rows", expected: "rows of figures such as [[a, b], [c, d]]")
      }
      return try cells.map { cell in
        guard case .object(let box) = cell, let figure = box.object as? FigureObject else {
          throw a.mismatch("rows", expected: "rows of figures such as [[a, b], [c, d]]")
        }
        return figure.figure
      }
    }
    return .object(FigureObject(.grid(rows, title: try a.string("title"))))
  },
  Command(
    "show",
    "Shows a value at once: a figure, faces or images as a contact sheet, anything else as at a cell's end.",
    [
      .required("value", .any, "what to show"), .optional("captions", .sequence, "a text below each image"),
      .optional("columns", .int, "images in a row"),
      .optional("title", .string, default: "", "above the images"),
    ],
    returns: "none", example: "show([1, 2, 3])", effects: [.output]
  ) { a in
    let figure: Figure?
    let title = try a.string("title")
    let columns = try a.optionalInt("columns", atLeast: 1)
    var captions = try a.optional("captions") { try a.sequence($0).map(\.plainText) }
    switch a["value"] {
    case .object(let box) where box.object is FacesObject:
      guard let faces = box.object as? FacesObject else { return .none }
      guard faces.dataset.count <= sheetLimit else {
        throw a.error(
          "InvalidArgument", "value", "has \(faces.dataset.count) faces, a sheet takes \(sheetLimit)",
          help: "show a part, such as faces[0:16]")
      }
      captions = captions ?? faces.expressionNames
      figure = .images(
        try rasters(faces.dataset.images()), captions: captions ?? [], columns: columns ?? 8, title: title)
    case .tensor(let tensor) where tensor.rank == 4 && [1, 3].contains(tensor.shape[1]):
      figure = .images(try rasters(tensor), captions: captions ?? [], columns: columns, title: title)
    default: figure = nil
    }
    let display =
      figure.map { FigureObject($0).display(width: a.session.width) }
      ?? a["value"].display(width: a.session.width)
    a.session.emit(.display(display))
    return .none
  },
]

/// The most images on a sheet.
private let sheetLimit = 256

extension FacesObject {
  /// The expression of each face in words.
  fileprivate var expressionNames: [String] {
    dataset.column(\.expression).map { Expression(rawValue: $0)?.name ?? "unclear" }
  }
}

/// Images of a tensor (n, channels, h, w), (n, h, w) or (h, w), values in 0...1.
private func rasters(_ images: Tensor) throws -> [Raster] {
  let shape = images.shape
  let channels = images.rank == 4 ? shape[1] : 1
  guard images.rank >= 2, images.rank <= 4, channels == 1 || channels == 3 else {
    throw CommandError(
      "ShapeMismatch", "images: a tensor of shape \(shape) is not images",
      help: "expected (n, 3, h, w), (n, 1, h, w), (n, h, w) or (h, w)")
  }
  let count = images.rank == 2 ? 1 : shape[0]
  guard count <= sheetLimit else {
    throw CommandError(
      "InvalidArgument", "images: \(count) images, a sheet takes \(sheetLimit)",
      help: "show a part, such as x[0:16]")
  }
  let (height, width) = (shape[images.rank - 2], shape[images.rank - 1])
  let values = try images.floats()
  let size = channels * height * width
  return try (0..<count).map { index in
    try Raster(
      width: width, height: height, channels: channels,
      values: Array(values[(index * size)..<((index + 1) * size)]),
      planar: true)
  }
}
