import Autodiff
import Foundation
import Hypergradient
import Tensor
import Testing

/// Cases of `Fixtures/hypergradient/cases.json`, worked by `make_cases.py` beside it.
private func further(_ id: String) throws -> JSON {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/hypergradient/cases.json")
  let root = JSON(try JSONSerialization.jsonObject(with: Data(contentsOf: file)))
  return root[id]
}

private func expect(
  _ got: [Double], _ want: [Double], within tolerance: Double = 1e-9, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    norm(minus(got, want)) <= tolerance * max(norm(want), 1e-3) && got.count == want.count,
    "\(what) \(got) for \(want)", sourceLocation: sourceLocation)
}

@Suite("Fixed points, whose matrix is not symmetric")
struct FixedPointTests {
  static func problem(_ row: JSON) throws -> BilevelProblem {
    let (w, b, c) = (try row["W"].tensor, try row["B"].tensor, try row["c"].tensor)
    return BilevelProblem(
      .fixedPoint { [try (w.matmul($0[0]) + b.matmul($1[0]) + c).tanh()] },
      outer: { try $0[0].sin().sum() + dot($1[0], $1[0]) * 0.3 })
  }

  static let methods: [any HypergradientMethod] = [
    FixedPointAdjoint(), GMRES(), NormalEquations(), Dense(), Neumann(terms: 200), FiniteDifference(),
    Unroll(last: 100, rate: 1), Unroll(last: 100, rate: 1, checkpoints: 10), ForwardMode(steps: 100, rate: 1),
  ]

  @Test("the transpose is right in every method", arguments: 0..<methods.count)
  func agreement(_ index: Int) throws {
    let row = try further("fixed_point")
    let result = try hypergradient(
      of: Self.problem(row), at: [row["theta"].tensor], [row["lam"].tensor], by: Self.methods[index])
    let tolerance = result.method is FiniteDifference ? 1e-8 : 1e-9
    expect(try result.value.numbers, try row["hypergradient"].numbers, within: tolerance, "\(result)")
    #expect(norm(minus(try row["without_transpose"].numbers, try row["hypergradient"].numbers)) > 0.1)
  }

  @Test("methods for symmetric systems are refused by name")
  func refused() throws {
    let row = try further("fixed_point")
    let point = try BilevelPoint(
      Self.problem(row), theta: [row["theta"].tensor], lambda: [row["lam"].tensor])
    for method in [ConjugateGradient(), MINRES(), Nystrom(columns: 3)] as [any HypergradientMethod] {
      #expect(throws: HypergradientError.self) { _ = try hypergradient(at: point, by: method) }
    }
    let result = try hypergradient(at: point, by: GMRES())
    let verification = try result.verify()
    #expect(verification.passed, "\(verification)")
  }

  @Test("an iteration that grows before it converges is not called divergent")
  func transientGrowth() throws {
    let row = try further("transient_growth")
    let (j, b) = (try row["J"].tensor, try row["b"].tensor)
    let matrix = try Tensor.eye(3, dtype: .f64) - j.transposed()
    let map = try LinearMap(matrix: matrix, symmetry: .general)
    let solution = try FixedPointAdjoint().solve(map, [b])
    #expect(solution.status == .converged)
    expect(try solution.q.numbers, try row["u"].numbers, within: 1e-8)
    let peak = (solution.residuals.max() ?? 0) / solution.residuals[0]
    #expect(abs(peak / (try row["peak"].number) - 1) < 1e-9)
    #expect(solution.notes.contains { $0.contains("not normal") })
    let growing = try LinearMap(matrix: matrix * -1, symmetry: .general)
    if case .divergent = try FixedPointAdjoint(iterations: 60).solve(growing, [b]).status {
    } else {
      Issue.record("a map whose iteration expands was not called divergent")
    }
  }
}

@Suite("Further reference cases")
struct FurtherCaseTests {
  @Test("the derivative of a hypergradient, by reverse and by forward mode, whatever the method")
  func secondDerivative() throws {
    let row = try further("second_derivative")
    let (d, b, t) = (try row["d"].tensor, try row["b"].tensor, try row["t"].tensor)
    let inner: BilevelLoss = { try ((d + $1[0].exp()) * $0[0].square() * 0.5 - b * $0[0]).sum() }
    let problem = BilevelProblem(
      inner: inner, outer: { theta, _ in try (theta[0] - t).square().sum() * 0.5 })
    let lambda = try scalar(row["lam"].number)
    let theta = try minimize(inner, from: [.zeros([3], dtype: .f64)], given: [lambda]).theta
    for method in [Dense(), ConjugateGradient(), Neumann(terms: 200)] as [any HypergradientMethod] {
      let slope: (Tensor) throws -> Tensor = {
        try hypergradient(of: problem, at: theta, [$0], by: method).value[0]
      }
      let (first, second) = try valueAndGrad(at: lambda, slope)
      expect([try first.item()], [try row["first"].number])
      expect([try second.item()], [try row["second"].number], "\(method)")
      let forward = try jvp(at: lambda, along: scalar(1), slope)
      expect([try forward.tangent.item()], [try row["second"].number])
    }
  }

  @Test("λ in the inner loss only: the direct part is 0 and the truth is 2")
  func indirectOnly() throws {
    let row = try further("indirect_only")
    let problem = BilevelProblem(
      inner: { try ($0[0] - $1[0] * 2).square() * 0.5 }, outer: { theta, _ in theta[0] })
    let result = try hypergradient(
      of: problem, at: [scalar(row["theta"].number)], [scalar(row["lam"].number)], by: ConjugateGradient())
    #expect(try result.direct.numbers == [0])
    expect(try result.value.numbers, [try row["hypergradient"].number], within: 1e-12)
  }

  @Test("the Gauss-Newton matrix in place of H: its own number, and how far it is from the truth")
  func gaussNewton() throws {
    let row = try further("gauss_newton")
    let (x, y, target) = (try row["x"].tensor, try row["y"].tensor, try row["target"].tensor)
    let problem = BilevelProblem(
      .model(
        { theta, _ in
          let (a, b) = (
            try theta[0].narrowed(axis: 0, start: 0, count: 1),
            try theta[0].narrowed(axis: 0, start: 1, count: 1)
          )
          // The ridge is a residual of its own, so that its curvature is kept whole.
          return [try (x * a).exp() + b - y, theta[0]]
        }, loss: { try ($0[0].square().sum() + $1[0] * $0[1].square().sum()) * 0.5 }),
      outer: { theta, _ in try (theta[0] - target).square().sum() * 0.5 })
    let point = try BilevelPoint(
      problem, theta: [row["theta"].tensor], lambda: [scalar(row["lam"].number)])
    let exact = try hypergradient(at: point, by: ConjugateGradient())
    expect(try exact.value.numbers, [try row["hypergradient"].number])
    let bent = try hypergradient(at: point, by: ConjugateGradient(), .init(mode: .gaussNewton))
    expect(try bent.value.numbers, [try row["with_gauss_newton"].number])
    #expect(bent.composition.contains("Gauss-Newton"))
    let distance = abs(try exact.value.numbers[0] / bent.value.numbers[0] - 1)
    #expect(distance > 0.01, "the two must differ for the case to tell them apart: \(distance)")
    let measured = try hypergradient(at: point, by: ConjugateGradient(), .init(mode: .auto))
    expect(try measured.value.numbers, [try row["hypergradient"].number])
    #expect(measured.composition.contains("measured"))
    #expect(throws: HypergradientError.self) {
      _ = try hypergradient(at: Mixed.point(), by: ConjugateGradient(), .init(mode: .gaussNewton))
    }
  }

  @Test("the learning rate and the initial point, which only unrolled steps see", arguments: [nil, 1, 3])
  func learningRate(_ checkpoints: Int?) throws {
    let row = try further("learning_rate")
    let (h, b, t) = (try row["H"].tensor, try row["b"].tensor, try row["t"].tensor)
    let start = [try row["start"].tensor]
    let outer: BilevelLoss = { theta, _ in try (theta[0] - t).square().sum() * 0.5 }
    let byRate = BilevelProblem(
      .fixedPoint { [try $0[0] - $1[0] * (h.matmul($0[0]) - b)] }, outer: outer)
    let rate = try row["rate"].number
    let byStart = BilevelProblem(
      inner: { theta, _ in try dot(theta[0], h.matmul(theta[0])) * 0.5 - dot(b, theta[0]) }, outer: outer)
    for run in row["runs"].list {
      let steps = Int(try run["T"].number)
      let first = try hypergradient(
        of: byRate, at: start, [scalar(rate)],
        by: Unroll(last: steps, rate: 1, from: start, checkpoints: checkpoints))
      expect(try first.unqualifiedValue.numbers, [try run["by_rate"].number], "rate, T = \(steps)")
      let forward = try hypergradient(
        of: byRate, at: start, [scalar(rate)], by: ForwardMode(steps: steps, rate: 1, from: start))
      expect(try forward.unqualifiedValue.numbers, [try run["by_rate"].number], "forward")
      let second = try hypergradient(
        of: byStart, at: start, start,
        by: Unroll(
          last: steps, rate: .literal(rate), from: .function { $0 }, checkpoints: checkpoints))
      expect(try second.unqualifiedValue.numbers, try run["by_start"].numbers, "start, T = \(steps)")
      #expect(!second.notes.contains { $0.contains("use unrolling") || $0.contains("neither loss") })
    }
    // Baydin's rule is one step judged by the inner loss itself.
    let own = BilevelProblem(
      .fixedPoint { [try $0[0] - $1[0] * (h.matmul($0[0]) - b)] },
      outer: { theta, _ in try dot(theta[0], h.matmul(theta[0])) * 0.5 - dot(b, theta[0]) })
    let baydin = try hypergradient(of: own, at: start, [scalar(rate)], by: Unroll(last: 1, rate: 1))
    expect(try baydin.unqualifiedValue.numbers, [try row["baydin_one_step"].number])
  }

  @Test("Nyström is exact at the rank of H, and says what it is short of it")
  func nystrom() throws {
    let row = try further("nystrom")
    let map = try LinearMap(matrix: row["H"].tensor, symmetry: .symmetric)
    let b = [try row["b"].tensor]
    let shift = try row["shift"].number
    for columns in [3, 5, 8] {
      let solution = try Nystrom(columns: columns, shift: shift).solve(map, b)
      expect(try solution.q.numbers, try row["x"].numbers, within: 1e-7, "\(columns) columns")
      #expect(solution.status == .converged && map.productCount > columns)
    }
    let short = try Nystrom(columns: 1, shift: shift).solve(map, b)
    #expect(short.status != .converged && short.residual > 1e-3)
    #expect(throws: HypergradientError.self) { _ = try Nystrom(columns: 2, shift: 0).solve(map, b) }
  }

  @Test("Hilbert's matrix: the residual is small, the error is not, and the status does not pretend")
  func hilbert() throws {
    let row = try further("hilbert")
    let n = 8
    let matrix = try Tensor(
      (0..<n * n).map { 1 / Double($0 / n + $0 % n + 1) }, shape: Shape([n, n]))
    let map = try LinearMap(matrix: matrix, symmetry: .symmetric)
    let b = [try Tensor.ones([n], dtype: .f64)]
    let solution = try Neumann(terms: 1000, gamma: .literal(row["gamma"].number)).solve(map, b)
    let relative = solution.residual / solution.residuals[0]
    #expect(abs(relative / (try row["relative_residual"].number) - 1) < 1e-6)
    #expect(try row["relative_error"].number > 0.9)
    #expect(solution.status == .stagnated, "\(solution.status)")
  }

  @Test("three levels: λ moves θ, θ moves φ; the path through φ is live, listed and can be frozen")
  func threeLevels() throws {
    let row = try further("three_levels")
    let (x, y, a, xv) = (
      try row["X"].tensor, try row["y"].tensor, try row["a"].tensor, try row["xv"].tensor
    )
    let (mu, yv) = (try row["mu"].number, try row["yv"].number)
    let inner: BilevelLoss = { theta, lambda in
      try dot(lambda[0].softmax(), (theta[0] - a).square().sum([1])) * 0.5 + dot(theta[0], theta[0])
        * (0.5 * mu)
    }
    let head: BilevelLoss = { phi, theta in
      let features = try x.matmul(theta[0])
      return try (features * phi[0] - y).square().sum() + phi[0].square() * 0.2
    }
    func problem(frozen isFrozen: Bool) -> BilevelProblem {
      BilevelProblem(
        inner: inner,
        outer: { theta, _ in
          let best = try minimize(head, from: [scalar(0)], given: theta).theta
          var phi = try argmin(head, at: best, given: theta, name: "φ")
          if isFrozen { phi = frozen(phi, name: "φ") }
          return try (phi[0] * dot(xv, theta[0]) - yv).square() * 0.5
        })
    }
    let (theta, lambda) = ([try row["theta"].tensor], [try row["lam"].tensor])
    let full = try hypergradient(of: problem(frozen: false), at: theta, lambda, by: ConjugateGradient())
    expect(try full.value.numbers, try row["full"].numbers)
    #expect(full.description.contains("φ → outer: live"))
    let stopped = try hypergradient(of: problem(frozen: true), at: theta, lambda, by: ConjugateGradient())
    expect(try stopped.value.numbers, try row["frozen"].numbers)
    #expect(stopped.point.paths.contains { $0.contains("φ → outer: stopped") })
    let followed = try hypergradient(
      of: problem(frozen: true), at: theta, lambda, by: ConjugateGradient(), .init(followsStops: true))
    expect(try followed.value.numbers, try row["full"].numbers)
    let referee = try hypergradient(of: problem(frozen: false), at: theta, lambda, by: FiniteDifference())
    expect(try referee.value.numbers, try row["full"].numbers, within: 1e-7)
  }

  @Test("a weight that reads its sample's loss: detached as Meta-Weight-Net has it, and attached")
  func detachment() throws {
    for name in ["detached", "attached"] {
      let row = try further("one_step_" + name)
      let (x, y) = (try row["x"].tensor, try row["y"].tensor)
      let (xv, yv) = (try row["xv"].tensor, try row["yv"].tensor)
      let problem = BilevelProblem(
        inner: { theta, psi in
          let losses = try (x * theta[0] - y).square() * 0.5
          let read = name == "detached" ? frozen([losses], name: "sample losses")[0] : losses
          let (scale, shift) = (
            try psi[0].narrowed(axis: 0, start: 0, count: 1), try psi[0].narrowed(axis: 0, start: 1, count: 1)
          )
          return try (losses * (read * scale + shift).sigmoid()).sum()
        },
        outer: { theta, _ in try (xv * theta[0] - yv).square().mean() * 0.5 })
      let result = try hypergradient(
        of: problem, at: [scalar(row["theta"].number)], [row["psi"].tensor],
        by: OneStep(.mal, rate: row["alpha"].number))
      expect(try result.value.numbers, try row["hypergradient"].numbers, within: 1e-7, name)
      #expect(result.point.paths.contains { $0.contains("sample losses") } == (name == "detached"))
    }
  }
}
