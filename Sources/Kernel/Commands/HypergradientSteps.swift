import Hypergradient
import Tensor

/// One step of a method on its way to q, as the player shows it.
struct PlayStep {
  /// Terms or iterations so far, from 0 for the start.
  let index: Int
  /// q_k, and what this step added to it.
  let partial: [Double], added: [Double]
  /// |∇f - H q_k|, and its ratio to the one before.
  let residual: Double, ratio: Double?
  /// dF_k, and its estimated error where there is one.
  let value: [Double], error: Double?
  /// What the step proved about the computation, in a word; empty for nothing.
  let verdict: String
}

/// A method run step by step: a Neumann series by its terms, at one product each; a solver or an unrolled loop by its results after 1, 2, …
/// iterations.
final class PlayTrack {
  let result: Hypergradient
  /// The method's name and, of a series, its step.
  let name: String
  private(set) var gamma: Double?
  private(set) var steps: [PlayStep]
  private(set) var isFinished = false
  /// Why there is no further step, where the method failed.
  private(set) var ending = ""
  private let terms: NeumannTerms?
  /// The step of unrolled descent.
  private let rate: StepSize
  /// The result's choices, for one method alone.
  private let options: HypergradientOptions

  /// The names of the methods it can run.
  static let methods = ["neumann", "cg", "minres", "gmres", "unroll"]

  init(_ result: Hypergradient, method name: String, gamma: StepSize?) throws {
    self.result = result
    self.name = name
    var options = result.options
    options.fallback = []
    self.options = options
    rate = gamma ?? result.gamma.map(StepSize.literal) ?? .auto
    if name == "neumann" {
      let series = try result.terms(count: 10_000, gamma: gamma)
      terms = series
      self.gamma = series.gamma
      steps = [try Self.first(series.start.q, series.start.norm, series.start.value)]
      return
    }
    terms = nil
    // A Krylov method has no step.
    if name == "unroll", case .literal(let number) = rate { self.gamma = number }
    let point = result.point
    var q = try point.outerGradient.map { try Tensor.zeros($0.shape, dtype: $0.dtype) }
    var (rest, value) = (point.outerGradient, result.direct)
    if name != "unroll", let start = options.warmStart {
      q = start
      rest = try zip(rest, result.curvature()(start)).enumerated().map { index, pair in
        try pair.0 - pair.1 - start[index] * options.damping
      }
      value = try zip(value, point.mixedTransposed(start)).map { try $0 - $1 }
    }
    let norm = try rest.reduce(0.0) { try $0 + $1.cast(to: .f64).square().sum().item() }.squareRoot()
    steps = [try Self.first(q, norm, value)]
  }

  private static func first(_ q: [Tensor], _ residual: Double, _ value: [Tensor]) throws -> PlayStep {
    let start = try visible(q)
    return PlayStep(
      index: 0, partial: start, added: start.map { _ in 0 }, residual: residual, ratio: nil,
      value: try value.flatMap { try $0.doubles() }, error: nil, verdict: "")
  }

  /// The coordinates that can be drawn: all up to 100,000, else the first two.
  private static func visible(_ tensors: [Tensor]) throws -> [Double] {
    if tensors.reduce(0, { $0 + $1.count }) <= 100_000 { return try tensors.flatMap { try $0.doubles() } }
    return Array(try tensors[0].doubles().prefix(2))
  }

  /// Where the factors of its steps are evaluated.
  var places: String { name == "unroll" ? "H, C along the steps" : "H, C, ∇f at θ" }

  /// Makes one more step; false when there is none.
  func advance() throws -> Bool {
    guard !isFinished else { return false }
    let before = steps[steps.count - 1]
    let step = try terms.map { try next(of: $0, after: before) } ?? iterated(after: before)
    guard let step else {
      isFinished = true
      return false
    }
    steps.append(step)
    let scale = steps[0].residual
    // Nothing is left to see at round-off, nor beyond all bounds.
    if step.residual <= 1e-13 * scale || !(step.residual < 1e9 * scale) { isFinished = true }
    return true
  }

  private func next(of series: NeumannTerms, after before: PlayStep) throws -> PlayStep? {
    guard let term = series.next() else {
      if let failure = series.failure { throw failure }
      return nil
    }
    let partial = try Self.visible(term.q)
    return PlayStep(
      index: term.k + 1, partial: partial, added: zip(partial, before.partial).map { $0 - $1 },
      residual: term.residual, ratio: term.ratio, value: try term.value.flatMap { try $0.doubles() },
      error: term.error.isFinite ? term.error : nil,
      verdict: term.isDivergent ? "ratio ≥ 1: the series does not converge" : "")
  }

  private func iterated(after before: PlayStep) throws -> PlayStep? {
    let k = before.index + 1
    let method: any HypergradientMethod =
      switch name {
      case "cg": ConjugateGradient(iterations: k)
      case "minres": MINRES(iterations: k)
      case "gmres": GMRES(iterations: k)
      default: Unroll(last: k, rate: rate)
      }
    let now = try hypergradient(at: result.point, by: method, options)
    if name == "unroll" { gamma = now.gamma }
    // A solver that takes no further iteration has finished.
    if name != "unroll", now.solution.residuals.count <= k {
      if !now.status.isUsable { ending = "\(name) ends here: \(now.status)" }
      return nil
    }
    let partial = try Self.visible(now.q)
    return PlayStep(
      index: k, partial: partial, added: zip(partial, before.partial).map { $0 - $1 },
      residual: now.residual, ratio: before.residual > 0 ? now.residual / before.residual : nil,
      value: try now.unqualifiedValue.flatMap { try $0.doubles() }, error: now.error,
      verdict: now.status.isUsable ? "" : "\(now.status)")
  }
}
