import CKernels
import CMachine
import Syntax
import Tensor

extension Machine {
  /// Makes the call of the value in `place`. Commands and objects run at once and leave their result there.
  /// - Returns: for a function of the language, its code and its arguments in order.
  func invoke(
    _ place: Place, _ arguments: [Value], _ shape: CallShape?
  ) throws -> (FunctionBox, FunctionCode, [Value])? {
    switch place.pointee {
    case .function(let function):
      if let code = function.code { return (function, code, try bind(function, code, arguments, shape)) }
      place.pointee = try callNative(function, arguments, shape)
    case .object(let box):
      place.pointee = try callNative(FunctionBox(calling: box.object), arguments, shape)
    default:
      throw CommandError(
        "NotCallable", "\(place.pointee.article) cannot be called", help: place.pointee.callHelp)
    }
    return nil
  }

  /// Puts the arguments of a function of the language in order; those not given are marked.
  private func bind(
    _ function: FunctionBox, _ code: FunctionCode, _ arguments: [Value], _ shape: CallShape?
  ) throws -> [Value] {
    let labels = shape?.labels ?? Array(repeating: nil, count: arguments.count)
    let binding = try Binding(
      callee: function.name, parameters: code.parameters, labels: labels,
      hasTrailing: shape?.hasTrailing == true)
    var values: [Value] = Array(repeating: .string(Machine.missing), count: code.parameters.count)
    for (index, parameter) in binding.parameterOf.enumerated() { values[parameter] = arguments[index] }
    return values
  }

  /// Calls a command through its function value.
  func callNative(_ function: FunctionBox, _ arguments: [Value], _ shape: CallShape?) throws -> Value {
    guard let command = function.command, let session else {
      throw CommandError("NotCallable", "this cannot be called")
    }
    let labels = shape?.labels ?? Array(repeating: nil, count: arguments.count)
    let binding = try Binding(
      callee: command.name, parameters: command.parameters, labels: labels,
      hasTrailing: shape?.hasTrailing == true)
    let call = BoundCall(binding, to: command.routine)
    var arguments = arguments
    let values = arguments.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map(call.values) ?? command.routine.defaults
    }
    return try perform(call.routine, values, call.given, session)
  }

  /// Runs a command bound at compile time.
  func perform(_ site: CommandSite, _ values: [Value]) throws -> Value {
    guard let session else {
      throw CommandError("NoSession", "there is no session to run \(site.routine.name) in")
    }
    return try perform(site.routine, values, site.given, session)
  }

  private func perform(_ routine: Routine, _ values: [Value], _ given: UInt64, _ session: Session) throws
    -> Value
  {
    // What follows a command that was interrupted and gave what it had does not begin.
    if faa_interrupted() { throw Interrupted() }
    let arguments = Arguments(routine, values: values, given: given, session: session)
    if let parameter = routine.mismatch(values, given: given) {
      throw arguments.mismatch(parameter.name, expected: parameter.kind.description)
    }
    if let profile { return try profile.measure(routine.name) { try routine.body(arguments) } }
    return try routine.body(arguments)
  }

  /// `receiver.name(arguments)`, the receiver and its arguments one after the other: a field or member that is a function, else the command
  /// `name` with the receiver first.
  func callMember(_ call: MemberCall, _ operands: Place, count: Int) throws -> Value {
    if let session {
      if let command = call.laidOut, command.routine.isPlainReceiver(operands) {
        return try perform(command.routine, Self.values(operands, count), command.given, session)
      }
      if let known = call.known, known.routine.isPlainReceiver(operands) {
        return try perform(known.routine, known.values(of: operands), known.given, session)
      }
    }
    switch operands.pointee {
    case .record(let box):
      if let owned = box[call.name] {
        return try self.call(owned, written(call, operands, count), call.shape)
      }
    case .object(let box):
      guard let owned = try box.object.member(call.name) else {
        throw noMember(call.name, of: operands.pointee)
      }
      return try self.call(owned, written(call, operands, count), call.shape)
    default: break
    }
    guard let session else { throw CommandError("NoSession", "there is no session to run \(call.name) in") }
    let command = try command(for: call, operands.pointee)
    let values = call.laidOut == nil ? command.values(of: operands) : Self.values(operands, count)
    return try perform(command.routine, values, command.given, session)
  }

  private static func values(_ operands: Place, _ count: Int) -> [Value] {
    Array(UnsafeBufferPointer(start: operands, count: count))
  }

  /// The arguments as they are written.
  private func written(_ call: MemberCall, _ operands: Place, _ count: Int) -> [Value] {
    if let command = call.laidOut { return command.parameterOf.dropFirst().map { operands[$0] } }
    return Self.values(operands + 1, count)
  }

  /// The command behind a method call; looked up and bound once a call site.
  private func command(for call: MemberCall, _ receiver: Value) throws -> BoundCall {
    if let known = call.laidOut ?? call.known, known.routine.isMethod(of: receiver) { return known }
    guard let command = method(call.name, of: receiver) else {
      if let value = try receiver.property(call.name) {
        throw CommandError(
          "NotCallable", "`\(call.name)` is \(value.article), not a method",
          help: "write `.\(call.name)` without parentheses")
      }
      throw noMember(call.name, of: receiver)
    }
    let binding = try Binding(
      callee: command.name, parameters: command.parameters, labels: [nil] + call.shape.labels,
      hasTrailing: call.shape.hasTrailing)
    let bound = BoundCall(binding, to: command.routine)
    call.known = bound
    return bound
  }

  /// The command that serves as a method: one whose first parameter takes the receiver.
  func method(_ name: String, of receiver: Value) -> Command? {
    guard let command = session?.commands[name], command.routine.isMethod(of: receiver) else { return nil }
    return command
  }

  /// Calls any value from Swift code.
  func call(_ callee: Value, _ arguments: [Value], _ shape: CallShape?) throws -> Value {
    var slot = callee
    return try withUnsafeMutablePointer(to: &slot) { place in
      guard let (function, code, values) = try invoke(place, arguments, shape) else { return place.pointee }
      return try call(function, code, values)
    }
  }

  /// `value.name` without a call.
  func member(_ name: String, of value: Value) throws -> Value {
    if let found = try value.property(name) { return found }
    guard let command = method(name, of: value) else { throw noMember(name, of: value) }
    let rest = Array(command.parameters.dropFirst())
    return .function(
      FunctionBox(
        native: Command(command.name, command.summary, rest, effects: command.effects) { arguments in
          try command.body(
            Arguments(
              command.routine, values: [value] + arguments.values, given: arguments.given << 1 | 1,
              session: arguments.session))
        }))
  }

  private func noMember(_ name: String, of value: Value) -> CommandError {
    if case .record(let box) = value, ForeignNames.code(for: name) == nil {
      return Value.unknownKey(name, box)
    }
    return CommandError(
      "UnknownMember", "\(value.article) has no member `\(name)`",
      help: ForeignNames.remedy(for: name, in: memberNames(of: value)))
  }

  /// A member that the cache did not know; of a record, it is known next time.
  func member(_ cache: Int, of value: Value, _ code: FunctionCode) throws -> Value {
    let name = code.memberNames[cache]
    guard case .record(let box) = value, let index = box.shape.place(of: name) else {
      return try member(name, of: value)
    }
    code.remember(box, index: index, in: cache)
    return box.values[index]
  }

  /// Changes a member that the cache did not know, or of a record that somebody else holds too.
  func setMember(_ cache: Int, of place: Place, to value: Value, _ code: FunctionCode) throws {
    let name = code.memberNames[cache]
    try Value.update(place, [.member(name)], to: value)
    guard case .record(let box) = place.pointee, let index = box.shape.place(of: name) else { return }
    code.remember(box, index: index, in: cache)
  }

  /// Everything that can follow the `.` after a value.
  func memberNames(of value: Value) -> [String] {
    var names = value.propertyNames
    if case .object = value { return names }
    for command in session?.commands.values.map({ $0 }) ?? [] where method(command.name, of: value) != nil {
      names.append(command.name)
    }
    return names
  }

  // MARK: append

  /// `xs.append(x)` on a variable that holds a list somebody else holds too, or something else.
  func append(_ element: Value, to place: Place) throws {
    guard case .list = place.pointee else {
      let call = MemberCall(name: "append", shape: CallShape(labels: [nil], hasTrailing: false))
      var operands = [place.pointee, element]
      _ = try operands.withUnsafeMutableBufferPointer { buffer in
        try buffer.baseAddress.map { try callMember(call, $0, count: 1) }
      }
      return
    }
    Value.withOwnedList(place) { $0.append(element) }
  }

  // MARK: faults

  /// What a fault looks like from the instruction that met it.
  func diagnose(_ error: any Error, _ code: FunctionCode, _ pc: Int, _ registers: Place) -> Diagnostic {
    let site = code.site(at: pc)
    let instruction = pc >= 0 && pc < code.instructionCount ? code.instructions[pc] : Instruction()
    switch error {
    case var diagnostic as Diagnostic:
      if diagnostic.source != nil, instruction.op != .raise,
        let name = calledName(instruction, code, registers)
      {
        diagnostic.trace.append(.init(function: name, source: code.source, span: site.span))
      }
      if diagnostic.source == nil {
        diagnostic.source = code.source
        diagnostic.labels = [.init(site.span)]
      }
      return diagnostic
    case let error as CommandError:
      let labels = labels(for: instruction, site, code, registers, argument: error.argument, isShape: false)
      let hidden = error.code == "NotCallable" ? hiddenCommand(instruction, site, code) : nil
      return Diagnostic(
        code: error.code, hidden?.message ?? error.message, labels: labels,
        help: hidden?.help ?? (error.code == "NotCallable" ? pipeHelp(site, code) : nil) ?? error.help,
        source: code.source)
    case let error as TensorError:
      let labels = labels(for: instruction, site, code, registers, argument: nil, isShape: true)
      return Diagnostic(
        code: error.languageCode, error.languageMessage, labels: labels, help: error.help, source: code.source
      )
    case is Interrupted:
      return Diagnostic(code: "Interrupted", "interrupted", labels: [.init(site.span)], source: code.source)
    default:
      // A library above the tensors says what is wrong and, where it knows one, the remedy on a line of its own.
      let parts = "\(error)".split(separator: "\nhelp: ", maxSplits: 1, omittingEmptySubsequences: false)
      return Diagnostic(
        code: "\(type(of: error))", String(parts[0]), labels: [.init(site.span)],
        help: parts.count > 1 ? String(parts[1]) : nil, source: code.source)
    }
  }

  /// What to say of `x |> f(y)` where `f(y)` is no function; nil for other calls.
  private func pipeHelp(_ site: Site, _ code: FunctionCode) -> String? {
    guard site.operands.count == 2, site.operands[1].start < site.operands[0].start,
      code.source.text(site.operands[0]).hasSuffix(")")
    else { return nil }
    return "`x |> f(y)` calls what `f(y)` gives; write `x |> { v in f(v, y) }`"
  }

  /// What to say of a call of a variable whose value cannot be called, when the variable hides a command; nil for other calls.
  private func hiddenCommand(_ instruction: Instruction, _ site: Site, _ code: FunctionCode) -> (
    message: String, help: String
  )? {
    guard instruction.op == .call || instruction.op == .callLabelled, let span = site.operands.first,
      session?.commands[code.source.text(span)] != nil
    else { return nil }
    let name = code.source.text(span)
    // Inside a function the variable may be a local, which nothing brings back but another name.
    guard let value = globals.value(of: name), !value.isCallable else {
      return ("the variable `\(name)` hides the command `\(name)`", "give the variable another name")
    }
    return (
      "the variable `\(name)` (\(value.article)) hides the command `\(name)`",
      "`%reset \(name)` forgets the variable"
    )
  }

  /// The frame of a call that a fault came through.
  func caller(of name: String, _ code: FunctionCode, _ pc: Int) -> Diagnostic.Frame {
    Diagnostic.Frame(function: name, source: code.source, span: code.site(at: pc).span)
  }

  private func calledName(_ instruction: Instruction, _ code: FunctionCode, _ registers: Place) -> String? {
    switch instruction.op {
    case .callCommand: return code.commands[Int(instruction.d)].routine.name
    case .callMember: return code.memberCalls[Int(instruction.d)].name
    case .call, .callLabelled:
      if case .function(let function) = registers[Int(instruction.a)] { return function.name }
      return nil
    default: return nil
    }
  }

  /// Carets: under the argument at fault, under both operands with their shapes or types, or under the whole.
  private func labels(
    for instruction: Instruction, _ site: Site, _ code: FunctionCode, _ registers: Place, argument: String?,
    isShape: Bool
  ) -> [Diagnostic.Label] {
    switch instruction.op {
    case .callCommand:
      let command = code.commands[Int(instruction.d)]
      if let argument, let index = command.routine.names.firstIndex(of: argument),
        let span = command.spans[index]
      {
        return [.init(span)]
      }
      guard isShape else { return [.init(site.operands.first ?? site.span)] }
      let shaped = command.spans.enumerated().compactMap { index, span -> Diagnostic.Label? in
        guard let span, case .tensor(let tensor) = registers[Int(instruction.a) + index] else { return nil }
        return .init(span, "\(tensor.shape)")
      }
      return shaped.isEmpty ? [.init(site.operands.first ?? site.span)] : shaped
    case .add, .subtract, .multiply, .divide, .floorDivide, .modulo, .power, .matmul, .equal, .notEqual,
      .less, .lessEqual, .greater, .greaterEqual:
      guard site.operands.count == 2 else { break }
      return [
        .init(site.operands[0], value(instruction.b, instruction.base_b, code, registers).label),
        .init(site.operands[1], value(instruction.c, instruction.base_c, code, registers).label),
      ]
    case .jumpEqual, .jumpNotEqual, .jumpLess, .jumpLessEqual, .jumpGreater, .jumpGreaterEqual, .combine:
      guard site.operands.count == 2 else { break }
      return [
        .init(site.operands[0], value(instruction.a, instruction.base_a, code, registers).label),
        .init(site.operands[1], value(instruction.b, instruction.base_b, code, registers).label),
      ]
    case .appendText:
      guard site.operands.count == 2 else { break }
      let left = value(instruction.a, instruction.base_a, code, registers)
      return [.init(site.operands[0], left.label), .init(site.operands[1], "string")]
    case .addI, .subtractI, .multiplyI, .moduloI:
      guard site.operands.count == 2 else { break }
      let left = value(instruction.b, instruction.base_b, code, registers)
      return [.init(site.operands[0], left.label), .init(site.operands[1], "int")]
    case .negate, .not, .getMember:
      return [.init(site.operands.first ?? site.span)]
    case .getElement, .getIndex:
      guard let base = site.operands.first else { break }
      let label = value(instruction.b, instruction.base_b, code, registers).label
      return [.init(base, label)] + site.operands.dropFirst().map { .init($0) }
    case .setElement:
      guard let base = site.operands.first, instruction.base_a != .captureOrCell else { break }
      let label = value(instruction.a, instruction.base_a, code, registers).label
      return [.init(base, label)] + site.operands.dropFirst().map { .init($0) }
    case .callMember, .call, .callLabelled:
      return [.init(site.operands.first ?? site.span)]
    default: break
    }
    return [.init(site.span)]
  }
}

extension Machine {
  /// The value of an operand of the innermost function.
  private func value(_ number: UInt16, _ base: Base, _ code: FunctionCode, _ registers: Place) -> Value {
    switch base {
    case .register: registers[Int(number)]
    case .constant: code.constants[Int(number)]
    case .global: globals.values[Int(number)]
    case .captureOrCell: frames[depth - 1].captures.assumingMemoryBound(to: Value.self)[Int(number)]
    }
  }
}

extension Value {
  /// What stands beside a caret: the shape of a tensor, the type of anything else.
  fileprivate var label: String {
    switch self {
    case .tensor(let tensor): "\(tensor.shape)"
    case .list(let box): "list of \(box.elements.count)"
    default: typeName
    }
  }

  /// Whether the value can be called.
  var isCallable: Bool {
    switch self {
    case .function, .object: true
    default: false
    }
  }

  fileprivate var callHelp: String? {
    switch self {
    case .int, .float: "multiplication is written `*`"
    case .string(let box) where DType(named: box.value) != nil:
      "a tensor's dtype is changed by `cast(x, \(box.value))`; whether a number is not 0 is `x != 0`"
    case .list, .tuple, .tensor: "elements are taken with `[…]`"
    default: nil
    }
  }
}

extension FunctionBox {
  /// Calls the function with positional arguments. Commands that take a function call it through this; calls nest freely.
  /// - Throws: a `Diagnostic` with the place in the program where the fault happened, or what a native function threw.
  public func call(_ arguments: [Value]) throws -> Value {
    if let code, let machine {
      if arguments.count == code.parameters.count { return try machine.call(self, code, arguments) }
      return try machine.call(.function(self), arguments, nil)
    }
    guard let command else { throw CommandError("NotCallable", "`\(name)` cannot be called") }
    // A command value knows no session of its own; the one that runs is the one that made the call.
    guard let machine = Machine.running else {
      throw CommandError("NoSession", "`\(command.name)` was called outside a session")
    }
    return try machine.callNative(self, arguments, nil)
  }

  /// Calls the function with positional arguments.
  public func call(_ arguments: Value...) throws -> Value { try call(arguments) }

  /// The number of parameters that have to be given.
  public var arity: Int { parameters.filter { $0.defaultValue == nil && !$0.isRest }.count }
}
