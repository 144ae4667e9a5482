import Autodiff
import Hypergradient
import Tensor
import Testing

@Suite("Options of a solve")
struct OptionTests {
  static func illConditioned() throws -> (problem: BilevelProblem, theta: [Tensor], lambda: [Tensor]) {
    // Scales from 1 to 1e6 on the diagonal, coupled: hard without a preconditioner, easy with one.
    let n = 12
    let scale = (0..<n).map { 1.0.power10(Double($0) * 6 / Double(n - 1)) }
    let root = scale.map { $0.squareRoot() }
    let elements = (0..<n * n).map { root[$0 / n] * root[$0 % n] * ($0 / n == $0 % n ? 1 : 0.3 / Double(n)) }
    let h = try Tensor(elements, shape: Shape([n, n]))
    let c = try Tensor((0..<2 * n).map { Double($0 % 5) - 2 }, shape: Shape([n, 2]))
    let b = try Tensor((0..<n).map { 1 + Double($0 % 3) })
    return (
      linearProblem(h: h, c: c, b: b), [try .zeros([n], dtype: .f64)], [try vector([0.3, -0.4])]
    )
  }

  @Test("preconditioners change the work and not the solution")
  func preconditioners() throws {
    let (problem, theta, lambda) = try Self.illConditioned()
    let point = try BilevelPoint(problem, theta: theta, lambda: lambda)
    let truth = try hypergradient(at: point, by: Dense()).value.numbers
    let h = try hessian(at: theta[0]) { try problem.inner([$0], lambda) }
    let diagonal = try Tensor((0..<12).map { try h.doubles()[$0 * 13] })
    let plain = try hypergradient(at: point, by: ConjugateGradient())
    let choices: [Preconditioner] = [
      .jacobi, .diagonal([try diagonal.reciprocal()]), .adam(secondMoment: [try diagonal.square()]),
      .custom { [try $0[0] / diagonal] },
    ]
    for (index, choice) in choices.enumerated() {
      let methods: [any HypergradientMethod] =
        index == 3
        ? [ConjugateGradient(), GMRES(), Dense()]
        : [ConjugateGradient(), MINRES(), GMRES(), Neumann(terms: 300), Dense()]
      for method in methods {
        let result = try hypergradient(at: point, by: method, .init(preconditioner: choice))
        let value = try result.value.numbers
        #expect(norm(minus(value, truth)) < 1e-7 * norm(truth), "\(index) \(result)")
        if method is ConjugateGradient {
          #expect(result.solution.residuals.count < plain.solution.residuals.count, "\(plain)")
        }
      }
    }
    #expect(throws: HypergradientError.self) {
      _ = try hypergradient(
        at: point, by: ConjugateGradient(), .init(preconditioner: .diagonal([-diagonal])))
    }
    for (method, sign) in [(MINRES(), 1.0), (ConjugateGradient(), -1)] as [(any HypergradientMethod, Double)]
    {
      #expect(throws: HypergradientError.self) {
        _ = try hypergradient(
          at: point, by: method, .init(preconditioner: .custom { [try $0[0] / diagonal * sign] }))
      }
    }
  }

  @Test("a fallback takes the place of a failure, and the report says so")
  func fallback() throws {
    let problem = linearProblem(
      h: try diagonal([1, 4, 10]), c: try .eye(3, dtype: .f64), b: try vector([1, 1, 1]))
    let point = try BilevelPoint(
      problem, theta: [.zeros([3], dtype: .f64)], lambda: [.zeros([3], dtype: .f64)])
    let method = Neumann(terms: 10, gamma: 0.25)
    let failed = try hypergradient(at: point, by: method)
    #expect(failed.status.name == "divergent")
    #expect(throws: HypergradientError.self) { _ = try failed.value }
    let saved = try hypergradient(at: point, by: method, .init(fallback: [ConjugateGradient()]))
    #expect(saved.status == .converged && saved.method is ConjugateGradient)
    #expect(saved.notes.contains { $0.contains("divergent") && $0.contains("as asked") })
    #expect(norm(minus(try saved.value.numbers, [-1, -0.25, -0.1])) < 1e-12)
  }

  @Test("batch policies: full, the same, fresh; recorded in the result, and refused where they make no sense")
  func batches() throws {
    let row = try Case.named("21_stochastic_neumann")
    let samples = try row.inputs["H_samples"].list.map { try $0.tensor }
    let b = try row.inputs["grad_theta_f"].tensor
    let problem = BilevelProblem(
      .batches(count: samples.count) { theta, lambda, batch in
        try dot(theta[0], samples[batch].matmul(theta[0])) * 0.5 + dot(theta[0], lambda[0])
      }, outer: { theta, _ in try dot(b, theta[0]) })
    let point = try BilevelPoint(
      problem, theta: [.zeros([2], dtype: .f64)], lambda: [.zeros([2], dtype: .f64)])
    let terms = Int(try row.inputs["K"].number) + 1
    let method = Neumann(terms: terms, gamma: .literal(try row.inputs["gamma"].number))
    let full = try hypergradient(at: point, by: method, .init(batches: .full))
    row.expect(try full.q.numbers, try row.expected["full_batch_q_K"].numbers, "full")
    #expect(full.batches.isEmpty)
    // Unasked, a series takes fresh batches, a solve the whole; and a step is chosen by the whole even so.
    let unasked = try hypergradient(at: point, by: method)
    #expect(unasked.batchPolicy == .fresh && unasked.description.contains("fresh"))
    #expect(try hypergradient(at: point, by: ConjugateGradient()).batchPolicy == .full)
    let chosen = try hypergradient(at: point, by: Neumann(terms: terms))
    let whole = try hypergradient(at: point, by: Neumann(terms: terms), .init(batches: .full))
    #expect(try #require(chosen.gamma) == (try #require(whole.gamma)))
    // Every seed is one sequence; weighting each sequence met equally enumerates all.
    var fresh: [[Int]: [Double]] = [:]
    var same: [Int: [Double]] = [:]
    for seed in 0..<2000 {
      let noisy = try hypergradient(at: point, by: method, .init(batches: .fresh, seed: UInt64(seed)))
      fresh[Array(noisy.batches.prefix(terms - 1))] = try noisy.q.numbers
      let reused = try hypergradient(at: point, by: method, .init(batches: .same, seed: UInt64(seed)))
      #expect(reused.batches.count == 1)
      same[reused.batches[0]] = try reused.q.numbers
    }
    #expect(fresh.count == 64 && same.count == 4)
    func mean(_ values: some Collection<[Double]>) -> [Double] {
      (0..<2).map { index in values.reduce(0) { $0 + $1[index] } / Double(values.count) }
    }
    row.expect(mean(fresh.values), try row.expected["mean_over_all_64_sequences"].numbers, "fresh")
    row.expect(mean(same.values), try row.expected["reuse_same_batch_mean"].numbers, "same")
    row.expect(minus(mean(same.values), try full.q.numbers), try row.expected["reuse_bias"].numbers, "bias")
    let sequence = try row.inputs["index_sequence"].numbers.map { Int($0) }
    row.expect(
      try #require(fresh[sequence]), try row.expected["q_for_index_sequence"].numbers, "one sequence")
    #expect(throws: HypergradientError.self) {
      _ = try hypergradient(at: point, by: ConjugateGradient(), .init(batches: .fresh))
    }
    #expect(throws: HypergradientError.self) {
      _ = try hypergradient(at: Mixed.point(), by: Neumann(), .init(batches: .same))
    }
  }

  @Test("randomised truncation is unbiased for the truncated series")
  func randomized() throws {
    let row = try Case.named("21_stochastic_neumann")
    let samples = try row.inputs["H_samples"].list.map { try $0.tensor }
    let average = try samples.dropFirst().reduce(samples[0]) { try $0 + $1 } * 0.25
    let map = try LinearMap(matrix: average, symmetry: .symmetric)
    let b = [try row.inputs["grad_theta_f"].tensor]
    let gamma = try row.inputs["gamma"].number
    var byPower: [String: [Double]] = [:]
    for seed in 0..<64 {
      let solution = try RandomizedNeumann(terms: 4, gamma: .literal(gamma), seed: UInt64(seed)).solve(map, b)
      byPower[solution.notes[0]] = try solution.q.numbers
    }
    #expect(byPower.count == 4)
    let mean = (0..<2).map { index in byPower.values.reduce(0) { $0 + $1[index] } / 4 }
    row.expect(mean, try row.expected["full_batch_q_K"].numbers, "mean over powers")
  }

  @Test("case 26: Adam's step in closed form, with and without bias correction, and at zero")
  func adamStep() throws {
    let row = try Case.named("26_adam_aware_step")
    let value = { (key: String) in try row.inputs[key].number }
    let g = try row.inputs["g"].tensor
    var method = AdamStep(
      rate: try value("lr"), first: [try row.inputs["m0"].tensor], second: [try row.inputs["v0"].tensor],
      step: Int(try value("t")), beta1: try value("beta1"), beta2: try value("beta2"),
      epsilon: try value("eps"))
    let (update, slope) = try method.update([g])
    row.expect(try update.numbers, try row.expected["update"].numbers, "update")
    row.expect(try slope.numbers, try row.expected["du_dg_exact"].numbers, "du/dg")
    // g(θ) = g'θ + θ'Cλ at θ = 0, λ = 0 has gradient g and mixed derivative C.
    let (c, b) = (try row.inputs["C"].tensor, try row.inputs["grad_theta_f"].tensor)
    let problem = BilevelProblem(
      inner: { try dot(g, $0[0]) + dot($0[0], c.matmul($1[0])) }, outer: { theta, _ in try dot(b, theta[0]) })
    let point = try BilevelPoint(
      problem, theta: [.zeros([3], dtype: .f64)], lambda: [.zeros([2], dtype: .f64)])
    let result = try hypergradient(at: point, by: method)
    row.expect(try result.value.numbers, try row.expected["meta_gradient_exact"].numbers, "meta-gradient")
    method.biasCorrection = false
    let sama = try method.update([g]).slope.numbers
    row.expect(sama, try row.expected["du_dg_sama_no_bias_correction"].numbers, "SAMA")
    let factor = try row.expected["bias_correction_factor"].number
    row.expect(try slope.numbers, sama.map { $0 * factor }, "SAMA is off by the bias correction")
    let plain = try hypergradient(at: point, by: OneStep(.t1t2, rate: value("lr"))).value.numbers
    row.expect(plain, try row.expected["meta_gradient_sgd_same_lr"].numbers, "as if SGD")
    let corner = try AdamStep(rate: 0.01).update([scalar(0)])
    row.expect(
      try corner.slope.numbers, [try row.expected["first_step_zero_gradient"]["du_dg"].number], "zero")
    let flat = BilevelProblem(
      inner: { try dot($0[0], c.matmul($1[0])) }, outer: { theta, _ in try dot(b, theta[0]) })
    let warned = try hypergradient(
      of: flat, at: [.zeros([3], dtype: .f64)], [.zeros([2], dtype: .f64)], by: AdamStep(rate: 0.01))
    #expect(warned.notes.contains { $0.contains("du/dg") } && warned.indirect[0].isFiniteEverywhere)
  }

  @Test("checkpoints hold fewer iterates and change nothing", arguments: [1, 2, 3, 7, 20])
  func checkpoints(_ count: Int) throws {
    let problem = Mixed.problem
    let (theta, lambda) = (try Mixed.start(), try Mixed.lambda())
    let whole = try hypergradient(of: problem, at: theta, lambda, by: Unroll(last: 13, rate: 0.2))
    let sparse = try hypergradient(
      of: problem, at: theta, lambda, by: Unroll(last: 13, rate: 0.2, checkpoints: count))
    #expect(try whole.unqualifiedValue.numbers == sparse.unqualifiedValue.numbers)
    let forward = try hypergradient(of: problem, at: theta, lambda, by: ForwardMode(steps: 13, rate: 0.2))
    let (a, b) = (try forward.unqualifiedValue.numbers, try whole.unqualifiedValue.numbers)
    #expect(norm(minus(a, b)) < 1e-12 * norm(b))
  }

  @Test("minima that are differentiated give first and second derivatives of θ*(λ)")
  func argminDerivatives() throws {
    // θ* = λ³ by hand: g = 0.5 (θ - λ³)² + a term that vanishes at the minimum with its slope.
    let inner: BilevelLoss = {
      try ($0[0] - $1[0] * $1[0] * $1[0]).square() * 0.5 + ($0[0] - $1[0] * $1[0] * $1[0]).square().square()
    }
    let lambda = try scalar(0.7)
    let best = try minimize(inner, from: [scalar(0)], given: [lambda]).theta
    let theta: (Tensor) throws -> Tensor = { try argmin(inner, at: best, given: [$0])[0] }
    #expect(abs(try grad(theta)(lambda).item() - 3 * 0.49) < 1e-9)
    #expect(abs(try grad(grad(theta))(lambda).item() - 6 * 0.7) < 1e-8)
  }
}

extension Double {
  fileprivate func power10(_ exponent: Double) -> Double {
    var result = self
    for _ in 0..<Int(exponent) { result *= 10 }
    let rest = exponent - exponent.rounded(.down)
    return result * (1 + rest * 9)
  }
}

extension Tensor {
  fileprivate var isFiniteEverywhere: Bool { (try? doubles().allSatisfy(\.isFinite)) ?? false }
}
