import Autodiff
import Testing

@testable import Tensor

/// Differences beyond rounding between lists of tensors.
private func expectEqual(
  _ got: [Tensor], _ want: [Tensor], _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(got.map(\.shape) == want.map(\.shape), "\(what)", sourceLocation: sourceLocation)
  for (a, b) in zip(got, want) {
    let (a, b) = (try a.doubles(), try b.doubles())
    let scale = max(1, b.map(abs).max() ?? 0)
    #expect(
      zip(a, b).allSatisfy { abs($0 - $1) <= 1e-12 * scale }, "\(what): \(a) for \(b)",
      sourceLocation: sourceLocation)
  }
}

@Suite("A derivative recorded once and compiled, against the sweeps it stands for")
struct LinearizedTests {
  @Test(
    "every primitive: the Jacobian, and the Hessian as the derivative of a recorded sweep",
    arguments: PrimitiveCase.all)
  func primitive(_ row: PrimitiveCase) throws {
    let x = try row.inputs()
    let (_, derivative) = try linearized(at: x) { [try row.sample.call($0)] }
    let (gradient, pullback) = try vjp(at: x) { try valueAndGrad(at: $0, row.scalar).gradients }
    let (_, product) = try linearized(at: gradient, pullback)
    var first: [Tensor] = []
    for seed: UInt64 in [5, 6, 7] {
      let v = try directions(like: x, seed: seed)
      let tangents = try derivative(v)
      try expectEqual(tangents, jvp(at: x, along: v) { [try row.sample.call($0)] }.tangents, "J v")
      try expectEqual(product(v), hvp(at: x, along: v, row.scalar), "H v")
      if seed == 5 { first = tangents }
    }
    // What was returned stays what it was, though the program has run again since.
    try expectEqual(
      first, jvp(at: x, along: directions(like: x, seed: 5)) { [try row.sample.call($0)] }.tangents, "kept")
  }

  /// The values of a random chain of operations, each on two of those before it.
  private func chain(
    _ stream: inout RandomStream, length: Int, of operations: Int,
    _ operate: @escaping (_ operation: Int, Tensor, Tensor) throws -> Tensor
  ) -> ([Tensor]) throws -> [Tensor] {
    let plan = (0..<stream.int(below: length) + 4).map { _ in
      (stream.int(below: operations), stream.int(below: 1 << 20), stream.int(below: 1 << 20))
    }
    return { x in
      try plan.reduce(into: x) { values, step in
        values.append(try operate(step.0, values[step.1 % values.count], values[step.2 % values.count]))
      }
    }
  }

  /// A random computation of two vectors of six numbers: products with constant matrices and their transposes, elementwise
  /// functions, broadcasting, reductions, views; each step from values before it.
  private func graph(_ seed: UInt64) throws -> ([Tensor]) throws -> Tensor {
    var stream = RandomStream(seed: seed, stream: 0x67)
    let a = try stream.normals([6, 6], dtype: .f64) * 0.4
    let b = try stream.normals([6, 6], dtype: .f64) * 0.4
    let weights = try stream.normals([6], dtype: .f64)
    let values = chain(&stream, length: 12, of: 16) { operation, p, q in
      switch operation {
      case 0: try a.matmul(p)
      case 1: try a.transposed().matmul(p)
      case 2: try p.matmul(b)
      case 3: try a.matmul(p) + a.transposed().matmul(p)
      case 4: try p * weights
      case 5: try p.tanh()
      case 6: try (p * 0.3).sin()
      case 7: try p + q
      case 8: try p * q * 0.3 - q
      case 9: try p.reshaped([2, 3]).transposed().reshaped([6])
      case 10: try p - p.mean()
      case 11: try p.softmax(axis: 0) * q
      case 12: try (-p).softplus()
      case 13: try p.flipped([0]) * 0.5 + p
      case 14: try p.reshaped([6, 1]).matmul(q.reshaped([1, 6])).sum([0]) * 0.1
      default: try p.square() * 0.1 + weights
      }
    }
    return { x in
      let values = try values(x)
      let end = try values.suffix(3).reduce(Tensor.scalar(0, dtype: .f64)) { try $0 + $1.square().sum() }
      return try end + values[0].matmul(a.matmul(values[0])) * 0.5
    }
  }

  /// The same of two matrices, 5 x 6: products with constants on either side, plain and transposed, of one another, and rows for all.
  private func matrices(_ seed: UInt64) throws -> ([Tensor]) throws -> Tensor {
    var stream = RandomStream(seed: seed, stream: 0x6d)
    let a = try stream.normals([5, 5], dtype: .f64) * 0.4
    let b = try stream.normals([6, 6], dtype: .f64) * 0.4
    let wide = try stream.normals([6, 9], dtype: .f64) * 0.4
    let scale = try stream.normals([5, 6], dtype: .f64)
    let part = try scale.narrowed(axis: 0, start: 0, count: 2)
    let values = chain(&stream, length: 10, of: 15) { operation, p, q in
      switch operation {
      case 0: try a.matmul(p)
      case 1: try a.transposed().matmul(p)
      case 2: try p.matmul(b)
      case 3: try p.matmul(b.transposed())
      case 4: try p.transposed().matmul(a).transposed()
      case 5: try b.matmul(p.transposed()).transposed()
      case 6: try p.matmul(wide).tanh().matmul(wide.transposed())
      case 7: try p.matmul(q.transposed()).matmul(p) * 0.1
      case 8: try (p + q).tanh()
      case 9: try p + q.sum([0]) * 0.2
      case 10: try p * q.mean([1], keep: true)
      case 11: try (p + p.matmul(b)) * q.sin()
      case 12: try p * scale * scale
      // A view that begins where the whole does.
      case 13: try p + (p.narrowed(axis: 0, start: 0, count: 2) * part * part).sum() * 0.1
      default: try p.square() * 0.2 - q + p.sum() * 0.1
      }
    }
    return { x in
      return try values(x).suffix(3).reduce(Tensor.scalar(0, dtype: .f64)) { try $0 + $1.square().sum() }
    }
  }

  @Test("random computations: Hessian products of all compositions", arguments: 0..<60)
  func random(_ seed: UInt64) throws {
    try expectProducts(of: graph(seed), shape: [6], seed)
  }

  @Test("random computations of matrices likewise", arguments: 0..<60)
  func randomMatrices(_ seed: UInt64) throws {
    try expectProducts(of: matrices(seed), shape: [5, 6], seed)
  }

  private func expectProducts(of function: ([Tensor]) throws -> Tensor, shape: Shape, _ seed: UInt64) throws {
    var stream = RandomStream(seed: seed, stream: 0x78)
    let x = try (0..<2).map { _ in try stream.normals(shape, dtype: .f64) * 0.5 }
    let (gradient, pullback) = try vjp(at: x) { try valueAndGrad(at: $0, function).gradients }
    let (_, reverse) = try linearized(at: gradient, pullback)
    let (_, forward) = try linearized(at: x) { try valueAndGrad(at: $0, function).gradients }
    for _ in 0..<3 {
      let v = try (0..<2).map { _ in try stream.normals(shape, dtype: .f64) }
      let want = try hvp(at: x, along: v, function)
      try expectEqual(reverse(v), want, "reverse")
      try expectEqual(forward(v), want, "forward")
    }
  }

  /// The product has the wanted elements up to rounding, each time it is taken, and the same bits on one, two and four threads.
  private func expectProduct(
    _ product: ([Tensor]) throws -> [Tensor], _ v: Tensor, _ want: [Double], _ what: String
  ) throws {
    let got = try product([v])[0].doubles()
    let scale = want.map(abs).max() ?? 1
    let tolerance = v.dtype == .f64 ? 1e-13 : 2e-5
    #expect(zip(got, want).allSatisfy { abs($0 - $1) <= tolerance * scale }, "\(what)")
    let threads = Engine.threads
    defer { Engine.threads = threads }
    for count in [1, 2, 4] {
      Engine.threads = count
      #expect(try product([v])[0].doubles() == got, "\(what), \(count) threads")
    }
  }

  @Test(
    "A x + Aᵀ x reads half of the sum, at every size of its panels and parts",
    arguments: [1, 2, 5, 8, 9, 31, 277, 278, 301, 640], [DType.f64, .f32])
  func symmetricHalf(_ n: Int, _ dtype: DType) throws {
    var stream = RandomStream(seed: 3, stream: UInt64(n))
    let whole = try stream.normals(Shape([n + 1, n + 3]), dtype: dtype)
    let (x, v) = (try stream.normals(Shape([n]), dtype: dtype), try stream.normals(Shape([n]), dtype: dtype))
    // A matrix of its own, its transpose, and a part of a larger one.
    let part = try whole.narrowed(axis: 0, start: 1, count: n).narrowed(axis: 1, start: 2, count: n)
    let own = try part.contiguous(in: "test")
    for a in [own, try own.transposed(), part] {
      let (_, product) = try linearized(at: [x]) { x in
        try valueAndGrad(at: x) { try $0[0].matmul(a.matmul($0[0])) * 0.5 }.gradients
      }
      let wide = try a.cast(to: .f64)
      let want = try (wide + wide.transposed()).matmul(v.cast(to: .f64)).doubles().map { $0 * 0.5 }
      try expectProduct(product, v, want, "\(n)")
    }
  }

  @Test(
    "Aᵀ D A x reads A once, at every size of its blocks and parts",
    arguments: [(1, 1), (3, 2), (4, 9), (7, 31), (200, 10), (13, 5000), (401, 203)], [DType.f64, .f32])
  func thereAndBack(_ extents: (Int, Int), _ dtype: DType) throws {
    let (rows, columns) = extents
    var stream = RandomStream(seed: 5, stream: UInt64(rows * columns))
    let a = try stream.normals(Shape([rows, columns]), dtype: dtype) / Double(columns).squareRoot()
    let target = try stream.normals(Shape([rows]), dtype: dtype)
    let x = try stream.normals(Shape([columns]), dtype: dtype)
    let v = try stream.normals(Shape([columns]), dtype: dtype)
    // A loss of A x, element by element; with and without weights, and with what does not pass through A.
    let losses: [(String, ([Tensor]) throws -> Tensor, ([Tensor]) throws -> Tensor)] = [
      (
        "weights", { try (a.matmul($0[0]) * target).softplus().sum() + $0[0].square().sum() * 0.3 },
        { z in try (z[0] * target).softplus().sum() }
      ),
      (
        "none", { try a.matmul($0[0]).square().sum() * 0.5 + $0[0].square().sum() * 0.3 },
        { z in try z[0].square().sum() * 0.5 }
      ),
    ]
    for (name, loss, ofProduct) in losses {
      let (_, product) = try linearized(at: [x]) { try valueAndGrad(at: $0, loss).gradients }
      let wide = try a.cast(to: .f64)
      let z = try wide.matmul(x.cast(to: .f64))
      let bent = try hvp(at: [z], along: [wide.matmul(v.cast(to: .f64))], ofProduct)[0]
      let want = try (wide.transposed().matmul(bent) + v.cast(to: .f64) * 0.6).doubles()
      try expectProduct(product, v, want, "\(name) \(rows) x \(columns)")
    }
  }

  @Test("it can itself be differentiated, by the direction and by what it was made from")
  func nested() throws {
    let x = try Tensor([0.3, -0.7, 1.1])
    let v = try Tensor([1.0, 0.5, -2])
    // d/dv |J v|² through the compiled derivative of tanh.
    let (_, derivative) = try linearized(at: [x]) { [try $0[0].tanh()] }
    let slope = try grad { try derivative([$0])[0].square().sum() }(v)
    let factor = try 1 - x.tanh().square()
    try expectEqual([slope], [factor.square() * v * 2], "by the direction")
    // d/dx Σ tanh'(x) v, the derivative being made inside.
    let bent = try grad { x in try linearized(at: [x]) { [try $0[0].tanh()] }.derivative([v])[0].sum() }(x)
    try expectEqual([bent], [x.tanh() * factor * v * -2], "by the point")
  }

  @Test("wrong directions are refused")
  func errors() throws {
    let (_, derivative) = try linearized(at: [Tensor([1.0, 2])]) { [try $0[0].exp()] }
    #expect(throws: TensorError.self) { _ = try derivative([]) }
    #expect(throws: TensorError.self) { _ = try derivative([Tensor([1.0, 2, 3])]) }
    // A direction of another dtype is converted; an output without influence is 0.
    #expect(try derivative([Tensor.ones([2])])[0].dtype == .f64)
    let (_, constant) = try linearized(at: [Tensor([1.0, 2])]) { _ in [try Tensor([3.0])] }
    #expect(try constant([Tensor([1.0, 1])])[0].doubles() == [0])
  }
}
