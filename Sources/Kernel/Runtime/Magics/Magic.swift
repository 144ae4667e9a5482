import Syntax

/// One magic: a line `%name rest` that a session takes for itself. The row feeds help, completion and "did you mean", and holds
/// the body.
public struct Magic: @unchecked Sendable {
  /// What the rest of the line is, which decides what completes it.
  public enum Argument: Sendable {
    /// Nothing.
    case nothing
    /// An expression of the language.
    case expression
    /// The name of a file or folder.
    case path
    /// Names of variables.
    case variables
    /// Something else.
    case text
  }

  /// What it is called, without `%`.
  public let name: String
  /// What may follow the name, as shown in help: `[-o] [first-last]`.
  public let usage: String
  /// One sentence.
  public let summary: String
  /// What the rest of the line is.
  public let argument: Argument

  private enum Body {
    case line((Session, String) throws -> Value)
    case expression((Session, FunctionBox) throws -> Value)
  }

  private let body: Body

  /// A magic that is given the rest of its line, without blanks at its ends.
  public init(
    _ name: String, usage: String = "", _ summary: String, argument: Argument = .nothing,
    body: @escaping (Session, String) throws -> Value
  ) {
    (self.name, self.usage, self.summary, self.argument) = (name, usage, summary, argument)
    self.body = .line(body)
  }

  /// A magic that is given the rest of its line as a function without parameters. The parser knows these by name
  /// (`MagicLine.evaluating`), so a client cannot add one.
  init(
    evaluating name: String, usage: String = "[name =] expression", _ summary: String,
    body: @escaping (Session, FunctionBox) throws -> Value
  ) {
    (self.name, self.usage, self.summary, argument) = (name, usage, summary, .expression)
    self.body = .expression(body)
  }

  func run(_ session: Session, _ argument: Value) throws -> Value {
    switch (body, argument) {
    case (.line(let body), .string(let box)): return try body(session, box.value)
    case (.expression(let body), .function(let function)): return try body(session, function)
    default: throw CommandError("InvalidArgument", "`%\(name)` cannot take this")
    }
  }

  /// What `?%name` shows.
  var page: String { "%\(name)\(usage.isEmpty ? "" : " " + usage)\n\n\(summary)" }
}

/// The magics of the language itself, by name. A client adds its own with `Session.add`.
let coreMagics: [Magic] = [
  timeMagic, timeitMagic, profileMagic, memMagic, varsMagic, resetMagic, historyMagic, traceMagic, cdMagic,
]

extension Machine {
  /// The function behind `%name rest`, `?name` and `??name`: its argument is the rest of the line, or a closure of the expression.
  func magic(_ name: String) -> FunctionBox {
    FunctionBox(
      native: Command(name, "", [.required("line", .any)], effects: [.clock]) { [weak self] arguments in
        guard let session = self?.session else { return .none }
        var argument = arguments[0]
        if case .string(let box) = argument { argument = .text(box.value.trimmed) }
        switch (name, argument) {
        case ("?", .string(let box)), ("??", .string(let box)): return try session.explain(name, box.value)
        default: return try session.magic(named: name).run(session, argument)
        }
      })
  }
}

extension Session {
  /// Adds magics of a client; one with the name of another replaces it.
  public func add(_ magics: [Magic]) { for magic in magics { self.magics[magic.name] = magic } }

  func magic(named name: String) throws -> Magic {
    if let magic = magics[name] { return magic }
    let known = magics.keys.sorted().map { "%" + $0 }
    throw CommandError(
      "UnknownMagic", "there is no magic `%\(name)` here",
      help: Suggestion.phrase(for: "%" + name, in: known) ?? "known are " + known.joined(separator: ", "))
  }

  /// `?topic` and `??topic`.
  fileprivate func explain(_ mark: String, _ topic: String) throws -> Value {
    if topic.hasPrefix("%") {
      let name = String(topic.dropFirst())
      show(page: name.isEmpty ? magicTable() : try magic(named: name).page)
      return .none
    }
    guard let page = mark == "?" ? help(topic) : definition(topic) else {
      let known = commands.keys + machine.globals.definedNames + topicNames + pages.keys
      throw CommandError(
        "UnknownName", "there is no help on `\(topic)`",
        help: Suggestion.phrase(for: topic, in: known) ?? "`?` lists all chapters")
    }
    show(page: page)
    return .none
  }

  /// What `?%` shows.
  func magicTable() -> String {
    let rows = magics.values.sorted { $0.name < $1.name }.map {
      ["%" + $0.name + ($0.usage.isEmpty ? "" : " " + $0.usage), $0.summary]
    }
    return "Magics:\n" + TextTable(rows, width: width, indent: 2, folds: true).text
  }
}

extension String {
  /// Without blanks at its ends.
  var trimmed: String {
    guard let start = firstIndex(where: { !$0.isWhitespace }),
      let end = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[start...end])
  }
}
