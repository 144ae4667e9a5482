import Hypergradient
import Tensor
import Testing

@Suite("Linear solvers on matrices with known answers")
struct SolverTests {
  /// A symmetric matrix with the given eigenvalues, in a random basis of two Householder reflections.
  static func matrix(_ eigenvalues: [Double]) throws -> Tensor {
    let n = eigenvalues.count
    var stream = RandomStream(seed: 9)
    var result = try diagonal(eigenvalues)
    for _ in 0..<2 {
      let u = try stream.normals(Shape([n, 1]), dtype: .f64)
      let reflection =
        try Tensor.eye(n, dtype: .f64) - u.matmul(u.transposed()) * (2 / u.square().sum().item())
      result = try reflection.matmul(result).matmul(reflection)
    }
    return try (result + result.transposed()) * 0.5
  }

  static func residual(_ matrix: Tensor, _ q: [Tensor], _ b: Tensor) throws -> Double {
    norm(minus(try b.doubles(), try matrix.matmul(q[0]).doubles())) / norm(try b.doubles())
  }

  @Test("definite systems", arguments: [1, 2, 7, 40])
  func definite(_ n: Int) throws {
    let matrix = try Self.matrix((1...n).map { Double($0) * 0.5 })
    var stream = RandomStream(seed: 2)
    let b = try stream.normals(Shape([n]), dtype: .f64)
    for solver in [ConjugateGradient(), MINRES(), GMRES(), Dense(), Neumann(terms: 3000)]
      as [any LinearSolver]
    {
      let map = try LinearMap(matrix: matrix)
      let solution = try solver.solve(map, [b])
      #expect(solution.status == .converged, "\(solver) n = \(n): \(solution.status)")
      #expect(try Self.residual(matrix, solution.q, b) < 1e-9, "\(solver) n = \(n)")
      if solver is ConjugateGradient { #expect(solution.residuals.count <= n + 2) }
    }
    let kappa = try ConjugateGradient(tolerance: 1e-14).solve(LinearMap(matrix: matrix), [b]).kappa
    #expect(abs((kappa ?? 0) / Double(n) - 1) < 1e-3)
  }

  @Test("indefinite systems: MINRES, GMRES and LU solve them, CG and the series say why they do not")
  func indefinite() throws {
    let matrix = try Self.matrix([-3, -1, 2, 4, 5])
    let b = try vector([1, -2, 0.5, 3, 1])
    let map = try LinearMap(matrix: matrix)
    for solver in [MINRES(), GMRES(), Dense()] as [any LinearSolver] {
      let solution = try solver.solve(map, [b])
      #expect(solution.status == .converged)
      #expect(try Self.residual(matrix, solution.q, b) < 1e-9, "\(solver)")
    }
    let cg = try ConjugateGradient().solve(map, [b])
    guard case .negativeCurvature(let curvature) = cg.status else {
      Issue.record("\(cg.status)")
      return
    }
    #expect(curvature < 0 && curvature >= -3)
    let series = try Neumann(terms: 100).solve(map, [b])
    #expect(
      series.status.name == "negativeCurvature" && series.notes.contains { $0.contains("no γ converges") })
  }

  @Test("singular systems are named: in the range they are solved, outside it they are not")
  func singular() throws {
    let matrix = try Self.matrix([0, 1, 2, 3])
    let map = try LinearMap(matrix: matrix)
    let outside = try vector([1, 2, -1, 0.5])
    #expect(try Dense().solve(map, [outside]).status == .singular)
    #expect(try ConjugateGradient(iterations: 50).solve(map, [outside]).status != .converged)
    let series = try Neumann(terms: 400).solve(map, [outside])
    #expect(
      series.status == .stagnated
        && series.notes.contains { $0.contains("null space") || $0.contains("0.1 %") })
    #expect(try !["converged", "truncated"].contains(MINRES().solve(map, [outside]).status.name))
    let inside = try matrix.matmul(outside)
    for solver in [MINRES(), Neumann(terms: 400), ConjugateGradient()] as [any LinearSolver] {
      let solution = try solver.solve(map, [inside])
      #expect(solution.status == .converged, "\(solver): \(solution.status)")
      #expect(try Self.residual(matrix, solution.q, inside) < 1e-9)
    }
  }

  @Test(
    "a map that is not symmetric: tested, refused by CG and MINRES, solved by GMRES; transients are not divergence"
  )
  func general() throws {
    // Spectral radius of I - A is 0.7, but powers grow by a factor of about 70 first.
    let matrix = try Tensor([0.3, -20, 0, 0, 0.3, -20, 0, 0, 0.3], shape: [3, 3])
    let b = try vector([1, 1, 1])
    let map = try LinearMap(matrix: matrix)
    #expect(try !map.isSymmetric(like: [b]))
    #expect(throws: HypergradientError.self) { try ConjugateGradient().solve(map, [b]) }
    #expect(throws: HypergradientError.self) { try MINRES().solve(map, [b]) }
    let gmres = try GMRES().solve(map, [b])
    #expect(gmres.status == .converged)
    #expect(try Self.residual(matrix, gmres.q, b) < 1e-9)
    let series = try Neumann(terms: 200, gamma: 1).solve(map, [b])
    #expect((series.residuals.max() ?? 0) > 70 * series.residuals[0])
    #expect(series.status == .converged)
    #expect(try Self.residual(matrix, series.q, b) < 1e-9)
    let lu = try Dense().solve(map, [b])
    #expect(try Self.residual(matrix, lu.q, b) < 1e-12)
  }

  @Test("an ill-conditioned system: a small residual is not reported as a small error")
  func hilbert() throws {
    let n = 8
    let elements = (0..<n * n).map { 1 / Double($0 / n + $0 % n + 1) }
    let matrix = try Tensor(elements, shape: [n, n])
    let map = try LinearMap(matrix: matrix, symmetry: .symmetric)
    let b = try matrix.matmul(.ones([n], dtype: .f64) - Tensor([0.0, 2, 0, 2, 0, 2, 0, 2]))
    let series = try Neumann(terms: 1000).solve(map, [b])
    #expect(series.status != .converged, "\(series.status)")
    let cg = try ConjugateGradient(iterations: 200).solve(map, [b])
    #expect(cg.notes.contains { $0.contains("κ") })
  }

  @Test("a chosen step that turns out too large is halved, and the result says so")
  func halved() throws {
    let matrix = try Self.matrix([1, 2, 3, 10])
    let b = try vector([1, 1, 1, 1])
    // The one product that the step is chosen from sees a tenth of the map.
    var isFirst = true
    let map = LinearMap(symmetry: .symmetric) { v in
      defer { isFirst = false }
      return [try matrix.matmul(v[0]) * (isFirst ? 0.1 : 1)]
    }
    let solution = try Neumann(terms: 400, probes: 1).solve(map, [b])
    #expect(solution.status == .converged, "\(solution.status)")
    #expect((solution.gamma ?? 1) < 0.2 && solution.notes.contains { $0.contains("halved") })
    #expect(try Self.residual(matrix, solution.q, b) < 1e-9)
  }

  @Test("steps and counts that make no sense are refused by name", arguments: [0.0, -0.1, .nan, .infinity])
  func badStep(_ gamma: Double) throws {
    let map = try LinearMap(matrix: .eye(2, dtype: .f64))
    let b = [try vector([1, 2])]
    #expect(throws: HypergradientError.self) { try Neumann(terms: 3, gamma: .literal(gamma)).solve(map, b) }
    #expect(throws: HypergradientError.self) { try Neumann(terms: 0).solve(map, b) }
    #expect(throws: HypergradientError.self) { try lanczos(map, like: b, steps: 0) }
    #expect(throws: HypergradientError.self) { try LinearMap(matrix: .zeros([2, 3])) }
  }
}

@Suite("Minimisers")
struct MinimizerTests {
  static let all: [any Minimizer] = [
    NewtonCG(), LBFGS(), GradientDescent(), GradientDescent(momentum: 0.8), Adam(rate: 0.05, steps: 20_000),
  ]

  @Test("a convex loss, to the tolerance, from every method", arguments: 0..<all.count)
  func convex(_ index: Int) throws {
    let method = Self.all[index]
    let lambda = try Mixed.lambda()
    let reference = try Mixed.point().theta.tensors.numbers
    let tolerance = method is Adam ? 1e-6 : 1e-9
    let best = try minimize(
      Mixed.problem.inner, from: Mixed.start(), given: lambda, by: method, tolerance: tolerance)
    #expect(best.status == .converged && best.gradientNorm <= tolerance, "\(best)")
    #expect(norm(minus(try best.theta.numbers, reference)) < 10 * tolerance)
    #expect(best.history.count == best.iterations + 1 && best.evaluations >= best.iterations)
  }

  @Test("Rosenbrock's valley", arguments: [0, 1])
  func rosenbrock(_ index: Int) throws {
    let inner: BilevelLoss = { theta, _ in
      let (a, b) = (
        try theta[0].narrowed(axis: 0, start: 0, count: 1), try theta[0].narrowed(axis: 0, start: 1, count: 1)
      )
      return try ((b - a.square()).square() * 100 + (1 - a).square()).sum()
    }
    let best = try minimize(
      inner, from: [vector([-1.2, 1])], given: [], by: Self.all[index], tolerance: 1e-9)
    #expect(best.status == .converged, "\(best)")
    #expect(norm(minus(try best.theta.numbers, [1, 1])) < 1e-7)
  }

  @Test("what cannot be reached is said: a limit, a divergence, a loss without a minimum")
  func failures() throws {
    let lambda = try Mixed.lambda()
    let start = try Mixed.start()
    let few = try minimize(
      Mixed.problem.inner, from: start, given: lambda, by: GradientDescent(rate: 0.01, steps: 3))
    #expect(few.status == .iterationLimit && few.iterations == 3)
    let wild = try minimize(
      { theta, _ in try theta[0].square().square().sum() }, from: [vector([3])], given: [],
      by: GradientDescent(rate: 10))
    #expect(wild.status == .diverged && wild.value.isFinite)
    let open = try minimize(
      { theta, _ in try (theta[0] * 1e-3).sum() }, from: [vector([0, 0])], given: [],
      by: NewtonCG(iterations: 5))
    #expect(open.status == .iterationLimit)
    #expect(throws: HypergradientError.self) {
      try minimize({ theta, _ in try theta[0].log().sum() }, from: [vector([-1])], given: [])
    }
    #expect(throws: HypergradientError.self) {
      try minimize({ theta, _ in theta[0] }, from: [vector([1, 2])], given: [])
    }
    #expect(throws: HypergradientError.self) {
      try minimize(Mixed.problem.inner, from: start, given: lambda, by: Adam(rate: -1))
    }
  }

  @Test(
    "a matrix that only rounding keeps from being singular is called that; units and a large condition number are not"
  )
  func almostSingular() throws {
    for n in [2, 3, 6, 17, 40] {
      for seed in 0..<12 {
        var stream = RandomStream(seed: UInt64(seed), stream: UInt64(n))
        let basis = try stream.normals(Shape([n, n]), dtype: .f64).orthogonalTriangular().q
        func with(_ eigenvalues: [Double]) throws -> Tensor {
          try (basis * Tensor(eigenvalues)).matmul(basis.transposed())
        }
        let others = (1..<n).map { 0.5 + Double($0) / Double(n) }
        // In the range of the matrix, so that the residual does not give it away.
        let flat = try with([0] + others)
        let inside = try flat.matmul(stream.normals(Shape([n]), dtype: .f64))
        for matrix in [flat, try with([0] + others.map { -$0 })] {
          #expect(try Dense().solve(LinearMap(matrix: matrix), [inside]).status == .singular, "\(n) \(seed)")
        }
        let steep = try with([1e-10] + others)
        #expect(try Dense().solve(LinearMap(matrix: steep), [inside]).status == .converged)
      }
    }
    let units = try diagonal([1e-18, 1e12, 1e-3])
    let solution = try Dense().solve(LinearMap(matrix: units), [vector([1, 1, 1])])
    #expect(solution.status == .converged)
    #expect(abs(try solution.q.numbers[0] / 1e18 - 1) < 1e-12)
  }
}
