import Hypergradient
import Tensor
import Testing

@Suite("Reference cases of the implicit hypergradient")
struct ImplicitCaseTests {
  @Test("case 01: the sign, and every partial sum")
  func parabola() throws {
    let row = try Case.named("01_parabola_sign")
    let (a, c) = (try row.inputs["a"].number, try row.inputs["c"].number)
    let problem = BilevelProblem(
      inner: { try ($0[0] - $1[0]).square() * (0.5 * a) },
      outer: { theta, _ in try (theta[0] - c).square() * 0.5 })
    let lambda = [try scalar(row.inputs["lam"].number)]
    let best = try minimize(problem.inner, from: [scalar(-4)], given: lambda)
    row.expect(try best.theta.numbers, [try row.expected["theta_star"].number], "θ*")
    let truth = [try row.expected["hypergradient"].number]
    for method in [Dense(), ConjugateGradient(), MINRES(), GMRES()] as [any HypergradientMethod] {
      let result = try hypergradient(of: problem, at: best.theta, lambda, by: method)
      row.expect(try result.value.numbers, truth, method.name)
      #expect(result.status == .converged)
      #expect(!row.isClose(try result.value.numbers, [try row.expected["tame_eq2_as_printed_gives"].number]))
    }
    let gamma = try row.inputs["gamma"].number
    let partial = try row.expected["neumann_hypergradient_by_K"].numbers
    for (k, want) in zip(try row.inputs["K"].numbers, partial) {
      let method = Neumann(terms: Int(k) + 1, gamma: .literal(gamma))
      let result = try hypergradient(of: problem, at: best.theta, lambda, by: method)
      row.expect(try result.value.numbers, [want], "K = \(k)")
      #expect(result.hvpCount == Int(k) + 1)
    }
    let point = try BilevelPoint(problem, theta: best.theta, lambda: lambda)
    row.expect(try point.hessianProduct([scalar(1)]).numbers, [try row.expected["H"].number], "H")
    row.expect(try point.mixed([scalar(1)]).numbers, [try row.expected["C"].number], "C")
    row.expect(try point.outerGradient.numbers, [try row.expected["grad_theta_f"].number], "∇θ f")
  }

  /// The problem of case 02: n = 4, m = 3, with a direct term.
  static func quadratic(_ row: Case) throws -> (problem: BilevelProblem, theta: [Tensor], lambda: [Tensor]) {
    let (h, c, b) = (try row.inputs["H"].tensor, try row.inputs["C"].tensor, try row.inputs["b"].tensor)
    let (p, t, r) = (try row.inputs["P"].tensor, try row.inputs["t"].tensor, try row.inputs["r"].tensor)
    let s = try row.inputs["s"].number
    let problem = BilevelProblem(
      inner: { theta, lambda in
        try dot(theta[0], h.matmul(theta[0])) * 0.5 + dot(theta[0], c.matmul(lambda[0])) + dot(b, theta[0])
      },
      outer: { theta, lambda in
        let gap = try theta[0] - t
        return try dot(gap, p.matmul(gap)) * 0.5 + dot(r, lambda[0]) + dot(lambda[0], lambda[0]) * (0.5 * s)
      })
    let lambda = [try row.inputs["lam"].tensor]
    let best = try minimize(problem.inner, from: [.zeros([4], dtype: .f64)], given: lambda)
    return (problem, best.theta, lambda)
  }

  @Test("case 02: exact value, direct and indirect parts, q, and what a sign error would give")
  func exact() throws {
    let row = try Case.named("02_quadratic_n4_m3")
    let (problem, theta, lambda) = try Self.quadratic(row)
    row.expect(try theta.numbers, try row.expected["theta_star"].numbers, "θ*")
    let methods: [any HypergradientMethod] = [
      Dense(), ConjugateGradient(tolerance: 1e-13), MINRES(tolerance: 1e-13), GMRES(tolerance: 1e-13),
      Neumann(terms: 80, gamma: .optimal), Neumann(terms: 300),
    ]
    for method in methods {
      let result = try hypergradient(of: problem, at: theta, lambda, by: method)
      let value = try result.value.numbers
      row.expect(value, try row.expected["hypergradient"].numbers, "\(method)")
      row.expect(try result.direct.numbers, try row.expected["direct"].numbers, "direct")
      row.expect(try result.indirect.numbers, try row.expected["indirect"].numbers, "indirect")
      row.expect(try result.q.numbers, try row.expected["q"].numbers, "q")
      #expect(!row.isClose(value, try row.expected["wrong_plus_sign"].numbers))
      #expect(!row.isClose(value, try row.expected["wrong_direct_dropped"].numbers))
      #expect(result.status == .converged, "\(method): \(result.status)")
    }
    row.expect(
      [try BilevelPoint(problem, theta: theta, lambda: lambda).outerValue],
      [try row.expected["outer_value"].number], "F")
  }

  @Test("case 02: the Neumann series at γ* term by term, its residuals, bounds and spectrum")
  func series() throws {
    let row = try Case.named("02_quadratic_n4_m3")
    let (problem, theta, lambda) = try Self.quadratic(row)
    let point = try BilevelPoint(problem, theta: theta, lambda: lambda)
    let spectrum = row.expected["spectrum"]
    let gamma = try spectrum["gamma_star"].number
    let bounds = try lanczos(point.hessian, like: point.theta.tensors, steps: 4)
    row.expect(
      [bounds.ritzMin, bounds.ritzMax, bounds.kappa, bounds.optimalGamma, bounds.rho(gamma: gamma)],
      try ["sigma_min", "sigma_max", "kappa", "gamma_star", "rho_star"].map { try spectrum[$0].number },
      "spectrum")
    let q = try row.expected["q"].numbers
    let rows = row.expected["neumann"].list
    let terms = Array(try NeumannTerms(at: point, count: 41, gamma: .literal(gamma)))
    for want in rows {
      let k = Int(try want["K"].number)
      let term = terms[k]
      #expect(term.k == k)
      row.expect(try term.value.numbers, try want["hypergradient"].numbers, "terms[\(k)]")
      row.expect([term.residual], [try want["residual_norm"].number], "residual \(k)")
      let error = norm(minus(try term.q.numbers, q))
      row.expect([error], [try want["q_error_norm"].number], "error \(k)")
      #expect(error <= (try want["q_error_bound"].number) * 1.0000001)
      let count = Int(try want["terms"].number)
      let result = try hypergradient(at: point, by: Neumann(terms: count, gamma: .literal(gamma)))
      row.expect(try result.value.numbers, try want["hypergradient"].numbers, "neumann(terms: \(count))")
      row.expect([result.residual], [try want["residual_norm"].number], "residual of \(count) terms")
      #expect(result.hvpCount == count)
      // The estimate without a spectrum: within 30 % from the fourth term on.
      if k >= 3, k <= 20, let estimate = result.solution.errorEstimate {
        #expect(abs(estimate / error - 1) < 0.3, "estimate \(estimate) for \(error) at \(k)")
      }
    }
    #expect(abs((terms.last?.ratio ?? 0) - (try spectrum["rho_star"].number)) < 1e-6)
  }

  @Test("case 02: conjugate gradients iteration by iteration")
  func conjugateGradients() throws {
    let row = try Case.named("02_quadratic_n4_m3")
    let (problem, theta, lambda) = try Self.quadratic(row)
    for want in row.expected["cg"].list.dropFirst() {
      let count = Int(try want["iter"].number)
      let method = ConjugateGradient(iterations: count, tolerance: 1e-30)
      let result = try hypergradient(of: problem, at: theta, lambda, by: method)
      row.expect(try result.unqualifiedValue.numbers, try want["hypergradient"].numbers, "cg \(count)")
      row.expect([result.residual], [try want["residual_norm"].number], "residual \(count)")
    }
  }

  @Test("case 03: terms to a relative error of 1e-6 at four γ, and CG in n steps")
  func rates() throws {
    let row = try Case.named("03_rate_vs_gamma")
    let h = try row.inputs["H_diag"].numbers
    let b = try row.inputs["grad_theta_f"].tensor
    let map = LinearMap(symmetry: .symmetric) { [try $0[0] * Tensor(h)] }
    let exact = zip(try b.doubles(), h).map { $0 / $1 }
    for want in row.expected["table"].list {
      let gamma = try want["gamma"].number
      let predicted = Int(try want["terms_to_rel_err_1e6"].number)
      func error(_ terms: Int) throws -> Double {
        let solution = try Neumann(terms: terms, gamma: .literal(gamma)).solve(map, [b])
        return norm(minus(try solution.q.numbers, exact)) / norm(exact)
      }
      #expect(try error(predicted) <= 1e-6, "\(want["name"].string)")
      #expect(try error(predicted - 1) > 1e-6, "\(want["name"].string)")
    }
    let bounds = try lanczos(map, like: [b], steps: 10)
    row.expect([bounds.rho(gamma: bounds.optimalGamma)], [try row.expected["rho_star"].number], "ρ*")
    let ends = try row.inputs["extremes_only"].tensor
    let gamma = try row.inputs["gammas"].list[0].number
    let traced = try Neumann(terms: 5, gamma: .literal(gamma)).solve(map, [ends]).residuals
    row.expect(
      traced.map { $0 / traced[0] }, try row.expected["residual_ratio_extremes_only"].numbers, "extremes")
    let cg = try ConjugateGradient().solve(map, [b])
    #expect(cg.residuals.count <= 11 && cg.status == .converged)
    row.expect(
      Array(cg.residuals.dropLast()),
      Array(try row.expected["cg_residual_norms"].numbers.prefix(cg.residuals.count - 1)),
      "CG residuals", tolerance: 1e-4)
  }

  @Test("case 05: a step beyond 2/σ_max is divergent, with the reason and the cure")
  func divergent() throws {
    let row = try Case.named("05_gamma_too_large")
    let problem = linearProblem(
      h: try diagonal(row.inputs["H_diag"].numbers), c: try row.inputs["C"].tensor,
      b: try row.inputs["grad_theta_f"].tensor)
    let point = try BilevelPoint(
      problem, theta: [.zeros([3], dtype: .f64)], lambda: [.zeros([2], dtype: .f64)])
    let gamma = try row.inputs["gamma"].number
    let terms = Array(try NeumannTerms(at: point, count: 11, gamma: .literal(gamma)))
    row.expect(terms.map(\.ratio), try row.expected["ratio_by_k"].numbers, "ratios")
    #expect(
      terms.firstIndex { $0.isDivergent } == Int(try row.expected["first_k_with_ratio_at_least_one"].number))
    for (term, want) in zip(terms, row.expected["hypergradient_by_K_diverging"].list) {
      row.expect(try term.value.numbers, try want.numbers, "K = \(term.k)")
    }
    let result = try hypergradient(at: point, by: Neumann(terms: 11, gamma: .literal(gamma)))
    guard case .divergent(let rho) = result.status else {
      Issue.record("status \(result.status)")
      return
    }
    row.expect([rho], [try row.expected["rho"].number], "ρ")
    #expect(throws: HypergradientError.self) { try result.value }
    let allowed = try hypergradient(
      at: point, by: Neumann(terms: 11, gamma: .literal(gamma)), .init(allowed: ["divergent"]))
    #expect(try allowed.value.count == 1)
    let spectrum = try #require(result.solution.spectrum)
    row.expect(
      [2 / spectrum.ritzMax, spectrum.optimalGamma],
      [try row.expected["gamma_max"].number, try row.expected["gamma_star"].number], "γ limits")
    #expect(result.notes.contains { $0.contains("0.2") && $0.contains("0.1818") }, "\(result.notes)")
    #expect("\(result)".contains("withheld"))
    let good = try hypergradient(at: point, by: Neumann(terms: 600))
    row.expect(try good.value.numbers, try row.expected["hypergradient"].numbers, "auto γ")
    // The factors by which each eigen-direction of q is inverted.
    let factors = zip(try terms[10].q.numbers, try row.inputs["H_diag"].numbers).map { $0 * $1 }
    row.expect(factors, try row.expected["filter_factors_K10"].numbers, "filters")
  }

  @Test("case 08: a hidden negative mode looks convergent, then is proven divergent")
  func hiddenNegativeMode() throws {
    let row = try Case.named("08_hidden_negative_mode")
    let h = try row.inputs["H"].tensor
    let b = try row.inputs["grad_theta_f"].tensor
    let c = try Tensor.eye(3, dtype: .f64)
    let point = try BilevelPoint(
      linearProblem(h: h, c: c, b: b), theta: [.zeros([3], dtype: .f64)], lambda: [.zeros([3], dtype: .f64)])
    let gamma = try row.inputs["gamma"].number
    let terms = Array(try NeumannTerms(at: point, count: 600, gamma: .literal(gamma)))
    let residuals = [terms[0].norm] + terms.map(\.residual)
    for (k, want) in row.expected["residual_norms"].value as? [String: Double] ?? [:] {
      row.expect([residuals[try #require(Int(k))]], [want], "residual \(k)")
    }
    #expect(terms.firstIndex { $0.isDivergent } == Int(try row.expected["first_k_ratio_ge_1"].number))
    row.expect([terms[599].ratio], [try row.expected["ratio_limit"].number], "ratio")
    let result = try hypergradient(at: point, by: Neumann(terms: 100, gamma: .literal(gamma)))
    #expect(result.status.name == "divergent")
    #expect(result.solution.bestIteration == Int(try row.expected["k_min_residual"].number))
    row.expect(
      [result.solution.residuals.min() ?? 0], [try row.expected["min_residual_norm"].number], "least residual"
    )
    #expect(
      result.notes.contains { $0.contains("negative curvature") && $0.contains("-0.05") }, "\(result.notes)")
    let bounds = try lanczos(point.hessian, like: [b], steps: 3)
    row.expect(bounds.ritzValues, try row.inputs["eigenvalues"].numbers, "spectrum")
    // No step cures it: a chosen one must not end as a success either, and CG meets the curvature.
    #expect(try !hypergradient(at: point, by: Neumann(terms: 400)).status.isUsable)
    #expect(try hypergradient(at: point, by: ConjugateGradient()).status.name == "negativeCurvature")
    let exact = try hypergradient(at: point, by: MINRES())
    #expect(exact.status == .converged && exact.notes.contains { $0.contains("indefinite") })
    row.expect(
      try exact.value.numbers, try hypergradient(at: point, by: Dense()).value.numbers, "MINRES = LU")
    let damped = try hypergradient(at: point, by: Neumann(terms: 2000), .init(damping: 0.2))
    #expect(damped.status.isUsable)
  }
}
