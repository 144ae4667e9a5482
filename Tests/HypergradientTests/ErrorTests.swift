import Hypergradient
import Tensor
import Testing

@Suite("What is wrong is said by name")
struct ErrorTests {
  static var quadratic: BilevelLoss { { try ($0[0] - $1[0]).square().sum() } }

  func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test("parameters that a loss never reaches are listed, with an all-zero derivative")
  func unreached() throws {
    let problem = BilevelProblem(
      inner: { try ($0[0] - $1[0]).square().sum() + $0[1].square().sum() },
      outer: { theta, _ in try theta[0].square().sum() },
      thetaNames: ["encoder.weight", "head.bias"])
    let theta = [try vector([1, 2]), try vector([0, 0])]
    let result = try hypergradient(of: problem, at: theta, [vector([1, 2])], by: ConjugateGradient())
    #expect(result.notes.contains { $0.contains("`head.bias` not reached from the outer loss") })
    #expect(try result.value.numbers.map { ($0 * 1e9).rounded() / 1e9 } == [2, 4])
    let loose = BilevelProblem(
      inner: Self.quadratic, outer: { theta, _ in try theta[1].square().sum() + theta[0].sum() })
    let other = try hypergradient(of: loose, at: theta, [vector([1, 2])], by: MINRES())
    #expect(other.notes.contains { $0.contains("`θ[1]` not reached from the inner loss") })
  }

  @Test("C = 0 is named, with the cure")
  func noMixedDerivative() throws {
    let problem = BilevelProblem(
      inner: { theta, _ in try theta[0].square().sum() },
      outer: { theta, lambda in try theta[0].sum() + lambda[0].sum() })
    let result = try hypergradient(of: problem, at: [vector([0, 0])], [vector([3])], by: ConjugateGradient())
    #expect(result.notes.contains { $0.contains("C = 0") && $0.contains("unrolling") })
    #expect(try result.value.numbers == [1] && result.indirect.numbers == [0])
    let neither = BilevelProblem(
      inner: { theta, _ in try theta[0].square().sum() }, outer: { theta, _ in try theta[0].sum() },
      lambdaNames: ["rate"])
    let zero = try hypergradient(of: neither, at: [vector([0, 0])], [vector([3])], by: Dense())
    #expect(zero.notes.contains { $0.contains("`rate` reached from neither loss") })
    #expect(try zero.value.numbers == [0])
  }

  @Test("shapes, types and values")
  func values() throws {
    let (theta, lambda) = ([try vector([1, 2])], [try vector([1, 2])])
    let good: BilevelLoss = { theta, _ in try theta[0].sum() }
    #expect(
      message {
        _ = try hypergradient(of: .init(inner: { theta, _ in theta[0] }, outer: good), at: theta, lambda)
      }
      .contains("inner loss returned shape (2,)"))
    #expect(
      message { _ = try hypergradient(of: .init(inner: Self.quadratic, outer: { $1[0] }), at: theta, lambda) }
        .contains("outer loss returned shape (2,)"))
    #expect(
      message {
        _ = try hypergradient(
          of: .init(inner: Self.quadratic, outer: { theta, _ in try (theta[0] - 5).log().sum() }), at: theta,
          lambda)
      }.contains("outer loss is NaN"))
    #expect(
      message {
        _ = try hypergradient(
          of: .init(
            inner: { try ($0[0] - 1).power(1.5).sum() + $1[0].sum() * 0 }, outer: good, thetaNames: ["w"]),
          at: [vector([1, 0])], lambda)
      }.contains("NaN"))
    #expect(
      message { _ = try hypergradient(of: .init(inner: Self.quadratic, outer: good), at: [], lambda) }
        .contains("no parameters"))
    #expect(
      message {
        _ = try hypergradient(
          of: .init(inner: Self.quadratic, outer: good), at: [Tensor([Int32(1), 2])], lambda)
      }.contains("parameter `θ` is of i32"))
    #expect(
      message {
        _ = try hypergradient(of: .init(inner: Self.quadratic, outer: good), at: [vector([.nan, 1])], lambda)
      }
      .contains("parameter `θ` has 1 of 2"))
    #expect(
      message {
        _ = try hypergradient(
          of: .init(inner: Self.quadratic, outer: good, thetaNames: ["a", "b"]), at: theta, lambda)
      }.contains("2 names for 1 tensors"))
    let point = try BilevelPoint(.init(inner: Self.quadratic, outer: good), theta: theta, lambda: lambda)
    #expect(message { _ = try point.hessianProduct([vector([1, 2, 3])]) }.contains("(3,)"))
    #expect(
      message { _ = try hypergradient(at: point, by: ConjugateGradient(), .init(warmStart: [vector([1])])) }
        .contains("warm start"))
    #expect(
      message { _ = try hypergradient(at: point, by: ConjugateGradient(), .init(damping: -1)) }.contains(
        "damping"))
    #expect(message { _ = try hypergradient(at: point, by: OneStep(rate: 0)) }.contains("rate 0.0"))
    #expect(
      message { _ = try hypergradient(at: point, by: Unroll(last: 3, from: [vector([1])])) }.contains("start")
    )
    #expect(
      message { _ = try hypergradient(at: point, by: FiniteDifference(limit: 1)) }.contains("8 minimisations")
    )
  }

  @Test("a point that is not a minimiser, and a flat inner loss, are said to be so")
  func notStationary() throws {
    let problem = BilevelProblem(inner: Self.quadratic, outer: { theta, _ in try theta[0].sum() })
    let far = try hypergradient(
      of: problem, at: [vector([4, 4])], [vector([0, 0])], by: ConjugateGradient())
    #expect(far.notes.contains { $0.contains("not a minimiser") } && far.innerGradientNorm > 1)
    // In whatever units the loss is.
    for (unit, theta, isFar) in [(1e-9, 4.0, true), (1e6, 5e-4, true), (1e9, 1e-7, false), (1, 1e-7, false)] {
      let scaled = BilevelProblem(
        inner: { try Self.quadratic($0, $1) * unit }, outer: { theta, _ in try theta[0].sum() })
      let result = try hypergradient(
        of: scaled, at: [vector([theta, theta])], [vector([0, 0])], by: ConjugateGradient())
      #expect(result.notes.contains { $0.contains("not a minimiser") } == isFar, "\(unit)")
    }
    let flat = BilevelProblem(inner: { try ($0[0] * $1[0]).sum() }, outer: { theta, _ in try theta[0].sum() })
    let result = try hypergradient(of: flat, at: [vector([1, 1])], [vector([1, 1])])
    #expect(result.status == .singular)
    #expect(result.notes.contains { $0.contains("the curvature is 0 in every direction") })
    #expect(message { _ = try result.value }.contains("singular"))
  }

  @Test("the report shows status, parts, quality and cost")
  func report() throws {
    let result = try hypergradient(at: Mixed.point(), by: Neumann(terms: 5))
    let text = "\(result)"
    for part in [
      "neumann(terms: 5, gamma: auto)", "truncated", "direct", "indirect", "estimate", "ρ", "κ", "γ", "HVPs",
    ] {
      #expect(text.contains(part), "\(part)\n\(text)")
    }
    let table = NeumannTerm.table(try result.allTerms())
    let lines = table.split(separator: "\n")
    #expect(lines.count == 6 && Set(lines.dropFirst().map(\.count)).count == 1, "\(table)")
  }
}
