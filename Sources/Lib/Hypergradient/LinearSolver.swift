import Tensor

/// How the solution of a linear system came about. Read it before the value.
public enum SolveStatus: Equatable, Sendable, CustomStringConvertible {
  /// The residual is at the tolerance.
  case converged
  /// Stopped after the terms or iterations asked for; the error that remains, relative to the hypergradient's implicit part.
  case truncated(error: Double)
  /// Further work hardly reduces the residual: a flat direction, or a very small step.
  case stagnated
  /// The series grows by this factor a term (a lower bound of it).
  case divergent(rho: Double)
  /// A direction of this curvature was met: θ is no minimum, and the method needs one.
  case negativeCurvature(Double)
  /// The matrix has no inverse.
  case singular
  /// NaN or infinity appeared.
  case nonFinite
  /// One step, which is not an approximation whose error could be told.
  case oneStep

  /// Whether the value may be used without saying so.
  public var isUsable: Bool {
    switch self {
    case .converged, .truncated, .stagnated, .oneStep: true
    case .divergent, .negativeCurvature, .singular, .nonFinite: false
    }
  }

  /// The names of the statuses whose value is withheld unless it is asked for.
  public static let failures = ["divergent", "negativeCurvature", "singular", "nonFinite"]

  /// The name without its number, as `.allow` and tests use it.
  public var name: String {
    switch self {
    case .converged: "converged"
    case .truncated: "truncated"
    case .stagnated: "stagnated"
    case .divergent: "divergent"
    case .negativeCurvature: "negativeCurvature"
    case .singular: "singular"
    case .nonFinite: "nonFinite"
    case .oneStep: "oneStep"
    }
  }

  /// One phrase.
  public var description: String {
    switch self {
    case .converged: "converged"
    case .truncated(let error):
      error.isFinite
        ? "truncated, error ≈ \(brief(error, 2)) of the implicit part" : "truncated, its error is not known"
    case .stagnated: "stagnated"
    case .divergent(let rho): "divergent, ρ = \(brief(rho, 4))"
    case .negativeCurvature(let curvature): "negative curvature \(brief(curvature, 3))"
    case .singular: "singular"
    case .nonFinite: "not finite"
    case .oneStep: "one step, whose distance from the implicit gradient is not known"
    }
  }
}

/// An approximate solution of A q = b with what is known of its quality.
public struct LinearSolution {
  /// The solution.
  public var q: [Tensor]
  /// |b - A q_k| after each iteration, from that of the start.
  public var residuals: [Double]
  /// b - A q, where the method has it at hand; and whether that is from a recurrence, which rounding carries away from it.
  public var residualVector: [Tensor]?, residualDrifts = false
  /// How it ended.
  public var status: SolveStatus
  /// The step of a Neumann series.
  public var gamma: Double?
  /// The spectral radius of I - γ A: from the spectrum where it was probed, else the last ratio, a lower bound.
  public var rho: Double?
  /// The condition number, where the method learns it.
  public var kappa: Double?
  /// |q - q_k|, estimated; nil where nothing is known.
  public var errorEstimate: Double?
  /// Whether `errorEstimate` is a proven bound.
  public var errorIsBound = false
  /// The ends of the spectrum, where they were probed.
  public var spectrum: SpectralBounds?
  /// Whether the user ended it before its end; the request is still pending.
  public var isInterrupted = false
  /// What else to tell, one sentence each.
  public var notes: [String] = []

  /// A solution with its history.
  public init(q: [Tensor], residuals: [Double], status: SolveStatus) {
    self.q = q
    self.residuals = residuals
    self.status = status
  }

  /// Runs what makes a result of this solution; a request to stop that ended the iteration is set aside for it.
  func completing<Result>(_ finish: () throws -> Result) rethrows -> Result {
    try isInterrupted ? settingInterruptAside(finish) : finish()
  }

  /// Runs the iteration of a solver, and then `finish`, for which a request to stop that ended the iteration is set aside.
  ///
  /// - Parameter taken: the products so far; before the first an interrupt is thrown on.
  static func iterating(
    taken: @autoclosure () -> Int, _ iteration: () throws -> Void,
    finish: (_ isInterrupted: Bool) throws -> LinearSolution
  ) throws -> LinearSolution {
    guard try endsByInterrupt(taken() > 0, iteration) else { return try finish(false) }
    var solution = try settingInterruptAside { try finish(true) }
    solution.isInterrupted = true
    solution.notes.append("interrupted: what \(taken()) products gave")
    return solution
  }

  /// |b - A q|.
  public var residual: Double { residuals.last ?? .nan }
  /// The iteration of the smallest residual: later ones made it worse (semi-convergence).
  public var bestIteration: Int { residuals.indices.min { residuals[$0] < residuals[$1] } ?? 0 }
}

/// A method for A q = b that needs products with A only. A new one is one file: this protocol is all it implements.
public protocol LinearSolver: HypergradientMethod {
  /// Solves A q = b from `start` (zeros for nil). A solution with its `residualVector` can be given a proven error.
  func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution
  /// Whether each product may come from another random matrix, as a series' may.
  var acceptsNoise: Bool { get }
  /// What it adds to the diagonal of the matrix itself, so that it solves another system than it was given.
  var addedDamping: Double { get }
}

extension LinearSolver {
  /// Solves A q = b from zeros.
  public func solve(_ map: LinearMap, _ b: [Tensor]) throws -> LinearSolution {
    try solve(map, b, start: nil)
  }

  /// b - A start, and the start.
  func begin(_ map: LinearMap, _ b: [Tensor], _ start: [Tensor]?) throws -> (q: [Tensor], residual: [Tensor])
  {
    guard let start else { return (try b.zeros(), b) }
    let first = try start.fitting(b, "a warm start", in: name)
    return (first, try b.adding(-1, map(first)))
  }
}

/// The factor by which a residual changed in an iteration, the geometric mean over the last ten: of a map that is not symmetric a single
/// ratio says little.
func recentRate(_ residuals: [Double]) -> Double {
  let window = min(10, residuals.count - 1)
  guard window > 0 else { return 0 }
  let (end, before) = (residuals[residuals.count - 1], residuals[residuals.count - 1 - window])
  return before > 0 ? (end / before).power(1 / Double(window)) : 0
}

/// |q - q*| at most, where A ⪰ μ I and |b - A q| is `residual`: residual / μ, with what rounding may hide of it.
func provenError(_ residual: Double, _ b: [Tensor], _ strongConvexity: Double) throws -> Double {
  (residual + b.epsilon * (try b.norm())) / strongConvexity
}

/// The default tolerance of a relative residual in the precision of `b`.
func defaultTolerance(_ b: [Tensor]) -> Double { b.epsilon < 1e-12 ? 1e-10 : 1e-5 }
