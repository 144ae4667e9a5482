import Syntax

/// Walks a cell before it is compiled and finds out which local variables are both captured by a closure and assigned after
/// their declaration: those live in cells that closures share. Everything else is captured by value.
struct Resolver {
  /// Offsets of the declarations that need a cell.
  private(set) var boxed: Set<Int> = []
  /// Names the cell assigns or defines at its top level.
  private(set) var sessionNames: Set<String> = []

  private final class Declaration {
    let offset: Int
    let level: Int
    var isCaptured = false
    var isReassigned = false
    init(offset: Int, level: Int) {
      self.offset = offset
      self.level = level
    }
  }

  private var scopes: [[String: Declaration]] = []
  private var level = 0
  private var blockDepth = 0

  init(_ cell: Block) { statements(cell.statements) }

  private mutating func statements(_ statements: [Statement]) {
    for statement in statements { visit(statement) }
  }

  private mutating func scoped(_ body: (inout Resolver) -> Void) {
    scopes.append([:])
    blockDepth += 1
    body(&self)
    blockDepth -= 1
    scopes.removeLast()
  }

  private mutating func declare(_ pattern: Pattern) {
    switch pattern {
    case .ignore: break
    case .tuple(let entries, _):
      for entry in entries { declare(entry) }
    case .name(let name, let span):
      guard !scopes.isEmpty else {
        sessionNames.insert(name)
        return
      }
      scopes[scopes.count - 1][name] = Declaration(offset: span.start, level: level)
    }
  }

  private func find(_ name: String) -> Declaration? {
    for scope in scopes.reversed() {
      if let found = scope[name] { return found }
    }
    return nil
  }

  private mutating func note(_ declaration: Declaration) {
    if declaration.isCaptured && declaration.isReassigned { boxed.insert(declaration.offset) }
  }

  private mutating func use(_ name: String) {
    guard let found = find(name) else { return }
    if found.level < level { found.isCaptured = true }
    note(found)
  }

  private mutating func assign(_ target: Expression) {
    switch target.kind {
    case .name(let name):
      guard let found = find(name) else {
        if level == 0 { sessionNames.insert(name) }
        return
      }
      found.isReassigned = true
      if found.level < level { found.isCaptured = true }
      note(found)
    case .tuple(let entries):
      for entry in entries { assign(entry) }
    case .index(let base, let entries):
      visit(entries)
      assign(base)
    case .member(let base, _, _): assign(base)
    default: break
    }
  }

  private mutating func function(_ node: FunctionNode) {
    level += 1
    scoped { inner in
      for parameter in node.parameters {
        if let value = parameter.defaultValue { inner.visit(value) }
        inner.declare(parameter.pattern)
      }
      inner.statements(node.body.statements)
    }
    level -= 1
  }

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
      declare(.name(node.name, node.nameSpan))
      function(node)
    case .loop(let pattern, let sequence, let body):
      visit(sequence)
      scoped { inner in
        inner.declare(pattern)
        inner.statements(body.statements)
      }
    case .whileLoop(let condition, let body):
      visit(condition)
      scoped { $0.statements(body.statements) }
    case .returnValue(let value):
      if let value { visit(value) }
    case .magic(let magic):
      if let value = magic.value {
        level += 1
        scoped { $0.visit(value) }
        level -= 1
      }
      if let target = magic.target { assign(target) }
    case .breakLoop, .continueLoop: break
    }
  }

  private mutating func visit(_ entries: [IndexNode]) {
    for entry in entries {
      switch entry {
      case .value(let value): visit(value)
      case .slice(let a, let b, let c):
        for part in [a, b, c] { if let part { visit(part) } }
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
    case .name(let name): use(name)
    case .list(let entries), .tuple(let entries):
      for entry in entries { visit(entry) }
    case .record(let fields):
      for field in fields { visit(field.value) }
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
    case .binary(_, let left, let right), .range(let left, let right, _),
      .shortCircuit(_, let left, let right),
      .attempt(let left, let right):
      visit(left)
      visit(right)
    case .call(let callee, let arguments):
      if case .member(let base, "append", _) = callee.kind, case .name = base.kind, find(base) != nil {
        assign(base)
      }
      visit(callee)
      for argument in arguments { visit(argument.value) }
    case .index(let base, let entries):
      visit(base)
      visit(entries)
    case .member(let base, _, _): visit(base)
    case .conditional(let condition, let then, let otherwise):
      visit(condition)
      scoped { $0.statements(then.statements) }
      if let otherwise { scoped { $0.statements(otherwise.statements) } }
    }
  }

  private func find(_ base: Expression) -> Declaration? {
    if case .name(let name) = base.kind { find(name) } else { nil }
  }
}
