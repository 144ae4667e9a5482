import Tensor

/// The arguments of one call, bound to a command's parameters: checked for number, labels and kind, defaults filled in. The
/// accessors convert, and name the parameter when they cannot.
public struct Arguments {
  private let routine: Routine
  /// One value a parameter, in order.
  public let values: [Value]
  /// The session that runs the call: output, random numbers, calls back.
  public let session: Session
  /// Bit `i` is set when parameter `i` was written in the call.
  let given: UInt64

  init(_ routine: Routine, values: [Value], given: UInt64, session: Session) {
    self.routine = routine
    self.values = values
    self.given = given
    self.session = session
  }

  /// The name of the command or method, for messages.
  public var callee: String { routine.name }
  /// What was declared.
  public var parameters: [Parameter] { routine.parameters }

  /// The value of the parameter at a position of the table.
  public subscript(_ index: Int) -> Value { index >= 0 && index < values.count ? values[index] : .none }

  /// The value of a parameter; `none` for a name the table does not have.
  public subscript(_ name: String) -> Value { self[index(name)] }

  /// Whether the parameter was written in the call.
  public func isGiven(_ name: String) -> Bool {
    let index = index(name)
    return index >= 0 && index < 64 && given & (1 << UInt64(index)) != 0
  }

  /// An error about one argument, with a caret under it.
  public func error(_ code: String, _ name: String, _ message: String, help: String? = nil) -> CommandError {
    CommandError(code, "\(callee): `\(name)` \(message)", help: help, argument: name)
  }

  /// An error about one argument's kind: names what was wanted and what came.
  public func mismatch(_ name: String, expected: String) -> CommandError {
    let value = self[name]
    // A number behind a length is meant to be the next length.
    var list: String?
    if case .int = value, let shape = parameters.firstIndex(where: { $0.name == "shape" }),
      case .int = values[shape]
    {
      list = Synopsis.list(callee, parameters)
    }
    return error(
      "TypeMismatch", name, "must be \(expected), not \(value.article) (\(value.brief(columns: 40)))",
      help: list ?? (parameters.count > 1 ? Synopsis.line(callee, parameters) : nil))
  }

  private func index(_ name: String) -> Int { routine.index(of: name) }
}

extension Arguments {
  /// A truth value.
  public func bool(_ name: String) throws -> Bool {
    guard case .bool(let value) = self[name] else { throw mismatch(name, expected: "true or false") }
    return value
  }

  /// An integer, optionally bounded.
  public func int(_ name: String, atLeast: Int = .min, atMost: Int = .max) throws -> Int {
    guard let value = self[name].integer else { throw mismatch(name, expected: "an integer") }
    if value < atLeast { throw error("OutOfRange", name, "must be at least \(atLeast), not \(value)") }
    if value > atMost { throw error("OutOfRange", name, "must be at most \(atMost), not \(value)") }
    return value
  }

  /// Throws `NotDifferentiable` where a derivative is being taken by an argument, or by a part of it, that the call uses as a constant: it
  /// would be 0 without a word.
  public func checkConstant(_ name: String) throws {
    guard self[name].isRecorded else { return }
    throw error(
      "NotDifferentiable", name, "is used as a constant, and a derivative is being taken by it",
      help: "stopGradient(…) around it says that a constant is meant")
  }

  /// A number, optionally bounded. NaN passes only where no bound is set. Throws `NotDifferentiable` where a derivative is being taken by it.
  public func double(_ name: String, atLeast: Double? = nil, above: Double? = nil, atMost: Double? = nil)
    throws -> Double
  {
    try checkConstant(name)
    guard let value = self[name].number else { throw mismatch(name, expected: "a number") }
    if let atLeast, !(value >= atLeast) {
      throw error("OutOfRange", name, "must be at least \(atLeast), not \(value)")
    }
    if let above, !(value > above) {
      throw error("OutOfRange", name, "must be greater than \(above), not \(value)")
    }
    if let atMost, !(value <= atMost) {
      throw error("OutOfRange", name, "must be at most \(atMost), not \(value)")
    }
    return value
  }

  /// Text.
  public func string(_ name: String) throws -> String {
    guard case .string(let box) = self[name] else { throw mismatch(name, expected: "a string") }
    return box.value
  }

  /// One of the cases of an enumeration whose raw values are the words of the language.
  public func choice<T: RawRepresentable & CaseIterable>(_ name: String, of type: T.Type = T.self) throws -> T
  where T.RawValue == String {
    let words = T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    guard case .string(let box) = self[name] else { throw mismatch(name, expected: "one of \(words)") }
    guard let value = T(rawValue: box.value) else {
      throw error("UnknownChoice", name, "must be one of \(words), not \"\(box.value)\"")
    }
    return value
  }

  /// The elements of a list, a tuple, a range, a tensor's first axis or an iterable object.
  public func sequence(_ name: String) throws -> [Value] {
    guard let elements = try self[name].elementsInOrder() else { throw mismatch(name, expected: "a list") }
    return elements
  }

  /// The values of a `rest` parameter.
  public func rest(_ name: String) -> [Value] {
    if case .list(let box) = self[name] { return box.elements }
    return []
  }

  /// Lengths such as `[2, 3]` or `5`.
  public func shape(_ name: String) throws -> Shape {
    guard let lengths = self[name].dimensions else {
      throw mismatch(name, expected: "a shape such as [2, 3]")
    }
    return try Shape(lengths)
  }

  /// Integers: axes, indices, sizes.
  public func ints(_ name: String) throws -> [Int] {
    let value = self[name]
    if let single = value.integer { return [single] }
    let elements = if case .list(let box) = value { box.elements } else { try sequence(name) }
    return try elements.map {
      guard let value = $0.integer else { throw mismatch(name, expected: "a list of integers") }
      return value
    }
  }

  /// Numbers.
  public func doubles(_ name: String) throws -> [Double] {
    if case .tensor(let tensor) = self[name] { return try tensor.doubles() }
    if let single = self[name].number { return [single] }
    return try sequence(name).map {
      guard let value = $0.number else { throw mismatch(name, expected: "a list of numbers") }
      return value
    }
  }

  /// A tensor; a number becomes a scalar and a nested list of numbers an array (of `precision` when floats occur, else i32).
  public func tensor(_ name: String, precision: DType = .f32) throws -> Tensor {
    let value = self[name]
    if case .tensor(let tensor) = value { return tensor }
    guard let tensor = try value.asTensor(precision: precision) else {
      throw mismatch(name, expected: "a tensor")
    }
    return tensor
  }

  /// Something to call.
  public func function(_ name: String) throws -> FunctionBox {
    switch self[name] {
    case .function(let function): return function
    case .object(let box): return FunctionBox(calling: box.object)
    default: throw mismatch(name, expected: "a function")
    }
  }

  /// A host object of a Swift type.
  public func object<T: HostObject>(_ name: String, as type: T.Type = T.self) throws -> T {
    guard case .object(let box) = self[name], let object = box.object as? T else {
      throw mismatch(name, expected: withArticle("\(type)"))
    }
    return object
  }
}

extension Arguments {
  /// Whether the parameter has no value: not written and its default is `none`, or written as `none`.
  public func isNone(_ name: String) -> Bool {
    if case .none = self[name] { return true }
    return false
  }

  /// The result of an accessor, or nil where the parameter is `none`: `try a.optional("seed") { try a.int($0) }`.
  public func optional<T>(_ name: String, _ accessor: (String) throws -> T) rethrows -> T? {
    isNone(name) ? nil : try accessor(name)
  }

  /// An integer, or nil for `none`.
  public func optionalInt(_ name: String, atLeast: Int = .min) throws -> Int? {
    try optional(name) { try int($0, atLeast: atLeast) }
  }

  /// A number, or nil for `none`.
  public func optionalDouble(_ name: String, atLeast: Double? = nil, above: Double? = nil) throws -> Double? {
    try optional(name) { try double($0, atLeast: atLeast, above: above) }
  }

  /// Text, or nil for `none`.
  public func optionalString(_ name: String) throws -> String? { try optional(name) { try string($0) } }

  /// A tensor, or nil for `none`.
  public func optionalTensor(_ name: String) throws -> Tensor? { try optional(name) { try tensor($0) } }

  /// A function, or nil for `none`.
  public func optionalFunction(_ name: String) throws -> FunctionBox? {
    try optional(name) { try function($0) }
  }
}
