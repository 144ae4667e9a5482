import Autodiff
import Foundation
import Hypergradient
import Tensor
import Testing

@Suite("Reference cases of spectra, nesting and the dual loop")
struct OperatorCaseTests {
  @Test("case 30: Lanczos bounds, which steps to trust, and a blind start")
  func spectrum() throws {
    let row = try Case.named("30_spectral_bounds")
    let n = 20
    var elements = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      elements[i * n + i] = 2
      if i > 0 { elements[i * n + i - 1] = -1 }
      if i < n - 1 { elements[i * n + i + 1] = -1 }
    }
    let map = try LinearMap(matrix: Tensor(elements, shape: [n, n]), symmetry: .symmetric)
    let start = [try (vector((1...n).map(Double.init))).sin() + 0.5]
    for want in row.expected["lanczos"].list {
      let steps = Int(try want["m"].number)
      let bounds = try lanczos(map, like: start, steps: steps, start: start)
      row.expect(
        [
          bounds.ritzMin, bounds.ritzMax, bounds.errorMin, bounds.errorMax, bounds.bareGamma,
          bounds.optimalGamma,
        ],
        try ["ritz_min", "ritz_max", "err_bound_min", "err_bound_max", "gamma_from_ritz", "gamma_inflated"]
          .map {
            try want[$0].number
          }, "m = \(steps)")
      #expect(bounds.isTrusted == (want["trusted"].value as? Bool))
      let limit = 2 / (try row.expected["exact_max"].number)
      #expect((bounds.bareGamma < limit) == (want["gamma_from_ritz_converges"].value as? Bool))
      #expect((bounds.optimalGamma < limit) == (want["gamma_inflated_converges"].value as? Bool))
    }
    let quotients = try powerIteration(map, like: start, steps: 100, start: start)
    for (steps, want) in row.expected["power_iteration_rayleigh"].value as? [String: Double] ?? [:] {
      let near = try #require(Int(steps))
      let candidates = [near - 1, near].filter { $0 < quotients.count }.map { quotients[$0] }
      #expect(candidates.contains { row.isClose([$0], [want]) }, "\(steps): \(candidates) for \(want)")
    }
    let blind = try lanczos(map, like: start, steps: n, start: [.ones([n], dtype: .f64)])
    let ones = row.expected["ones_start"]
    row.expect([blind.ritzMax], [try ones["ritz_max"].number], "blind")
    #expect(blind.steps == Int(try ones["krylov_dimension"].number))
    // The library's own start is random, so that it sees what a symmetric one does not.
    let seen = try lanczos(map, like: start, steps: n)
    row.expect(
      [seen.ritzMin, seen.ritzMax],
      [try row.expected["exact_min"].number, try row.expected["exact_max"].number], "all")
    for steps in 5...20 {
      let bounds = try lanczos(map, like: start, steps: steps)
      #expect(!bounds.isTrusted || bounds.safeGamma < 2 / 3.977661652450257, "auto γ after \(steps)")
    }
  }

  @Test("case 32: nested derivatives are not confused")
  func nesting() throws {
    let row = try Case.named("32_ad_nesting")
    let want = row.expected["values"].list
    typealias Function = (Tensor) throws -> Tensor
    func d(_ f: @escaping Function) -> Function { grad(f) }
    func times(_ order: Int, _ f: @escaping Function) -> Function { (0..<order).reduce(f) { f, _ in d(f) } }
    let one = try scalar(1)
    let values: [Double?] = [
      try d({ x in try x * d({ y in try x + y })(one) })(one).item(),
      try d({ x in try x * d({ y in try x * y })(one) })(scalar(4)).item(),
      try d({ x in try x * d({ y in try y.square() })(x) })(one).item(),
      try times(2, { x in try d({ y in try x.power(3) * y.square() })(scalar(3)) })(scalar(2)).item(),
      try times(5, { x in try x * (-x).exp() })(scalar(0.7)).item(),
      try times(3, { x in try x.sin().square() })(scalar(0.4)).item(),
      nil,
    ]
    for (index, value) in values.enumerated() {
      guard let value else { continue }
      row.expect([value], [try want[index].number], "expression \(index)", tolerance: 1e-11)
    }
    let problem = try Logistic().problem(mu: 0)
    let point = try vector([0.3, -0.2, 0.1])
    let ones = try vector(LogisticCaseTests.weights)
    let v = try vector([1, -0.5, 2])
    let inner: Function = { try problem.inner([$0], [ones]) }
    let twice = try grad({ v in try dot(v, hvp(at: point, along: v, mode: .reverseOverReverse, inner)) })(v)
    let product = try hvp(at: point, along: v, inner)
    row.expect(try twice.doubles(), try (product * 2).doubles(), "∇v v'Hv = 2 H v")
    #expect(try d({ x in try (x * x).sqrt() })(scalar(0)).item() == (try want[7].number))
  }

  @Test("case 33: fifteen steps of TAME's dual loop")
  func dualLoop() throws {
    let row = try Case.named("33_tame_mini_dual_loop")
    let loop = try DualLoop(row)
    var lambda = try row.inputs["lam0"].tensor
    var theta = try row.inputs["theta0"].tensor
    var matches: [Double] = []
    for want in row.expected["trajectory"].list {
      let gradient = try loop.innerGradient(theta, lambda)
      let candidate = try theta - gradient * loop.alpha
      let phi = try loop.validator(candidate).detached
      let result = try hypergradient(
        of: loop.problem { _ in phi }, at: [candidate], [lambda],
        by: Neumann(terms: loop.powers + 1, gamma: .literal(loop.gamma)))
      let what = "t = \(Int(try want["t"].number))"
      matches.append(result.point.outerValue)
      row.expect([result.point.outerValue], [try want["match"].number], "match, " + what)
      row.expect(try result.unqualifiedValue.numbers, try want["hypergradient"].numbers, what)
      row.expect(try lambda.softmax().doubles(), try want["weights"].numbers, "weights, " + what)
      row.expect([result.relativeResidual], [try want["neumann_residual"].number], "residual, " + what)
      row.expect([result.innerGradientNorm], [try want["inner_grad_norm"].number], "|∇g|, " + what)
      lambda = try lambda - result.unqualifiedValue[0] * loop.beta
      theta = try theta - loop.innerGradient(theta, lambda) * loop.alpha
    }
    row.expect(try lambda.softmax().doubles(), try row.expected["final_weights"].numbers, "final weights")
    #expect((matches.last ?? 1) < matches[0])
    let wrong = try row.expected["match_trajectory_with_missing_minus_sign"].numbers
    #expect(!row.isClose(matches, wrong))
  }

  @Test("case 33: the validator's path is visible, and changes the hypergradient when it is stopped")
  func paths() throws {
    let row = try Case.named("33_tame_mini_dual_loop")
    let want = row.expected["at_lam0_converged"]
    let loop = try DualLoop(row)
    let lambda = [try row.inputs["lam0"].tensor]
    let best = try minimize(
      loop.problem(loop.validator).inner, from: [row.inputs["theta0"].tensor], given: lambda)
    row.expect(try best.theta.numbers, try want["theta_star"].numbers, "θ*")
    let phi = try loop.validator(best.theta[0]).detached
    row.expect(try phi.doubles(), try want["phi_star"].numbers, "φ*")
    let full = try hypergradient(of: loop.problem(loop.validator), at: best.theta, lambda, by: Dense())
    row.expect(try full.value.numbers, try want["hypergradient_full"].numbers, "full")
    let frozen = try hypergradient(of: loop.problem { _ in phi }, at: best.theta, lambda, by: Dense())
    row.expect(try frozen.value.numbers, try want["hypergradient_phi_frozen"].numbers, "frozen")
    #expect(!row.isClose(try frozen.value.numbers, try full.value.numbers))
  }

  @Test("case 35: Hessian-vector products in every composition, and higher derivatives along a line")
  func modes() throws {
    let row = try Case.named("35_hvp_modes")
    let rosenbrock: (Tensor) throws -> Tensor = { x in
      let (a, b) = (try x.narrowed(axis: 0, start: 0, count: 3), try x.narrowed(axis: 0, start: 1, count: 3))
      return try ((b - a.square()).square() * 100 + (1 - a).square()).sum()
    }
    let (x, v) = (try row.inputs["x"].tensor, try row.inputs["v"].tensor)
    let (value, gradient) = try valueAndGrad(at: x, rosenbrock)
    row.expect([try value.item()], [try row.expected["value"].number], "value")
    row.expect(try gradient.doubles(), try row.expected["gradient"].numbers, "gradient")
    let problem = BilevelProblem(
      inner: { theta, _ in try rosenbrock(theta[0]) }, outer: { theta, _ in try rosenbrock(theta[0]) })
    let point = try BilevelPoint(problem, theta: [x], lambda: [scalar(0)])
    for mode in HVPMode.allCases {
      row.expect(try point.hessianProduct([v], mode: mode).numbers, try row.expected["Hv"].numbers, "\(mode)")
    }
    row.expect(
      try hessian(at: x, rosenbrock).doubles(), try row.expected["H"].list.flatMap { try $0.numbers }, "dense"
    )
    let bounds = try lanczos(point.hessian, like: [x], steps: 4)
    row.expect(bounds.ritzValues, try row.expected["eigenvalues"].numbers, "eigenvalues", tolerance: 1e-11)
    let line: (Tensor) throws -> Tensor = { try rosenbrock(x + v * $0) }
    let second = grad(grad(line))
    row.expect([try second(scalar(0)).item()], [try row.expected["vHv"].number], "D2")
    row.expect([try grad(second)(scalar(0)).item()], [try row.expected["D3_vvv"].number], "D3")
    row.expect([try grad(grad(second))(scalar(0)).item()], [try row.expected["D4_vvvv"].number], "D4")
  }
}

@Suite("Reference cases of noise and of Adam")
struct StochasticCaseTests {
  @Test("case 21: a fresh sample each term is unbiased over all sequences, one reused sample is not")
  func batches() throws {
    let row = try Case.named("21_stochastic_neumann")
    let samples = try row.inputs["H_samples"].list.map { try $0.tensor }
    let b = [try row.inputs["grad_theta_f"].tensor]
    let terms = Int(try row.inputs["K"].number) + 1
    let method = Neumann(terms: terms, gamma: .literal(try row.inputs["gamma"].number))
    func q(_ sequence: [Int]) throws -> [Double] {
      var step = 0
      // The last product gives the residual only, so any sample serves.
      let map = LinearMap(symmetry: .general) { v in
        defer { step += 1 }
        return [try samples[sequence[min(step, sequence.count - 1)]].matmul(v[0])]
      }
      return try method.solve(map, b).q.numbers
    }
    func mean(_ values: [[Double]]) -> [Double] {
      values[0].indices.map { index in values.reduce(0) { $0 + $1[index] } / Double(values.count) }
    }
    let count = samples.count
    var all: [[Double]] = []
    for i in 0..<count { for j in 0..<count { for k in 0..<count { all.append(try q([i, j, k])) } } }
    row.expect(mean(all), try row.expected["mean_over_all_64_sequences"].numbers, "fresh")
    let variance =
      all.reduce(0) { $0 + norm(minus($1, mean(all))) * norm(minus($1, mean(all))) } / Double(all.count)
    row.expect([variance], [try row.expected["total_variance_fresh"].number], "variance")
    let reused = mean(try (0..<count).map { try q([$0, $0, $0]) })
    row.expect(reused, try row.expected["reuse_same_batch_mean"].numbers, "reused")
    let sequence = try row.inputs["index_sequence"].numbers.map { Int($0) }
    row.expect(try q(sequence), try row.expected["q_for_index_sequence"].numbers, "one sequence")
    let average = try samples.dropFirst().reduce(samples[0]) { try $0 + $1 } * (1 / Double(count))
    let full = try LinearMap(matrix: average)
    row.expect(try method.solve(full, b).q.numbers, try row.expected["full_batch_q_K"].numbers, "full")
    row.expect(try Dense().solve(full, b).q.numbers, try row.expected["exact_q"].numbers, "exact")
    #expect(!row.isClose(reused, try row.expected["full_batch_q_K"].numbers))
  }

  @Test("case 26: the derivative of Adam's step by automatic differentiation")
  func adam() throws {
    let row = try Case.named("26_adam_aware_step")
    let value = { (key: String) in try row.inputs[key].number }
    let (b1, b2, eps, lr) = (try value("beta1"), try value("beta2"), try value("eps"), try value("lr"))
    func update(_ g: Tensor, _ m0: Tensor, _ v0: Tensor, _ t: Double) throws -> Tensor {
      let m = try (m0 * b1 + g * (1 - b1)) / (1 - Foundation.pow(b1, t))
      let v = try (v0 * b2 + g.square() * (1 - b2)) / (1 - Foundation.pow(b2, t))
      return try m * lr / (v.sqrt() + eps)
    }
    let (g, m0, v0) = (try row.inputs["g"].tensor, try row.inputs["m0"].tensor, try row.inputs["v0"].tensor)
    let t = try value("t")
    row.expect(try update(g, m0, v0, t).doubles(), try row.expected["update"].numbers, "update")
    let slope = try valueAndGrad(at: g) { try update($0, m0, v0, t).sum() }.gradient
    row.expect(try slope.doubles(), try row.expected["du_dg_exact"].numbers, "du/dg")
    let q = try slope * row.inputs["grad_theta_f"].tensor
    let meta = try (-(row.inputs["C"].tensor.transposed().matmul(q))).doubles()
    row.expect(meta, try row.expected["meta_gradient_exact"].numbers, "meta-gradient")
    let corner = row.expected["first_step_zero_gradient"]
    let zero = try scalar(0)
    let first = try valueAndGrad(at: zero) { try update($0, zero, zero, 1) }
    row.expect([try first.gradient.item()], [try corner["du_dg"].number], "zero gradient")
  }
}

/// The miniature of case 33: a weighted inner loss, a ridge validator φ on the features, and the match it is judged by.
struct DualLoop {
  let s: Tensor, a: Tensor, x: Tensor, y: Tensor, xv: Tensor, yv: Tensor
  let mu: Double, ridge: Double, alpha: Double, beta: Double, gamma: Double
  let powers: Int

  init(_ row: Case) throws {
    s = try row.inputs["patch_curvatures"].tensor
    a = try row.inputs["patch_targets"].tensor
    x = try row.inputs["X_ft"].tensor
    y = try row.inputs["y_ft"].tensor
    xv = try row.inputs["X_val"].tensor
    yv = try row.inputs["y_val"].tensor
    mu = try row.inputs["mu"].number
    ridge = try row.inputs["ridge_validator"].number
    alpha = try row.inputs["alpha_inner"].number
    beta = try row.inputs["beta_outer"].number
    gamma = try row.inputs["gamma"].number
    powers = Int(try row.inputs["K"].number)
  }

  func inner(_ theta: Tensor, _ lambda: Tensor) throws -> Tensor {
    let losses = try ((theta - a).square() * s).sum([1]) * 0.5
    return try dot(lambda.softmax(), losses) + dot(theta, theta) * (0.5 * mu)
  }

  func innerGradient(_ theta: Tensor, _ lambda: Tensor) throws -> Tensor {
    try valueAndGrad(at: theta) { try inner($0, lambda) }.gradient
  }

  /// φ(θ) = argmin |φ0 + φ1 z - y|² + ridge |φ|², z = X θ: two equations, solved by Cramer's rule.
  func validator(_ theta: Tensor) throws -> Tensor {
    let z = try x.matmul(theta)
    let count = Double(y.count)
    let (sum, square) = (try z.sum(), try z.square().sum())
    let (right0, right1) = (try y.sum(), try dot(z, y))
    let determinant = try (square + ridge) * (count + ridge) - sum.square()
    let phi0 = try (right0 * (square + ridge) - right1 * sum) / determinant
    let phi1 = try (right1 * (count + ridge) - right0 * sum) / determinant
    return try Tensor.stacked([phi0, phi1])
  }

  func problem(_ phi: @escaping (Tensor) throws -> Tensor) -> BilevelProblem {
    BilevelProblem(
      inner: { try inner($0[0], $1[0]) },
      outer: { theta, _ in
        let phi = try phi(theta[0])
        let (phi0, phi1) = (
          try phi.narrowed(axis: 0, start: 0, count: 1), try phi.narrowed(axis: 0, start: 1, count: 1)
        )
        return try (phi0 + phi1 * xv.matmul(theta[0]) - yv).square().mean() * 0.5
      })
  }
}
