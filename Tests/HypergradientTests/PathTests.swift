import Hypergradient
import Tensor
import Testing

@Suite("The ways from λ to the outer loss are listed as they are")
struct PathTests {
  private static func head(_ phi: [Tensor], _ given: [Tensor]) throws -> Tensor {
    try (phi[0] - given[0] * 2).square() * 0.5
  }

  /// argmin of (φ - 2 x)², a function of x.
  private static func response(_ x: Tensor, _ name: String) throws -> Tensor {
    let best = try minimize(head, from: [scalar(0)], given: [x.detached]).theta
    return try argmin(head, at: best, given: [x], name: name)[0]
  }

  private static func spring(_ theta: [Tensor], _ lambda: [Tensor]) throws -> Tensor {
    try (theta[0] - lambda[0]).square() * 0.5
  }

  private func paths(_ outer: @escaping BilevelLoss) throws -> (lines: [String], value: Double) {
    try paths(inner: { try Self.spring($0, $1) }, outer: outer)
  }

  private func paths(
    inner: @escaping BilevelLoss, outer: @escaping BilevelLoss
  ) throws -> (lines: [String], value: Double) {
    let result = try hypergradient(
      of: BilevelProblem(inner: inner, outer: outer), at: [scalar(1)], [scalar(1)], by: Dense())
    return (result.point.paths, try result.value.numbers[0])
  }

  private static let solved = "live (differentiated through its minimum)"

  @Test("two levels, with and without a direct part")
  func twoLevels() throws {
    let (implicit, _) = try paths { theta, _ in try theta[0].square() }
    #expect(implicit == ["λ → θ → outer: live"])
    let (both, _) = try paths { try $0[0] + $1[0] }
    #expect(both == ["λ → outer: live (the direct part)", "λ → θ → outer: live"])
    let (direct, slope) = try paths { _, lambda in try lambda[0].square() }
    #expect(direct == ["θ → outer: absent", "λ → outer: live (the direct part)"] && slope == 2)
  }

  @Test("λ → θ → φ → outer, or past θ where φ is a function of λ")
  func threeLevels() throws {
    let (lines, value) = try paths { theta, _ in try Self.response(theta[0], "φ").square() }
    #expect(lines == ["λ → θ → φ → outer: " + Self.solved] && abs(value - 8) < 1e-12)
    let (direct, slope) = try paths { try Self.response($1[0], "φ") * $0[0] }
    #expect(direct == ["λ → θ → outer: live", "λ → φ → outer: " + Self.solved] && abs(slope - 4) < 1e-12)
  }

  @Test("four levels: a solution of a solution")
  func fourLevels() throws {
    let (lines, value) = try paths { theta, _ in
      try Self.response(Self.response(theta[0], "φ"), "ψ").square() * 0.5
    }
    #expect(lines == ["λ → θ → φ → ψ → outer: " + Self.solved] && abs(value - 16) < 1e-12)
  }

  @Test("solutions inside the inner loss: of λ they move θ, of θ they bend the loss")
  func insideInner() throws {
    // θ* = 2 λ through ψ*(λ) = 2 λ.
    let (lines, value) = try paths(
      inner: { try ($0[0] - Self.response($1[0], "ψ")).square() }, outer: { theta, _ in theta[0] })
    #expect(lines == ["λ → ψ → θ → outer: " + Self.solved] && abs(value - 2) < 1e-12)
    let (bent, _) = try paths(
      inner: { try Self.spring($0, $1) + Self.response($0[0], "φ").square() },
      outer: { theta, _ in theta[0] })
    #expect(bent == ["λ → θ → outer: live", "θ → φ → inner: " + Self.solved])
  }

  @Test("what is stopped is listed with what it was made of, and is no way")
  func stopped() throws {
    let (lines, value) = try paths { theta, _ in
      try frozen([Self.response(theta[0], "φ")], name: "features")[0] * theta[0]
    }
    #expect(lines == ["λ → θ → outer: live", "λ → θ → φ → features → outer: stopped"])
    #expect(abs(value - 2) < 1e-12)
  }
}
