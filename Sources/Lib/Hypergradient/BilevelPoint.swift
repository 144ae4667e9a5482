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
  /// |∇θ f|.
  public let outerGradientNorm: Double
  /// ∇λ f, the direct part of the hypergradient.
  public let direct: [Tensor]
  /// ∇θ g.
  public let innerGradient: [Tensor]
  /// |∇θ g|: 0 at a minimiser. The implicit function theorem holds only there.
  public let innerGradientNorm: Double
  /// What a reader of the result must know about the problem here, one sentence each; and what of the losses' dependence on λ, which matters
  /// where λ acts through them alone.
  public let notes: [String], lambdaNotes: [String]
  /// Whether θ is a minimiser, or a fixed point, as far as its gradient tells: whether the step along it that Newton's method would take is
  /// short, within a thousandth of |θ| or a millionth. The size of the gradient alone would depend on the loss's units. Asking first takes a product.
  public var isMinimum: Bool { distanceToMinimum <= 1e-3 }
  /// The length of that step beside |θ|, or beside a thousandth.
  var distanceToMinimum: Double {
    if knownStep == nil { knownStep = try? stepToMinimum() }
    // Without the product, for which a user may have had no patience, the gradient has to do.
    return (knownStep ?? innerGradientNorm) / max((try? theta.tensors.norm()) ?? 0, 1e-3)
  }
  /// What the last computation met on the way from λ to the outer loss.
  public let paths: [String]
  private let record: GradientRecord
  private var knownGaussNewton: GaussNewton?
  private var knownStep: Double?
  /// What was measured: seconds of a product in reverse over reverse and in forward over reverse.
  private var timings: (reverse: Double, forward: Double)?
  private var batchRecords: [Int: GradientRecord] = [:]

  /// Records the problem at (θ, λ). Throws `nonFinite` naming the parameter whose gradient is not, and `shapeMismatch` for a
  /// loss that is not one number.
  public init(
    _ problem: BilevelProblem, theta: [Tensor], lambda: [Tensor], followsStops: Bool = false
  ) throws {
    let operation = "hypergradient"
    self.problem = problem
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
    guard !outer.value.isRecorded else { throw closesOverDifferentiated("outer", in: operation) }
    outerValue = try outer.value.item()
    let gradients = try zip(outer.gradients, point).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
      .detached
    outerGradient = Array(gradients[..<split])
    outerGradientNorm = try outerGradient.norm()
    direct = Array(gradients[split...])
    try self.theta.check(outerGradient, is: "the outer gradient by", in: operation)
    try self.lambda.check(direct, is: "the outer gradient by", in: operation)

    let (thetaTensors, lambdaTensors) = (self.theta.tensors, self.lambda.tensors)
    let (record, innerPaths) = try Paths.collected(followsStops: followsStops) {
      try GradientRecord(problem, thetaTensors, lambdaTensors, in: operation)
    }
    guard !record.closesOver else { throw closesOverDifferentiated("inner", in: operation) }
    self.record = record
    innerValue = record.value
    innerGradient = record.gradient
    innerGradientNorm = try innerGradient.norm()
    (notes, lambdaNotes) = Self.notes(
      self.theta, self.lambda, inOuter: outer.gradients.map { $0 != nil }, record.reached,
      innerReachesLambda: record.dependsOnLambda)
    var graph = PathGraph(inner: innerPaths, outer: outerPaths, movesTheta: record.dependsOnLambda)
    paths = graph.lines()
  }

  /// The distance along ∇g to the minimum of the parabola in that direction, |∇g| / |v·Hv| with v along it. For a fixed point the defect takes
  /// the gradient's place, and what the step leaves of it is least.
  private func stepToMinimum() throws -> Double {
    guard innerGradientNorm > 0 else { return 0 }
    let along = try innerGradient.scaled(1 / innerGradientNorm)
    let image = try record.product(along)
    let bend = abs(try along.dot(image))
    return innerGradientNorm * (problem.isSymmetric ? 1 / bend : bend / (try image.dot(image)))
  }

  /// The faster composition of a product, measured once, and the times in words.
  func fastestMode() throws -> (mode: HVPMode, times: String?) {
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
    guard let timings else { return (.reverseOverReverse, nil) }
    let times =
      " (measured: reverse over reverse \(brief(timings.reverse * 1e6, 3)) µs, forward over reverse "
      + "\(brief(timings.forward * 1e6, 3)) µs)"
    return (timings.forward < timings.reverse ? .forwardOverReverse : .reverseOverReverse, times)
  }

  /// The Gauss-Newton matrix here. Throws `invalidArgument` where the inner problem is no model and loss.
  func gaussNewton() throws -> GaussNewton {
    guard case .model(let model, let loss) = problem.kind else {
      throw HypergradientError(
        .invalidArgument, in: "hypergradient",
        "the Gauss-Newton matrix needs the inner problem as a model and a loss of its outputs",
        help: "write through: composed(model, loss)")
    }
    if let knownGaussNewton { return knownGaussNewton }
    let made = try GaussNewton(model, loss: loss, theta.tensors, lambda.tensors)
    knownGaussNewton = made
    return made
  }

  /// The recording of a mini-batch, or of the whole inner problem.
  func record(of batch: Int?) throws -> GradientRecord {
    guard let batch else { return record }
    if let known = batchRecords[batch] { return known }
    let made = try GradientRecord(
      problem, theta.tensors, lambda.tensors, batch: batch, in: "hypergradient")
    // Fresh draws come back to few batches; of many, the recordings are not kept.
    if (problem.batchCount ?? 0) <= 16 { batchRecords[batch] = made }
    return made
  }

  private static func notes(
    _ theta: Parameters, _ lambda: Parameters, inOuter: [Bool], _ inInner: [Bool], innerReachesLambda: Bool
  ) -> (notes: [String], lambdaNotes: [String]) {
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
    var lambdaNotes: [String] = []
    if !innerReachesLambda {
      lambdaNotes.append(
        "λ does not enter the gradient of the inner loss (C = 0), so the implicit part is identically zero; "
          + "if λ acts through the optimiser (a learning rate, an initial point), use unrolling")
      let unused = lambda.names.indices.filter { !inOuter[split + $0] }.map { lambda.names[$0] }
      if !unused.isEmpty {
        lambdaNotes.append("\(list(unused)) reached from neither loss: its hypergradient is 0")
      }
    }
    return (notes, lambdaNotes)
  }

  /// H v: one product with the Hessian of the inner loss by θ (for a fixed point, with the transpose of I - ∂Φ/∂θ).
  public func hessianProduct(_ v: [Tensor], mode: HVPMode = .reverseOverReverse) throws -> [Tensor] {
    let v = try fitting(v, theta, "the Hessian")
    return try record.hessianProduct(v, mode: mode)
  }

  /// H v by two gradients, of a mini-batch or the whole, and their ε.
  func difference(_ v: [Tensor], batch: Int?) throws -> (product: [Tensor], step: Double) {
    let length = try v.norm()
    guard length > 0 else { return (try v.zeros(), 0) }
    let size = max(1, try theta.tensors.norm())
    let step = try differenceStep(.automatic, length: length, size: size, roundOff: v.epsilon)
    let constant = lambda.tensors
    let loss = problem.inner(ofBatch: batch)
    let objective = Objective { try loss($0, constant) }
    let ahead = try objective.gradient(theta.tensors.adding(step, v)).gradient
    let behind = try objective.gradient(theta.tensors.adding(-step, v)).gradient
    return (try ahead.adding(-1, behind).scaled(1 / (2 * step)), step)
  }

  /// C^T v, of λ's shapes.
  public func mixedTransposed(_ v: [Tensor]) throws -> [Tensor] {
    let v = try fitting(v, theta, "C^T")
    return try record.mixedTransposed(v)
  }

  /// C u, of θ's shapes.
  public func mixed(_ u: [Tensor]) throws -> [Tensor] {
    let u = try fitting(u, lambda, "C")
    return try record.mixed(u)
  }

  /// H v and C^T v from one reverse sweep.
  public func products(_ v: [Tensor]) throws -> (hessian: [Tensor], mixedTransposed: [Tensor]) {
    let v = try fitting(v, theta, "the Hessian")
    return try record.products(v)
  }

  /// The bytes that the recording of the inner gradient keeps.
  var recordedBytes: Int { record.keptBytes }

  /// The Hessian of the whole inner loss as a map.
  public var hessian: LinearMap {
    LinearMap(
      symmetry: problem.isSymmetric ? .symmetric : .general,
      transposed: problem.isSymmetric ? nil : { try self.record.product($0) },
      naturalStep: problem.isSymmetric ? nil : 1
    ) { try self.hessianProduct($0) }
  }

  /// A vector in the types that a matrix takes. Throws `shapeMismatch` unless it is of those shapes.
  func fitting(_ vector: [Tensor], _ like: Parameters, _ what: String) throws -> [Tensor] {
    guard vector.matches(like.tensors) else {
      throw HypergradientError(
        .shapeMismatch, in: "hypergradient",
        "a vector of shapes \(vector.map(\.shape)) multiplied by \(what), which takes \(like.tensors.map(\.shape))"
      )
    }
    return try vector.cast(like: like.tensors)
  }
}
