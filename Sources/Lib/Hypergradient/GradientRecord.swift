import Autodiff
import Tensor

/// What the inner problem sets to zero - its gradient ∇θ g, or θ - Φ(θ, λ) for a fixed point - recorded at one (θ, λ) as a
/// function of both, ready for products with its derivatives H by θ and C by λ.
///
/// A reverse sweep with v gives H^T v and C^T v together, or either alone for less; a forward sweep gives H v or C u.
final class GradientRecord {
  let value: Double
  /// ∇θ g, or θ - Φ.
  let gradient: [Tensor]
  /// Which of θ's tensors the inner problem depends on, and whether what it sets to zero depends on λ.
  let reached: [Bool], dependsOnLambda: Bool
  /// Whether it depends on something that is being differentiated around it.
  let closesOver: Bool
  private let theta: [Tensor], lambda: [Tensor]
  private let inner: ([Tensor]) throws -> Tensor
  private let record: Linearization
  /// The recording restricted to one of the two, made when first asked for.
  private lazy var thetaOnly = record.restricted(toLeaves: 0..<theta.count)
  private let lambdaOnly: Linearization
  /// The reverse sweep by θ, itself recorded and compiled when it is asked for again, or at once for a series, which takes it once a term.
  private var sweep: LinearProgram?
  private var sweeps = 0, isCompilable = true
  /// The most elements of a recording whose sweep is compiled. Beyond, arithmetic is all that costs, and what compiling keeps is memory.
  private static let compiledElements = 1 << 20

  /// Records the whole inner problem, or mini-batch `batch` of it.
  init(
    _ problem: BilevelProblem, _ theta: [Tensor], _ lambda: [Tensor], batch: Int? = nil, in operation: String
  ) throws {
    let split = theta.count
    var value = 0.0
    var reached: [Bool] = []
    let loss = problem.inner(ofBatch: batch)
    record = try Linearization(
      of: { point in
        let lambda = Array(point[split...])
        if case .fixedPoint(let map) = problem.kind {
          let theta = Array(point[..<split])
          let gap = try Paths.traced(theta, lambda) { try defect(map, theta, lambda) }
          value = try 0.5 * gap.detached.dot(gap.detached)
          reached = gap.map { _ in true }
          return gap
        }
        let inner = try recordedGradients(at: Array(point[..<split]), "inner", in: operation) {
          theta in try Paths.traced(theta, lambda) { [try loss(theta, lambda)] }[0]
        }
        value = try inner.value.item()
        reached = inner.gradients.map { $0 != nil }
        return try zip(inner.gradients, point).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
      }, at: theta + lambda)
    self.value = value
    self.reached = reached
    self.theta = theta
    self.lambda = lambda
    inner = { try loss($0, lambda) }
    gradient = record.outputs.detached
    closesOver = record.outputs.contains(where: \.isRecorded)
    lambdaOnly = record.restricted(toLeaves: split..<(split + lambda.count))
    dependsOnLambda = (0..<split).contains { [lambdaOnly] in lambdaOnly.reaches(output: $0) }
    try problem.theta(theta).check(gradient, is: "the inner gradient by", in: operation)
  }

  /// The bytes that the recording keeps: activations, first derivatives and the data they were computed from.
  var keptBytes: Int { record.keptBytes }

  /// H v in any composition, for a fixed point the transpose's; one of many `inSeries`.
  func hessianProduct(_ v: [Tensor], mode: HVPMode, inSeries: Bool = false) throws -> [Tensor] {
    switch mode {
    case .reverseOverReverse: try transposedProduct(v, inSeries: inSeries)
    case .forwardOverReverse: try product(v)
    case .reverseOverForward: try hvp(at: theta, along: v, mode: mode, inner).detached
    }
  }

  /// H^T v by a reverse sweep.
  private func transposedProduct(_ v: [Tensor], inSeries: Bool) throws -> [Tensor] {
    if let sweep { return try completed(sweep(v)[...], theta) }
    sweeps += 1
    if isCompilable, sweeps >= (inSeries ? 1 : 2), record.elementCount <= Self.compiledElements {
      let line = try Linearization(
        of: { v in
          try zip(thetaOnly.pullback(v), theta).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
        }, at: v, isLinear: true)
      let program = try LinearProgram(line)
      if !program.recordsAnew {
        sweep = program
        return try completed(program(v)[...], theta)
      }
      isCompilable = false
    }
    return try completed(thetaOnly.pullback(v).prefix(theta.count), theta)
  }

  /// H v by a forward sweep.
  func product(_ v: [Tensor]) throws -> [Tensor] {
    try completed(thetaOnly.pushforward(v.map(Optional.some) + lambda.map { _ in nil })[...], theta)
  }

  /// C^T v, of λ's shapes.
  func mixedTransposed(_ v: [Tensor]) throws -> [Tensor] {
    try completed(lambdaOnly.pullback(v).dropFirst(theta.count), lambda)
  }

  /// C u, of θ's shapes.
  func mixed(_ u: [Tensor]) throws -> [Tensor] {
    try completed(lambdaOnly.pushforward(theta.map { _ in nil } + u.map(Optional.some))[...], theta)
  }

  /// H^T v and C^T v from one sweep.
  func products(_ v: [Tensor]) throws -> (hessian: [Tensor], mixedTransposed: [Tensor]) {
    let both = try record.pullback(v)
    return (
      try completed(both.prefix(theta.count), theta), try completed(both.dropFirst(theta.count), lambda)
    )
  }

  private func completed(_ values: ArraySlice<Tensor?>, _ like: [Tensor]) throws -> [Tensor] {
    try zip(values, like).map { value, like in
      guard let value else { return try .zeros(like.shape, dtype: like.dtype) }
      let cast = try value.detached.cast(to: like.dtype)
      return cast.shape == like.shape ? cast : try cast.expanded(to: like.shape)
    }
  }
}
