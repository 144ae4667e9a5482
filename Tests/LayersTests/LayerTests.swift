import Autodiff
import Tensor
import Testing

@testable import Layers

@Suite struct RecordedLayerTests {
  /// Output, gradient by the input and gradient by every parameter, all against PyTorch.
  private func check<L: Layer>(_ name: String, _ empty: L, _ call: (L, Tensor) throws -> Tensor) throws {
    let recorded = try RecordedLayer(name)
    let (layer, x, cotangent) = (
      try recorded.filling(empty), try recorded("input"), try recorded("cotangent")
    )
    try expectClose(call(layer, x), recorded("output"), name)
    let (value, gradient) = try valueAndGrad(of: layer) { try (call($0, x) * cotangent).sum() }
    try expectClose(value, (recorded("output") * cotangent).sum())
    for parameter in try gradient.parameters() {
      try expectClose(parameter.value, recorded("gradient/\(parameter.name)"), "\(name) \(parameter.name)")
    }
    let byInput = try valueAndGrad(at: x) { try (call(layer, $0) * cotangent).sum() }.gradient
    try expectClose(byInput, recorded("gradient/input"), "\(name) input")
  }

  @Test func linear() throws {
    var stream = RandomStream(seed: 0)
    try check("linear", Linear(5, 3, stream: &stream)) { try $0($1) }
  }

  @Test func layerNorm() throws { try check("layer_norm", LayerNorm(6)) { try $0($1) } }

  @Test func attention() throws {
    var stream = RandomStream(seed: 0)
    try check("attention", SelfAttention(width: 6, heads: 3, stream: &stream)) { try $0($1) }
  }

  @Test func multiLayerPerceptron() throws {
    var stream = RandomStream(seed: 0)
    try check("mlp", MLP(width: 4, hidden: 7, stream: &stream)) { try $0($1) }
  }

  @Test func transformerBlock() throws {
    var stream = RandomStream(seed: 0)
    try check("block", TransformerBlock(width: 8, heads: 2, stream: &stream)) { try $0($1) }
  }

  /// Hessian times vector through attention, norms and GELU, against differences of gradients.
  @Test func secondOrder() throws {
    var stream = RandomStream(seed: 4)
    let recorded = try RecordedLayer("block")
    let (x, cotangent) = (try recorded("input"), try recorded("cotangent"))
    let layer = try recorded.filling(TransformerBlock(width: 8, heads: 2, stream: &stream))
    func loss(_ layer: TransformerBlock) throws -> Tensor { try (layer(x) * cotangent).square().mean() }
    let values = try layer.parameters().map(\.value)
    let direction = try values.map { try stream.normals($0.shape, dtype: .f64) }
    let product = try hvp(at: values, along: direction) { try loss(layer.replacingParameters(with: $0)) }
    func gradient(_ step: Double) throws -> [Tensor] {
      let moved = try zip(values, direction).map { try $0 + $1 * step }
      return try valueAndGrad(of: layer.replacingParameters(with: moved), loss).gradient.parameters().map(
        \.value)
    }
    let h = 1e-5
    for (exact, (above, below)) in zip(product, zip(try gradient(h), try gradient(-h))) {
      try expectClose(exact, (above - below) / (2 * h), within: 1e-6)
    }
  }
}

@Suite struct LayerTests {
  private func block() throws -> TransformerBlock {
    var stream = RandomStream(seed: 1)
    return try TransformerBlock(width: 8, heads: 2, stream: &stream)
  }

  @Test func namesAndCounts() throws {
    let names = try block().parameters().map(\.name)
    #expect(
      names == [
        "norm1.weight", "norm1.bias", "attn.qkv.weight", "attn.qkv.bias", "attn.proj.weight",
        "attn.proj.bias",
        "norm2.weight", "norm2.bias", "mlp.fc1.weight", "mlp.fc1.bias", "mlp.fc2.weight", "mlp.fc2.bias",
      ])
    // Two norms; attention's 4 maps of 8 x 8 with biases; an MLP of 32.
    #expect(try block().parameterCount() == 32 + 288 + 552)
  }

  @Test func aMappedModelIsAnotherValue() throws {
    let model = try block()
    let doubled = try model.mapped { try $0.value * 2 }
    for (old, new) in zip(try model.parameters(), try doubled.parameters()) {
      #expect(try new.value.doubles() == old.value.doubles().map { 2 * $0 })
    }
    #expect(try block().norm1.weight.doubles() == model.norm1.weight.doubles())
  }

  @Test func parametersThatDoNotFitAreNamed() throws {
    let model = try block()
    var values = try model.parameters().map(\.value)
    values[4] = try .zeros([8, 7])
    let error = #expect(throws: TensorError.self) { try model.replacingParameters(with: values) }
    #expect(error?.message == "attn.proj.weight has shape (8, 8), not (8, 7)")
    #expect(throws: TensorError.self) { try model.replacingParameters(with: Array(values.prefix(3))) }
    let right = try model.parameters().map(\.value)
    #expect(throws: TensorError.self) { try model.replacingParameters(with: right + [right[0]]) }
  }

  @Test func unusedParametersAreNamed() throws {
    let unused = try unusedParameters(of: block()) { try $0.norm1(Tensor.ones([1, 8])).sum() }
    #expect(unused.count == 10 && !unused.contains("norm1.weight"))
  }

  @Test func impossibleHeads() {
    var stream = RandomStream(seed: 1)
    for heads in [0, 3, -2] {
      #expect(throws: TensorError.self) { try SelfAttention(width: 8, heads: heads, stream: &stream) }
    }
  }

  @Test func inputsThatDoNotFit() throws {
    let model = try block()
    #expect(throws: TensorError.self) { try model(Tensor.ones([1, 2, 7])) }
    #expect(throws: TensorError.self) { try model(Tensor.ones([2, 8])) }
    #expect(throws: TensorError.self) { try model(Tensor.ones([8])) }
  }

  /// Glorot: uniform in the stated range, filling it; the same seed gives the same weights.
  @Test func initialWeights() throws {
    var (one, two) = (RandomStream(seed: 3), RandomStream(seed: 3))
    let linear = try Linear(30, 20, stream: &one)
    let (values, limit) = (try linear.weight.doubles(), (6.0 / 50).squareRoot())
    #expect(values.allSatisfy { abs($0) <= limit } && values.contains { abs($0) > 0.98 * limit })
    let (mean, spread) = (values.reduce(0, +) / 600, limit / 1800.0.squareRoot())
    #expect(abs(mean) < 4 * spread)
    #expect(try linear.bias.doubles() == [Double](repeating: 0, count: 20))
    #expect(try Linear(30, 20, stream: &two).weight.doubles() == values)
  }
}
