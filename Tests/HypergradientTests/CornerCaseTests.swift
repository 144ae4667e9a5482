import Autodiff
import Hypergradient
import Tensor
import Testing

@Suite("Corners of solves")
struct CornerCaseTests {
  private static func quadratic(_ h: [Double], _ slope: [Double], _ dtype: DType = .f64) throws
    -> BilevelPoint
  {
    let n = slope.count
    let (h, b) = (try Tensor(h, shape: Shape([n, n])).cast(to: dtype), try vector(slope).cast(to: dtype))
    let problem = BilevelProblem(
      inner: { try $0[0].matmul(h.matmul($0[0])) * 0.5 - $0[0].matmul($1[0]) },
      outer: { theta, _ in try b.matmul(theta[0]) })
    let zeros = try Tensor.zeros(Shape([n]), dtype: dtype)
    return try BilevelPoint(problem, theta: [zeros], lambda: [zeros])
  }

  @Test("vectors of another type are converted, not read as they lie", arguments: [0, 1, 2, 3])
  func types(_ index: Int) throws {
    let point = try Self.quadratic([1, 0, 0, 4], [1, 1])
    let single = [try vector([0.5, 0.5]).cast(to: .f32)]
    switch index {
    case 0:
      for method in [ConjugateGradient(), MINRES(), GMRES(), Neumann(terms: 200), NormalEquations()]
        as [any HypergradientMethod]
      {
        let result = try hypergradient(at: point, by: method, .init(warmStart: single))
        #expect(norm(minus(try result.value.numbers, [1, 0.25])) < 1e-8, "\(result)")
      }
    case 1:
      let options = HypergradientOptions(preconditioner: .custom { [try $0[0].cast(to: .f32)] })
      for method in [GMRES(), ConjugateGradient()] as [any HypergradientMethod] {
        let result = try hypergradient(at: point, by: method, options)
        #expect(norm(minus(try result.value.numbers, [1, 0.25])) < 1e-6, "\(result)")
      }
    case 2:
      let bounds = try lanczos(
        point.hessian, like: point.theta.tensors, steps: 2, start: [vector([1, 0.3]).cast(to: .f32)])
      #expect(norm(minus(bounds.ritzValues, [1, 4])) < 1e-12)
      let quotients = try powerIteration(point.hessian, like: point.theta.tensors, steps: 60, start: single)
      #expect(abs((quotients.last ?? 0) - 4) < 1e-9)
    default:
      #expect(norm(minus(try point.hessianProduct(single).numbers, [0.5, 2])) == 0)
      #expect(throws: HypergradientError.self) { try point.hessianProduct([vector([1])]) }
    }
  }

  @Test("MINRES takes the length of b for no size of the matrix", arguments: [1e3, 1e4])
  func scales(_ size: Double) throws {
    let point = try Self.quadratic([1e-3, 3e-4, 3e-4, 2e-3], [size, size], .f32)
    let result = try hypergradient(at: point, by: MINRES())
    let exact = [890052.36 * size, 366492.15 * size].map { $0 / 1e3 }
    #expect(norm(minus(try result.value.numbers, exact)) < 1e-4 * norm(exact), "\(result)")
  }

  @Test("where ∇θ f is 0, q is 0, from any start")
  func nothing() throws {
    let point = try Self.quadratic([0.6, 0.3, 0.3, 1.04], [0, 0], .f32)
    let start = [try vector([3.7, -1.9]).cast(to: .f32)]
    for method in [ConjugateGradient(), MINRES(), GMRES(), NormalEquations(), Neumann()]
      as [any HypergradientMethod]
    {
      let result = try hypergradient(at: point, by: method, .init(warmStart: start))
      #expect(try result.status == .converged && result.q.numbers.allSatisfy { $0 == 0 }, "\(result)")
    }
  }

  @Test("steps beyond the limit diverge in every method that takes them")
  func steps() throws {
    let point = try Self.quadratic([1, 0, 0, 4], [1, 1])
    for method in [
      ForwardMode(steps: 20, rate: 3), Unroll(last: 20, rate: 3), RandomizedNeumann(gamma: 3, seed: 1),
    ]
      as [any HypergradientMethod]
    {
      let result = try hypergradient(at: point, by: method)
      #expect(result.status.name == "divergent", "\(result)")
    }
    let right = try hypergradient(at: point, by: ForwardMode(steps: 200, rate: 0.3))
    #expect(norm(minus(try right.value.numbers, [1, 0.25])) < 1e-9)
  }

  @Test("the derivative of steps from a point that is no minimum is given, whatever its size")
  func procedures() throws {
    // θ₁ = λ - 0.1 cos'(λ) = λ + 0.1 sin λ from the start λ; f = θ₁²: dF/dλ = 2 θ₁ (1 + 0.1 cos λ).
    let problem = BilevelProblem(
      inner: { theta, _ in try theta[0].cos() }, outer: { theta, _ in try theta[0].square() })
    let result = try hypergradient(
      of: problem, at: [scalar(0.5)], [scalar(0.5)],
      by: Unroll(last: 1, rate: 0.1, from: .function { $0 }))
    let (sine, cosine) = (0.479425538604203, 0.877582561890373)
    let exact: Double = 2 * (0.5 + 0.1 * sine) * (1 + 0.1 * cosine)
    #expect(abs(try result.value.numbers[0] - exact) < 1e-12)
    #expect(!result.notes.contains { $0.contains("neither loss") }, "\(result.notes)")
  }

  @Test("solving again finds no minimum where there is none, and sees no step below precision")
  func referee() throws {
    let saddle = try Self.quadratic([-1, 0, 0, 4], [1, 1])
    #expect(throws: HypergradientError.self) { try hypergradient(at: saddle, by: FiniteDifference()) }
    let point = try Self.quadratic([1, 0, 0, 4], [1, 1])
    #expect(throws: HypergradientError.self) {
      try hypergradient(at: point, by: FiniteDifference(step: 1e-17))
    }
  }

  @Test("the fastest step converges where the lower end is not known")
  func optimalStep() throws {
    let values = (0..<120).map { pow10($0) }
    let h = try vector(values)
    let problem = BilevelProblem(
      inner: { try ($0[0].square() * h).sum() * 0.5 - ($0[0] * $1[0]).sum() },
      outer: { theta, _ in try theta[0].sum() })
    let zeros = try Tensor.zeros([120], dtype: .f64)
    let result = try hypergradient(
      of: problem, at: [zeros], [zeros], by: Neumann(terms: 400, gamma: .optimal))
    #expect(abs(try result.value.numbers[0] - 1) < 1e-9, "\(result)")
  }

  /// 1 … 1e-3 in 120 steps of equal ratio.
  private func pow10(_ index: Int) -> Double { (0..<index).reduce(1) { value, _ in value * 0.94362 } }

  @Test("a method that refuses the problem has failed, and the next is tried")
  func refusals() throws {
    let a = try Tensor([0.5, 0.2, 0, 0.3], shape: [2, 2])
    let problem = BilevelProblem(
      .fixedPoint { [try a.matmul($0[0]) + $1[0]] }, outer: { theta, _ in try theta[0].sum() })
    let lambda = try vector([1, 2])
    let theta = try (Tensor.eye(2, dtype: .f64) - a).inverse().matmul(lambda)
    let result = try hypergradient(
      of: problem, at: [theta], [lambda], by: ConjugateGradient(), .init(fallback: [GMRES()]))
    #expect(result.method is GMRES && result.notes.contains { $0.contains("cg() refused") }, "\(result)")
    #expect(throws: HypergradientError.self) {
      try hypergradient(
        of: problem, at: [theta], [lambda], by: ConjugateGradient(), .init(fallback: [MINRES()]))
    }
  }

  @Test("Adam's warning is of elements without gradient and moments, with any correction and ε")
  func adamWarning() throws {
    func warned(_ slope: [Double], _ step: AdamStep) throws -> Bool {
      let s = try vector(slope)
      let problem = BilevelProblem(
        inner: { try ($0[0] * s).sum() + ($0[0] * $1[0]).sum() * 0 },
        outer: { theta, _ in try theta[0].sum() })
      let zeros = try vector(slope.map { _ in 0 })
      return try hypergradient(of: problem, at: [zeros], [zeros], by: step).notes.contains {
        $0.contains("dominate")
      }
    }
    #expect(
      try warned([1, 0], AdamStep(rate: 0.01)) && warned([1, 0], AdamStep(rate: 0.01, biasCorrection: false)))
    #expect(try warned([1, 0], AdamStep(rate: 0.01, step: 1000)))
    #expect(try !warned([1, 2], AdamStep(rate: 0.01)) && !warned([1, 2], AdamStep(rate: 0.01, epsilon: 1)))
  }
}
