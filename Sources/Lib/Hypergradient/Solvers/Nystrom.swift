import Tensor

/// The Nyström approximation H ≈ H_{:,S} H_{S,S}^+ H_{S,:} from the columns S of H, shifted by ρ and inverted by Woodbury's identity:
/// x = v/ρ - c^T (H_SS + c c^T/ρ)^+ c v / ρ², c = H_{S,:} (Hataya and Yamada 2023). One product a column and k n memory; exact for
/// H + ρ I where H has rank k or less.
public struct Nystrom: LinearSolver {
  /// The number of columns k.
  public var columns: Int
  /// ρ, beside what `damping` adds to H.
  public var shift: Double
  /// The seed of the choice of columns.
  public var seed: UInt64

  /// `columns` random columns.
  public init(columns: Int = 20, shift: Double = 1e-2, seed: UInt64 = 1) {
    self.columns = columns
    self.shift = shift
    self.seed = seed
  }

  /// "nystrom"
  public var name: String { "nystrom" }
  /// The call that makes this method.
  public var description: String { "nystrom(columns: \(columns), shift: \(brief(shift)))" }
  /// A product a column, and one for the residual.
  public func predictedProducts(parameters n: Int) -> Double { Double(min(columns, n)) + 1 }
  /// The columns.
  public func predictedVectors(parameters n: Int) -> Double { Double(min(columns, n)) + 4 }

  /// ρ.
  public var addedDamping: Double { shift }

  /// Solves (A + ρ I) q = b approximately; the residual reported is that of A + ρ I.
  public func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws -> LinearSolution {
    guard columns > 0, shift > 0, shift.isFinite else {
      throw HypergradientError(
        .invalidArgument, in: name, "\(columns) columns, shift \(shift)",
        help: "both are positive: the approximation alone has no inverse")
    }
    guard try map.isSymmetric(like: b) else {
      throw HypergradientError(
        .invalidArgument, in: name, "the map is not symmetric: u·Av differs from v·Au", help: "use gmres()")
    }
    let n = b.elementCount
    let k = min(columns, n)
    var stream = RandomStream(seed: seed, stream: 0x6e7973)
    let chosen = k == n ? Array(0..<n) : Array(stream.permutation(n).prefix(k)).sorted()
    try Tensor.checkRoom(for: Shape([k, n], in: name), dtype: .f64, in: name)
    var rows: [Double] = []
    rows.reserveCapacity(k * n)
    try b.forEachUnit(chosen) { _, unit in rows += try map(unit).flattened() }
    let c = try Tensor(rows, shape: Shape([k, n]))
    let block = try Tensor(
      (0..<k).flatMap { row in chosen.map { rows[row * n + $0] } }, shape: Shape([k, k]))
    let right = try Tensor(b.flattened())
    // H_SS + c c^T/ρ, symmetrised, by its eigenvectors: what round-off left of its null space is dropped.
    let core = try block + c.matmul(c.transposed()) * (1 / shift)
    let (values, vectors) = try ((core + core.transposed()) * 0.5).symmetricEigen()
    let sizes = try values.doubles()
    let floor = (sizes.map(abs).max() ?? 0) * Double(k) * max(b.epsilon, 0x1p-53) * 4
    let inverted = try Tensor(sizes.map { abs($0) > floor ? 1 / $0 : 0 })
    let image = try vectors.transposed().matmul(c.matmul(right)) * inverted
    let correction = try c.transposed().matmul(vectors.matmul(image))
    let q = try b.shaped(from: (right * (1 / shift) - correction * (1 / (shift * shift))).doubles())
    let rest = try b.adding(-1, map(q)).adding(-shift, q)
    let norm = try b.norm()
    var solution = LinearSolution(q: q, residuals: [norm, try rest.norm()], status: .converged)
    solution.residualVector = rest
    solution.notes.append(
      "\(k) of \(n) columns; solves (H + \(brief(shift)) I) q = b: directions outside their span are divided by "
        + "\(brief(shift))")
    if solution.residual > 1e4 * defaultTolerance(b) * norm {
      solution.status = .truncated(error: .infinity)
      solution.errorEstimate = solution.residual / shift
    }
    return solution
  }
}
