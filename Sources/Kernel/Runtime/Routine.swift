/// What a call needs of a command, put together once: a call looks at it through one reference instead of copying the row of the table.
final class Routine: @unchecked Sendable {
  let name: String
  let parameters: [Parameter]
  let body: (Arguments) throws -> Value
  /// The names of the parameters.
  let names: [String]
  /// The bits of the names: equal ones belong to equal names, and nearly all that are looked for are found by them.
  private let nameBits: [SIMD2<UInt64>]
  /// What parameters are when they are not given.
  let defaults: [Value]
  /// The parameter that takes all remaining arguments.
  let rest: Int?
  /// For every parameter, the cases of `Value` that pass whatever is in them (see `Kind.plainCases`).
  private let plainCases: [UInt16]
  /// Whether the first parameter takes a receiver: one that takes anything belongs to no receiver.
  private let takesReceiver: Bool

  init(_ name: String, _ parameters: [Parameter], _ body: @escaping (Arguments) throws -> Value) {
    self.name = name
    self.parameters = parameters
    self.body = body
    names = parameters.map(\.name)
    nameBits = names.map { unsafeBitCast($0, to: SIMD2<UInt64>.self) }
    // All calls that give nothing to a rest parameter share one empty list.
    defaults = parameters.map { $0.isRest ? .list(ListBox([])) : $0.defaultValue ?? .none }
    rest = parameters.firstIndex(where: \.isRest)
    plainCases = parameters.map { $0.isRest ? .max : $0.kind.plainCases }
    takesReceiver =
      parameters.first.map { if $0.isRest { false } else if case .any = $0.kind { false } else { true } }
      ?? false
  }

  /// The position of a parameter; -1 for a name there is not.
  func index(of name: String) -> Int {
    let bits = unsafeBitCast(name, to: SIMD2<UInt64>.self)
    for index in nameBits.indices where nameBits[index] == bits { return index }
    return names.firstIndex(of: name) ?? -1
  }

  /// Whether the value in a place is a receiver for certain, and has no members of its own that come first.
  func isPlainReceiver(_ place: Place) -> Bool {
    takesReceiver && plainCases[0] & place.pointee.memberlessBit != 0
  }

  /// Whether a value passes as the first argument of a method.
  func isMethod(of receiver: Value) -> Bool {
    takesReceiver && (plainCases[0] & receiver.caseBit != 0 || parameters[0].kind.accepts(receiver))
  }

  /// The first argument given that its parameter does not take; nil when all pass.
  func mismatch(_ values: [Value], given: UInt64) -> Parameter? {
    for index in values.indices where given >> UInt64(min(index, 63)) & 1 != 0 {
      if plainCases[index] & values[index].caseBit != 0 { continue }
      let parameter = parameters[index]
      if parameter.kind.accepts(values[index]) { continue }
      if case .none = values[index], case .none? = parameter.defaultValue { continue }
      return parameter
    }
    return nil
  }
}

extension Value {
  /// One bit for the case of the value.
  fileprivate var caseBit: UInt16 {
    switch self {
    case .bool: 1 << 0
    case .int: 1 << 1
    case .float: 1 << 2
    case .string: 1 << 3
    case .list: 1 << 4
    case .tuple: 1 << 5
    case .record: 1 << 6
    case .range: 1 << 7
    case .tensor: 1 << 8
    case .function: 1 << 9
    case .object: 1 << 10
    case .none: 1 << 11
    }
  }
}

extension Value {
  /// The bit of the case of a value without members; 0 for records and objects.
  fileprivate var memberlessBit: UInt16 {
    switch self {
    case .record, .object: 0
    default: caseBit
    }
  }
}

extension Kind {
  /// The cases of `Value` that this accepts whatever is in them, as bits. Others may pass too: `accepts` looks into them.
  fileprivate var plainCases: UInt16 {
    let examples: [Value] = [
      false, 0, 0.5, "", [], .tuple([]), .record(RecordBox([])), .range(RangeBox(0, 0)),
    ]
    switch self {
    case .any: return .max
    // These look at what is in a value.
    case .choice, .shape, .object: return 0
    case .number: return Value.int(0).caseBit | Value.float(0).caseBit
    case .int: return Value.int(0).caseBit
    case .either(let kinds): return kinds.reduce(0) { $0 | $1.plainCases }
    case .bool, .string, .sequence, .elements, .record, .tensor, .tensors, .function:
      let bits = examples.reduce(0 as UInt16) { accepts($1) ? $0 | $1.caseBit : $0 }
      switch self {
      case .sequence, .elements: return bits | 1 << 8 | 1 << 10
      case .tensor, .tensors: return bits | 1 << 8
      case .function: return bits | 1 << 9 | 1 << 10
      default: return bits
      }
    }
  }
}
