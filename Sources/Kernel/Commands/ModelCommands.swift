import Faces
import Layers
import Models
import Runtime
import Tensor

/// Models: what they are, what they see and how they are drawn.
let modelCommands: [Command] = [
  Command(
    "ViT",
    "The shape of a vision transformer (Dosovitskiy et al. 2021): how it cuts an image into patches, and its size.",
    [
      .optional("image", .int, default: 32, "the side of an image in pixels"),
      .optional("patch", .int, default: 4, "the side of a patch"),
      .optional("width", .int, default: 96, "numbers in a token"),
      .optional("depth", .int, default: 4, "blocks"),
      .optional("heads", .int, default: 3, "attention heads of a block"),
    ],
    returns: "a shape, for `MAE`",
    errors: [("InvalidArgument", "patches that do not tile, heads that do not divide")],
    example: "ViT(image: 16, patch: 4, width: 32, depth: 2, heads: 2)", makes: "ViT"
  ) { a in
    .object(
      ViTObject(
        try ViTConfiguration(
          image: a.int("image"), patch: a.int("patch"), width: a.int("width", atLeast: 1, atMost: 1 << 16),
          depth: a.int("depth", atLeast: 1, atMost: 1000), heads: a.int("heads"))))
  },
  Command(
    "MAE",
    "A masked autoencoder (He et al. 2022): an encoder that sees a few patches, and a decoder that draws the rest.",
    [
      .required("encoder", .object(["ViT"]), "its shape, as from `ViT(…)`"),
      .optional("mask", .number, default: 0.75, "the share of patches hidden"),
      .optional("decoderWidth", .int, default: 64, "numbers in a decoder token"),
      .optional("decoderDepth", .int, default: 2, "decoder blocks"),
      .optional("decoderHeads", .int, default: 4, "heads of a decoder block"),
      .optional("normPix", .bool, default: true, "normalise the target of each patch"), .seed,
    ],
    returns: "a model with random weights", errors: [("InvalidArgument", "a mask that hides all or nothing")],
    example: "MAE(ViT(image: 16, patch: 4, width: 32, depth: 2, heads: 2), mask: 0.75, seed: 1)",
    effects: [.creates("MAE"), .rng]
  ) { a in
    let configuration = try MAEConfiguration(
      encoder: a.object("encoder", as: ViTObject.self).configuration, maskRatio: a.double("mask"),
      decoderWidth: a.int("decoderWidth"), decoderDepth: a.int("decoderDepth"),
      decoderHeads: a.int("decoderHeads"),
      normalizesTargets: a.bool("normPix"))
    var stream = try a.session.random(seed: a.optionalInt("seed"))
    return .object(MAEObject(try MaskedAutoencoder(configuration, stream: &stream)))
  },
  Command(
    "encode", "What a model sees in images: the mean of its patch tokens.",
    [
      .required("model", .object(["MAE"]), "the model"),
      .required("images", .either([.tensor, .object(["Faces"])]), "(n, 3, side, side), or faces"),
      .optional("batch", .int, default: 128, "images at a time"),
    ],
    returns: "(n, width)", errors: [("ShapeMismatch", "images of another size than the model's")],
    example:
      "encode(MAE(ViT(image: 16, patch: 4, width: 32, depth: 1, heads: 2), seed: 1), rand([3, 3, 16, 16], seed: 1)).shape",
    effects: [.reads("model")]
  ) { a in
    let model = try a.object("model", as: MAEObject.self).model
    let images = try a.visibleImages("images")
    let size = try a.int("batch", atLeast: 1)
    guard images.rank == 4, images.shape[0] > 0 else { return .tensor(try model.encoder.features(images)) }
    let parts = try stride(from: 0, to: images.shape[0], by: size).map { start in
      try checkInterrupt()
      let count = min(size, images.shape[0] - start)
      return try model.encoder.features(images.narrowed(axis: 0, start: start, count: count))
    }
    return .tensor(try .concatenated(parts))
  },
  Command(
    "reconstruct", "What a masked autoencoder makes of images it sees a few patches of.",
    [
      .required("model", .object(["MAE"]), "the model"),
      .required("images", .either([.tensor, .object(["Faces"])]), "(n, 3, side, side), or faces"), .seed,
    ],
    returns: "a record of images: `original`, `masked` (hidden patches grey) and `reconstruction`",
    example:
      "reconstruct(MAE(ViT(image: 16, patch: 4, width: 32, depth: 1, heads: 2), seed: 1), rand([2, 3, 16, 16], seed: 1)).masked.shape",
    effects: [.reads("model"), .rng]
  ) { a in
    let model = try a.object("model", as: MAEObject.self).model
    let images = try a.visibleImages("images")
    var stream = try a.session.random(seed: a.optionalInt("seed"))
    let mask = try model.mask(batch: images.rank > 0 ? images.shape[0] : 0, stream: &stream)
    return .record([
      ("original", .tensor(images)), ("masked", .tensor(try model.masked(images, mask: mask))),
      ("reconstruction", .tensor(try model.reconstruction(images, mask: mask))),
    ])
  },
]

/// The shape of a vision transformer.
final class ViTObject: HostObject {
  let configuration: ViTConfiguration

  init(_ configuration: ViTConfiguration) { self.configuration = configuration }

  var typeName: String { "ViT" }
  func summary() -> String {
    let (grid, c) = (configuration.grid, configuration)
    return
      "ViT(image: \(grid.image), patch: \(grid.patch), width: \(c.width), depth: \(c.depth), heads: \(c.heads)): "
      + "\(grid.count) patches"
  }
}

/// A masked autoencoder with identity: training changes it.
final class MAEObject: HostObject {
  var model: MaskedAutoencoder

  init(_ model: MaskedAutoencoder) { self.model = model }

  var typeName: String { "MAE" }

  func summary() -> String {
    let configuration = model.configuration
    let count = (try? model.parameterCount()) ?? 0
    let grid = configuration.encoder.grid
    return "MAE: \(grid.count) patches, \(configuration.keptPatches) visible, \(grouped(count)) parameters"
  }

  /// The layers with what they give for n images in training, and their parameter counts.
  func display(width: Int) -> Display {
    let table = LayerTable((try? model.parameters()) ?? []) { model.configuration.output(of: $0) }.table
    return Display(
      text: "\(summary())\n" + table.text(indent: 2, width: width),
      html: "<p>\(summary().escapedForMarkup)</p>\(table.html)",
      markdown: "\(summary().escapedForMarkdown)\n\n\(table.markdown)")
  }

  var memberNames: [String] { ["parameters", "parameterCount"] }
  func member(_ name: String) throws -> Value? {
    switch name {
    case "parameters": .record(try model.parameters().map { ($0.name, .tensor($0.value)) })
    case "parameterCount": .int(try model.parameterCount())
    default: nil
    }
  }
}

/// An integer with its thousands apart.
func grouped(_ number: Int) -> String {
  let digits = Array(String(number.magnitude))
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return number < 0 ? "-" + text : text
}
