/// An operation that derivatives know. Everything about one is declared in one place: its kernel, its derivative (in
/// ordinary operations, so that every order exists) and sample inputs, from which the tests check it.
public class Primitive: @unchecked Sendable {
  /// The name in errors and reports.
  public let name: String
  /// Inputs to check the derivatives at.
  public var samples: [Sample] { [] }

  init(_ name: String) { self.name = name }

  /// Inputs of a gradient check and the call to check.
  public struct Sample: Sendable {
    /// The shape of each input and where its elements may lie.
    public let inputs: [(shape: Shape, domain: Domain)]
    /// The call. It may use the primitive with any attributes.
    public let call: @Sendable ([Tensor]) throws -> Tensor

    init(_ inputs: [(Shape, Domain)], _ call: @escaping @Sendable ([Tensor]) throws -> Tensor) {
      self.inputs = inputs.map { (shape: $0.0, domain: $0.1) }
      self.call = call
    }
  }

  /// Where sample elements are drawn from.
  public enum Domain: Sendable {
    /// (-2, 2)
    case real
    /// (-1, 1)
    case small
    /// (0.5, 2.5)
    case positive
    /// (-2, -0.3) and (0.3, 2): away from a kink at 0.
    case awayFromZero
    /// Multiples of 0.37 in shuffled order: no two equal.
    case distinct
  }
}

/// What a rule may look at again, kept when the primitive is recorded.
struct Saves: OptionSet, Sendable {
  let rawValue: Int
  static let left = Saves(rawValue: 1)
  static let right = Saves(rawValue: 2)
  static let output = Saves(rawValue: 4)
  static let inputs: Saves = [.left, .right]
}

/// The values a rule asked to keep.
struct Saved {
  let node: Node

  private func present(_ tensor: Tensor?, _ what: String) throws -> Tensor {
    guard let tensor else {
      throw TensorError(
        .notDifferentiable, in: node.name, "the rule reads its \(what), which it does not save")
    }
    return tensor
  }

  /// The only or first input.
  var left: Tensor { get throws { try present(node.saved, "first input") } }
  /// The second input.
  var right: Tensor { get throws { try present(node.savedOther, "second input") } }
  /// The result.
  var output: Tensor { get throws { try present(node.output(), "output") } }
  /// All inputs of a primitive with any number of them.
  var inputs: [Tensor] { node.savedMany }
}
