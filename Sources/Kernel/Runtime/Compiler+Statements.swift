import CMachine
import Syntax

extension FunctionCompiler {
  /// A body whose last expression is the result.
  func body(_ block: Block) throws { try tail(block.statements, span: block.span) }

  /// Statements that end the function with the value of the last; a final `if` ends it in each branch.
  private func tail(_ statements: [Statement], span: Span) throws {
    guard let last = statements.last, case .expression(let value) = last.kind else {
      try releasing {
        let result = try temporary()
        try self.value(of: statements, into: result, span: span)
        emit(.result, 0, result, at: span)
      }
      return
    }
    for statement in statements.dropLast() { try compile(statement) }
    if case .conditional(let condition, let then, let otherwise) = value.kind {
      let exits = try releasing { try jumps(unless: condition) }
      try scoped { try tail(then.statements, span: then.span) }
      for jump in exits { patch(jump) }
      guard let otherwise else {
        emit(.resultNone, at: value.span)
        return
      }
      try scoped { try tail(otherwise.statements, span: otherwise.span) }
      return
    }
    try releasing { emit(.result, a: Operand(0), b: try result(value), at: value.span) }
  }

  /// Where a function finds its result.
  private func result(_ value: Expression) throws -> Operand {
    let source = try source(value)
    guard source.base == .global else { return source }
    let register = try temporary()
    try emitValue(value, into: register)
    return Operand(register)
  }

  /// `if` as a statement: no value.
  private func branch(_ condition: Expression, _ then: Block, _ otherwise: Block?, at span: Span) throws {
    let exits = try releasing { try jumps(unless: condition) }
    try block(then)
    guard let otherwise else {
      for jump in exits { patch(jump) }
      return
    }
    let end = emit(.jump, at: span)
    for jump in exits { patch(jump) }
    try block(otherwise)
    patch(end)
  }

  /// Statements; the value of the last goes to `target`.
  func value(of statements: [Statement], into target: Int, span: Span) throws {
    for statement in statements.dropLast() { try compile(statement) }
    guard let last = statements.last else {
      emit(.none, target, at: span)
      return
    }
    if case .expression(let value) = last.kind {
      try emitValue(value, into: target)
    } else if case .magic(let node) = last.kind, node.target == nil {
      try magic(node, into: target, at: last.span)
    } else {
      try compile(last)
      emit(.none, target, at: last.span)
    }
  }

  /// A block of its own, its value unused.
  func block(_ block: Block) throws {
    try scoped { for statement in block.statements { try compile(statement) } }
  }

  func compile(_ statement: Statement) throws {
    switch statement.kind {
    case .expression(let value):
      if case .conditional(let condition, let then, let otherwise) = value.kind {
        try branch(condition, then, otherwise, at: value.span)
      } else if case .call(let callee, let arguments) = value.kind, arguments.count == 1,
        arguments[0].label == nil, case .member(let base, "append", _) = callee.kind,
        try append(arguments[0].value, to: base, into: nil, at: value.span)
      {
        return
      } else {
        try releasing { try emitValue(value, into: try temporary()) }
      }
    case .assign(let target, let value): try assign(target, value)
    case .declare(let pattern, let value, let isVariable):
      try declaration(pattern, value, isVariable: isVariable)
    case .function(let node): try define(node)
    case .loop(let pattern, let sequence, let body): try loop(pattern, sequence, body)
    case .whileLoop(let condition, let body): try whileLoop(condition, body)
    case .breakLoop:
      guard !loops.isEmpty else {
        throw fault("SyntaxError", "`break` stands outside a loop", statement.span)
      }
      loops[loops.count - 1].breaks.append(emit(.jump, at: statement.span))
    case .continueLoop:
      guard !loops.isEmpty else {
        throw fault("SyntaxError", "`continue` stands outside a loop", statement.span)
      }
      loops[loops.count - 1].continues.append(emit(.jump, at: statement.span))
    case .returnValue(let value):
      guard !isCell else { throw fault("SyntaxError", "`return` stands outside a function", statement.span) }
      try releasing {
        guard let value else {
          emit(.resultNone, at: statement.span)
          return
        }
        emit(.result, a: Operand(0), b: try result(value), at: statement.span)
      }
    case .magic(let node):
      try releasing {
        let value = try temporary()
        try magic(node, into: value, at: statement.span)
        // As in IPython, `%timeit` runs what it measures many times and keeps nothing.
        if let target = node.target, node.name != "timeit" { try store(value, into: target) }
      }
    }
  }

  /// Whether plain assignment here makes session variables and `let` at this depth does too.
  private var isTopLevel: Bool { isCell && scopes.count == 1 }

  private func declaration(_ pattern: Pattern, _ value: Expression, isVariable: Bool) throws {
    if isTopLevel {
      try releasing {
        let register = try temporary()
        try emitValue(value, into: register)
        try store(pattern, from: register)
      }
      for name in pattern.names {
        if isVariable { context.constants.remove(name) } else { context.constants.insert(name) }
      }
      return
    }
    let what = isVariable ? "a variable" : "a `let` constant"
    if case .tuple(let entries, _) = pattern, case .tuple(let values) = value.kind,
      entries.count == values.count
    {
      let first = nextRegister
      for value in values { try emitValue(value, into: try temporary()) }
      for (index, entry) in entries.enumerated() {
        try bind(entry, register: first + index, isMutable: isVariable, what: what)
      }
      return
    }
    let register = try temporary()
    try emitValue(value, into: register)
    try bind(pattern, register: register, isMutable: isVariable, what: what)
  }

  /// Stores into session variables.
  private func store(_ pattern: Pattern, from register: Int) throws {
    switch pattern {
    case .ignore: break
    case .name(let name, let span):
      emit(.moveGlobal, register, 0, 0, context.machine.globals.slot(name), at: span)
    case .tuple(let entries, let span):
      try releasing {
        let first = try unpack(register, count: entries.count, at: span)
        for (index, entry) in entries.enumerated() { try store(entry, from: first + index) }
      }
    }
  }

  /// Makes locals of a pattern whose value is in `register`, which the local of a plain name then owns.
  func bind(_ pattern: Pattern, register: Int, isMutable: Bool, what: String) throws {
    switch pattern {
    case .ignore: break
    case .name(let name, let span): declare(name, span, register: register, isMutable: isMutable, what: what)
    case .tuple(let entries, let span):
      let first = try unpack(register, count: entries.count, at: span)
      for (index, entry) in entries.enumerated() {
        try bind(entry, register: first + index, isMutable: isMutable, what: what)
      }
    }
  }

  private func unpack(_ register: Int, count: Int, at span: Span) throws -> Int {
    let first = nextRegister
    for _ in 0..<count { _ = try temporary() }
    emit(.unpack, first, register, count, at: span)
    return first
  }

  private func define(_ node: FunctionNode) throws {
    if isTopLevel {
      let slot = context.machine.globals.slot(node.name)
      try releasing {
        let register = try temporary()
        try closure(node, into: register, isLateBound: true)
        emit(.moveGlobal, register, 0, 0, slot, at: node.nameSpan)
      }
      return
    }
    // The name is declared first so that what the function is made of does not take it for a session variable.
    let register = try temporary()
    emit(.none, register, at: node.nameSpan)
    declare(node.name, node.nameSpan, register: register, isMutable: false, what: "a function")
    try releasing {
      let value = try temporary()
      try closure(node, ownName: node.name, into: value, isLateBound: true)
      emit(.move, register, value, at: node.nameSpan)
    }
  }

  // MARK: loops

  private func loop(_ pattern: Pattern, _ sequence: Expression, _ body: Block) throws {
    try iterate(pattern, over: sequence) { try block(body) }
  }

  /// The frame of a loop; `body` compiles what is done for every element.
  /// - Parameter list: a new list that gets one element every turn.
  func iterate(
    _ pattern: Pattern, over sequence: Expression, filling list: Int? = nil, _ body: () throws -> Void
  ) throws {
    try scoped {
      let state = try temporary()
      _ = try temporary()
      try releasing {
        emit(.iterate, a: Operand(state), b: try source(sequence), at: sequence.span)
      }
      if let list { emit(.reserve, list, state, at: sequence.span) }
      let element = try temporary()
      loops.append(Loop())
      let exit = emit(.next, state, element, at: sequence.span)
      let start = here
      try scoped {
        try bind(pattern, register: element, isMutable: false, what: "a loop variable")
        try body()
      }
      let continues = loops[loops.count - 1].continues
      for jump in continues { patch(jump) }
      patch(emit(.again, state, element, at: sequence.span), to: start)
      patch(exit)
      finishLoop()
    }
  }

  private func whileLoop(_ condition: Expression, _ body: Block) throws {
    // The condition stands behind the body, so that each turn takes one jump.
    loops.append(Loop())
    let entry = emit(.jump, at: condition.span)
    let start = here
    try block(body)
    for jump in loops[loops.count - 1].continues { patch(jump) }
    patch(entry)
    for jump in try releasing({ try jumps(on: condition, when: true) }) { patch(jump, to: start) }
    finishLoop()
  }

  private func finishLoop() {
    for jump in loops.removeLast().breaks { patch(jump) }
  }

  // MARK: magics

  /// `%time expr` and the like: a call of a command of the session that gets the expression as a closure.
  private func magic(_ node: MagicNode, into target: Int, at span: Span) throws {
    try releasing {
      let base = try temporary()
      emit(.constant, base, 0, 0, constant(.function(context.machine.magic(node.name))), at: span)
      let parameter = try temporary()
      if let value = node.value {
        try closure(.thunk(value), into: parameter, isLateBound: isLateBound)
      } else {
        emit(.constant, parameter, 0, 0, constant(.text(node.text)), at: span)
      }
      emit(.call, a: Operand(base), b: Operand(base), c: Operand(1), at: span)
      emit(.move, target, base, at: span)
    }
  }
}
