import Syntax

/// Instructions of the register machine. `a`, `b`, `c` are operands: numbers of places, counted from the base that `bases` names
/// (see `Base`), unless a comment says otherwise; `d` is a jump distance, an index into one of the tables of `FunctionCode`, or a
/// small constant.
enum Opcode: UInt8 {
  // Moves.
  case move, constant, integer, none, bool
  case getGlobal, moveGlobal
  case getCapture, newCell, getCell, setCell
  // a = b op c; the I forms have a constant in d instead of c.
  case add, subtract, multiply, divide, floorDivide, modulo, power, matmul
  case equal, notEqual, less, lessEqual, greater, greaterEqual
  case addI, subtractI, multiplyI, moduloI
  case negate, not
  // Jumps by d from the next instruction; backward ones see to interrupts. The comparing ones compare a with b (the I forms: with b as a
  // signed constant) and jump when the outcome is c.
  case jump, jumpIf
  case jumpEqual, jumpNotEqual, jumpLess, jumpLessEqual, jumpGreater, jumpGreaterEqual
  case jumpEqualI, jumpNotEqualI, jumpLessI, jumpLessEqualI, jumpGreaterI, jumpGreaterEqualI
  case jumpIfNotNone, jumpIfGiven
  // Short circuits: `test` jumps by d when a decides the outcome (c: 0 for &&, 1 for ||); `combine` puts both sides together.
  case shortCircuit, combine
  // Loops: state in a and a + 1, the element in b. `next` leaves by d at the end, `again` goes back by d while there is more.
  case iterate, next, again
  // Calls: callee in b, c arguments from a + 1, result in a.
  case call, callLabelled, callCommand, callMember
  case result, resultNone
  case closure
  // Containers: c elements from b.
  case list, tuple, record, string, range, unpack
  case append
  // a = a + the text of c values from b.
  case appendText
  // Subscripts and members: base b, entries from c by shape d.
  case getIndex, getElement, getMember
  // Updates of the place a by the value b: at the index c, of the member c by cache d, at the path d with its indices from c.
  case setElement, setMember, setPath
  case raise
}

/// What the number of an operand counts from.
enum Base: UInt8 {
  case register, constant, global
  /// A captured value; of a place to be changed, the content of the cell in a register.
  case captureOrCell
}

/// One instruction: twelve bytes.
struct Instruction {
  var op: Opcode
  /// The bases of a, b and c, two bits each from the lowest.
  var bases: UInt8 = 0
  var a: UInt16 = 0
  var b: UInt16 = 0
  var c: UInt16 = 0
  var d: Int32 = 0

  var baseOfA: Base { Base(rawValue: bases & 3) ?? .register }
  var baseOfB: Base { Base(rawValue: bases >> 2 & 3) ?? .register }
  var baseOfC: Base { Base(rawValue: bases >> 4 & 3) ?? .register }
}

/// Where an instruction comes from: the span that names the whole, and the operands carets go under.
struct Site {
  var span: Span
  var operands: [Span] = []
}

/// A region in which a fault continues at `target` instead of leaving the function: `try … else …`.
struct Handler {
  var start: Int
  var end: Int
  var target: Int
}

/// A call with labels or a trailing closure.
struct CallShape {
  var labels: [String?]
  var hasTrailing: Bool
}

/// A call of a known command, bound to its parameters when it was compiled.
final class CommandSite {
  let function: FunctionBox
  let command: Command
  /// The command's short cut.
  let fast: ((UnsafePointer<Value>) -> Value?)?
  /// Bit `i` is set when parameter `i` is written in the call.
  let given: UInt64
  /// For every parameter, where its argument is.
  let spans: [Span?]

  init(function: FunctionBox, command: Command, given: UInt64, spans: [Span?]) {
    self.function = function
    self.command = command
    fast = command.fast
    self.given = given
    self.spans = spans
  }
}

/// A call `receiver.name(…)`.
final class MemberCall {
  let name: String
  let shape: CallShape
  /// How the receiver and the arguments go to the parameters of the command `name`, once it has been called.
  var binding: Binding?

  init(name: String, shape: CallShape) {
    self.name = name
    self.shape = shape
  }
}

/// Where the last record met by a member access had the member: records made alike share their `RecordKeys`.
struct MemberCache {
  let name: String
  /// Kept, so that the address below stays theirs.
  private var keys: RecordKeys?
  /// Compared instead of the reference, which would be counted.
  private(set) var keysAddress: UnsafeRawPointer?
  private(set) var index = 0

  init(name: String) { self.name = name }

  mutating func remember(_ box: RecordBox, index: Int) {
    keys = box.shape
    keysAddress = box.shapeAddress
    self.index = index
  }
}

/// One step from a variable to the part of it that an assignment changes.
enum PathStep {
  case member(String)
  case index([IndexForm])
}

/// What one entry of a subscript is made of; the values are in consecutive registers.
enum IndexForm {
  case value
  case slice(start: Bool, stop: Bool, step: Bool)
  case ellipsis
}

/// Where a closure finds a captured value when it is made: a register of the function around it, or that function's own capture.
enum CaptureSource {
  case register(Int)
  case capture(Int)
}

/// The compiled form of one function, closure or cell. The instruction and constant arrays live in unmanaged memory so that the
/// machine reads them without bounds or reference checks.
final class FunctionCode {
  let name: String
  let source: SourceText
  let parameters: [Parameter]
  let registerCount: Int
  let instructions: UnsafeMutablePointer<Instruction>
  let instructionCount: Int
  let constants: UnsafeMutablePointer<Value>
  private let constantCount: Int
  let captures: [CaptureSource]
  let functions: [FunctionCode]
  let siteOf: [Int32]
  let sites: [Site]
  let handlers: [Handler]
  let calls: [CallShape]
  let memberCalls: [MemberCall]
  let commands: [CommandSite]
  let indexForms: [[IndexForm]]
  let members: UnsafeMutablePointer<MemberCache>
  private let memberCount: Int
  let paths: [[PathStep]]
  let keys: [RecordKeys]
  let diagnostics: [Diagnostic]
  let span: Span

  init(_ unit: FunctionCompiler, span: Span) {
    name = unit.name
    source = unit.context.source
    parameters = unit.parameters
    registerCount = unit.registerCount
    instructionCount = unit.instructions.count
    instructions = .allocate(capacity: unit.instructions.count)
    instructions.initialize(from: unit.instructions, count: unit.instructions.count)
    constantCount = unit.constants.count
    constants = .allocate(capacity: max(1, unit.constants.count))
    constants.initialize(from: unit.constants, count: unit.constants.count)
    captures = unit.captures.map(\.source)
    functions = unit.functions
    siteOf = unit.siteOf
    sites = unit.sites
    handlers = unit.handlers
    calls = unit.calls
    memberCalls = unit.memberCalls
    commands = unit.commands
    indexForms = unit.indexForms
    memberCount = unit.members.count
    members = .allocate(capacity: max(1, unit.members.count))
    members.initialize(from: unit.members, count: unit.members.count)
    paths = unit.paths
    keys = unit.keys
    diagnostics = unit.diagnostics
    self.span = span
  }

  deinit {
    instructions.deallocate()
    constants.deinitialize(count: constantCount)
    constants.deallocate()
    members.deinitialize(count: memberCount)
    members.deallocate()
  }

  /// Where the instruction at an index comes from.
  func site(at index: Int) -> Site {
    guard siteOf.indices.contains(index), sites.indices.contains(Int(siteOf[index])) else {
      return Site(span: span)
    }
    return sites[Int(siteOf[index])]
  }

  /// The handler for a fault at an instruction, innermost first.
  func handler(at index: Int) -> Handler? { handlers.first { $0.start <= index && index < $0.end } }
}
