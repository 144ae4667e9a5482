import Autodiff
import Tensor

/// How a computation makes its products with the curvature.
enum Curvature {
  /// The Hessian, or the transpose of I - ∂Φ/∂θ for a fixed point.
  case hessian(HVPMode)
  case gaussNewton(GaussNewton)
  /// Central differences of gradients.
  case differences
}

/// The products that one computation takes at a point, with the curvature and the mini-batches its options ask for. Draws and counts are its
/// own, so that computations at one point may take turns.
public final class Computation {
  /// Where products are taken.
  public let point: BilevelPoint
  /// The numbers of products with H, and with C or its transpose.
  public private(set) var hessianProducts = 0, mixedProducts = 0
  private let curvature: Curvature
  /// The composition in words, where measuring chose it.
  private let measured: String?
  private let isSeries: Bool
  private var draws: BatchDraws?
  /// The last mini-batch's recording, which the next product may want again.
  private var latest: (batch: Int, record: GradientRecord)?
  /// The last ε of differences of gradients.
  private var lastStep = 0.0

  /// Products as `options` want them, `expected` of them or so. Throws `invalidArgument` for a choice that the problem does not have.
  init(at point: BilevelPoint, _ options: HypergradientOptions = .init(), expecting expected: Double = 1)
    throws
  {
    self.point = point
    isSeries = expected > 2
    var measured: String?
    switch options.mode {
    case .gaussNewton: curvature = .gaussNewton(try point.gaussNewton())
    case _ where !point.problem.isSymmetric: curvature = .hessian(.reverseOverReverse)
    case .finiteDifference: curvature = .differences
    case .auto:
      let (mode, times) = try point.fastestMode()
      curvature = .hessian(mode)
      measured = times
    case let fixed: curvature = .hessian(fixed.mode ?? .reverseOverReverse)
    }
    self.measured = measured
    if let count = point.problem.batchCount {
      draws = BatchDraws(options.batches ?? .full, count: count, seed: options.seed)
    } else if let policy = options.batches, policy != .full {
      throw HypergradientError(
        .invalidArgument, in: "hypergradient",
        "batches \"\(policy.rawValue)\" of an inner loss that has none",
        help: "write through: batched(loss, over: batches)")
    }
  }

  /// The mini-batches drawn, in order; empty where every product saw all of them.
  public var drawnBatches: [Int] { draws?.drawn ?? [] }
  /// What they are drawn by.
  public var batchPolicy: BatchPolicy { draws?.policy ?? .full }

  /// How products are composed, as the report says it.
  var composition: String {
    switch curvature {
    case .gaussNewton: "Gauss-Newton: Jᵀ Λ J in place of H"
    case .differences: "differences of gradients, the last with ε = \(brief(lastStep, 3))"
    case .hessian where !point.problem.isSymmetric: "reverse: (I - ∂Φ/∂θ)ᵀ v"
    case .hessian(let mode): (HVPChoice(rawValue: mode.rawValue)?.description ?? "") + (measured ?? "")
    }
  }

  /// H v: one product with the curvature of the inner loss by θ (for a fixed point, with the transpose of I - ∂Φ/∂θ).
  public func hessianProduct(_ v: [Tensor]) throws -> [Tensor] { try curved(v, batch: draws?.next()) }

  private func curved(_ v: [Tensor], batch: Int?) throws -> [Tensor] {
    let v = try point.fitting(v, point.theta, "the Hessian")
    hessianProducts += 1
    switch curvature {
    case .gaussNewton(let matrix): return try matrix.product(v)
    case .differences:
      let (product, step) = try point.difference(v, batch: batch)
      lastStep = step
      return product
    case .hessian(let mode):
      return try record(of: batch).hessianProduct(v, mode: mode, inSeries: isSeries)
    }
  }

  /// C^T v, of λ's shapes.
  public func mixedTransposed(_ v: [Tensor]) throws -> [Tensor] {
    try mixedTransposed(v, batch: draws?.next())
  }

  private func mixedTransposed(_ v: [Tensor], batch: Int?) throws -> [Tensor] {
    let v = try point.fitting(v, point.theta, "C^T")
    mixedProducts += 1
    return try record(of: batch).mixedTransposed(v)
  }

  /// H v and C^T v of the same mini-batch: from one reverse sweep, where H is the Hessian itself.
  public func products(_ v: [Tensor]) throws -> (hessian: [Tensor], mixedTransposed: [Tensor]) {
    let batch = draws?.next()
    guard case .hessian = curvature else {
      return (try curved(v, batch: batch), try mixedTransposed(v, batch: batch))
    }
    let v = try point.fitting(v, point.theta, "the Hessian")
    hessianProducts += 1
    return try record(of: batch).products(v)
  }

  /// |C|_F of the whole problem, exactly, from as many sweeps as the smaller of C's sides; nil where that is more than `limit`.
  func mixedFrobeniusNorm(limit: Int) throws -> Double? {
    let (n, m) = (point.theta.elementCount, point.lambda.elementCount)
    guard min(n, m) <= limit else { return nil }
    let like = m <= n ? point.lambda.tensors : point.theta.tensors
    var square = 0.0
    try like.forEachUnit { _, unit in
      mixedProducts += 1
      let image = m <= n ? try point.mixed(unit) : try point.mixedTransposed(unit)
      square += try image.dot(image)
    }
    return square.squareRoot()
  }

  private func record(of batch: Int?) throws -> GradientRecord {
    if let batch, let latest, latest.batch == batch { return latest.record }
    let record = try point.record(of: batch)
    if let batch { latest = (batch, record) }
    return record
  }

  /// Counts products taken elsewhere, with H or C at another point.
  func countProducts(_ count: Int = 1, mixed: Int = 0) {
    hessianProducts += count
    mixedProducts += mixed
  }

  /// The curvature as a map; its products are counted here.
  public var hessian: LinearMap {
    let isRandom = draws?.policy == .fresh
    var transposed: (([Tensor]) throws -> [Tensor])?
    if !point.problem.isSymmetric {
      transposed = { v in
        self.hessianProducts += 1
        return try self.point.record(of: nil).product(v)
      }
    }
    return LinearMap(
      symmetry: point.problem.isSymmetric && !isRandom ? .symmetric : .general, transposed: transposed,
      mean: isRandom ? mean : nil, naturalStep: point.problem.isSymmetric ? nil : 1
    ) { try self.hessianProduct($0) }
  }

  /// The curvature of the whole inner loss, whatever batches the other products see.
  private var mean: LinearMap { LinearMap(symmetry: .symmetric) { try self.curved($0, batch: nil) } }
}
