import Autodiff
import Testing

@testable import Tensor

/// A fused operation and what it means in plain operations.
struct FusedCase: Sendable, CustomTestStringConvertible {
  let name: String
  let shapes: [Shape]
  let fused: @Sendable ([Tensor]) throws -> Tensor
  let composed: @Sendable ([Tensor]) throws -> Tensor
  var testDescription: String { name }

  func inputs(seed: UInt64, dtype: DType = .f64) throws -> [Tensor] {
    var stream = RandomStream(seed: seed)
    return try shapes.map { try stream.normals($0, dtype: dtype) }
  }

  static let all: [FusedCase] = [
    FusedCase(
      name: "softmax", shapes: [[3, 5]], fused: { try $0[0].softmax() },
      composed: {
        let e = try $0[0].exp()
        return try e / e.sum([-1], keep: true)
      }),
    FusedCase(
      name: "normalize", shapes: [[3, 5]], fused: { try $0[0].normalized() },
      composed: { try normalized($0[0], 1e-5) }),
    FusedCase(
      name: "layerNorm", shapes: [[3, 5], [5], [5]],
      fused: { try $0[0].layerNorm(weight: $0[1], bias: $0[2]) },
      composed: { try normalized($0[0], 1e-5) * $0[1] + $0[2] }),
    FusedCase(
      name: "linear", shapes: [[2, 3, 4], [5, 4], [5]],
      fused: { try $0[0].linear(weight: $0[1], bias: $0[2]) },
      composed: { try $0[0].matmul($0[1].transposed()) + $0[2] }),
    FusedCase(
      name: "attention", shapes: [[2, 2, 3, 4], [2, 2, 5, 4], [2, 2, 5, 4]],
      fused: { try $0[0].attention(keys: $0[1], values: $0[2]) },
      composed: { try ($0[0].matmul($0[1].transposed()) * 0.5).softmax().matmul($0[2]) }),
    FusedCase(
      name: "attention with a mask", shapes: [[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]],
      fused: { try $0[0].attention(keys: $0[1], values: $0[2], mask: causal, scale: 0.7) },
      composed: { inputs in
        let scores = try inputs[0].matmul(inputs[1].transposed()) * 0.7
        return try causal.choose(scores, Tensor.scalar(-1e30, dtype: .f64)).softmax().matmul(inputs[2])
      }),
    FusedCase(
      name: "selfAttention", shapes: [[2, 3, 3, 2, 4]], fused: { try $0[0].selfAttention() },
      composed: { inputs in
        let parts = try inputs[0].permuted([2, 0, 3, 1, 4]).split([1, 1, 1]).map { try $0.squeezed([0]) }
        return try (parts[0].matmul(parts[1].transposed()) * 0.5).softmax().matmul(parts[2])
          .permuted([0, 2, 1, 3])
      }),
    FusedCase(
      name: "gelu", shapes: [[7]], fused: { try $0[0].gelu() },
      composed: { try $0[0] * (($0[0] * 0.5.squareRoot()).erf() + 1) * 0.5 }),
    FusedCase(
      name: "tanh", shapes: [[7]], fused: { try $0[0].tanh() },
      composed: { try 1 - 2 / (($0[0] * 2).exp() + 1) }),
    FusedCase(
      name: "sigmoid", shapes: [[7]], fused: { try $0[0].sigmoid() },
      composed: { try 1 / ((-$0[0]).exp() + 1) }),
  ]

  private static var causal: Tensor {
    get throws { try Tensor([true, false, false, true, true, false, true, true, true], shape: [3, 3]) }
  }

  private static func normalized(_ x: Tensor, _ epsilon: Double) throws -> Tensor {
    let centred = try x - x.mean([-1], keep: true)
    return try centred / (centred.square().mean([-1], keep: true) + epsilon).sqrt()
  }
}

@Suite("Fused operations are their compositions, at orders 0 to 3")
struct FusedTests {
  private static func scalar(_ f: @escaping ([Tensor]) throws -> Tensor) -> ([Tensor]) throws -> Tensor {
    { inputs in
      let y = try f(inputs)
      let weights = try Tensor((0..<y.count).map { 0.3 + 0.7 * Double($0 % 5) }, shape: y.shape)
      return try (y * weights).sum() + (y.square() * 0.5).sum()
    }
  }

  private static func contraction(_ a: [Tensor], _ b: [Tensor]) throws -> Tensor {
    try zip(a, b).map { try ($0 * $1).sum() }.reduce(Tensor.scalar(0, dtype: .f64)) { try $0 + $1 }
  }

  private func expectEqual(_ a: [Tensor], _ b: [Tensor], _ tolerance: Double, _ what: String) throws {
    for (index, (left, right)) in zip(a, b).enumerated() {
      #expect(left.shape == right.shape)
      for (x, y) in zip(try left.doubles(), try right.doubles()) {
        #expect(abs(x - y) <= tolerance * max(1, abs(y)), "\(what), input \(index): \(x) for \(y)")
      }
    }
  }

  @Test("values and gradients, directional second and third derivatives", arguments: FusedCase.all)
  func orders(_ row: FusedCase) throws {
    let x = try row.inputs(seed: 5)
    let u = try row.inputs(seed: 6)
    let v = try row.inputs(seed: 7)
    try expectEqual([row.fused(x)], [row.composed(x)], 1e-12, "order 0")
    func derivatives(_ f: @escaping ([Tensor]) throws -> Tensor) throws -> [[Tensor]] {
      let f = Self.scalar(f)
      let first: ([Tensor]) throws -> Tensor = { try Self.contraction(valueAndGrad(at: $0, f).gradients, u) }
      let second: ([Tensor]) throws -> Tensor = {
        try Self.contraction(valueAndGrad(at: $0, first).gradients, v)
      }
      return [
        try valueAndGrad(at: x, f).gradients, try valueAndGrad(at: x, first).gradients,
        try valueAndGrad(at: x, second).gradients,
      ]
    }
    let (fused, composed) = (try derivatives(row.fused), try derivatives(row.composed))
    for order in 1...3 {
      try expectEqual(fused[order - 1], composed[order - 1], 1e-9, "order \(order)")
    }
    let tangents = try [row.fused, row.composed].map { f in
      try jvp(at: x, along: u) { try jvp(at: $0, along: v) { [try f($0)] }.tangents }.tangents
    }
    try expectEqual(tangents[0], tangents[1], 1e-9, "forward over forward")
  }

  @Test("single precision stays near double", arguments: FusedCase.all)
  func singlePrecision(_ row: FusedCase) throws {
    let x = try row.inputs(seed: 8)
    let narrow = try x.map { try $0.cast(to: .f32) }
    let double = try valueAndGrad(at: x, Self.scalar(row.fused)).gradients
    let single = try valueAndGrad(at: narrow) { try Self.scalar(row.fused)($0) }.gradients
    try expectEqual(single, double, 2e-4, "gradient")
  }

  @Test("the same bits on 1, 2 and 4 threads, values and gradients")
  func threads() throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    var stream = RandomStream(seed: 2)
    let qkv = try stream.normals([6, 70, 3, 2, 16])
    let (x, w, b) = try (stream.normals([900, 96]), stream.normals([96]), stream.normals([96]))
    let (map, shift) = try (stream.normals([200, 96]), stream.normals([200]))
    let runs = try [1, 2, 4].map { count in
      Engine.threads = count
      let attention = try valueAndGrad(at: [qkv]) { try $0[0].selfAttention().square().sum() }
      let norm = try valueAndGrad(at: [x, w, b]) {
        try $0[0].layerNorm(weight: $0[1], bias: $0[2]).square().sum()
      }
      let linear = try valueAndGrad(at: [x, map, shift]) {
        try $0[0].linear(weight: $0[1], bias: $0[2]).square().sum()
      }
      return try (attention.gradients + norm.gradients + linear.gradients).map { try $0.floats() }
    }
    #expect(runs[0] == runs[1] && runs[0] == runs[2])
  }

  @Test("the same bits on 1, 2 and 4 threads, Hessian products", arguments: HVPMode.allCases)
  func threadsOfSecondOrder(_ mode: HVPMode) throws {
    let before = Engine.threads
    defer { Engine.threads = before }
    var stream = RandomStream(seed: 4)
    let x = try stream.normals([4, 120, 96])
    let shapes: [Shape] = [[96], [96], [288, 96], [288]]
    let point = try shapes.map { try stream.normals($0) }
    let along = try shapes.map { try stream.normals($0) }
    let runs = try [1, 2, 4].map { count in
      Engine.threads = count
      return try hvp(at: point, along: along, mode: mode) { p in
        try x.layerNorm(weight: p[0], bias: p[1]).linear(weight: p[2], bias: p[3])
          .reshaped([4, 120, 3, 6, 16]).selfAttention().gelu().square().sum()
      }.map { try $0.floats() }
    }
    #expect(runs[0] == runs[1] && runs[0] == runs[2])
  }

  @Test(
    "second derivatives of attention over many tiles, with a mask, agree with the composition",
    arguments: HVPMode.allCases)
  func tilesOfSecondOrder(_ mode: HVPMode) throws {
    var stream = RandomStream(seed: 12)
    let x = try stream.normals([2, 150, 3, 2, 8], dtype: .f64)
    let u = try stream.normals(x.shape, dtype: .f64)
    let numbers = try stream.normals([150, 150], dtype: .f64)
    let mask = try numbers.less(1).choose(numbers, Tensor.scalar(-.infinity, dtype: .f64))
    let fused = try hvp(at: [x], along: [u], mode: mode) {
      try $0[0].selfAttention(mask: mask).square().sum()
    }
    let composed = try hvp(at: [x], along: [u], mode: mode) { inputs in
      let parts = try inputs[0].permuted([2, 0, 3, 1, 4]).split([1, 1, 1]).map { try $0.squeezed([0]) }
      return try (parts[0].matmul(parts[1].transposed()) * (1 / 8.0.squareRoot()) + mask).softmax()
        .matmul(parts[2]).square().sum()
    }
    try expectEqual(fused, composed, 1e-11, "Hessian product")
  }

  @Test("forward mode with some tangents missing", arguments: 1..<8)
  func someTangents(_ present: Int) throws {
    for row in FusedCase.all where row.shapes.count == 3 {
      let x = try row.inputs(seed: 13)
      let moving = (0..<3).filter { present & (1 << $0) != 0 }
      let u = try row.inputs(seed: 14)
      let tangents = try [row.fused, row.composed].map { f in
        try jvp(at: moving.map { x[$0] }, along: moving.map { u[$0] }) { some in
          var inputs = x
          for (place, index) in moving.enumerated() { inputs[index] = some[place] }
          return [try f(inputs)]
        }.tangents
      }
      try expectEqual(tangents[0], tangents[1], 1e-11, "\(row.name), tangents of \(moving)")
    }
  }

  @Test("single precision stays near double, Hessian products", arguments: FusedCase.all)
  func singlePrecisionOfSecondOrder(_ row: FusedCase) throws {
    let (x, u) = (try row.inputs(seed: 8), try row.inputs(seed: 9))
    let (narrow, along) = (try x.map { try $0.cast(to: .f32) }, try u.map { try $0.cast(to: .f32) })
    for mode in HVPMode.allCases {
      let double = try hvp(at: x, along: u, mode: mode, Self.scalar(row.fused))
      let single = try hvp(at: narrow, along: along, mode: mode) { try Self.scalar(row.fused)($0) }
      try expectEqual(single, double, 1e-3, "\(mode)")
    }
  }

  @Test("attention over many tiles and strided operands agrees with the composition")
  func tiles() throws {
    var stream = RandomStream(seed: 3)
    let q = try stream.normals([2, 150, 2, 8], dtype: .f64).permuted([0, 2, 1, 3])
    let k = try stream.normals([2, 2, 8, 90], dtype: .f64).transposed()
    let v = try stream.normals([2, 2, 90, 8], dtype: .f64)
    let mask = try stream.normals([150, 90], dtype: .f64)
    let fused = try valueAndGrad(at: [q, k, v]) {
      try $0[0].attention(keys: $0[1], values: $0[2], mask: mask).square().sum()
    }
    let composed = try valueAndGrad(at: [q, k, v]) {
      try ($0[0].matmul($0[1].transposed()) * (1 / 8.0.squareRoot()) + mask).softmax().matmul($0[2]).square()
        .sum()
    }
    try expectEqual(fused.gradients, composed.gradients, 1e-11, "gradient")
  }

  @Test("what does not fit is named")
  func errors() throws {
    let x = try Tensor.zeros([2, 3, 4])
    for body: () throws -> Tensor in [
      { try x.linear(weight: .zeros([5, 3]), bias: .zeros([5])) },
      { try x.layerNorm(weight: .zeros([3]), bias: .zeros([3])) },
      { try x.attention(keys: x, values: x) },
      { try x.selfAttention() },
    ] {
      #expect { try body() } throws: { error in
        let text = "\(error)"
        return text.contains("(2, 3, 4)") && text.contains("help: ")
      }
    }
    let q = try Tensor.zeros([1, 1, 3, 2])
    #expect { try q.attention(keys: q, values: q, mask: .zeros([2, 2])) } throws: {
      "\($0)".contains("a mask of shape (2, 2) for scores of shape (1, 1, 3, 3)")
    }
  }
}
