import Autodiff
import Hypergradient
import Tensor
import Testing

/// Diagonal quadratics, whose every number is a closed form: g = ½ θᵀ diag(h) θ - λ·θ and f = ½ |θ - t|² at θ* = λ / h, so that
/// q = (θ* - t) / h and dF/dλ = q.
private struct Diagonal {
  let h: [Double], t: [Double], lambda: [Double]

  init(_ h: [Double], t: [Double]? = nil, lambda: [Double]? = nil) {
    self.h = h
    self.t = t ?? h.indices.map { 0.3 - Double($0) }
    self.lambda = lambda ?? h.indices.map { _ in 1 }
  }

  var theta: [Double] { zip(lambda, h).map { $0 / $1 } }
  var slope: [Double] { zip(theta, t).map { $0 - $1 } }
  var exact: [Double] { zip(slope, h).map { $0 / $1 } }

  func point() throws -> BilevelPoint {
    try BilevelPoint(problem(), theta: [vector(theta)], lambda: [vector(lambda)])
  }

  func problem() throws -> BilevelProblem {
    let (h, t) = (try vector(h), try vector(t))
    return BilevelProblem(
      inner: { try ($0[0].square() * h).sum() * 0.5 - ($0[0] * $1[0]).sum() },
      outer: { theta, _ in try (theta[0] - t).square().sum() * 0.5 })
  }
}

/// θ = A θ + λ.
private func linearFixedPoint(_ a: Tensor) throws -> BilevelPoint {
  let problem = BilevelProblem(
    .fixedPoint { [try a.matmul($0[0]) + $1[0]] }, outer: { theta, _ in try theta[0].sum() })
  let lambda = try vector([1, 2])
  let theta = try (Tensor.eye(2, dtype: .f64) - a).inverse().matmul(lambda)
  return try BilevelPoint(problem, theta: [theta], lambda: [lambda])
}

@Suite("What a result says of itself")
struct StandingTests {
  @Test(
    "a series of an unsymmetric matrix that grows is divergent, however few its terms; one that grows first and then falls is not"
  )
  func growth() throws {
    let growing = try linearFixedPoint(Tensor([1.5, 0.3, 0, 0.2], shape: [2, 2]))
    for terms in [1, 5, 20] {
      let result = try hypergradient(at: growing, by: Neumann(terms: terms))
      #expect(result.status.name == "divergent", "\(terms): \(result)")
      #expect(throws: HypergradientError.self) { try result.value }
    }
    let passing = try linearFixedPoint(Tensor([0.5, 20, 0, 0.5], shape: [2, 2]))
    let result = try hypergradient(at: passing, by: Neumann(terms: 120))
    #expect(result.status == .converged, "\(result)")
    #expect(norm(minus(try result.value.numbers, [2, 82])) < 1e-8)
    let terms = try result.allTerms(count: 3)
    #expect(
      terms[0].ratio > 1 && !terms[0].isDivergent, "growth of a matrix that is not normal proves nothing")
  }

  @Test("through a preconditioner γ is chosen for the preconditioned matrix, also where batches are drawn")
  func chosenStep() throws {
    let stiff = Diagonal([100, 1])
    let point = try stiff.point()
    let scaled = try hypergradient(
      at: point, by: Neumann(terms: 3000), .init(preconditioner: .custom { [try $0[0] * 0.05] }))
    #expect(norm(minus(try scaled.value.numbers, stiff.exact)) < 1e-6, "\(scaled)")
    // Curvatures 90 and 110, mean 100.
    let problem = BilevelProblem(
      .batches(count: 2) { theta, lambda, batch in
        try theta[0].square().sum() * (batch == 0 ? 45 : 55) - (theta[0] * lambda[0]).sum()
      }, outer: { theta, _ in try (theta[0] - 3).square().sum() * 0.5 })
    let noisy = try hypergradient(
      of: problem, at: [vector([0.01])], [vector([1])], by: Neumann(terms: 40),
      .init(preconditioner: .diagonal([vector([0.1])]), batches: .fresh, seed: 3))
    let (gamma, value) = (try #require(noisy.gamma), try noisy.value.numbers[0])
    #expect(gamma < 0.2 && abs(value + 0.0299) < 0.003, "\(noisy)")
  }

  @Test("what remains of a preconditioned system says nothing of the error, unless the curvature is proven")
  func preconditionedError() throws {
    let hidden = Diagonal([1, 1e-6], t: [1, 1], lambda: [1, 1])
    let preconditioner = Preconditioner.diagonal([try vector([1, 1e-4])])
    let result = try hypergradient(
      at: hidden.point(), by: Neumann(terms: 3, gamma: 0.5), .init(preconditioner: preconditioner))
    #expect(result.status != .converged && result.error == nil, "\(result)")
    let proven = try hypergradient(
      at: hidden.point(), by: Neumann(terms: 3, gamma: 0.5),
      .init(strongConvexity: 1e-6, preconditioner: preconditioner))
    let error = norm(minus(try proven.value.numbers, hidden.exact))
    let bound = try #require(proven.error)
    #expect(proven.errorIsBound && bound >= error && error > 1, "\(proven)")
  }

  @Test("the terms of a result are its own: preconditioned, from a warm start, or both")
  func ownTerms() throws {
    let problem = Diagonal([100, 1, 7])
    let point = try problem.point()
    let start = [try vector([0.1, -0.2, 0.3])]
    let choices: [HypergradientOptions] = [
      .init(warmStart: start), .init(preconditioner: .jacobi),
      .init(warmStart: start, preconditioner: .diagonal([try vector([0.02, 0.5, 0.1])])),
      .init(damping: 0.5, preconditioner: .custom { [try $0[0] * 0.01] }),
    ]
    for (index, options) in choices.enumerated() {
      let result = try hypergradient(at: point, by: Neumann(terms: 6, gamma: 0.7), options)
      let literal = index == 0 || index == 3 ? 0.01 : 0.7
      let own =
        literal == 0.7
        ? result : try hypergradient(at: point, by: Neumann(terms: 6, gamma: .literal(literal)), options)
      let last = try #require(own.allTerms().last)
      #expect(norm(minus(try last.value.numbers, try own.unqualifiedValue.numbers)) < 1e-12, "\(index)")
      #expect(norm(minus(try last.q.numbers, try own.q.numbers)) < 1e-12, "\(index)")
    }
    let warm = try hypergradient(
      at: point, by: ConjugateGradient(), .init(warmStart: [vector(problem.exact)]))
    #expect(
      warm.relativeResidual < 1e-12 && warm.status == .converged,
      "relative to |∇θ f|, not to the start's residual")
  }

  @Test("computations at one point take turns without a change to either")
  func turns() throws {
    let problem = Diagonal([3, 1])
    let point = try problem.point()
    let differences = try hypergradient(
      at: point, by: Neumann(terms: 5, gamma: 0.3), .init(mode: .finiteDifference))
    let terms = try differences.terms()
    let first = try #require(terms.next())
    let other = try hypergradient(at: point, by: Dense())
    let second = try #require(terms.next())
    let alone = try differences.allTerms(count: 2)
    #expect(first.residual == alone[0].residual && second.residual == alone[1].residual)
    #expect(norm(minus(try other.value.numbers, problem.exact)) < 1e-12 && other.hvpCount == 2)
    #expect(terms.hvpCount == 2)
    let v = [try vector([1, -2])]
    #expect(try point.hessianProduct(v).numbers == [3, -2])
  }

  @Test("a method that has no use for an option says so, and reports what it did")
  func unused() throws {
    let problem = BilevelProblem(
      .batches(count: 2) { theta, lambda, batch in
        try theta[0].square().sum() * Double(batch + 1) - (theta[0] * lambda[0]).sum()
      }, outer: { theta, _ in try (theta[0] - 3).square().sum() * 0.5 })
    let point = try BilevelPoint(problem, theta: [vector([1.0 / 3])], lambda: [vector([1])])
    let plain = try hypergradient(at: point, by: Unroll(last: 5, rate: 0.2))
    let asked = try hypergradient(
      at: point, by: Unroll(last: 5, rate: 0.2),
      .init(damping: 5, mode: .finiteDifference, batches: .fresh))
    #expect(try asked.value.numbers == plain.value.numbers && asked.batchPolicy == .full)
    #expect(
      asked.composition == plain.composition && asked.notes.contains { $0.contains("damping, hvp, batches") })
    #expect(!asked.notes.contains { $0.contains("another batch") })
    // Differences see the batch that the mixed product sees: of batch 0 the curvature is 2, of batch 1 it is 4.
    let drawn = try hypergradient(
      at: point, by: Dense(), .init(mode: .finiteDifference, batches: .same, seed: 1))
    let curvature = try #require(drawn.batches.first) == 0 ? 2.0 : 4.0
    #expect(abs(try drawn.value.numbers[0] - (1.0 / 3 - 3) / curvature) < 1e-6)
  }

  @Test("in a comparison nothing stands in for a method that fails")
  func alone() throws {
    let result = try hypergradient(
      at: Diagonal([3, 1]).point(), by: ConjugateGradient(), .init(fallback: [Dense()]))
    let rows = try result.compare([Neumann(gamma: 5)]).rows
    #expect(rows[1].result?.status.name == "divergent" && rows[1].relativeError == nil)
  }

  @Test("a hypergradient is differentiable where it is the implicit one, and refuses otherwise")
  func derivative() throws {
    let problem = try Diagonal([3, 1]).problem()
    func slope(_ method: any HypergradientMethod, _ options: HypergradientOptions = .init()) throws
      -> [Double]
    {
      try grad { lambda in
        try hypergradient(
          of: problem, at: [vector([1.0 / 3, 1])], [lambda], by: method, options
        ).value[0].sum()
      }(vector([1, 1])).doubles()
    }
    // F = Σ ½ (λ/h - t)²: F'' = 1 / h².
    #expect(norm(minus(try slope(ConjugateGradient()), [1.0 / 9, 1])) < 1e-9)
    for method in [OneStep(rate: 0.1), Unroll(last: 3), ForwardMode(steps: 3)] as [any HypergradientMethod] {
      #expect(throws: HypergradientError.self) { try slope(method) }
    }
    #expect(throws: HypergradientError.self) { try slope(ConjugateGradient(), .init(damping: 1)) }
    #expect(throws: HypergradientError.self) { try slope(ConjugateGradient(), .init(followsStops: true)) }
  }

  @Test("a random matrix is not symmetric in single precision either", arguments: [DType.f32, .f64])
  func asymmetry(_ dtype: DType) throws {
    var stream = RandomStream(seed: 1)
    let matrix = try stream.normals([100, 100], dtype: dtype)
    let like = [try Tensor.zeros([100], dtype: dtype)]
    #expect(try !LinearMap(matrix: matrix).isSymmetric(like: like))
    #expect(try LinearMap(matrix: matrix + matrix.transposed()).isSymmetric(like: like))
    #expect(try LinearMap(matrix: matrix.matmul(matrix.transposed())).isSymmetric(like: like))
  }

  @Test("counts beyond any machine are predictions, not traps")
  func vastCounts() throws {
    let point = try Diagonal([3, 1]).point()
    let vast: [any HypergradientMethod] = [
      Neumann(terms: .max), Unroll(last: .max), ForwardMode(steps: .max), Unroll(last: 5, checkpoints: .max),
      GMRES(restart: .max), RandomizedNeumann(terms: .max), FixedPointAdjoint(iterations: .max),
    ]
    let rows = try plan(vast, at: point).rows
    #expect(rows.count == vast.count && rows[0].products >= 9e18)
    let result = try hypergradient(at: point, by: Neumann(terms: .max, gamma: 0.3))
    #expect(result.status == .converged, "round-off ends it")
    #expect(
      try hypergradient(at: point, by: Unroll(last: 5, rate: 0.3, checkpoints: .max)).solution.residuals.count
        == 6)
  }

  @Test("a bound covers what rounding does in single precision", arguments: [1.0 / 3, 0.7, 1.1])
  func roundedBounds(_ theta: Double) throws {
    let problem = BilevelProblem(
      inner: { theta, lambda in try theta[0].square().sum() * 1.5 - lambda[0] * theta[0].sum() },
      outer: { theta, _ in try theta[0].sum() })
    for method in [Dense(), GMRES(), ConjugateGradient(), MINRES()] as [any HypergradientMethod] {
      let result = try hypergradient(
        of: problem, at: [Tensor([Float(theta)])], [Tensor([Float(3 * theta)])], by: method,
        .init(strongConvexity: 3))
      let error = try abs(result.value.numbers[0] - 1.0 / 3)
      #expect(result.errorIsBound && error <= result.error ?? 0, "\(result): \(error)")
    }
  }

  @Test("a bound whose premise a product refutes is refused")
  func refutedConvexity() throws {
    let point = try Diagonal([1.2, 1.2]).point()
    for method in [Neumann(terms: 5), ConjugateGradient(), MINRES()] as [any HypergradientMethod] {
      #expect(throws: HypergradientError.self) {
        try hypergradient(at: point, by: method, .init(strongConvexity: 1000))
      }
    }
    let true_ = try hypergradient(at: point, by: Neumann(terms: 5, gamma: 0.3), .init(strongConvexity: 1.2))
    #expect(true_.errorIsBound)
  }

  @Test(
    "a right value is verified at an outer optimum, beside the edge of the losses' domain, and preconditioned"
  )
  func verified() throws {
    let optimum = Diagonal([3, 1], t: [1.0 / 3, 1])
    let there = try hypergradient(at: optimum.point(), by: ConjugateGradient()).verify()
    #expect(there.passed, "\(there)")
    let edge = BilevelProblem(
      inner: { try ($0[0] - $1[0].log()).square().sum() },
      outer: { theta, _ in try (theta[0] + 6).square().sum() })
    let beside = try hypergradient(
      of: edge, at: [vector([1e-3]).log()], [vector([1e-3])], by: ConjugateGradient()
    ).verify()
    #expect(beside.passed, "\(beside)")
    let scaled = try hypergradient(
      at: Diagonal([100, 1]).point(), by: Neumann(terms: 200, gamma: 0.9), .init(preconditioner: .jacobi))
    let report = try scaled.verify()
    #expect(report.passed, "\(report)")
  }

  @Test("a shifted approximation that reproduces the matrix is still not the matrix")
  func nystrom() throws {
    let problem = Diagonal([1, 0.01])
    let result = try hypergradient(at: problem.point(), by: Nystrom(columns: 2, shift: 0.01))
    let error = norm(minus(try result.value.numbers, problem.exact)) / norm(problem.exact)
    #expect(error > 0.4 && result.status == .truncated(error: .infinity), "\(error) \(result)")
  }

  @Test("a start of zeros has no power iteration")
  func zeroStart() throws {
    #expect(throws: HypergradientError.self) {
      try powerIteration(
        LinearMap(matrix: .eye(2, dtype: .f64)), like: [vector([0, 0])], steps: 5, start: [vector([0, 0])])
    }
  }

  @Test("bounds are of the hypergradient that is reported, or there is none")
  func bounds() throws {
    let problem = Diagonal([1, 5])
    let choices: [(any HypergradientMethod, HypergradientOptions)] = [
      (Nystrom(columns: 2, shift: 0.5), .init(strongConvexity: 1)),
      (Neumann(terms: 200, gamma: 0.2), .init(damping: 0.5, strongConvexity: 1)),
      (ConjugateGradient(iterations: 1), .init(strongConvexity: 1)),
      (ConjugateGradient(), .init(damping: 2, strongConvexity: 1)),
      (GMRES(restart: 1, iterations: 1), .init(strongConvexity: 1)),
      (MINRES(iterations: 1), .init(strongConvexity: 1)),
      (NormalEquations(iterations: 1), .init(strongConvexity: 1)),
      (Dense(), .init(damping: 0.1, strongConvexity: 1)),
    ]
    for (method, options) in choices {
      let result = try hypergradient(at: problem.point(), by: method, options)
      let error = norm(minus(try result.value.numbers, problem.exact))
      #expect(!result.errorIsBound || (result.error ?? 0) >= error, "\(error) \(result)")
      #expect(result.errorIsBound != (method is Nystrom), "\(result)")
      guard method is Neumann else { continue }
      for term in try result.allTerms() {
        let rest = norm(minus(try term.value.numbers, problem.exact))
        #expect(
          term.errorIsBound && term.error >= rest * (1 - 1e-12), "term \(term.k): \(term.error) for \(rest)")
      }
    }
  }

  @Test(
    "random products converge to no solution, bound nothing and refute nothing",
    arguments: [BatchPolicy.same, .fresh])
  func randomProducts(_ policy: BatchPolicy) throws {
    let curvatures = [1.0, 3.0]
    let problem = BilevelProblem(
      .batches(count: 2) { theta, lambda, batch in
        try (theta[0] - lambda[0]).square().sum() * (0.5 * curvatures[batch])
      }, outer: { theta, _ in try (theta[0] - 3).square().sum() })
    for seed in 0..<6 {
      let result = try hypergradient(
        of: problem, at: [vector([0.5])], [vector([0.5])], by: Neumann(terms: 60, gamma: 0.3),
        .init(strongConvexity: 1.9, batches: policy, seed: UInt64(seed)))
      #expect(
        !result.errorIsBound && (policy == .same || result.status == .truncated(error: .infinity)),
        "\(result)")
      #expect(try result.allTerms().allSatisfy { !$0.errorIsBound })
    }
  }

  @Test(
    "verified on the way to an outer optimum, where a step goes past it", arguments: [1e-2, 1e-5, 1e-9, 0])
  func nearOptimum(_ distance: Double) throws {
    let problem = BilevelProblem(
      inner: { try ($0[0] - $1[0]).square().sum() * 0.5 + $0[0].square().sum() * 0.1 },
      outer: { theta, _ in try (theta[0] - 0.7).square().sum() * 0.5 })
    let lambda = [try vector([0.84 + distance, 0.84])]
    let theta = try minimize(problem.inner, from: lambda, given: lambda).theta
    let report = try hypergradient(of: problem, at: theta, lambda, by: ConjugateGradient()).verify()
    #expect(report.passed, "\(report)")
  }

  @Test("stops are followed by methods at θ alone, which say so, and whose values are verified")
  func followedStops() throws {
    let problem = BilevelProblem(
      inner: { theta, lambda in
        try (theta[0] - lambda[0]).square().sum() + (frozen(theta)[0].square() * lambda[0]).sum() * 0.1
      }, outer: { theta, _ in try (theta[0] - 3).square().sum() * 0.5 })
    let point = ([try vector([1 / 2.1])], [try vector([0.5])])
    let result = try hypergradient(
      of: problem, at: point.0, point.1, by: ConjugateGradient(), .init(followsStops: true))
    #expect(abs(try result.value.numbers[0] + 2.28917) < 1e-5)
    let report = try result.verify()
    #expect(report.passed, "\(report)")
    for method in [OneStep(rate: 0.1), Unroll(last: 3), ForwardMode(steps: 3), FiniteDifference()]
      as [any HypergradientMethod]
    {
      #expect(throws: HypergradientError.self) {
        try hypergradient(of: problem, at: point.0, point.1, by: method, .init(followsStops: true))
      }
    }
  }

  @Test("forward steps of a matrix that grows before it falls are given")
  func transientSteps() throws {
    let point = try linearFixedPoint(Tensor([0.5, 20, 0, 0.5], shape: [2, 2]))
    let result = try hypergradient(at: point, by: ForwardMode(steps: 3, rate: 1))
    #expect(norm(minus(try result.value.numbers, [1.75, 41.75])) < 1e-9, "\(result)")
    let growing = try linearFixedPoint(Tensor([2, 0.3, 0, 0.5], shape: [2, 2]))
    var judged = 0
    for seed in 0..<8 {
      let drawn = try hypergradient(at: growing, by: RandomizedNeumann(terms: 20, seed: UInt64(seed)))
      if drawn.hvpCount >= 5 {
        judged += 1
        #expect(drawn.status.name == "divergent", "\(drawn)")
      }
    }
    #expect(judged > 2)
  }
}
