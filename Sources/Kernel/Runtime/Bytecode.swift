import Syntax

/// Instructions of the register machine. `a`, `b`, `c` name registers of the frame unless a comment says otherwise; `d` is a
/// jump target, an index into one of the tables of `FunctionCode`, or a small constant.
enum Opcode: UInt8 {
  // Moves.
  case move, constant, integer, none, bool
  case getGlobal, moveGlobal
  case getCapture, newCell, getCell, setCell
  // a = b op c; in the first three lines bit 0 of d says that b, bit 1 that c is a constant. The I forms have a constant in d.
  case add, subtract, multiply, divide, floorDivide, modulo, power, matmul
  case equal, notEqual, less, lessEqual, greater, greaterEqual
  case addI, subtractI, multiplyI, moduloI
  case negate, not
  // Jumps to d. The comparing ones compare a with b (the I forms: with b as a signed constant) and jump when the outcome is c.
  case jump, loop, jumpIf
  case jumpEqual, jumpNotEqual, jumpLess, jumpLessEqual, jumpGreater, jumpGreaterEqual
  case jumpEqualI, jumpNotEqualI, jumpLessI, jumpLessEqualI, jumpGreaterI, jumpGreaterEqualI
  case jumpIfNotNone, jumpIfGiven
  // Short circuits: `test` jumps to d when a decides the outcome (c: 0 for &&, 1 for ||); `combine` puts both sides together.
  case shortCircuit, combine
  // Loops: state in a and a + 1, the element in b. `next` leaves to d at the end, `again` returns to d while there is more.
  case iterate, next, again
  // Calls: callee in a (callGlobal: in session variable d), c arguments from a + 1, result in a.
  case call, callGlobal, callLabelled, callCommand, callMember
  case result, resultNone
  case closure
  // Containers: c elements from b.
  case list, tuple, record, string, range, unpack
  case append, appendGlobal, appendCell
  // Subscripts and members: base b, entries from c by shape d; `set` forms change the place a.
  case getIndex, getElement, setIndex, setElement, setIndexGlobal, getMember, setMember
  case raise
}

/// One instruction: twelve bytes.
struct Instruction {
  var op: Opcode
  var a: UInt16 = 0
  var b: UInt16 = 0
  var c: UInt16 = 0
  var d: Int32 = 0
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
  /// Bit `i` is set when parameter `i` is written in the call.
  let given: UInt64
  /// For every parameter, where its argument is.
  let spans: [Span?]

  init(function: FunctionBox, command: Command, given: UInt64, spans: [Span?]) {
    self.function = function
    self.command = command
    self.given = given
    self.spans = spans
  }
}

/// A call `receiver.name(…)`.
struct MemberCall {
  var name: String
  var shape: CallShape
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
  let names: [String]
  let keys: [[String]]
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
    names = unit.names
    keys = unit.keys
    diagnostics = unit.diagnostics
    self.span = span
  }

  deinit {
    instructions.deallocate()
    constants.deinitialize(count: constantCount)
    constants.deallocate()
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
