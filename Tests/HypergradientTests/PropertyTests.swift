import Autodiff
import Hypergradient
import Tensor
import Testing

/// A non-quadratic problem with two tensors on either side and a direct term; the inner loss is strongly convex with μ = 0.3.
struct Mixed {
  static func lambda(_ dtype: DType = .f64) throws -> [Tensor] {
    try [Tensor([0.5, -0.2, 0.8]).cast(to: dtype), Tensor.scalar(0.7, dtype: dtype)]
  }
  static func start(_ dtype: DType = .f64) throws -> [Tensor] {
    try [.zeros([3], dtype: dtype), .zeros([1, 2], dtype: dtype)]
  }
  static var problem: BilevelProblem {
    BilevelProblem(
      inner: { theta, lambda in
        let (a, b) = (theta[0], theta[1])
        let fit = try (a - lambda[0]).square().sum() * 0.5 + (a.sum() - b.sum() * lambda[1] - 1).softplus()
        return try fit + (b.square() * lambda[1].exp()).sum() * 0.5 + (dot(a, a) + b.square().sum()) * 0.15
      },
      outer: { theta, lambda in
        try (theta[0].sin() * theta[0]).sum() + (theta[1] - 0.5).square().sum() + lambda[0].square().sum()
          * 0.1
      }, thetaNames: ["a", "b"], lambdaNames: ["centre", "scale"])
  }

  static func point(_ dtype: DType = .f64) throws -> BilevelPoint {
    let lambda = try lambda(dtype)
    let best = try minimize(problem.inner, from: start(dtype), given: lambda)
    #expect(best.status == .converged, "\(best)")
    return try BilevelPoint(problem, theta: best.theta, lambda: lambda)
  }
}

@Suite("Properties of hypergradients")
struct PropertyTests {
  static let methods: [any HypergradientMethod] = [
    Neumann(terms: 400), Neumann(terms: 200, gamma: .optimal), ConjugateGradient(), MINRES(), GMRES(),
    Dense(),
    Unroll(last: 400),
  ]

  @Test("every method agrees with solving the inner problem again", arguments: 0..<methods.count)
  func agreement(_ index: Int) throws {
    let method = Self.methods[index]
    let point = try Mixed.point()
    let result = try hypergradient(at: point, by: method)
    let referee = try hypergradient(at: point, by: FiniteDifference())
    #expect(result.status == .converged && referee.status == .converged, "\(result)\n\(referee)")
    let (value, truth) = (try result.value.numbers, try referee.value.numbers)
    #expect(norm(minus(value, truth)) < 1e-8 * norm(truth), "\(method): \(value) for \(truth)")
    #expect(norm(truth) > 0.1)
  }

  @Test("a step against the hypergradient descends, with the sign flipped it climbs")
  func descent() throws {
    let point = try Mixed.point()
    let gradient = try hypergradient(at: point, by: ConjugateGradient()).value
    func outer(_ step: Double) throws -> Double {
      let lambda = try zip(point.lambda.tensors, gradient).map { try $0 + $1 * step }
      let best = try minimize(Mixed.problem.inner, from: point.theta.tensors, given: lambda)
      return try Mixed.problem.outer(best.theta, lambda).item()
    }
    let here = try outer(0)
    #expect(try outer(-1e-3) < here)
    #expect(try outer(1e-3) > here)
  }

  @Test(
    "products: three compositions of the Hessian, symmetry, and the adjoint of C",
    arguments: [DType.f64, .f32])
  func products(_ dtype: DType) throws {
    let point = try Mixed.point(dtype)
    let rounding = dtype == .f64 ? 1e-14 : 1e-5
    var stream = RandomStream(seed: 5)
    func random(_ like: [Tensor]) throws -> [Tensor] {
      try like.map { try stream.normals($0.shape, dtype: dtype) }
    }
    let (u, v) = (try random(point.theta.tensors), try random(point.theta.tensors))
    let w = try random(point.lambda.tensors)
    func product(_ a: [Tensor], _ b: [Tensor]) throws -> Double {
      zip(try a.numbers, try b.numbers).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let reference = try point.hessianProduct(v).numbers
    for mode in HVPMode.allCases {
      #expect(
        norm(minus(try point.hessianProduct(v, mode: mode).numbers, reference)) < 10 * rounding
          * norm(reference))
    }
    let symmetry = try product(u, point.hessianProduct(v)) - product(v, point.hessianProduct(u))
    #expect(abs(symmetry) < 10 * rounding)
    let adjoint = try product(point.mixed(w), v) - product(w, point.mixedTransposed(v))
    #expect(abs(adjoint) < 10 * rounding)
    let both = try point.products(v)
    #expect(norm(minus(try both.hessian.numbers, reference)) < 10 * rounding * norm(reference))
    let alone = try point.mixedTransposed(v).numbers
    #expect(norm(minus(try both.mixedTransposed.numbers, alone)) <= 10 * rounding * norm(alone))
    // Everything stays in the parameters' own precision and shape.
    #expect(both.hessian.allSatisfy { $0.dtype == dtype } && both.hessian.map(\.shape) == v.map(\.shape))
  }

  @Test("K terms take K products, the residual is the next term, and the ratio never falls")
  func accounting() throws {
    let point = try Mixed.point()
    let terms = try NeumannTerms(at: point, count: 30, gamma: 0.2)
    var counted = 0
    var last: NeumannTerm?
    for term in terms {
      counted += 1
      #expect(terms.hvpCount == counted)
      if let last {
        #expect(term.norm == last.residual && term.ratio >= last.ratio * (1 - 1e-12))
        let direct = minus(try point.outerGradient.numbers, try point.hessianProduct(last.q).numbers)
        #expect(norm(minus(direct, try term.v.numbers)) < 1e-13)
      }
      last = term
    }
    #expect(last?.k == 29 && terms.failure == nil)
    let result = try hypergradient(at: point, by: Neumann(terms: 30, gamma: 0.2))
    #expect(result.hvpCount == 30 && result.mixedCount <= 2)
    #expect(norm(minus(try result.value.numbers, try #require(last).value.numbers)) < 1e-13)
    #expect(norm(minus(try result.q.numbers, try #require(last).q.numbers)) < 1e-13)
  }

  @Test("the error shown bounds the error when strong convexity is certified, and estimates it otherwise")
  func errors() throws {
    let point = try Mixed.point()
    let exact = try hypergradient(at: point, by: Dense()).value.numbers
    for count in [2, 5, 10, 20] {
      let certified = HypergradientOptions(strongConvexity: 0.3)
      let bounded = try hypergradient(at: point, by: Neumann(terms: count, gamma: 0.15), certified)
      let error = norm(minus(try bounded.value.numbers, exact))
      let bound = try #require(bounded.error)
      #expect(bounded.errorIsBound && error <= bound, "\(count)")
      let estimated = try hypergradient(at: point, by: Neumann(terms: count, gamma: 0.15))
      let estimate = try #require(estimated.error)
      #expect(!estimated.errorIsBound && error <= 30 * estimate, "\(count)")
      let terms = Array(try NeumannTerms(at: point, count: count, gamma: 0.15, certified))
      #expect(terms.allSatisfy { $0.errorIsBound } && error <= (terms.last?.error ?? 0))
    }
  }

  @Test("damping solves (H + δ) q = b and says what it leaves; a warm start at the answer is done")
  func dampingAndWarmStart() throws {
    let point = try Mixed.point()
    let damped = try hypergradient(at: point, by: ConjugateGradient(tolerance: 1e-13), .init(damping: 0.5))
    let left = try point.hessianProduct(damped.q).numbers
    let system = zip(left, try damped.q.numbers).map { $0 + 0.5 * $1 }
    #expect(norm(minus(system, try point.outerGradient.numbers)) < 1e-11)
    #expect(damped.notes.contains { $0.contains("damping") })
    let dense = try hypergradient(at: point, by: Dense(), .init(damping: 0.5))
    #expect(norm(minus(try damped.value.numbers, try dense.value.numbers)) < 1e-10)
    let exact = try hypergradient(at: point, by: Dense())
    for method in [Neumann(terms: 3, gamma: 0.2), ConjugateGradient(), MINRES(), GMRES()]
      as [any HypergradientMethod]
    {
      let warm = try hypergradient(at: point, by: method, .init(warmStart: exact.q))
      #expect(norm(minus(try warm.value.numbers, try exact.value.numbers)) < 1e-9, "\(method)")
      #expect(warm.hvpCount <= 5)
    }
  }

  @Test("single precision agrees with double to its round-off")
  func single() throws {
    let exact = try hypergradient(at: Mixed.point(), by: Dense()).value.numbers
    for method in Self.methods {
      let result = try hypergradient(at: Mixed.point(.f32), by: method)
      let value = try result.value.numbers
      #expect(norm(minus(value, exact)) < 1e-4 * norm(exact), "\(method)")
      #expect(try result.value.allSatisfy { $0.dtype == .f32 })
    }
  }

  @Test("verify passes on a right number and fails on a wrong one")
  func verification() throws {
    let point = try Mixed.point()
    for method in [Neumann(terms: 20), ConjugateGradient(), Dense()] as [any HypergradientMethod] {
      let report = try hypergradient(at: point, by: method).verify()
      #expect(report.passed, "\(method)\n\(report)")
      #expect(report.checks.count == 7)
    }
    #expect(try hypergradient(at: Mixed.point(.f32), by: ConjugateGradient()).verify().passed)
    // Each sabotage is caught: damping that is not meant, a single step, and a series that is far too short for its claim.
    let damped = try hypergradient(at: point, by: Dense(), .init(damping: 1))
    let naive = try hypergradient(at: point, by: OneStep(.t1t2, rate: 0.01))
    #expect(try !damped.verify().passed && !naive.verify().passed)
    let short = try hypergradient(at: point, by: Neumann(terms: 1, gamma: 0.01))
    #expect(try !short.verify().passed)
  }

  @Test("compare ranks methods against the exact value and survives those that fail")
  func comparison() throws {
    let result = try hypergradient(at: Mixed.point(), by: Neumann(terms: 5))
    let table = try result.compare([
      ConjugateGradient(), Unroll(last: 20), FiniteDifference(), Neumann(terms: 5, gamma: 50),
      Dense(limit: 2),
    ])
    #expect(table.rows.count == 6)
    #expect((table.rows[1].relativeError ?? 1) < 1e-9 && (table.rows[3].cosine ?? 0) > 0.999999)
    #expect(table.rows[4].relativeError == nil && table.rows[4].result?.status.name == "divergent")
    #expect(table.rows[5].failure?.contains("dense(limit: 5)") == true)
    let text = "\(table)"
    #expect(text.contains("withheld") && text.contains("reference: dense()"))
    let costs = try plan([Neumann(terms: 20), Dense()], at: result.point)
    #expect(
      costs.rows.map(\.products) == [25, 5] && costs.gradientSeconds > 0 && "\(costs)".contains("HVPs"))
    #expect(
      costs.recordedBytes > 0
        && costs.rows[1].bytes == Double(5 * 5 * 8 + costs.recordedBytes + costs.productBytes))
  }
}
