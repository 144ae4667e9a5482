import Autodiff
import Foundation
import Hypergradient
import Tensor
import Testing

/// The mistakes that published code has made, each as its wrong formula: the tolerance that the right one passes must reject it.
@Suite("Mutants of the hypergradient")
struct MutantTests {
  struct Mutant: CustomTestStringConvertible, Sendable {
    let name: String
    /// What the formula gives instead of `right`, at a relative distance of about `distance`.
    let distance: ClosedRange<Double>
    /// The right value by another way, where the case does not record it.
    var truth: (@Sendable () throws -> [Double])?
    let values: @Sendable () throws -> (right: [Double], wrong: [Double], row: Case)
    var testDescription: String { name }
  }

  private static func quadratic() throws -> (
    row: Case, result: Hypergradient, c: Tensor, direct: [Double], indirect: [Double]
  ) {
    let row = try Case.named("02_quadratic_n4_m3")
    let (problem, theta, lambda) = try ImplicitCaseTests.quadratic(row)
    let result = try hypergradient(of: problem, at: theta, lambda, by: Dense())
    return (
      row, result, try row.inputs["C"].tensor, try result.direct.numbers, try result.indirect.numbers
    )
  }

  private static func sum(_ a: [Double], _ b: [Double], _ factor: Double = 1) -> [Double] {
    zip(a, b).map { $0 + factor * $1 }
  }

  private static func series(_ terms: Int, scaled: Bool = true) throws -> (Case, [Double]) {
    let (row, result, c, direct, _) = try quadratic()
    let series = try Neumann(terms: terms, gamma: .optimal).solve(
      result.point.hessian, result.point.outerGradient)
    let q = try series.q[0] * (scaled ? 1 : 1 / #require(series.gamma))
    return (row, sum(direct, try c.transposed().matmul(q).doubles(), -1))
  }

  /// The gradient of a function by differences of fourth order.
  private static func differences(at x: [Double], _ f: (Tensor) throws -> Tensor) throws -> [Double] {
    try x.indices.map { index in
      func value(_ steps: Double) throws -> Double {
        var there = x
        there[index] += steps * 1e-3
        return try f(vector(there)).item()
      }
      return try (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / 12e-3
    }
  }

  static let mutants: [Mutant] = [
    Mutant(name: "plus sign of the implicit part", distance: 1.5...2.1) {
      let (row, result, _, direct, indirect) = try quadratic()
      return (try result.value.numbers, sum(direct, indirect, -1), row)
    },
    Mutant(name: "direct term flipped", distance: 0.3...0.4) {
      let (row, result, _, direct, indirect) = try quadratic()
      return (try result.value.numbers, sum(indirect, direct, -1), row)
    },
    Mutant(name: "γ missing outside the sum", distance: 1...3) {
      let (row, right) = try series(21)
      return (right, try series(21, scaled: false).1, row)
    },
    Mutant(name: "K off by one", distance: 1e-4...0.1) {
      let (row, right) = try series(11)
      return (right, try series(10).1, row)
    },
    Mutant(
      name: "C instead of its transpose, on the square part", distance: 0.1...3,
      truth: {
        let row = try Case.named("02_quadratic_n4_m3")
        let (c, q) = (try row.inputs["C"].list.map { try $0.numbers }, try row.expected["q"].numbers)
        return (0..<3).map { column in (0..<3).reduce(0) { $0 + c[$1][column] * q[$1] } }
      }
    ) {
      let (row, result, c, _, _) = try quadratic()
      let square = try c.narrowed(axis: 0, start: 0, count: 3)
      let q = try result.q[0].narrowed(axis: 0, start: 0, count: 3)
      return (
        try square.transposed().matmul(q).doubles(), try square.matmul(q).doubles(), row
      )
    },
    Mutant(name: "(p - n)/2·ε for (p - n)/(2ε)", distance: 0.99...1.01) {
      let row = try Case.named("19_finite_difference_hvp")
      let data = try Logistic()
      let (theta, v) = (try row.inputs["theta"].tensor, try row.inputs["v"].tensor)
      let slope = grad { (theta: Tensor) in try data.losses(theta).sum() }
      let eps = 1e-5
      let gap = try (slope(theta + v * eps) - slope(theta - v * eps)).doubles()
      return (try row.expected["Hv"].numbers, gap.map { $0 / 2 * eps }, row)
    },
    Mutant(
      name: "one batch for all terms", distance: 0.05...0.15,
      truth: { try Case.named("21_stochastic_neumann").expected["full_batch_q_K"].numbers }
    ) {
      let row = try Case.named("21_stochastic_neumann")
      let samples = try row.inputs["H_samples"].list.map { try $0.tensor }
      let series = Neumann(
        terms: Int(try row.inputs["K"].number) + 1, gamma: .literal(try row.inputs["gamma"].number))
      func mean(_ sequences: [[Int]]) throws -> [Double] {
        let sum = try sequences.map { sequence in
          var step = 0
          let map = LinearMap(symmetry: .general) { v in
            defer { step += 1 }
            return [try samples[sequence[min(step, 2)]].matmul(v[0])]
          }
          return try series.solve(map, [row.inputs["grad_theta_f"].tensor]).q.numbers
        }.reduce([0, 0]) { zip($0, $1).map { $0 + $1 } }
        return sum.map { $0 / Double(sequences.count) }
      }
      let all = samples.indices
      return (
        try mean(all.flatMap { i in all.flatMap { j in all.map { [i, j, $0] } } }),
        try mean(all.map { [$0, $0, $0] }), row
      )
    },
    Mutant(
      name: "φ frozen", distance: 0.05...0.6,
      truth: {
        try Case.named("33_tame_mini_dual_loop").expected["at_lam0_converged"]["hypergradient_full"].numbers
      }
    ) {
      let row = try Case.named("33_tame_mini_dual_loop")
      let loop = try DualLoop(row)
      let lambda = [try row.inputs["lam0"].tensor]
      let theta = try minimize(
        loop.problem(loop.validator).inner, from: [row.inputs["theta0"].tensor], given: lambda
      ).theta
      let phi = try loop.validator(theta[0]).detached
      let right = try hypergradient(of: loop.problem(loop.validator), at: theta, lambda, by: Dense())
      let wrong = try hypergradient(of: loop.problem { _ in phi }, at: theta, lambda, by: Dense())
      return (try right.value.numbers, try wrong.value.numbers, row)
    },
    Mutant(
      name: "transpose of a fixed point's Jacobian forgotten", distance: 0.5...20,
      // 0.3 u_1 = 1 and 0.3 u_2 - 5 u_1 = 1.
      truth: { [10.0 / 3, (1 + 50.0 / 3) / 0.3] }
    ) {
      let row = try Case.named("02_quadratic_n4_m3")
      // θ = A θ + λ with a shear: (I - A)ᵀ u = b, and not (I - A) u = b.
      let a = try Tensor([0.7, 5, 0, 0.7], shape: [2, 2])
      let problem = BilevelProblem(
        .fixedPoint { [try a.matmul($0[0]) + $1[0]] }, outer: { theta, _ in try theta[0].sum() })
      let origin = [try vector([0, 0])]
      let right = try hypergradient(of: problem, at: origin, origin, by: GMRES()).value.numbers
      let (eye, ones) = (try Tensor.eye(2, dtype: .f64), try vector([1, 1]))
      return (right, try (eye - a).inverse().matmul(ones).doubles(), row)
    },
    Mutant(
      name: "Gauss-Newton for H", distance: 0.01...1,
      // g' = 2 θ (θ² - λ) - 3.75, so H = 6 θ² - 2 λ = 11.5 and C = -2 θ = -3: dF = -C θ / H.
      truth: { [4.5 / 11.5] }
    ) {
      let row = try Case.named("02_quadratic_n4_m3")
      // r = θ² - λ at θ = 1.5, λ = 1 has the curvature 6 θ² - 2 λ, of which Gauss-Newton keeps 4 θ²; a linear term makes θ the minimum.
      let problem = BilevelProblem(
        .model(
          { [try $0[0].square() - $1[0], $0[0]] },
          loss: { outputs, _ in try outputs[0].square() * 0.5 - outputs[1] * 3.75 }),
        outer: { theta, _ in try theta[0].square() * 0.5 })
      let point = try BilevelPoint(problem, theta: [scalar(1.5)], lambda: [scalar(1)])
      let bent = try hypergradient(at: point, by: Dense(), .init(mode: .gaussNewton)).value.numbers
      let right = try hypergradient(at: point, by: Dense()).value.numbers
      #expect(abs(bent[0] - 4.5 / 9) < 1e-12)
      return (right, bent, row)
    },
    Mutant(
      name: "first order in silence: the inner step's graph cut in MAML", distance: 0.02...1,
      truth: {
        let row = try Case.named("16_onestep_inner_product")
        let (data, rate) = (try Logistic(), try row.inputs["alpha"].number)
        return try differences(at: row.inputs["theta0"].numbers) { theta in
          let slope = try grad { try data.losses($0).mean() }(theta)
          return try data.validation(theta - slope * rate)
        }
      }
    ) {
      let row = try Case.named("16_onestep_inner_product")
      let data = try Logistic()
      let start = try row.inputs["theta0"].tensor
      let rate = try row.inputs["alpha"].number
      let train = grad { (theta: Tensor) in try data.losses(theta).mean() }
      let outer = { (theta: Tensor) in try data.validation(theta) }
      let kept = grad { (theta: Tensor) in try outer(theta - train(theta) * rate) }
      let cut = grad { (theta: Tensor) in try outer(theta - train(theta).detached * rate) }
      return (try kept(start).doubles(), try cut(start).doubles(), row)
    },
    Mutant(
      name: "features detached where the weights read them", distance: 0.05...10,
      truth: {
        let row = try Case.named("16_onestep_inner_product")
        let (data, rate) = (try Logistic(), try row.inputs["alpha"].number)
        let start = try row.inputs["theta0"].tensor
        return try differences(at: [0, 0]) { psi in
          let slope = try grad { theta in
            let losses = try data.losses(theta)
            let weights = try (losses * psi.doubles()[0] + psi.doubles()[1]).sigmoid()
            return try (losses * weights).sum()
          }(start)
          return try data.validation(start - slope * rate)
        }
      }
    ) {
      let row = try Case.named("16_onestep_inner_product")
      let data = try Logistic()
      func slope(isDetached: Bool) throws -> [Double] {
        let problem = BilevelProblem(
          inner: { theta, psi in
            let losses = try data.losses(theta[0])
            let read = isDetached ? frozen([losses], name: "losses")[0] : losses
            let scale = try psi[0].narrowed(axis: 0, start: 0, count: 1)
            let shift = try psi[0].narrowed(axis: 0, start: 1, count: 1)
            return try (losses * (read * scale + shift).sigmoid()).sum()
          }, outer: { theta, _ in try data.validation(theta[0]) })
        return try hypergradient(
          of: problem, at: [row.inputs["theta0"].tensor], [vector([0, 0])],
          by: OneStep(.mal, rate: row.inputs["alpha"].number)
        ).value.numbers
      }
      return (try slope(isDetached: false), try slope(isDetached: true), row)
    },
    Mutant(name: "first order only: C^T applied to ∇f, H forgotten", distance: 0.1...5) {
      let (row, result, c, direct, _) = try quadratic()
      let b = result.point.outerGradient[0]
      return (
        try result.value.numbers, sum(direct, try c.transposed().matmul(b).doubles(), -1), row
      )
    },
  ]

  @Test("is rejected by the tolerance that the right formula passes", arguments: 0..<mutants.count)
  func rejected(_ index: Int) throws {
    let mutant = Self.mutants[index]
    let (right, wrong, row) = try mutant.values()
    let truths = try mutant.truth.map { [try $0()] } ?? row.recorded
    #expect(truths.contains { row.isClose(right, $0) }, "\(mutant.name): \(right) is not in \(truths)")
    #expect(!row.isClose(wrong, right), "\(mutant.name)")
    let distance = norm(minus(wrong, right)) / norm(right)
    #expect(mutant.distance.contains(distance), "\(mutant.name): \(distance)")
  }
}
