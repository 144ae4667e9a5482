/// What is wrong with a bilevel problem or with the number that was asked of it.
public struct HypergradientError: Error, CustomStringConvertible, Sendable {
  /// The kind of error; its name is what `expectError("…")` matches.
  public enum Kind: String, Sendable {
    /// Parameters or vectors whose shapes or types do not fit the problem.
    case shapeMismatch = "ShapeMismatch"
    /// An argument that no method can work with.
    case invalidArgument = "InvalidArgument"
    /// A loss or gradient that is NaN or infinite.
    case nonFinite = "NonFinite"
    /// A value that was asked for although its computation did not succeed.
    case notConverged = "NotConverged"
  }

  /// The kind of error.
  public var kind: Kind
  /// The operation, as the user wrote it.
  public var operation: String
  /// What is wrong.
  public var message: String
  /// A remedy, where one can be given.
  public var help: String?

  /// An error of `kind` in `operation`.
  public init(_ kind: Kind, in operation: String, _ message: String, help: String? = nil) {
    self.kind = kind
    self.operation = operation
    self.message = message
    self.help = help
  }

  /// Operation, message and remedy.
  public var description: String {
    let text = "\(operation): \(message)"
    return help.map { "\(text)\nhelp: \($0)" } ?? text
  }
}
