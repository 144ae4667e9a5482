import Tensor

/// A model or a part of one: a value made of tensors and of other layers. One hand-written method names its children; from it
/// come naming, counting, saving, gradients of the model's own shape, optimiser updates, averages of models and fast weights.
public protocol Layer {
  /// Shows every tensor and sublayer to the visitor, always in the same order.
  mutating func visit(_ visitor: inout some ParameterVisitor) throws
}

/// Something that walks the parameters of a model and may replace them.
public protocol ParameterVisitor {
  /// The names of the layers around what is visited, outermost first.
  var path: [String] { get set }
  /// Receives one parameter under its full name, such as `blocks.0.norm1.weight`.
  mutating func parameter(_ name: String, _ value: inout Tensor) throws
  /// Receives one tensor that is part of the model and not trained by gradients, such as a running mean. Nothing happens to it
  /// unless the visitor says what.
  mutating func buffer(_ name: String, _ value: inout Tensor) throws
}

extension ParameterVisitor {
  /// Leaves the buffer as it is.
  public mutating func buffer(_ name: String, _ value: inout Tensor) throws {}

  /// Visits a trainable tensor of the layer.
  public mutating func tensor(_ name: String, _ value: inout Tensor) throws {
    try parameter((path + [name]).joined(separator: "."), &value)
  }

  /// Visits a tensor of the layer that is not trained by gradients.
  public mutating func constant(_ name: String, _ value: inout Tensor) throws {
    try buffer((path + [name]).joined(separator: "."), &value)
  }

  /// Visits a sublayer.
  public mutating func layer(_ name: String, _ value: inout some Layer) throws {
    path.append(name)
    try value.visit(&self)
    path.removeLast()
  }

  /// Visits sublayers that are numbered.
  public mutating func layers(_ name: String, _ values: inout [some Layer]) throws {
    for index in values.indices { try layer("\(name).\(index)", &values[index]) }
  }
}

/// A parameter or buffer and its full name.
public struct NamedTensor: Sendable {
  /// Where it is, such as `blocks.0.norm1.weight`.
  public let name: String
  /// The tensor.
  public let value: Tensor

  /// A tensor under a name.
  public init(name: String, value: Tensor) {
    self.name = name
    self.value = value
  }
}

extension Layer {
  /// All parameters, in order.
  public func parameters() throws -> [NamedTensor] {
    var copy = self
    var collector = Collector()
    try copy.visit(&collector)
    return collector.found
  }

  /// The number of trainable numbers.
  public func parameterCount() throws -> Int { try parameters().reduce(0) { $0 + $1.value.count } }

  /// The same model with every parameter replaced by what `transform` makes of it.
  public func mapped(_ transform: (NamedTensor) throws -> Tensor) throws -> Self {
    try withoutActuallyEscaping(transform) { transform in
      var copy = self
      var mapper = Mapper(transform: transform)
      try copy.visit(&mapper)
      return copy
    }
  }

  /// The same model with these tensors as parameters, in order. Throws `shapeMismatch` naming the first that does not fit.
  public func replacingParameters(with tensors: [Tensor]) throws -> Self {
    var replacement = Replacement(tensors, what: "parameters")
    let result = try mapped { try replacement.next(for: $0) }
    try replacement.finish()
    return result
  }
}

/// Tensors that take the place of others, one after the other.
struct Replacement {
  private var tensors: IndexingIterator<[Tensor]>
  private let what: String

  init(_ tensors: [Tensor], what: String) {
    self.tensors = tensors.makeIterator()
    self.what = what
  }

  mutating func next(for old: NamedTensor) throws -> Tensor {
    guard let new = tensors.next() else {
      throw TensorError(.invalidArgument, in: "model", "there is no tensor for \(old.name)")
    }
    guard new.shape == old.value.shape else {
      throw TensorError(
        .shapeMismatch, in: "model", "\(old.name) has shape \(old.value.shape), not \(new.shape)",
        shapes: [old.value.shape, new.shape])
    }
    return new
  }

  mutating func finish() throws {
    guard tensors.next() == nil else {
      throw TensorError(.invalidArgument, in: "model", "there are more tensors than \(what)")
    }
  }
}

private struct Collector: ParameterVisitor {
  var path: [String] = []
  var found: [NamedTensor] = []
  mutating func parameter(_ name: String, _ value: inout Tensor) {
    found.append(NamedTensor(name: name, value: value))
  }
}

private struct Mapper: ParameterVisitor {
  var path: [String] = []
  let transform: (NamedTensor) throws -> Tensor
  mutating func parameter(_ name: String, _ value: inout Tensor) throws {
    value = try transform(NamedTensor(name: name, value: value))
  }
}
