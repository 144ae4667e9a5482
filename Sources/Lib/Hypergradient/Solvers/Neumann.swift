import Tensor

/// How a Neumann series chooses its step γ.
public enum StepSize: Equatable, Sendable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  /// 1 / (largest Ritz value + its error), from a few Lanczos steps.
  case auto
  /// 2 / (both ends of the spectrum), inflated by their errors.
  case optimal
  /// The caller's number, checked as the series runs.
  case literal(Double)

  /// A literal step.
  public init(integerLiteral value: Int) { self = .literal(Double(value)) }
  /// A literal step.
  public init(floatLiteral value: Double) { self = .literal(value) }

  /// As the user wrote it.
  public var description: String {
    switch self {
    case .auto: "auto"
    case .optimal: "optimal"
    case .literal(let value): brief(value)
    }
  }
}

/// The Neumann series q = γ Σ_{k<terms} (I - γ A)^k b, one product a term.
///
/// The residual b - A q after K terms is the next term v_K, so it costs nothing, but for what rounding adds, which errors allow for; for symmetric A the ratio |v_{k+1}| / |v_k| never
/// falls, so that one ratio of 1 or more proves that the series does not converge. A literal step then stops; a
/// chosen one is halved, unless the cause is negative curvature, which no step cures.
public struct Neumann: LinearSolver {
  /// The number of terms (the highest power is one less). The series ends early only where a term is below round-off.
  public var terms: Int
  /// The step.
  public var gamma: StepSize
  /// The relative error of q at which the result counts as converged; by precision for nil.
  public var tolerance: Double?
  /// The most Lanczos steps taken to choose a step.
  public var probes: Int

  /// A series of `terms` terms.
  public init(terms: Int = 20, gamma: StepSize = .auto, tolerance: Double? = nil, probes: Int = 30) {
    self.terms = terms
    self.gamma = gamma
    self.tolerance = tolerance
    self.probes = probes
  }

  /// A series may take each factor from another batch.
  public var acceptsNoise: Bool { true }

  /// "neumann"
  public var name: String { "neumann" }
  /// The call that makes this method.
  public var description: String { "neumann(terms: \(terms), gamma: \(gamma))" }

  /// Runs the series.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    guard terms > 0 else {
      throw HypergradientError(
        .invalidArgument, in: name, "\(terms) terms", help: "terms counts the summands, so at least 1")
    }
    let isSymmetric = try map.isSymmetric(like: b)
    let (q0, first) = try begin(map, b, start)
    var (step, spectrum): (Double, SpectralBounds?)
    do {
      (step, spectrum) = try findStep(map, like: b)
    } catch let failure as NoStep {
      return try failure.solution(b)
    }
    var notes: [String] = []
    for attempt in 0... {
      var solution = try run(
        map, first, from: start == nil ? nil : q0, step, isSymmetric: isSymmetric)
      guard case .divergent(let ratio) = solution.status else {
        if let spectrum {
          solution.spectrum = spectrum
          solution.kappa = spectrum.kappa
          if solution.status.isUsable { solution.rho = max(spectrum.rho(gamma: step), solution.rho ?? 0) }
          // Seen is proven: few terms, or a b without a part there, only hide it.
          if spectrum.isIndefinite {
            solution.status = .negativeCurvature(spectrum.ritzMin)
            notes.append(advice(spectrum, step, solution))
          }
          if !spectrum.isTrusted {
            notes.append("the largest eigenvalue is not settled after \(spectrum.steps) Lanczos steps")
          }
        }
        solution.notes = notes + solution.notes
        return solution
      }
      // Once it has diverged, a look at the spectrum says why and what to do.
      if isSymmetric {
        spectrum = try lanczos(map, like: b, steps: probes)
        if let bounds = spectrum {
          if gamma.isChosen, !bounds.isIndefinite, attempt < 8 {
            notes.append("γ = \(brief(step)) was too large for σ_max ≈ \(brief(bounds.ritzMax)); halved")
            step = min(step / 2, bounds.safeGamma)
            continue
          }
          solution.spectrum = bounds
          solution.kappa = bounds.kappa
          let rho = max(ratio, bounds.rho(gamma: step))
          solution.status =
            gamma.isChosen && bounds.isIndefinite
            ? .negativeCurvature(bounds.ritzMin) : .divergent(rho: rho)
          solution.rho = rho
          notes.append(advice(bounds, step, solution))
        }
      }
      solution.notes = notes + solution.notes
      return solution
    }
    throw HypergradientError(.notConverged, in: name, "no step below \(brief(step)) was found")
  }

  private func advice(_ bounds: SpectralBounds, _ step: Double, _ solution: LinearSolution) -> String {
    if bounds.isIndefinite {
      return
        "negative curvature: σ_min ≈ \(brief(bounds.ritzMin)), so no γ converges; the smallest residual was after "
        + "\(solution.bestIteration) term\(solution.bestIteration == 1 ? "" : "s"); use minres(), or damping above \(brief(-bounds.ritzMin))"
    }
    let limit = 2 / bounds.ritzMax
    guard step >= limit * (1 - max(1e-9, 16 * solution.q.epsilon)) else {
      return "σ_min ≈ \(brief(bounds.ritzMin)): A is singular and b has a part in its null space; use damping"
    }
    return
      "γ must be below 2/σ_max = \(brief(limit)); fastest is γ* = \(brief(bounds.optimalGamma)), got \(brief(step))"
  }

  /// The step, and the spectrum where it was probed. Throws `notConverged` where no step can converge.
  func chooseStep(_ map: LinearMap, like b: [Tensor]) throws -> (Double, SpectralBounds?) {
    do {
      return try findStep(map, like: b)
    } catch let failure as NoStep {
      throw HypergradientError(.notConverged, in: name, failure.reason, help: failure.remedy)
    }
  }

  private func findStep(_ map: LinearMap, like b: [Tensor]) throws -> (Double, SpectralBounds?) {
    if case .literal(let value) = gamma {
      guard value > 0, value.isFinite else {
        throw HypergradientError(
          .invalidArgument, in: name, "gamma \(value) is not a positive number",
          help: "signs are the library's business; use gamma: auto to have it chosen")
      }
      return (value, nil)
    }
    if let step = map.naturalStep { return (step, nil) }
    // Bounds of a spectrum exist for symmetric maps; of another the largest eigenvalue is guessed, and the series itself judged.
    let map = map.mean ?? map
    guard try map.isSymmetric(like: b) else {
      let largest = try powerIteration(map, like: b, steps: probes).suffix(5).map(abs).max() ?? 0
      guard largest > 0, largest.isFinite else {
        throw HypergradientError(
          .notConverged, in: name,
          "no step was found: the matrix is not symmetric, and its products say nothing of its size",
          help: "give gamma as a number, or use gmres()")
      }
      return (1 / largest, nil)
    }
    let bounds = try lanczos(map, like: b, steps: probes, untilTrusted: gamma == .auto)
    guard bounds.upper > 0 else { throw NoStep(bounds: bounds) }
    // Where nothing is known of the lower end, the formula gives 2 / upper, at which the steepest direction neither grows nor falls.
    let fastest =
      bounds.ritzMin > bounds.errorMin ? bounds.optimalGamma : min(bounds.optimalGamma, 1.9 / bounds.upper)
    let step = gamma == .optimal ? fastest : bounds.safeGamma
    return (bounds.isTrusted ? step : min(step, bounds.safeGamma) / 2, bounds)
  }

  private func run(
    _ map: LinearMap, _ b: [Tensor], from start: [Tensor]?, _ step: Double, isSymmetric: Bool
  ) throws -> LinearSolution {
    var series = try NeumannRecurrence(b, gamma: step)
    var residuals = [series.norm]
    var status: SolveStatus?
    let floor = series.norm * b.epsilon * 0.25
    return try LinearSolution.iterating(taken: series.k) {
      while series.k < terms, series.norm > floor {
        try checkInterrupt()
        let product = try map(series.v)
        let previous = series
        let ratio = try series.advance(product)
        residuals.append(series.norm)
        guard series.norm.isFinite else {
          status = .nonFinite
          break
        }
        if isSymmetric, ratio >= 1 - b.epsilon {
          // At a ratio of 1 what is left does not feel A; below it by less than round-off, neither.
          let curvature = try previous.v.dot(product) / (previous.norm * previous.norm)
          status = abs(step * curvature) <= 16 * b.epsilon.squareRoot() ? .stagnated : .divergent(rho: ratio)
          if status != .stagnated { break }
        }
        if !isSymmetric, series.norm > 1e8 * residuals[0] {
          status = .divergent(rho: ratio)
          break
        }
      }
    } finish: { _ in
      let sum = try series.sum.scaled(step)
      let q = try start.map { try $0.adding(1, sum) } ?? sum
      var solution = LinearSolution(q: q, residuals: residuals, status: status ?? .converged)
      (solution.residualVector, solution.residualDrifts) = (series.v, true)
      solution.gamma = step
      let rate = isSymmetric ? series.ratio : series.k > 0 ? recentRate(residuals) : nil
      solution.rho = rate
      // Random products leave a residual of their own, which says nothing of the mean's solution.
      let isRandom = map.mean != nil
      if isRandom {
        if solution.status == .converged { solution.status = .truncated(error: .infinity) }
      } else if let rate, rate < 1 {
        solution.errorEstimate = step * (series.norm + b.epsilon * series.drift) / (1 - rate)
      }
      if status == .stagnated {
        solution.notes.append(
          "what is left of b lies in the null space of A: no more terms will help; use damping")
      } else if status == nil, series.norm > floor {
        let relative = (solution.errorEstimate ?? .infinity) / max(try q.norm(), .leastNormalMagnitude)
        if relative > tolerance ?? defaultTolerance(b) {
          solution.status = unfinished(rate ?? 0, residuals, relative, isRandom: isRandom)
          if solution.status == .stagnated {
            solution.notes.append(
              "each term removes less than 0.1 % of the residual (ratio \(brief(rate ?? 1, 7))); use cg() or damping"
            )
          } else if case .divergent = solution.status {
            solution.notes.append(
              "the residual has not fallen since the first term; "
                + (isRandom
                  ? "γ may be too large for some of the batches"
                  : "where the matrix is not normal it may grow first: take more terms, or gmres()"))
          }
        }
      }
      return solution
    }
  }
}

/// The status of a series whose terms are all taken and whose error is above the tolerance.
private func unfinished(_ rate: Double, _ residuals: [Double], _ relative: Double, isRandom: Bool)
  -> SolveStatus
{
  // A symmetric map's growth has been seen as it happened; a few random products may grow by chance.
  if rate >= 1 {
    return residuals.count > (isRandom ? 5 : 1) && residuals[residuals.count - 1] >= residuals[0]
      ? .divergent(rho: rate) : .truncated(error: .infinity)
  }
  return rate > 0.999 ? .stagnated : .truncated(error: relative)
}

/// No curvature upwards was found, so that no step makes the series converge.
private struct NoStep: Error {
  let bounds: SpectralBounds

  var reason: String {
    bounds.isIndefinite
      ? "the largest curvature found is \(brief(bounds.ritzMax)): θ is no minimum of the inner loss, and no γ converges"
      : "the curvature is 0 in every direction: the inner loss does not bend, and no γ converges"
  }

  var remedy: String {
    bounds.isIndefinite
      ? "minimise further, or use minres(), or damping above \(brief(-bounds.ritzMin))"
      : "use damping, or an inner loss that bends"
  }

  /// What is known all the same: nothing of q, and why.
  func solution(_ b: [Tensor]) throws -> LinearSolution {
    var solution = LinearSolution(
      q: try b.zeros(), residuals: [try b.norm()],
      status: bounds.isIndefinite ? .negativeCurvature(bounds.ritzMin) : .singular)
    solution.spectrum = bounds
    solution.notes = ["\(reason); \(remedy)"]
    return solution
  }
}

extension StepSize {
  /// Whether the library chose the step.
  var isChosen: Bool { if case .literal = self { false } else { true } }
}

/// v_0 = b, v_{k+1} = v_k - γ A v_k, and the sum of the terms before v_k.
struct NeumannRecurrence {
  let gamma: Double
  /// The present term, its number and norm: v_k is also the residual of the k terms summed.
  private(set) var v: [Tensor], k = 0, norm: Double
  /// Σ_{j<k} v_j; times γ, the partial solution.
  private(set) var sum: [Tensor]
  /// |v_k| / |v_{k-1}|.
  private(set) var ratio: Double?
  /// What bounds, times the precision, how far rounding has carried v_k from the residual: Σ_{j<k} |v_j|; and the sum from that of the terms:
  /// Σ_{i<k} Σ_{j<=i} |v_j|.
  private(set) var drift = 0.0, spread = 0.0

  init(_ b: [Tensor], gamma: Double) throws {
    self.gamma = gamma
    v = b
    norm = try b.norm()
    sum = try b.zeros()
  }

  /// Adds v_k to the sum and moves to v_{k+1}, given A v_k. Returns the ratio of their norms.
  mutating func advance(_ product: [Tensor]) throws -> Double {
    let sum = k == 0 ? v : try self.sum.adding(1, v)
    let term = try v.adding(-gamma, product)
    let next = try term.norm()
    let ratio = norm > 0 ? next / norm : 0
    drift += norm
    spread += drift
    (self.sum, v, self.ratio) = (sum, term, ratio)
    norm = next
    k += 1
    return ratio
  }
}
