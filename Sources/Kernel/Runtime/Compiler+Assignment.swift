import CMachine
import Syntax

extension FunctionCompiler {
  func assign(_ target: Expression, _ value: Expression) throws {
    try releasing {
      if case .name(let name) = target.kind, case .register(let register)? = try place(name, target.span) {
        // Straight into the variable; a fault leaves the old value because every instruction writes its result last.
        let outer = assigned
        assigned = register
        defer { assigned = outer }
        try emitValue(value, into: register)
        return
      }
      if case .name(let name) = target.kind, case .binary(let operation, let left, let right) = value.kind,
        case .name(name) = left.kind, operation.isArithmetic, !right.containsStatements,
        case .global(let slot)? = try place(name, target.span), let variable = Operand.global(slot)
      {
        // `s = s + x` on a session variable: one instruction, and a string or list in it can grow where it is.
        try binary(operation, left, right, into: variable, at: value.span)
        return
      }
      if case .tuple(let targets) = target.kind, case .tuple(let values) = value.kind,
        targets.count == values.count
      {
        let first = nextRegister
        for value in values { try emitValue(value, into: try temporary()) }
        for (index, target) in targets.enumerated() { try store(first + index, into: target) }
        return
      }
      let register = try temporary()
      try emitValue(value, into: register)
      try store(register, into: target)
    }
  }

  /// The location of a name that is about to change.
  /// - Throws: for names that may not change here.
  private func place(_ name: String, _ span: Span) throws -> Location? {
    if name == "_" { return nil }
    if let variable = local(name) {
      guard variable.isMutable else {
        throw fault(
          "ImmutableVariable", "`\(name)` is \(variable.what) and cannot be assigned to", span,
          help: variable.what.hasPrefix("a `let`")
            ? "declare it with `var`" : "declare another one: `var new = \(name)`")
      }
      return variable.location
    }
    guard isCell else {
      let isSession =
        context.machine.globals.definedSlot(name) != nil || context.resolver.sessionNames.contains(name)
      throw fault(
        "UndeclaredVariable",
        isSession
          ? "`\(name)` is a session variable; a function cannot assign to it"
          : "`\(name)` is not declared in this function",
        span,
        help: isSession
          ? "return the new value, or declare a local: `var \(name) = …`"
          : "write `let \(name) = …` or `var \(name) = …`")
    }
    guard !context.constants.contains(name) else {
      throw fault(
        "ImmutableVariable", "`\(name)` is a `let` constant of this cell and cannot be assigned to", span,
        help: "declare it with `var`, or write `\(name) = …` from the start")
    }
    return .global(context.machine.globals.slot(name))
  }

  /// Stores a temporary into a target.
  func store(_ register: Int, into target: Expression) throws {
    let span = target.span
    switch target.kind {
    case .name(let name):
      switch try place(name, span) {
      case .register(let variable): emit(.move, variable, register, at: span)
      case .global(let slot): emit(.moveGlobal, register, 0, 0, slot, at: span)
      case .cell(let cell): emit(.setCell, cell, register, at: span)
      case .captureCell(let index):
        try releasing {
          let cell = try temporary()
          emit(.getCapture, cell, 0, 0, index, at: span)
          emit(.setCell, cell, register, at: span)
        }
      case .capture, .own, nil: break
      }
    case .tuple(let entries):
      try releasing {
        let first = nextRegister
        for _ in entries { _ = try temporary() }
        emit(.unpack, first, register, entries.count, at: span)
        for (index, entry) in entries.enumerated() { try store(first + index, into: entry) }
      }
    case .index, .member: try update(target, from: register)
    default: throw fault("SyntaxError", "this cannot be assigned to", span)
    }
  }

  /// Changes part of a variable: `x[i] = v`, `r.key = v`, and deeper ones such as `r.rows[i][j] = v`.
  private func update(_ target: Expression, from register: Int) throws {
    var steps: [Expression] = []
    var root = target
    while true {
      if case .index(let base, _) = root.kind {
        steps.insert(root, at: 0)
        root = base
      } else if case .member(let base, _, _) = root.kind {
        steps.insert(root, at: 0)
        root = base
      } else {
        break
      }
    }
    guard case .name(let name) = root.kind else {
      throw fault("SyntaxError", "this cannot be assigned to", target.span)
    }
    guard let location = try place(name, root.span) else { return }
    try releasing {
      let place = try changeable(location, at: root.span)
      if steps.count == 1 {
        switch steps[0].kind {
        case .member(_, let key, let keySpan):
          emit(.setMember, a: place, b: Operand(register), d: member(key), at: keySpan, operands: [root.span])
          return
        case .index(_, let entries):
          guard entries.count == 1, case .value(let index) = entries[0] else { break }
          let position = try source(index)
          emit(
            .setElement, a: place, b: Operand(register), c: position, at: target.span,
            operands: [root.span, index.span])
          return
        default: break
        }
      }
      let first = nextRegister
      var path: [PathStep] = []
      for step in steps {
        if case .member(_, let key, _) = step.kind { path.append(.member(key)) }
        if case .index(_, let entries) = step.kind { path.append(.index(try indexEntries(entries))) }
      }
      paths.append(path)
      emit(
        .setPath, a: place, b: Operand(register), c: Operand(first), d: paths.count - 1, at: target.span,
        operands: [root.span])
    }
  }

  /// The operand by which an instruction changes a variable in its place.
  private func changeable(_ location: Location, at span: Span) throws -> Operand {
    switch location {
    case .register(let register): return Operand(register)
    case .capture, .own:
      // What may change is in a cell; a capture by value never gets here.
      throw fault("InternalError", "the compiler lost track of a variable", span)
    case .cell(let register): return Operand(register, .captureOrCell)
    case .captureCell(let index):
      let cell = try temporary()
      emit(.getCapture, cell, 0, 0, index, at: span)
      return Operand(cell, .captureOrCell)
    case .global(let slot):
      guard let place = Operand.global(slot) else {
        throw fault("TooLarge", "the session has too many variables", span, help: "`%reset` forgets them")
      }
      return place
    }
  }

  /// `xs.append(x)` on a variable changes the variable.
  /// - Parameter target: where `none` goes; nil in a statement.
  /// - Returns: false when `base` is not a variable that may change here; it is then an ordinary method call.
  func append(_ value: Expression, to base: Expression, into target: Int?, at span: Span) throws -> Bool {
    guard case .name(let name) = base.kind else { return false }
    let location: Location
    if let variable = local(name) {
      guard variable.isMutable else { return false }
      location = variable.location
    } else {
      guard isCell, !context.constants.contains(name), let slot = global(name) else { return false }
      location = .global(slot)
    }
    try releasing {
      let element = try source(value)
      let list = try changeable(location, at: base.span)
      emit(.append, a: list, b: element, at: span, operands: [base.span, value.span])
      if let target { emit(.none, target, at: span) }
    }
    return true
  }
}
