/// One message about a program: what went wrong, where, and what to write instead. Every error of the language ends
/// up as one of these, from an unclosed string to a shape mismatch deep inside a derivative.
public struct Diagnostic: Error, Sendable, CustomStringConvertible {
  /// How bad it is.
  public enum Severity: String, Sendable {
    case error, warning, note
  }

  /// A place in the source with an optional remark, drawn as carets with the remark beside or below them.
  public struct Label: Hashable, Sendable {
    /// The bytes underlined.
    public var span: Span
    /// The remark, for instance a shape; may be empty.
    public var text: String

    /// Underlines `span` and writes `text` next to it.
    public init(_ span: Span, _ text: String = "") {
      self.span = span
      self.text = text
    }
  }

  /// A call that was under way, outermost last.
  public struct Frame: Sendable {
    /// The function's name.
    public var function: String
    /// The text that holds the call.
    public var source: SourceText
    /// The call.
    public var span: Span

    /// A call to `function` at `span`.
    public init(function: String, source: SourceText, span: Span) {
      self.function = function
      self.source = source
      self.span = span
    }
  }

  /// How bad it is.
  public var severity: Severity
  /// A stable name such as `ShapeMismatch`: what `expectError` and a cell's `error` option match.
  public var code: String
  /// One line that names the thing and the fault.
  public var message: String
  /// Where, in `source`.
  public var labels: [Label]
  /// The remedy, with corrected code where there is one.
  public var help: String?
  /// The text the labels point into.
  public var source: SourceText?
  /// Calls between the fault and the cell, innermost first.
  public var trace: [Frame]

  /// A message; labels point into `source`.
  public init(
    _ severity: Severity = .error, code: String, _ message: String, labels: [Label] = [], help: String? = nil,
    source: SourceText? = nil, trace: [Frame] = []
  ) {
    self.severity = severity
    self.code = code
    self.message = message
    self.labels = labels
    self.help = help
    self.source = source
    self.trace = trace
  }

  /// The line of the first label, from the first of its source; nil without a place.
  package var line: Int? {
    guard let source, let label = labels.first else { return nil }
    return source.position(of: label.span.start).line
  }

  /// The message without place, in one line.
  public var description: String { "\(severity.rawValue): \(message)" }
}

/// Whether a text can be run as it stands; what a prompt asks before it sends an entry off.
public enum Completeness: Sendable {
  /// It can.
  case complete
  /// It ends inside a bracket, a string or an expression; continue with this many spaces.
  case incomplete(indent: Int)
  /// More text cannot mend it.
  case invalid(Diagnostic)
}
