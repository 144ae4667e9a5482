import Syntax
import Tensor

/// The interpreter of one session.
final class Machine {
  let globals = Globals()
  unowned(unsafe) var session: Session?
}

final class FunctionCode {
  let name = ""
}

let coreCommands: [Command] = []

extension FunctionBox {
  /// Calls the function with positional arguments. Commands that take a function call it through this; calls nest freely.
  /// Throws a `Diagnostic` with the place in the program where the fault happened.
  public func call(_ arguments: [Value]) throws -> Value {
    throw CommandError("NotYet", "the evaluator is not in this build")
  }
  var synopsis: String { name }
}

extension Session {
  func evaluate(_ source: SourceText) -> CellResult {
    .failure(Diagnostic(code: "NotYet", "the evaluator is not in this build", source: source))
  }

  /// Candidates for the word before `cursor` (an offset in UTF-8 bytes): names, labels inside a call, members of
  /// variables, `\lambda` for λ. `range` is the part of the line (in UTF-8 bytes) a candidate replaces. Never evaluates.
  public func completions(_ line: String, cursor: Int) -> (range: Range<Int>, candidates: [String]) {
    (cursor..<cursor, [])
  }

  /// The help page of a command, or what is known of a variable; nil when there is no such name.
  public func help(_ topic: String) -> String? { nil }
}

extension Value {
  func element(_ index: Int) throws -> Value { .none }
  static func array(of values: [Value]) throws -> Tensor? { nil }
}
