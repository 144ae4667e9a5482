/// Something of the library with identity that the language can hold: a model, a dataset, a run, a figure.
public protocol HostObject: AnyObject {
  /// The name of its kind: "Faces", "MAE", "Run".
  var typeName: String { get }
  /// One line, used inside lists and by `%vars`.
  func summary() -> String
  /// What `print` writes and a text interpolates.
  var printed: String { get }
  /// What is shown when a cell ends in the object; text always, `width` columns wide at most.
  func display(width: Int) -> Display
  /// The value of `object.name`; nil when there is no such member. A method is a member whose value is `Value.native`.
  func member(_ name: String) throws -> Value?
  /// Names of the members, for completion and suggestions.
  var memberNames: [String] { get }
  /// The parameters of `object(…)`, checked like a command's before `call` runs.
  var callParameters: [Parameter] { get }
  /// The value of `object(…)`.
  func call(_ arguments: Arguments) throws -> Value
  /// The value of `object[…]`.
  func subscripted(_ indices: [Index]) throws -> Value
  /// What `for x in object` visits: a closure that gives the next element and nil at the end; nil when there is nothing to
  /// visit. Elements are made one at a time, so a loader of batches can be visited.
  func iterate() throws -> (() throws -> Value?)?
}

extension HostObject {
  /// The summary.
  public var printed: String { summary() }
  /// The summary.
  public func display(width: Int) -> Display { Display(text: summary()) }
  /// No members.
  public func member(_ name: String) throws -> Value? { nil }
  /// No members.
  public var memberNames: [String] { [] }
  /// One value of any kind.
  public var callParameters: [Parameter] { [.required("x", .any, "the argument")] }
  /// An error that says the object is not a function.
  public func call(_ arguments: Arguments) throws -> Value {
    throw CommandError("NotCallable", "\(withArticle(typeName)) cannot be called")
  }
  /// An error that says the object has no subscript.
  public func subscripted(_ indices: [Index]) throws -> Value {
    throw CommandError("NotSubscriptable", "\(withArticle(typeName)) has no subscript")
  }
  /// Nothing to visit.
  public func iterate() throws -> (() throws -> Value?)? { nil }
}

/// What a client shows for a value: text always, pictures where it can. Plain data, so that it can cross to another process.
public struct Display: Sendable, Equatable {
  /// Plain text, lines separated by `\n`, without a final one.
  public var text: String
  /// An SVG document.
  public var svg: String?
  /// A PNG file.
  public var png: [UInt8]?
  /// An HTML fragment.
  public var html: String?
  /// The same in Markdown.
  public var markdown: String?
  /// A formula or a table in LaTeX.
  public var latex: String?
  /// A sentence that stands for the picture.
  public var alt: String?
  /// The text with colour sequences, for a terminal that shows colours but no pictures.
  public var colouredText: String?
  /// An earlier state of what is told as a story, for a page, which shows all of them; it has no words, and a terminal leaves it out.
  public var isEarlier = false

  /// What a client can show: drawing a form that nobody looks at takes time.
  public enum Forms: Sendable {
    /// Every form: a page or a record chooses later.
    case all
    /// A PNG, or the text where there is none.
    case picture
    /// Text alone, in at most so many rows where that can be.
    case text(rows: Int?)
  }

  /// A display with whatever forms there are.
  public init(
    text: String, svg: String? = nil, png: [UInt8]? = nil, html: String? = nil, markdown: String? = nil,
    latex: String? = nil, alt: String? = nil, colouredText: String? = nil
  ) {
    self.text = text
    self.svg = svg
    self.png = png
    self.html = html
    self.markdown = markdown
    self.latex = latex
    self.alt = alt
    self.colouredText = colouredText
  }
}

/// What a cell sends to its client while it runs.
public enum Output {
  /// Text of `print`, with its line end.
  case text(String)
  /// One line of `warn` or of the library.
  case warning(String)
  /// Something shown by `show`, `plot` or `play`.
  case display(Display)
  /// A display that is updated in place while the cell runs.
  case live(Live)
  /// A figure of merit under its name, for the results of a run.
  case metric(String, Double)
  /// The state of a long command; each replaces the one before with the same label.
  case progress(Progress)
  /// What was shown so far is to be taken away; when it waits, not before something else is shown.
  case clear(wait: Bool)
}

/// How far a long command is.
public struct Progress: Sendable {
  /// What is running.
  public var label: String
  /// Steps done.
  public var done: Int
  /// Steps in all, when known.
  public var total: Int?
  /// A remark such as the current loss.
  public var note: String

  /// `done` of `total` steps.
  public init(_ label: String, done: Int, total: Int? = nil, note: String = "") {
    self.label = label
    self.done = done
    self.total = total
    self.note = note
  }
}

/// The end of a cell.
public enum CellResult {
  /// It ran; `shown` says that its value is to be displayed.
  case value(Value?, shown: Bool)
  /// It stopped. Variables set before the fault keep their values.
  case failure(Diagnostic)
}
