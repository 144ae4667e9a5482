import Glibc
import Tensor

/// What some products with a symmetric map tell of the ends of its spectrum.
///
/// Ritz values lie inside the spectrum, so the largest eigenvalue is under-estimated. The residual e = |β s| of a Ritz pair
/// promises only that *some* eigenvalue is within e; the upper end is trusted when e <= 0.15 of it.
public struct SpectralBounds: Sendable {
  /// The extreme Ritz values.
  public let ritzMin, ritzMax: Double
  /// Their residuals: an eigenvalue lies within this distance of each.
  public let errorMin, errorMax: Double
  /// The number of products taken.
  public let steps: Int
  /// All Ritz values, ascending.
  public let ritzValues: [Double]

  /// Whether the upper end is good enough to choose a step from.
  public var isTrusted: Bool { ritzMax > 0 && errorMax <= 0.15 * ritzMax }
  /// The inflated upper end.
  public var upper: Double { ritzMax + errorMax }
  /// Whether negative curvature has been seen: a Ritz value is a Rayleigh quotient, so a negative one, beyond what products of this
  /// precision may be off, is a proof.
  public var isIndefinite: Bool { ritzMin < -max(1e-12, 64 * roundOff) * max(abs(ritzMax), abs(ritzMin)) }
  /// Unit round-off of the products.
  let roundOff: Double
  /// The steps below; nil where no curvature is above 0, so that no series converges, and the bare one also where the Ritz ends' sum is not.
  public var gammas: (auto: Double, optimal: Double, bare: Double?)? {
    upper > 0 ? (safeGamma, optimalGamma, ritzMin + ritzMax > 0 ? bareGamma : nil) : nil
  }
  /// 1 / (ritz_max + e_max): forgives an error of a factor 2.
  public var safeGamma: Double { 1 / upper }
  /// 2 / (lower + upper), with both ends inflated: the fastest step that is still safe when the ends are trusted.
  public var optimalGamma: Double { 2 / (max(ritzMin - errorMin, 0) + upper) }
  /// 2 / (ritz_min + ritz_max): fastest if the Ritz values were the spectrum. Diverges when they are not: shown, never used.
  public var bareGamma: Double { 2 / (ritzMin + ritzMax) }
  /// The condition number of what has been seen; infinite for a singular or indefinite map.
  public var kappa: Double { ritzMin > 0 ? ritzMax / ritzMin : .infinity }
  /// The spectral radius of I - γ A over the Ritz values: a lower bound of the true one.
  public func rho(gamma: Double) -> Double {
    max(abs(1 - gamma * ritzMin), abs(1 - gamma * ritzMax))
  }

  /// The number of Neumann terms with step `gamma` to a relative error of q, ln(1/ε) / ln(1/ρ); nil where it does not converge.
  public func predictedTerms(gamma: Double, relativeError: Double = 1e-6) -> Int? {
    neumannTerms(rho: rho(gamma: gamma), relativeError: relativeError)
  }

  /// The bounds that a Lanczos tridiagonal matrix gives; `next` is the off-diagonal element after the last.
  init(diagonal: [Double], offDiagonal: [Double], next: Double, roundOff: Double) {
    self.roundOff = roundOff
    let (values, last) = tridiagonalEigenvalues(diagonal: diagonal, offDiagonal: offDiagonal)
    ritzValues = values
    ritzMin = values.first ?? 0
    ritzMax = values.last ?? 0
    errorMin = abs(next * (last.first ?? 0))
    errorMax = abs(next * (last.last ?? 0))
    steps = diagonal.count
  }
}

extension SpectralBounds: CustomStringConvertible {
  /// The ends with their errors, and the steps they suggest.
  public var description: String {
    var rows = [
      ["smallest", brief(ritzMin, 6), "± " + brief(errorMin, 2)],
      [
        "largest", brief(ritzMax, 6), "± " + brief(errorMax, 2),
        isTrusted ? "trusted" : "not settled: take more steps",
      ],
      ["κ", brief(kappa, 4)],
    ]
    if let gammas {
      rows += [
        ["γ auto", brief(gammas.auto, 6), "1 / (largest + its error)"],
        ["γ optimal", brief(gammas.optimal, 6), "2 / (both ends, inflated)"],
      ]
      if let bare = gammas.bare {
        rows.append(["γ bare", brief(bare, 6), "2 / (Ritz ends): shown, never used"])
      }
    }
    let remarks = rows.map { $0.dropFirst(2).joined(separator: "  ") }
    let lines = zip(table(rows.map { ["  " + $0[0], $0[1]] }).split(separator: "\n"), remarks).map {
      $1.isEmpty ? String($0) : "\($0)  \($1)"
    }
    return "Spectrum from \(steps) products\n" + lines.joined(separator: "\n")
      + (isIndefinite ? "\n  note: negative curvature: no series converges; use minres() or damping" : "")
      + (upper == 0 ? "\n  note: no curvature at all: no step makes a series converge" : "")
  }
}

/// The ends of the spectrum of a symmetric map after at most `steps` products, by Lanczos with full reorthogonalisation.
///
/// - `start`: the start vector; random by default, because a vector with a symmetry of the map never sees the rest of it.
/// - `untilTrusted`: stop as soon as the upper end is trusted and has settled.
public func lanczos(
  _ map: LinearMap, like: [Tensor], steps: Int, start: [Tensor]? = nil, untilTrusted: Bool = false,
  seed: UInt64 = 1
) throws -> SpectralBounds {
  guard steps > 0, like.elementCount > 0 else {
    throw HypergradientError(
      .invalidArgument, in: "lanczos", "\(steps) steps on \(like.elementCount) parameters")
  }
  var stream = RandomStream(seed: seed, stream: 0x6c616e)
  let first = try start?.fitting(like, "a start", in: "lanczos") ?? like.random(&stream)
  let norm = try first.norm()
  guard norm > 0, norm.isFinite else {
    throw HypergradientError(.invalidArgument, in: "lanczos", "the start vector has norm \(norm)")
  }
  var basis = [try first.scaled(1 / norm)]
  var diagonal: [Double] = []
  var offDiagonal: [Double] = []
  var bounds: SpectralBounds?
  let limit = Swift.min(steps, like.elementCount)
  for step in 0..<limit {
    try checkInterrupt()
    let v = basis[step]
    var w = try map(v)
    guard w.isFinite else {
      throw HypergradientError(.nonFinite, in: "lanczos", "product \(step + 1) is not finite")
    }
    diagonal.append(try v.dot(w))
    // Twice is enough (Kahan): orthogonality to round-off.
    for _ in 0..<2 { for u in basis { w = try w.adding(-u.dot(w), u) } }
    var next = try w.norm()
    let scale = diagonal.map(abs).max() ?? 0
    if next <= 8 * like.epsilon * Swift.max(scale, offDiagonal.max() ?? 0) || step + 1 == like.elementCount {
      next = 0
    }
    let now = SpectralBounds(
      diagonal: diagonal, offDiagonal: offDiagonal, next: next, roundOff: like.epsilon)
    let settled = bounds.map { abs(now.ritzMax - $0.ritzMax) <= 0.02 * abs(now.ritzMax) } ?? false
    bounds = now
    if next == 0 || untilTrusted && step >= 4 && settled && now.isTrusted { break }
    offDiagonal.append(next)
    basis.append(try w.scaled(1 / next))
  }
  return bounds
    ?? SpectralBounds(diagonal: diagonal, offDiagonal: offDiagonal, next: 0, roundOff: like.epsilon)
}

/// The Rayleigh quotients of power iteration: after each of `steps` products an estimate of the eigenvalue of largest
/// magnitude, from inside the spectrum.
public func powerIteration(
  _ map: LinearMap, like: [Tensor], steps: Int, start: [Tensor]? = nil, seed: UInt64 = 1
) throws -> [Double] {
  var stream = RandomStream(seed: seed, stream: 0x706f77)
  var v = try start?.fitting(like, "a start", in: "powerIteration") ?? like.random(&stream)
  let first = try v.norm()
  guard first > 0, first.isFinite else {
    throw HypergradientError(.invalidArgument, in: "powerIteration", "the start vector has norm \(first)")
  }
  var quotients: [Double] = []
  for _ in 0..<Swift.max(steps, 0) {
    try checkInterrupt()
    let norm = try v.norm()
    guard norm > 0, norm.isFinite else { break }
    v = try v.scaled(1 / norm)
    let w = try map(v)
    quotients.append(try v.dot(w))
    v = w
  }
  return quotients
}

/// ln(1/ε) / ln(1/ρ), rounded up: the terms after which a series of spectral radius ρ has a relative error of at most ε.
public func neumannTerms(rho: Double, relativeError: Double = 1e-6) -> Int? {
  guard rho > 0, rho < 1, relativeError > 0, relativeError < 1 else { return rho == 0 ? 1 : nil }
  let terms = (log(relativeError) / log(rho)).rounded(.up)
  return terms < 1e12 ? Int(terms) : nil
}
