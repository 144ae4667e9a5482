import Autodiff
import Foundation
import Hypergradient
import Tensor
import Testing

@Suite("Reference cases of sample re-weighting, unrolling and one step")
struct LogisticCaseTests {
  static let weights = [Double](repeating: 1, count: 10)

  static func optimum(mu: Double = 0.5) throws -> (problem: BilevelProblem, theta: [Tensor], lambda: [Tensor])
  {
    let problem = try Logistic().problem(mu: mu)
    let lambda = [try vector(weights)]
    let best = try minimize(problem.inner, from: [.zeros([3], dtype: .f64)], given: lambda)
    #expect(best.status == .converged && best.gradientNorm < 1e-11)
    return (problem, best.theta, lambda)
  }

  @Test("case 14: the influence of each sample, and the Neumann curve")
  func influence() throws {
    let row = try Case.named("14_logistic_reweight_ift")
    let (problem, theta, lambda) = try Self.optimum()
    row.expect(try theta.numbers, try row.expected["theta_star"].numbers, "θ*")
    let exact = try hypergradient(of: problem, at: theta, lambda, by: Dense())
    row.expect(try exact.value.numbers, try row.expected["hypergradient"].numbers, "dense")
    row.expect(try exact.q.numbers, try row.expected["q"].numbers, "q")
    row.expect(try exact.point.outerGradient.numbers, try row.expected["grad_theta_f"].numbers, "∇f")
    row.expect([exact.point.outerValue], [try row.expected["outer"].number], "F")
    for (index, column) in row.expected["H"].list.enumerated() {
      var unit = [0.0, 0, 0]
      unit[index] = 1
      row.expect(try exact.point.hessianProduct([vector(unit)]).numbers, try column.numbers, "H column")
    }
    let value = try exact.value.numbers
    let order = value.indices.sorted { value[$0] > value[$1] }
    #expect(order.map(Double.init) == (try row.expected["order_most_harmful_first"].numbers))
    #expect(exact.point.innerGradientNorm < (try row.expected["inner_grad_norm_below"].number))
    row.expect(value.map { -$0 }, try row.expected["leave_one_out_predicted"].numbers, "predicted")
    let gamma = try row.expected["spectrum"]["gamma_star"].number
    for want in row.expected["neumann"].list {
      let terms = Int(try want["K"].number) + 1
      let result = try hypergradient(at: exact.point, by: Neumann(terms: terms, gamma: .literal(gamma)))
      row.expect(try result.value.numbers, try want["hypergradient"].numbers, "\(terms) terms")
      let comparison = try exact.compare([Neumann(terms: terms, gamma: .literal(gamma))])
      let line = try #require(comparison.rows.last)
      row.expect([try #require(line.cosine)], [try want["cosine_with_exact"].number], "cosine")
      #expect(abs(try #require(line.relativeError) - (try want["rel_error"].number)) < 1e-8)
    }
    // The weight of the regulariser is a hyper-parameter like another.
    let logistic = try Logistic()
    let ones = lambda[0]
    let byMu = BilevelProblem(
      inner: { try dot(ones, logistic.losses($0[0])) + dot($0[0], $0[0]) * $1[0] * 0.5 },
      outer: { theta, _ in try logistic.validation(theta[0]) })
    let slope = try hypergradient(of: byMu, at: theta, [scalar(0.5)], by: ConjugateGradient(tolerance: 1e-14))
    row.expect(try slope.value.numbers, [try row.expected["dF_dmu"].number], "dF/dμ")
    for (index, actual) in try row.expected["leave_one_out_actual"].numbers.enumerated() {
      var weights = Self.weights
      weights[index] = 0
      let without = try minimize(problem.inner, from: theta, given: [vector(weights)])
      let change = try problem.outer(without.theta, lambda).item() - exact.point.outerValue
      row.expect([change], [actual], "leaving out \(index)")
    }
  }

  @Test("case 15: T steps from the optimum are T terms; from zero they are the T-step procedure")
  func unrolled() throws {
    let row = try Case.named("15_unroll_equals_neumann")
    let (problem, theta, lambda) = try Self.optimum()
    let point = try BilevelPoint(problem, theta: theta, lambda: lambda)
    let gamma = try row.inputs["gamma"].number
    for want in row.expected["started_at_optimum"].list {
      let steps = Int(try want["T"].number)
      let loop = try hypergradient(at: point, by: Unroll(last: steps, rate: .literal(gamma)))
      let series = try hypergradient(at: point, by: Neumann(terms: steps, gamma: .literal(gamma)))
      row.expect(try loop.unqualifiedValue.numbers, try want["hypergradient"].numbers, "unroll \(steps)")
      row.expect(try series.unqualifiedValue.numbers, try want["hypergradient"].numbers, "neumann \(steps)")
      row.expect(
        try loop.unqualifiedValue.numbers, try series.unqualifiedValue.numbers, "identity", tolerance: 1e-10)
      #expect(loop.hvpCount == steps && series.hvpCount == steps)
      // A number of terms one off is far outside the tolerance.
      let off = try hypergradient(at: point, by: Neumann(terms: steps + 1, gamma: .literal(gamma)))
      #expect(!row.isClose(try off.unqualifiedValue.numbers, try want["hypergradient"].numbers))
    }
    let start = [try Tensor.zeros([3], dtype: .f64)]
    for want in row.expected["started_at_zero"].list {
      let steps = Int(try want["T"].number)
      let result = try hypergradient(at: point, by: Unroll(last: steps, rate: .literal(gamma), from: start))
      row.expect(try result.unqualifiedValue.numbers, try want["hypergradient"].numbers, "from zero \(steps)")
      let run = try minimize(
        problem.inner, from: start, given: lambda, by: GradientDescent(rate: gamma, steps: steps),
        tolerance: 0)
      row.expect(try run.theta.numbers, try want["theta_T"].numbers, "θ_T")
    }
    // The same through the loop recorded as a whole.
    let whole = try valueAndGrad(at: lambda[0]) { weights in
      var theta = start[0]
      for _ in 0..<5 {
        theta = try theta - valueAndGrad(at: theta) { try problem.inner([$0], [weights]) }.gradient * gamma
      }
      return try problem.outer([theta], [weights])
    }
    row.expect(
      try whole.gradient.doubles(), try row.expected["started_at_zero"].list[1]["hypergradient"].numbers, "AD"
    )
  }

  @Test("case 16: one step is an inner product, under its published names")
  func oneStep() throws {
    let row = try Case.named("16_onestep_inner_product")
    let logistic = try Logistic()
    let problem = BilevelProblem(
      inner: { try dot($1[0], logistic.losses($0[0])) },
      outer: { theta, _ in try logistic.validation(theta[0]) })
    let theta = [try row.inputs["theta0"].tensor]
    let alpha = try row.inputs["alpha"].number
    for (name, weight, variant) in [
      ("zero_weights_L2RW", 0.0, OneStep.Variant.mal), ("half_weights_MAL", 0.5, .mal),
      ("zero_weights_L2RW", 0.5, .learningToReweight),
    ] {
      let want = row.expected["results"][name]
      let lambda = [try vector([Double](repeating: weight, count: 10))]
      let result = try hypergradient(of: problem, at: theta, lambda, by: OneStep(variant, rate: alpha))
      let value = try result.value.numbers
      row.expect(value, try want["meta_gradient"].numbers, "\(name) \(variant)")
      row.expect(value.map { -$0 / alpha }, try want["inner_products"].numbers, "inner products")
      let used = variant == .learningToReweight ? [try lambda[0] * 0] : lambda
      let there = try theta.map {
        [try $0 - BilevelPoint(problem, theta: theta, lambda: used).innerGradient[0] * alpha]
      }[0]
      row.expect(try there.numbers, try want["theta_1"].numbers, "θ₁")
      row.expect([try problem.outer(there, used).item()], [try want["outer_at_theta_1"].number], "f(θ₁)")
      if variant == .learningToReweight {
        row.expect(
          try reweighted(result.value[0]).doubles(), try want["L2RW_weights"].numbers, "weights")
      }
    }
    let lambda = [try vector([Double](repeating: 0.5, count: 10))]
    let t1t2 = try hypergradient(of: problem, at: theta, lambda, by: OneStep(.t1t2, rate: alpha))
    let series = try hypergradient(
      of: problem, at: theta, lambda, by: Neumann(terms: 1, gamma: .literal(alpha)))
    row.expect(try t1t2.value.numbers, try series.unqualifiedValue.numbers, "T1-T2 = one term")
  }

  @Test("what no weight multiplies moves the step of Learning to Reweight, as it moves that of MAL")
  func unweightedTerm() throws {
    let logistic = try Logistic()
    let problem = BilevelProblem(
      inner: { try dot($1[0], logistic.losses($0[0])) + dot($0[0], $0[0]) * 0.25 },
      outer: { theta, _ in try logistic.validation(theta[0]) })
    let theta = try Case.named("16_onestep_inner_product").inputs["theta0"].tensor
    let rate = 0.5
    let none = try Tensor.zeros([10], dtype: .f64)
    let through = try valueAndGrad(at: none) { weights in
      let slope = try valueAndGrad(at: theta) { try problem.inner([$0], [weights]) }.gradient
      return try problem.outer([theta - slope * rate], [weights])
    }.gradient
    for (weight, variant) in [(0.7, OneStep.Variant.learningToReweight), (0, .mal)] {
      let given = [try vector([Double](repeating: weight, count: 10))]
      let value = try hypergradient(of: problem, at: [theta], given, by: OneStep(variant, rate: rate)).value[
        0]
      #expect(try zip(value.doubles(), through.doubles()).allSatisfy { abs($0 - $1) < 1e-15 })
    }
  }

  @Test("case 13: unrolled and implicit derivatives on the way to the minimum")
  func curse() throws {
    let row = try Case.named("13_curse_of_unrolling")
    let (d, b, t) = (try row.inputs["D"].tensor, try row.inputs["b"].tensor, try row.inputs["t"].tensor)
    let problem = BilevelProblem(
      inner: { theta, lambda in
        try dot(theta[0], (d + lambda[0]) * theta[0]) * 0.5 - dot(b, theta[0])
      },
      outer: { theta, _ in try (theta[0] - t).square().sum() * 0.5 })
    let lambda = [try scalar(row.inputs["lam"].number)]
    let start = [try row.inputs["theta0"].tensor]
    let best = try minimize(problem.inner, from: start, given: lambda)
    row.expect(try best.theta.numbers, try row.expected["theta_star"].numbers, "θ*")
    let exact = try hypergradient(of: problem, at: best.theta, lambda, by: Dense())
    row.expect(try exact.value.numbers, [try row.expected["hypergradient_exact"].number], "exact")
    for run in row.expected["runs"].list {
      let gamma = try run["gamma"].number
      for want in run["rows"].list {
        let steps = Int(try want["T"].number)
        let loop = try hypergradient(
          at: exact.point, by: Unroll(last: steps, rate: .literal(gamma), from: start))
        let what = "\(run["name"].string) T = \(steps)"
        row.expect(try loop.unqualifiedValue.numbers, [try want["unrolled_hypergradient"].number], what)
        let short = try minimize(
          problem.inner, from: start, given: lambda, by: GradientDescent(rate: gamma, steps: steps),
          tolerance: 0)
        row.expect(try short.theta.numbers, try want["theta_T"].numbers, what)
        row.expect(
          [norm(minus(try short.theta.numbers, try best.theta.numbers))],
          [try want["iterate_error_norm"].number], what)
        let there = try hypergradient(of: problem, at: short.theta, lambda, by: Dense())
        row.expect(try there.value.numbers, [try want["ift_at_theta_T"].number], "IFT " + what)
      }
    }
  }

  @Test("case 19: the Hessian-vector product against central differences, and the precedence bug")
  func differences() throws {
    let row = try Case.named("19_finite_difference_hvp")
    let problem = try Logistic().problem(mu: 0)
    let theta = [try row.inputs["theta"].tensor]
    let lambda = [try row.inputs["weights"].tensor]
    let v = [try row.inputs["v"].tensor]
    let point = try BilevelPoint(problem, theta: theta, lambda: lambda)
    let want = try row.expected["Hv"].numbers
    for mode in HVPMode.allCases {
      row.expect(try point.hessianProduct(v, mode: mode).numbers, want, "\(mode)", tolerance: 1e-12)
    }
    func gradient(_ step: Double) throws -> [Double] {
      let moved = [try theta[0] + v[0] * step]
      return try BilevelPoint(problem, theta: moved, lambda: lambda).innerGradient.numbers
    }
    for line in row.expected["curve"].list {
      let eps = try line["eps"].number
      let difference = minus(try gradient(eps), try gradient(-eps)).map { $0 / (2 * eps) }
      let error = norm(minus(difference, want)) / norm(want)
      let reference = try line["rel_error"].number
      #expect(error < 10 * reference && (reference < 1e-8 || error > 0.1 * reference), "ε = \(eps)")
    }
    let eps = try row.expected["darts_eps"].number
    let bug = minus(try gradient(eps), try gradient(-eps)).map { $0 / 2 * eps }
    row.expect(bug, try row.expected["precedence_bug_value"].numbers, "bug")
    #expect(!row.isClose(bug, want))
    row.expect(
      [norm(bug) / norm(want)], [try row.expected["precedence_bug_ratio"].number], "ratio", tolerance: 1e-4)
    func error(_ eps: Double) throws -> Double {
      let difference = minus(try gradient(eps), try gradient(-eps)).map { $0 / (2 * eps) }
      return norm(minus(difference, want)) / norm(want)
    }
    for (near, far, key) in [
      (1e-2, 1.0, "slope_between_1e0_and_1e2"), (1e-3, 0.1, "slope_between_1e1_and_1e3"),
    ] {
      let slope = (log10(try error(far)) - log10(try error(near))) / 2
      row.expect([slope], [try row.expected[key].number], key, tolerance: 0.1)
    }
  }
}
