import Autodiff
import Glibc
import Hypergradient
import Tensor
import Testing

@Suite("Levels within levels")
struct NestedTests {
  /// ψ(φ) minimises ψ⁴/4 + ψ²/2 - sin(φ) ψ, that is ψ³ + ψ = sin φ.
  static func fourth(_ phi: Tensor) throws -> Tensor {
    let inner: BilevelLoss = { psi, phi in
      try psi[0].square().square() * 0.25 + psi[0].square() * 0.5 - phi[0].sin() * psi[0]
    }
    let best = try minimize(inner, from: [scalar(0)], given: [phi.detached]).theta
    return try argmin(inner, at: best, given: [phi], name: "ψ*")[0]
  }

  static func third(_ theta: Tensor) throws -> Tensor {
    let inner: BilevelLoss = { phi, theta in
      try (phi[0] - theta[0]).square() * 0.5 + fourth(phi[0]).square() * 0.5
    }
    let best = try minimize(inner, from: [scalar(0)], given: [theta.detached]).theta
    return try argmin(inner, at: best, given: [theta], name: "φ*")[0]
  }

  static func problem() -> BilevelProblem {
    BilevelProblem(
      inner: { theta, lambda in
        try (theta[0] - lambda[0]).square() * 0.5 + third(theta[0]).square() * 0.5
      },
      outer: { theta, lambda in try (theta[0] - 2).square() + lambda[0] * theta[0] * 0.1 })
  }

  @Test("four levels, against mpmath and solving all of them again")
  func fourLevels() throws {
    let lambda = [try scalar(1.5)]
    let theta = try minimize(Self.problem().inner, from: [scalar(0.5)], given: lambda).theta
    let result = try hypergradient(of: Self.problem(), at: theta, lambda, by: ConjugateGradient())
    #expect(abs(try result.value.numbers[0] + 0.690251960) < 1e-7, "\(result)")
    let referee = try hypergradient(of: Self.problem(), at: theta, lambda, by: FiniteDifference())
    #expect(abs(try referee.value.numbers[0] - result.value.numbers[0]) < 1e-6, "\(referee)")
  }

  @Test("third and fourth derivatives through a minimum are those of its closed form")
  func highDerivatives() throws {
    // θ*(λ) = e^λ minimises (θ e^-λ - 1)².
    let inner: BilevelLoss = { theta, lambda in try (theta[0] * (-lambda[0]).exp() - 1).square() }
    let solution: (Tensor) throws -> Tensor = { lambda in
      try argmin(inner, at: [scalar(exp(0.4))], given: [lambda])[0]
    }
    var derivative = solution
    for order in 1...4 {
      derivative = grad(derivative)
      #expect(abs(try derivative(scalar(0.4)).item() - exp(0.4)) < 1e-9, "order \(order)")
    }
  }

  @Test("a loss that closes over what is being differentiated is refused, not differentiated as a constant")
  func closures() throws {
    let point = [try scalar(0.5)]
    let refused: [(Tensor) throws -> Tensor] = [
      { c in
        try minimize({ p, _ in try c * (p[0] - 0.5).square() + p[0].square() }, from: point, given: []).theta[
          0] * c
      },
      { c in
        try hypergradient(
          of: BilevelProblem(
            inner: { try ($0[0] - $1[0]).square() }, outer: { theta, _ in try (theta[0] - c).square() }),
          at: point,
          point
        ).value[0]
      },
      { c in
        try hypergradient(
          of: BilevelProblem(
            inner: { try ($0[0] - $1[0]).square() * c }, outer: { theta, _ in try theta[0].square() }),
          at: point,
          point
        ).value[0]
      },
    ]
    for (index, function) in refused.enumerated() {
      let error = #expect(throws: HypergradientError.self, "\(index)") { try grad(function)(scalar(3)) }
      #expect(error?.message.contains("differentiated") == true)
    }
    // A constant that says so is one.
    let stopped = try grad { c in
      let constant = c.detached
      return try hypergradient(
        of: BilevelProblem(
          inner: { try ($0[0] - $1[0]).square() }, outer: { theta, _ in try (theta[0] - constant).square() }),
        at: point, point
      ).value[0] * c
    }(scalar(3))
    #expect(abs(try stopped.item() + 5) < 1e-9)
  }

  @Test("direct, indirect and q have the derivatives of their closed forms, of first and second order")
  func parts() throws {
    // θ* = 1/λ, H = λ, C = θ: q = 3/λ³ + λ²/3, the direct part λ, the indirect -(3/λ⁴ + λ/3).
    let problem = BilevelProblem(
      inner: { theta, lambda in try lambda[0] * theta[0].square() * 0.5 - theta[0] },
      outer: { theta, lambda in
        try theta[0].square() * theta[0] + lambda[0].square() * lambda[0] * theta[0] / 3
      })
    func part(_ part: @escaping (Hypergradient) -> [Tensor]) -> (Tensor) throws -> Tensor {
      { lambda in
        let theta = [try scalar(1 / lambda.item())]
        return try part(hypergradient(of: problem, at: theta, [lambda], by: ConjugateGradient()))[0]
      }
    }
    let x = 0.8
    let expected: [(part: (Hypergradient) -> [Tensor], values: [Double])] = [
      ({ $0.direct }, [x, 1, 0]),
      ({ $0.indirect }, [-(3 / pow(x, 4) + x / 3), 12 / pow(x, 5) - 1.0 / 3, -60 / pow(x, 6)]),
      ({ $0.q }, [3 / pow(x, 3) + x * x / 3, -9 / pow(x, 4) + 2 * x / 3, 36 / pow(x, 5) + 2.0 / 3]),
    ]
    for (index, row) in expected.enumerated() {
      var function = part(row.part)
      for (order, value) in row.values.enumerated() {
        #expect(
          abs(try function(scalar(x)).item() - value) < 1e-9 * max(1, abs(value)),
          "part \(index), order \(order)")
        function = grad(function)
      }
    }
  }

  @Test("q of a fixed point has the derivative that differences of solves have")
  func fixedPointParts() throws {
    let m = try Tensor([0.1, 0.7, -0.4, 0.3], shape: [2, 2])
    let problem = BilevelProblem(
      .fixedPoint { theta, lambda in [try (m.matmul(theta[0]) * lambda[0]).tanh() + lambda[0]] },
      outer: { theta, _ in try (theta[0].square() * Tensor([1.0, -2.0])).sum() })
    func weighted(_ lambda: Tensor) throws -> Tensor {
      var theta = try Tensor([0.0, 0.0])
      for _ in 0..<200 { theta = try (m.matmul(theta) * lambda.detached).tanh() + lambda.detached }
      let result = try hypergradient(of: problem, at: [theta], [lambda], by: GMRES())
      return try (result.q[0] * Tensor([0.3, 1.0])).sum() + result.indirect[0]
    }
    let step = 1e-5
    let difference =
      try (weighted(scalar(0.6 + step)).item() - weighted(scalar(0.6 - step)).item()) / (2 * step)
    #expect(abs(try grad(weighted)(scalar(0.6)).item() - difference) < 1e-7 * abs(difference))
  }

  @Test("what follows steps refuses to be differentiated by its start, its own or a fallback's")
  func startsOfSteps() throws {
    let problem = BilevelProblem(
      inner: { try ($0[0] - $1[0]).square() }, outer: { theta, _ in try theta[0].square() })
    let one = [try scalar(1)]
    #expect(throws: HypergradientError.self) {
      try grad { c in
        try hypergradient(of: problem, at: [c], one, by: OneStep(rate: 0.1)).unqualifiedValue[0]
      }(scalar(0.5))
    }
    func slope(_ method: any HypergradientMethod) throws -> Double {
      try grad { c in
        try hypergradient(of: problem, at: [scalar(1)], [c], by: method, .init(fallback: [Unroll(last: 5)]))
          .unqualifiedValue[0]
      }(scalar(1)).item()
    }
    #expect(throws: HypergradientError.self) { try slope(Neumann(terms: 3, gamma: 5)) }
    // F' = 2 λ.
    #expect(abs(try slope(ConjugateGradient()) - 2) < 1e-12)
  }
}
