import Layers
import Tensor

/// The shape of a residual network of basic blocks.
public struct ResNetConfiguration: Hashable, Sendable {
  /// The blocks of each stage. A stage halves the image, the first excepted, and doubles the channels.
  public let stages: [Int]
  /// Channels of the first stage.
  public let width: Int
  /// Colour planes.
  public let channels: Int
  /// Outputs of the classifier.
  public let classes: Int

  /// Throws `invalidArgument` naming what does not fit.
  public init(stages: [Int], width: Int = 64, channels: Int = 3, classes: Int = 1000) throws {
    guard !stages.isEmpty, stages.count <= 8, stages.allSatisfy({ $0 >= 1 }), channels >= 1, classes >= 1,
      width >= 1, width <= 65_536
    else {
      throw TensorError(
        .invalidArgument, in: "ResNet",
        "stages of \(stages) blocks, width \(width), \(channels) colour planes, \(classes) classes",
        help: "there are 1 to 8 stages, and everything is at least 1")
    }
    self.stages = stages
    self.width = width
    self.channels = channels
    self.classes = classes
  }

  /// ResNet-18: 11.7 million parameters for 1000 classes.
  public static func resNet18(classes: Int = 1000) throws -> Self {
    try ResNetConfiguration(stages: [2, 2, 2, 2], classes: classes)
  }

  /// ResNet-34: 21.8 million parameters for 1000 classes.
  public static func resNet34(classes: Int = 1000) throws -> Self {
    try ResNetConfiguration(stages: [3, 4, 6, 3], classes: classes)
  }

  /// Numbers in a feature vector.
  public var featureWidth: Int { width << (stages.count - 1) }
}

/// Two convolutions of 3 x 3 beside a way past them.
public struct BasicBlock: StatefulLayer, Sendable {
  /// The convolutions and what normalises them.
  public var conv1, conv2: Conv2d
  /// After each convolution.
  public var norm1, norm2: BatchNorm
  /// On the way past, where the shape changes.
  public var downsampling: Downsampling?

  /// A block that makes `outputs` channels of `inputs`.
  public init(_ inputs: Int, _ outputs: Int, stride: Int, stream: inout RandomStream) throws {
    conv1 = try Conv2d(inputs, outputs, kernel: 3, stride: stride, bias: false, stream: &stream)
    norm1 = try BatchNorm(outputs)
    conv2 = try Conv2d(outputs, outputs, kernel: 3, bias: false, stream: &stream)
    norm2 = try BatchNorm(outputs)
    if stride != 1 || inputs != outputs {
      downsampling = try Downsampling(inputs, outputs, stride: stride, stream: &stream)
    }
  }

  /// relu(way past + norm(conv(relu(norm(conv x)))))
  public mutating func forward(_ x: Tensor, training: Bool) throws -> Tensor {
    let inner = try norm1.forward(conv1(x), training: training).relu()
    let outer = try norm2.forward(conv2(inner), training: training)
    let past = try downsampling?.forward(x, training: training) ?? x
    return try (outer + past).relu()
  }

  /// Shows the parts.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("conv1", &conv1)
    try visitor.layer("bn1", &norm1)
    try visitor.layer("conv2", &conv2)
    try visitor.layer("bn2", &norm2)
    if var present = downsampling {
      try visitor.layer("downsample", &present)
      downsampling = present
    }
  }
}

/// A convolution of 1 x 1 with a stride, normalised.
public struct Downsampling: StatefulLayer, Sendable {
  /// The convolution.
  public var convolution: Conv2d
  /// After it.
  public var norm: BatchNorm

  /// From `inputs` to `outputs` channels.
  public init(_ inputs: Int, _ outputs: Int, stride: Int, stream: inout RandomStream) throws {
    convolution = try Conv2d(inputs, outputs, kernel: 1, stride: stride, bias: false, stream: &stream)
    norm = try BatchNorm(outputs)
  }

  /// norm(conv x)
  public mutating func forward(_ x: Tensor, training: Bool) throws -> Tensor {
    try norm.forward(convolution(x), training: training)
  }

  /// Shows both parts.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("0", &convolution)
    try visitor.layer("1", &norm)
  }
}

/// A residual network of basic blocks (He et al. 2016): a 7 x 7 stem of stride 2, a maximum over 3 x 3 of stride 2, the stages, the
/// mean of every channel and a linear classifier.
public struct ResNet: StatefulLayer, Sendable {
  /// Its shape.
  public let configuration: ResNetConfiguration
  /// The stem.
  public var stem: Conv2d
  /// After the stem.
  public var norm: BatchNorm
  /// The blocks of each stage.
  public var stages: [[BasicBlock]]
  /// From features to classes.
  public var classifier: Linear

  /// Random weights from the stream.
  public init(_ configuration: ResNetConfiguration, stream: inout RandomStream) throws {
    self.configuration = configuration
    stem = try Conv2d(
      configuration.channels, configuration.width, kernel: 7, stride: 2, bias: false, stream: &stream)
    norm = try BatchNorm(configuration.width)
    stages = []
    var channels = configuration.width
    for (stage, count) in configuration.stages.enumerated() {
      var blocks: [BasicBlock] = []
      for block in 0..<count {
        let outputs = configuration.width << stage
        let stride = stage > 0 && block == 0 ? 2 : 1
        blocks.append(try BasicBlock(channels, outputs, stride: stride, stream: &stream))
        channels = outputs
      }
      stages.append(blocks)
    }
    classifier = try Linear(channels, configuration.classes, stream: &stream)
  }

  /// The last stage's maps of images (batch, channels, height, width): (batch, feature width, height / 32, width / 32) for four stages.
  public mutating func maps(_ images: Tensor, training: Bool) throws -> Tensor {
    var x = try norm.forward(stem(images), training: training).relu().maxPool2d(3, stride: 2, padding: 1)
    for stage in stages.indices {
      for block in stages[stage].indices {
        x = try stages[stage][block].forward(x, training: training)
      }
    }
    return x
  }

  /// The mean of each channel of the last stage, (batch, feature width).
  public mutating func features(_ images: Tensor, training: Bool) throws -> Tensor {
    try maps(images, training: training).globalAveragePool2d()
  }

  /// The scores of every class, (batch, classes).
  public mutating func forward(_ images: Tensor, training: Bool) throws -> Tensor {
    try classifier(features(images, training: training))
  }

  /// Shows the parts under the names of torchvision.
  public mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("conv1", &stem)
    try visitor.layer("bn1", &norm)
    for stage in stages.indices { try visitor.layers("layer\(stage + 1)", &stages[stage]) }
    try visitor.layer("fc", &classifier)
  }
}
