import Syntax

/// Which parameter every argument of a call goes to.
struct Binding {
  /// For every argument, the index of its parameter.
  var parameterOf: [Int]
  /// Bit `i` is set when parameter `i` has an argument.
  var given: UInt64

  /// Binds arguments by label, then by position; a trailing closure goes to the first free parameter that takes a function.
  /// - Parameters:
  ///   - callee: the name for messages.
  ///   - labels: one entry an argument, nil for those without label.
  /// - Throws: `CommandError` for unknown and repeated labels, too many and missing arguments; `argument` is then the index of
  ///   the faulty argument as text.
  init(
    callee: String, parameters: [Parameter], labels: [String?], hasTrailing: Bool
  ) throws {
    parameterOf = Array(repeating: -1, count: labels.count)
    given = 0
    var taken = Array(repeating: false, count: parameters.count)
    for (index, label) in labels.enumerated() {
      guard let label else { continue }
      guard let found = parameters.firstIndex(where: { $0.name == label }), !parameters[found].isRest else {
        throw Binding.unknown(label, callee, parameters, index)
      }
      guard !taken[found] else {
        throw CommandError(
          "DuplicateArgument", "\(callee): argument `\(label)` is given twice", argument: "#\(index)")
      }
      taken[found] = true
      parameterOf[index] = found
    }
    var position = 0
    for index in labels.indices where labels[index] == nil {
      while position < parameters.count, !parameters[position].isRest,
        taken[position] || parameters[position].isLabelled
      {
        position += 1
      }
      var slot = position
      if hasTrailing, index == labels.count - 1,
        let function = parameters.indices.first(where: { !taken[$0] && parameters[$0].kind.wantsFunction })
      {
        slot = function
      }
      guard slot < parameters.count else {
        throw Binding.tooMany(callee, parameters, labels, index)
      }
      taken[slot] = true
      parameterOf[index] = slot
    }
    let missing = parameters.indices.filter {
      !taken[$0] && parameters[$0].defaultValue == nil && !parameters[$0].isRest
    }
    if !missing.isEmpty { throw Binding.missing(missing.map { parameters[$0].name }, callee, parameters) }
    for index in taken.indices where taken[index] && index < 64 { given |= 1 << UInt64(index) }
  }

  private static func unknown(_ label: String, _ callee: String, _ parameters: [Parameter], _ index: Int)
    -> CommandError
  {
    let synopsis = Synopsis.line(callee, parameters)
    let near = Suggestion.phrase(for: label, in: parameters.filter { !$0.isRest }.map(\.name))
    return CommandError(
      "UnknownArgument", "\(callee): no argument `\(label)`",
      help: near.map { "\($0) \(synopsis)" } ?? synopsis,
      argument: "#\(index)")
  }

  private static func tooMany(
    _ callee: String, _ parameters: [Parameter], _ labels: [String?], _ index: Int
  ) -> CommandError {
    let labelled = Set(parameters.filter(\.isLabelled).map(\.name))
    let count = parameters.count - labelled.count
    let given = labels.filter { $0.map { !labelled.contains($0) } ?? true }.count
    let takes = count == 0 ? "no arguments" : count == 1 ? "1 argument" : "\(count) arguments"
    return CommandError(
      "TooManyArguments",
      "\(callee): takes \(takes)\(labelled.isEmpty || count == 0 ? "" : " without label"), not \(given)",
      help: Synopsis.list(callee, parameters) ?? Synopsis.line(callee, parameters), argument: "#\(index)")
  }

  private static func missing(_ names: [String], _ callee: String, _ parameters: [Parameter]) -> CommandError
  {
    let list = names.map { "`\($0)`" }.joined(separator: ", ")
    return CommandError(
      "MissingArgument", "\(callee): missing argument\(names.count == 1 ? "" : "s") \(list)",
      help: Synopsis.line(callee, parameters))
  }
}

/// The arguments of a call on their way to the parameters of a command.
final class BoundCall {
  let routine: Routine
  /// Bit `i` is set when parameter `i` has an argument.
  let given: UInt64
  /// For every argument, which parameter takes it.
  let parameterOf: [Int]
  /// For every parameter, which argument it takes; -1 where its default stands.
  private let argumentOf: [Int]
  /// The arguments of the rest parameter.
  private let rest: [Int]

  init(_ binding: Binding, to routine: Routine) {
    self.routine = routine
    given = binding.given
    parameterOf = binding.parameterOf
    var argumentOf = Array(repeating: -1, count: routine.parameters.count)
    for (argument, parameter) in binding.parameterOf.enumerated() where parameter != routine.rest {
      argumentOf[parameter] = argument
    }
    self.argumentOf = argumentOf
    rest = binding.parameterOf.indices.filter { binding.parameterOf[$0] == routine.rest }
  }

  /// One value a parameter, of arguments that lie one after the other.
  func values(of arguments: Place) -> [Value] {
    let count = argumentOf.count
    var values = withUnsafeTemporaryAllocation(of: Value.self, capacity: count) { values in
      for parameter in 0..<count {
        let argument = argumentOf[parameter]
        values.initializeElement(
          at: parameter, to: argument >= 0 ? arguments[argument] : routine.defaults[parameter])
      }
      defer { values.deinitialize() }
      // Copied from memory because an array of so many elements that are not there yet is slower to make.
      return Array(UnsafeBufferPointer(values))
    }
    if let taker = routine.rest, !rest.isEmpty { values[taker] = .list(rest.map { arguments[$0] }) }
    return values
  }
}

extension Kind {
  /// Whether the parameter is there to be called.
  var wantsFunction: Bool {
    switch self {
    case .function: true
    case .either(let kinds): kinds.contains { $0.wantsFunction }
    default: false
    }
  }
}

/// One-line descriptions of calls.
enum Synopsis {
  /// `fit(model, on, epochs: 10, seed: none)`: required parameters bare, the others with their defaults.
  static func line(_ name: String, _ parameters: [Parameter]) -> String {
    let parts = parameters.map { parameter in
      if parameter.isRest { return "\(parameter.name)…" }
      guard let value = parameter.defaultValue else { return parameter.name }
      return "\(parameter.name): \(value.brief(columns: 24))"
    }
    return "\(name)(\(parts.joined(separator: ", ")))"
  }

  private static let lists = ["shape": "[2, 3]", "order": "[1, 0]"]

  /// How lengths and axes are written, for who writes them one by one; nil where the call takes none.
  static func list(_ name: String, _ parameters: [Parameter]) -> String? {
    guard let place = parameters.firstIndex(where: { lists[$0.name] != nil }) else { return nil }
    let parameter = parameters[place].name
    let call = (parameters[..<place].map(\.name) + [lists[parameter] ?? ""]).joined(separator: ", ")
    return "`\(parameter)` is one list: \(name)(\(call))"
  }
}

extension FunctionBox {
  /// What the function takes, in order.
  public var parameters: [Parameter] { command?.parameters ?? code?.parameters ?? [] }

  /// The call in one line.
  public var synopsis: String { Synopsis.line(name, parameters) }
}
