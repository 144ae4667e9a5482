import Autodiff
import Layers
import Models
import Tensor
import Training

/// Whole training steps (forward, backward, update), Adam alone, and Hessian-vector products.
var modelRows: [Row] {
  [adam]
    + [("tiny", 192, 3), ("small", 384, 6)].flatMap { name, width, heads in
      [(64, 8, 32), (224, 16, 8)].map { image, patch, batch in
        step("step/mae-\(name)-\(image)") {
          try maskedAutoencoder(image: image, patch: patch, width: width, heads: heads, batch: batch)
        }
      }
    } + [
      step("step/resnet18-112") { try classification { try ResNet(.resNet18(), stream: &$0) } },
      step("step/resnet34-112") { try classification { try ResNet(.resNet34(), stream: &$0) } },
      step("step/efficientnet-b0-112") { try classification { try EfficientNet(.b0(), stream: &$0) } },
      hvp("hvp/vit-tiny-forward-over-reverse", .forwardOverReverse),
      hvp("hvp/vit-tiny-reverse-over-reverse", .reverseOverReverse), gaussNewton, growth,
    ]
}

/// Tensors that are trained without any computation.
private struct Weights: Layer {
  var tensors: [Tensor]
  mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    for index in tensors.indices { try visitor.tensor("\(index)", &tensors[index]) }
  }
}

/// 25 matrices of a million numbers.
private var adam: Row {
  operation("adam/25M") {
    let shapes = [[Int]](repeating: [1000, 1000], count: 25)
    var model = Weights(tensors: try shapes.map(normal))
    let gradient = Weights(tensors: try shapes.map(normal))
    var optimizer = AdamW(weightDecay: 0)
    return { try optimizer.step(&model, gradient: gradient, scale: 1) }
  }
}

/// A step of a masked autoencoder: a new mask, the loss, its gradient and an update. The decoder is 128 wide and 4 deep.
private func maskedAutoencoder(
  image: Int, patch: Int, width: Int, heads: Int, batch: Int
) throws -> () throws -> Void {
  var stream = RandomStream(seed: 1)
  let encoder = try ViTConfiguration(image: image, patch: patch, width: width, depth: 12, heads: heads)
  var model = try MaskedAutoencoder(
    MAEConfiguration(encoder: encoder, decoderWidth: 128, decoderDepth: 4, decoderHeads: 4), stream: &stream)
  let images = try stream.uniforms([batch, 3, image, image])
  var optimizer = AdamW(learningRate: 1e-4, weightDecay: 0.05)
  return {
    let mask = try model.mask(batch: batch, stream: &stream)
    let (loss, gradient) = try valueAndGrad(of: model) { try $0.loss(images, mask: mask) }
    try optimizer.step(&model, gradient: gradient, scale: 1)
    try requireFinite(loss)
  }
}

/// A step of a classifier of 8 images of 112 px and 1000 classes.
private func classification(
  _ make: (inout RandomStream) throws -> some StatefulLayer
) throws -> () throws -> Void {
  var stream = RandomStream(seed: 1)
  var model = try make(&stream)
  let images = try stream.uniforms([8, 3, 112, 112])
  let labels = try Tensor((0..<8).map { Int32($0) })
  var optimizer = AdamW(learningRate: 1e-4, weightDecay: 0.05)
  return {
    let (loss, gradient) = try valueAndGrad(updating: &model) {
      try crossEntropy($0.forward(images, training: true), labels)
    }
    try optimizer.step(&model, gradient: gradient, scale: 1)
    try requireFinite(loss)
  }
}

/// A Hessian-vector product of the loss of a ViT-Tiny with 10 classes on 8 images of 32 px.
private func hvp(_ name: String, _ mode: HVPMode) -> Row {
  step(name) {
    let curved = try Curved()
    return {
      let product = try Autodiff.hvp(at: curved.parameters, along: curved.direction, mode: mode) {
        try crossEntropy(curved.logits($0), curved.labels)
      }
      try requireFinite(product[0].sum())
    }
  }
}

/// The product with its Gauss-Newton matrix.
private var gaussNewton: Row {
  step("hvp/vit-tiny-gauss-newton") {
    let curved = try Curved()
    return {
      let product = try gaussNewtonProduct(
        at: curved.parameters, along: curved.direction, outputs: { [try curved.logits($0)] },
        loss: { try crossEntropy($0[0], curved.labels) })
      try requireFinite(product[0].sum())
    }
  }
}

/// The problem of these rows and a direction.
private struct Curved {
  let model: Classifier
  let images: Tensor, labels: Tensor
  let parameters: [Tensor], direction: [Tensor]

  init() throws {
    var stream = RandomStream(seed: 1)
    let backbone = try VisionTransformer(
      ViTConfiguration(image: 32, patch: 8, width: 192, depth: 12, heads: 3), stream: &stream)
    model = Classifier(backbone: backbone, head: try Linear(192, 10, stream: &stream))
    images = try stream.uniforms([8, 3, 32, 32])
    labels = try Tensor((0..<8).map { Int32($0) })
    parameters = try model.parameters().map(\.value)
    direction = try parameters.map { try stream.normals($0.shape) }
  }

  func logits(_ parameters: [Tensor]) throws -> Tensor {
    try model.replacingParameters(with: parameters)(images)
  }
}

private struct Classifier: Layer {
  var backbone: VisionTransformer
  var head: Linear
  func callAsFunction(_ images: Tensor) throws -> Tensor { try head(backbone.features(images)) }
  mutating func visit(_ visitor: inout some ParameterVisitor) throws {
    try visitor.layer("backbone", &backbone)
    try visitor.layer("head", &head)
  }
}

/// The mean of -ln softmax(logits)[label].
func crossEntropy(_ logits: Tensor, _ labels: Tensor) throws -> Tensor {
  let chosen = try logits.takeAlong(labels.insertingAxis(1), axis: 1).squeezed([1])
  return try (logits.logSumExp() - chosen).mean()
}

func requireFinite(_ loss: Tensor) throws {
  let value = try loss.item()
  guard value.isFinite else { fatalError("the loss is \(value)") }
}

/// Ten thousand steps of a small model. Notes say what memory was in use after the first hundred and at the end.
private var growth: Row {
  Row(name: "growth/10000-steps", isAlone: true) { _ in
    var stream = RandomStream(seed: 1)
    var model = try MLP(width: 64, hidden: 256, stream: &stream)
    let (x, y) = (try normal([128, 64]), try normal([128, 64]))
    var optimizer = AdamW()
    func run(_ steps: Int) throws {
      for _ in 0..<steps {
        let (loss, gradient) = try valueAndGrad(of: model) { try ($0(x) - y).square().mean() }
        try optimizer.step(&model, gradient: gradient, scale: 1)
        try requireFinite(loss)
      }
    }
    try run(100)
    let (live, resident) = (MemoryReport.now.live, processMemory("VmRSS"))
    let time = try elapsed { try run(9900) }
    let (liveAfter, residentAfter) = (MemoryReport.now.live, processMemory("VmRSS"))
    print(
      "# growth/10000-steps FAA: tensors \(live) bytes after 100 steps, \(liveAfter) after 10000;",
      "resident \(resident) and \(residentAfter)")
    return time / 9900
  }
}
