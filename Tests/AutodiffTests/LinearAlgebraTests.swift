import Autodiff
import Foundation
import Testing

@testable import Tensor

@Suite("Linear algebra")
struct LinearAlgebraTests {
  static let recorded = RecordedOperation.load("linear")

  static func run(_ row: RecordedOperation, _ x: [Tensor]) throws -> Tensor {
    let a = row.attributes
    let m = x[0]
    switch row.op {
    case "cholesky": return try m.symmetrized().cholesky()
    case "eigenvalues": return try m.symmetrized().symmetricEigen().values
    case "eigenprojector":
      let first = try m.symmetrized().symmetricEigen().vectors.narrowed(axis: -1, start: 0, count: 1)
      return try first.matmul(first.transposed())
    case "eigenfunction":
      let (w, v) = try m.symmetrized().symmetricEigen()
      return try (v * w.sin().insertingAxis(-2)).matmul(v.transposed())
    case "inverse": return try m.inverse()
    case "determinant": return try m.determinant()
    case "logDeterminant": return try m.logDeterminant().logarithm
    case "solve": return try m.solve(x[1])
    case "triangularSolve":
      return try m.triangularSolve(
        x[1], lower: a.lower ?? true, transposed: a.transposed ?? false, unit: a.unit ?? false)
    case "choleskySolve": return try m.symmetrized().cholesky().choleskySolve(x[1])
    case "singularValues": return try m.singularValues().values
    case "leftProjector":
      let u = try m.singularValues().u.narrowed(axis: -1, start: 0, count: 1)
      return try u.matmul(u.transposed())
    case "rightProjector":
      let v = try m.singularValues().v.narrowed(axis: -1, start: 0, count: 1)
      return try v.matmul(v.transposed())
    case "polar":
      let (u, _, v) = try m.singularValues()
      return try u.matmul(v.transposed())
    case "orthogonal": return try m.orthogonalTriangular().q
    case "triangular": return try m.orthogonalTriangular().r
    case "leastSquares": return try m.leastSquares(x[1])
    default: throw TensorError(.invalidArgument, in: row.op, "is not in the table of this test")
    }
  }

  @Test func theFixtureIsThere() { #expect(Self.recorded.count >= 150) }

  @Test("values and gradients against PyTorch, in f64 and f32", arguments: recorded)
  func values(_ row: RecordedOperation) throws {
    let x = try row.inputs.map { try $0.tensor() }
    try row.value.expectEqual(Self.run(row, x), tolerance: 1e-9, "value")
    let gradients = try valueAndGrad(at: x) { inputs in
      let result = try Self.run(row, inputs)
      return try (result * cosines(result.shape)).sum()
    }.gradients
    for (gradient, reference) in zip(gradients, row.gradients) {
      let scale = reference.values.map { Swift.abs($0.double) }.max() ?? 1
      try reference.expectEqual(gradient, tolerance: 1e-8 * Swift.max(1, scale), "gradient")
    }
    let value = try Self.run(row, x.map { try $0.cast(to: .f32) })
    #expect(value.dtype == .f32)
    try row.value.expectEqual(value, tolerance: 2e-3, "f32 value")
  }

  @Test(
    "factors multiply back, are orthonormal and keep their conventions",
    arguments: [(40, 40), (60, 25), (25, 60)])
  func reconstruction(_ m: Int, _ n: Int) throws {
    var stream = RandomStream(seed: 8)
    let a = try stream.normals([2, m, n], dtype: .f64)
    func close(_ x: Tensor, _ y: Tensor, _ what: String) throws {
      #expect(try (x - y).abs().max().item() < 1e-11, "\(what)")
    }
    let k = min(m, n)
    let eye = try Tensor.eye(k, dtype: .f64)
    let (u, s, v) = try a.singularValues()
    try close((u * s.insertingAxis(-2)).matmul(v.transposed()), a, "svd")
    try close(u.transposed().matmul(u), eye.expanded(to: [2, k, k]), "UᵀU")
    try close(v.transposed().matmul(v), eye.expanded(to: [2, k, k]), "VᵀV")
    #expect(
      try s.narrowed(axis: 1, start: 0, count: k - 1).greaterOrEqual(
        s.narrowed(axis: 1, start: 1, count: k - 1)
      ).all().item() == 1)
    let peak = try u.takeAlong(u.abs().argMax(axis: 1).insertingAxis(1), axis: 1)
    #expect(try peak.greater(0).all().item() == 1)
    let (q, r) = try a.orthogonalTriangular()
    try close(q.matmul(r), a, "qr")
    try close(q.transposed().matmul(q), eye.expanded(to: [2, k, k]), "QᵀQ")
    try close(r.upperTriangle(), r, "R")
    #expect(try r.diagonal().less(0).any().item() == 0)
    let square = try a.matmul(a.transposed())
    let (w, vectors) = try square.symmetricEigen()
    try close(square.matmul(vectors), vectors * w.insertingAxis(-2), "eigh")
  }

  @Test("the same bits on 1, 2 and 4 threads")
  func threads() throws {
    var stream = RandomStream(seed: 2)
    let a = try stream.normals([12, 30, 30], dtype: .f64)
    let b = try stream.normals([12, 30, 4], dtype: .f64)
    let before = Engine.threads
    defer { Engine.threads = before }
    let results = try [1, 2, 4].map { threads in
      Engine.threads = threads
      let positive = try a.matmul(a.transposed()) + Tensor.eye(30, dtype: .f64)
      return try [
        a.solve(b), positive.cholesky(), positive.symmetricEigen().vectors, a.singularValues().u,
        a.orthogonalTriangular().q, a.determinant(), a.argSort(axis: 1),
      ].map { try $0.doubles() }
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test("a singular matrix has a determinant with derivatives of every order")
  func singular() throws {
    let a = try Tensor([1.0, 2, 3, 2, 4, 6, 1, 0, 1], shape: [3, 3])
    #expect(abs(try a.determinant().item()) < 1e-14)
    // The cofactors.
    let exact = [4.0, 4, -4, -2, -2, 2, 0, 0, 0]
    let g = try grad { try $0.determinant() }(a).doubles()
    for (value, reference) in zip(g, exact) { #expect(abs(value - reference) < 1e-12) }
    let zero = try Tensor.zeros([2, 2], dtype: .f64)
    let h = try hessian(at: zero) { try $0.determinant() }.doubles()
    #expect(h == [0, 0, 0, 1, 0, 0, -1, 0, 0, -1, 0, 0, 1, 0, 0, 0])
    let (sign, logarithm) = try zero.logDeterminant()
    #expect(try sign.item() == 0 && logarithm.item() == -.infinity)
  }

  @Test("eigenvalues that repeat have the derivatives of a symmetric function of them")
  func repeated() throws {
    let identity = try Tensor.eye(3, dtype: .f64)
    let g = try grad { try $0.symmetricEigen().values.square().sum() }(identity)
    #expect(try (g - identity * 2).abs().max().item() < 1e-14)
  }

  @Test("matrices without elements")
  func empty() throws {
    #expect(try Tensor.zeros([0, 0]).determinant().item() == 1)
    #expect(try Tensor.zeros([2, 0, 0]).cholesky().shape == [2, 0, 0])
    #expect(try Tensor.zeros([0, 3, 3]).inverse().shape == [0, 3, 3])
    #expect(try Tensor.zeros([3, 0]).singularValues().values.shape == [0])
    #expect(try Tensor.zeros([3, 0]).orthogonalTriangular().q.shape == [3, 0])
    #expect(try Tensor.eye(3).solve(.zeros([3, 0])).shape == [3, 0])
    #expect(try Tensor.zeros([0, 0]).symmetricEigen().values.shape == [0])
  }

  struct Failure: Sendable, CustomTestStringConvertible {
    let kind: TensorError.Kind
    let mentions: [String]
    let call: @Sendable () throws -> Any
    var testDescription: String { mentions.joined(separator: ", ") }
  }

  static let failures: [Failure] = [
    .init(kind: .shapeMismatch, mentions: ["cholesky", "(2, 3)", "not square"]) {
      try Tensor.ones([2, 3]).cholesky()
    },
    .init(kind: .shapeMismatch, mentions: ["inverse", "(3,)"]) { try Tensor.ones([3]).inverse() },
    .init(kind: .arithmetic, mentions: ["solve", "singular", "pivot 2"]) {
      try Tensor.ones([2, 2]).solve(.ones([2]))
    },
    .init(kind: .arithmetic, mentions: ["solve", "matrix 1 of the batch"]) {
      try Tensor([1.0, 0, 0, 1, 0, 0, 0, 0], shape: [2, 2, 2]).inverse()
    },
    .init(kind: .arithmetic, mentions: ["cholesky", "not positive definite", "pivot 2", "eye"]) {
      try Tensor([1.0, 2, 2, 1], shape: [2, 2]).cholesky()
    },
    .init(kind: .shapeMismatch, mentions: ["solve", "(2, 2)", "(3, 1)", "2 rows"]) {
      try Tensor.eye(2).solve(.ones([3, 1]))
    },
    .init(kind: .shapeMismatch, mentions: ["solve", "leading axes"]) {
      try Tensor.ones([2, 3, 3]).solve(.ones([4, 3, 1]))
    },
    .init(kind: .arithmetic, mentions: ["triangularSolve", "pivot 2"]) {
      try Tensor([1.0, 0, 5, 0], shape: [2, 2]).triangularSolve(.ones([2]))
    },
    .init(kind: .invalidArgument, mentions: ["eigh", "NaN"]) {
      try Tensor.full([2, 2], .nan).symmetricEigen()
    },
    .init(kind: .invalidArgument, mentions: ["svd", "NaN"]) {
      try Tensor.full([2, 2], .infinity).singularValues()
    },
    .init(kind: .shapeMismatch, mentions: ["leastSquares", "(3, 2)", "(4,)"]) {
      try Tensor.ones([3, 2]).leastSquares(.ones([4]))
    },
    .init(kind: .shapeMismatch, mentions: ["leastSquares", "leading axes", "(5, 3, 2)", "(4, 3, 1)"]) {
      try Tensor.ones([5, 3, 2]).leastSquares(.ones([4, 3, 1]))
    },
    .init(kind: .arithmetic, mentions: ["leastSquares", "(3, 2)", "full rank"]) {
      try Tensor.zeros([3, 2]).leastSquares(.ones([3]))
    },
    .init(kind: .shapeMismatch, mentions: ["choleskySolve", "(2, 2)", "(3,)", "2 rows"]) {
      try Tensor.eye(2).choleskySolve(.ones([3]))
    },
    .init(kind: .shapeMismatch, mentions: ["solve", "(2, 2)", "()"]) { try Tensor.eye(2).solve(.scalar(1)) },
  ]

  @Test("errors name the matrix, the pivot and the remedy", arguments: failures)
  func errors(_ row: Failure) {
    do {
      _ = try row.call()
      Issue.record("no error")
    } catch let error as TensorError {
      #expect(error.kind == row.kind)
      for part in row.mentions { #expect(error.description.contains(part), "\(error) lacks \(part)") }
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test("a vector goes with every matrix of a batch")
  func vectors() throws {
    var stream = RandomStream(seed: 12)
    let lower = try stream.normals([3, 2, 2], dtype: .f64).lowerTriangle() + Tensor.eye(2, dtype: .f64) * 3
    let b = try stream.normals([2], dtype: .f64)
    let x = try lower.choleskySolve(b)
    let expected = try lower.matmul(lower.transposed()).solve(b)
    #expect(try x.shape == [3, 2] && (x - expected).abs().max().item() < 1e-14)
  }

  @Test("second derivatives of a determinant that is 0 but for rounding")
  func nearlySingularDeterminant() throws {
    var stream = RandomStream(seed: 13)
    for _ in 0..<5 {
      let column = try stream.normals([4, 1], dtype: .f64)
      let a = try Tensor.concatenated([column, column, stream.normals([4, 2], dtype: .f64)], axis: 1)
      let unit: (Int, Int) throws -> Tensor = { row, column in
        let identity = try Tensor.eye(4, dtype: .f64)
        let left = try identity.narrowed(axis: 1, start: row, count: 1)
        return try left * identity.narrowed(axis: 0, start: column, count: 1)
      }
      // The determinant is linear in each element, so the second difference is the derivative.
      let (e, f) = (try unit(0, 0), try unit(1, 2))
      let mixed =
        try (a + e + f).determinant() - (a + e).determinant() - (a + f).determinant() + a.determinant()
      for mode in HVPMode.allCases {
        let product = try hvp(at: a, along: e, mode: mode) { try $0.determinant() }
        #expect(try abs((product * f).sum().item() - mixed.item()) < 1e-11, "\(mode)")
      }
    }
  }
}
