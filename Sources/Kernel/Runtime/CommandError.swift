import Syntax
import Tensor

/// An error raised by a command, a method or the interpreter itself. The interpreter adds the place and makes a `Diagnostic` of it.
public struct CommandError: Error, CustomStringConvertible {
  /// A stable name such as `OutOfRange`, matched by `expectError`.
  public var code: String
  /// One line that names the thing and the fault.
  public var message: String
  /// The remedy.
  public var help: String?
  /// The parameter at fault, for the caret.
  public var argument: String?

  /// An error with an optional remedy.
  public init(_ code: String, _ message: String, help: String? = nil, argument: String? = nil) {
    self.code = code
    self.message = message
    self.help = help
    self.argument = argument
  }

  /// Code and message.
  public var description: String { "\(code): \(message)" }
}

extension Diagnostic: StopReport {
  /// Whether it says that the user stopped the program.
  public var isInterrupt: Bool { code == "Interrupted" }
}
