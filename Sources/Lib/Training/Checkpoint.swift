import Interchange
import Layers
import Tensor

extension Layer {
  /// Writes all parameters and buffers (running statistics) under their full names as safetensors, replacing the file as a whole.
  /// What the model is built from (widths, depths) belongs into `metadata`; positions and other constants are not written.
  ///
  /// - Throws: `InterchangeError` when the file cannot be written.
  public func save(to path: String, metadata: [String: String] = [:]) throws {
    try Safetensors.write(
      (parameters() + buffers()).map { ($0.name, $0.value) }, metadata: metadata, to: path)
  }

  /// The same model with the parameters and buffers of a file: bit for bit those that were saved.
  ///
  /// - Throws: `InterchangeError` naming the first tensor that is missing, has another shape or element type than the model's, or that the
  ///   model does not have.
  public func loading(from path: String) throws -> Self {
    let file = try Safetensors.read(path)
    var stored = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.tensor) })
    func taken(_ parameter: NamedTensor) throws -> Tensor {
      let (name, wanted) = (parameter.name, parameter.value)
      guard let tensor = stored.removeValue(forKey: name) else {
        let some = file.tensors.prefix(3).map(\.name).joined(separator: ", ")
        throw InterchangeError(
          path, at: name, "is not in the file",
          help: "it holds \(file.tensors.count) tensors: \(some)\(file.tensors.count > 3 ? ", …" : "")")
      }
      guard tensor.shape == wanted.shape else {
        throw InterchangeError(
          path, at: name, "has shape \(tensor.shape) in the file, \(wanted.shape) in the model",
          help: "build the model with the settings it was saved with")
      }
      guard tensor.dtype == wanted.dtype else {
        throw InterchangeError(path, at: name, "is \(tensor.dtype) in the file, \(wanted.dtype) in the model")
      }
      return tensor
    }
    let result = try mapped(taken).mappedBuffers(taken)
    // PyTorch's batch normalisation counts its batches, which nothing depends on.
    if let extra = file.tensors.first(where: {
      stored[$0.name] != nil && !$0.name.hasSuffix(".num_batches_tracked")
    }) {
      throw InterchangeError(path, at: extra.name, "is in the file, but the model has no such parameter")
    }
    return result
  }
}
