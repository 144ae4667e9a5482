/// What went wrong in a tensor operation: the operation, the shapes it was given, and what to do about it.
public struct TensorError: Error, CustomStringConvertible, Sendable {
  /// The kind of error; its name is what `expectError("…")` and the notebook's `error: expected` match.
  public enum Kind: String, Sendable {
    /// Shapes that do not fit each other or the operation.
    case shapeMismatch = "ShapeMismatch"
    /// An operation that the element type does not have.
    case dtypeMismatch = "DTypeMismatch"
    /// An index, axis or range outside the tensor.
    case indexOutOfRange = "IndexOutOfRange"
    /// Integer arithmetic that left the range of i32, or divided by zero.
    case arithmetic = "ArithmeticError"
    /// Any other argument the operation cannot work with.
    case invalidArgument = "InvalidArgument"
    /// A size that the machine cannot hold.
    case outOfMemory = "OutOfMemory"
    /// A NaN or an infinity where somebody asked to be told of the first.
    case notFinite = "NotFinite"
    /// A derivative that does not exist.
    case notDifferentiable = "NotDifferentiable"
  }

  /// The kind of error.
  public var kind: Kind
  /// The operation's name, as the user wrote it.
  public var operation: String
  /// What is wrong, without the operation's name.
  public var message: String
  /// The operands' shapes, in order, where shapes are the matter.
  public var shapes: [Shape]
  /// A remedy, where one can be given.
  public var help: String?

  /// An error of `kind` in `operation`.
  public init(
    _ kind: Kind, in operation: String, _ message: String, shapes: [Shape] = [], help: String? = nil
  ) {
    self.kind = kind
    self.operation = operation
    self.message = message
    self.shapes = shapes
    self.help = help
  }

  /// One line: operation, message, remedy.
  public var description: String {
    let text = "\(operation): \(message)"
    return help.map { "\(text)\nhelp: \($0)" } ?? text
  }
}
