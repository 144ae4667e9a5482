import CMachine

/// A function as a value: a closure of the language, a command, or a method of an object.
public final class FunctionBox: Container {
  // What the machine's loop reads, without counting references: `FaaFunction` says where it lies.
  /// The bytecode of a closure as the loop sees it; nil for a native function.
  let layout: UnsafeMutablePointer<FaaCode>?
  /// Captured values and cells of a closure.
  let captures: Place
  /// The number of parameters of a closure; -1 for a native function.
  let parameterCount: Int

  /// Its name; `closure` for one without.
  public let name: String
  /// The command behind a native function.
  public let command: Command?
  /// The bytecode of a closure.
  let code: FunctionCode?
  private let captureCount: Int
  /// The interpreter a closure belongs to.
  let machine: Machine?

  /// A native function.
  public init(native command: Command) {
    name = command.name
    self.command = command
    code = nil
    layout = nil
    parameterCount = -1
    captures = .allocate(capacity: 0)
    captureCount = 0
    machine = nil
  }

  init(code: FunctionCode, captures: [Value], machine: Machine) {
    name = code.name
    command = nil
    self.code = code
    layout = code.layout
    parameterCount = code.parameters.count
    self.captures = .allocate(capacity: captures.count)
    self.captures.initialize(from: captures, count: captures.count)
    captureCount = captures.count
    self.machine = machine
  }

  /// A host object as a function.
  convenience init(calling object: any HostObject) {
    self.init(native: Command(object.typeName, "", object.callParameters) { try object.call($0) })
  }

  /// What a closure holds of the place it was made in.
  var capturedValues: [Value] { Array(UnsafeBufferPointer(start: captures, count: captureCount)) }

  override func surrender(into pending: inout [Container]) {
    var values = Array(UnsafeBufferPointer(start: captures, count: captureCount))
    for index in 0..<captureCount { captures[index] = .none }
    Container.surrender(&values, into: &pending)
  }

  deinit {
    if captureCount > 0 {
      var values = Array(UnsafeBufferPointer(start: captures, count: captureCount))
      captures.deinitialize(count: captureCount)
      Container.release(&values)
    }
    captures.deallocate()
  }
}
