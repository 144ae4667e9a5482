import CMachine
import Syntax

extension FunctionCompiler {
  func call(_ callee: Expression, _ arguments: [ArgumentNode], into target: Int, at span: Span) throws {
    if case .name(let name) = callee.kind, local(name) == nil, global(name) == nil,
      let command = context.commands[name]
    {
      try commandCall(command, at: callee.span, arguments, into: target, at: span)
      return
    }
    if case .member(let base, let name, let nameSpan) = callee.kind {
      if name == "append", arguments.count == 1, arguments[0].label == nil,
        try append(arguments[0].value, to: base, into: target, at: span)
      {
        return
      }
      try memberCall(base, name, nameSpan, arguments, into: target, at: span)
      return
    }
    let operands = [callee.span] + arguments.map(\.value.span)
    try releasing {
      let base = try callBase(target)
      if arguments.contains(where: { $0.label != nil || $0.isTrailing }) {
        try emitValue(callee, into: base)
        try plainArguments(arguments)
        calls.append(shape(of: arguments))
        emit(.callLabelled, base, 0, arguments.count, calls.count - 1, at: span, operands: operands)
      } else {
        let function = variable(callee) ?? Operand(base)
        if variable(callee) == nil { try emitValue(callee, into: base) }
        try plainArguments(arguments)
        emit(
          .call, a: Operand(base), b: function, c: Operand(arguments.count), at: span, operands: operands)
      }
      if base != target { emit(.move, target, base, at: span) }
    }
  }

  /// The place of a callee in a variable, which a call reads without taking a reference: nobody can change a local or captured
  /// variable without a cell while the call is under way, and the machine keeps functions that session variables give up.
  private func variable(_ callee: Expression) -> Operand? {
    guard case .name(let name) = callee.kind else { return nil }
    if let place = place(of: name) { return place }
    let isLate =
      isLateBound && local(name) == nil && context.commands[name] == nil && Value.named[name] == nil
    return isLate ? Operand.global(context.machine.globals.slot(name)) : nil
  }

  /// The register a call is laid out from: the target itself when it is the topmost temporary, which saves a move.
  private func callBase(_ target: Int) throws -> Int {
    target == nextRegister - 1 && target != assigned ? target : try temporary()
  }

  private func shape(of arguments: [ArgumentNode]) -> CallShape {
    CallShape(labels: arguments.map(\.label), hasTrailing: arguments.last?.isTrailing == true)
  }

  private func plainArguments(_ arguments: [ArgumentNode]) throws {
    for argument in arguments { try emitArgument(argument.value, into: try temporary()) }
  }

  /// Commands leave their arguments as they are, and whoever else changes a list that is not his alone copies it: so a list of literals is
  /// made once.
  private func emitArgument(_ value: Expression, into target: Int) throws {
    guard case .list(let entries) = value.kind, let values = Value.constants(entries) else {
      return try emitValue(value, into: target)
    }
    emit(.constant, target, 0, 0, constant(.list(values)), at: value.span)
  }

  private func memberCall(
    _ base: Expression, _ name: String, _ nameSpan: Span, _ arguments: [ArgumentNode], into target: Int,
    at span: Span
  ) throws {
    let shape = shape(of: arguments)
    let laidOut = layout(name, shape)
    try releasing {
      let register = try callBase(target)
      var count = arguments.count
      if let laidOut {
        count = laidOut.routine.parameters.count
        for _ in 1..<max(2, count) { _ = try temporary() }
        try emitValue(base, into: register)
        for (argument, parameter) in zip(arguments, laidOut.parameterOf.dropFirst()) {
          try emitArgument(argument.value, into: register + parameter)
        }
        for index in 1..<max(1, count) where laidOut.given >> UInt64(index) & 1 == 0 {
          emit(.constant, register + index, 0, 0, constant(laidOut.routine.defaults[index]), at: span)
        }
      } else {
        try emitValue(base, into: register)
        try plainArguments(arguments)
      }
      memberCalls.append(MemberCall(name: name, shape: shape, laidOut: laidOut))
      let operands = [nameSpan] + arguments.map(\.value.span) + [base.span]
      emit(.callMember, register, 0, count, memberCalls.count - 1, at: span, operands: operands)
      if register != target { emit(.move, target, register, at: span) }
    }
  }

  /// How the arguments of a method call lie in the order of a command's parameters; nil where no command of the name takes them so.
  private func layout(_ name: String, _ shape: CallShape) -> BoundCall? {
    guard let command = context.commands[name], command.parameters.count <= 64,
      let binding = try? Binding(
        callee: name, parameters: command.parameters, labels: [nil] + shape.labels,
        hasTrailing: shape.hasTrailing),
      binding.parameterOf.first == 0, command.parameters.first?.isRest == false,
      !binding.parameterOf.contains(where: { $0 == command.routine.rest })
    else { return nil }
    return BoundCall(binding, to: command.routine)
  }

  /// A call of a command the compiler knows: labels, number of arguments and defaults are settled here.
  func commandCall(
    _ command: Command, at calleeSpan: Span, _ arguments: [ArgumentNode], into target: Int, at span: Span
  ) throws {
    let binding: Binding
    do {
      let shape = shape(of: arguments)
      binding = try Binding(
        callee: command.name, parameters: command.parameters, labels: shape.labels,
        hasTrailing: shape.hasTrailing)
    } catch let error as CommandError {
      let diagnostic = diagnose(error, calleeSpan, arguments)
      guard leniency > 0 else { throw diagnostic }
      raise(diagnostic, at: span)
      return
    }
    let isGuard = command.name == "expectError"
    if isGuard { leniency += 1 }
    defer { if isGuard { leniency -= 1 } }
    try releasing {
      let base = try callBase(target)
      for _ in 1..<max(2, command.parameters.count) { _ = try temporary() }
      var spans: [Span?] = Array(repeating: nil, count: command.parameters.count)
      var rest: [Expression] = []
      for (argument, parameter) in zip(arguments, binding.parameterOf) {
        if spans[parameter] == nil { spans[parameter] = argument.value.span }
        if command.parameters[parameter].isRest {
          rest.append(argument.value)
        } else {
          try emitArgument(argument.value, into: base + parameter)
        }
      }
      for (index, parameter) in command.parameters.enumerated() where spans[index] == nil || parameter.isRest
      {
        if parameter.isRest, !rest.isEmpty {
          try releasing {
            let first = nextRegister
            for value in rest { try emitValue(value, into: try temporary()) }
            emit(.list, base + index, first, rest.count, at: span)
          }
        } else {
          emit(.constant, base + index, 0, 0, constant(command.routine.defaults[index]), at: span)
        }
      }
      commands.append(
        CommandSite(function: context.function(command), command: command, given: binding.given, spans: spans)
      )
      emit(
        .callCommand, base, 0, command.parameters.count, commands.count - 1, at: span, operands: [calleeSpan]
      )
      if base != target { emit(.move, target, base, at: span) }
    }
  }

  private func diagnose(_ error: CommandError, _ calleeSpan: Span, _ arguments: [ArgumentNode])
    -> Diagnostic
  {
    var span = calleeSpan
    if let place = error.argument, let index = Int(place.dropFirst()), arguments.indices.contains(index) {
      span = arguments[index].label == nil ? arguments[index].value.span : arguments[index].labelSpan
    }
    return fault(error.code, error.message, span, help: error.help)
  }

  // MARK: subscripts

  func index(_ base: Expression, _ entries: [IndexNode], into target: Int, at span: Span) throws {
    try releasing {
      let source = try source(base)
      let operands = [base.span] + entries.compactMap(\.span)
      if entries.count == 1, case .value(let value) = entries[0] {
        let index = try self.source(value)
        emit(.getElement, a: Operand(target), b: source, c: index, at: span, operands: operands)
        return
      }
      let first = nextRegister
      indexForms.append(try indexEntries(entries))
      emit(
        .getIndex, a: Operand(target), b: source, c: Operand(first), d: indexForms.count - 1, at: span,
        operands: operands)
    }
  }

  /// Evaluates the parts of a subscript into consecutive registers.
  func indexEntries(_ entries: [IndexNode]) throws -> [IndexForm] {
    var forms: [IndexForm] = []
    for entry in entries {
      switch entry {
      case .ellipsis: forms.append(.ellipsis)
      case .value(let value):
        try emitValue(value, into: try temporary())
        forms.append(.value)
      case .slice(let start, let stop, let step):
        for part in [start, stop, step] { if let part { try emitValue(part, into: try temporary()) } }
        forms.append(.slice(start: start != nil, stop: stop != nil, step: step != nil))
      }
    }
    return forms
  }
}

extension IndexNode {
  /// The place of the entry; nil for `...` and `:`.
  var span: Span? {
    switch self {
    case .value(let value): value.span
    case .slice(let a, let b, let c):
      [a, b, c].compactMap { $0?.span }.reduce(nil) { (whole: Span?, part: Span) in whole?.union(part) ?? part
      }
    case .ellipsis: nil
    }
  }
}
