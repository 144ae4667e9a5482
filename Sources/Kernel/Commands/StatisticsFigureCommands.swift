import Figures
import Runtime
import Tensor

/// Pictures of samples and of results.
let statisticsFigureCommands: [Command] = [
  Command(
    "histogram", "How often values fall into equal bins.",
    [
      .required("values", .either([.tensor, .record]), "a sample, or a record of named ones, binned alike"),
      .optional("bins", .int, "how many; by the rule of Freedman and Diaconis when not given"),
      .optional(
        "density", .bool, default: false, "the area is 1, so that samples of different sizes compare"),
      .label, .ink,
    ],
    returns: "a figure, for `plot` to lay over others",
    errors: [("OutOfRange", "bins below 1 or above 10000")],
    example: "histogram({clean: randn([400], seed: 1), noisy: randn([300], seed: 2) * 0.5 + 3})",
    effects: [.creates("Figure")]
  ) { a in
    let (bins, density) = (try a.optionalInt("bins", atLeast: 1), try a.bool("density"))
    if case .record(let box) = a["values"] {
      return a.figure(
        try zip(box.keys, box.values).map { name, values in
          .histogram(try a.numbers(values, "values"), bins: bins, density: density, label: name)
        })
    }
    return a.figure([
      .histogram(
        try a.doubles("values"), bins: bins, density: density, label: try a.string("label"), ink: try a.ink())
    ])
  },
  Command(
    "bars", "Bars in named groups, with error bars.",
    [
      .required("names", .sequence, "what stands below the bars"),
      .required(
        "values", .either([.tensor, .record]), "a height for each name, or a record of series of them"),
      .optional(
        "errors", .either([.tensor, .record]),
        "half-lengths of the error bars, in the structure of the values"),
      .label, .ink,
    ],
    returns: "a figure, for `plot` to lay over others",
    errors: [("ShapeMismatch", "names, values or errors that differ in number")],
    example: """
      plot(bars(["exact", "CG", "Neumann"], {clean: [0.91, 0.90, 0.88], noisy: [0.84, 0.83, 0.79]}, errors: {clean: [0.01, 0.01, 0.02], noisy: [0.02, 0.02, 0.03]}), y: "accuracy")
      """, effects: [.creates("Figure")]
  ) { a in
    let names = try a.sequence("names").map(\.plainText)
    func checked(_ numbers: [Double], _ name: String) throws -> [Double] {
      guard numbers.count == names.count else {
        throw a.error("ShapeMismatch", name, "has \(numbers.count) numbers for \(names.count) names")
      }
      return numbers
    }
    guard case .record(let box) = a["values"] else {
      let errors = try a.optional("errors") { try checked(a.doubles($0), $0) } ?? []
      return a.figure([
        .bars(
          names,
          [
            BarSeries(
              try a.string("label"), values: try checked(a.doubles("values"), "values"), errors: errors,
              ink: try a.ink())
          ])
      ])
    }
    var errors: RecordBox?
    if case .record(let box) = a["errors"] { errors = box }
    return a.figure([
      .bars(
        names,
        try zip(box.keys, box.values).map { name, values in
          BarSeries(
            name, values: try checked(a.numbers(values, "values"), "values"),
            errors: try errors?[name].map { try checked(a.numbers($0, "errors"), "errors") } ?? [])
        })
    ])
  },
  Command(
    "boxplot",
    "Distributions side by side: median, quartiles, whiskers to 1.5 interquartile ranges, and what lies beyond.",
    [.required("samples", .record, "named samples")],
    returns: "a figure, for `plot` to lay over others",
    errors: [("TypeMismatch", "samples that are not numbers")],
    example: "plot(boxplot({SGD: randn([80], seed: 1), AdamW: randn([80], seed: 2) * 0.6 + 1}), y: \"gain\")",
    effects: [.creates("Figure")]
  ) { a in
    guard case .record(let box) = a["samples"] else {
      throw a.mismatch("samples", expected: "a record of samples")
    }
    return a.figure([
      .boxPlot(try zip(box.keys, box.values).map { BoxPlot.Group($0, try a.numbers($1, "samples")) })
    ])
  },
  Command(
    "stems", "A vertical line from zero to each value, as spectra are drawn.",
    [.rest("data", .any, "y, or x and y"), .label, .ink],
    returns: "a figure, for `plot` to lay over others",
    errors: [("ShapeMismatch", "x and y of different lengths")],
    example: "plot(stems([12.0, 4.0, 1.5, 0.6, 0.1]), log: \"y\", x: \"index\", y: \"eigenvalue\")",
    effects: [.creates("Figure")]
  ) { a in
    let data = a.rest("data")
    let series = try data.map { try a.numbers($0, "data") }
    guard let y = series.last, series.count <= 2 else {
      throw a.error("InvalidArgument", "data", "is y, or x and y, not \(series.count) series")
    }
    if series.count == 2 { try a.same(series[0].count, y.count, "data", "y") }
    return a.figure([
      .stems(x: series.count == 2 ? series[0] : nil, y: y, label: try a.string("label"), ink: try a.ink())
    ])
  },
  Command(
    "confusion", "Which classes are taken for which: a matrix of the true against the predicted.",
    [
      .required("truth", .tensor, "the true classes"), .required("predicted", .tensor, "the predicted ones"),
      .optional("names", .sequence, "the names of the classes"),
      .optional("normalize", .bool, default: true, "shares of each true class, not counts"), .title,
    ],
    returns: "a figure",
    errors: [
      ("ShapeMismatch", "different numbers of true and predicted classes"),
      ("OutOfRange", "a negative class"), ("InvalidArgument", "scores in place of classes"),
    ],
    example:
      "confusion([0, 0, 0, 1, 1, 2, 2, 2], [0, 0, 1, 1, 1, 2, 0, 2], names: [\"calm\", \"happy\", \"sad\"])",
    effects: [.creates("Figure")]
  ) { a in
    func classes(_ name: String) throws -> [Int] {
      let given = try a.tensor(name)
      guard
        try !given.dtype.isFloating
          || given.isFinite().logicalAnd(given.equal(given.floor())).all().item() == 1
      else {
        throw a.error(
          "InvalidArgument", name, "holds numbers that are no classes",
          help: "argmax(scores, axis: 1) makes classes of scores")
      }
      return try given.ints()
    }
    let (truth, predicted) = (try classes("truth"), try classes("predicted"))
    guard truth.count == predicted.count, !truth.isEmpty else {
      throw a.error(
        "ShapeMismatch", "predicted", "has \(predicted.count) classes for \(truth.count) true ones")
    }
    let names = try a.optional("names") { try a.sequence($0).map(\.plainText) } ?? []
    guard let least = (truth + predicted).min(), least >= 0 else {
      throw a.error("OutOfRange", "truth", "and `predicted` must be classes from 0 on")
    }
    let classCount = ((truth + predicted).max() ?? 0) + 1
    guard names.isEmpty || names.count >= classCount else {
      throw a.error("ShapeMismatch", "names", "has \(names.count) names for \(classCount) classes")
    }
    let count = max(names.count, classCount)
    guard count <= 1000 else {
      throw a.error("OutOfRange", "truth", "has \(count) classes, a matrix shows 1000 at most")
    }
    var cells = [Double](repeating: 0, count: count * count)
    for (row, column) in zip(truth, predicted) { cells[row * count + column] += 1 }
    let normalizes = try a.bool("normalize")
    if normalizes {
      for row in 0..<count {
        let span = (row * count)..<((row + 1) * count)
        let total = cells[span].reduce(0, +)
        for cell in span { cells[cell] = total > 0 ? cells[cell] / total : .nan }
      }
    }
    let labels = (0..<count).map { $0 < names.count ? names[$0] : "\($0)" }
    return a.figure(
      [
        .heatMap(
          cells, rows: count, columns: count, colormap: .blues, range: normalizes ? 0...1 : nil,
          rowNames: labels, columnNames: labels, showsValues: count <= 20,
          label: normalizes ? "share of the true class" : "count")
      ], x: Axis("predicted"), y: Axis("true"), title: try a.string("title"))
  },
]
