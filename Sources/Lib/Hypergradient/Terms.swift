import Tensor

/// One term of the Neumann series, with what is known after adding it.
public struct NeumannTerm: CustomStringConvertible {
  /// The power k of this term v_k = (I - γ H)^k ∇θ f; k + 1 terms are in the sum.
  public let k: Int
  /// v_k and its norm.
  public let v: [Tensor], norm: Double
  /// |v_{k+1}| / |v_k|. For a symmetric matrix it never falls and tends to ρ: at 1 or more the series does not converge.
  public let ratio: Double
  /// q_k = γ Σ_{j<=k} v_j.
  public let q: [Tensor]
  /// ∇λ f - C^T q_k.
  public let value: [Tensor]
  /// The norm of `value`, and the cosine with the value before (nil for the first, or where one is 0).
  public let valueNorm: Double, cosine: Double?
  /// |∇θ f - H q_k| = |v_{k+1}|.
  public let residual: Double
  /// The error of `value`, estimated as |C| γ |v_{k+1}| / (1 - ratio) with |C| from what C^T has done to the terms; infinite for a ratio of
  /// 1 or more. With a certified strong convexity μ and few λ, the bound |C| |v_{k+1}| / μ.
  public let error: Double, errorIsBound: Bool
  /// Whether this term proves that the series does not converge. (The terms of a matrix that is not normal, or of random ones, may grow first.)
  public let isDivergent: Bool

  /// The columns of the table whose lines are the terms' descriptions.
  public static let columns = ["k", "|v_k|", "ratio", "|dF_k|", "cos(dF_k,dF_k-1)", "residual", "error"]
  private static let widths = [4, 12, 11, 12, 18, 12, 11]

  /// The header of that table.
  public static let header = aligned(columns)

  private static func aligned(_ cells: [String]) -> String {
    zip(cells, widths).map { cell, width in
      String(repeating: " ", count: max(0, width - cell.count)) + cell
    }.joined()
  }

  /// The cells of this term's line.
  public var cells: [String] {
    [
      "\(k)", brief(norm, 5), brief(ratio, 5) + (isDivergent ? "!" : " "), brief(valueNorm, 6),
      cosine.map { brief($0, 8) } ?? "-", brief(residual, 4),
      (error.isFinite ? errorIsBound ? "≤ " : "≈ " : "") + brief(error, 3),
    ]
  }

  /// Terms as a table, one line each.
  public static func table(_ terms: [NeumannTerm]) -> String {
    ([header] + terms.map(\.description)).joined(separator: "\n")
  }

  /// One aligned line.
  public var description: String { NeumannTerm.aligned(cells) }
}

/// The Neumann series one term at a time: each `next()` takes exactly one Hessian-vector product, whose sweep yields C^T v_k as well.
/// It does not stop at divergence, which is worth watching; it ends after `count` terms. From a warm start, or through a preconditioner, the
/// terms are those of that computation: v_0 is what the start leaves of ∇θ f, in the preconditioned system.
public final class NeumannTerms: Sequence, IteratorProtocol {
  /// The step γ.
  public let gamma: Double
  /// The number of terms it will give.
  public let count: Int
  /// The spectrum that γ was chosen from; nil for a literal one.
  public let spectrum: SpectralBounds?
  /// Why the last `next()` gave nothing although terms were left; nil while all is well.
  public private(set) var failure: (any Error)?

  /// What the series begins from: q_0, ∇λ f - C^T q_0, and |v_0|.
  public let start: (q: [Tensor], value: [Tensor], norm: Double)

  private let computation: Computation
  private let options: HypergradientOptions
  private let sides: Preconditioner.Sides?
  private let isSymmetric: Bool
  private var series: NeumannRecurrence
  private var mixedSum: [Tensor]
  private var mixedNorm = 0.0
  private var frobenius: Double?
  /// μ, where it bounds errors.
  private let strongConvexity: Double?
  private var previous: [Tensor]?

  /// The Hessian products taken so far: those that choose γ, one for a warm start, and one a term.
  public var hvpCount: Int { computation.hessianProducts }

  /// The series at a point. A step that is to be chosen takes its Lanczos products here.
  public init(
    at point: BilevelPoint, count: Int = 20, gamma: StepSize = .auto,
    _ options: HypergradientOptions = .init()
  ) throws {
    guard count > 0 else { throw HypergradientError(.invalidArgument, in: "terms", "\(count) terms") }
    self.count = count
    self.options = options
    computation = try Computation(at: point, options, expecting: Double(count))
    // μ is the whole loss's: a batch may bend less.
    let proven =
      computation.batchPolicy == .full && options.preconditioner == nil && options.mode.isExact
      ? options.strongConvexity : nil
    let map = computation.hessian.shifted(by: options.damping)
    let sides = try options.preconditioner?.sides(of: map, like: point.outerGradient)
    self.sides = sides
    var (q, value, first) = (try point.outerGradient.zeros(), point.direct, point.outerGradient)
    if let warm = try options.warmStart.map({ try point.fitting($0, point.theta, "the Hessian") }) {
      guard sides?.inverse != nil || sides == nil else { throw warmStartIsLost(in: "terms") }
      let (product, mixed) = try computation.products(warm)
      q = warm
      value = try value.adding(-1, mixed)
      first = try first.adding(-1, product).adding(-options.damping, warm)
    }
    first = try sides?.left(first) ?? first
    let system = sides?.map(map) ?? map
    (self.gamma, spectrum) = try Neumann(gamma: gamma).chooseStep(system, like: first)
    isSymmetric = try system.isSymmetric(like: first)
    series = try NeumannRecurrence(first, gamma: self.gamma)
    start = (q, value, series.norm)
    mixedSum = try point.lambda.tensors.zeros()
    strongConvexity = proven
    if proven != nil { frobenius = try computation.mixedFrobeniusNorm(limit: 64) }
  }

  /// The next term; nil at the end, or where a product failed (see `failure`).
  public func next() -> NeumannTerm? {
    guard series.k < count, failure == nil else { return nil }
    do {
      return try advance()
    } catch {
      failure = error
      return nil
    }
  }

  private func advance() throws -> NeumannTerm {
    try checkInterrupt()
    let (v, norm, k) = (series.v, series.norm, series.k)
    let direction = try sides?.right(v) ?? v
    let (curved, mixed) = try computation.products(direction)
    let product = options.damping == 0 ? curved : try curved.adding(options.damping, direction)
    let ratio = try series.advance(sides?.left(product) ?? product)
    mixedSum = try mixedSum.adding(1, mixed)
    if norm > 0 { mixedNorm = Swift.max(mixedNorm, try mixed.norm() / norm) }
    let value = try start.value.adding(-gamma, mixedSum)
    let size = try value.norm()
    var cosine: Double?
    if let previous, size > 0 {
      let before = try previous.norm()
      if before > 0 { cosine = try Swift.min(1, Swift.max(-1, previous.dot(value) / before / size)) }
    }
    previous = value
    let roundOff = v.epsilon
    // What remains of a preconditioned system says nothing of the error.
    var error =
      ratio < 1 && sides == nil
      ? mixedNorm * gamma * (series.norm + roundOff * series.drift) / (1 - ratio) : .infinity
    var isBound = false
    let sum = try series.sum.scaled(gamma)
    let q = try start.q.adding(1, sides?.right(sum) ?? sum)
    if let frobenius, let strongConvexity {
      // What is left of the undamped system: v is of the damped one. Rounding has carried it off by some of its units a term, and the two
      // sums, of q and of the value, by one.
      let rest = try series.v.adding(options.damping, q).norm() + 4 * roundOff * series.drift
      error =
        try frobenius
        * (provenError(rest, computation.point.outerGradient, strongConvexity) + 2 * gamma * roundOff
          * series.spread)
      isBound = true
    }
    return NeumannTerm(
      k: k, v: v, norm: norm, ratio: ratio, q: q, value: value,
      valueNorm: size, cosine: cosine, residual: series.norm, error: error, errorIsBound: isBound,
      isDivergent: isSymmetric && ratio >= 1)
  }
}

extension Hypergradient {
  /// The Neumann series of this problem term by term, with this result's step where it has one.
  public func terms(count: Int? = nil, gamma: StepSize? = nil) throws -> NeumannTerms {
    let series = method as? Neumann
    let step = gamma ?? (series != nil ? solution.gamma.map(StepSize.literal) : nil) ?? .auto
    var options = options
    options.batches = series != nil && batchPolicy != .full ? batchPolicy : nil
    return try NeumannTerms(at: point, count: count ?? series?.terms ?? 20, gamma: step, options)
  }

  /// All terms at once.
  public func allTerms(count: Int? = nil, gamma: StepSize? = nil) throws -> [NeumannTerm] {
    let terms = try terms(count: count, gamma: gamma)
    let all = Array(terms)
    if let failure = terms.failure { throw failure }
    return all
  }
}
