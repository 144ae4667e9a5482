import CMachine
import Syntax

/// What the compilation of one cell shares between its functions.
final class CompilationContext {
  let source: SourceText
  let machine: Machine
  let commands: [String: Command]
  let resolver: Resolver
  /// Session variables that the cell has declared with `let` so far: they stay as they are until its end.
  var constants: Set<String> = []

  init(source: SourceText, machine: Machine, commands: [String: Command], cell: Block) {
    self.source = source
    self.machine = machine
    self.commands = commands
    resolver = Resolver(cell)
  }

  /// The function value of a command, one a session.
  func function(_ command: Command) -> FunctionBox { machine.native(command) }
}

/// Where a variable lives, seen from one function.
enum Location {
  case register(Int)
  /// A register that holds a cell shared with closures.
  case cell(Int)
  case capture(Int)
  case captureCell(Int)
  case global(Int)
  /// The function itself.
  case own
}

/// What an instruction reads or changes: a number counted from a base.
struct Operand {
  var number: Int
  var base = Base.register

  init(_ number: Int, _ base: Base = .register) {
    self.number = number
    self.base = base
  }
}

/// Compiles one function, closure or cell to bytecode. Expressions are compiled towards a register; temporaries form a stack above
/// the local variables.
final class FunctionCompiler {
  struct Variable {
    var location: Location
    var isMutable: Bool
    var what: String
  }
  struct Capture {
    var name: String
    var source: CaptureSource
    var isCell: Bool
    var variable: Variable
  }
  struct Loop {
    var breaks: [Int] = []
    var continues: [Int] = []
  }

  let context: CompilationContext
  let parent: FunctionCompiler?
  let name: String
  /// The name by which a function that is local to another one calls itself. It does not capture itself: it would hold the last reference
  /// to itself and never go.
  let ownName: String?
  /// Whether this is the cell itself, where plain assignment makes session variables.
  let isCell: Bool
  /// Whether names unknown now may be defined by the time the code runs: inside a named function.
  let isLateBound: Bool
  /// Above 0 inside `try` and `expectError`: faults found now are raised when the code runs, so that it can catch them.
  var leniency: Int

  var scopes: [[String: Variable]] = [[:]]
  var loops: [Loop] = []
  var nextRegister = 0
  /// The variable an assignment writes straight into, which calls on its right side must not use as scratch space.
  var assigned: Int?
  var registerCount = 0

  var parameters: [Parameter] = []
  var instructions: [Instruction] = []
  var siteOf: [Int32] = []
  var sites: [Site] = []
  var constants: [Value] = []
  var captures: [Capture] = []
  var functions: [FunctionCode] = []
  var handlers: [Handler] = []
  var calls: [CallShape] = []
  var memberCalls: [MemberCall] = []
  var commands: [CommandSite] = []
  var indexForms: [[IndexForm]] = []
  var memberNames: [String] = []
  var paths: [[PathStep]] = []
  var keys: [RecordKeys] = []
  var diagnostics: [Diagnostic] = []

  init(
    _ context: CompilationContext, parent: FunctionCompiler?, name: String, ownName: String? = nil,
    isLateBound: Bool
  ) {
    self.context = context
    self.parent = parent
    self.name = name
    self.ownName = ownName
    isCell = parent == nil
    self.isLateBound = isLateBound
    leniency = parent?.leniency ?? 0
  }

  /// The code of a whole cell; its result is the value of the last statement when that is an expression.
  static func compile(_ cell: Block, in context: CompilationContext) throws -> FunctionCode {
    let unit = FunctionCompiler(context, parent: nil, name: "cell", isLateBound: false)
    // A name takes at least a byte, so the cell cannot bring more new ones than this.
    guard context.machine.globals.count + context.source.bytes.count < Globals.capacity else {
      throw unit.fault("TooLarge", "the cell is too long, or the session has too many variables", Span(0, 0))
    }
    try unit.body(cell)
    return FunctionCode(unit, span: cell.span)
  }

  // MARK: registers

  /// A fresh register on top of the stack.
  func temporary() throws -> Int {
    let register = nextRegister
    guard register < 60_000 else {
      throw fault(
        "TooLarge", "this needs too many values at once", Span(0, 0), help: "make the list in parts")
    }
    nextRegister += 1
    registerCount = max(registerCount, nextRegister)
    return register
  }

  /// Runs `body` and gives back the registers it took.
  @discardableResult
  func releasing<T>(_ body: () throws -> T) rethrows -> T {
    let mark = nextRegister
    defer { nextRegister = mark }
    return try body()
  }

  // MARK: emission

  @discardableResult
  func emit(
    _ op: Opcode, a: Operand, b: Operand = Operand(0), c: Operand = Operand(0), d: Int = 0,
    at span: Span, operands: [Span] = []
  ) -> Int {
    instructions.append(
      Instruction(
        op: op, base_a: a.base, base_b: b.base, base_c: c.base, d: Int32(truncatingIfNeeded: d),
        a: UInt16(truncatingIfNeeded: a.number), b: UInt16(truncatingIfNeeded: b.number),
        c: UInt16(truncatingIfNeeded: c.number)))
    if let last = sites.last, last.span == span, last.operands == operands {
      siteOf.append(Int32(sites.count - 1))
    } else {
      siteOf.append(Int32(sites.count))
      sites.append(Site(span: span, operands: operands))
    }
    return instructions.count - 1
  }

  /// The same with operands in registers.
  @discardableResult
  func emit(
    _ op: Opcode, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, _ d: Int = 0, at span: Span, operands: [Span] = []
  ) -> Int {
    emit(op, a: Operand(a), b: Operand(b), c: Operand(c), d: d, at: span, operands: operands)
  }

  /// The index of the next instruction.
  var here: Int { instructions.count }

  /// Makes a jump lead to an instruction, the next one when none is given.
  func patch(_ jump: Int, to target: Int? = nil) {
    instructions[jump].d = Int32(truncatingIfNeeded: (target ?? here) - jump - 1)
  }

  func constant(_ value: Value) -> Int {
    constants.append(value)
    return constants.count - 1
  }

  /// A fresh cache for an access to a member.
  func member(_ name: String) -> Int {
    memberNames.append(name)
    return memberNames.count - 1
  }

  func fault(_ code: String, _ message: String, _ span: Span, help: String? = nil) -> Diagnostic {
    Diagnostic(code: code, message, labels: [.init(span)], help: help, source: context.source)
  }

  /// Code that raises a fault found during compilation when it is reached.
  func raise(_ diagnostic: Diagnostic, at span: Span) {
    diagnostics.append(diagnostic)
    emit(.raise, 0, 0, 0, diagnostics.count - 1, at: span)
  }

  // MARK: names

  func declare(_ name: String, _ span: Span, register: Int, isMutable: Bool, what: String) {
    let isBoxed = context.resolver.boxed.contains(span.start)
    if isBoxed { emit(.newCell, register, at: span) }
    scopes[scopes.count - 1][name] = Variable(
      location: isBoxed ? .cell(register) : .register(register), isMutable: isMutable, what: what)
  }

  /// The variable a name means here; nil when it is not a local of this function or one around it.
  func local(_ name: String) -> Variable? {
    for scope in scopes.reversed() {
      if let found = scope[name] { return found }
    }
    if name == ownName { return Variable(location: .own, isMutable: false, what: "a function") }
    if let index = captures.firstIndex(where: { $0.name == name }) { return captures[index].variable }
    guard let parent, let outer = parent.local(name) else { return nil }
    let source: CaptureSource
    let isCell: Bool
    switch outer.location {
    case .register(let register): (source, isCell) = (.register(register), false)
    case .cell(let register): (source, isCell) = (.register(register), true)
    case .capture(let index): (source, isCell) = (.capture(index), false)
    case .captureCell(let index): (source, isCell) = (.capture(index), true)
    case .own: (source, isCell) = (.own, false)
    case .global: return outer
    }
    let variable = Variable(
      location: isCell ? .captureCell(captures.count) : .capture(captures.count), isMutable: outer.isMutable,
      what: outer.what)
    captures.append(Capture(name: name, source: source, isCell: isCell, variable: variable))
    return variable
  }

  /// A name as a slot of the session: defined already, assigned somewhere in this cell, or late bound.
  func global(_ name: String) -> Int? {
    let globals = context.machine.globals
    let isOwn = globals.definedSlot(name) != nil || context.resolver.sessionNames.contains(name)
    let plain = name == "ans" && !isOwn ? "_" : name
    if let slot = globals.definedSlot(plain) { return slot }
    if plain == "_" { return globals.slot(plain) }
    if context.resolver.sessionNames.contains(plain) { return globals.slot(plain) }
    return nil
  }

  /// All names visible here, for suggestions.
  var visibleNames: [String] {
    var result = scopes.flatMap(\.keys) + (parent?.visibleNames ?? [])
    if parent == nil {
      result +=
        context.machine.globals.definedNames + Array(context.commands.keys) + Array(Value.named.keys)
        + Array(context.resolver.sessionNames)
    }
    return result
  }

  func unknownName(_ name: String, _ span: Span) -> Diagnostic {
    fault(
      "UnknownName", "unknown name `\(name)`", span,
      help: ForeignNames.remedy(for: name, in: visibleNames))
  }

  func scoped(_ body: () throws -> Void) rethrows {
    scopes.append([:])
    defer { scopes.removeLast() }
    try releasing(body)
  }
}
