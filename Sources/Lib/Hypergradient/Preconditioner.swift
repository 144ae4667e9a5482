import Tensor

/// An approximate inverse P of the matrix, which makes the system easier without changing its solution.
///
/// A diagonal P is applied on both sides, (P^½ A P^½) (P^-½ q) = P^½ b, so that a symmetric system stays one and every solver can use it;
/// a general one from the right, (A P) y = b with q = P y, for solvers that need no symmetry. Conjugate gradients take it as their inner
/// product, in which P A is symmetric where P is and is positive.
public enum Preconditioner {
  /// 1 / |diagonal of A|: exact from n products up to 256 parameters, else estimated from 32 (Bekas et al. 2007).
  case jacobi
  /// 1 / (√v + ε) of Adam's second moment v.
  case adam(secondMoment: [Tensor], epsilon: Double = 1e-8)
  /// A positive diagonal of the caller's, of θ's shapes.
  case diagonal([Tensor])
  /// v ↦ P v.
  case custom(([Tensor]) throws -> [Tensor])

  /// In words.
  var name: String {
    switch self {
    case .jacobi: "Jacobi"
    case .adam: "Adam's second moment"
    case .diagonal: "diagonal"
    case .custom: "custom"
    }
  }

  /// The diagonal of P; ones for a general one.
  func diagonal(of map: LinearMap, like b: [Tensor]) throws -> [Tensor] {
    let diagonal: [Tensor]
    switch self {
    case .custom: return try b.map { try .ones($0.shape, dtype: $0.dtype) }
    case .jacobi: diagonal = try Self.jacobi(map, b)
    case .diagonal(let given): diagonal = given
    case .adam(let moment, let epsilon):
      diagonal = try moment.map { try (($0.detached.relu().sqrt() + epsilon).reciprocal()) }
    }
    guard diagonal.matches(b) else {
      throw HypergradientError(
        .shapeMismatch, in: "preconditioner",
        "a diagonal of shapes \(diagonal.map(\.shape)) for parameters of \(b.map(\.shape))")
    }
    let cast = try zip(diagonal, b).map { try $0.detached.cast(to: $1.dtype) }
    guard cast.isFinite, try cast.allSatisfy({ try $0.count == 0 || $0.min().item() > 0 }) else {
      throw HypergradientError(
        .invalidArgument, in: "preconditioner", "the diagonal has elements that are not positive and finite")
    }
    return cast
  }

  private static func jacobi(_ map: LinearMap, _ b: [Tensor]) throws -> [Tensor] {
    let n = b.elementCount
    var diagonal = [Double](repeating: 0, count: n)
    if n <= 256 {
      try b.forEachUnit { index, unit in diagonal[index] = try map(unit).flattened()[index] }
    } else {
      var stream = RandomStream(seed: 1, stream: 0x6a6163)
      for _ in 0..<32 {
        let signs = (0..<n).map { _ in stream.nextUInt64() & 1 == 0 ? 1.0 : -1.0 }
        let image = try map(b.shaped(from: signs)).flattened()
        for index in 0..<n { diagonal[index] += signs[index] * image[index] / 32 }
      }
    }
    // A diagonal of zero, or below the noise of an estimate, says nothing of its row: such rows are scaled as the average one.
    let mean = diagonal.reduce(0) { $0 + abs($1) } / Double(max(n, 1))
    let least = (n <= 256 ? 4 * b.epsilon : 1e-2) * mean
    return try b.shaped(
      from: diagonal.map { 1 / (abs($0) > least ? abs($0) : mean > 0 ? mean : 1) })
  }
}

extension Preconditioner {
  /// A system made easier: (L A R) y = L b with q = R y, L and R the square roots of a diagonal P, or 1 and P itself.
  struct Sides {
    let left: ([Tensor]) throws -> [Tensor], right: ([Tensor]) throws -> [Tensor]
    /// y of q, where R has an inverse at hand.
    let inverse: (([Tensor]) throws -> [Tensor])?
    let isSymmetric: Bool

    /// L A R.
    func map(_ map: LinearMap) -> LinearMap {
      LinearMap(
        symmetry: isSymmetric ? map.symmetry : .general,
        transposed: isSymmetric ? { try left(map.transposed(right($0))) } : nil,
        mean: map.mean.map { self.map($0) }
      ) { try left(map(right($0))) }
    }
  }

  /// This preconditioner of a map as factors on its sides.
  func sides(of map: LinearMap, like b: [Tensor]) throws -> Sides {
    if case .custom(let apply) = self {
      return Sides(left: { $0 }, right: { try applied(apply, to: $0) }, inverse: nil, isSymmetric: false)
    }
    let root = try diagonal(of: map.mean ?? map, like: b).map { try $0.sqrt() }
    let scaled = { (v: [Tensor]) in try zip(v, root).map { try $0 * $1 } }
    return Sides(
      left: scaled, right: scaled, inverse: { try zip($0, root).map { try $0 / $1 } }, isSymmetric: true)
  }
}

extension LinearSolver {
  /// Solves A q = b through a preconditioner. Residuals are those of the preconditioned system but for the last, which is recomputed.
  func solve(
    _ map: LinearMap, _ b: [Tensor], through preconditioner: Preconditioner?, start: [Tensor]?,
    strongConvexity: Double?
  ) throws -> LinearSolution {
    guard let preconditioner else {
      var solution = try solve(map, b, start: start)
      if let strongConvexity, strongConvexity > 0, addedDamping == 0, solution.residualVector != nil,
        solution.residual.isFinite
      {
        if solution.residualDrifts {
          let rest = try solution.completing { try b.adding(-1, map(solution.q)) }
          (solution.residualVector, solution.residualDrifts) = (rest, false)
          solution.residuals[solution.residuals.count - 1] = try rest.norm()
        }
        solution.errorEstimate = try provenError(solution.residual, b, strongConvexity)
        solution.errorIsBound = true
      }
      return solution
    }
    var solution: LinearSolution
    if case .custom(let apply) = preconditioner, let method = self as? ConjugateGradient {
      solution = try method.solve(map, b, start: start, through: apply)
      solution.kappa = nil
    } else {
      let sides = try preconditioner.sides(of: map, like: b)
      guard sides.isSymmetric || !(self is MINRES || self is Nystrom) else {
        throw HypergradientError(
          .invalidArgument, in: name, "a preconditioner that is a function makes the matrix unsymmetric",
          help: "use cg(), gmres() or neumann(), or give a diagonal")
      }
      guard start == nil || sides.inverse != nil else { throw warmStartIsLost(in: name) }
      solution = try solve(
        sides.map(map), sides.left(b), start: start.flatMap { try sides.inverse?($0) })
      solution.q = try solution.completing { try sides.right(solution.q) }
    }
    let rest = try solution.completing { try b.adding(-1, map(solution.q)) }
    let last = try rest.norm()
    (solution.residualVector, solution.residualDrifts) = (rest, false)
    // What is small in the preconditioned system need not be small in this one.
    solution.errorEstimate = try strongConvexity.map { try provenError(last, b, $0) }
    solution.errorIsBound = strongConvexity != nil
    switch solution.status {
    case .truncated: solution.status = .truncated(error: .infinity)
    case .converged where try last > max(1e4 * defaultTolerance(b), 1e-6) * b.norm():
      solution.status = .truncated(error: .infinity)
    default: break
    }
    if solution.residuals.count > 1 {
      solution.residuals[0] = try solution.completing { try begin(map, b, start).residual.norm() }
      solution.residuals[solution.residuals.count - 1] = last
    }
    solution.notes.append("preconditioned by \(preconditioner.name): residuals between are of that system")
    return solution
  }
}

/// P v in v's types. Throws `shapeMismatch` for a function that changes the shapes.
func applied(_ apply: ([Tensor]) throws -> [Tensor], to v: [Tensor]) throws -> [Tensor] {
  let image = try apply(v)
  guard image.matches(v) else {
    throw HypergradientError(
      .shapeMismatch, in: "preconditioner",
      "it returned shapes \(image.map(\.shape)) for vectors of \(v.map(\.shape))")
  }
  return try image.cast(like: v)
}

/// A start is a q, and a function v ↦ P v does not tell which y it comes from.
func warmStartIsLost(in operation: String) -> HypergradientError {
  HypergradientError(
    .invalidArgument, in: operation, "a warm start cannot be mapped back through a custom preconditioner",
    help: "drop one of the two")
}
