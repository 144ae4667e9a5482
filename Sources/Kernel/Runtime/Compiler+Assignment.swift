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
    return .global(context.machine.globals.slot(name))
  }

  /// Stores a temporary into a target.
  private func store(_ register: Int, into target: Expression) throws {
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
      case .capture, nil: break
      }
    case .tuple(let entries):
      try releasing {
        let first = nextRegister
        for _ in entries { _ = try temporary() }
        emit(.unpack, first, register, entries.count, at: span)
        for (index, entry) in entries.enumerated() { try store(first + index, into: entry) }
      }
    case .index(let base, let entries):
      try update(base) { try self.change(at: $0, base, entries, register, span) }
    case .member(let base, let name, let nameSpan):
      try update(base) { place in
        switch place {
        case .register(let variable):
          self.emit(
            .setMember, variable, register, 0, self.nameIndex(name), at: nameSpan, operands: [base.span])
        case .global, .cell, .capture, .captureCell:
          try self.throughTemporary(place, base) { temporary in
            self.emit(
              .setMember, temporary, register, 0, self.nameIndex(name), at: nameSpan, operands: [base.span])
          }
        }
      }
    default: throw fault("SyntaxError", "this cannot be assigned to", span)
    }
  }

  /// Changes the value of `base` in its place, and when `base` is itself part of something, that something too.
  private func update(_ base: Expression, _ change: (Location) throws -> Void) throws {
    if case .name(let name) = base.kind {
      guard let place = try place(name, base.span) else { return }
      try change(place)
      return
    }
    try releasing {
      let part = try temporary()
      try emitValue(base, into: part)
      try change(.register(part))
      try store(part, into: base)
    }
  }

  private func change(
    at place: Location, _ base: Expression, _ entries: [IndexNode], _ register: Int, _ span: Span
  ) throws {
    try releasing {
      if case .register(let variable) = place, entries.count == 1, case .value(let index) = entries[0] {
        let position = try operand(index)
        emit(.setElement, variable, register, position, at: span, operands: [base.span, index.span])
        return
      }
      let first = nextRegister
      let form = try indexEntries(entries)
      let operands = [base.span] + entries.compactMap(\.span)
      switch place {
      case .register(let variable):
        emit(.setIndex, variable, register, first, form, at: span, operands: operands)
      case .global(let slot):
        emit(.setIndexGlobal, register, first, form, slot, at: span, operands: operands)
      case .cell, .capture, .captureCell:
        try throughTemporary(place, base) { temporary in
          self.emit(.setIndex, temporary, register, first, form, at: span, operands: operands)
        }
      }
    }
  }

  /// Loads a variable, lets `body` change the copy, and stores it back.
  private func throughTemporary(_ place: Location, _ base: Expression, _ body: (Int) throws -> Void) throws {
    try releasing {
      let copy = try temporary()
      try emitValue(base, into: copy)
      try body(copy)
      try store(copy, into: base)
    }
  }

  /// `xs.append(x)` on a variable changes the variable.
  /// - Returns: false when `base` is not a variable that may change here; it is then an ordinary method call.
  func append(_ value: Expression, to base: Expression, into target: Int, at span: Span) throws -> Bool {
    guard case .name(let name) = base.kind else { return false }
    let location: Location
    if let variable = local(name) {
      guard variable.isMutable else { return false }
      location = variable.location
    } else {
      guard isCell, let slot = global(name) else { return false }
      location = .global(slot)
    }
    let operands = [base.span, value.span]
    try releasing {
      let register = try operand(value)
      switch location {
      case .register(let variable): emit(.append, variable, register, at: span, operands: operands)
      case .global(let slot): emit(.appendGlobal, 0, register, 0, slot, at: span, operands: operands)
      case .cell(let cell): emit(.appendCell, cell, register, at: span, operands: operands)
      case .captureCell(let index):
        let cell = try temporary()
        emit(.getCapture, cell, 0, 0, index, at: span)
        emit(.appendCell, cell, register, at: span, operands: operands)
      case .capture: break
      }
      emit(.none, target, at: span)
    }
    return true
  }
}
