import Autodiff
import Tensor

/// A hypergradient dF/dλ with everything needed to judge it. The status comes before the value: reading the value of a failed
/// computation throws.
public final class Hypergradient {
  /// Where it was computed, and what recorded products there.
  public let point: BilevelPoint
  /// How it was computed.
  public let method: any HypergradientMethod
  /// The choices made, without those that the method has no use for.
  public let options: HypergradientOptions
  /// ∇λ f and -C^T q, of λ's shapes; where λ is being differentiated by, with the derivatives of the exact ones.
  public let direct: [Tensor], indirect: [Tensor]
  /// The solution of H q = ∇θ f, with its derivative likewise.
  public let q: [Tensor]
  /// q as numbers and how it was found: residuals, γ, ρ, κ.
  public let solution: LinearSolution
  /// The estimated absolute error of the value that truncation leaves; nil where unknown or none.
  public let error: Double?
  /// Whether `error` is a proven bound rather than an estimate.
  public let errorIsBound: Bool
  /// Hessian-vector products this result took, and products with C or its transpose.
  public let hvpCount: Int, mixedCount: Int
  /// Wall time, recording included.
  public let seconds: Double
  /// How products with the curvature were composed.
  public let composition: String
  /// The mini-batches drawn, in order; empty where every product saw all of them.
  public let batches: [Int]
  /// What they were drawn by.
  public let batchPolicy: BatchPolicy

  fileprivate init(
    _ point: BilevelPoint, _ method: any HypergradientMethod, _ options: HypergradientOptions,
    derivatives: DifferentiableParts? = nil,
    check: (any HypergradientMethod) throws -> Void = { _ in }, since begin: Double
  ) throws {
    let count = point.theta.elementCount
    func computed(by method: any HypergradientMethod) throws -> (
      Computation, MethodOutcome, HypergradientOptions
    ) {
      guard method is any LinearSolver || !options.followsStops else {
        throw HypergradientError(
          .invalidArgument, in: method.name, "it takes the losses as they are written, with what they stop",
          help: "paths \"all\" is for methods that solve a linear system, such as cg() and neumann()")
      }
      let (settled, unused) = options.settled(for: method, at: point)
      let computation = try Computation(
        at: point, settled, expecting: method.predictedProducts(parameters: count))
      var outcome = try method.run(computation, settled)
      if !unused.isEmpty {
        outcome.solution.notes.append(
          "\(method.name)() solves no linear system and has no use for \(unused.joined(separator: ", "))")
      }
      return (computation, outcome, settled)
    }
    // A method that refuses the problem has failed as one has that does not converge.
    var (used, found, failure) = (method, nil as (Computation, MethodOutcome, HypergradientOptions)?, "")
    var (hvps, mixed, failures) = (0, 0, [String]())
    for (index, next) in ([method] + options.fallback).enumerated() {
      if let (_, outcome, _) = found {
        if outcome.isUsable { break }
        failure = "\(used) ended as \(outcome.solution.status)"
      }
      if index > 0 { failures.append("\(failure); \(next) took its place, as asked") }
      used = next
      do {
        try check(next)
        found = try computed(by: next)
        hvps += found?.0.hessianProducts ?? 0
        mixed += found?.0.mixedProducts ?? 0
      } catch let error as HypergradientError where index < options.fallback.count {
        (found, failure) = (nil, "\(next) refused: \(error.message)")
      }
    }
    guard case (let computation, var outcome, var settled)? = found else {
      throw HypergradientError(.notConverged, in: "hypergradient", failure)
    }
    outcome.solution.notes = failures + outcome.solution.notes
    self.point = point
    self.method = used
    composition = computation.composition
    batches = computation.drawnBatches
    batchPolicy = computation.batchPolicy
    // What another method is to be compared under: the batches are its own choice where none were asked for.
    settled.batches = options.batches
    self.options = settled
    direct = try outcome.direct.valued(derivativesOf: derivatives?.direct)
    indirect = try outcome.indirect.valued(derivativesOf: derivatives?.indirect)
    q = try outcome.solution.q.valued(derivativesOf: derivatives?.q)
    error = outcome.error
    errorIsBound = outcome.errorIsBound
    hvpCount = hvps
    mixedCount = mixed
    seconds = monotonicSeconds() - begin
    var solution = outcome.solution
    if computation.batchPolicy == .fresh {
      solution.notes.insert("each product saw another batch: the residual is that of this one draw", at: 0)
    }
    if !(indirect.isFinite && direct.isFinite) { solution.status = .nonFinite }
    self.solution = solution
  }

  /// dF/dλ. Throws `notConverged` when the status says that the number means nothing, unless the options allow that status.
  public var value: [Tensor] {
    get throws {
      guard status.isUsable || options.allowed.contains(status.name) else {
        throw HypergradientError(
          .notConverged, in: "hypergradient", "\(method): \(status)",
          help: notes.last ?? "allow it by name (\"\(status.name)\") to read the number all the same")
      }
      return try unqualifiedValue
    }
  }

  /// direct + indirect, whatever the status.
  public var unqualifiedValue: [Tensor] {
    get throws { try zip(direct, indirect).map { try $0 + $1 } }
  }

  /// How the computation ended.
  public var status: SolveStatus { solution.status }
  /// |∇θ f - H q|.
  public var residual: Double { solution.residual }
  /// The residual relative to |∇θ f|.
  public var relativeResidual: Double {
    solution.residual / max(point.outerGradientNorm, .leastNormalMagnitude)
  }
  /// The matrix that a solver has before it: damped, and through the preconditioner.
  public func system() throws -> LinearMap {
    let map = try curvature().shifted(by: options.damping)
    return try options.preconditioner?.sides(of: map, like: point.outerGradient).map(map) ?? map
  }
  /// The matrix whose inverse was applied, without damping and over all batches: what its spectrum is asked of.
  public func curvature() throws -> LinearMap {
    var plain = options
    plain.batches = nil
    return try Computation(at: point, plain).hessian
  }
  /// The spectral radius of I - γ H: of the probed spectrum, or the last ratio (a lower bound).
  public var rho: Double? { solution.rho }
  /// The condition number, where the method learned it.
  public var kappa: Double? { solution.kappa }
  /// The step of the series.
  public var gamma: Double? { solution.gamma }
  /// |∇θ g| at θ; 0 at a minimiser.
  public var innerGradientNorm: Double { point.innerGradientNorm }

  /// What to know before using the number, one sentence each.
  public var notes: [String] {
    var notes = point.notes + (method.reachesLambda ? [] : point.lambdaNotes)
    if !point.isMinimum, method.assumesMinimum {
      notes.append(
        "θ is not a \(point.problem.isSymmetric ? "minimiser (|∇θ g|" : "fixed point (|θ - Φ|") = "
          + "\(brief(point.innerGradientNorm, 3))): the implicit gradient is an approximation there"
      )
    }
    return notes + solution.notes
  }
}

extension [Tensor] {
  /// These numbers as constants, or with the derivatives of `exact` riding on them.
  fileprivate func valued(derivativesOf exact: [Tensor]?) throws -> [Tensor] {
    guard let exact else { return detached }
    return try zip(detached, exact).map { try $0 + ($1 - $1.detached) }
  }
}

extension MethodOutcome {
  /// Whether the status lets the value be read.
  fileprivate var isUsable: Bool { solution.status.isUsable && indirect.isFinite }
}

/// dF/dλ of a bilevel problem at (θ, λ), θ being a minimiser of the inner loss. Throws `nonFinite`, `shapeMismatch` or
/// `invalidArgument` for a problem that cannot be evaluated; a solve that fails is a status of the result.
public func hypergradient(
  of problem: BilevelProblem, at theta: [Tensor], _ lambda: [Tensor],
  by method: any HypergradientMethod = Neumann(), _ options: HypergradientOptions = .init()
) throws -> Hypergradient {
  let begin = monotonicSeconds()
  let point = try BilevelPoint(problem, theta: theta, lambda: lambda, followsStops: options.followsStops)
  let followsLambda = lambda.contains(where: \.isRecorded), followsTheta = theta.contains(where: \.isRecorded)
  func check(_ method: any HypergradientMethod) throws {
    // Of steps the start is an argument, too; a minimum does not depend on where it was looked for.
    guard followsLambda || followsTheta && !method.assumesMinimum else { return }
    try checkDifferentiable(method, options, by: followsLambda ? "λ" : "θ")
  }
  try check(method)
  let derivatives = followsLambda ? try DifferentiableParts(problem, at: theta, lambda) : nil
  return try Hypergradient(point, method, options, derivatives: derivatives, check: check, since: begin)
}

/// Throws `invalidArgument` for a value that is not meant to be the implicit gradient, whose derivative is not the implicit gradient's.
private func checkDifferentiable(
  _ method: any HypergradientMethod, _ options: HypergradientOptions, by variable: String
) throws {
  let reason: String? =
    if !method.assumesMinimum {
      "\(method.name)() differentiates steps, not the minimum"
    } else if options.damping > 0 || (method as? any LinearSolver)?.addedDamping ?? 0 > 0 {
      "a damped solve has another derivative than the hypergradient"
    } else if options.mode == .gaussNewton {
      "with the Gauss-Newton matrix it has another derivative than the hypergradient"
    } else if options.followsStops {
      "what the losses stop cannot be followed twice"
    } else {
      nil
    }
  guard let reason else { return }
  throw HypergradientError(
    .invalidArgument, in: "hypergradient", "it is being differentiated, and \(reason)",
    help:
      "use a method of the implicit function theorem as it is, such as cg(), or take \(variable) as a constant: stopGradient(\(variable))"
  )
}

/// The same at a point that is already recorded.
public func hypergradient(
  at point: BilevelPoint, by method: any HypergradientMethod, _ options: HypergradientOptions = .init()
) throws -> Hypergradient {
  try Hypergradient(point, method, options, since: monotonicSeconds())
}

extension Hypergradient: CustomStringConvertible {
  /// The report: status, value and its parts, quality, cost, notes.
  public var description: String {
    var rows: [(String, String)] = [("status", "\(status)")]
    if status.isUsable || options.allowed.contains(status.name) {
      rows.append(("value", text { try unqualifiedValue }))
      rows.append(("  direct", text { direct }))
      rows.append(("  indirect", text { indirect }))
      if let positivity {
        rows.append(
          ("  by log λ", text { try zip(unqualifiedValue, point.lambda.tensors).map { try $0 * $1 } }))
        rows += positivity.rows
      }
    } else {
      rows.append(("value", "withheld: the computation did not succeed"))
    }
    if let error { rows.append(("error", "\(brief(error, 3)) (\(errorIsBound ? "bound" : "estimate"))")) }
    if solution.residuals.count > 1 {
      rows.append(("residual", "\(brief(residual, 3)) (relative \(brief(relativeResidual, 2)))"))
    }
    // Products see the spectrum from inside, and a ratio of terms never exceeds their limit.
    let least = point.problem.isSymmetric ? "≥" : "≈"
    var spectrum = [
      rho.map { "ρ \(least) \(brief($0, 5))" }, kappa.map { "κ ≥ \(brief($0, 4))" },
      gamma.map { "γ \(brief($0, 5))" },
    ].compactMap(\.self)
    if method is Neumann, let rho, let terms = neumannTerms(rho: rho), !spectrum.isEmpty {
      spectrum.append("\(least) \(terms) term\(terms == 1 ? "" : "s") to 1e-6")
    }
    if !spectrum.isEmpty { rows.append(("series", spectrum.joined(separator: "   "))) }
    rows.append(
      (point.problem.isSymmetric ? "inner |∇θ g|" : "|θ - Φ(θ)|", brief(innerGradientNorm, 3)))
    rows.append(("evaluated", method.places))
    if let size = try? q.norm(), size > 0, method is any LinearSolver, let image = try? indirect.norm() {
      rows.append(("|C|", "at least |Cᵀq| / |q| = \(brief(image / size, 3))"))
    }
    if hvpCount > 0 { rows.append(("products", composition)) }
    if point.problem.batchCount != nil {
      let drawn = batches.isEmpty ? "" : ": " + brief(batches.map(Double.init))
      rows.append(("batches", batchPolicy.rawValue + drawn))
    }
    for (index, path) in point.paths.enumerated() { rows.append((index == 0 ? "paths" : "", path)) }
    rows.append(
      (
        "cost",
        "\(hvpCount) HVP\(hvpCount == 1 ? "" : "s"), \(mixedCount) mixed product\(mixedCount == 1 ? "" : "s"), "
          + "\(brief(seconds * 1e3, 3)) ms"
      ))
    let width = rows.map(\.0.count).max() ?? 0
    let body = rows.map { "  " + $0 + String(repeating: " ", count: width - $0.count) + "  " + $1 }
    let remarks = notes.map { note in
      wrapped(note, width: 72).enumerated().map { ($0 == 0 ? "  note: " : "        ") + $1 }.joined(
        separator: "\n")
    }
    return (["Hypergradient by \(method)"] + body + remarks).joined(separator: "\n")
  }

  private func text(_ tensors: () throws -> [Tensor]) -> String {
    (try? tensors().flattened()).map { brief($0, limit: 5) } ?? "unreadable"
  }
}
