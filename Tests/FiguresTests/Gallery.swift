import Glibc

@testable import Figures

/// Figures of every kind, for tests and for looking at.
enum Gallery {
  static func noise(_ i: Int, _ salt: Double = 0) -> Double {
    let value = sin(Double(i) * 12.9898 + salt * 78.233) * 43758.5453
    return value - floor(value)
  }

  static func normal(_ i: Int, _ salt: Double = 0) -> Double {
    sqrt(-2 * log(max(1e-12, noise(i, salt)))) * cos(2 * .pi * noise(i, salt + 1.7))
  }

  static var lines: Figure {
    let x = (0...200).map { Double($0) * 0.05 }
    return Figure(
      "Damped oscillations",
      marks: [
        .line(x: x, y: x.map { exp(-$0 / 4) * cos(2 * $0) }, label: "under-damped"),
        .line(x: x, y: x.map { exp(-$0 / 1.5) * (1 + $0) * 0.8 }, label: "critical"),
        .line(x: x, y: x.map { exp(-$0 / 6) }, label: "envelope", dashed: true),
        .rule(y: 0),
      ], x: Axis("time t (s)"), y: Axis("displacement x (mm)"))
  }

  static var classes: Figure {
    let names = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt"]
    var (x, y, c): ([Double], [Double], [Int]) = ([], [], [])
    for i in 0..<800 {
      let k = i % 8
      x.append(20 * cos(Double(k) * 0.785) + 5 * normal(i))
      y.append(20 * sin(Double(k) * 0.785) + 5 * normal(i, 5))
      c.append(k)
    }
    return Figure(
      "t-SNE of the embeddings", marks: [.scatter(x: x, y: y, colours: .classes(c, names: names))],
      x: Axis("t-SNE 1"), y: Axis("t-SNE 2"), equalUnits: true)
  }

  static var loss: Figure {
    let x = (1...300).map(Double.init)
    let train = x.enumerated().map { 2.2 * exp(-$1 / 40) + 0.02 + 0.01 * noise($0) }
    let val = x.enumerated().map { 2.2 * exp(-$1 / 42) + 0.05 + 0.02 * noise($0, 3) }
    return Figure(
      "Reconstruction loss",
      marks: [
        .band(x: x, lower: val.map { $0 * 0.85 }, upper: val.map { $0 * 1.18 }, label: ""),
        .line(x: x, y: val, label: "validation"), .line(x: x, y: train, label: "training"),
      ], x: Axis("epoch"), y: Axis("mean squared error", scale: .log))
  }

  static func face(_ k: Int, _ n: Int = 32) throws -> Raster {
    var v = [Float](repeating: 0, count: n * n * 3)
    for y in 0..<n {
      for x in 0..<n {
        let (u, w) = (Double(x) / Double(n) - 0.5, Double(y) / Double(n) - 0.5)
        let head = u * u / 0.16 + w * w / 0.22 < 1
        let eye = pow(abs(u) - 0.16, 2) + pow(w + 0.1, 2) < 0.003
        let smile = abs(w - 0.22 + (Double(k % 4) - 1.5) * 1.2 * u * u) < 0.025 && abs(u) < 0.18
        let base: (Double, Double, Double) =
          eye || smile
          ? (0.15, 0.1, 0.1)
          : head ? (0.9 - w * 0.4, 0.7 - w * 0.3, 0.55) : (0.25, 0.35 + Double(k) / 40, 0.5)
        v[(y * n + x) * 3] = Float(base.0)
        v[(y * n + x) * 3 + 1] = Float(base.1)
        v[(y * n + x) * 3 + 2] = Float(base.2)
      }
    }
    return try Raster(width: n, height: n, channels: 3, values: v)
  }

  static func faces() throws -> Figure {
    .images(
      try (0..<16).map { try face($0) }, captions: (0..<16).map { "w = 0.\($0 + 10)" },
      title: "Ranked by weight")
  }

  static var histogram: Figure {
    Figure(
      "Distribution of weights",
      marks: [
        .histogram((0..<2000).map { normal($0) }, label: "clean"),
        .histogram((0..<1200).map { normal($0, 9) * 0.6 + 2.4 }, label: "noisy"),
      ], x: Axis("weight"), y: Axis("count"))
  }

  static var bars: Figure {
    Figure(
      "Comparison of methods",
      marks: [
        .bars(
          ["Neumann", "CG", "dense", "unrolled", "finite differences"],
          [
            BarSeries("RAF-DB", values: [82.1, 83.4, 83.9, 79.2, 70.3], errors: [1.2, 0.9, 1.0, 2.1, 3.0]),
            BarSeries("AffectNet", values: [61, 62.5, 62.4, 58, 52], errors: [1.5, 1.1, 1.3, 1.9, 2.5]),
          ])
      ], y: Axis("accuracy (%)"))
  }

  static var confusion: Figure {
    let n = 6
    let v = (0..<(n * n)).map { i in i / n == i % n ? 0.7 + 0.2 * noise(i) : 0.08 * noise(i) }
    let names = ["neutral", "happy", "sad", "surprise", "fear", "anger"]
    return Figure(
      "Confusion",
      marks: [
        .heatMap(
          v, rows: n, columns: n, rowNames: names, columnNames: names, showsValues: true, label: "share")
      ], x: Axis("predicted"), y: Axis("true"))
  }

  static var landscape: Figure {
    let n = 60
    let v = (0..<(n * n)).map { i -> Double in
      let (u, w) = (Double(i % n) / 10 - 3, Double(i / n) / 10 - 3)
      return sin(u * 1.5) * cos(w) + 0.1 * u
    }
    return Figure(
      "Loss landscape",
      marks: [
        .heatMap(
          v, rows: n, columns: n, colormap: .diverging, label: "loss − loss*",
          extent: HeatMap.Extent(x: -3...3, y: -3...3)),
        .line(
          x: [-2.5, -1.5, -0.4, 0.2, 1, 1.1], y: [2.2, 1.8, 1.5, 2.2, 2.9, 2.8], ink: .text),
        .annotation("minimum", x: 1.1, y: 2.6),
      ], x: Axis("direction 1"), y: Axis("direction 2"))
  }

  static var valued: Figure {
    let x = (0..<600).map { normal($0) }
    let y = (0..<600).map { normal($0, 4) + 0.5 * x[$0] }
    return Figure(
      "Valence and arousal",
      marks: [.scatter(x: x, y: y, colours: .values(zip(x, y).map { $0 * $1 }, .viridis, label: "x·y"))],
      x: Axis("valence"), y: Axis("arousal"))
  }

  static func bowl(_ x: Double, _ y: Double) -> Double { (1 - x) * (1 - x) + 20 * (y - x * x) * (y - x * x) }

  /// Samples of a function, row by row from below.
  static func samples(_ n: Int, _ range: ClosedRange<Double>, _ f: (Double, Double) -> Double) -> [Double] {
    func place(_ i: Int) -> Double {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double(i) / Double(n - 1)
    }
    return (0..<(n * n)).map { f(place($0 % n), place($0 / n)) }
  }

  static var contours: Figure {
    let values = samples(81, -2...2, bowl)
    return Figure(
      "Rosenbrock",
      marks: [
        .contour(
          values, rows: 81, columns: 81, x: -2...2, y: -2...2,
          levels: Contour.levels(of: values, count: 10, scale: .log), showsLevels: true, label: "f"),
        .line(x: [-1.5, -1, 0, 0.6, 1], y: [1.8, 0.9, 0.1, 0.3, 1], label: "descent", hasMarkers: true),
        .arrows(x: [-1.5], y: [1.8], dx: [0.6], dy: [-0.9], label: "−∇f"),
        .scatter(x: [1.0], y: [1], label: "minimum", ink: .text, symbol: .cross),
        .annotation("(1, 1)", x: 1, y: 1),
      ], x: Axis("θ₁"), y: Axis("θ₂"))
  }

  static var twin: Figure {
    let k = (1...40).map(Double.init)
    return Figure(
      "Cost of accuracy",
      marks: [
        .span(.x, from: 20, to: .infinity, label: "enough", ink: .series(2)),
        .line(x: k, y: k.map { pow(0.8, $0) }, label: "residual"), .rule(y: 1e-2, label: "tolerance"),
        .rule(x: 20, label: "k = 20"),
      ], x: Axis("terms"), y: Axis("residual", scale: .log),
      right: Panel.Right(
        [.line(x: k, y: k.map { 3 * $0 }, label: "cost", ink: .series(1), dashed: true)],
        axis: Axis("products")))
  }

  static var spread: Figure {
    Figure(
      "Gain by optimiser",
      marks: [
        .boxPlot(
          (0..<4).map { k in
            BoxPlot.Group(
              "run \(k)", (0..<120).map { normal($0, Double(k)) * (1 + Double(k) / 3) + Double(k) })
          })
      ], y: Axis("gain"))
  }

  static var spectrum: Figure {
    Figure(
      "Spectrum",
      marks: [
        .stems(y: (0..<24).map { 100 * exp(-Double($0) / 3) }, label: "σ"),
        .scatter(
          x: [0.0, 5, 10], y: [80, 20, 4], label: "Ritz values", symbol: .diamond, errors: [10, 6, 2]),
      ], x: Axis("index"), y: Axis("eigenvalue", scale: .log))
  }

  static func strips() throws -> Figure {
    .images(
      try (0..<14).map { try face($0) }, badges: (0..<14).map { "0.\(10 + $0 * 6)" },
      rowNames: ["happiness", "surprise"], columns: 7, title: "Weights of samples")
  }

  static func grid(theme: Theme = .light) -> Figure {
    .grid([[lines, loss], [histogram, bars]], title: "Four panels", theme: theme)
  }

  static func all() throws -> [(name: String, figure: Figure)] {
    var dark = loss
    dark.theme = .dark
    return [
      ("lines", lines), ("classes", classes), ("loss", loss), ("faces", try faces()),
      ("histogram", histogram),
      ("bars", bars), ("confusion", confusion), ("landscape", landscape), ("valued", valued),
      ("grid", grid()), ("contours", contours), ("twin", twin), ("spread", spread), ("spectrum", spectrum),
      ("strips", try strips()),
      ("dark", grid(theme: .dark)), ("loss-dark", dark),
      ("ragged", .grid([[lines], [try faces(), classes]])),
    ]
  }
}
