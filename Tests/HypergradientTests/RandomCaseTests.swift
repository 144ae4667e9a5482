import Autodiff
import Foundation
import Hypergradient
import Tensor
import Testing

/// Problems of `Fixtures/hypergradient/random.json`, drawn and answered by `make_random.py` beside it.
/// Read only.
nonisolated(unsafe) private let drawn: [JSON] = {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/hypergradient/random.json")
  guard let data = try? Data(contentsOf: file), let root = try? JSONSerialization.jsonObject(with: data)
  else { return [] }
  return JSON(root)["cases"].list
}()

/// The numbers of the problems of one kind.
private func all(_ kind: String) -> [Int] { drawn.indices.filter { drawn[$0]["kind"].string == kind } }

private func expect(
  _ got: [Double], _ want: [Double], within tolerance: Double, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let distance = got.count == want.count ? norm(minus(got, want)) : .infinity
  #expect(
    distance <= tolerance * max(norm(want), 1e-3), "\(what): \(got) for \(want)",
    sourceLocation: sourceLocation)
}

@Suite("Random problems of every kind: the answer is right, or the status says why there is none")
struct RandomCaseTests {
  private func quadratic(_ row: JSON) throws -> BilevelPoint {
    let (h, c, b, r) = (
      try row["H"].tensor, try row["C"].tensor, try row["b"].tensor, try row["r"].tensor
    )
    let problem = BilevelProblem(
      inner: { try dot($0[0], h.matmul($0[0])) * 0.5 + dot($0[0], c.matmul($1[0])) },
      outer: { try dot(b, $0[0]) + dot(r, $1[0]) })
    return try BilevelPoint(
      problem, theta: [.zeros([h.shape[0]], dtype: .f64)], lambda: [row["lam"].tensor])
  }

  @Test("there are problems of all kinds")
  func present() {
    for kind in [
      "definite", "singular", "indefinite", "fixed_point", "logistic", "perceptron", "unrolled", "one_step",
      "three_levels",
    ] { #expect(!all(kind).isEmpty, "\(kind)") }
  }

  @Test(
    "positive definite: every solver, and a series that converges, diverges or owns its error",
    arguments: all("definite"))
  func definite(_ index: Int) throws {
    let row = drawn[index]
    let point = try quadratic(row)
    let want = try row["hypergradient"].numbers
    let spectrum = try row["spectrum"].numbers
    let (low, high) = (try #require(spectrum.min()), try #require(spectrum.max()))
    let exact: [any HypergradientMethod] = [
      Dense(), ConjugateGradient(tolerance: 1e-13), MINRES(tolerance: 1e-13), GMRES(tolerance: 1e-13),
    ]
    for method in exact {
      let result = try hypergradient(at: point, by: method)
      #expect(result.status.isUsable, "\(method): \(result.status)")
      expect(try result.value.numbers, want, within: 1e-10 * high / low + 1e-11, "\(method)")
      #expect(try result.direct.numbers == row["r"].numbers)
    }
    let normal = try hypergradient(at: point, by: NormalEquations(tolerance: 1e-13))
    expect(try normal.value.numbers, want, within: 1e-14 * (high / low) * (high / low) + 1e-10, "normal")

    if high / low <= 100 {
      // All columns make it exact for the shifted matrix.
      let shift = low * 0.1
      let nystrom = try hypergradient(at: point, by: Nystrom(columns: spectrum.count, shift: shift))
      let shifted = try hypergradient(at: point, by: Dense(), .init(damping: shift)).value.numbers
      expect(try nystrom.value.numbers, shifted, within: 1e-6, "nystrom")
    }

    // μ = σ_min is certified here, so that the error printed is a bound.
    let short = try hypergradient(at: point, by: Neumann(terms: 12), .init(strongConvexity: low))
    #expect(short.status.isUsable, "\(short.status)")
    let distance = norm(minus(try short.value.numbers, want))
    if case .truncated = short.status {
      let bound = try #require(short.error)
      #expect(short.errorIsBound && distance <= bound * (1 + 1e-9) + 1e-12, "\(distance) beyond \(bound)")
    } else if short.status == .converged {
      #expect(distance <= 1e-6 * max(norm(want), 1e-3))
    }
    if high / low <= 100 {
      let long = try hypergradient(at: point, by: Neumann(terms: 6000, gamma: .optimal))
      #expect(long.status == .converged, "\(long.status)")
      expect(try long.value.numbers, want, within: 1e-8, "neumann")
    }
    let wild = try hypergradient(at: point, by: Neumann(terms: 3000, gamma: .literal(2.05 / high)))
    #expect(wild.status.name == "divergent", "\(wild.status)")
    #expect(throws: HypergradientError.self) { _ = try wild.value }
    let series = try hypergradient(at: point, by: Neumann(terms: 7, gamma: .literal(1 / high)))
    let loops: [any HypergradientMethod] = [
      Unroll(last: 7, rate: .literal(1 / high)), Unroll(last: 7, rate: .literal(1 / high), checkpoints: 3),
      ForwardMode(steps: 7, rate: .literal(1 / high)),
    ]
    // With a Hessian that does not move the steps are the terms, whatever θ they start from; f's slope here does not move either.
    for loop in loops {
      let result = try hypergradient(at: point, by: loop)
      expect(
        try result.unqualifiedValue.numbers, try series.unqualifiedValue.numbers, within: 1e-10, "\(loop)")
    }
  }

  @Test(
    "singular: right where b is in the range, and never converged where it is not", arguments: all("singular")
  )
  func singular(_ index: Int) throws {
    let row = drawn[index]
    let point = try quadratic(row)
    let want = try row["hypergradient"].numbers
    let isInRange = (row["in_range"].value as? Bool) == true
    let solvers: [any HypergradientMethod] = [
      ConjugateGradient(), MINRES(), GMRES(), NormalEquations(), Neumann(terms: 4000),
    ]
    for method in solvers {
      let result = try hypergradient(at: point, by: method)
      if isInRange {
        #expect(
          result.status == .converged || result.relativeResidual < 1e-9, "\(method): \(result.status)")
        expect(try result.value.numbers, want, within: 1e-7, "\(method)")
      } else {
        #expect(result.status != .converged, "\(method): \(result)")
      }
    }
    let dense = try hypergradient(at: point, by: Dense())
    #expect(dense.status == .singular || dense.relativeResidual < 1e-6, "\(dense.status)")
    // Damped, every method has the same answer.
    let damped = try hypergradient(at: point, by: ConjugateGradient(), .init(damping: 0.5)).value.numbers
    for method in [Dense(), MINRES(), Neumann(terms: 2000)] as [any HypergradientMethod] {
      let result = try hypergradient(at: point, by: method, .init(damping: 0.5))
      expect(try result.value.numbers, damped, within: 1e-8, "\(method)")
    }
  }

  @Test(
    "indefinite: negative curvature is the status of what needs a minimum; the others are right",
    arguments: all("indefinite"))
  func indefinite(_ index: Int) throws {
    let row = drawn[index]
    let point = try quadratic(row)
    let want = try row["hypergradient"].numbers
    let spectrum = try row["spectrum"].numbers
    for method in [Dense(), MINRES(tolerance: 1e-12), GMRES(tolerance: 1e-12)] as [any HypergradientMethod] {
      let result = try hypergradient(at: point, by: method)
      #expect(result.status == .converged, "\(method): \(result.status)")
      expect(try result.value.numbers, want, within: 1e-8, "\(method)")
    }
    for method in [
      ConjugateGradient(), Neumann(), Neumann(terms: 3), Neumann(gamma: .optimal), RandomizedNeumann(),
    ] as [any HypergradientMethod]
    where spectrum.contains(where: { $0 > 0 }) || !(method is RandomizedNeumann) {
      let result = try hypergradient(at: point, by: method)
      // The probe for γ ends once the upper end has settled; up to five parameters it sees all of the spectrum.
      if spectrum.count > 5, !(method is ConjugateGradient), result.status.name != "negativeCurvature" {
        #expect(result.status != .converged)
        continue
      }
      #expect(result.status.name == "negativeCurvature", "\(method): \(result.status)")
      #expect(throws: HypergradientError.self) { _ = try result.value }
    }
    let size = spectrum.map(abs).max() ?? 1
    let literal = try hypergradient(at: point, by: Neumann(terms: 4000, gamma: .literal(1 / size)))
    #expect(literal.status.name == "divergent", "\(literal.status)")
    #expect(literal.notes.contains { $0.contains("negative curvature") })
    let damping = 1.5 * -(spectrum.min() ?? 0)
    let damped = try hypergradient(at: point, by: ConjugateGradient(), .init(damping: damping))
    #expect(damped.status == .converged && damped.notes.contains { $0.contains("damping") })
    let rescued = try hypergradient(at: point, by: Neumann(), .init(fallback: [MINRES(tolerance: 1e-12)]))
    expect(try rescued.value.numbers, want, within: 1e-8, "fallback")
  }

  @Test(
    "fixed points, not symmetric: the adjoint iteration where it contracts, GMRES always",
    arguments: all("fixed_point"))
  func fixedPoint(_ index: Int) throws {
    let row = drawn[index]
    let (w, b, c, t) = (try row["W"].tensor, try row["B"].tensor, try row["c"].tensor, try row["t"].tensor)
    let problem = BilevelProblem(
      .fixedPoint { [try w.matmul($0[0]) + b.matmul($1[0]) + c] },
      outer: { try ($0[0] - t).square().sum() * 0.5 + dot($1[0], $1[0]) * 0.15 })
    let point = try BilevelPoint(problem, theta: [row["theta"].tensor], lambda: [row["lam"].tensor])
    let want = try row["hypergradient"].numbers
    #expect(point.innerGradientNorm < 1e-10)
    for method in [GMRES(tolerance: 1e-12), Dense(), NormalEquations()]
      as [any HypergradientMethod]
    {
      let result = try hypergradient(at: point, by: method)
      #expect(result.status == .converged, "\(method): \(result.status)")
      expect(try result.value.numbers, want, within: 1e-7, "\(method)")
    }
    let adjoint = try hypergradient(at: point, by: FixedPointAdjoint(iterations: 2000))
    let series = try hypergradient(at: point, by: Neumann(terms: 2000))
    if (row["contracts"].value as? Bool) == true {
      #expect(adjoint.status == .converged, "\(adjoint.status)")
      expect(try adjoint.value.numbers, want, within: 1e-7, "adjoint")
      expect(try series.value.numbers, want, within: 1e-7, "neumann")
    } else {
      #expect(adjoint.status.name == "divergent", "\(adjoint.status)")
      #expect(series.status.name == "divergent", "\(series.status)")
    }
    if w.shape[0] > 1 {
      #expect(throws: HypergradientError.self) { _ = try hypergradient(at: point, by: ConjugateGradient()) }
    }
  }

  private func smooth(_ row: JSON) throws -> BilevelProblem {
    if row["kind"].string == "logistic" {
      let (x, y, xv, yv) = (
        try row["X"].tensor, try row["y"].tensor, try row["Xv"].tensor, try row["yv"].tensor
      )
      let n = x.shape[0]
      return BilevelProblem(
        inner: { theta, lambda in
          let weights = try lambda[0].narrowed(axis: 0, start: 0, count: n).exp()
          let ridge = try lambda[0].narrowed(axis: 0, start: n, count: 1).exp().sum()
          return try dot(weights, (-(x.matmul(theta[0]) * y)).softplus())
            + ridge * dot(theta[0], theta[0]) * 0.5
        },
        outer: { try (-(xv.matmul($0[0]) * yv)).softplus().mean() + dot($1[0], $1[0]) * 0.01 })
    }
    let (x, y, xv, yv) = (
      try row["x"].tensor, try row["y"].tensor, try row["xv"].tensor, try row["yv"].tensor
    )
    func net(_ theta: [Tensor], _ input: Tensor) throws -> Tensor {
      try (input.matmul(theta[0]) + theta[1]).tanh().matmul(theta[2]) + theta[3]
    }
    let n = x.shape[0]
    return BilevelProblem(
      inner: { theta, lambda in
        let weights = try lambda[0].narrowed(axis: 0, start: 0, count: n).exp()
        let ridge = try lambda[0].narrowed(axis: 0, start: n, count: 1).exp().sum()
        let size = try theta.reduce(Tensor.scalar(0, dtype: .f64)) { try $0 + $1.square().sum() }
        return try dot(weights, (net(theta, x) - y).square()) * 0.5 + ridge * size * 0.5
      },
      outer: { try (net($0, xv) - yv).square().mean() * 0.5 + dot($1[0], $1[0]) * 0.1 })
  }

  @Test(
    "logistic regression and perceptrons: every method at one minimum",
    arguments: all("logistic") + all("perceptron"))
  func smooth(_ index: Int) throws {
    let row = drawn[index]
    let flat = try row["theta"].numbers
    let theta =
      row["kind"].string == "logistic"
      ? [try vector(flat)]
      : [
        try vector(Array(flat[0..<6])).reshaped([2, 3]), try vector(Array(flat[6..<9])),
        try vector(Array(flat[9..<12])), try vector(Array(flat[12...])),
      ]
    let point = try BilevelPoint(smooth(row), theta: theta, lambda: [row["lam"].tensor])
    #expect(point.innerGradientNorm < 1e-10)
    let want = try row["hypergradient"].numbers
    let (low, high) = (try row["smallest"].number, try row["largest"].number)
    let methods: [any HypergradientMethod] = [
      Dense(), ConjugateGradient(tolerance: 1e-13), MINRES(tolerance: 1e-13), GMRES(tolerance: 1e-13),
      NormalEquations(), Neumann(terms: 4000), Neumann(terms: 4000, gamma: .optimal),
      Neumann(terms: 4000, gamma: .literal(2 / (low + high))), FiniteDifference(), Unroll(last: 1500),
    ]
    for method in methods {
      let result = try hypergradient(at: point, by: method)
      #expect(result.status.isUsable, "\(method): \(result.status)")
      let tolerance = method is FiniteDifference ? 1e-6 : 1e-7
      expect(try result.value.numbers, want, within: tolerance, "\(method)")
      if !(method is FiniteDifference) {
        expect(try result.direct.numbers, try row["direct"].numbers, within: 1e-9)
      }
    }
    for mode in [HVPChoice.forwardOverReverse, .reverseOverForward, .auto, .finiteDifference] {
      let result = try hypergradient(at: point, by: ConjugateGradient(tolerance: 1e-12), .init(mode: mode))
      let tolerance = mode == .finiteDifference ? 1e-5 : 1e-8
      expect(try result.unqualifiedValue.numbers, want, within: tolerance, "\(mode)")
    }
    let wild = try hypergradient(at: point, by: Neumann(terms: 3000, gamma: .literal(2.1 / high)))
    #expect(wild.status.name == "divergent", "\(wild.status)")
    #expect(try hypergradient(at: point, by: ConjugateGradient()).verify().passed)
  }

  @Test("unrolled descent from a start that is no minimum, by λ and by the start", arguments: all("unrolled"))
  func unrolled(_ index: Int) throws {
    let row = drawn[index]
    let (h, b, r, t) = (try row["H"].tensor, try row["B"].tensor, try row["r"].tensor, try row["t"].tensor)
    let (steps, rate) = (Int(try row["steps"].number), StepSize.literal(try row["rate"].number))
    let start = [try row["start"].tensor]
    let quartic: (Tensor, Tensor) throws -> Tensor = { theta, lambda in
      try theta.square().square().sum() * 0.25 + dot(theta, h.matmul(theta)) * 0.5
        - dot(theta, b.matmul(lambda))
    }
    let problem = BilevelProblem(
      inner: { try quartic($0[0], $1[0]) },
      outer: { try ($0[0] - t).square().sum() * 0.5 + dot(r, $1[0]) })
    let lambda = [try row["lam"].tensor]
    for method in [
      Unroll(last: steps, rate: rate, from: start),
      Unroll(last: steps, rate: rate, from: start, checkpoints: 2),
      ForwardMode(steps: steps, rate: rate, from: start),
    ] as [any HypergradientMethod] {
      let result = try hypergradient(of: problem, at: start, lambda, by: method)
      expect(
        try result.unqualifiedValue.numbers, try row["hypergradient"].numbers, within: 1e-10, "\(method)")
    }
    let byStart = BilevelProblem(
      inner: { theta, _ in try quartic(theta[0], lambda[0]) },
      outer: { theta, _ in try (theta[0] - t).square().sum() * 0.5 })
    let result = try hypergradient(
      of: byStart, at: start, start, by: Unroll(last: steps, rate: rate, from: .function { $0 }))
    expect(try result.unqualifiedValue.numbers, try row["by_start"].numbers, within: 1e-10, "by the start")
  }

  @Test(
    "one step under its three names, and Adam's with and without bias correction", arguments: all("one_step"))
  func oneStep(_ index: Int) throws {
    let row = drawn[index]
    let (h, b, r, t) = (try row["H"].tensor, try row["B"].tensor, try row["r"].tensor, try row["t"].tensor)
    let problem = BilevelProblem(
      inner: {
        try $0[0].square().square().sum() * 0.25 + dot($0[0], h.matmul($0[0])) * 0.5
          - dot($0[0], b.matmul($1[0]))
      },
      outer: { try ($0[0] - t).square().sum() * 0.5 + dot(r, $1[0]) })
    let (theta, lambda) = ([try row["theta"].tensor], [try row["lam"].tensor])
    let rate = try row["rate"].number
    for variant in OneStep.Variant.allCases {
      let result = try hypergradient(of: problem, at: theta, lambda, by: OneStep(variant, rate: rate))
      #expect(result.status == .oneStep)
      expect(try result.value.numbers, try row[variant.rawValue].numbers, within: 1e-10, "\(variant)")
    }
    for (key, corrects) in [("adam", true), ("adam_uncorrected", false)] {
      let method = AdamStep(
        rate: rate, first: [try row["first"].tensor], second: [try row["second"].tensor],
        step: Int(try row["step"].number), biasCorrection: corrects)
      let result = try hypergradient(of: problem, at: theta, lambda, by: method)
      expect(try result.value.numbers, try row[key].numbers, within: 1e-9, key)
    }
  }

  @Test("three levels: the path through φ*(θ) counts, and frozen it is gone", arguments: all("three_levels"))
  func threeLevels(_ index: Int) throws {
    let row = drawn[index]
    let (h, a, b, t) = (try row["H"].tensor, try row["A"].tensor, try row["B"].tensor, try row["t"].tensor)
    let (kappa, w) = (try row["kappa"].number, try row["w"].number)
    let head: BilevelLoss = { phi, theta in
      try dot(phi[0], phi[0]) * (0.5 * kappa) + (a.matmul(phi[0]) - theta[0]).square().sum() * 0.5
    }
    func outer(frozen: Bool) -> BilevelLoss {
      { theta, _ in
        let best = try minimize(head, from: [.zeros([t.count], dtype: .f64)], given: [theta[0].detached])
          .theta
        let phi = try argmin(head, at: best, given: theta, name: "φ")[0]
        return try ((frozen ? phi.detached : phi) - t).square().sum() * 0.5
          + dot(theta[0], theta[0]) * (0.5 * w)
      }
    }
    for (key, frozen) in [("hypergradient", false), ("frozen", true)] {
      let problem = BilevelProblem(
        inner: { try dot($0[0], h.matmul($0[0])) * 0.5 - dot($0[0], b.matmul($1[0])) },
        outer: outer(frozen: frozen))
      for method in [ConjugateGradient(), Dense(), MINRES()] as [any HypergradientMethod] {
        let result = try hypergradient(
          of: problem, at: [row["theta"].tensor], [row["lam"].tensor], by: method)
        expect(try result.value.numbers, try row[key].numbers, within: 1e-7, "\(key) by \(method)")
        #expect(result.point.paths.contains { $0.contains("φ") } == !frozen)
      }
    }
  }
}
