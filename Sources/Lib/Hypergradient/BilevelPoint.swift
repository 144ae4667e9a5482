import Autodiff
import Tensor

/// A bilevel problem at one (θ, λ): the first derivatives, and products with the second ones.
public final class BilevelPoint {
  /// The problem.
  public let problem: BilevelProblem
  /// The inner and outer parameters.
  public let theta: Parameters, lambda: Parameters
  /// f and g here.
  public let outerValue: Double, innerValue: Double
  /// ∇θ f, the right-hand side of the linear system.
  public let outerGradient: [Tensor]
  /// ∇λ f, the direct part of the hypergradient.
  public let direct: [Tensor]
  /// ∇θ g.
  public let innerGradient: [Tensor]
  /// |∇θ g|: 0 at a minimiser. The implicit function theorem holds only there.
  public let innerGradientNorm: Double
  /// What a reader of the result must know about the problem here, one sentence each.
  public let notes: [String]
  /// How Hessian-vector products are composed. Setting it pins it.
  public var mode: HVPMode
  /// What was measured when `auto` chose: seconds of a product in reverse over reverse and in forward over reverse.
  public private(set) var timings: (reverse: Double, forward: Double)?
  /// What the last computation met on the way from λ to the outer loss.
  public let paths: [String]
  /// The numbers of products with H, and with C or its transpose.
  public private(set) var hessianProducts = 0, mixedProducts = 0

  /// The mini-batches drawn by the present computation, in order.
  public var drawnBatches: [Int] { draws?.drawn ?? [] }

  private let record: GradientRecord
  private var gaussNewton: GaussNewton?
  private var usesGaussNewton = false, usesDifferences = false
  /// The last ε of differences of gradients.
  private var lastStep = 0.0
  private var draws: BatchDraws?
  private var batchRecords: [Int: GradientRecord] = [:]

  /// Records the problem at (θ, λ). Throws `nonFinite` naming the parameter whose gradient is not, and `shapeMismatch` for a
  /// loss that is not one number.
  public init(
    _ problem: BilevelProblem, theta: [Tensor], lambda: [Tensor], mode: HVPMode = .reverseOverReverse,
    followsStops: Bool = false
  ) throws {
    let operation = "hypergradient"
    self.problem = problem
    self.mode = mode
    self.theta = try problem.theta(theta.detached)
    self.lambda = try problem.lambda(lambda.detached)
    try self.theta.check(in: operation)
    try self.lambda.check(in: operation)
    let split = theta.count
    let point = self.theta.tensors + self.lambda.tensors

    let (outer, outerPaths) = try Paths.collected(followsStops: followsStops) {
      try recordedGradients(at: point, "outer", in: operation) {
        let (theta, lambda) = (Array($0[..<split]), Array($0[split...]))
        return try Paths.traced(theta, lambda) { [try problem.outer(theta, lambda)] }[0]
      }
    }
    outerValue = try outer.value.item()
    let gradients = try zip(outer.gradients, point).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
      .detached
    outerGradient = Array(gradients[..<split])
    direct = Array(gradients[split...])
    try self.theta.check(outerGradient, is: "the outer gradient by", in: operation)
    try self.lambda.check(direct, is: "the outer gradient by", in: operation)

    let (thetaTensors, lambdaTensors) = (self.theta.tensors, self.lambda.tensors)
    let (record, innerPaths) = try Paths.collected(followsStops: followsStops) {
      try GradientRecord(problem, thetaTensors, lambdaTensors, in: operation)
    }
    self.record = record
    innerValue = record.value
    innerGradient = record.gradient
    innerGradientNorm = try innerGradient.norm()
    notes = Self.notes(
      self.theta, self.lambda, inOuter: outer.gradients.map { $0 != nil }, record.reached,
      innerReachesLambda: record.dependsOnLambda)
    paths = PathGraph(inner: innerPaths, outer: outerPaths, movesTheta: record.dependsOnLambda).lines
  }

  /// Prepares a computation of about so many products: how they are composed, and which mini-batches they see.
  func configure(_ options: HypergradientOptions, products: Int) throws {
    record.isForSeries = products > 2
    (usesGaussNewton, usesDifferences) = (false, false)
    switch options.mode {
    case .finiteDifference: usesDifferences = problem.isSymmetric
    case .auto: try chooseMode()
    case .gaussNewton:
      guard case .model(let model, let loss) = problem.kind else {
        throw HypergradientError(
          .invalidArgument, in: "hypergradient",
          "the Gauss-Newton matrix needs the inner problem as a model and a loss of its outputs",
          help: "write through: composed(model, loss)")
      }
      if gaussNewton == nil {
        gaussNewton = try GaussNewton(model, loss: loss, theta.tensors, lambda.tensors)
      }
      usesGaussNewton = true
    default: mode = options.mode.mode ?? mode
    }
    guard let count = problem.batchCount else {
      if let policy = options.batches, policy != .full {
        throw HypergradientError(
          .invalidArgument, in: "hypergradient",
          "batches \"\(policy.rawValue)\" of an inner loss that has none",
          help: "write through: batched(loss, over: batches)")
      }
      draws = nil
      return
    }
    draws = BatchDraws(options.batches ?? .full, count: count, seed: options.seed)
  }

  /// Times both compositions, once a point.
  private func chooseMode() throws {
    guard problem.isSymmetric else { return }
    if timings == nil {
      var stream = RandomStream(seed: 1, stream: 0x687670)
      let v = try theta.tensors.random(&stream)
      func best(_ mode: HVPMode) throws -> Double {
        try (0..<3).map { _ in
          let begin = monotonicSeconds()
          _ = try record.hessianProduct(v, mode: mode)
          return monotonicSeconds() - begin
        }.min() ?? 0
      }
      timings = (try best(.reverseOverReverse), try best(.forwardOverReverse))
    }
    if let timings { mode = timings.forward < timings.reverse ? .forwardOverReverse : .reverseOverReverse }
  }

  /// The recording that the next product reads.
  private func nextRecord() throws -> GradientRecord {
    guard let batch = draws?.next() else { return record }
    if let known = batchRecords[batch] { return known }
    let made = try GradientRecord(
      problem, theta.tensors, lambda.tensors, batch: batch, in: "hypergradient")
    // Fresh draws come back to few batches; of many, the recordings are not kept.
    if (problem.batchCount ?? 0) <= 16 || draws?.policy == .same { batchRecords[batch] = made }
    return made
  }

  /// How products are composed, as the report says it.
  var composition: String {
    if usesGaussNewton { return "Gauss-Newton: Jᵀ Λ J in place of H" }
    if usesDifferences { return "differences of gradients, the last with ε = \(brief(lastStep, 3))" }
    if !problem.isSymmetric { return "reverse: (I - ∂Φ/∂θ)ᵀ v" }
    let name = HVPChoice.names.values.first { $0.mode == mode }?.description ?? mode.rawValue
    guard let timings else { return name }
    return
      "\(name) (measured: reverse over reverse \(brief(timings.reverse * 1e6, 3)) µs, forward over reverse "
      + "\(brief(timings.forward * 1e6, 3)) µs)"
  }

  private static func notes(
    _ theta: Parameters, _ lambda: Parameters, inOuter: [Bool], _ inInner: [Bool], innerReachesLambda: Bool
  ) -> [String] {
    func list(_ names: [String]) -> String { names.map { "`\($0)`" }.joined(separator: ", ") }
    let split = theta.names.count
    var notes: [String] = []
    let unreachedByOuter = theta.names.indices.filter { !inOuter[$0] }.map { theta.names[$0] }
    if !unreachedByOuter.isEmpty {
      notes.append("\(list(unreachedByOuter)) not reached from the outer loss: its derivative there is 0")
    }
    let unreachedByInner = theta.names.indices.filter { !inInner[$0] }.map { theta.names[$0] }
    if !unreachedByInner.isEmpty {
      notes.append("\(list(unreachedByInner)) not reached from the inner loss: the Hessian is singular there")
    }
    if !innerReachesLambda {
      notes.append(
        "λ does not enter the gradient of the inner loss (C = 0), so the implicit part is identically zero; "
          + "if λ acts through the optimiser (a learning rate, an initial point), use unrolling")
      let unused = lambda.names.indices.filter { !inOuter[split + $0] }.map { lambda.names[$0] }
      if !unused.isEmpty { notes.append("\(list(unused)) reached from neither loss: its hypergradient is 0") }
    }
    return notes
  }

  /// H v: one product with the Hessian of the inner loss by θ (for a fixed point, with the transpose of I - ∂Φ/∂θ).
  public func hessianProduct(_ v: [Tensor]) throws -> [Tensor] {
    try check(v, theta, "the Hessian")
    hessianProducts += 1
    if usesGaussNewton, let gaussNewton { return try gaussNewton.product(v) }
    if usesDifferences { return try difference(v) }
    let record = try nextRecord()
    return problem.isSymmetric
      ? try record.hessianProduct(v, mode: mode) : try record.transposedProduct(v)
  }

  /// H v by two gradients.
  private func difference(_ v: [Tensor]) throws -> [Tensor] {
    let length = try v.norm()
    guard length > 0 else { return try v.zeros() }
    let size = max(1, try theta.tensors.norm())
    lastStep = try differenceStep(.automatic, length: length, size: size, roundOff: v.epsilon)
    let constant = lambda.tensors
    let objective = Objective { try self.problem.inner($0, constant) }
    let ahead = try objective.gradient(theta.tensors.adding(lastStep, v)).gradient
    let behind = try objective.gradient(theta.tensors.adding(-lastStep, v)).gradient
    return try ahead.adding(-1, behind).scaled(1 / (2 * lastStep))
  }

  /// C^T v, of λ's shapes.
  public func mixedTransposed(_ v: [Tensor]) throws -> [Tensor] {
    try check(v, theta, "C^T")
    mixedProducts += 1
    return try nextRecord().mixedTransposed(v)
  }

  /// C u, of θ's shapes.
  public func mixed(_ u: [Tensor]) throws -> [Tensor] {
    try check(u, lambda, "C")
    mixedProducts += 1
    return try nextRecord().mixed(u)
  }

  /// H v and C^T v from one reverse sweep (from two sweeps for Gauss-Newton).
  public func products(_ v: [Tensor]) throws -> (hessian: [Tensor], mixedTransposed: [Tensor]) {
    if usesGaussNewton || usesDifferences { return (try hessianProduct(v), try mixedTransposed(v)) }
    try check(v, theta, "the Hessian")
    hessianProducts += 1
    return try nextRecord().products(v)
  }

  /// |C|_F, exactly, from as many sweeps as the smaller of C's sides; nil where that is more than `limit`.
  func mixedFrobeniusNorm(limit: Int) throws -> Double? {
    let (n, m) = (theta.elementCount, lambda.elementCount)
    guard min(n, m) <= limit else { return nil }
    let like = m <= n ? lambda.tensors : theta.tensors
    var unit = [Double](repeating: 0, count: min(n, m))
    var square = 0.0
    for index in unit.indices {
      unit[index] = 1
      let vector = try like.shaped(from: unit)
      let image = m <= n ? try mixed(vector) : try mixedTransposed(vector)
      square += try image.dot(image)
      unit[index] = 0
    }
    return square.squareRoot()
  }

  /// The bytes that the recording of the inner gradient keeps.
  var recordedBytes: Int { record.keptBytes }

  /// Counts products with the Hessian at another θ.
  func countProducts(_ count: Int = 1) { hessianProducts += count }

  /// The Hessian as a map; its products are counted here.
  public var hessian: LinearMap {
    let isSymmetric = problem.isSymmetric && draws?.policy != .fresh
    let transposed = { (v: [Tensor]) throws -> [Tensor] in
      self.hessianProducts += 1
      return try self.record.product(v)
    }
    return LinearMap(
      symmetry: isSymmetric ? .symmetric : .general, transposed: problem.isSymmetric ? nil : transposed,
      mean: draws?.policy == .fresh ? meanHessian : nil
    ) { try self.hessianProduct($0) }
  }

  /// The Hessian of the whole inner loss, whatever batches the products of a computation see.
  public var meanHessian: LinearMap {
    guard draws?.policy == .fresh || draws?.policy == .same else { return hessian }
    return LinearMap(symmetry: .symmetric) { v in
      self.hessianProducts += 1
      return try self.record.hessianProduct(v, mode: self.mode)
    }
  }

  private func check(_ vector: [Tensor], _ like: Parameters, _ what: String) throws {
    guard vector.matches(like.tensors) else {
      throw HypergradientError(
        .shapeMismatch, in: "hypergradient",
        "a vector of shapes \(vector.map(\.shape)) multiplied by \(what), which takes \(like.tensors.map(\.shape))"
      )
    }
  }
}
