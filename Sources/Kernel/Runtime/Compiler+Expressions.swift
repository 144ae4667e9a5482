import CMachine
import Syntax

extension FunctionCompiler {
  /// A register that holds the value: the variable's own where there is one, else a temporary.
  func operand(_ expression: Expression) throws -> Int {
    if case .name(let name) = expression.kind, let variable = local(name),
      case .register(let register) = variable.location
    {
      return register
    }
    let register = try temporary()
    try emitValue(expression, into: register)
    return register
  }

  /// Where an instruction finds the value: a literal among the constants, a variable in its place, anything else in a temporary.
  func source(_ expression: Expression) throws -> Operand {
    if let literal = expression.literal, constants.count < Operand.limit {
      return Operand(constant(literal), .constant)
    }
    if case .name(let name) = expression.kind, let place = place(of: name) { return place }
    let register = try temporary()
    try emitValue(expression, into: register)
    return Operand(register)
  }

  /// The place of a variable that instructions read directly.
  func place(of name: String) -> Operand? {
    guard let variable = local(name) else { return global(name).flatMap(Operand.global) }
    switch variable.location {
    case .register(let register): return Operand(register)
    case .capture(let index): return Operand(index, .captureOrCell)
    case .cell, .captureCell, .global, .own: return nil
    }
  }

  /// The left operand of two: copied when evaluating the right one could assign to its variable.
  private func source(_ expression: Expression, before other: Expression) throws -> Operand {
    guard other.containsStatements else { return try source(expression) }
    let register = try temporary()
    try emitValue(expression, into: register)
    return Operand(register)
  }

  /// Code that leaves the value in `target`.
  func emitValue(_ expression: Expression, into target: Int) throws {
    let span = expression.span
    switch expression.kind {
    case .none: emit(.none, target, at: span)
    case .bool(let value): emit(.bool, target, 0, 0, value ? 1 : 0, at: span)
    case .int(let value): emitInteger(value, into: target, at: span)
    case .float(let value): emit(.constant, target, 0, 0, constant(.float(value)), at: span)
    case .string(let parts): try string(parts, into: target, at: span)
    case .name(let name): try load(name, into: target, at: span)
    case .list(let entries): try container(.list, entries, into: target, at: span)
    case .tuple(let entries): try container(.tuple, entries, into: target, at: span)
    case .record(let fields): try record(fields, into: target, at: span)
    case .closure(let node): try closure(node, into: target, isLateBound: isLateBound)
    case .comprehension(let value, let clauses):
      try comprehension(value, clauses[...], into: target, at: span)
    case .unary(let operation, let inner):
      try releasing {
        emit(
          operation == .minus ? .negate : .not, a: Operand(target), b: try source(inner), at: span,
          operands: [inner.span])
      }
    case .binary(let operation, let left, let right):
      try binary(operation, left, right, into: Operand(target), at: span)
    case .range(let lower, let upper, let isClosed):
      try releasing {
        let from = try source(lower, before: upper)
        let to = try source(upper)
        emit(
          .range, a: Operand(target), b: from, c: to, d: isClosed ? 1 : 0, at: span,
          operands: [lower.span, upper.span])
      }
    case .shortCircuit(let operation, let left, let right):
      try shortCircuit(operation, left, right, into: target, at: span)
    case .call(let callee, let arguments): try call(callee, arguments, into: target, at: span)
    case .index(let base, let entries): try index(base, entries, into: target, at: span)
    case .member(let base, let name, let nameSpan):
      try releasing {
        let record = try source(base)
        emit(
          .getMember, a: Operand(target), b: record, d: member(name), at: nameSpan, operands: [base.span])
      }
    case .conditional(let condition, let then, let otherwise):
      try conditional(condition, then, otherwise, into: target, at: span)
    case .attempt(let attempted, let fallback): try attempt(attempted, fallback, into: target)
    }
  }

  private func emitInteger(_ value: Int, into target: Int, at span: Span) {
    if let small = Int32(exactly: value) {
      emit(.integer, target, 0, 0, Int(small), at: span)
    } else {
      emit(.constant, target, 0, 0, constant(.int(value)), at: span)
    }
  }

  private func load(_ name: String, into target: Int, at span: Span) throws {
    if let variable = local(name) {
      switch variable.location {
      case .register(let register):
        if register != target { emit(.move, target, register, at: span) }
      case .cell(let register): emit(.getCell, target, register, at: span)
      case .capture(let index): emit(.getCapture, target, 0, 0, index, at: span)
      case .captureCell(let index):
        emit(.getCapture, target, 0, 0, index, at: span)
        emit(.getCell, target, target, at: span)
      case .global(let slot): emit(.getGlobal, target, 0, 0, slot, at: span)
      case .own: emit(.getOwn, target, at: span)
      }
      return
    }
    if let slot = global(name) {
      emit(.getGlobal, target, 0, 0, slot, at: span)
    } else if let command = context.commands[name] {
      emit(.constant, target, 0, 0, constant(.function(context.function(command))), at: span)
    } else if let value = Value.named[name] {
      emit(.constant, target, 0, 0, constant(value), at: span)
    } else if isLateBound {
      emit(.getGlobal, target, 0, 0, context.machine.globals.slot(name), at: span)
    } else if leniency > 0 {
      raise(unknownName(name, span), at: span)
    } else {
      throw unknownName(name, span)
    }
  }

  // MARK: literals

  private func string(_ parts: [Interpolation], into target: Int, at span: Span) throws {
    if parts.isEmpty {
      emit(.constant, target, 0, 0, constant(.text("")), at: span)
    } else if parts.count == 1, case .text(let text) = parts[0] {
      emit(.constant, target, 0, 0, constant(.text(text)), at: span)
    } else {
      try releasing {
        let first = nextRegister
        try pieces(parts, at: span)
        emit(.string, target, first, parts.count, at: span)
      }
    }
  }

  /// The parts of a string in consecutive registers.
  private func pieces(_ parts: [Interpolation], at span: Span) throws {
    for part in parts {
      let register = try temporary()
      switch part {
      case .text(let text): emit(.constant, register, 0, 0, constant(.text(text)), at: span)
      case .value(let value, format: nil): try emitValue(value, into: register)
      case .value(let value, format: let format?): try formatted(value, format, into: register, at: span)
      }
    }
  }

  /// `\(value, format: spec)`: the command `format`, whatever variables are called.
  private func formatted(_ value: Expression, _ format: Expression, into target: Int, at span: Span) throws {
    guard let command = context.commands["format"] else { throw unknownName("format", span) }
    let arguments = [value, format].map {
      ArgumentNode(label: nil, labelSpan: $0.span, value: $0, isTrailing: false)
    }
    try commandCall(command, at: value.span, arguments, into: target, at: span)
  }

  private func container(_ op: Opcode, _ entries: [Expression], into target: Int, at span: Span) throws {
    if entries.count > 16, let values = Value.constants(entries) {
      emit(.constant, target, 0, 0, constant(op == .list ? .list(values) : .tuple(values)), at: span)
      return
    }
    try releasing {
      let first = nextRegister
      for entry in entries { try emitValue(entry, into: try temporary()) }
      emit(op, target, first, entries.count, at: span)
    }
  }

  private func record(_ fields: [RecordField], into target: Int, at span: Span) throws {
    var seen: Set<String> = []
    for field in fields where !seen.insert(field.key).inserted {
      throw fault("DuplicateKey", "the key `\(field.key)` is given twice", field.value.span)
    }
    try releasing {
      let first = nextRegister
      for field in fields { try emitValue(field.value, into: try temporary()) }
      keys.append(RecordKeys(fields.map(\.key)))
      emit(.record, target, first, fields.count, keys.count - 1, at: span)
    }
  }

  func closure(_ node: FunctionNode, ownName: String? = nil, into target: Int, isLateBound: Bool) throws {
    let unit = FunctionCompiler(
      context, parent: self, name: node.name, ownName: ownName, isLateBound: isLateBound)
    for parameter in node.parameters {
      // The default itself is evaluated by the function; the table only needs to know that there is one.
      unit.parameters.append(
        parameter.defaultValue.map {
          .optional(parameter.name, .any, default: $0.shownDefault(context.source))
        }
          ?? .required(parameter.name, .any))
      _ = try unit.temporary()
    }
    for (register, parameter) in node.parameters.enumerated() {
      if let value = parameter.defaultValue {
        let skip = unit.emit(.jumpIfGiven, register, at: value.span)
        try unit.emitValue(value, into: register)
        unit.patch(skip)
      }
      try unit.bind(parameter.pattern, register: register, isMutable: false, what: "a parameter")
    }
    try unit.body(node.body)
    functions.append(FunctionCode(unit, span: node.span))
    emit(.closure, target, 0, 0, functions.count - 1, at: node.span)
  }

  private func comprehension(
    _ value: Expression, _ clauses: ArraySlice<ComprehensionClause>, into target: Int, at span: Span
  ) throws {
    try releasing {
      let list = try temporary()
      emit(.list, list, 0, 0, at: span)
      let fills = clauses.count == 1 && clauses.allSatisfy(\.conditions.isEmpty)
      try clause(clauses, value, list, fills: fills)
      emit(.move, target, list, at: span)
    }
  }

  private func clause(
    _ clauses: ArraySlice<ComprehensionClause>, _ value: Expression, _ list: Int, fills: Bool = false
  ) throws {
    guard let first = clauses.first else {
      try releasing {
        emit(.append, a: Operand(list), b: try source(value), at: value.span)
      }
      return
    }
    try iterate(first.pattern, over: first.sequence, filling: fills ? list : nil) {
      var skips: [Int] = []
      for condition in first.conditions { skips += try releasing { try jumps(unless: condition) } }
      try clause(clauses.dropFirst(), value, list)
      for skip in skips { patch(skip) }
    }
  }

  // MARK: operators

  func binary(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, into target: Operand, at span: Span
  ) throws {
    try releasing {
      let operands = [left.span, right.span]
      let a = try source(left, before: right)
      if operation == .add, a.isPlace(target), case .string(let parts) = right.kind, parts.count > 1 {
        let first = nextRegister
        try pieces(parts, at: right.span)
        emit(
          .appendText, a: target, b: Operand(first), c: Operand(parts.count), at: span, operands: operands)
        return
      }
      if case .int(let value) = right.kind, let small = Int32(exactly: value),
        let op = Opcode.immediate[operation]
      {
        emit(op, a: target, b: a, d: Int(small), at: span, operands: operands)
        return
      }
      let b = try source(right)
      emit(Opcode.binary(operation), a: target, b: a, c: b, at: span, operands: operands)
    }
  }

  private func shortCircuit(
    _ operation: ShortCircuit, _ left: Expression, _ right: Expression, into target: Int, at span: Span
  ) throws {
    try releasing {
      let first = try temporary()
      try emitValue(left, into: first)
      if operation == .coalesce {
        let skip = emit(.jumpIfNotNone, first, at: span)
        try emitValue(right, into: first)
        patch(skip)
        emit(.move, target, first, at: span)
        return
      }
      let isOr = operation == .or ? 1 : 0
      let skip = emit(.shortCircuit, first, 0, isOr, at: left.span, operands: [left.span])
      let second = try operand(right)
      emit(.combine, first, second, isOr, at: span, operands: [left.span, right.span])
      patch(skip)
      emit(.move, target, first, at: span)
    }
  }

  /// Jumps to be patched, taken when the condition is false.
  func jumps(unless condition: Expression) throws -> [Int] { try jumps(on: condition, when: false) }

  /// Jumps to be patched, taken when the condition has the given outcome; otherwise execution goes on behind them.
  func jumps(on condition: Expression, when outcome: Bool) throws -> [Int] {
    let sense = Operand(outcome ? 1 : 0)
    switch condition.kind {
    case .bool(let value): return value == outcome ? [emit(.jump, at: condition.span)] : []
    case .unary(.not, let inner): return try jumps(on: inner, when: !outcome)
    case .shortCircuit(let operation, let left, let right) where operation != .coalesce:
      // One side alone decides for `false && …` and `true || …`.
      let deciding = operation == .or
      if outcome == deciding {
        return try jumps(on: left, when: outcome) + jumps(on: right, when: outcome)
      }
      let skips = try jumps(on: left, when: deciding)
      let taken = try jumps(on: right, when: outcome)
      for skip in skips { patch(skip) }
      return taken
    case .binary(let operation, let left, let right):
      guard let ops = Opcode.comparing[operation] else { break }
      let operands = [left.span, right.span]
      return try releasing {
        let a = try source(left, before: right)
        if case .int(let value) = right.kind, let small = Int16(exactly: value) {
          return [
            emit(
              ops.constant, a: a, b: Operand(Int(small)), c: sense, at: condition.span, operands: operands)
          ]
        }
        let b = try source(right)
        return [emit(ops.registers, a: a, b: b, c: sense, at: condition.span, operands: operands)]
      }
    default: break
    }
    return try releasing {
      let truth = try source(condition)
      return [emit(.jumpIf, a: truth, c: sense, at: condition.span, operands: [condition.span])]
    }
  }

  // MARK: control

  private func conditional(
    _ condition: Expression, _ then: Block, _ otherwise: Block?, into target: Int, at span: Span
  ) throws {
    // The value is put together in a temporary: `target` may be a variable that the branches still read.
    try releasing {
      let result = try temporary()
      let exits = try releasing { try jumps(unless: condition) }
      try scoped { try value(of: then.statements, into: result, span: then.span) }
      let end = emit(.jump, at: span)
      for jump in exits { patch(jump) }
      if let otherwise {
        try scoped { try value(of: otherwise.statements, into: result, span: otherwise.span) }
      } else {
        emit(.none, result, at: span)
      }
      patch(end)
      emit(.move, target, result, at: span)
    }
  }

  private func attempt(_ attempted: Expression, _ fallback: Expression, into target: Int) throws {
    try releasing {
      let result = try temporary()
      let start = here
      leniency += 1
      do {
        defer { leniency -= 1 }
        try emitValue(attempted, into: result)
      } catch let diagnostic as Diagnostic {
        raise(diagnostic, at: attempted.span)
      }
      let skip = emit(.jump, at: attempted.span)
      handlers.append(Handler(start: start, end: here, target: here))
      try emitValue(fallback, into: result)
      patch(skip)
      emit(.move, target, result, at: fallback.span)
    }
  }
}

extension Opcode {
  static func binary(_ operation: BinaryOperator) -> Opcode {
    switch operation {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .floorDivide: .floorDivide
    case .modulo: .modulo
    case .power: .power
    case .matmul: .matmul
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessEqual: .lessEqual
    case .greater: .greater
    case .greaterEqual: .greaterEqual
    }
  }

  /// Forms with a small integer constant on the right.
  static let immediate: [BinaryOperator: Opcode] = [
    .add: .addI, .subtract: .subtractI, .multiply: .multiplyI, .modulo: .moduloI,
  ]

  static let comparing: [BinaryOperator: (registers: Opcode, constant: Opcode)] = [
    .equal: (.jumpEqual, .jumpEqualI), .notEqual: (.jumpNotEqual, .jumpNotEqualI),
    .less: (.jumpLess, .jumpLessI),
    .lessEqual: (.jumpLessEqual, .jumpLessEqualI), .greater: (.jumpGreater, .jumpGreaterI),
    .greaterEqual: (.jumpGreaterEqual, .jumpGreaterEqualI),
  ]
}

extension Value {
  /// The values of literals, when all of them are numbers, strings or truth values.
  static func constants(_ entries: [Expression]) -> [Value]? {
    var values: [Value] = []
    values.reserveCapacity(entries.count)
    for entry in entries {
      guard let value = entry.literal else { return nil }
      values.append(value)
    }
    return values
  }
}

extension Operand {
  /// How far numbers of places that are not registers go.
  static let limit = 60_000

  /// Whether both are the same place.
  func isPlace(_ other: Operand) -> Bool { number == other.number && base == other.base }

  /// A session variable; nil when there are too many for an instruction to name.
  static func global(_ slot: Int) -> Operand? { slot < limit ? Operand(slot, .global) : nil }
}

extension BinaryOperator {
  /// Whether the result is of the operands' kind, not a truth value.
  var isArithmetic: Bool { rawValue < BinaryOperator.equal.rawValue }
}

extension Expression {
  /// The value of a literal that is plain data; nil for anything else.
  var literal: Value? {
    switch kind {
    case .none: return Value.none
    case .int(let value): return .int(value)
    case .float(let value): return .float(value)
    case .bool(let value): return .bool(value)
    case .string(let parts):
      if parts.isEmpty { return .text("") }
      if parts.count == 1, case .text(let text) = parts[0] { return .text(text) }
      return nil
    default: return nil
    }
  }

  /// A value that stands for a default in a synopsis: the literal, or its source text.
  fileprivate func shownDefault(_ source: SourceText) -> Value {
    switch kind {
    case .int(let value): .int(value)
    case .float(let value): .float(value)
    case .bool(let value): .bool(value)
    default: .none
    }
  }

  /// Whether evaluating the expression can run statements of the same function: an `if` somewhere inside.
  var containsStatements: Bool {
    switch kind {
    case .conditional: true
    case .none, .bool, .int, .float, .name, .closure: false
    case .string(let parts):
      parts.contains {
        guard case .value(let value, let format) = $0 else { return false }
        return value.containsStatements || format?.containsStatements == true
      }
    case .list(let entries), .tuple(let entries): entries.contains { $0.containsStatements }
    case .record(let fields): fields.contains { $0.value.containsStatements }
    case .comprehension: true
    case .unary(_, let inner), .member(let inner, _, _): inner.containsStatements
    case .binary(_, let a, let b), .range(let a, let b, _), .shortCircuit(_, let a, let b),
      .attempt(let a, let b):
      a.containsStatements || b.containsStatements
    case .call(let callee, let arguments):
      // `xs.append(x)` assigns too.
      if case .member(_, "append", _) = callee.kind {
        true
      } else {
        callee.containsStatements || arguments.contains { $0.value.containsStatements }
      }
    case .index(let base, let entries):
      base.containsStatements
        || entries.contains { if case .value(let value) = $0 { value.containsStatements } else { true } }
    }
  }
}
