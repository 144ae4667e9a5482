import Autodiff
import Layers
import Tensor
import Testing

@testable import Models

private func smallViT(heads: Int = 4) throws -> ViTConfiguration {
  try ViTConfiguration(image: 12, patch: 4, width: 16, depth: 2, heads: heads)
}

@Suite struct PatchTests {
  @Test(arguments: [8, 16])
  func positionsAreThoseOfTheFormula(width: Int) throws {
    let recorded = try RecordedModel("positions")
    try expectClose(
      PatchGrid(image: 12, patch: 4).positions(width: width), recorded("\(width)"), within: 1e-7)
  }

  @Test func patchesGoAndComeBack() throws {
    var stream = RandomStream(seed: 1)
    let grid = try PatchGrid(image: 6, patch: 2)
    let images = try stream.uniforms([2, 3, 6, 6])
    let patches = try grid.patches(of: images)
    #expect(patches.shape == [2, 9, 12])
    #expect(try grid.images(of: patches).doubles() == images.doubles())
    // Patch 5 of image 1 is row 1, column 2: its last value is the last colour of pixel (3, 5).
    let values = try images.doubles()
    #expect(try patches.doubles()[(9 + 5) * 12 + 11] == values[((3 + 2) * 6 + 3) * 6 + 5])
  }

  @Test(arguments: [(12, 5), (0, 4), (12, 0), (-4, 4)])
  func patchesMustTile(image: Int, patch: Int) {
    #expect(throws: TensorError.self) { try PatchGrid(image: image, patch: patch) }
  }

  @Test func otherImagesAreRefused() throws {
    let grid = try PatchGrid(image: 8, patch: 4)
    for shape in [[1, 3, 8, 4], [3, 8, 8], [1, 1, 8, 8]] as [Shape] {
      #expect(throws: TensorError.self) { try grid.patches(of: Tensor.zeros(shape)) }
    }
    #expect(throws: TensorError.self) { try grid.images(of: Tensor.zeros([1, 4, 47])) }
    #expect(throws: TensorError.self) { try grid.positions(width: 6) }
    #expect(throws: TensorError.self) { try grid.positions(width: 0) }
  }
}

@Suite struct VisionTransformerTests {
  @Test func featuresAndGradientsAreThoseOfPyTorch() throws {
    var stream = RandomStream(seed: 0)
    let recorded = try RecordedModel("vit")
    let model = try recorded.filling(VisionTransformer(smallViT(), stream: &stream))
    let (images, cotangent) = (try recorded("input"), try recorded("cotangent"))
    // Positions are kept in f32, which is what limits the agreement.
    try expectClose(model.features(images), recorded("output"), within: 1e-6)
    let gradient = try valueAndGrad(of: model) { try ($0.features(images) * cotangent).sum() }.gradient
    for parameter in try gradient.parameters() {
      try expectClose(parameter.value, recorded("gradient/\(parameter.name)"), within: 1e-6, parameter.name)
    }
    let byImage = try grad { try (model.features($0) * cotangent).sum() }(images)
    try expectClose(byImage, recorded("gradient/input"), within: 1e-6)
  }

  @Test func impossibleConfigurations() {
    #expect(throws: TensorError.self) { try smallViT(heads: 3) }
    #expect(throws: TensorError.self) { try smallViT(heads: 0) }
    #expect(throws: TensorError.self) {
      try ViTConfiguration(image: 12, patch: 4, width: 16, depth: 0, heads: 4)
    }
  }
}

@Suite struct MaskedAutoencoderTests {
  private func configuration(ratio: Double = 0.75, normalized: Bool = true) throws -> MAEConfiguration {
    try MAEConfiguration(
      encoder: smallViT(), maskRatio: ratio, decoderWidth: 8, decoderDepth: 1, decoderHeads: 2,
      normalizesTargets: normalized)
  }

  private func orders(_ tensor: Tensor) throws -> [[Int]] {
    let values = try tensor.ints()
    return [Array(values.prefix(9)), Array(values.suffix(9))]
  }

  /// The recorded loss was also computed by hand in NumPy, patch by patch (Tests/Fixtures/models/make.py).
  @Test(arguments: [("mae", true), ("mae_pixels", false)])
  func lossAndGradientsWithAFixedMask(name: String, normalized: Bool) throws {
    var stream = RandomStream(seed: 0)
    let recorded = try RecordedModel(name)
    let model = try recorded.filling(
      MaskedAutoencoder(configuration(normalized: normalized), stream: &stream))
    let images = try recorded("input")
    let mask = try PatchMask(orders: orders(recorded("orders")), kept: 2)
    try expectClose(model.predictions(images, mask: mask), recorded("predictions"), within: 1e-6)
    let (loss, gradient) = try valueAndGrad(of: model) { try $0.loss(images, mask: mask) }
    try expectClose(loss, recorded("loss"), within: 1e-6)
    for parameter in try gradient.parameters() {
      try expectClose(parameter.value, recorded("gradient/\(parameter.name)"), within: 1e-6, parameter.name)
    }
  }

  @Test func masksArePermutationsOfTheirOwn() throws {
    var stream = RandomStream(seed: 2)
    let mask = try PatchMask(batch: 40, patches: 9, kept: 2, stream: &stream)
    let hidden = try mask.hidden.doubles()
    for image in 0..<40 { #expect(hidden[image * 9..<(image + 1) * 9].reduce(0, +) == 7) }
    let seen = (0..<9).map { patch in (0..<40).count { hidden[$0 * 9 + patch] == 0 } }
    #expect(seen.allSatisfy { $0 > 0 }, "every patch is seen sometimes: \(seen)")
  }

  @Test func aReconstructionShowsWhatWasSeen() throws {
    var stream = RandomStream(seed: 3)
    let model = try MaskedAutoencoder(configuration(), stream: &stream)
    let images = try stream.uniforms([2, 3, 12, 12])
    let mask = try model.mask(batch: 2, stream: &stream)
    let grid = model.configuration.encoder.grid
    let (original, drawn) = (
      try grid.patches(of: images), try grid.patches(of: model.reconstruction(images, mask: mask))
    )
    let (a, b, hidden) = (try original.doubles(), try drawn.doubles(), try mask.hidden.doubles())
    for index in a.indices where hidden[index / 48] == 0 { #expect(a[index] == b[index]) }
    #expect(b.allSatisfy { $0 >= 0 && $0 <= 1 })
    let grey = try grid.patches(of: model.masked(images, mask: mask)).doubles()
    for index in a.indices { #expect(grey[index] == (hidden[index / 48] == 0 ? a[index] : 0.5)) }
  }

  /// What is hidden must not leak: the encoder's latent, and so every prediction, is blind to hidden pixels.
  @Test func hiddenPixelsDoNotMatterToPredictions() throws {
    var stream = RandomStream(seed: 3)
    let model = try MaskedAutoencoder(configuration(), stream: &stream)
    let images = try stream.uniforms([2, 3, 12, 12])
    let mask = try model.mask(batch: 2, stream: &stream)
    let painted = try model.masked(images, mask: mask)
    #expect(
      try model.predictions(images, mask: mask).doubles() == model.predictions(painted, mask: mask).doubles())
  }

  @Test(arguments: [(0.75, 2), (0.5, 4), (0.12, 7), (0.88, 1)])
  func visiblePatches(ratio: Double, kept: Int) throws {
    let configuration = try configuration(ratio: ratio)
    #expect(configuration.keptPatches == kept)
    var stream = RandomStream(seed: 5)
    let model = try MaskedAutoencoder(configuration, stream: &stream)
    let loss = try model.loss(stream.uniforms([1, 3, 12, 12]), mask: model.mask(batch: 1, stream: &stream))
    #expect(try loss.item().isFinite)
  }

  @Test func masksMustFit() throws {
    var stream = RandomStream(seed: 2)
    let model = try MaskedAutoencoder(configuration(), stream: &stream)
    let (images, mask) = (try Tensor.zeros([2, 3, 12, 12]), try model.mask(batch: 3, stream: &stream))
    let error = #expect(throws: TensorError.self) { try model.loss(images, mask: mask) }
    #expect(error?.message == "a mask of shape (3, 9) for 2 images of 9 patches")
    #expect(throws: TensorError.self) { try model.loss(.zeros([3]), mask: mask) }
    for orders in [[[0, 1, 1]], [[0, 1, 3]], [[0, 1], [0]], [[0, -1]]] {
      #expect(throws: TensorError.self) { try PatchMask(orders: orders, kept: 1) }
    }
  }

  @Test(arguments: [0, 1, -0.5, 1.5, 0.95, .nan, .infinity])
  func somethingIsSeenAndSomethingHidden(ratio: Double) {
    #expect(throws: TensorError.self) { try configuration(ratio: ratio) }
  }

  @Test func patchesOfOneColourHaveFiniteTargets() throws {
    var stream = RandomStream(seed: 5)
    let model = try MaskedAutoencoder(configuration(), stream: &stream)
    let images = try Tensor.full([1, 3, 12, 12], 0.3)
    let mask = try model.mask(batch: 1, stream: &stream)
    let (loss, gradient) = try valueAndGrad(of: model) { try $0.loss(images, mask: mask) }
    #expect(try loss.item().isFinite)
    for parameter in try gradient.parameters() {
      #expect(try parameter.value.doubles().allSatisfy(\.isFinite))
    }
  }
}
