import Layers
import Tensor

/// The shape of an EfficientNet.
public struct EfficientNetConfiguration: Hashable, Sendable {
  /// Blocks of one shape, one after the other.
  public struct Stage: Hashable, Sendable {
    /// How much wider a block is inside.
    public let expansion: Int
    /// The side of the depthwise kernel, and the stride of the first block.
    public let kernel, stride: Int
    /// Channels of the result.
    public let outputs: Int
    /// Blocks.
    public let count: Int

    /// A stage.
    public init(expansion: Int, kernel: Int, stride: Int, outputs: Int, count: Int) {
      self.expansion = expansion
      self.kernel = kernel
      self.stride = stride
      self.outputs = outputs
      self.count = count
    }
  }

  /// The stages.
  public let stages: [Stage]
  /// Channels before the first stage, and of the features after the last.
  public let stem, head: Int
  /// Colour planes.
  public let channels: Int
  /// Outputs of the classifier.
  public let classes: Int

  /// Throws `invalidArgument` naming what does not fit.
  public init(stages: [Stage], stem: Int, head: Int, channels: Int = 3, classes: Int = 1000) throws {
    let sizes = [stem, head, channels, classes, stages.count]
    let shapes = stages.flatMap { [$0.expansion, $0.kernel, $0.stride, $0.outputs, $0.count] }
    guard (sizes + shapes).allSatisfy({ (1...65_536).contains($0) }) else {
      throw TensorError(
        .invalidArgument, in: "EfficientNet",
        "stem \(stem), head \(head), \(channels) colour planes, \(classes) classes, stages \(shapes)",
        help: "everything is at least 1")
    }
    self.stages = stages
    self.stem = stem
    self.head = head
    self.channels = channels
    self.classes = classes
  }

  /// EfficientNet-B0: 5.3 million parameters for 1000 classes.
  public static func b0(classes: Int = 1000) throws -> Self {
    let table = [
      (1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3),
      (6, 5, 2, 192, 4), (6, 3, 1, 320, 1),
    ]
    return try EfficientNetConfiguration(
      stages: table.map { Stage(expansion: $0.0, kernel: $0.1, stride: $0.2, outputs: $0.3, count: $0.4) },
      stem: 32, head: 1280, classes: classes)
  }
}

/// Scales every channel by a number between 0 and 1 that depends on the means of all (Hu et al. 2018).
public struct SqueezeExcite: Layer, Sendable {
  /// To few channels and back.
  public var reduction, expansion: Conv2d

  /// Of `channels`, through `reduced`.
  public init(_ channels: Int, reduced: Int, stream: inout RandomStream) throws {
    reduction = try Conv2d(channels, reduced, kernel: 1, stream: &stream)
    expansion = try Conv2d(reduced, channels, kernel: 1, stream: &stream)
  }

  /// x σ(expand(silu(reduce(mean x))))
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x * expansion(reduction(x.adaptiveAveragePool2d(1)).silu()).sigmoid()
  }

  /// Shows both convolutions.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("conv_reduce", &reduction)
    try visitor.layer("conv_expand", &expansion)
  }
}

/// An inverted bottleneck: wider by 1 x 1 convolution, a depthwise convolution, squeeze and excite, and narrow again; the input is
/// added where shapes allow. Without expansion the first part is left out.
public struct InvertedBottleneck: StatefulLayer, Sendable {
  /// To the inner width; nothing when that is the outer.
  public var expansion: Conv2d?
  /// After the expansion.
  public var expansionNorm: BatchNorm?
  /// Each channel by itself.
  public var depthwise: Conv2d
  /// After it.
  public var depthwiseNorm: BatchNorm
  /// Weighs the channels.
  public var squeezeExcite: SqueezeExcite
  /// To the result's channels.
  public var projection: Conv2d
  /// After it.
  public var projectionNorm: BatchNorm
  /// Whether the input is added.
  public let isResidual: Bool

  /// One block of a stage that takes `inputs` channels.
  public init(
    _ inputs: Int, _ stage: EfficientNetConfiguration.Stage, stride: Int, stream: inout RandomStream
  ) throws {
    let inner = inputs * stage.expansion
    if stage.expansion > 1 {
      expansion = try Conv2d(inputs, inner, kernel: 1, bias: false, stream: &stream)
      expansionNorm = try BatchNorm(inner)
    }
    depthwise = try Conv2d(
      inner, inner, kernel: stage.kernel, stride: stride, groups: inner, bias: false, stream: &stream)
    depthwiseNorm = try BatchNorm(inner)
    squeezeExcite = try SqueezeExcite(inner, reduced: max(1, inputs / 4), stream: &stream)
    projection = try Conv2d(inner, stage.outputs, kernel: 1, bias: false, stream: &stream)
    projectionNorm = try BatchNorm(stage.outputs)
    isResidual = stride == 1 && inputs == stage.outputs
  }

  /// x of shape (batch, inputs, height, width) to (batch, outputs, height', width').
  public mutating func forward(_ x: Tensor, training: Bool) throws -> Tensor {
    var y = x
    if let expansion {
      y = try expansion(y)
      y = try (expansionNorm?.forward(y, training: training) ?? y).silu()
    }
    y = try depthwiseNorm.forward(depthwise(y), training: training).silu()
    y = try projectionNorm.forward(projection(squeezeExcite(y)), training: training)
    return isResidual ? try x + y : y
  }

  /// Shows the parts under the names of timm, which depend on whether there is an expansion.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    let expands = expansion != nil
    if var convolution = expansion, var norm = expansionNorm {
      try visitor.layer("conv_pw", &convolution)
      try visitor.layer("bn1", &norm)
      (expansion, expansionNorm) = (convolution, norm)
    }
    try visitor.layer("conv_dw", &depthwise)
    try visitor.layer(expands ? "bn2" : "bn1", &depthwiseNorm)
    try visitor.layer("se", &squeezeExcite)
    try visitor.layer(expands ? "conv_pwl" : "conv_pw", &projection)
    try visitor.layer(expands ? "bn3" : "bn2", &projectionNorm)
  }
}

/// An EfficientNet (Tan and Le 2019), without dropout and stochastic depth.
public struct EfficientNet: StatefulLayer, Sendable {
  /// Its shape.
  public let configuration: EfficientNetConfiguration
  /// 3 x 3 of stride 2.
  public var stem: Conv2d
  /// After the stem.
  public var stemNorm: BatchNorm
  /// The blocks of each stage.
  public var stages: [[InvertedBottleneck]]
  /// To the features.
  public var head: Conv2d
  /// After it.
  public var headNorm: BatchNorm
  /// From features to classes.
  public var classifier: Linear

  /// Random weights from the stream.
  public init(_ configuration: EfficientNetConfiguration, stream: inout RandomStream) throws {
    self.configuration = configuration
    stem = try Conv2d(
      configuration.channels, configuration.stem, kernel: 3, stride: 2, bias: false, stream: &stream)
    stemNorm = try BatchNorm(configuration.stem)
    stages = []
    var channels = configuration.stem
    for stage in configuration.stages {
      var blocks: [InvertedBottleneck] = []
      for block in 0..<stage.count {
        let stride = block == 0 ? stage.stride : 1
        blocks.append(try InvertedBottleneck(channels, stage, stride: stride, stream: &stream))
        channels = stage.outputs
      }
      stages.append(blocks)
    }
    head = try Conv2d(channels, configuration.head, kernel: 1, bias: false, stream: &stream)
    headNorm = try BatchNorm(configuration.head)
    classifier = try Linear(configuration.head, configuration.classes, stream: &stream)
  }

  /// The maps behind the head of images (batch, channels, height, width).
  public mutating func maps(_ images: Tensor, training: Bool) throws -> Tensor {
    var x = try stemNorm.forward(stem(images), training: training).silu()
    for stage in stages.indices {
      for block in stages[stage].indices {
        x = try stages[stage][block].forward(x, training: training)
      }
    }
    return try headNorm.forward(head(x), training: training).silu()
  }

  /// The mean of each channel, (batch, head).
  public mutating func features(_ images: Tensor, training: Bool) throws -> Tensor {
    try maps(images, training: training).globalAveragePool2d()
  }

  /// The scores of every class, (batch, classes).
  public mutating func forward(_ images: Tensor, training: Bool) throws -> Tensor {
    try classifier(features(images, training: training))
  }

  /// Shows the parts under the names of timm.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("conv_stem", &stem)
    try visitor.layer("bn1", &stemNorm)
    for stage in stages.indices { try visitor.layers("blocks.\(stage)", &stages[stage]) }
    try visitor.layer("conv_head", &head)
    try visitor.layer("bn2", &headNorm)
    try visitor.layer("classifier", &classifier)
  }
}
