import Foundation
import Hypergradient
import Tensor
import Testing

@Suite("Hyperparameters that must stay positive")
struct PositivityTests {
  /// Logistic regression with a weight for each sample, by default as they are, and F as a function of them by solving again.
  private func weighted(
    _ weights: @escaping (Tensor) throws -> Tensor = { $0 }
  ) throws -> (result: (Tensor) throws -> Hypergradient, value: (Tensor) throws -> Double) {
    let data = try Logistic()
    let problem = BilevelProblem(
      inner: { try dot(weights($1[0]), data.losses($0[0])) + dot($0[0], $0[0]) * 0.25 },
      outer: { theta, _ in try data.validation(theta[0]) })
    func solved(_ lambda: Tensor) throws -> [Tensor] {
      try minimize(problem.inner, from: [.zeros([3], dtype: .f64)], given: [lambda]).theta
    }
    return (
      { try hypergradient(of: problem, at: solved($0), [$0], by: ConjugateGradient()) },
      { try data.validation(solved($0)[0]).item() }
    )
  }

  @Test(
    "the derivative by a common factor is that of solving again, and says which way descent takes the sum")
  func scale() throws {
    let (result, value) = try weighted()
    let lambda = try Tensor((0..<10).map { 0.5 + 0.1 * Double($0) })
    let hg = try result(lambda)
    let fate = try #require(hg.positivity)
    let step = 1e-3
    let difference = try (value(lambda * exp(step)) - value(lambda * exp(-step))) / (2 * step)
    #expect(abs(fate.byScale - difference) < 1e-6 * abs(difference))
    #expect(fate.byScale < 0 && hg.description.contains("raises λ as a whole"))
    let next = try lambda - hg.value[0] * (0.5 * min(fate.largestRate, 1))
    #expect(try next.sum().item() > lambda.sum().item())
  }

  @Test("weights that are normalised inside the loss have no scale, and steps lengthen them")
  func normalised() throws {
    let (result, _) = try weighted { try $0 / $0.sum() * 10 }
    let lambda = try Tensor((0..<10).map { 0.5 + 0.1 * Double($0) })
    let hg = try result(lambda)
    #expect(abs(try #require(hg.positivity).byScale) < 1e-12)
    #expect(hg.description.contains("does not feel a common factor"))
    let next = try lambda - hg.value[0] * 0.1
    #expect(norm(try next.doubles()) > norm(try lambda.doubles()))
  }

  @Test("below the largest rate a step keeps λ positive, above it does not")
  func largestRate() throws {
    let (result, _) = try weighted()
    let lambda = try Tensor((0..<10).map { 0.5 + 0.1 * Double($0) })
    let hg = try result(lambda)
    let limit = try #require(hg.positivity).largestRate
    for (factor, isPositive) in [(0.999, true), (1.001, false)] {
      let least = try (lambda - hg.value[0] * (limit * factor)).min().item()
      #expect((least > 0) == isPositive)
    }
    // Of something that is not positive nothing is said.
    let point = try Mixed.point()
    #expect(try hypergradient(at: point, by: Dense()).description.contains("λ > 0") == false)
  }

  @Test("a learning rate that is too small for its rule: the step that would turn it negative is told")
  func learningRate() throws {
    // Three steps of descent on θ²/2 from 1 that overshoot, judged by θ²/2: θ₃ = (1 - λ)³, so dF/dλ = -3 (1 - λ)⁵.
    let problem = BilevelProblem(
      .fixedPoint { theta, lambda in [try theta[0] - lambda[0] * theta[0]] },
      outer: { theta, _ in try theta[0].square().sum() * 0.5 })
    for (rate, falls) in [(1.5, true), (0.4, false)] {
      let hg = try hypergradient(
        of: problem, at: [vector([1])], [vector([rate])],
        by: Unroll(last: 3, rate: 1, from: [vector([1])]))
      let slope = -3 * pow(1 - rate, 5)
      #expect(abs(try hg.value.numbers[0] - slope) < 1e-12)
      let fate = try #require(hg.positivity)
      #expect(fate.largestRate.isFinite == falls)
      if falls { #expect(abs(fate.largestRate - rate / slope) < 1e-9) }
      #expect(abs(fate.byScale - rate * slope) < 1e-12)
    }
  }
}
