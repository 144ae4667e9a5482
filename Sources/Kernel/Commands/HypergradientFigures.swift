import Figures
import Glibc
import Hypergradient
import Tensor

/// Figures of one hypergradient's computation.
struct HypergradientFigures {
  private let result: Hypergradient
  private let gamma: Double?, terms: Int?

  init(_ owner: HypergradientObject, gamma: Double? = nil, terms: Int? = nil) {
    result = owner.result
    self.gamma = gamma
    self.terms = terms
  }

  func figure(_ kind: String, damping: Double = 0.1) throws -> Figure {
    switch kind {
    case "spectrum": try spectrum()
    case "filters": try filters(damping: damping)
    case "ritz": try ritz()
    default: try residuals()
    }
  }

  /// Residual and estimated error against the number of terms; of a Krylov solve its residuals.
  func residuals() throws -> Figure {
    if !(result.method is Neumann), gamma == nil, result.solution.residuals.count > 2 {
      let y = result.solution.residuals
      return Figure(
        "\(result.method)",
        marks: [.line(x: y.indices.map(Double.init), y: y, label: "residual |∇f - Hq|")],
        x: Axis("iterations"),
        y: Axis("", scale: .log))
    }
    let series = try result.terms(count: terms, gamma: gamma.map(StepSize.literal))
    var (k, residual, error): ([Double], [Double], [Double]) = ([], [], [])
    while let term = series.next() {
      k.append(Double(term.k + 1))
      residual.append(term.residual)
      error.append(term.error.isFinite ? term.error : .nan)
    }
    if let failure = series.failure { throw failure }
    return Figure(
      "Neumann series, γ = \(fixed(series.gamma, 4))",
      marks: [
        .line(x: k, y: residual, label: "residual |∇f - Hq|"),
        .line(x: k, y: error, label: "error of dF (estimate)", dashed: true),
      ], x: Axis("terms"), y: Axis("", scale: .log))
  }

  private func bounds(steps: Int = 30) throws -> SpectralBounds {
    guard result.point.problem.isSymmetric else {
      throw HypergradientError(
        .invalidArgument, in: "figure", "the matrix of a fixed point has no real spectrum to draw")
    }
    return try lanczos(result.curvature(), like: result.point.theta.tensors, steps: steps)
  }

  private func step(_ bounds: SpectralBounds) throws -> Double {
    if let known = gamma ?? result.gamma { return known }
    guard let gammas = bounds.gammas else {
      throw HypergradientError(
        .invalidArgument, in: "figure", "no step makes a series converge: no curvature is above 0",
        help: "gamma: says which step is to be drawn")
    }
    return gammas.auto
  }

  /// |1 - γ σ| over the spectrum, with the Ritz values on it: the series converges where all lie below 1.
  private func spectrum() throws -> Figure {
    let bounds = try bounds()
    let gamma = try step(bounds)
    let (low, high) = (min(0, bounds.ritzMin), max(bounds.ritzMax, 2 / gamma) * 1.1)
    let x = (0...200).map { low + (high - low) * Double($0) / 200 }
    return Figure(
      "|1 - γσ|, γ = \(fixed(gamma, 4)): ρ = \(fixed(bounds.rho(gamma: gamma), 4))",
      marks: [
        .line(x: x, y: x.map { abs(1 - gamma * $0) }, label: "|1 - γσ|"),
        .scatter(
          x: bounds.ritzValues, y: bounds.ritzValues.map { abs(1 - gamma * $0) }, label: "Ritz values"),
        .line(x: [low, high], y: [1, 1], label: "limit of convergence", dashed: true),
      ], x: Axis("σ"), y: Axis("factor of a term"))
  }

  /// What each method multiplies the exact inverse by along an eigenvector of eigenvalue σ.
  private func filters(damping: Double) throws -> Figure {
    let bounds = try bounds()
    let gamma = try step(bounds)
    let terms = terms ?? (result.method as? Neumann)?.terms ?? 20
    let shift = damping * bounds.ritzMax
    let x = (1...200).map { bounds.ritzMax * Double($0) / 200 }
    return Figure(
      "How much of 1/σ each method keeps",
      marks: [
        .line(x: x, y: x.map { _ in 1 }, label: "exact"),
        .line(
          x: x, y: x.map { 1 - pow(1 - gamma * $0, Double(terms)) },
          label: "\(terms) terms, γ = \(fixed(gamma, 4))"),
        .line(x: x, y: x.map { $0 / ($0 + shift) }, label: "damping δ = \(fixed(shift, 3))"),
        .line(x: x, y: x.map { gamma * $0 }, label: "one term (T1-T2)", dashed: true),
      ], x: Axis("σ"), y: Axis("filter factor"))
  }

  /// Ritz values after each number of Lanczos steps: they creep to the ends from inside.
  private func ritz() throws -> Figure {
    let count = min(result.point.theta.elementCount, terms ?? 20)
    var (x, y): ([Double], [Double]) = ([], [])
    for steps in 1...max(count, 1) {
      let values = try bounds(steps: steps).ritzValues
      x += values.map { _ in Double(steps) }
      y += values
    }
    return Figure(
      "Ritz values", marks: [.scatter(x: x, y: y)], x: Axis("Lanczos steps"), y: Axis("σ"))
  }
}
