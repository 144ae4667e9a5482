import Autodiff
import Tensor
import Testing

@testable import Layers

@Suite struct ConvolutionalLayerTests {
  @Test func convolution() throws {
    var stream = RandomStream(seed: 0)
    let recorded = try RecordedLayer("convolution")
    let layer = try recorded.filling(Conv2d(4, 6, kernel: 3, stride: 2, groups: 2, stream: &stream))
    let (x, cotangent) = (try recorded("input"), try recorded("cotangent"))
    try expectClose(layer(x), recorded("output"))
    let gradient = try valueAndGrad(of: layer) { try ($0(x) * cotangent).sum() }.gradient
    for parameter in try gradient.parameters() {
      try expectClose(parameter.value, recorded("gradient/\(parameter.name)"), parameter.name)
    }
    let byInput = try grad { try (layer($0) * cotangent).sum() }(x)
    try expectClose(byInput, recorded("gradient/input"))
  }

  @Test func convolutionsAreInitialisedByTheirOutputs() throws {
    var stream = RandomStream(seed: 3)
    let plain = try Conv2d(16, 64, kernel: 3, bias: false, stream: &stream)
    #expect(try plain.parameters().map(\.name) == ["weight"])
    let depthwise = try Conv2d(64, 64, kernel: 5, groups: 64, stream: &stream)
    #expect(depthwise.weight.shape == [64, 1, 5, 5] && depthwise.padding == 2)
    // Variances 2 / (9 · 64) and 2 / (25 · 1), up to the error of so many samples.
    #expect(abs(try plain.weight.variance().item() * 9 * 64 / 2 - 1) < 0.08)
    #expect(abs(try depthwise.weight.variance().item() * 25 / 2 - 1) < 0.2)
  }

  @Test(arguments: [(0, 4, 3, 1, 1), (4, 4, 0, 1, 1), (4, 4, 3, 0, 1), (4, 6, 3, 1, 4), (4, 4, 3, 1, 0)])
  func impossibleConvolutions(inputs: Int, outputs: Int, kernel: Int, stride: Int, groups: Int) {
    var stream = RandomStream(seed: 0)
    #expect(throws: TensorError.self) {
      try Conv2d(inputs, outputs, kernel: kernel, stride: stride, groups: groups, stream: &stream)
    }
  }

  @Test func batchNormalisationInBothModes() throws {
    let recorded = try RecordedLayer("batch_norm")
    var layer = try recorded.fillingBuffers(of: recorded.filling(BatchNorm(3)))
    let (x, cotangent) = (try recorded("input"), try recorded("cotangent"))
    try expectClose(layer(x), recorded("output"))
    let (value, gradient) = try valueAndGrad(updating: &layer) {
      try ($0.forward(x, training: true) * cotangent).sum()
    }
    try expectClose(value, (recorded("trained") * cotangent).sum())
    for parameter in try gradient.parameters() {
      try expectClose(parameter.value, recorded("gradient/\(parameter.name)"), parameter.name)
    }
    for buffer in try layer.buffers() {
      try expectClose(buffer.value, recorded("after/\(buffer.name)"), buffer.name)
    }
  }

  /// The running averages are constants to the derivative, and what a loss does to a copy does not reach the model.
  @Test func runningStatisticsAreAValue() throws {
    var stream = RandomStream(seed: 1)
    let x = try stream.normals([8, 2, 3, 3])
    var layer = try BatchNorm(2)
    let untouched = layer
    _ = try valueAndGrad(of: layer) { model in
      var copy = model
      return try copy.forward(x, training: true).square().sum()
    }
    #expect(try layer.runningMean.floats() == [0, 0])
    _ = try valueAndGrad(updating: &layer) { model in
      let first = try model.forward(x, training: true)
      #expect(!model.runningMean.isRecorded)
      return try (first + model.forward(x * 2, training: true)).square().sum()
    }
    #expect(!layer.runningMean.isRecorded && !layer.runningVariance.isRecorded)
    // Two batches with means m and 2 m: 0.9 · 0.1 m + 0.1 · 2 m = 0.29 m.
    let mean = try x.mean([0, 2, 3])
    let error = try (layer.runningMean - mean * 0.29).abs().max().item()
    #expect(error < 1e-7)
    #expect(try untouched.runningMean.floats() == [0, 0])
  }

  @Test func oneElementAChannelCannotTrain() throws {
    var layer = try BatchNorm(3)
    #expect(throws: TensorError.self) { try layer.forward(.ones([1, 3, 1, 1]), training: true) }
    #expect(try layer.forward(.ones([1, 3, 1, 1]), training: false).shape == [1, 3, 1, 1])
    #expect(throws: TensorError.self) { try layer.forward(.ones([2, 4, 2, 2]), training: true) }
  }

  @Test func buffersMustFit() throws {
    let layer = try BatchNorm(3)
    let (mean, variance) = (layer.runningMean, layer.runningVariance)
    #expect(try layer.buffers().map(\.name) == ["running_mean", "running_var"])
    #expect(throws: TensorError.self) { try layer.replacingBuffers(with: [mean]) }
    #expect(throws: TensorError.self) { try layer.replacingBuffers(with: [mean, variance, mean]) }
    #expect(throws: TensorError.self) { try layer.replacingBuffers(with: [mean, .ones([4])]) }
  }
}
