import Tensor

/// θ*(λ) = argmin inner(·, λ) as a function of λ that can be differentiated: `theta`, which must be the minimiser at this λ, with the
/// derivatives that the implicit function theorem gives it.
///
/// θ ← θ - A (∇θ g)(θ, λ) with the constant A = H^-1 taken at the minimum leaves the value as it is and makes one more order of derivative
/// right each time it is done: the first step gives dθ/dλ = -H^-1 C, the second d²θ/dλ². As many are done as recordings of λ are open, each of
/// which may ask for an order. It needs H (n products and n² memory).
/// Throws `invalidArgument` for more than `limit` parameters and `notConverged` where H is singular.
public func argmin(
  _ inner: @escaping BilevelLoss, at theta: [Tensor], given lambda: [Tensor], name: String = "argmin",
  limit: Int = 1024
) throws -> [Tensor] {
  guard lambda.contains(where: \.isRecorded) else { return theta.detached }
  let start = theta.detached
  let n = start.elementCount
  guard n <= limit else {
    throw HypergradientError(
      .invalidArgument, in: name,
      "a derivative through the minimum of \(n) parameters needs their \(n)² Hessian",
      help: "up to \(limit) are taken; use hypergradient() for two levels, or frozen(…) to stop the path")
  }
  let constant = lambda.detached
  let (_, _, hessian) = try Objective { try inner($0, constant) }.hessian(start)
  var columns: [Double] = []
  try start.forEachUnit { _, unit in columns += try hessian(unit).flattened() }
  let matrix = try Tensor(columns, shape: Shape([n, n]))
  let inverse: Tensor
  do {
    inverse = try ((matrix + matrix.transposed()) * 0.5).inverse().detached
  } catch {
    throw HypergradientError(
      .notConverged, in: name, "the Hessian at the minimum is singular: θ*(λ) has no derivative",
      help: "add a ridge to the inner loss")
  }
  var point = start
  for _ in 0..<recordingDepth(of: lambda) {
    let (_, gradients) = try recordedGradients(at: point, "inner", in: name) { try inner($0, lambda) }
    let flat = try Tensor.concatenated(
      zip(gradients, start).map { gradient, like in
        try (gradient ?? .zeros(like.shape, dtype: like.dtype)).reshaped([like.count]).cast(to: .f64)
      })
    let step = try inverse.matmul(flat)
    var offset = 0
    point = try point.map { parameter in
      defer { offset += parameter.count }
      let part = try step.narrowed(axis: 0, start: offset, count: parameter.count)
      return try parameter - part.reshaped(parameter.shape).cast(to: parameter.dtype)
    }
  }
  // The value stays the minimiser that was given; the steps contribute their derivatives.
  let solution = try zip(start, point).map { try $0 + ($1 - $1.detached) }
  Paths.solved(name, solution, given: lambda)
  return solution
}

/// The parts of a hypergradient as functions of λ that can be differentiated.
struct DifferentiableParts {
  /// ∇λ f, -C^T q and q at θ*(λ).
  let direct: [Tensor], indirect: [Tensor], q: [Tensor]

  /// `theta` is the minimiser at this λ.
  ///
  /// One gradient of f(θ*(λ, μ), λ') by λ', λ and μ gives all three, where μ is subtracted from the inner gradient's zero: ∇θ g + μ = 0 has
  /// dθ/dμ = -H^-1, so that the derivative by μ is -q.
  init(_ problem: BilevelProblem, at theta: [Tensor], _ lambda: [Tensor]) throws {
    let (n, m) = (theta.count, lambda.count)
    let inner: BilevelLoss =
      if case .fixedPoint(let map) = problem.kind {
        BilevelProblem(
          .fixedPoint { theta, both in try zip(map(theta, Array(both[n...])), both).map { try $0 - $1 } },
          outer: problem.outer
        ).inner
      } else {
        { theta, both in
          try zip(theta, both).reduce(problem.inner(theta, Array(both[n...]))) {
            try $0 + ($1.0 * $1.1).sum()
          }
        }
      }
    let arguments = try theta.zeros() + lambda + lambda
    let (_, found) = try recordedGradients(at: arguments, "outer", in: "hypergradient") { arguments in
      let solution = try argmin(inner, at: theta, given: Array(arguments[..<(n + m)]), name: "θ*(λ)")
      return try problem.outer(solution, Array(arguments[(n + m)...]))
    }
    let gradients = try zip(found, arguments).map { try $0 ?? .zeros($1.shape, dtype: $1.dtype) }
    q = try gradients[..<n].map { try -$0 }
    indirect = Array(gradients[n..<(n + m)])
    direct = Array(gradients[(n + m)...])
  }
}
