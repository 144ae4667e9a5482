import Tensor

/// A named tree of parameters, flattened: an ordered list of names (such as `encoder.weight`) and tensors.
public struct Parameters {
  /// The names, in order.
  public var names: [String]
  /// The tensors, in the same order.
  public var tensors: [Tensor]

  /// Named tensors. Throws `shapeMismatch` when the counts differ.
  public init(names: [String], tensors: [Tensor]) throws {
    guard names.count == tensors.count else {
      throw HypergradientError(
        .shapeMismatch, in: "parameters", "\(names.count) names for \(tensors.count) tensors")
    }
    self.names = names
    self.tensors = tensors
  }

  /// Tensors named by position: the stem alone for a single one, otherwise `stem[0]`, `stem[1]`, ….
  public init(_ tensors: [Tensor], stem: String) {
    names = tensors.count == 1 ? [stem] : tensors.indices.map { "\(stem)[\($0)]" }
    self.tensors = tensors
  }

  /// The tensor named `name`, or nil.
  public subscript(name: String) -> Tensor? { names.firstIndex(of: name).map { tensors[$0] } }

  /// The number of elements in all tensors together.
  public var elementCount: Int { tensors.elementCount }

  /// Throws unless there is something to differentiate by, of float type and finite.
  func check(in operation: String) throws {
    guard elementCount > 0 else {
      throw HypergradientError(
        .invalidArgument, in: operation,
        "no parameters to differentiate by: "
          + (names.isEmpty ? "an empty list" : "`\(names[0])` has no elements"),
        help: "θ and λ each have at least one number")
    }
    for (name, tensor) in zip(names, tensors) {
      guard tensor.dtype.isFloating else {
        throw HypergradientError(
          .invalidArgument, in: operation,
          "parameter `\(name)` is of \(tensor.dtype), which has no derivative",
          help: "convert it to f32 or f64")
      }
    }
    try check(tensors, is: "parameter", in: operation)
  }

  /// Throws naming the first parameter for which `values` (such as a gradient) has a NaN or an infinity.
  func check(_ values: [Tensor], is what: String, in operation: String) throws {
    guard !values.isFinite else { return }
    for (name, value) in zip(names, values) where ![value].isFinite {
      let bad = try value.doubles().count { !$0.isFinite }
      throw HypergradientError(
        .nonFinite, in: operation, "\(what) `\(name)` has \(bad) of \(value.count) elements NaN or infinite",
        help: "look for a logarithm of 0, a division by 0 or a step that diverged")
    }
  }
}
