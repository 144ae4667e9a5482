/// A function as a value: a closure of the language, a command, or a method of an object.
public final class FunctionBox: Container {
  /// Its name; `closure` for one without.
  public let name: String
  /// The command behind a native function.
  public let command: Command?
  /// The bytecode of a closure.
  let code: FunctionCode?
  /// Captured values and cells of a closure.
  var captures: [Value]
  /// The interpreter a closure belongs to.
  let machine: Machine?

  /// A native function.
  public init(native command: Command) {
    name = command.name
    self.command = command
    code = nil
    captures = []
    machine = nil
  }

  init(code: FunctionCode, captures: [Value], machine: Machine) {
    name = code.name
    command = nil
    self.code = code
    self.captures = captures
    self.machine = machine
  }

  /// A host object as a function.
  convenience init(calling object: any HostObject) {
    self.init(native: Command(object.typeName, "", object.callParameters) { try object.call($0) })
  }

  override func surrender(into pending: inout [Container]) { Container.surrender(&captures, into: &pending) }
  deinit { Container.release(&captures) }
}
