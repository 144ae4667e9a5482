import Layers
import Tensor

/// The shape of a masked autoencoder beside its encoder's.
public struct MAEConfiguration: Hashable, Sendable {
  /// The encoder.
  public let encoder: ViTConfiguration
  /// The share of patches hidden from the encoder.
  public let maskRatio: Double
  /// Width of a decoder token, blocks, heads of each.
  public let decoderWidth, decoderDepth, decoderHeads: Int
  /// Whether each patch's target is normalised by its own mean and variance.
  public let normalizesTargets: Bool

  /// Throws `invalidArgument` when nothing would be hidden or nothing shown.
  public init(
    encoder: ViTConfiguration, maskRatio: Double = 0.75, decoderWidth: Int = 64, decoderDepth: Int = 2,
    decoderHeads: Int = 4, normalizesTargets: Bool = true
  ) throws {
    self.encoder = encoder
    self.maskRatio = maskRatio
    self.decoderWidth = decoderWidth
    self.decoderDepth = decoderDepth
    self.decoderHeads = decoderHeads
    self.normalizesTargets = normalizesTargets
    let kept = maskRatio > 0 && maskRatio < 1 ? keptPatches : 0
    guard kept >= 1, kept < encoder.grid.count else {
      throw TensorError(
        .invalidArgument, in: "MAE",
        "a mask ratio of \(maskRatio) keeps \(kept) of \(encoder.grid.count) patches",
        help: "at least one patch must stay visible and one be hidden")
    }
    guard decoderWidth >= 1, decoderDepth >= 1, decoderHeads >= 1, decoderWidth % decoderHeads == 0,
      decoderWidth % 4 == 0
    else {
      throw TensorError(
        .invalidArgument, in: "MAE",
        "decoder width \(decoderWidth), depth \(decoderDepth), heads \(decoderHeads)",
        help: "the width must be a multiple of 4 and of the heads, the depth at least 1")
    }
    try ViTConfiguration.checkSize(width: decoderWidth, depth: decoderDepth, in: "MAE")
  }

  /// How many patches the encoder sees.
  public var keptPatches: Int { Int(Double(encoder.grid.count) * (1 - maskRatio)) }
}

/// Which patches of a batch are visible: for each image an order of its patches, the first of them visible.
public struct PatchMask: Sendable {
  /// (batch · kept) rows of the flattened (batch · patches) tokens that stay.
  let kept: Tensor
  /// (batch · patches) rows of the decoder's (visible, then hidden) tokens, in image order.
  let restored: Tensor
  /// (batch, patches): 1 where hidden.
  public let hidden: Tensor

  /// A random mask for each image. (The reference sorts uniform noise; a random order is the same thing.)
  public init(batch: Int, patches: Int, kept: Int, stream: inout RandomStream) throws {
    try self.init(orders: (0..<batch).map { _ in stream.permutation(patches) }, kept: kept)
  }

  /// The mask that shows the first `kept` patches of each order. Throws `invalidArgument` where an order is not one of all patches.
  public init(orders: [[Int]], kept: Int) throws {
    let patches = orders.first?.count ?? 0
    for (image, order) in orders.enumerated() where order.sorted() != Array(0..<patches) {
      throw TensorError(
        .invalidArgument, in: "mask",
        "the order of image \(image) does not hold each of \(patches) patches once")
    }
    var keptRows: [Int32] = []
    var restoredRows = [Int32](repeating: 0, count: orders.count * patches)
    var hidden = [Float](repeating: 1, count: orders.count * patches)
    for (image, order) in orders.enumerated() {
      for (place, patch) in order.enumerated() {
        restoredRows[image * patches + patch] = Int32(image * patches + place)
        guard place < kept else { continue }
        keptRows.append(Int32(image * patches + patch))
        hidden[image * patches + patch] = 0
      }
    }
    self.kept = try Tensor(keptRows)
    restored = try Tensor(restoredRows)
    self.hidden = try Tensor(hidden, shape: Shape([orders.count, patches]))
  }
}

/// A masked autoencoder (He et al. 2022): an encoder that sees a quarter of the patches and a light decoder that draws
/// the rest.
public struct MaskedAutoencoder: Layer, Sendable {
  /// Its shape.
  public let configuration: MAEConfiguration
  /// Sees the visible patches.
  public var encoder: VisionTransformer
  /// From the encoder's width to the decoder's.
  public var decoderEmbedding: Linear
  /// (decoder width): stands for a hidden patch.
  public var maskToken: Tensor
  /// (1 + patches, decoder width), not trained.
  public let decoderPositions: Tensor
  /// The decoder's blocks.
  public var decoderBlocks: [TransformerBlock]
  /// After the decoder's blocks.
  public var decoderNorm: LayerNorm
  /// To the values of a patch.
  public var prediction: Linear

  /// Random weights from the stream.
  public init(_ configuration: MAEConfiguration, stream: inout RandomStream) throws {
    self.configuration = configuration
    let (grid, width) = (configuration.encoder.grid, configuration.decoderWidth)
    encoder = try VisionTransformer(configuration.encoder, stream: &stream)
    decoderEmbedding = try Linear(configuration.encoder.width, width, stream: &stream)
    maskToken = try stream.normals(Shape([width])) * 0.02
    decoderPositions = try grid.positions(width: width)
    decoderBlocks = []
    for _ in 0..<configuration.decoderDepth {
      decoderBlocks.append(
        try TransformerBlock(width: width, heads: configuration.decoderHeads, stream: &stream))
    }
    decoderNorm = try LayerNorm(width)
    prediction = try Linear(width, grid.values, stream: &stream)
  }

  /// A random mask for a batch.
  public func mask(batch: Int, stream: inout RandomStream) throws -> PatchMask {
    try PatchMask(
      batch: batch, patches: configuration.encoder.grid.count, kept: configuration.keptPatches,
      stream: &stream)
  }

  /// The predicted values of all patches, (batch, patches, values), from those the mask shows.
  public func predictions(_ images: Tensor, mask: PatchMask) throws -> Tensor {
    let tokens = try encoder.embed(images)
    let (batch, patches) = (images.shape[0], configuration.encoder.grid.count)
    let (width, decoderWidth) = (configuration.encoder.width, configuration.decoderWidth)
    let kept = configuration.keptPatches
    guard mask.kept.count == batch * kept, mask.hidden.count == batch * patches else {
      throw TensorError(
        .shapeMismatch, in: "MAE",
        "a mask of shape \(mask.hidden.shape) for \(batch) images of \(patches) patches",
        shapes: [mask.hidden.shape], help: "make the mask with the model's `mask` for as many images")
    }
    let visible = try tokens.reshaped([batch * patches, width]).take(mask.kept)
      .reshaped([batch, kept, width])
    let latent = try decoderEmbedding(encoder.transform(visible))
    let hidden = try maskToken.expanded(to: Shape([batch, patches - kept, decoderWidth]))
    let shuffled = try Tensor.concatenated(
      [latent.narrowed(axis: 1, start: 1, count: kept), hidden], axis: 1)
    let ordered = try shuffled.reshaped([batch * patches, decoderWidth]).take(mask.restored)
      .reshaped([batch, patches, decoderWidth])
    var x =
      try Tensor.concatenated([latent.narrowed(axis: 1, start: 0, count: 1), ordered], axis: 1)
      + decoderPositions
    for block in decoderBlocks { x = try block(x) }
    return try prediction(decoderNorm(x)).narrowed(axis: 1, start: 1, count: patches)
  }

  /// What the predictions are compared with: the patches, normalised each by its own mean and unbiased variance + 1e-6 where
  /// the configuration says so.
  public func targets(_ images: Tensor) throws -> Tensor {
    let patches = try configuration.encoder.grid.patches(of: images)
    guard configuration.normalizesTargets else { return patches }
    let (mean, deviation) = try statistics(patches)
    return try (patches - mean) / deviation
  }

  private func statistics(_ patches: Tensor) throws -> (mean: Tensor, deviation: Tensor) {
    let variance = try patches.variance([-1], ddof: 1, keep: true)
    return (try patches.mean([-1], keep: true), try (variance + 1e-6).sqrt())
  }

  /// The mean squared error of each patch, (batch, patches).
  public func patchLosses(_ images: Tensor, mask: PatchMask) throws -> Tensor {
    try (predictions(images, mask: mask) - targets(images)).square().mean([-1])
  }

  /// The mean over hidden patches of each patch's mean squared error.
  public func loss(_ images: Tensor, mask: PatchMask) throws -> Tensor {
    let hidden = mask.hidden
    return try (patchLosses(images, mask: mask) * hidden).sum() / hidden.sum()
  }

  /// Images (batch, channels, image, image): visible patches as they are and hidden ones as predicted. (Normalised predictions are
  /// put back by the true patch's mean and deviation, which a viewer knows and the model does not.)
  public func reconstruction(_ images: Tensor, mask: PatchMask) throws -> Tensor {
    let grid = configuration.encoder.grid
    let patches = try grid.patches(of: images)
    var predicted = try predictions(images, mask: mask)
    if configuration.normalizesTargets {
      let (mean, deviation) = try statistics(patches)
      predicted = try predicted * deviation + mean
    }
    let hidden = try mask.hidden.insertingAxis(-1)
    return try grid.images(of: patches * (1 - hidden) + predicted.clamped(0, 1) * hidden)
  }

  /// Images with hidden patches painted in one grey.
  public func masked(_ images: Tensor, mask: PatchMask, grey: Double = 0.5) throws -> Tensor {
    let grid = configuration.encoder.grid
    let hidden = try mask.hidden.insertingAxis(-1)
    return try grid.images(of: grid.patches(of: images) * (1 - hidden) + hidden * grey)
  }

  /// Shows the parts under the names of the reference implementation.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try encoder.visit(&visitor)
    try visitor.layer("decoder_embed", &decoderEmbedding)
    try visitor.tensor("mask_token", &maskToken)
    try visitor.layers("decoder_blocks", &decoderBlocks)
    try visitor.layer("decoder_norm", &decoderNorm)
    try visitor.layer("decoder_pred", &prediction)
  }
}
