import Runtime

extension Display {
  /// The forms in markup that there are, by media type.
  var markup: [(type: String, text: String)] {
    [("text/html", html), ("text/markdown", markdown), ("text/latex", latex)].compactMap { type, text in
      text.map { (type, $0) }
    }
  }

  /// Whether there is more to see than text.
  public var isFigure: Bool { svg != nil || png != nil }
}

/// One thing a cell produced, in order.
public enum CellOutput: Sendable, Equatable {
  /// Printed text.
  case text(String)
  /// A warning.
  case warning(String)
  /// Something shown by a command.
  case display(Display)
  /// The value of the last expression; scalars and lists of scalars also as JSON.
  case value(Display, json: JSON?)
  /// A figure of merit under its name, as `record` gives it.
  case metric(String, Double)
}

/// Why a cell failed.
public struct CellFailure: Sendable, Equatable {
  /// The error's name, such as `ShapeMismatch`; `Interrupted` after an interrupt.
  public var code: String
  /// One line.
  public var message: String
  /// What to write instead, where known.
  public var help: String?
  /// 1-based line in the notebook file; nil when the place is unknown.
  public var line: Int?
  /// 1-based column in the notebook file.
  public var column: Int?
  /// The whole diagnostic with its source line and carets.
  public var rendered: String

  /// Creates a failure.
  public init(
    code: String, message: String, help: String? = nil, line: Int? = nil, column: Int? = nil, rendered: String
  ) {
    self.code = code
    self.message = message
    self.help = help
    self.line = line
    self.column = column
    self.rendered = rendered
  }
}

/// How far a long command is.
public struct ProgressReport: Sendable, Equatable {
  /// What is under way, such as `fit`.
  public var label: String
  /// Part done, 0...1, where the length is known.
  public var fraction: Double?
  /// The figures of the moment, such as `loss 0.12`.
  public var detail: String

  /// Creates a report.
  public init(label: String, fraction: Double?, detail: String) {
    self.label = label
    self.fraction = fraction
    self.detail = detail
  }
}

/// A piece of program for the evaluator.
public struct CellRequest: Sendable {
  /// The program text.
  public let source: String
  /// Who the cell is, whatever its place in the file: its random numbers depend on it.
  public let key: String
  /// What diagnostics call it: the notebook's name.
  public let name: String
  /// Line of the file that holds the first line of `source`.
  public let firstLine: Int
  /// Columns removed from the front of every line; diagnostics count them again.
  public let indent: Int
  /// What the paths start with under which long commands keep how far they are; nil to keep nothing.
  public var checkpoints: String?

  /// Creates a request.
  public init(
    source: String, key: String, name: String, firstLine: Int, indent: Int, checkpoints: String? = nil
  ) {
    self.checkpoints = checkpoints
    self.source = source
    self.key = key
    self.name = name
    self.firstLine = firstLine
    self.indent = indent
  }
}

/// What an evaluator can be asked to do; each request ends with `EvaluatorMessage.finished`.
public enum EvaluatorRequest: Sendable {
  /// Run a piece of program.
  case run(CellRequest)
  /// Write variables to a file from which `restore` brings them back in another session. Fails, naming the variable, when one of
  /// them holds something that cannot be stored, or shares a changeable object with a variable that is not among them.
  case store(names: [String], path: String)
  /// Define the variables of a file that `store` wrote after the cell ran in another session.
  case restore(path: String, cell: CellRequest)
}

/// What a supervisor hears while a request is carried out.
public enum EvaluatorMessage: Sendable {
  /// The cell produced something.
  case output(CellOutput)
  /// A long command reports how far it is.
  case progress(ProgressReport)
  /// The request is done; nil means it succeeded.
  case finished(CellFailure?)
  /// The evaluator is gone and the session with it.
  case died(EvaluatorDeath)
}

/// How an evaluator process ended.
public struct EvaluatorDeath: Sendable, Equatable {
  /// The signal that ended it; nil when it left by itself.
  public var signal: Int32?
  /// Its exit code when it left by itself.
  public var exitCode: Int32?
  /// The most resident memory it ever had, in bytes.
  public var peakBytes: Int
}

/// Carries out requests one at a time in one session and reports by messages.
///
/// This is the seam between the runner and what evaluates: `ThreadEvaluator` is a thread of this process;
/// `ProcessEvaluator` is a child process that may crash or be killed without taking the run along.
public protocol Evaluator: AnyObject {
  /// Starts a request; the caller then reads messages until `finished` or `died`.
  func start(_ request: EvaluatorRequest)
  /// The next message, or nil when `seconds` pass without one.
  func next(within seconds: Double) -> EvaluatorMessage?
  /// Asks the running cell to stop at its next safe point.
  func interrupt()
  /// Ends the evaluator with a signal; `died` follows. False where it cannot be ended alone.
  func end(by signal: Int32) -> Bool
  /// Resident memory of the evaluator in bytes, where known.
  var residentBytes: Int? { get }
}

extension Evaluator {
  /// A part of this process cannot be ended alone.
  public func end(by signal: Int32) -> Bool { false }
  /// The memory of this process.
  public var residentBytes: Int? { resident(of: "self") }
}
