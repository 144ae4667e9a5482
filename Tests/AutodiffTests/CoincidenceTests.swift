import Autodiff
import Testing

@testable import Tensor

/// A function of a matrix through its decomposition, and matrices at which values coincide.
struct Spectral: Sendable, CustomTestStringConvertible {
  let name: String
  let f: @Sendable (Tensor) throws -> Tensor
  var points: [[Double]] = Spectral.coinciding
  static let coinciding: [[Double]] = [
    [1, 0, 0, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 1, 0, 0, 0, 2], [0, 0, 0, 0, 0, 0, 0, 0, 0],
    // Q diag(1, 1, 3) Qᵀ with the last axis along (1, 2, 2) / 3: the values coincide up to rounding.
    [11, 4, 4, 4, 17, 8, 4, 8, 17].map { $0 / 9 },
  ]
  var testDescription: String { name }

  var matrices: [Tensor] { get throws { try points.map { try Tensor($0, shape: [3, 3]) } } }

  /// A matrix without any symmetry, and one whose diagonal is one number.
  static let weights = [[1.0, -2, 3, 0.5, 5, 6, 0.25, 2, -9], [1, 1, 1, 1, 1, 1, 1, 1, 1]]
  static func weighted(_ x: Tensor, _ which: Int = 0) throws -> Tensor {
    try (x * Tensor(weights[which], shape: [3, 3])).sum()
  }
}

@Suite("Derivatives where eigenvalues or singular values coincide")
struct CoincidenceTests {
  /// Σ over symmetric directions by differences of values, of which none is differentiated.
  private static func differences(
    of f: (Tensor) throws -> Tensor, at a: Tensor, along e: Tensor, step: Double = 1e-4
  ) throws -> Tensor {
    let far = try f(a + e * (2 * step)) - f(a - e * (2 * step))
    return try ((f(a + e * step) - f(a - e * step)) * 8 - far) / (12 * step)
  }

  private static let directions: [Tensor] = {
    var stream = RandomStream(seed: 31)
    return (0..<3).compactMap { _ in try? stream.normals([3, 3], dtype: .f64) }
  }()

  static let first: [Spectral] = [
    .init(name: "sum of exponentials") { try $0.symmetricEigen().values.exp().sum() },
    .init(name: "product of values") { try ($0.symmetricEigen().values + 2).log().sum() },
    .init(
      name: "projection to a double space",
      f: {
        let v = try $0.symmetricEigen().vectors.narrowed(axis: 1, start: 0, count: 2)
        return try Spectral.weighted(v.matmul(v.transposed()))
      }, points: [Spectral.coinciding[1], Spectral.coinciding[3]]),
    .init(
      name: "projection beside a double space",
      f: {
        let v = try $0.symmetricEigen().vectors.narrowed(axis: 1, start: 2, count: 1)
        return try Spectral.weighted(v.matmul(v.transposed()))
      }, points: [Spectral.coinciding[1], Spectral.coinciding[3]]),
  ]

  @Test("what is determined is right, in both modes", arguments: first)
  func determined(_ row: Spectral) throws {
    for a in try row.matrices {
      for e in Self.directions {
        let symmetric = try e.symmetrized()
        let exact = try Self.differences(of: row.f, at: a, along: symmetric).item()
        let reverse = try (grad(row.f)(a) * symmetric).sum().item()
        #expect(abs(reverse - exact) < 1e-8, "\(reverse) for \(exact) at \(a)")
        // The tangents of vectors that have none are NaN, of which a projection to their space cannot know that they do not matter.
        let forward = try jvp(at: a, along: symmetric, row.f).tangent.item()
        #expect(abs(forward - exact) < 1e-8 || (forward.isNaN && row.name.hasSuffix("to a double space")))
      }
    }
  }

  @Test(
    "second derivatives of a projection beside a double space are not determined, in every composition",
    arguments: HVPMode.allCases)
  func projection(_ mode: HVPMode) throws {
    let row = Self.first[3]
    for a in try row.matrices {
      let e = try Self.directions[0].symmetrized()
      let error = #expect(throws: TensorError.self) { try hvp(at: a, along: e, mode: mode, row.f) }
      #expect(error?.kind == .notDifferentiable)
    }
  }

  @Test("values that coincide but for rounding", arguments: [2, 6, 30])
  func rounding(_ n: Int) throws {
    var stream = RandomStream(seed: 32)
    let q = try stream.normals([n, n], dtype: .f64).orthogonalTriangular().q
    let c = try stream.normals([n, n], dtype: .f64)
    let a = try q.matmul(q.transposed()) * 3
    let whole = try grad { x in
      let v = try x.symmetricEigen().vectors
      return try (v.matmul(v.transposed()) * c).sum()
    }(a)
    #expect(try whole.abs().max().item() < 1e-10)
    let error = #expect(throws: TensorError.self) {
      try grad { x in
        let (w, v) = try x.symmetricEigen()
        return try ((v * w.exp().insertingAxis(-2)).matmul(v.transposed()) * c).sum()
      }(a)
    }
    #expect(error?.kind == .notDifferentiable)
  }

  @Test("U Vᵀ, the nuclear norm's gradient, at orthogonal matrices and other coincidences")
  func polar() throws {
    let nuclear: (Tensor) throws -> Tensor = { try $0.singularValues().values.sum() }
    let polar: (Tensor) throws -> Tensor = {
      let (u, _, v) = try $0.singularValues()
      return try u.matmul(v.transposed())
    }
    // Multiples of orthogonal matrices, the last of a reflection.
    let points: [([Double], Double)] = [
      ([1, 0, 0, 0, 1, 0, 0, 0, 1], 1), ([0, -1, 0, 1, 0, 0, 0, 0, 1], 1), ([2, 0, 0, 0, 2, 0, 0, 0, 1], 1),
      ([1, 2, 2, -2, -1, 2, 2, -2, 1], 3),
    ]
    for (elements, divisor) in points {
      let a = try Tensor(elements, shape: [3, 3]) / divisor
      for e in Self.directions {
        let exact = try Self.differences(of: polar, at: a, along: e)
        let slope = try (grad { try Spectral.weighted(polar($0)) }(a) * e).sum().item()
        #expect(try abs(slope - Spectral.weighted(exact).item()) < 1e-8)
        let even = try (grad { try Spectral.weighted(polar($0), 1) }(a) * e).sum().item()
        #expect(try abs(even - Spectral.weighted(exact, 1).item()) < 1e-8)
        #expect(try (hvp(at: a, along: e, nuclear) - exact).abs().max().item() < 1e-8)
        let reverse = try hvp(at: a, along: e, mode: .reverseOverReverse, nuclear)
        #expect(try (reverse - exact).abs().max().item() < 1e-8)
      }
    }
  }

  /// V g(w) Vᵀ, weighted.
  private static func through(
    _ name: String, _ which: Int, _ g: @escaping @Sendable (Tensor) throws -> Tensor
  ) -> Spectral {
    Spectral(name: "\(name), weights \(which)") { a in
      let (w, v) = try a.symmetricEigen()
      return try Spectral.weighted((v * g(w).insertingAxis(-2)).matmul(v.transposed()), which)
    }
  }

  /// The values above the lowest, which is a constant: 0 where all coincide, and with them all that the vectors receive.
  @Sendable private static func height(_ w: Tensor) throws -> Tensor {
    try w - w.narrowed(axis: 0, start: 0, count: 1).detached
  }

  private static func undetermined(_ which: Int) -> [Spectral] {
    [
      through("exponential", which) { try $0.exp() },
      through("sine", which) { try $0.sin() },
      through("logarithm", which) { try (height($0) + 1).log() },
      through("height", which, height),
      Spectral(name: "matrix put together again, weights \(which)") { a in
        let (u, s, v) = try a.singularValues()
        return try Spectral.weighted((u * s.insertingAxis(-2)).matmul(v.transposed()), which)
      },
    ]
  }

  static let undetermined: [Spectral] =
    undetermined(0) + undetermined(1) + [
      Spectral(name: "one vector of a double space") { a in
        let first = try a.symmetricEigen().vectors.narrowed(axis: 1, start: 0, count: 1)
        return try first.sum()
      }
    ]

  @Test(
    "what the results do not determine is an error that says so, or NaN forwards",
    arguments: Self.undetermined)
  func refused(_ row: Spectral) throws {
    for a in try row.matrices {
      let error = #expect(throws: TensorError.self) { try grad(row.f)(a) }
      #expect(error?.kind == .notDifferentiable)
      for part in ["coincide", "vectors", "separate"] where error?.description.contains("is 0") == false {
        #expect(error?.description.contains(part) == true)
      }
      #expect(try jvp(at: a, along: Self.directions[0], row.f).tangent.item().isNaN)
    }
  }

  /// Second derivatives of sums over values are divided differences, of which the results know those of distinct values.
  @Test(
    "the Hessian of a spectral sum is that by divided differences, or an error", arguments: HVPMode.allCases)
  func dividedDifferences(_ mode: HVPMode) throws {
    let f: (Tensor) throws -> Tensor = { try $0.symmetricEigen().values.exp().sum() }
    func exact(_ w: [Double], _ e: Tensor) throws -> Tensor {
      let table = w.flatMap { x in
        w.map { y in
          x == y ? Tensor.exponential(x) : (Tensor.exponential(x) - Tensor.exponential(y)) / (x - y)
        }
      }
      return try e * Tensor(table, shape: [3, 3])
    }
    let e = try Self.directions[1].symmetrized()
    for w in [[1.0, 1.25, 2], [-1, 0, 3]] {
      let product = try hvp(at: Tensor(w).diagonalMatrix(), along: e, mode: mode, f)
      #expect(try (product - exact(w, e)).abs().max().item() < 1e-12)
    }
    for w in [[1.0, 1, 1], [1, 1, 2]] {
      let a = try Tensor(w).diagonalMatrix()
      let error = #expect(throws: TensorError.self) { try hvp(at: a, along: e, mode: mode, f) }
      #expect(error?.kind == .notDifferentiable)
      // A direction in which coinciding values stay together needs no more than the results know.
      let together = try Tensor(w).diagonalMatrix() + Tensor([0.0, 0, 1, 0, 0, 1, 1, 1, 0], shape: [3, 3])
      if w[2] == 2 {
        let product = try hvp(at: a, along: together, mode: mode, f)
        #expect(try (product - exact(w, together)).abs().max().item() < 1e-12)
      }
    }
  }

  @Test("single values of a double one keep the slope along their vector, and have no curvature")
  func kinks() throws {
    let identity = try Tensor.eye(3)
    let largest: (Tensor) throws -> Tensor = {
      try $0.symmetricEigen().values.narrowed(axis: 0, start: 2, count: 1).sum()
    }
    let g = try grad(largest)(identity)
    #expect(try abs(g.trace().item() - 1) < 1e-6 && (g.matmul(g) - g).abs().max().item() < 1e-6)
    for mode in HVPMode.allCases {
      #expect(throws: TensorError.self) {
        try hvp(at: identity, along: g + Tensor.ones([3, 3]), mode: mode, largest)
      }
    }
  }

  @Test("single precision, a batch in which one matrix has a double value, and values outside of derivatives")
  func batch() throws {
    let a = try Tensor.stacked([Tensor.eye(3), Tensor([1, 2, 4]).cast(to: .f32).diagonalMatrix()])
    let f: (Tensor) throws -> Tensor = { try $0.symmetricEigen().values.square().sum() }
    #expect(try (grad(f)(a) - a * 2).abs().max().item() < 1e-5)
    #expect(try a.symmetricEigen().vectors.equal(Tensor.eye(3)).all().item() == 1)
    let thin = try Tensor([1.0, 2, 2, 4, 3, 6], shape: [3, 2])
    let rankOne: (Tensor) throws -> Tensor = {
      let u = try $0.singularValues().u.narrowed(axis: 1, start: 0, count: 1)
      return try (u.matmul(u.transposed()) * Tensor([1.0, 2, 3])).sum()
    }
    let e = try Tensor([0.3, 1, -1, 0.5, 2, 0.1], shape: [3, 2])
    let exact = try Self.differences(of: rankOne, at: thin, along: e).item()
    #expect(try abs((grad(rankOne)(thin) * e).sum().item() - exact) < 1e-8)
    #expect(try abs(jvp(at: thin, along: e, rankOne).tangent.item() - exact) < 1e-8)
    let whole: (Tensor) throws -> Tensor = {
      let (u, s, v) = try $0.singularValues()
      return try ((u * s.insertingAxis(-2)).matmul(v.transposed()) * e).sum()
    }
    let error = #expect(throws: TensorError.self) { try grad(whole)(thin) }
    #expect(error?.kind == .notDifferentiable && error?.description.contains("is 0") == true)
  }
}

extension Tensor {
  fileprivate static func exponential(_ x: Double) -> Double {
    (try? Tensor.scalar(x, dtype: .f64).exp().item()) ?? .nan
  }
}
