/// Why an analysis could not be made: the operation, what is wrong with its input, and what to do about it.
public struct AnalysisError: Error, Equatable, CustomStringConvertible {
  /// The operation that refused, e.g. `tsne`.
  public let operation: String
  /// What is wrong, with the numbers that show it.
  public let message: String
  /// What to do instead; empty when the message says it all.
  public let help: String

  /// Makes an error of `operation`.
  public init(_ operation: String, _ message: String, help: String = "") {
    self.operation = operation
    self.message = message
    self.help = help
  }

  /// One line: `tsne: perplexity 30 is too large for 20 samples; use at most 6`.
  public var description: String {
    help.isEmpty ? "\(operation): \(message)" : "\(operation): \(message); \(help)"
  }
}
