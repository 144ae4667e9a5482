import Faces
import Figures
import Runtime
import Tensor

/// Plots and pictures.
let figureCommands: [Command] = [
  Command(
    "plot", "A figure of curves or points, or of several figures laid over each other.",
    [
      .rest(
        "data", .any,
        "one series; x and y; a record of named series; points (n, 2); an embedding, a run or a hypergradient; or figures or a list of them, drawn in this order on the same axes"
      ),
      .optional("title", .string, default: "", "above the figure"),
      .optional("x", .string, default: "", "what the horizontal axis measures"),
      .optional("y", .string, default: "", "what the vertical axis measures"),
      .optional(
        "kind", .choice(["auto", "line", "scatter", "histogram", "stems"]), default: "auto",
        "how numbers are drawn"),
      .optional(
        "color", .either([.string, .tensor]),
        "the colour of a single series, or a class (integers) or a value (floats) for each point"),
      .optional("names", .sequence, "the names of the classes"),
      .optional("label", .string, default: "", "the legend's text for a single series"),
      .optional("log", .choice(["none", "x", "y", "both"]), default: "none", "logarithmic axes"),
      .optional("xRange", .sequence, "the ends of the horizontal axis, such as [0, 1]"),
      .optional("yRange", .sequence, "the ends of the vertical axis"),
      .optional("xTicks", .sequence, "where the horizontal axis is labelled, or names for 0, 1, 2…"),
      .optional("yTicks", .sequence, "where the vertical axis is labelled, or names for 0, 1, 2…"),
      .optional(
        "right", .object(["Figure"]),
        "a figure on the same x, measured by an axis of its own on the right: its y, log and yRange"),
      .optional("equal", .bool, default: false, "one unit is equally long on both axes"),
      .optional(
        "legend", .choice(["auto", "outside", "shared", "none"]), default: "auto",
        "where: in a free corner or else outside, always outside, once beside the grid the figure is in, or nowhere"
      ),
      .figureSize, .dark,
    ],
    returns:
      "a figure; a cell that ends in it shows it, `show` shows it at once, `save(figure, \"f.svg\")` writes it",
    errors: [
      ("ShapeMismatch", "x, y or colours of different lengths"),
      ("InvalidArgument", "figures without axes (a grid, images) among those laid over each other"),
    ],
    example: """
      k = arange(1, 40)
      fall = line(k, 0.8 ** k, label: "residual")
      cost = plot(line(k, 3.0 * k, label: "cost", color: "orange"), y: "products")
      plot(fall, rule(y: 1e-2, label: "tolerance"), right: cost, title: "Cost of accuracy", x: "terms", y: "residual", log: "y")
      """, effects: [.creates("Figure")]
  ) { a in .object(FigureObject(try PlotData(a).figure())) },
  Command(
    "images", "Images side by side: with captions, ranked by weights, under maps of attention.",
    [
      .required(
        "images", .either([.tensor, .object(["Faces"])]),
        "(n, 3, h, w), (n, h, w) or (h, w) in 0...1, or faces"),
      .optional("captions", .sequence, "a text below each"),
      .optional("weights", .tensor, "a number for the corner of each"),
      .optional(
        "order", .choice(["given", "ascending", "descending"]), default: "given",
        "of the images, by their weights"),
      .optional("maps", .tensor, "(n, rows, columns): attention or saliency, laid over the images"),
      .optional("rows", .sequence, "names of the rows of images"),
      .optional("columns", .int, "images in a row"), .title, .figureSize, .dark,
    ],
    returns: "a figure",
    errors: [("ShapeMismatch", "captions, weights or maps that differ in number from the images")],
    example:
      "images(Faces(subjects: 2, images: 4, size: 32, seed: 1), weights: linspace(0, 1, count: 8), order: \"descending\", columns: 8)",
    effects: [.creates("Figure")]
  ) { a in .object(FigureObject(try a.sized(ImageSheet(a).figure()))) },
  Command(
    "grid", "Figures in rows.",
    [
      .required("rows", .sequence, "a list of rows, each a list of figures"),
      .optional("title", .string, default: "", "above them"), .figureSize, .dark,
    ],
    returns: "a figure; dark where all its figures are",
    example: "grid([[plot([1, 2]), plot([2, 1])]])", effects: [.creates("Figure")]
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
    let parts = rows.joined()
    let isDark = try a.bool("dark") || !parts.isEmpty && parts.allSatisfy { $0.theme == .dark }
    let figure = Figure.grid(rows, title: try a.string("title"), theme: isDark ? .dark : .light)
    return .object(FigureObject(try a.sized(figure)))
  },
  Command(
    "live",
    "Shows a figure or another value in place of the last one, while the cell runs: call it in every step of a loop.",
    [
      .required("value", .any, "what to show"),
      .optional("name", .string, default: "", "tells several live displays of a cell apart"),
    ],
    returns:
      "none; drawn a few times a second, and its last state always, which is what a headless run keeps",
    example: """
      var losses = []
      for step in 0..<20 {
        losses = losses + [0.8 ** step]
        live(plot(losses, x: "step", y: "loss", log: "y"))
      }
      """, effects: [.output]
  ) { a in
    let (value, name, width) = (a["value"], try a.string("name"), a.session.width)
    a.session.emit(
      .live(
        Live("live \(name)") { forms in
          if case .object(let box) = value, let figure = box.object as? FigureObject {
            return figure.display(width: width, as: forms)
          }
          return value.display(width: width)
        }))
    return .none
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
      guard faces.dataset.count <= ImageSheet.limit else {
        throw a.error(
          "InvalidArgument", "value", "has \(faces.dataset.count) faces, a sheet takes \(ImageSheet.limit)",
          help: "show a part, such as faces[0:16]")
      }
      captions = captions ?? faces.expressionNames
      figure = .images(
        try ImageSheet.rasters(faces.dataset.images()), captions: captions ?? [], columns: columns ?? 8,
        title: title)
    case .tensor(let tensor) where tensor.rank == 4 && [1, 3].contains(tensor.shape[1]):
      figure = .images(
        try ImageSheet.rasters(tensor), captions: captions ?? [], columns: columns, title: title)
    default: figure = nil
    }
    let display =
      figure.map { FigureObject($0).display(width: a.session.width) }
      ?? a["value"].display(width: a.session.width)
    a.session.emit(.display(display))
    return .none
  },
]

extension FacesObject {
  /// The expression of each face in words.
  fileprivate var expressionNames: [String] {
    dataset.column(\.expression).map { Expression(rawValue: $0)?.name ?? "unclear" }
  }
}
