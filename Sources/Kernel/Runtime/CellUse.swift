import Syntax

/// What a cell does with the variables and files of its session, found by parsing alone.
///
/// Only what stands in the text counts, so the answer holds for every run: a variable that one branch reads is read. Functions cannot
/// assign to session variables, so what a call may change is the objects it is given.
public struct CellUse: Sendable {
  /// Session variables whose value from before the cell may matter.
  public private(set) var reads: Set<String> = []
  /// Session variables it assigns to, or may.
  public private(set) var writes: Set<String> = []
  /// Session variables whose object a command changes in place, such as the model of `fit`.
  public private(set) var changes: Set<String> = []
  /// Names that the functions and closures made here mention: whoever calls one of them later reads these, as they are then.
  public private(set) var deferredReads: Set<String> = []
  /// Effects of the commands that the cell itself mentions.
  public private(set) var effects: Set<Effects.Effect> = []
  /// Effects of the commands that the functions and closures made here mention.
  public private(set) var deferredEffects: Set<Effects.Effect> = []
  /// The magics it uses, `%` not included.
  public private(set) var magics: Set<String> = []
  /// Whether a command that changes objects in place is used in a way that does not show which: within a function, or as a value.
  public private(set) var changesUnknown = false

  /// Where it looks back at values of the conversation.
  package private(set) var lookbacks: [Lookback] = []

  /// A value of the conversation that a cell uses: `_`, `__`, `out(3)`.
  package struct Lookback: Sendable {
    /// Where it stands.
    package let span: Span
    /// The entry as `out` takes it: its number, or -1 for the last value; nil where only the run decides.
    package let entry: Int?
  }

  private let commands: [String: Command]
  private var scopes: [Set<String>] = []
  /// Variables that the statements so far have certainly assigned.
  private var settled: Set<String> = []
  /// Above 0 in what may not run, or not run once.
  private var branches = 0
  /// Above 0 inside functions and closures.
  private var functions = 0

  init(_ cell: Block, commands: [String: Command]) {
    self.commands = commands
    for statement in cell.statements { visit(statement) }
  }

  // MARK: Names

  private func isLocal(_ name: String) -> Bool { scopes.contains { $0.contains(name) } }

  private mutating func use(_ name: String, isCallee: Bool = false) {
    guard !isLocal(name) else { return }
    if functions > 0 { deferredReads.insert(name) }
    if !settled.contains(name) { reads.insert(name) }
    guard let command = commands[name] else { return }
    let found = Set(command.effects.list)
    effects.formUnion(found)
    if functions > 0 { deferredEffects.formUnion(found) }
    if !isCallee, found.contains(where: \.isChange) { changesUnknown = true }
  }

  /// Notes `_` and its like, and what `out` is called with. When a function is called is not known here.
  private mutating func lookBack(_ name: String, _ span: Span, _ arguments: [ArgumentNode]? = nil) {
    guard !isLocal(name) else { return }
    var entry: Int?
    switch (name, arguments?.first?.value.kind) {
    case ("_", _), ("ans", _): entry = -1
    case ("__", _): entry = -2
    case ("out", nil) where arguments != nil: entry = -1
    case ("out", .int(let number)?) where arguments?.count == 1: entry = number
    case ("out", _): break
    default: return
    }
    if functions > 0, entry.map({ $0 < 0 }) == true { entry = nil }
    lookbacks.append(Lookback(span: span, entry: entry))
  }

  private mutating func define(_ name: String) {
    if scopes.isEmpty {
      writes.insert(name)
      if branches == 0, functions == 0 { settled.insert(name) } else { use(name) }
    } else {
      scopes[scopes.count - 1].insert(name)
    }
  }

  private mutating func assign(_ target: Expression) {
    switch target.kind {
    case .name(let name):
      guard !isLocal(name), name != "_" else { return }
      writes.insert(name)
      if branches == 0, functions == 0 { settled.insert(name) } else { use(name) }
    case .tuple(let entries):
      for entry in entries { assign(entry) }
    case .index(let base, let entries):
      visit(entries)
      update(base)
    case .member(let base, _, _): update(base)
    default: visit(target)
    }
  }

  /// A part of `base` is assigned: the rest of it stays.
  private mutating func update(_ base: Expression) {
    visit(base)
    assign(base)
  }

  private mutating func declare(_ pattern: Pattern) {
    switch pattern {
    case .ignore: break
    case .name(let name, _): define(name)
    case .tuple(let entries, _): for entry in entries { declare(entry) }
    }
  }

  // MARK: Scopes

  private mutating func scoped(_ body: (inout CellUse) -> Void) {
    scopes.append([])
    branches += 1
    body(&self)
    branches -= 1
    scopes.removeLast()
  }

  private mutating func function(_ node: FunctionNode) {
    functions += 1
    for parameter in node.parameters { if let value = parameter.defaultValue { visit(value) } }
    scoped { inner in
      for parameter in node.parameters { inner.declare(parameter.pattern) }
      for statement in node.body.statements { inner.visit(statement) }
    }
    functions -= 1
  }

  private mutating func block(_ block: Block) {
    scoped { inner in for statement in block.statements { inner.visit(statement) } }
  }

  // MARK: Statements

  private mutating func visit(_ statement: Statement) {
    switch statement.kind {
    case .expression(let value): visit(value)
    case .assign(let target, let value):
      visit(value)
      assign(target)
    case .declare(let pattern, let value, _):
      visit(value)
      declare(pattern)
    case .function(let node):
      define(node.name)
      function(node)
    case .loop(let pattern, let sequence, let body):
      visit(sequence)
      scoped { inner in
        inner.declare(pattern)
        for statement in body.statements { inner.visit(statement) }
      }
    case .whileLoop(let condition, let body):
      visit(condition)
      block(body)
    case .returnValue(let value): if let value { visit(value) }
    case .magic(let magic):
      effects.insert(.clock)
      magics.insert(magic.name)
      if let value = magic.value { visit(value) }
      if let target = magic.target { assign(target) }
    case .breakLoop, .continueLoop: break
    }
  }

  // MARK: Expressions

  private mutating func visit(_ entries: [IndexNode]) {
    for entry in entries {
      switch entry {
      case .value(let value): visit(value)
      case .slice(let a, let b, let c): for part in [a, b, c] { if let part { visit(part) } }
      case .ellipsis: break
      }
    }
  }

  private mutating func visit(_ expression: Expression) {
    switch expression.kind {
    case .none, .bool, .int, .float: break
    case .string(let parts):
      for case .value(let value, let format) in parts {
        visit(value)
        if let format { visit(format) }
      }
    case .name(let name):
      use(name)
      lookBack(name, expression.span)
    case .list(let entries), .tuple(let entries): for entry in entries { visit(entry) }
    case .record(let fields): for field in fields { visit(field.value) }
    case .closure(let node): function(node)
    case .comprehension(let value, let clauses):
      scoped { inner in
        for clause in clauses {
          inner.visit(clause.sequence)
          inner.declare(clause.pattern)
          for condition in clause.conditions { inner.visit(condition) }
        }
        inner.visit(value)
      }
    case .unary(_, let operand): visit(operand)
    case .binary(_, let left, let right), .range(let left, let right, _):
      visit(left)
      visit(right)
    case .shortCircuit(_, let left, let right), .attempt(let left, let right):
      visit(left)
      branches += 1
      visit(right)
      branches -= 1
    case .call(let callee, let arguments): call(callee, arguments, at: expression.span)
    case .index(let base, let entries):
      visit(base)
      visit(entries)
    case .member(let base, _, _): visit(base)
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      block(then)
      if let otherwise { block(otherwise) }
    }
  }

  private mutating func call(_ callee: Expression, _ arguments: [ArgumentNode], at span: Span) {
    switch callee.kind {
    case .member(let base, "append", _): update(base)
    case .name(let name):
      use(name, isCallee: true)
      if name == "out" { lookBack(name, span, arguments) } else { lookBack(name, callee.span) }
      if !isLocal(name), let command = commands[name] { noteChanges(of: command, arguments) }
    default: visit(callee)
    }
    for argument in arguments { visit(argument.value) }
  }

  /// Which variables a command that changes an argument in place changes here.
  private mutating func noteChanges(of command: Command, _ arguments: [ArgumentNode]) {
    let changed = command.effects.list.compactMap { effect in
      if case .writes(let name) = effect { name } else { nil }
    }
    guard !changed.isEmpty else { return }
    guard functions == 0,
      let binding = try? Binding(
        callee: command.name, parameters: command.parameters, labels: arguments.map(\.label),
        hasTrailing: arguments.last?.isTrailing == true)
    else {
      changesUnknown = true
      return
    }
    for (argument, parameter) in zip(arguments, binding.parameterOf)
    where parameter >= 0 && changed.contains(command.parameters[parameter].name) {
      guard let name = root(of: argument.value), !isLocal(name) else {
        changesUnknown = true
        continue
      }
      changes.insert(name)
    }
  }

  /// The variable that an argument such as `model` or `models[0].encoder` is or is part of.
  private func root(of expression: Expression) -> String? {
    switch expression.kind {
    case .name(let name): name
    case .index(let base, _), .member(let base, _, _): root(of: base)
    default: nil
    }
  }
}

extension Effects.Effect {
  /// Whether it changes an argument in place.
  fileprivate var isChange: Bool { if case .writes = self { true } else { false } }
}

extension Session {
  /// What a cell does with the session's variables and with files, by parsing alone; nil for a text that does not parse.
  public func use(of source: String) -> CellUse? {
    guard let cell = try? Parser.parse(SourceText(source)) else { return nil }
    return CellUse(cell, commands: commands)
  }

  /// Whether `%name` is known here; `?` and `??` are.
  public func hasMagic(_ name: String) -> Bool { name.hasPrefix("?") || magics[name] != nil }

  /// Whether a name is a command or a constant of the language, and so known without being defined.
  public func isBuiltIn(_ name: String) -> Bool { commands[name] != nil || Value.named[name] != nil }
}
