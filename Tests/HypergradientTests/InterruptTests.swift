import CKernels
import Tensor
import Testing

@testable import Hypergradient

/// Ctrl-C in the middle of an iteration: what it has is returned and says so, and the request still stops what comes next.
@Suite("Interrupted iterations", .serialized)
struct InterruptTests {
  private static let target: [Double] = [1, -2, 3]

  /// Σ cosh(θ - target): convex, and no method solves it in one step. Stops itself at its `stop`-th evaluation.
  private final class Loss {
    var calls = 0
    let stop: Int
    init(stop: Int) { self.stop = stop }

    func callAsFunction(_ theta: [Tensor], _: [Tensor]) throws -> Tensor {
      calls += 1
      if calls == stop { faa_interrupt_set() }
      try checkInterrupt()
      let away = try theta[0] - Tensor(InterruptTests.target)
      return try ((away.exp() + (-away).exp()) * 0.5).sum()
    }
  }

  @Test(
    "a minimisation returns the point after its last whole step",
    arguments: [
      GradientDescent(rate: 0.1), GradientDescent(rate: 0.1, momentum: 0.5), Adam(), LBFGS(), NewtonCG(),
    ] as [any Minimizer])
  func minimisation(by method: any Minimizer) throws {
    defer { faa_interrupt_clear() }
    let start = [try Tensor([0.0, 0, 0])]
    for stop in 1...8 {
      faa_interrupt_clear()
      let loss = Loss(stop: stop)
      let found: Minimum
      do {
        found = try minimize(loss.callAsFunction, from: start, given: [], by: method)
      } catch is Interrupted {
        #expect(stop <= 4, "\(method) lost what it had at evaluation \(stop)")
        continue
      }
      #expect(found.status == .interrupted && found.iterations > 0 && found.iterations < stop)
      #expect(found.history.count == found.iterations + 1)
      #expect(throws: Interrupted.self) { try checkInterrupt() }
      // Loss and gradient belong to the point returned: Σ cosh and |sinh|.
      let away = zip(try found.theta[0].doubles(), Self.target).map { $0 - $1 }
      #expect(abs(away.reduce(0) { $0 + cosine($1) } / found.value - 1) < 1e-12)
      let norm = away.reduce(0) { $0 + sine($1) * sine($1) }.squareRoot()
      #expect(abs(norm / found.gradientNorm - 1) < 1e-12)
      #expect(found.value < found.history[0])
    }
  }

  private func cosine(_ x: Double) -> Double { (exponential(x) + exponential(-x)) / 2 }
  private func sine(_ x: Double) -> Double { (exponential(x) - exponential(-x)) / 2 }
  /// By its series, which is exact enough below 4.
  private func exponential(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for k in 1...60 {
      term *= x / Double(k)
      sum += term
    }
    return sum
  }

  static let solvers: [any LinearSolver] = [
    Neumann(terms: 50, gamma: .literal(0.1)), ConjugateGradient(), MINRES(), GMRES(restart: 2),
    FixedPointAdjoint(), NormalEquations(),
  ]

  @Test("a solver returns what its products gave, with the residual of just that", arguments: solvers)
  func solve(by solver: any LinearSolver) throws {
    defer { faa_interrupt_clear() }
    let matrix = try SolverTests.matrix([0.3, 0.5, 0.8, 1.1, 1.4, 1.7])
    let b = try Tensor([1.0, -2, 0.5, 3, 1, 4])
    for stop in 1...6 {
      faa_interrupt_clear()
      var count = 0
      let map = LinearMap(symmetry: .symmetric) { v in
        count += 1
        if count == stop { faa_interrupt_set() }
        try checkInterrupt()
        return [try matrix.matmul(v[0])]
      }
      let solution: LinearSolution
      do {
        solution = try solver.solve(map, [b])
      } catch is Interrupted {
        #expect(stop <= 3, "\(solver) lost what it had at product \(stop)")
        continue
      }
      #expect(solution.isInterrupted && solution.status.name == "truncated")
      #expect(throws: Interrupted.self) { try checkInterrupt() }
      let rest = try (b - matrix.matmul(solution.q[0])).doubles()
      let norm = rest.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(norm > 0 && abs(norm / solution.residual - 1) < 1e-10, "\(solver), product \(stop)")
    }
  }

  @Test("a second interrupt stops what the first left to be completed")
  func second() throws {
    defer { faa_interrupt_clear() }
    let matrix = try SolverTests.matrix([0.3, 0.5, 0.8, 1.1, 1.4, 1.7])
    var count = 0
    let map = LinearMap(symmetry: .symmetric) { v in
      count += 1
      if count >= 3 { faa_interrupt_set() }
      try checkInterrupt()
      return [try matrix.matmul(v[0])]
    }
    // The fourth product is that of the residual, taken with the first request set aside.
    #expect(throws: Interrupted.self) {
      try ConjugateGradient().solve(map, [Tensor([1.0, -2, 0.5, 3, 1, 4])])
    }
    #expect(count == 4)
    #expect(throws: Interrupted.self) { try checkInterrupt() }
  }

  /// A solver that is interrupted at its third product.
  private struct Stopped: LinearSolver {
    let solver: any LinearSolver
    var name: String { solver.name }
    var description: String { solver.description }
    func solve(_ map: LinearMap, _ b: [Tensor], start: [Tensor]?) throws
      -> LinearSolution
    {
      var count = 0
      let stopping = LinearMap(symmetry: map.symmetry) { v in
        count += 1
        if count == 3 { faa_interrupt_set() }
        try checkInterrupt()
        return try map(v)
      }
      return try solver.solve(stopping, b, start: start)
    }
  }

  @Test("a hypergradient of an interrupted series is that of its first terms")
  func hypergradientOfTwoTerms() throws {
    defer { faa_interrupt_clear() }
    let scales = try Tensor([0.5, 1.0, 1.5])
    let problem = BilevelProblem(
      inner: { try (scales * ($0[0] - $1[0]).square()).sum() },
      outer: { theta, _ in try theta[0].square().sum() })
    let point = [try Tensor([1.0, 2, 3])]
    let two = try hypergradient(of: problem, at: point, point, by: Neumann(terms: 2, gamma: .literal(0.1)))
    let stopped = try hypergradient(
      of: problem, at: point, point, by: Stopped(solver: Neumann(terms: 9, gamma: .literal(0.1))))
    #expect(stopped.solution.isInterrupted && !two.solution.isInterrupted)
    #expect(try stopped.value[0].doubles() == two.value[0].doubles())
    #expect(stopped.status == two.status)
    #expect(stopped.notes.last == "interrupted: what 2 products gave")
    // The next one does not begin.
    #expect(throws: Interrupted.self) {
      try hypergradient(of: problem, at: point, point, by: Neumann(terms: 2))
    }
  }
}
