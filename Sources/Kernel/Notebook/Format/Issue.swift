/// One finding about a notebook file: where it is, what is wrong, and what to write instead.
public struct Issue: Error, Sendable, Equatable, CustomStringConvertible {
  /// Whether the finding stops the notebook from running.
  public enum Severity: String, Sendable {
    /// The notebook is invalid; nothing runs.
    case error
    /// Worth knowing; the notebook runs.
    case warning
  }

  /// How serious the finding is.
  public let severity: Severity
  /// The notebook as the user named it.
  public let file: String
  /// 1-based line in the file.
  public let line: Int
  /// 1-based column in Unicode scalars.
  public let column: Int
  /// One line: the thing, the mistake, the remedy.
  public let message: String

  /// Creates a finding.
  public init(_ severity: Severity, file: String, line: Int, column: Int, _ message: String) {
    self.severity = severity
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  /// `file.faa:LINE:COL: error: message`, the form editors jump to.
  public var description: String { "\(file):\(line):\(column): \(severity.rawValue): \(message)" }
}

/// A mistake in how FAA was asked to do something: a bad flag, an unknown or ill-typed parameter (exit code 2).
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line: the thing, the mistake, the remedy.
  public let description: String

  /// Creates a usage error from its one line.
  public init(_ description: String) { self.description = description }
}

/// A value that could not be read as its declared type; the caller adds the place.
public struct InvalidValue: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line: the value, what it should have been, a remedy.
  public let message: String
  /// The message.
  public var description: String { message }

  /// Creates one from its line.
  public init(_ message: String) { self.message = message }
}
