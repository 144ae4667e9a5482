import Autodiff
import Testing

@testable import Tensor

@Suite("checkpoint, vmap, per-sample gradients, Gauss-Newton, detectAnomaly")
struct TransformFamilyTests {
  private static func body(_ p: [Tensor]) throws -> Tensor { try (p[0].matmul(p[1]).tanh() * p[0]).exp() }

  private static func points() throws -> [Tensor] {
    var stream = RandomStream(seed: 4)
    return try [stream.normals([3, 3], dtype: .f64) * 0.3, stream.normals([3, 3], dtype: .f64) * 0.3]
  }

  @Test("a checkpoint changes neither values nor derivatives of any order")
  func checkpointed() throws {
    let x = try Self.points()
    let direction = try x.map { try $0.cos() }
    func total(_ f: @escaping ([Tensor]) throws -> Tensor) -> ([Tensor]) throws -> Tensor {
      { try f($0).square().sum() }
    }
    let plain = total(Self.body)
    let saved = total { try checkpoint($0, Self.body) }
    #expect(try plain(x).item() == saved(x).item())
    let (a, b) = (try valueAndGrad(at: x, plain).gradients, try valueAndGrad(at: x, saved).gradients)
    #expect(try zip(a, b).allSatisfy { try $0.doubles() == $1.doubles() })
    for mode in HVPMode.allCases {
      let (a, b) = (
        try hvp(at: x, along: direction, mode: mode, plain),
        try hvp(at: x, along: direction, mode: mode, saved)
      )
      for (left, right) in zip(a, b) {
        #expect(
          try zip(left.doubles(), right.doubles()).allSatisfy { abs($0 - $1) < 1e-12 * max(1, abs($1)) })
      }
    }
  }

  @Test("a checkpoint keeps only its inputs: the peak of a deep chain falls")
  func memory() throws {
    let x = try Tensor.full([256, 256], 0.01)
    func block(_ y: Tensor) throws -> Tensor {
      var y = y
      for _ in 0..<10 { y = try (y.sin() * 1.01).tanh() }
      return y
    }
    func peak(_ f: (Tensor) throws -> Tensor) throws -> Int {
      MemoryReport.resetPeak()
      let before = MemoryReport.now.live
      _ = try valueAndGrad(at: x) { start in
        var y = start
        for _ in 0..<10 { y = try f(y) }
        return try y.sum()
      }
      return MemoryReport.now.peak - before
    }
    let whole = try peak(block)
    let saved = try peak { try checkpoint([$0]) { try block($0[0]) } }
    #expect(saved * 3 < whole, "\(saved) bytes with checkpoints, \(whole) without")
  }

  @Test("what a checkpoint captured and would lose is an error")
  func captured() throws {
    let x = try Tensor.scalar(2, dtype: .f64)
    #expect { try grad { y in try checkpoint([y * y]) { try $0[0] * y } }(x) } throws: {
      "\($0)".contains("checkpoint") && "\($0)".contains("captured")
    }
  }

  @Test("vmap of a function, of its gradient, and its gradient")
  func mapped() throws {
    let x = try Tensor([1.0, 2, 3, 4, 5, 6], shape: [3, 2])
    let w = try Tensor([0.5, -1.0])
    let f: ([Tensor]) throws -> Tensor = { try ($0[0] * $0[1]).sum().sin() }
    let values = try vmap(over: [x, w], mapped: [true, false], f)
    let expected = try (x * w).sum([1]).sin()
    #expect(try values.doubles() == expected.doubles())
    let rows = try vmap(over: [x]) { row in try grad { try f([$0, w]) }(row[0]) }
    let whole = try grad { try ($0 * w).sum([1]).sin().sum() }(x)
    #expect(try zip(rows.doubles(), whole.doubles()).allSatisfy { abs($0 - $1) < 1e-14 })
    let outer = try grad { w in try vmap(over: [x, w], mapped: [true, false], f).sum() }(w)
    let direct = try grad { w in try (x * w).sum([1]).sin().sum() }(w)
    #expect(try zip(outer.doubles(), direct.doubles()).allSatisfy { abs($0 - $1) < 1e-14 })
    #expect { try vmap(over: [x, w]) { $0[0] } } throws: { "\($0)".contains("(3, 2), (2,)") }
  }

  @Test("per-sample gradients average to the gradient of the mean")
  func perSample() throws {
    var stream = RandomStream(seed: 9)
    let (x, y) = try (stream.normals([6, 4], dtype: .f64), stream.normals([6], dtype: .f64))
    let p = try [stream.normals([4, 3], dtype: .f64), stream.normals([3], dtype: .f64)]
    let each = try perSampleGradients(at: p, over: [x, y]) { p, sample in
      try ((sample[0].matmul(p[0]).tanh() * p[1]).sum() - sample[1]).square()
    }
    let mean = try valueAndGrad(at: p) { p in
      try ((x.matmul(p[0]).tanh() * p[1]).sum([1]) - y).square().mean()
    }.gradients
    #expect(each.map(\.shape) == [[6, 4, 3], [6, 3]])
    for (samples, whole) in zip(each, mean) {
      #expect(try zip(samples.mean([0]).doubles(), whole.doubles()).allSatisfy { abs($0 - $1) < 1e-13 })
    }
  }

  @Test("the Gauss-Newton product is Jᵀ H J v, written out")
  func gaussNewton() throws {
    let x = try Tensor([0.3, -0.7, 1.1])
    let v = try Tensor([1.0, 0.5, -2])
    let outputs: (Tensor) throws -> Tensor = {
      try Tensor.concatenated([$0.sin(), ($0 * $0).sum([0], keep: true)])
    }
    let loss: (Tensor) throws -> Tensor = { try $0.exp().sum() + $0.sum().square() }
    let j = try jacobian(at: x, outputs)
    let h = try hessian(at: outputs(x), loss)
    let expected = try j.transposed().matmul(h.matmul(j.matmul(v)))
    let product = try gaussNewtonProduct(
      at: [x], along: [v], outputs: { [try outputs($0[0])] }, loss: { try loss($0[0]) })[0]
    #expect(
      try zip(product.doubles(), expected.doubles()).allSatisfy { abs($0 - $1) < 1e-12 * max(1, abs($1)) })
    // A linear model: Gauss-Newton is the Hessian.
    let a = try Tensor([1.0, 2, -1, 0.5, 3, 1], shape: [2, 3])
    let linear = try gaussNewtonProduct(
      at: [x], along: [v], outputs: { [try a.matmul($0[0])] }, loss: { try loss($0[0]) })[0]
    let exact = try hvp(at: x, along: v) { try loss(a.matmul($0)) }
    #expect(try zip(linear.doubles(), exact.doubles()).allSatisfy { abs($0 - $1) < 1e-12 * max(1, abs($1)) })
  }

  @Test("the first operation that gives NaN or infinity is named, with its place, in either sweep")
  func anomaly() throws {
    let x = try Tensor([4.0, -1, 9], shape: [3])
    #expect { try detectAnomaly { try (x.sqrt() * 2).sum() } } throws: { error in
      let text = "\(error)"
      return text.contains("sqrt") && text.contains("nan") && text.contains("[1]") && text.contains("(3,)")
    }
    let zero = try Tensor([2.0, 0.0])
    #expect { try detectAnomaly { try grad { try $0.log().sum() }(zero) } } throws: {
      "\($0)".hasPrefix("log") && "\($0)".contains("-inf")
    }
    // Finite on the way there, not on the way back.
    let cube = try Tensor([1e-200])
    #expect {
      try detectAnomaly { try grad { try ($0 * 1e-200 + 1e-150).log().sum() * 1e300 }(cube) }
    } throws: {
      "\($0)".contains("in the derivative of log")
    }
    #expect(try detectAnomaly { try x.square().sum().item() } == 98)
    #expect(try x.sqrt().doubles()[1].isNaN, "outside nothing is searched")
  }

  @Test("one fused step of Adam is the step written out, and is differentiable where followed")
  func adam() throws {
    var stream = RandomStream(seed: 12)
    let (p, g) = try (stream.normals([5, 4], dtype: .f64), stream.normals([5, 4], dtype: .f64))
    let start = try (stream.normals([5, 4], dtype: .f64), stream.normals([5, 4], dtype: .f64).square())
    let step = Tensor.AdamStep(
      beta1: 0.9, beta2: 0.99, epsilon: 1e-8, rate: 0.01, weightDecay: 0.1, correction1: 1 - 0.9 * 0.9,
      correction2: 1 - 0.99 * 0.99)
    var (next, m, v) = (p, start.0, start.1)
    try Tensor.adamStep(step, &next, gradient: g, first: &m, second: &v)
    let expectedM = try start.0 * 0.9 + g * 0.1
    let expectedV = try start.1 * 0.99 + g.square() * 0.01
    let expected = try p * (1 - 0.001) - expectedM / 0.19 * 0.01 / ((expectedV / 0.0199).sqrt() + 1e-8)
    for (a, b) in [(next, expected), (m, expectedM), (v, expectedV)] {
      #expect(try zip(a.doubles(), b.doubles()).allSatisfy { abs($0 - $1) < 1e-13 })
    }
    // What was handed in belongs to this test too: it must not have been changed under it.
    #expect(try start.0.doubles() != m.doubles())
    #expect(try p.doubles() != next.doubles())
    let slope = try grad { g in
      var (next, m, v) = (p, start.0, start.1)
      try Tensor.adamStep(step, &next, gradient: g, first: &m, second: &v)
      return try next.sum()
    }(g)
    let numeric = try difference(step: 1e-4) { h in
      var (next, m, v) = (p, start.0, start.1)
      try Tensor.adamStep(step, &next, gradient: g + h, first: &m, second: &v)
      return try next.sum().item()
    }
    #expect(abs(try slope.sum().item() - numeric) < 1e-8)
  }
}
