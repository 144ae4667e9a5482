import Foundation
import Interchange
import Layers
import Models
import Tensor
import Testing

@testable import Training

@Suite struct CheckpointTests {
  private func model(seed: UInt64, width: Int = 8) throws -> VisionTransformer {
    var stream = RandomStream(seed: seed)
    return try VisionTransformer(
      ViTConfiguration(image: 8, patch: 4, width: width, depth: 1, heads: 2), stream: &stream)
  }

  private func withFile<R>(_ body: (String) throws -> R) rethrows -> R {
    let path = FileManager.default.temporaryDirectory.appending(path: "faa-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  @Test func aLoadedModelGivesTheSameBits() throws {
    var stream = RandomStream(seed: 7)
    let (saved, other, images) = (try model(seed: 1), try model(seed: 2), try stream.uniforms([3, 3, 8, 8]))
    let expected = try saved.features(images).floats()
    #expect(try other.features(images).floats() != expected)
    try withFile { path in
      try saved.save(to: path, metadata: ["epoch": "3"])
      #expect(try other.loading(from: path).features(images).floats() == expected)
      #expect(try Safetensors.read(path).metadata == ["epoch": "3"])
    }
  }

  @Test func runningStatisticsAreKept() throws {
    var stream = RandomStream(seed: 7)
    let configuration = try ResNetConfiguration(stages: [1], width: 4, classes: 2)
    var trained = try ResNet(configuration, stream: &stream)
    let (other, images) = (try ResNet(configuration, stream: &stream), try stream.normals([4, 3, 16, 16]))
    _ = try trained.forward(images, training: true)
    try withFile { path in
      try trained.save(to: path)
      #expect(try other.loading(from: path)(images).floats() == trained(images).floats())
      // PyTorch's file has a counter for every batch normalisation.
      let file = try Safetensors.read(path).tensors.map { (name: $0.name, tensor: $0.tensor) }
      try Safetensors.write(file + [("bn1.num_batches_tracked", Tensor([Int32(1)]))], to: path)
      #expect(try other.loading(from: path)(images).floats() == trained(images).floats())
      try Safetensors.write(file.filter { $0.name != "bn1.running_var" }, to: path)
      let missing = #expect(throws: InterchangeError.self) { try other.loading(from: path) }
      #expect(missing?.place == "bn1.running_var")
    }
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let small = try model(seed: 1)
    func failure(_ tensors: [Safetensors.Entry]) throws -> InterchangeError? {
      try withFile { path in
        try Safetensors.write(tensors, to: path)
        return #expect(throws: InterchangeError.self) { try small.loading(from: path) }
      }
    }
    let right = try small.parameters().map { (name: $0.name, tensor: $0.value) }
    #expect(try failure(Array(right.dropLast()))?.place == "norm.bias")
    let extra = try failure(right + [("head.weight", .zeros([2]))])
    #expect(extra?.place == "head.weight" && extra?.message.contains("no such parameter") == true)
    let wide = try failure(model(seed: 1, width: 16).parameters().map { ($0.name, $0.value) })
    #expect(wide?.place == "cls_token")
    #expect(wide?.message == "has shape (16,) in the file, (8,) in the model")
    let precise = try failure(right.map { ($0.name, try $0.tensor.cast(to: .f64)) })
    #expect(precise?.message == "is f64 in the file, f32 in the model")
    #expect(throws: InterchangeError.self) { try small.loading(from: "/no/such/file") }
  }
}

@Suite struct MetricsTests {
  @Test func accuracies() throws {
    let scores = try Tensor([0.1, 0.9, 0.8, 0.2, 0.5, 0.5], shape: [3, 2])
    #expect(try accuracy(scores, labels: Tensor([1, 1, 0] as [Int32])) == Measured(value: 2.0 / 3, count: 3))
    let none = try accuracy(.zeros([0, 2]), labels: .zeros([0], dtype: .i32))
    #expect(none.value.isNaN && none.count == 0)
    #expect(throws: TensorError.self) { try accuracy(scores, labels: Tensor([1, 1] as [Int32])) }
    let partly = try accuracy(scores, labels: Tensor([1, -1, 0] as [Int32]))
    let first = try accuracy(scores.narrowed(axis: 0, start: 0, count: 1), labels: Tensor([1] as [Int32]))
    let last = try accuracy(scores.narrowed(axis: 0, start: 2, count: 1), labels: Tensor([0] as [Int32]))
    #expect(partly == Measured(value: (first.value + last.value) / 2, count: 2))
    let unknown = try accuracy(scores, labels: .full([3], -1, dtype: .i32))
    #expect(unknown.count == 0 && unknown.value.isNaN)
    #expect(throws: TensorError.self) { try accuracy(.full([3, 2], .nan), labels: .zeros([3], dtype: .i32)) }
    #expect(throws: TensorError.self) { try accuracy(scores, labels: .full([3], 2, dtype: .i32)) }
  }

  @Test func squaredErrors() throws {
    let error = try meanSquaredError(Tensor([1, 2, 4] as [Float]), Tensor([1.0, 0, 1]))
    #expect(error == Measured(value: 13.0 / 3, count: 3))
    #expect(throws: TensorError.self) { try meanSquaredError(.zeros([2]), .zeros([1])) }
    #expect(try meanSquaredError(.zeros([0]), .zeros([0])).value.isNaN)
  }

  /// Columns: a mixed one, one with unknown labels, one that is never there nor detected.
  @Test func detectionOfUnits() throws {
    let scores = try Tensor([0.9, 0.2, 0.1, 0.6, 0.9, 0.2, 0.1, 0.5, 0.3, 0.4, 0.8, 0.0], shape: [4, 3])
    let labels = try Tensor([1, 0, 0, 0, -1, 0, 1, 1, 0, 0, 9, 0], shape: [4, 3])
    let found = try detections(scores, labels: labels)
    #expect(
      found == [
        Detection(truePositives: 1, falsePositives: 1, falseNegatives: 1, count: 4),
        Detection(truePositives: 1, falsePositives: 0, falseNegatives: 0, count: 2),
        Detection(truePositives: 0, falsePositives: 0, falseNegatives: 0, count: 4),
      ])
    #expect(found.map(\.f1) == [0.5, 1, nil])
    #expect(throws: TensorError.self) { try detections(scores, labels: .zeros([4, 2])) }
    #expect(throws: TensorError.self) { try detections(.full([4, 3], .nan), labels: labels) }
  }
}
