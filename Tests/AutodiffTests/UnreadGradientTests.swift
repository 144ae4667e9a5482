import Autodiff
import Testing

@testable import Tensor

/// A Hessian product does not compute the gradient's products that it only differentiates: nothing of them may show.
@Suite("Products left out of a gradient that is only differentiated")
struct UnreadGradientTests {
  private struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let shapes: [Shape]
    let loss: @Sendable ([Tensor]) throws -> Tensor
  }

  private static let x = try? Tensor((0..<12).map { Double($0 * $0 % 7) * 0.3 - 0.8 }, shape: [4, 3])

  private static func input() throws -> Tensor { try #require(x) }

  private static let cases: [Case] = [
    Case(testDescription: "a weight used once", shapes: [[2, 3], [2]]) { p in
      try input().linear(weight: p[0], bias: p[1]).tanh().square().sum()
    },
    Case(testDescription: "a weight used twice", shapes: [[3, 3], [3]]) { p in
      let first = try input().linear(weight: p[0], bias: p[1]).tanh()
      return try first.linear(weight: p[0], bias: p[1]).tanh().square().sum()
    },
    Case(testDescription: "a weight also used otherwise", shapes: [[2, 3], [2]]) { p in
      try input().linear(weight: p[0], bias: p[1]).tanh().square().sum() + (p[0].square().sum()).square()
    },
    Case(testDescription: "a weight made from an argument", shapes: [[2, 3], [2]]) { p in
      try input().linear(weight: p[0].sin(), bias: p[1]).tanh().square().sum()
    },
    Case(testDescription: "a weight the loss is linear in", shapes: [[2, 3], [2]]) { p in
      try input().linear(weight: p[0], bias: p[1]).sum() + p[1].square().sum()
    },
    Case(testDescription: "a gradient inside the function", shapes: [[3, 3], [3]]) { p in
      let step = try valueAndGrad(at: p) {
        try input().linear(weight: $0[0], bias: $0[1]).tanh().square().sum()
      }.gradients
      return try input().linear(weight: p[0] - step[0] * 0.1, bias: p[1] - step[1] * 0.1).tanh().square()
        .sum()
    },
  ]

  @Test("Hessian products are differences of gradients", arguments: cases, HVPMode.allCases)
  private func products(_ row: Case, _ mode: HVPMode) throws {
    var stream = RandomStream(seed: 21)
    let x = try row.shapes.map { try stream.normals($0, dtype: .f64) }
    let v = try directions(like: x, seed: 22)
    let u = try directions(like: x, seed: 23)
    let expected = try difference(step: 1e-3) { step in
      try dot(valueAndGrad(at: moved(x, along: v, by: step), row.loss).gradients, u)
    }
    let found = try detectAnomaly { try hvp(at: x, along: v, mode: mode, row.loss) }
    expectClose(try dot(found, u), expected, tolerance: 1e-7, "u·Hv")
  }

  @Test("a Hessian product can itself be differentiated", arguments: HVPMode.allCases)
  func third(_ mode: HVPMode) throws {
    let row = Self.cases[0]
    var stream = RandomStream(seed: 24)
    let x = try row.shapes.map { try stream.normals($0, dtype: .f64) }
    let (u, v) = (try directions(like: x, seed: 25), try directions(like: x, seed: 26))
    let energy: ([Tensor]) throws -> Tensor = { point in
      try zip(hvp(at: point, along: v, mode: mode, row.loss), v).map { try ($0 * $1).sum() }
        .reduce(Tensor.scalar(0, dtype: .f64)) { try $0 + $1 }
    }
    let expected = try difference(step: 1e-3) { try energy(moved(x, along: u, by: $0)).item() }
    expectClose(try dot(valueAndGrad(at: x, energy).gradients, u), expected, tolerance: 1e-7, "third")
  }
}

@Suite("Products of turned operands, and added in place")
struct TurnedProductTests {
  @Test(
    "every way of turning, against transposed copies, in f32 and f64 and over batches",
    arguments: [false, true])
  func turned(_ hasBatch: Bool) throws {
    var stream = RandomStream(seed: 31)
    for dtype in [DType.f32, .f64] {
      for (m, n, k) in [(1, 1, 1), (3, 4, 2), (1, 40, 30), (40, 1, 30), (70, 50, 90), (130, 200, 100)] {
        for way in 0..<4 {
          let turned = Matmul.Turned(left: way & 1 != 0, right: way & 2 != 0)
          let batch = hasBatch ? [2] : []
          let a = try stream.normals(Shape(batch + (turned.left ? [k, m] : [m, k])), dtype: dtype)
          let b = try stream.normals(Shape(batch + (turned.right ? [n, k] : [k, n])), dtype: dtype)
          let left = try turned.left ? a.transposed().contiguous(in: "test") : a
          let right = try turned.right ? b.transposed().contiguous(in: "test") : b
          let product = try left.matmul(right)
          try expectNear(Matmul.product(a, b, turned), product, dtype)
          let start = try stream.normals(product.shape, dtype: dtype)
          var sum = try start + 0
          #expect(try Matmul.add(a, b, turned, to: &sum))
          try expectNear(sum, start + product, dtype)
        }
      }
    }
  }

  @Test("a value that somebody else holds is not changed")
  func held() throws {
    let a = try Tensor.ones([3, 3])
    var sum = try Tensor.zeros([3, 3])
    let other = sum
    #expect(try !Matmul.add(a, a, Matmul.Turned(), to: &sum))
    #expect(try other.floats().allSatisfy { $0 == 0 })
  }

  private func expectNear(_ a: Tensor, _ b: Tensor, _ dtype: DType) throws {
    #expect(a.shape == b.shape)
    let tolerance = dtype == .f32 ? 1e-4 : 1e-11
    for (x, y) in zip(try a.doubles(), try b.doubles()) where abs(x - y) > tolerance * max(1, abs(y)) {
      Issue.record("\(x) for \(y) of \(a.shape)")
      return
    }
  }
}
