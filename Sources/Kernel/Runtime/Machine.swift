import CKernels
import CMachine
import Syntax
import Tensor

/// The interpreter of one session: a register stack, the frames of the functions under way, the session variables. Calls between
/// functions of the language do not use the machine stack; only commands that call back do.
final class Machine: @unchecked Sendable {
  /// The machine that runs on this thread, for native functions that Swift code calls by value.
  @TaskLocal static var running: Machine?

  /// Functions of the language that may be under way at once.
  static let depthLimit = 10_000
  static let stackCapacity = 1 << 20

  /// A function under way.
  typealias Frame = FaaFrame

  let globals = Globals()
  let cells = Cells()
  /// Set back to nil when the session goes; values that outlive it then say so.
  unowned(unsafe) var session: Session?
  /// Function values of commands, made once.
  private var natives: [String: FunctionBox] = [:]

  let stack: Place
  /// What the machine shares with its loop.
  let state: UnsafeMutablePointer<FaaMachine>
  /// Registers below this hold values.
  var initialized: Place {
    get { state.pointee.initialized.assumingMemoryBound(to: Value.self) }
    set { state.pointee.initialized = UnsafeMutableRawPointer(newValue) }
  }
  /// Where a function called from a command may put its registers.
  var top: Place
  let frames: UnsafeMutablePointer<Frame>
  /// How many functions are under way.
  var depth: Int { state.pointee.depth }
  var guardian = StackGuard()
  /// The clock of the commands while an expression is profiled.
  var profile: CommandTimes?
  /// Functions that still run though their variable has another value now.
  var retired: [FunctionBox] = []

  /// Whether the C loop runs; tests do without it to hold both to the same.
  var usesLoop = LoopLayout.holds

  /// What a parameter that was not given holds until its default is evaluated.
  static let missing = StringBox("not given")

  init() {
    stack = .allocate(capacity: Machine.stackCapacity)
    top = stack
    frames = .allocate(capacity: Machine.depthLimit + 1)
    state = .allocate(capacity: 1)
    state.initialize(
      to: FaaMachine(
        initialized: stack, frame: frames, frame_limit: frames + Machine.depthLimit, depth: 0,
        is_defined: globals.isDefined))
  }

  deinit {
    stack.deinitialize(count: initialized - stack)
    stack.deallocate()
    frames.deallocate()
    state.deallocate()
  }

  /// The function value of a command.
  func native(_ command: Command) -> FunctionBox {
    if let known = natives[command.name] { return known }
    let function = FunctionBox(native: command)
    natives[command.name] = function
    return function
  }

  /// Makes sure that `count` registers from `base` exist.
  func reserve(_ base: Place, _ count: Int, for function: FunctionBox) throws {
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

  /// Keeps a function that a session variable gives up while it runs: a call takes no reference of its own.
  func retire(_ value: Value) {
    guard case .function(let function) = value else { return }
    for index in 0..<depth
    where frames[index].function == Unmanaged.passUnretained(function).toOpaque() {
      retired.append(function)
      return
    }
  }

  /// The session variable behind a place; nil for places elsewhere.
  private func slot(of place: Place) -> Int? {
    guard place >= globals.values, place < globals.values + globals.count else { return nil }
    return place - globals.values
  }

  /// The value of an operand, which may be a session variable that has none yet.
  func value(at place: Place) throws -> Value {
    guard let slot = slot(of: place), !globals.isDefined[slot] else { return place.pointee }
    return try undefinedValue(slot)
  }

  /// Makes sure that a variable about to change in part has a value.
  func checkDefined(_ place: Place) throws {
    if let slot = slot(of: place), !globals.isDefined[slot] { throw undefined(slot) }
  }

  /// Stores the result of an operator whose target may be a session variable.
  func store(_ value: Value, at place: Place) {
    if let slot = slot(of: place) {
      retire(place.pointee)
      globals.isDefined[slot] = true
    }
    place.pointee = value
  }

  /// `text = text + "…\(x)…"`, without making the right side.
  @inline(never)
  func appendText(_ pieces: Place, count: Int, to target: Place) throws {
    let isDone = target.changeOwnText(hasLayout: usesLoop) { text in
      for index in 0..<count { text.append(valueOf: pieces + index) }
    }
    if isDone { return }
    let text = StringBox("")
    for index in 0..<count { text.append(valueOf: pieces + index) }
    store(try Operators.apply(.add, value(at: target), .string(text)), at: target)
  }

  /// An operator on values that the loop leaves.
  func apply(_ operation: BinaryOperator, _ x: Place, _ y: Place, to target: Place) throws {
    if operation == .add, target == x, target.appendText(y, hasLayout: usesLoop) { return }
    store(try Operators.apply(operation, value(at: x), value(at: y)), at: target)
  }

  func apply(_ operation: BinaryOperator, _ x: Place, _ y: Int, to target: Place) throws {
    store(try Operators.apply(operation, value(at: x), .int(y)), at: target)
  }

  /// The outcome of a comparison of values that the loop leaves.
  func compare(_ operation: BinaryOperator, _ x: Place, _ y: Place) throws -> Bool {
    if usesLoop, operation == .equal || operation == .notEqual, let p = x.heldText, let q = y.heldText {
      return (p.pointee.value == q.pointee.value) == (operation == .equal)
    }
    return try Operators.truth(Operators.apply(operation, value(at: x), value(at: y)))
  }

  func compare(_ operation: BinaryOperator, _ x: Place, _ y: Int) throws -> Bool {
    try Operators.truth(Operators.apply(operation, value(at: x), .int(y)))
  }

  /// The content of a cell as a place.
  func content(ofCell place: Place) throws -> Place {
    guard case .list(let cell) = place.pointee else { throw broken() }
    let content = cell.elements.withUnsafeMutableBufferPointer { $0.baseAddress }
    guard let content else { throw broken() }
    return content
  }

  /// A name that the cell defines further down may still mean a command.
  func undefinedValue(_ slot: Int) throws -> Value {
    let name = globals.name(of: slot)
    if let command = session?.commands[name] { return .function(native(command)) }
    if let value = Value.named[name] { return value }
    throw undefined(slot)
  }

  func undefined(_ slot: Int) -> CommandError {
    let name = globals.name(of: slot)
    if name == "_" { return CommandError("UnknownName", "there is no last value yet") }
    let names = globals.definedNames + (session?.commands.keys.map { $0 } ?? [])
    return CommandError(
      "UnknownName", "`\(name)` is not defined yet", help: ForeignNames.remedy(for: name, in: names))
  }

  /// For states that compiled code cannot reach; an error rather than a crash should it happen all the same.
  func broken() -> CommandError {
    CommandError("InternalError", "the interpreter lost track of a variable")
  }
}
