import CMachine
import Syntax

/// What the machine does, one step at a time; the loop that runs most of it knows the same types (see `CMachine`).
typealias Opcode = FaaOpcode
/// What the number of an operand counts from.
typealias Base = FaaBase
/// One step.
typealias Instruction = FaaInstruction

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
  let routine: Routine
  /// The command's short cut.
  let fast: ((UnsafePointer<Value>) -> Value?)?
  /// Bit `i` is set when parameter `i` is written in the call.
  let given: UInt64
  /// For every parameter, where its argument is.
  let spans: [Span?]

  init(function: FunctionBox, command: Command, given: UInt64, spans: [Span?]) {
    self.function = function
    routine = command.routine
    fast = command.fast
    self.given = given
    self.spans = spans
  }
}

/// A call `receiver.name(…)`.
final class MemberCall {
  let name: String
  let shape: CallShape
  /// The command `name` where receiver and arguments already lie in the order of its parameters, defaults among them.
  let laidOut: BoundCall?
  /// The command `name`, bound to the receiver and the arguments, once it has been called.
  var known: BoundCall?

  init(name: String, shape: CallShape, laidOut: BoundCall? = nil) {
    self.name = name
    self.shape = shape
    self.laidOut = laidOut
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

/// Where a closure finds a captured value when it is made: a register of the function around it, that function's own capture, or that
/// function itself.
enum CaptureSource {
  case register(Int)
  case capture(Int)
  case own
}

/// The compiled form of one function, closure or cell. The instruction and constant arrays live in unmanaged memory so that the
/// machine reads them without bounds or reference checks.
final class FunctionCode {
  let name: String
  let source: SourceText
  let parameters: [Parameter]
  /// What the machine's loop reads.
  let layout: UnsafeMutablePointer<FaaCode>
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
  /// The members that instructions access, one a cache.
  let memberNames: [String]
  /// The keys each cache remembers, kept so that their address stays theirs.
  private var memberKeys: [RecordKeys?]
  let paths: [[PathStep]]
  let keys: [RecordKeys]
  let diagnostics: [Diagnostic]
  let span: Span

  init(_ unit: FunctionCompiler, span: Span) {
    name = unit.name
    source = unit.context.source
    parameters = unit.parameters
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
    memberNames = unit.memberNames
    memberKeys = Array(repeating: nil, count: unit.memberNames.count)
    paths = unit.paths
    keys = unit.keys
    diagnostics = unit.diagnostics
    self.span = span
    let caches = UnsafeMutablePointer<FaaMemberCache>.allocate(capacity: max(1, unit.memberNames.count))
    caches.initialize(repeating: FaaMemberCache(keys: nil, index: 0), count: unit.memberNames.count)
    layout = .allocate(capacity: 1)
    layout.initialize(
      to: FaaCode(
        instructions: instructions, constants: constants, members: caches,
        register_count: unit.registerCount, owner: Unmanaged.passUnretained(self).toOpaque()))
  }

  deinit {
    constants.deinitialize(count: constantCount)
    constants.deallocate()
    instructions.deallocate()
    layout.pointee.members.deallocate()
    layout.deallocate()
  }

  var registerCount: Int { layout.pointee.register_count }

  /// Lets a member access find the member at once in records made like this one.
  func remember(_ box: RecordBox, index: Int, in cache: Int) {
    memberKeys[cache] = box.shape
    layout.pointee.members[cache] = FaaMemberCache(
      keys: Unmanaged.passUnretained(box.shape).toOpaque(), index: index)
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
