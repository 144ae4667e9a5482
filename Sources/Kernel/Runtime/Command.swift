/// One command of the language: a row in a table. The row feeds help, completion, argument checking, "did you mean" and the
/// effect list, and holds the body.
///
///     Command(
///       "linspace", "Evenly spaced numbers, both ends included.",
///       [
///         .required("from", .number, "the first number"),
///         .required("to", .number, "the last number"),
///         .optional("count", .int, default: 50, "how many"),
///       ],
///       returns: "a tensor of shape (count,)", example: "linspace(0, 1, count: 5)"
///     ) { a in .tensor(try Tensor.linspace(a.double("from"), a.double("to"), a.int("count", atLeast: 1))) }
public struct Command: @unchecked Sendable {
  /// What it is called.
  public let name: String
  /// One sentence.
  public let summary: String
  /// What it takes, in order.
  public let parameters: [Parameter]
  /// What it gives back, with shapes.
  public let returns: String
  /// The errors a caller can meet: a code and when.
  public let errors: [(code: String, when: String)]
  /// Code that runs as it stands, optionally ending in `# result`.
  public let example: String
  /// What it touches besides its result.
  public let effects: Effects
  /// The type name of the object it returns, by which completion offers it where a parameter takes such objects.
  public let makes: String?
  /// The chapter it belongs to.
  public internal(set) var topic = Topic.other
  /// The work.
  public let body: (Arguments) throws -> Value
  /// What a call needs of it.
  let routine: Routine
  /// A short cut for plain numbers that skips argument binding; nil from it means "take the long way".
  let fast: ((UnsafePointer<Value>) -> Value?)?

  /// A row of a table.
  public init(
    _ name: String, _ summary: String, _ parameters: [Parameter] = [], returns: String = "",
    errors: [(code: String, when: String)] = [], example: String = "", effects: Effects = .pure,
    makes: String? = nil, body: @escaping (Arguments) throws -> Value
  ) {
    self.init(
      name, summary, parameters, returns: returns, errors: errors, example: example, effects: effects,
      makes: makes, fast: nil, body: body)
  }

  init(
    _ name: String, _ summary: String, _ parameters: [Parameter], returns: String = "",
    errors: [(code: String, when: String)] = [], example: String = "", effects: Effects = .pure,
    makes: String? = nil, fast: ((UnsafePointer<Value>) -> Value?)?,
    body: @escaping (Arguments) throws -> Value
  ) {
    self.name = name
    self.summary = summary
    self.parameters = parameters
    self.returns = returns
    self.errors = errors
    self.example = example
    self.effects = effects
    self.makes = makes ?? effects.created
    self.fast = fast
    // The one gate to the disk: a row that declares what it touches cannot run before the session has permitted it.
    let gated: (Arguments) throws -> Value =
      effects.touchesFiles
      ? { arguments in
        try arguments.requirePermission(for: effects)
        return try body(arguments)
      } : body
    self.body = gated
    routine = Routine(name, parameters, gated)
  }
}

/// One parameter of a command. It can be given by label, and, unless it has to be labelled, by position.
public struct Parameter: Sendable {
  /// Its label.
  public let name: String
  /// The values it takes.
  public let kind: Kind
  /// What it is when not given; nil for a required parameter.
  public let defaultValue: Value?
  /// A phrase for the help page.
  public let doc: String
  /// Whether it takes all remaining positional arguments, as a list.
  public let isRest: Bool
  /// Whether it has to be given by label.
  public var isLabelled = false

  /// A parameter that has to be given.
  public static func required(_ name: String, _ kind: Kind, _ doc: String = "") -> Parameter {
    Parameter(name: name, kind: kind, defaultValue: nil, doc: doc, isRest: false)
  }

  /// A parameter with a default. A default of `.none` means "not given", and `none` is then accepted whatever `kind` is.
  public static func optional(
    _ name: String, _ kind: Kind, default value: Value = .none, _ doc: String = ""
  ) -> Parameter {
    Parameter(name: name, kind: kind, defaultValue: value, doc: doc, isRest: false)
  }

  /// A parameter that may be left out and has to be given by label: by position it could be taken for something else.
  public static func labelled(
    _ name: String, _ kind: Kind, default value: Value = .none, _ doc: String = ""
  ) -> Parameter {
    var parameter = optional(name, kind, default: value, doc)
    parameter.isLabelled = true
    return parameter
  }

  /// All remaining positional arguments, none or more.
  public static func rest(_ name: String, _ kind: Kind = .any, _ doc: String = "") -> Parameter {
    Parameter(name: name, kind: kind, defaultValue: .list([]), doc: doc, isRest: true)
  }
}

/// What a command touches besides its result, as data: which arguments it changes, files, random numbers. A command without
/// effects is pure: same arguments, same result.
public struct Effects: ExpressibleByArrayLiteral, Sendable {
  /// One effect.
  public enum Effect: Hashable, Sendable {
    /// Its result depends on the changing state of the named argument.
    case reads(String)
    /// It changes the named argument.
    case writes(String)
    /// It makes an object with identity.
    case creates(String)
    /// It reads the file or folder that the named argument says, where the session permits it.
    case readsFile(String)
    /// It writes the file or folder that the named argument says, where the session permits it.
    case writesFile(String)
    /// It draws random numbers from the session unless given a seed.
    case rng
    /// It sends something to the client.
    case output
    /// Its result depends on the time or the machine.
    case clock
    /// It calls the named argument, and so has that function's effects too.
    case calls(String)
  }

  /// The effects in the order declared.
  public let list: [Effect]
  /// No effects.
  public static let pure: Effects = []
  /// The type name of the object that is made.
  var created: String? {
    for case .creates(let type) in list { return type }
    return nil
  }
  /// Whether files are among them.
  var touchesFiles: Bool { list.contains { $0.readsFiles || $0.writesFiles } }
  /// Whether there are none.
  public var isPure: Bool { list.isEmpty }
  /// Lists effects.
  public init(arrayLiteral elements: Effect...) { list = elements }
}

extension Effects.Effect {
  /// Whether it reads a file.
  public var readsFiles: Bool { if case .readsFile = self { true } else { false } }
  /// Whether it writes a file.
  public var writesFiles: Bool { if case .writesFile = self { true } else { false } }
}
