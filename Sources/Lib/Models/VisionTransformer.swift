import Layers
import Tensor

/// The shape of a vision transformer.
public struct ViTConfiguration: Hashable, Sendable {
  /// Patches.
  public let grid: PatchGrid
  /// Width of a token, blocks, heads of each.
  public let width, depth, heads: Int

  /// Throws `invalidArgument` naming what does not fit.
  public init(image: Int, patch: Int, width: Int, depth: Int, heads: Int, channels: Int = 3) throws {
    grid = try PatchGrid(image: image, patch: patch, channels: channels)
    guard depth >= 1, heads >= 1, width >= 1, width % heads == 0 else {
      throw TensorError(
        .invalidArgument, in: "ViT", "width \(width) with \(heads) heads and depth \(depth)",
        help: "heads must divide the width, and depth be at least 1")
    }
    try Self.checkSize(width: width, depth: depth, in: "ViT")
    self.width = width
    self.depth = depth
    self.heads = heads
  }

  /// Throws for blocks that no machine holds, whose numbers a file may ask for.
  static func checkSize(width: Int, depth: Int, in name: String) throws {
    guard width <= 1 << 16, depth <= 1000 else {
      throw TensorError(
        .invalidArgument, in: name, "width \(width) and depth \(depth)",
        help: "the width is at most \(1 << 16), the depth at most 1000")
    }
    // Attention and the two layers after it: 4 and 8 times the square of the width.
    try Tensor.checkRoom(for: Shape([depth, 12, width, width], in: name), dtype: .f32, in: name)
  }
}

/// A vision transformer (Dosovitskiy et al. 2021) with fixed sine-cosine positions, as masked autoencoders use it.
public struct VisionTransformer: Layer, Sendable {
  /// Its shape.
  public let configuration: ViTConfiguration
  /// (1 + patches, width), not trained.
  public let positions: Tensor
  /// From the values of a patch to a token.
  public var patchEmbedding: Linear
  /// (width), normal with deviation 0.02.
  public var classToken: Tensor
  /// The blocks.
  public var blocks: [TransformerBlock]
  /// After the blocks.
  public var norm: LayerNorm

  /// Random weights from the stream.
  public init(_ configuration: ViTConfiguration, stream: inout RandomStream) throws {
    self.configuration = configuration
    let (grid, width) = (configuration.grid, configuration.width)
    positions = try grid.positions(width: width)
    patchEmbedding = try Linear(grid.values, width, stream: &stream)
    classToken = try stream.normals(Shape([width])) * 0.02
    blocks = []
    for _ in 0..<configuration.depth {
      blocks.append(try TransformerBlock(width: width, heads: configuration.heads, stream: &stream))
    }
    norm = try LayerNorm(width)
  }

  /// Tokens of all patches, with positions: (batch, patches, width).
  public func embed(_ images: Tensor) throws -> Tensor {
    let patches = try configuration.grid.patches(of: images)
    return try patchEmbedding(patches)
      + positions.narrowed(axis: 0, start: 1, count: configuration.grid.count)
  }

  /// Puts the class token before (batch, n, width) tokens and runs the blocks: (batch, 1 + n, width).
  public func transform(_ tokens: Tensor) throws -> Tensor {
    let first = try (classToken + positions.narrowed(axis: 0, start: 0, count: 1))
      .expanded(to: Shape([tokens.shape[0], 1, configuration.width]))
    var x = try Tensor.concatenated([first, tokens], axis: 1)
    for block in blocks { x = try block(x) }
    return try norm(x)
  }

  /// Features of images (batch, channels, image, image): the mean of the patch tokens, (batch, width).
  public func features(_ images: Tensor) throws -> Tensor {
    let tokens = try transform(embed(images))
    return try tokens.narrowed(axis: 1, start: 1, count: configuration.grid.count).mean([1])
  }

  /// Shows the parts: the reference implementation's names, but for the embedding of patches, which is a linear layer here and a convolution there.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.tensor("cls_token", &classToken)
    try visitor.layer("patch_embed", &patchEmbedding)
    try visitor.layers("blocks", &blocks)
    try visitor.layer("norm", &norm)
  }
}
