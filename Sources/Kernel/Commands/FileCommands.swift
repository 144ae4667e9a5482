import Figures
import Interchange
import Models
import Runtime
import Tensor
import Training

/// Files: figures, models and tensors.
let fileCommands: [Command] = [
  Command(
    "save",
    "Writes a figure (.svg, .png, .pdf, .tex, .txt), a model (.safetensors) or a tensor (.npy); the file appears whole or not at all.",
    [
      .required("value", .any, "what to write"),
      .required("path", .string, "where; its ending names the format"),
    ],
    returns: "none",
    errors: [
      ("InvalidArgument", "an ending that does not fit the value"),
      ("InterchangeError", "a file that cannot be written"),
    ],
    example: "save(tensor([1.0, 2.0]), \"/tmp/faa-example.npy\")", effects: [.writesFile("path")]
  ) { a in
    let path = try a.string("path")
    func mustEnd(in ending: String, _ what: String) throws {
      guard path.hasSuffix(ending) else {
        throw a.error("InvalidArgument", "path", "is \"\(path)\", but \(what) is written as \(ending)")
      }
    }
    switch a["value"] {
    case .tensor(let tensor):
      try mustEnd(in: ".npy", "a tensor")
      try NPY.write(tensor, to: path)
    case .object(let box):
      switch box.object {
      case let figure as FigureObject: try figure.figure.save(to: path)
      case let model as MAEObject:
        try mustEnd(in: ".safetensors", "a model")
        try model.model.save(to: path, metadata: metadata(of: model.model.configuration))
      default: throw a.mismatch("value", expected: "a figure, a model or a tensor")
      }
    default: throw a.mismatch("value", expected: "a figure, a model or a tensor")
    }
    return .none
  },
  Command(
    "load", "Reads what `save` wrote: a model (.safetensors) or a tensor (.npy).",
    [.required("path", .string, "the file")], returns: "the model, bit for bit, or the tensor",
    errors: [("InterchangeError", "a file that is missing, damaged or not of this kind")],
    example: "save(tensor([1.0, 2.0]), \"/tmp/faa-example.npy\"); load(\"/tmp/faa-example.npy\")",
    effects: [.readsFile("path")]
  ) { a in
    let path = try a.string("path")
    if path.hasSuffix(".npy") { return .tensor(try NPY.read(path)) }
    guard path.hasSuffix(".safetensors") else {
      throw a.error("InvalidArgument", "path", "is \"\(path)\"; known are .safetensors and .npy")
    }
    let configuration = try maskedAutoencoder(Safetensors.read(path).metadata, path)
    var stream = RandomStream(seed: 0)
    return .object(MAEObject(try MaskedAutoencoder(configuration, stream: &stream).loading(from: path)))
  },
]

/// What the file has to say beside the tensors, so that the model can be built again.
func metadata(of configuration: MAEConfiguration) -> [String: String] {
  let (encoder, grid) = (configuration.encoder, configuration.encoder.grid)
  return [
    "faa": "MAE", "image": "\(grid.image)", "patch": "\(grid.patch)", "channels": "\(grid.channels)",
    "width": "\(encoder.width)", "depth": "\(encoder.depth)", "heads": "\(encoder.heads)",
    "mask": "\(configuration.maskRatio)", "decoderWidth": "\(configuration.decoderWidth)",
    "decoderDepth": "\(configuration.decoderDepth)", "decoderHeads": "\(configuration.decoderHeads)",
    "normPix": "\(configuration.normalizesTargets)",
  ]
}

/// The settings of a masked autoencoder from what its file, called `path` in messages, says of it.
func maskedAutoencoder(_ metadata: [String: String], _ path: String) throws -> MAEConfiguration {
  func entry<T: LosslessStringConvertible>(_ name: String) throws -> T {
    guard let text = metadata[name], let value = T(text) else {
      throw InterchangeError(
        path, at: name, "is missing or unreadable in the file's metadata",
        help: "load reads models that FAA's save wrote; the tensors of other files are read by other tools")
    }
    return value
  }
  let kind: String = try entry("faa")
  guard kind == "MAE" else {
    throw InterchangeError(path, at: "faa", "is a \(kind), which this FAA does not know")
  }
  return try MAEConfiguration(
    encoder: ViTConfiguration(
      image: entry("image"), patch: entry("patch"), width: entry("width"), depth: entry("depth"),
      heads: entry("heads"),
      channels: entry("channels")), maskRatio: entry("mask"), decoderWidth: entry("decoderWidth"),
    decoderDepth: entry("decoderDepth"), decoderHeads: entry("decoderHeads"),
    normalizesTargets: entry("normPix"))
}
