import Autodiff
import Layers
import Tensor
import Testing

@testable import Models

@Suite struct ConvolutionalModelTests {
  /// The model in inference and in training, its running statistics after a step, and every gradient, against PyTorch.
  private func check<Model: StatefulLayer>(_ name: String, _ empty: Model, outputs: Shape) throws {
    let recorded = try RecordedModel(name)
    var model = try recorded.fillingBuffers(of: recorded.filling(empty))
    let (x, cotangent) = (try recorded("input"), try recorded("cotangent"))
    try expectClose(model(x), recorded("output"), name)
    #expect(try model(x).shape == outputs)

    let before = model
    let byInput = try grad { try (before.trained($0) * cotangent).sum() }(x)
    try expectClose(byInput, recorded("gradient/input"), "\(name) input")
    for buffer in try model.buffers() { try expectClose(buffer.value, recorded("buffer/\(buffer.name)")) }

    let (value, gradient) = try valueAndGrad(updating: &model) { model in
      let result = try model.forward(x, training: true)
      try expectClose(result, recorded("trained"), name)
      return try (result * cotangent).sum()
    }
    try expectClose(value, (recorded("trained") * cotangent).sum())
    for parameter in try gradient.parameters() {
      try expectClose(parameter.value, recorded("gradient/\(parameter.name)"), "\(name) \(parameter.name)")
    }
    for buffer in try model.buffers() {
      try expectClose(buffer.value, recorded("after/\(buffer.name)"), "\(name) \(buffer.name)")
    }
    for (old, new) in zip(try before.parameters(), try model.parameters()) {
      #expect(try old.value.doubles() == new.value.doubles())
    }
  }

  @Test func resNet() throws {
    var stream = RandomStream(seed: 0)
    let configuration = try ResNetConfiguration(stages: [1, 2], width: 4, classes: 3)
    try check("resnet", ResNet(configuration, stream: &stream), outputs: [3, 3])
  }

  @Test func efficientNet() throws {
    var stream = RandomStream(seed: 0)
    let stages = [(1, 3, 1, 4, 1), (6, 5, 2, 8, 2)].map {
      EfficientNetConfiguration.Stage(expansion: $0.0, kernel: $0.1, stride: $0.2, outputs: $0.3, count: $0.4)
    }
    let configuration = try EfficientNetConfiguration(stages: stages, stem: 8, head: 12, classes: 3)
    try check("efficientnet", EfficientNet(configuration, stream: &stream), outputs: [3, 3])
  }

  /// The sizes that torchvision and timm state.
  @Test func parameterCounts() throws {
    var stream = RandomStream(seed: 0)
    #expect(try ResNet(.resNet18(), stream: &stream).parameterCount() == 11_689_512)
    #expect(try ResNet(.resNet34(), stream: &stream).parameterCount() == 21_797_672)
    #expect(try EfficientNet(.b0(), stream: &stream).parameterCount() == 5_288_548)
  }

  @Test func namesAreThoseOfTorchvisionAndTimm() throws {
    var stream = RandomStream(seed: 0)
    let residual = try ResNet(.resNet18(), stream: &stream)
    let names = Set(try (residual.parameters() + residual.buffers()).map(\.name))
    #expect(
      names.isSuperset(of: [
        "conv1.weight", "bn1.running_var", "layer2.0.downsample.0.weight",
        "layer2.0.downsample.1.running_mean",
        "layer4.1.bn2.bias", "fc.bias",
      ]))
    let efficient = try Set(EfficientNet(.b0(), stream: &stream).parameters().map(\.name))
    #expect(
      efficient.isSuperset(of: [
        "conv_stem.weight", "blocks.0.0.conv_dw.weight", "blocks.0.0.bn2.weight", "blocks.6.0.bn3.bias",
        "blocks.1.1.se.conv_expand.bias", "blocks.5.3.conv_pwl.weight", "conv_head.weight",
        "classifier.weight",
      ]))
  }

  @Test func featuresOfAFace() throws {
    var stream = RandomStream(seed: 0)
    var model = try ResNet(.resNet18(classes: 7), stream: &stream)
    let images = try stream.uniforms([2, 3, 112, 112])
    #expect(try model.maps(images, training: false).shape == [2, 512, 4, 4])
    #expect(try model.features(images, training: true).shape == [2, 512])
    #expect(try model(images).shape == [2, 7])
  }

  @Test func impossibleConfigurations() {
    for stages in [[], [0], [2, -1], [Int](repeating: 1, count: 9)] {
      #expect(throws: TensorError.self) { try ResNetConfiguration(stages: stages) }
    }
    #expect(throws: TensorError.self) { try ResNetConfiguration(stages: [1], width: .max) }
    #expect(throws: TensorError.self) { try ResNetConfiguration(stages: [1], classes: 0) }
    let stage = EfficientNetConfiguration.Stage(expansion: 6, kernel: 0, stride: 1, outputs: 8, count: 1)
    #expect(throws: TensorError.self) { try EfficientNetConfiguration(stages: [stage], stem: 8, head: 8) }
    #expect(throws: TensorError.self) { try EfficientNetConfiguration(stages: [], stem: 8, head: 8) }
  }
}

extension StatefulLayer {
  /// The layer's map in training, what it keeps thrown away.
  fileprivate func trained(_ x: Tensor) throws -> Tensor {
    var copy = self
    return try copy.forward(x, training: true)
  }
}
