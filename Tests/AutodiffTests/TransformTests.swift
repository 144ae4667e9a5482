import Autodiff
import Testing

@testable import Tensor

private func number(_ value: Double) throws -> Tensor { try .scalar(value, dtype: .f64) }

@Suite("Derivatives nest, keep apart and let go")
struct TransformTests {
  @Test("the fifth derivative of x⁵ is 120, of sin is cos")
  func manyOrders() throws {
    let fifth = grad(grad(grad(grad(grad { try $0.power(5) }))))
    #expect(abs(try fifth(number(2)).item() - 120) < 1e-9)
    let sine = grad(grad(grad(grad(grad { try $0.sin() }))))
    #expect(abs(try sine(number(0.7)).item() - 0.764842187284488) < 1e-12)
  }

  @Test("perturbations are not confused: d/dx (x · d/dy (x + y)) at 1 is 1")
  func nesting() throws {
    let outer = grad { x in try x * grad { y in try x + y }(x.detached) }
    #expect(try outer(number(1)).item() == 1)
    let product = grad { x in try x * grad { y in try x * y }(number(2)) }
    #expect(try product(number(3)).item() == 6)
    // Forward inside reverse and reverse inside forward.
    let mixed = grad { x in try jvp(at: x, along: number(1)) { try x * $0 * $0 }.tangent }
    #expect(try mixed(number(3)).item() == 12)
    let other = try jvp(at: number(3), along: number(1)) { x in try grad { try x * $0 * $0 }(x) }.tangent
    #expect(try other.item() == 12)
  }

  @Test("the gradient of a gradient step (MAML) agrees with finite differences")
  func throughAStep() throws {
    let loss: (Tensor) throws -> Tensor = { w in try (w.square() * w + w.sin()).sum() }
    let meta: (Tensor) throws -> Tensor = { w in try loss(w - grad(loss)(w) * 0.1).square() }
    let w = try Tensor([0.3, -0.5, 0.8])
    let g = try grad(meta)(w).doubles()
    for index in 0..<3 {
      var values = try w.doubles()
      let expected = try difference(step: 1e-4) { step in
        var moved = values
        moved[index] += step
        return try meta(Tensor(moved)).item()
      }
      values[index] += 0
      #expect(abs(g[index] - expected) < 1e-8)
    }
  }

  @Test("what a result does not depend on has derivative zero")
  func independence() throws {
    let (_, gradients) = try valueAndGrad(at: [number(2), number(3)]) { try $0[0] * $0[0] }
    #expect(try gradients.map { try $0.item() } == [4, 0])
    #expect(try dependencies(at: [number(2), number(3)]) { try $0[0] * $0[0].detached } == [true, false])
    #expect(try grad { _ in try number(1) }(number(5)).item() == 0)
    #expect(try grad { try $0 * $0.detached }(number(3)).item() == 3)
  }

  @Test("corners: ties, kinks and zero exponents stay finite")
  func corners() throws {
    let zero = try number(0)
    #expect(try grad { try $0.abs() }(zero).item() == 0)
    #expect(try grad { try $0.relu() }(zero).item() == 0)
    #expect(try grad { try $0.maximum($0) }(number(2)).item() == 1)
    #expect(try grad { try $0.max() }(Tensor([1.0, 3, 3])).doubles() == [0, 0.5, 0.5])
    #expect(try grad { try $0.power(number(0)) }(zero).item() == 0)
    for (power, expected) in [(2.0, 2.0), (3, 0), (1, 0)] {
      let second = grad(grad { try Binary.pow($0, number(power)) })
      #expect(try second(zero).item() == expected)
    }
    let third = grad(grad(grad { try Binary.pow($0, number(2)) }))
    #expect(try third(zero).item() == 0)
    #expect(try grad { try $0.logSumExp() }(Tensor([-Double.infinity, 0])).doubles() == [0, 1])
  }

  @Test("nothing is recorded outside a transform, and a finished one leaves no history")
  func release() throws {
    var escaped: Tensor?
    let (value, gradient) = try valueAndGrad(at: number(2)) { x in
      escaped = try x * 3
      return try x * x
    }
    #expect(value.node == nil && gradient.node == nil)
    #expect(try #require(escaped).isRecorded == false)
    #expect(try (#require(escaped) * 2).node == nil)
    let held = Weak(escaped?.node)
    #expect(held.object != nil)
    escaped = nil
    #expect(held.object == nil)
  }

  @Test("a chain of 300,000 operations is differentiated and freed without recursion")
  func longChain() throws {
    let g = try grad { x in
      var y = x
      for _ in 0..<300_000 { y = try y + 1e-6 }
      return try y * y
    }(number(1))
    #expect(abs(try g.item() - 2.6) < 1e-9)
  }

  @Test("many products with the Hessian from one record of the gradient")
  func products() throws {
    let a = try Tensor([4.0, 1, 1, 3], shape: [2, 2])
    let (gradients, pullback) = try vjp(at: [Tensor([0.5, -1])]) {
      try valueAndGrad(at: $0) { try ($0[0].matmul(a).matmul($0[0])) * 0.5 }.gradients
    }
    #expect(try gradients[0].doubles() == [1, -2.5])
    #expect(try pullback([Tensor([1.0, 0])])[0].doubles() == [4, 1])
    #expect(try pullback([Tensor([0.0, 1])])[0].doubles() == [1, 3])
  }

  @Test("jacobian in either direction, and hessian")
  func matrices() throws {
    let tall: (Tensor) throws -> Tensor = { x in
      try Tensor.concatenated([x.square(), x.exp(), x.sum([0], keep: true)])
    }
    let x = try Tensor([0.5, -1.0])
    let j = try jacobian(at: x, tall)
    #expect(j.shape == [5, 2])
    let e = [0.5, -1.0].map { Double.exponential($0) }
    #expect(try zip(j.doubles(), [1, 0, 0, -2, e[0], 0, 0, e[1], 1, 1]).allSatisfy { abs($0 - $1) < 1e-12 })
    let wide = try jacobian(at: x) { try $0.square().sum([0], keep: true) }
    #expect(wide.shape == [1, 2])
    #expect(try wide.doubles() == [1, -2])
    let h = try hessian(at: Tensor([1.0, 2.0])) {
      try $0.power(4).sum() + $0.narrowed(axis: 0, start: 0, count: 1).sum()
        * $0.narrowed(axis: 0, start: 1, count: 1).sum()
    }
    #expect(try zip(h.doubles(), [12, 1, 1, 48]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test("a gradient of something else than one number is refused with both ways out")
  func notANumber() throws {
    do {
      _ = try grad { try $0 * 2 }(Tensor([1.0, 2.0]))
      Issue.record("no error")
    } catch let error as TensorError {
      #expect(error.description.contains("(2,)") && error.description.contains("jacobian"))
    }
    #expect(throws: TensorError.self) { try grad { try $0.sum() }(Tensor([Int32(1)])) }
  }
}

private struct Weak {
  weak var object: Node?
  init(_ object: Node?) { self.object = object }
}

extension Double {
  fileprivate static func exponential(_ x: Double) -> Double { (try? number(x).exp().item()) ?? .nan }
}
