import CKernels
import Syntax
import Tensor

/// The interpreter of one session: a register stack, the frames of the functions under way, the session variables. Calls between
/// functions of the language do not use the machine stack; only commands that call back do.
final class Machine: @unchecked Sendable {
  /// The machine that runs on this thread, for native functions that Swift code calls by value.
  @TaskLocal static var running: Machine?

  /// Functions of the language that may be under way at once.
  static let depthLimit = 10_000
  private static let stackCapacity = 1 << 20

  /// A function under way.
  ///
  /// It holds no references: the function stays alive in the register below its own, where it was called from, or with the
  /// Swift code that called it.
  struct Frame {
    var function: Unmanaged<FunctionBox>
    var code: Unmanaged<FunctionCode>
    var registers: Place
    /// Where it goes on when the call it made returns.
    var resume: UnsafeMutablePointer<Instruction>
  }

  let globals = Globals()
  /// Set back to nil when the session goes; values that outlive it then say so.
  unowned(unsafe) var session: Session?
  /// Function values of commands, made once.
  private var natives: [String: FunctionBox] = [:]

  private let stack: Place
  /// Registers below this hold values.
  private var initialized: Place
  /// Where a function called from a command may put its registers.
  var top: Place
  let frames: UnsafeMutablePointer<Frame>
  var depth = 0
  var guardian = StackGuard()
  /// The clock of the commands while an expression is profiled.
  var profile: CommandTimes?
  /// Functions that still run though their variable has another value now.
  var retired: [FunctionBox] = []

  /// What a parameter that was not given holds until its default is evaluated.
  static let missing = StringBox("not given")

  init() {
    stack = .allocate(capacity: Machine.stackCapacity)
    initialized = stack
    top = stack
    frames = .allocate(capacity: Machine.depthLimit + 1)
  }

  deinit {
    stack.deinitialize(count: initialized - stack)
    stack.deallocate()
    frames.deallocate()
  }

  /// The function value of a command.
  func native(_ command: Command) -> FunctionBox {
    if let known = natives[command.name] { return known }
    let function = FunctionBox(native: command)
    natives[command.name] = function
    return function
  }

  /// Makes sure that `count` registers from `base` exist.
  private func reserve(_ base: Place, _ count: Int, for function: FunctionBox) throws {
    let end = base + count
    if end > stack + Machine.stackCapacity || depth >= Machine.depthLimit {
      throw CommandError(
        "RecursionLimit", "`\(function.name)` calls itself too deeply: \(depth) calls are under way",
        help: "check the condition that ends the recursion, or use a loop")
    }
    if end > initialized {
      initialized.initialize(repeating: .none, count: end - initialized)
      initialized = end
    }
  }

  /// Starts a function whose arguments are in its first registers.
  @inline(__always)
  private func push(
    _ function: Unmanaged<FunctionBox>, _ code: Unmanaged<FunctionCode>, _ registers: Place
  ) throws {
    let count = code._withUnsafeGuaranteedRef { $0.registerCount }
    if registers + count > initialized || depth >= Machine.depthLimit {
      try reserve(registers, count, for: function.takeUnretainedValue())
    }
    (frames + depth).initialize(
      to: Frame(
        function: function, code: code, registers: registers,
        resume: code._withUnsafeGuaranteedRef { $0.instructions }))
    depth += 1
  }

  /// Ends the innermost function: clears its registers and forgets it.
  @inline(__always)
  private func pop() {
    depth -= 1
    let frame = frames + depth
    let registers = frame.pointee.registers
    let end = registers + frame.pointee.code._withUnsafeGuaranteedRef { $0.registerCount }
    var place = registers
    while place < end {
      place.clear()
      place += 1
    }
  }

  /// Calls a function of the language with positional arguments, one for every parameter.
  func call(_ function: FunctionBox, _ code: FunctionCode, _ arguments: [Value]) throws -> Value {
    // A command that calls back again and again, such as `map`, stops here.
    if faa_interrupted() { throw Interrupted() }
    try guardian.check(function.name)
    let saved = top
    defer { top = saved }
    let base = top
    if base + max(code.registerCount, arguments.count) > initialized || depth >= Machine.depthLimit {
      try reserve(base, max(code.registerCount, arguments.count), for: function)
    }
    for (index, argument) in arguments.enumerated() { base[index] = argument }
    defer { if depth == 0 { retired = [] } }
    return try run(function, code, base)
  }

  /// The loop. Runs `function`, whose arguments are in `base`, until it returns.
  private func run(_ function: FunctionBox, _ entry: FunctionCode, _ base: Place) throws -> Value {
    let floor = depth
    var code = Unmanaged.passUnretained(entry)
    try push(.passUnretained(function), code, base)
    var captures = function.captures
    var registers = base
    var ip = entry.instructions
    var constants = entry.constants
    while true {
      do {
        dispatch: while true {
          let i = ip.pointee
          ip += 1
          let a = registers + Int(i.a)
          switch i.op {
          case .move: a.copy(registers + Int(i.b))
          case .constant: a.copy(constants + Int(i.d))
          case .integer: a.put(.int(Int(i.d)))
          case .none: a.clear()
          case .bool: a.put(.bool(i.d != 0))

          case .getGlobal:
            let slot = Int(i.d)
            a.pointee = globals.isDefined[slot] ? globals.values[slot] : try undefinedValue(slot)
          case .moveGlobal:
            retire(globals.values[Int(i.d)])
            globals.values[Int(i.d)] = a.take()
            globals.isDefined[Int(i.d)] = true
          case .getCapture: a.copy(captures + Int(i.d))
          case .newCell: a.pointee = .list(ListBox([a.pointee]))
          case .getCell:
            guard case .list(let cell) = registers[Int(i.b)] else { throw broken() }
            a.pointee = cell.elements[0]
          case .setCell:
            guard case .list(let cell) = a.pointee else { throw broken() }
            cell.elements[0] = registers[Int(i.b)]

          case .add:
            let x = (i.d & 1 == 0 ? registers : constants) + Int(i.b)
            let y = (i.d & 2 == 0 ? registers : constants) + Int(i.c)
            if a.arithmetic(x, y, { $0.addingReportingOverflow($1) }, { $0 + $1 }) { continue dispatch }
            a.pointee = try Operators.apply(.add, x.pointee, y.pointee)
          case .subtract:
            let x = (i.d & 1 == 0 ? registers : constants) + Int(i.b)
            let y = (i.d & 2 == 0 ? registers : constants) + Int(i.c)
            if a.arithmetic(x, y, { $0.subtractingReportingOverflow($1) }, { $0 - $1 }) { continue dispatch }
            a.pointee = try Operators.apply(.subtract, x.pointee, y.pointee)
          case .multiply:
            let x = (i.d & 1 == 0 ? registers : constants) + Int(i.b)
            let y = (i.d & 2 == 0 ? registers : constants) + Int(i.c)
            if a.arithmetic(x, y, { $0.multipliedReportingOverflow(by: $1) }, { $0 * $1 }) {
              continue dispatch
            }
            a.pointee = try Operators.apply(.multiply, x.pointee, y.pointee)
          case .divide:
            let x = (i.d & 1 == 0 ? registers : constants) + Int(i.b)
            let y = (i.d & 2 == 0 ? registers : constants) + Int(i.c)
            if case .float(let p) = x.pointee, case .float(let q) = y.pointee {
              a.put(.float(p / q))
              continue dispatch
            }
            a.pointee = try Operators.apply(.divide, x.pointee, y.pointee)
          case .modulo:
            let x = (i.d & 1 == 0 ? registers : constants) + Int(i.b)
            let y = (i.d & 2 == 0 ? registers : constants) + Int(i.c)
            if case .int(let p) = x.pointee, case .int(let q) = y.pointee, q > 0 {
              a.put(.int(Operators.floorModulo(p, q)))
              continue dispatch
            }
            a.pointee = try Operators.apply(.modulo, x.pointee, y.pointee)
          case .floorDivide:
            a.pointee = try Operators.apply(.floorDivide, registers[Int(i.b)], registers[Int(i.c)])
          case .power: a.pointee = try Operators.apply(.power, registers[Int(i.b)], registers[Int(i.c)])
          case .matmul: a.pointee = try Operators.apply(.matmul, registers[Int(i.b)], registers[Int(i.c)])

          case .addI:
            let x = registers + Int(i.b)
            if a.arithmetic(x, Int(i.d), { $0.addingReportingOverflow($1) }, { $0 + $1 }) {
              continue dispatch
            }
            a.pointee = try Operators.apply(.add, x.pointee, .int(Int(i.d)))
          case .subtractI:
            let x = registers + Int(i.b)
            if a.arithmetic(x, Int(i.d), { $0.subtractingReportingOverflow($1) }, { $0 - $1 }) {
              continue dispatch
            }
            a.pointee = try Operators.apply(.subtract, x.pointee, .int(Int(i.d)))
          case .multiplyI:
            let x = registers + Int(i.b)
            if a.arithmetic(x, Int(i.d), { $0.multipliedReportingOverflow(by: $1) }, { $0 * $1 }) {
              continue dispatch
            }
            a.pointee = try Operators.apply(.multiply, x.pointee, .int(Int(i.d)))
          case .moduloI:
            let x = registers + Int(i.b)
            if case .int(let p) = x.pointee, i.d > 0 {
              a.put(.int(Operators.floorModulo(p, Int(i.d))))
              continue dispatch
            }
            a.pointee = try Operators.apply(.modulo, x.pointee, .int(Int(i.d)))

          case .equal: a.pointee = try Operators.apply(.equal, registers[Int(i.b)], registers[Int(i.c)])
          case .notEqual: a.pointee = try Operators.apply(.notEqual, registers[Int(i.b)], registers[Int(i.c)])
          case .less: a.pointee = try Operators.apply(.less, registers[Int(i.b)], registers[Int(i.c)])
          case .lessEqual:
            a.pointee = try Operators.apply(.lessEqual, registers[Int(i.b)], registers[Int(i.c)])
          case .greater: a.pointee = try Operators.apply(.greater, registers[Int(i.b)], registers[Int(i.c)])
          case .greaterEqual:
            a.pointee = try Operators.apply(.greaterEqual, registers[Int(i.b)], registers[Int(i.c)])
          case .negate: a.pointee = try Operators.negate(registers[Int(i.b)])
          case .not: a.pointee = try Operators.not(registers[Int(i.b)])

          case .jump: ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
          case .loop:
            if faa_interrupted() { throw Interrupted() }
            ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
          case .jumpIf:
            let truth: Bool
            if case .bool(let value) = a.pointee {
              truth = value
            } else {
              truth = try Operators.truth(a.pointee)
            }
            if truth == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpEqual:
            let outcome = try a.compare(.equal, registers + Int(i.b), { $0 == $1 }, { $0 == $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpNotEqual:
            let outcome = try a.compare(.notEqual, registers + Int(i.b), { $0 != $1 }, { $0 != $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpLess:
            let outcome = try a.compare(.less, registers + Int(i.b), { $0 < $1 }, { $0 < $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpLessEqual:
            let outcome = try a.compare(.lessEqual, registers + Int(i.b), { $0 <= $1 }, { $0 <= $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpGreater:
            let outcome = try a.compare(.greater, registers + Int(i.b), { $0 > $1 }, { $0 > $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpGreaterEqual:
            let outcome = try a.compare(.greaterEqual, registers + Int(i.b), { $0 >= $1 }, { $0 >= $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpEqualI:
            let outcome = try a.compare(.equal, Int(Int16(bitPattern: i.b)), { $0 == $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpNotEqualI:
            let outcome = try a.compare(.notEqual, Int(Int16(bitPattern: i.b)), { $0 != $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpLessI:
            let outcome = try a.compare(.less, Int(Int16(bitPattern: i.b)), { $0 < $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpLessEqualI:
            let outcome = try a.compare(.lessEqual, Int(Int16(bitPattern: i.b)), { $0 <= $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpGreaterI:
            let outcome = try a.compare(.greater, Int(Int16(bitPattern: i.b)), { $0 > $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpGreaterEqualI:
            let outcome = try a.compare(.greaterEqual, Int(Int16(bitPattern: i.b)), { $0 >= $1 })
            if outcome == (i.c != 0) { ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d) }
          case .jumpIfNotNone:
            if case .none = a.pointee { continue dispatch }
            ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
          case .jumpIfGiven:
            if case .string(let box) = a.pointee, box === Machine.missing { continue dispatch }
            ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
          case .shortCircuit:
            if try Operators.decides(a.pointee, isOr: i.c != 0) {
              ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
            }
          case .combine: a.pointee = try Operators.combine(a.pointee, registers[Int(i.b)], isOr: i.c != 0)

          case .iterate: try Iteration.start(registers[Int(i.b)], a)
          case .again:
            if faa_interrupted() { throw Interrupted() }
            if case .int(let member) = a.pointee, case .int(let end) = a[1] {
              if member < end {
                (registers + Int(i.b)).put(.int(member))
                a.initialize(to: .int(member &+ 1))
                ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
              }
              continue dispatch
            }
            if let element = try Iteration.next(a) {
              registers[Int(i.b)] = element
              ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
            }
          case .next:
            // Ranges with step 1 keep the next member and the end in the two state registers.
            if case .int(let member) = a.pointee, case .int(let end) = a[1] {
              if member < end {
                registers.advanced(by: Int(i.b)).put(.int(member))
                a.initialize(to: .int(member &+ 1))
              } else {
                ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
              }
              continue dispatch
            }
            if let element = try Iteration.next(a) {
              registers[Int(i.b)] = element
            } else {
              ip = code._withUnsafeGuaranteedRef { $0.instructions } + Int(i.d)
            }

          case .callGlobal:
            let slot = Int(i.d)
            guard let callee = (globals.values + slot).closure(taking: Int(i.c)) else {
              a.pointee = globals.isDefined[slot] ? globals.values[slot] : try undefinedValue(slot)
              fallthrough
            }
            if faa_interrupted() { throw Interrupted() }
            frames[depth - 1].resume = ip
            let body = callee._withUnsafeGuaranteedRef { $0.codeReference } ?? code
            try push(callee, body, a + 1)
            code = body
            registers = a + 1
            ip = body._withUnsafeGuaranteedRef { $0.instructions }
            constants = body._withUnsafeGuaranteedRef { $0.constants }
            captures = callee._withUnsafeGuaranteedRef { $0.captures }
          case .call, .callLabelled:
            guard i.op != .callLabelled, let callee = a.closure(taking: Int(i.c)) else {
              top = registers + code._withUnsafeGuaranteedRef { $0.registerCount }
              let shape = i.op != .callLabelled ? nil : code._withUnsafeGuaranteedRef { $0.calls[Int(i.d)] }
              let arguments = Array(UnsafeBufferPointer(start: a + 1, count: Int(i.c)))
              guard let (callee, body, values) = try invoke(a, arguments, shape) else { continue dispatch }
              // A function of the language with labels or defaults: its arguments are now in order.
              let window = a + 1
              if window + values.count > initialized { try reserve(window, values.count, for: callee) }
              for (index, value) in values.enumerated() { window[index] = value }
              frames[depth - 1].resume = ip
              try push(.passUnretained(callee), .passUnretained(body), window)
              code = .passUnretained(body)
              registers = window
              ip = body.instructions
              constants = body.constants
              captures = callee.captures
              continue dispatch
            }
            if faa_interrupted() { throw Interrupted() }
            frames[depth - 1].resume = ip
            let body = callee._withUnsafeGuaranteedRef { $0.codeReference } ?? code
            try push(callee, body, a + 1)
            code = body
            registers = a + 1
            ip = body._withUnsafeGuaranteedRef { $0.instructions }
            constants = body._withUnsafeGuaranteedRef { $0.constants }
            captures = callee._withUnsafeGuaranteedRef { $0.captures }
          case .callCommand:
            let site = code._withUnsafeGuaranteedRef { $0.commands[Int(i.d)] }
            if let fast = site.command.fast, let value = fast(a) {
              a.pointee = value
              continue dispatch
            }
            top = registers + code._withUnsafeGuaranteedRef { $0.registerCount }
            a.pointee = try perform(site, Array(UnsafeBufferPointer(start: a, count: Int(i.c))))
          case .callMember:
            top = registers + code._withUnsafeGuaranteedRef { $0.registerCount }
            let member = code._withUnsafeGuaranteedRef { $0.memberCalls[Int(i.d)] }
            a.pointee = try callMember(
              member, of: a.pointee, Array(UnsafeBufferPointer(start: a + 1, count: Int(i.c))))
          case .result, .resultNone:
            let value = i.op == .result ? a.take() : .none
            pop()
            if depth == floor { return value }
            let frame = frames + (depth - 1)
            (registers - 1).pointee = value
            registers = frame.pointee.registers
            ip = frame.pointee.resume
            code = frame.pointee.code
            constants = code._withUnsafeGuaranteedRef { $0.constants }
            captures = frame.pointee.function._withUnsafeGuaranteedRef { $0.captures }
          case .closure:
            let inner = code._withUnsafeGuaranteedRef { $0.functions[Int(i.d)] }
            let captured = inner.captures.map { source in
              switch source {
              case .register(let register): registers[register]
              case .capture(let index): captures[index]
              }
            }
            a.pointee = .function(FunctionBox(code: inner, captures: captured, machine: self))

          case .list:
            a.pointee = .list(Array(UnsafeBufferPointer(start: registers + Int(i.b), count: Int(i.c))))
          case .tuple:
            a.pointee = .tuple(Array(UnsafeBufferPointer(start: registers + Int(i.b), count: Int(i.c))))
          case .record:
            let keys = code._withUnsafeGuaranteedRef { $0.keys[Int(i.d)] }
            a.pointee = .record(keys.indices.map { (keys[$0], registers[Int(i.b) + $0]) })
          case .string:
            var text = ""
            for index in 0..<Int(i.c) { text += registers[Int(i.b) + index].plainText }
            a.pointee = .text(text)
          case .range:
            a.pointee = try Operators.range(registers[Int(i.b)], registers[Int(i.c)], isClosed: i.d != 0)
          case .unpack: try Operators.unpack(registers[Int(i.b)], into: a, count: Int(i.c))
          case .append: try append(registers[Int(i.b)], to: a)
          case .appendGlobal:
            guard globals.isDefined[Int(i.d)] else { throw undefined(Int(i.d)) }
            top = registers + code._withUnsafeGuaranteedRef { $0.registerCount }
            try append(registers[Int(i.b)], to: globals.values + Int(i.d))
          case .appendCell:
            guard case .list(let cell) = a.pointee else { throw broken() }
            top = registers + code._withUnsafeGuaranteedRef { $0.registerCount }
            try append(registers[Int(i.b)], toCell: cell)

          case .getElement:
            let base = registers + Int(i.b)
            if case .int(let index) = registers[Int(i.c)], let element = base.listElement(index) {
              a.pointee = element
              continue dispatch
            }
            a.pointee = try base.pointee.subscripted([try Index(registers[Int(i.c)])])
          case .getIndex:
            let indices = try Index.entries(
              code._withUnsafeGuaranteedRef { $0.indexForms[Int(i.d)] }, registers + Int(i.c))
            a.pointee = try registers[Int(i.b)].subscripted(indices)
          case .setElement:
            if case .int(let index) = registers[Int(i.c)], Value.setElement(a, index, registers + Int(i.b)) {
              continue dispatch
            }
            try Value.set(a, [Index(registers[Int(i.c)])], to: registers[Int(i.b)])
          case .setIndex:
            let indices = try Index.entries(
              code._withUnsafeGuaranteedRef { $0.indexForms[Int(i.d)] }, registers + Int(i.c))
            try Value.set(a, indices, to: registers[Int(i.b)])
          case .setIndexGlobal:
            guard globals.isDefined[Int(i.d)] else { throw undefined(Int(i.d)) }
            let indices = try Index.entries(
              code._withUnsafeGuaranteedRef { $0.indexForms[Int(i.c)] }, registers + Int(i.b))
            try Value.set(globals.values + Int(i.d), indices, to: a.pointee)
          case .getMember:
            a.pointee = try member(
              code._withUnsafeGuaranteedRef { $0.names[Int(i.d)] }, of: registers[Int(i.b)])
          case .setMember:
            let name = code._withUnsafeGuaranteedRef { $0.names[Int(i.d)] }
            a.pointee = try a.pointee.settingMember(name, to: registers[Int(i.b)])
          case .raise: throw code._withUnsafeGuaranteedRef { $0.diagnostics[Int(i.d)] }
          }
        }
      } catch {
        var pc = ip - code._withUnsafeGuaranteedRef { $0.instructions } - 1
        var diagnostic = diagnose(error, code.takeUnretainedValue(), pc, registers)
        // A handler of this function or of one that called it; else the fault leaves this run.
        while true {
          if diagnostic.code != "Interrupted", let handler = code.takeUnretainedValue().handler(at: pc) {
            ip = code.takeUnretainedValue().instructions + handler.target
            break
          }
          let name = frames[depth - 1].function.takeUnretainedValue().name
          pop()
          if depth == floor { throw diagnostic }
          let frame = frames[depth - 1]
          code = frame.code
          registers = frame.registers
          ip = frame.resume
          constants = code.takeUnretainedValue().constants
          captures = frame.function.takeUnretainedValue().captures
          pc = ip - code.takeUnretainedValue().instructions - 1
          // A deep recursion needs no more to be understood, and copying long traces would take quadratic time.
          if diagnostic.trace.count < 64 {
            diagnostic.trace.append(caller(of: name, code.takeUnretainedValue(), pc))
          }
        }
      }
    }
  }

  /// Keeps a function that a session variable gives up while it runs: `callGlobal` takes no reference of its own.
  func retire(_ value: Value) {
    guard case .function(let function) = value else { return }
    for index in 0..<depth
    where frames[index].function.toOpaque() == Unmanaged.passUnretained(function).toOpaque() {
      retired.append(function)
      return
    }
  }

  /// A name that the cell defines further down may still mean a command.
  private func undefinedValue(_ slot: Int) throws -> Value {
    let name = globals.name(of: slot)
    if let command = session?.commands[name] { return .function(native(command)) }
    if let value = Value.named[name] { return value }
    throw undefined(slot)
  }

  private func undefined(_ slot: Int) -> CommandError {
    let name = globals.name(of: slot)
    if name == "_" { return CommandError("UnknownName", "there is no last value yet") }
    let names = globals.definedNames + (session?.commands.keys.map { $0 } ?? [])
    return CommandError(
      "UnknownName", "`\(name)` is not defined yet", help: Suggestion.phrase(for: name, in: names))
  }

  /// For states that compiled code cannot reach; an error rather than a crash should it happen all the same.
  private func broken() -> CommandError {
    CommandError("InternalError", "the interpreter lost track of a variable")
  }
}
