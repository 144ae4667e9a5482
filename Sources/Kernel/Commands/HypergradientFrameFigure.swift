import Figures
import Hypergradient
import Runtime

/// A frame of the player as a figure, for pages: the same four things that the text shows.
extension PlayFrame {
  /// The vectors head to tail, the residuals, what a term does to each part of the spectrum, and the ratios; the estimate stands above.
  func figure() -> Figure {
    .grid([[vectors, residuals], [strip, ratios]], title: "\(title)   \(estimate)", size: Size(760, 520))
  }

  private var steps: [PlayStep] { Array(track.steps[...index]) }

  private var estimate: String {
    let values = step.value.prefix(3).map(short).joined(separator: ", ")
    let error = step.error.map { " (error ≈ \(short($0)))" } ?? ""
    return "dF ≈ [\(values)\(step.value.count > 3 ? ", …" : "")]\(error)"
  }

  /// What each step added, from the origin: the newest in another colour.
  private var vectors: Figure {
    let path = steps.map { plane($0.partial) }
    let pairs = Array(zip(path, path.dropFirst()))
    func arrows(_ pairs: [((Double, Double), (Double, Double))], _ label: String, _ ink: Ink) -> Mark {
      .arrows(
        x: pairs.map(\.0.0), y: pairs.map(\.0.1), dx: pairs.map { $1.0 - $0.0 },
        dy: pairs.map { $1.1 - $0.1 }, label: label, ink: ink)
    }
    var marks: [Mark] = [.scatter(x: [path[0].0], y: [path[0].1], ink: .muted)]
    if pairs.count > 1 { marks.append(arrows(pairs.dropLast(), "added before", .series(0))) }
    if let newest = pairs.last { marks.append(arrows([newest], "added now", .series(1))) }
    if let exact {
      let target = plane(exact)
      marks.append(.scatter(x: [target.0], y: [target.1], label: "exact q", ink: .series(2)))
    }
    return Figure("The sum q", marks: marks, x: Axis("q[\(axes.0)]"), y: Axis("q[\(axes.1)]"))
  }

  private var residuals: Figure {
    Figure(
      "Residual: \(short(step.residual))",
      marks: [.line(x: places, y: steps.map(\.residual), ink: .series(0), hasMarkers: true)], x: stepAxis,
      y: Axis("|∇f − Hq|", scale: .log))
  }

  /// The Ritz values at the factor by which a term multiplies their parts: what lies above 1 grows.
  private var strip: Figure {
    guard let spectrum else {
      return Figure("No symmetric matrix, no spectrum", marks: [.rule(y: 0)], x: Axis("σ"))
    }
    guard let gamma = track.gamma else {
      return Figure(
        "Spectrum", marks: [.stems(x: spectrum.ritzValues, y: spectrum.ritzValues.map { _ in 1 })],
        x: Axis("σ"), y: Axis("", ticks: []))
    }
    let (low, high) = (min(0, spectrum.ritzMin), max(spectrum.ritzMax, 2 / gamma) * 1.05)
    let factor = { (value: Double) in abs(1 - gamma * value) }
    let corners = [low, 1 / gamma, high]
    return Figure(
      "Spectrum: ρ ≥ \(short(spectrum.rho(gamma: gamma)))",
      marks: [
        .line(x: corners, y: corners.map(factor), ink: .muted),
        .stems(x: spectrum.ritzValues, y: spectrum.ritzValues.map(factor), ink: .series(0)),
        .rule(y: 1), .rule(x: 2 / gamma, label: "2/γ"),
      ], x: Axis("σ"), y: Axis("|1 − γσ|"))
  }

  private var ratios: Figure {
    let known = steps.filter { $0.ratio != nil }
    let highest = known.compactMap(\.ratio).filter(\.isFinite).max() ?? 1
    return Figure(
      "Ratio: \(step.ratio.map(short) ?? "–")",
      marks: [
        .line(x: [0, Double(max(index, 5))], y: [1, 1], ink: .muted, dashed: true),
        .line(
          x: known.map { Double($0.index) }, y: known.compactMap(\.ratio), ink: .series(0), hasMarkers: true),
      ], x: stepAxis, y: Axis("|v_k+1| / |v_k|", range: 0...max(1.2, 1.1 * highest)))
  }

  private var places: [Double] { steps.map { Double($0.index) } }

  /// The same room for the first few steps, so that frames can be compared.
  private var stepAxis: Axis { Axis("step", range: -0.2...Double(max(index, 5)) + 0.2) }
}
