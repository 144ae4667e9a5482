import Autodiff
import Foundation
import Hypergradient
import Tensor
import Testing

@Suite("Reference cases: what other suites leave out")
struct RemainingKeyTests {
  @Test("case 02: dθ*/dλ, column by column and by differentiating the minimum")
  func response() throws {
    let row = try Case.named("02_quadratic_n4_m3")
    let (problem, theta, lambda) = try ImplicitCaseTests.quadratic(row)
    let want = try row.expected["dtheta_dlam"].list.map { try $0.numbers }
    let jacobian = try jacobian(at: lambda[0]) { try argmin(problem.inner, at: theta, given: [$0])[0] }
    row.expect(try jacobian.doubles(), want.flatMap(\.self), "dθ*/dλ")
    let point = try BilevelPoint(problem, theta: theta, lambda: lambda)
    for column in 0..<3 {
      let unit = [try vector((0..<3).map { $0 == column ? 1 : 0 })]
      let q = try MINRES(tolerance: 1e-14).solve(point.hessian, point.mixed(unit)).q
      row.expect(try q.numbers.map { -$0 }, want.map { $0[column] }, "column \(column)")
    }
  }

  @Test("case 03: the number of terms is predicted from ρ")
  func predictedTerms() throws {
    let row = try Case.named("03_rate_vs_gamma")
    for line in row.expected["table"].list {
      let predicted = neumannTerms(rho: try line["rho"].number)
      #expect(predicted == Int(try line["predicted_terms"].number))
      #expect(try line["terms_to_rel_err_1e6"].number <= line["predicted_terms"].number)
    }
    #expect(neumannTerms(rho: 1) == nil && neumannTerms(rho: 1.5) == nil && neumannTerms(rho: 0) == 1)
  }

  @Test("case 13: the unrolled Jacobian, its error, and where that peaks")
  func curseOfUnrolling() throws {
    let row = try Case.named("13_curse_of_unrolling")
    let (d, b) = (try row.inputs["D"].tensor, try row.inputs["b"].tensor)
    let lambda = [try scalar(row.inputs["lam"].number)]
    let start = [try row.inputs["theta0"].tensor]
    let exact = try row.expected["dtheta_star"].numbers
    // The derivative of component `index` after T steps, by each mode in turn.
    func derivative(_ index: Int, _ steps: Int, _ gamma: Double) throws -> Double {
      let pick = try vector((0..<2).map { $0 == index ? 1 : 0 })
      let problem = BilevelProblem(
        inner: { try dot($0[0], (d + $1[0]) * $0[0]) * 0.5 - dot(b, $0[0]) },
        outer: { theta, _ in try dot(pick, theta[0]) })
      let method: any HypergradientMethod =
        index == 0
        ? Unroll(last: steps, rate: .literal(gamma), from: start)
        : ForwardMode(steps: steps, rate: .literal(gamma), from: start)
      return try hypergradient(of: problem, at: start, lambda, by: method).unqualifiedValue.numbers[0]
    }
    for run in row.expected["runs"].list {
      let gamma = try run["gamma"].number
      for want in run["rows"].list where try want["T"].number <= 50 {
        let steps = Int(try want["T"].number)
        let got = try (0..<2).map { try derivative($0, steps, gamma) }
        row.expect(got, try want["dtheta_T_dlam"].numbers, "T = \(steps)")
        row.expect([norm(minus(got, exact))], [try want["jac_error_norm"].number], "error, T = \(steps)")
      }
      let errors = try (1...15).map { abs(try derivative(1, $0, gamma) - exact[1]) }
      let peak = try #require(errors.indices.max { errors[$0] < errors[$1] })
      #expect(peak + 1 == Int(try run["fast_mode_jac_error_peak_T"].number))
      // Scieur's closed form, for this mode's own b = 1. The file's key has |b| = √2 in its place, which its rows do not.
      let (h, t) = (1 + (try row.inputs["lam"].number), Double(peak + 1))
      let r = 1 - gamma * h
      let closed = abs(t * gamma * pow(r, t - 1) / h + pow(r, t) / (h * h))
      #expect(abs(errors[peak] - closed) < 1e-9 * closed)
      let length = norm(try row.inputs["b"].numbers)
      row.expect([errors[peak] * length], [try run["fast_mode_jac_error_peak"].number], "peak")
    }
  }

  @Test("case 19: the step is chosen, reported with its error, and DARTS' own is available")
  func differenceSteps() throws {
    let row = try Case.named("19_finite_difference_hvp")
    let data = try Logistic()
    let (theta, v) = ([try row.inputs["theta"].tensor], [try row.inputs["v"].tensor])
    let want = try row.expected["Hv"].numbers
    let loss: ([Tensor]) throws -> Tensor = { try data.losses($0[0]).sum() }
    func error(_ result: DifferenceProduct) throws -> Double {
      norm(minus(try result.product.numbers, want)) / norm(want)
    }
    let chosen = try differenceProduct(at: theta, along: v, loss)
    #expect(try error(chosen) < 1e-9)
    #expect(try error(chosen) * norm(want) < 10 * (chosen.truncation + chosen.roundOff), "\(chosen)")
    let best = try row.expected["best_eps"].number
    #expect(chosen.step > 0.1 * best && chosen.step < 10 * best)
    let darts = try differenceProduct(at: theta, along: v, step: .darts, loss)
    row.expect([darts.step], [try row.expected["darts_eps"].number], "DARTS ε")
    row.expect([try error(darts)], [try row.expected["darts_rel_error"].number], "DARTS", tolerance: 1e-3)
    #expect(abs(darts.truncation / (try error(darts) * norm(want)) - 1) < 0.01)
    let problem = try Logistic().problem(mu: 0.5)
    let weights = [try row.inputs["weights"].tensor]
    let point = try BilevelPoint(problem, theta: theta, lambda: weights)
    let exact = try hypergradient(at: point, by: ConjugateGradient()).unqualifiedValue.numbers
    let rough = try hypergradient(
      at: point, by: ConjugateGradient(tolerance: 1e-7), .init(mode: .finiteDifference))
    #expect(norm(minus(try rough.unqualifiedValue.numbers, exact)) < 1e-6 * norm(exact))
    #expect(rough.composition.contains("ε"))
  }

  @Test("case 21: randomised truncation with fresh samples, over all of them")
  func randomizedTruncation() throws {
    let row = try Case.named("21_stochastic_neumann")
    let samples = try row.inputs["H_samples"].list.map { try $0.tensor }
    let b = try row.inputs["grad_theta_f"].tensor
    let (gamma, terms) = (try row.inputs["gamma"].number, Int(try row.inputs["K"].number) + 1)
    // Seeds that draw each power once, so that the enumeration below is of the library's own estimator.
    var seeds: [Int: UInt64] = [:]
    let eye = try LinearMap(matrix: .eye(2, dtype: .f64), symmetry: .general)
    for seed in 0..<200 where seeds.count < terms {
      let before = eye.productCount
      _ = try RandomizedNeumann(terms: terms, gamma: .literal(gamma), seed: UInt64(seed)).solve(eye, [b])
      seeds[eye.productCount - before] = UInt64(seed)
    }
    var values: [[Double]] = []
    for power in 0..<terms {
      for code in 0..<64 {
        var rest = code
        let map = LinearMap(symmetry: .general) { v in
          defer { rest /= 4 }
          return [try samples[rest % 4].matmul(v[0])]
        }
        let method = RandomizedNeumann(
          terms: terms, gamma: .literal(gamma), seed: try #require(seeds[power]))
        values.append(try method.solve(map, [b]).q.numbers)
      }
    }
    let mean = (0..<2).map { index in values.reduce(0) { $0 + $1[index] } / Double(values.count) }
    row.expect(mean, try row.expected["randomised_truncation_mean"].numbers, "mean")
    let variance = values.reduce(0) { $0 + norm(minus($1, mean)) * norm(minus($1, mean)) }
    row.expect(
      [variance / Double(values.count)],
      [try row.expected["randomised_truncation_total_variance"].number], "variance")
  }

  @Test("case 33: the third level through the library's own minimum")
  func thirdLevel() throws {
    let row = try Case.named("33_tame_mini_dual_loop")
    let want = row.expected["at_lam0_converged"]
    let loop = try DualLoop(row)
    let ridge: BilevelLoss = { phi, theta in
      let (p, z) = (phi[0], try loop.x.matmul(theta[0]))
      let (shift, slope) = (
        try p.narrowed(axis: 0, start: 0, count: 1), try p.narrowed(axis: 0, start: 1, count: 1)
      )
      return try (shift + slope * z - loop.y).square().sum() + p.square().sum() * loop.ridge
    }
    let problem = loop.problem { theta in
      let best = try minimize(ridge, from: [.zeros([2], dtype: .f64)], given: [theta.detached]).theta
      return try argmin(ridge, at: best, given: [theta], name: "φ")[0]
    }
    let theta = [try want["theta_star"].tensor]
    let result = try hypergradient(
      of: problem, at: theta, [row.inputs["lam0"].tensor], by: ConjugateGradient())
    row.expect(try result.value.numbers, try want["hypergradient_full"].numbers, "full")
    row.expect([result.point.outerValue], [try want["outer"].number], "match")
  }
}
