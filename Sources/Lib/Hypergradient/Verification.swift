import Tensor

/// The checks of `verify()`, each a number against a tolerance.
public struct Verification: CustomStringConvertible {
  /// One check.
  public struct Check: Sendable {
    /// What was compared.
    public let name: String
    /// The discrepancy, relative.
    public let error: Double
    /// What it may be.
    public let tolerance: Double
    /// Whether it is within.
    public var passed: Bool { error <= tolerance }
  }

  /// The checks, in order.
  public let checks: [Check]
  /// Whether all passed.
  public var passed: Bool { checks.allSatisfy(\.passed) }

  /// A table, one line a check.
  public var description: String {
    let rows = checks.map {
      [$0.name, brief($0.error, 2), "≤ " + brief($0.tolerance, 2), $0.passed ? "ok" : "FAILED"]
    }
    return table(rows) + (passed ? "\nverified" : "\nNOT verified")
  }
}

extension Hypergradient {
  /// Checks this hypergradient three ways and its parts by their identities:
  /// - the value against an exact solve of H q = ∇θ f, within what its error estimate admits (at most half of it);
  /// - the same series by unrolling gradient descent from θ, which must agree term by term at a minimiser;
  /// - the derivative of F along the hypergradient against differences of the inner problem solved again, in f64;
  /// - F(λ - ε dF) < F(λ): a sign error fails here;
  /// - u·Hv = v·Hu, and ⟨C u, v⟩ = ⟨u, C^T v⟩ for random vectors.
  public func verify(tolerance: Double? = nil, minimizer: any Minimizer = NewtonCG()) throws -> Verification {
    let precision = point.outerGradient.epsilon
    let exact = precision < 1e-12
    let rounding = tolerance ?? (exact ? 1e-6 : 2e-2)
    var checks: [Verification.Check] = []
    var stream = RandomStream(seed: 1, stream: 0x766572)

    var plain = options
    (plain.batches, plain.mode, plain.fallback) = (.full, .reverseOverReverse, [])
    if point.problem.isSymmetric {
      let asymmetry = try point.hessian.asymmetry(like: point.theta.tensors)
      checks.append(.init(name: "u·Hv = v·Hu", error: asymmetry, tolerance: 1e3 * precision))
    }
    let u = try point.lambda.tensors.random(&stream)
    let v = try point.theta.tensors.random(&stream)
    let image = try point.mixed(u)
    let back = try point.mixedTransposed(v)
    let scale = try image.norm() * v.norm() + back.norm() * u.norm()
    let gap = scale > 0 ? abs(try image.dot(v) - u.dot(back)) / scale : 0
    checks.append(.init(name: "⟨Cu, v⟩ = ⟨u, Cᵀv⟩", error: gap, tolerance: 1e3 * precision))

    // One draw of batches is no more than that: what they are drawn from is checked.
    let isNoisy = batchPolicy != .full
    let mine = try isNoisy ? hypergradient(at: point, by: method, plain).value : value
    let truth = try reference()
    let target = try truth.value
    // At an outer optimum the parts cancel and leave rounding: nothing is relative to that.
    let unit = max(1, abs(point.outerValue)) / max(1, try point.lambda.tensors.norm())
    let noise = try max(precision.squareRoot() * (direct.norm() + indirect.norm()), 64 * precision * unit)
    let length = max(try target.norm(), noise, .leastNormalMagnitude)
    // Beyond half the value an admitted error would let a wrong number pass.
    let admitted = min(error.map { 3 * $0 / length } ?? 0, 0.5)
    let distance = try mine.adding(-1, target).norm() / length
    checks.append(
      .init(
        name: "value\(isNoisy ? " over all batches" : "") = exact solve (\(truth.method))", error: distance,
        tolerance: max(rounding, admitted)))

    let terms = (method as? Neumann)?.terms ?? 20
    // What is solved or unrolled again takes the losses with what they stop.
    if options.damping == 0, !options.followsStops {
      // The step of a preconditioned series is that of another matrix.
      let own = options.preconditioner == nil ? solution.gamma : nil
      let rate = try own ?? Neumann().chooseStep(point.hessian, like: v).0
      let series = try hypergradient(
        at: point, by: Neumann(terms: terms, gamma: .literal(rate)), .init(batches: .full))
      let loop = try hypergradient(at: point, by: Unroll(last: terms, rate: .literal(rate)))
      let seriesValue = try series.unqualifiedValue
      let error = try loop.unqualifiedValue.adding(-1, seriesValue).norm() / max(seriesValue.norm(), length)
      checks.append(
        .init(
          name: "\(terms) unrolled steps = \(terms) terms", error: error,
          tolerance: max(rounding, slackOffMinimum)))
    }

    var resolve = try ResolvedValue(point, minimizer)
    let wide = try target.map { try $0.cast(to: .f64) }
    let size = try wide.norm()
    if size > noise, !options.followsStops {
      let along = try wide.scaled(1 / size)
      let mineWide = try mine.map { try $0.cast(to: .f64) }
      let reach = max(1, try point.lambda.tensors.norm())
      let slope = try withinDomain(1e-3 * reach) { try resolve.derivative(along: along, step: $0).fourth }
      checks.append(
        .init(
          name: "slope of F along dF = differences of re-solving",
          error: try slope.map { try abs(mineWide.dot(along) - $0) / max(abs($0), .leastNormalMagnitude) }
            ?? .infinity,
          tolerance: max(rounding, admitted, slackOffMinimum)))
      let mineSize = max(try mineWide.norm(), .leastNormalMagnitude)
      // Near an outer optimum a step may go past it: then a shorter one descends.
      let falls = try [1, 1e-2, 1e-4, 1e-6].contains { shorter in
        let change = try withinDomain(1e-4 * reach * shorter) {
          try resolve.value(-$0 / mineSize, along: mineWide) - resolve.value(0, along: mineWide)
        }
        return change.map { $0 < 0 } ?? false
      }
      checks.append(.init(name: "F(λ - ε dF) < F(λ)", error: falls ? 0 : 1, tolerance: 0.5))
      checks.append(
        .init(name: "inner problems solved again", error: Double(resolve.failures), tolerance: 0.5))
    }
    return Verification(checks: checks)
  }

  /// What `measure` gives for a step in λ, or for a smaller one where this leaves the losses' domain; nil where all do.
  private func withinDomain(_ step: Double, _ measure: (Double) throws -> Double) throws -> Double? {
    for shorter in [1, 1e-3, 1e-5] {
      do {
        let value = try measure(step * shorter)
        if value.isFinite { return value }
      } catch let error as HypergradientError where error.kind == .nonFinite {
        continue
      }
    }
    return nil
  }

  /// How far a θ short of the minimiser may move the comparisons that assume one; never so far that a wrong number passes.
  private var slackOffMinimum: Double { min(10 * point.distanceToMinimum, 0.05) }
}
