import Tensor

/// Self-attention with several heads: softmax(Q Kᵀ / sqrt(d)) V (Vaswani et al. 2017).
public struct SelfAttention: Layer, Sendable {
  /// One map to queries, keys and values.
  public var qkv: Linear
  /// The map of the joined heads.
  public var projection: Linear
  /// The number of heads.
  public let heads: Int

  /// Throws `invalidArgument` when the heads do not divide the width.
  public init(width: Int, heads: Int, stream: inout RandomStream) throws {
    guard heads > 0, width % heads == 0 else {
      throw TensorError(.invalidArgument, in: "attention", "\(heads) heads do not divide width \(width)")
    }
    self.heads = heads
    qkv = try Linear(width, 3 * width, stream: &stream)
    projection = try Linear(width, width, stream: &stream)
  }

  /// x of shape (batch, tokens, width) to the same shape.
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    guard x.rank == 3, x.shape[2] == projection.weight.shape[0] else {
      throw TensorError(
        .shapeMismatch, in: "attention",
        "tokens of shape \(x.shape), the layer takes (batch, tokens, \(projection.weight.shape[0]))",
        shapes: [x.shape])
    }
    let (batch, tokens, width) = (x.shape[0], x.shape[1], x.shape[2])
    let size = width / heads
    let mixed = try qkv(x).reshaped([batch, tokens, 3, heads, size]).selfAttention()
    return try projection(mixed.reshaped([batch, tokens, width]))
  }

  /// Shows both maps.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("qkv", &qkv)
    try visitor.layer("proj", &projection)
  }
}

/// Two linear maps with a GELU between them.
public struct MLP: Layer, Sendable {
  /// To the hidden width.
  public var first: Linear
  /// Back.
  public var second: Linear

  /// width → hidden → width
  public init(width: Int, hidden: Int, stream: inout RandomStream) throws {
    first = try Linear(width, hidden, stream: &stream)
    second = try Linear(hidden, width, stream: &stream)
  }

  /// x of shape (..., width) to the same shape.
  public func callAsFunction(_ x: Tensor) throws -> Tensor { try second(first(x).gelu()) }

  /// Shows both maps.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("fc1", &first)
    try visitor.layer("fc2", &second)
  }
}

/// A transformer block with normalisation before each part: x + attention(norm x), then x + mlp(norm x).
public struct TransformerBlock: Layer, Sendable {
  /// Before attention.
  public var norm1: LayerNorm
  /// Mixes tokens.
  public var attention: SelfAttention
  /// Before the MLP.
  public var norm2: LayerNorm
  /// Works on each token.
  public var mlp: MLP

  /// A block with an MLP `ratio` times as wide.
  public init(width: Int, heads: Int, ratio: Int = 4, stream: inout RandomStream) throws {
    norm1 = try LayerNorm(width)
    attention = try SelfAttention(width: width, heads: heads, stream: &stream)
    norm2 = try LayerNorm(width)
    mlp = try MLP(width: width, hidden: ratio * width, stream: &stream)
  }

  /// x of shape (batch, tokens, width) to the same shape.
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    let attended = try x + attention(norm1(x))
    return try attended + mlp(norm2(attended))
  }

  /// Shows the four parts.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("norm1", &norm1)
    try visitor.layer("attn", &attention)
    try visitor.layer("norm2", &norm2)
    try visitor.layer("mlp", &mlp)
  }
}
