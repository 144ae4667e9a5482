import Tensor

/// A layer that does something else in training than afterwards, and that may keep what it saw there: the running statistics of batch
/// normalisation. A model being a value, keeping something is a mutation of that value, and nothing else changes.
public protocol StatefulLayer: Layer {
  /// The layer's map. In training it may change the layer's buffers, never its parameters.
  mutating func forward(_ x: Tensor, training: Bool) throws -> Tensor
}

extension StatefulLayer {
  /// The layer's map after training.
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    var copy = self
    return try copy.forward(x, training: false)
  }
}

extension Layer {
  /// All tensors that are not trained by gradients, in order.
  public func buffers() throws -> [NamedTensor] {
    var copy = self
    var collector = BufferCollector()
    try copy.visit(&collector)
    return collector.found
  }

  /// The same model with every buffer replaced by what `transform` makes of it.
  public func mappedBuffers(_ transform: (NamedTensor) throws -> Tensor) throws -> Self {
    try withoutActuallyEscaping(transform) { transform in
      var copy = self
      var mapper = BufferMapper(transform: transform)
      try copy.visit(&mapper)
      return copy
    }
  }

  /// The same model with these tensors as buffers, in order. Throws `shapeMismatch` naming the first that does not fit.
  public func replacingBuffers(with tensors: [Tensor]) throws -> Self {
    var replacement = Replacement(tensors, what: "buffers")
    let result = try mappedBuffers { try replacement.next(for: $0) }
    try replacement.finish()
    return result
  }
}

private struct BufferCollector: ParameterVisitor {
  var path: [String] = []
  var found: [NamedTensor] = []
  mutating func parameter(_ name: String, _ value: inout Tensor) {}
  mutating func buffer(_ name: String, _ value: inout Tensor) {
    found.append(NamedTensor(name: name, value: value))
  }
}

private struct BufferMapper: ParameterVisitor {
  var path: [String] = []
  let transform: (NamedTensor) throws -> Tensor
  mutating func parameter(_ name: String, _ value: inout Tensor) {}
  mutating func buffer(_ name: String, _ value: inout Tensor) throws {
    value = try transform(NamedTensor(name: name, value: value))
  }
}
