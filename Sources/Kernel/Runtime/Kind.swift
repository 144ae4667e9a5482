import Tensor

/// The values a parameter takes: used to check arguments and to describe them.
public indirect enum Kind: Sendable, CustomStringConvertible {
  /// Anything.
  case any
  /// `true` or `false`.
  case bool
  /// An integer, or a float or one-element tensor with an integral value.
  case int
  /// An integer or a float, or a one-element tensor.
  case number
  /// Text.
  case string
  /// One of these words.
  case choice([String])
  /// A list, a tuple, a range or a tensor: anything with elements in order.
  case sequence
  /// Whatever a loop visits: also a string or a record.
  case elements
  /// A list of lengths such as `[128, 16]`, or one length.
  case shape
  /// A record.
  case record
  /// A tensor, or numbers that make one.
  case tensor
  /// A tensor or several in a tuple, a list or a record: what can be differentiated with respect to.
  case tensors
  /// Something that can be called.
  case function
  /// A host object whose `typeName` is one of these; empty for any.
  case object([String])
  /// Any of several.
  case either([Kind])

  /// Whether a value passes. Contents (elements of a list that is to become a tensor) are checked on conversion.
  public func accepts(_ value: Value) -> Bool {
    switch self {
    case .any: true
    case .bool:
      if case .bool = value { true } else { false }
    case .int: value.integer != nil
    case .number: value.number != nil
    case .string:
      if case .string = value { true } else { false }
    case .choice(let words):
      if case .string(let box) = value { words.contains(box.value) } else { false }
    case .sequence:
      switch value {
      case .list, .tuple, .range, .tensor: true
      case .object: true
      default: false
      }
    case .elements:
      switch value {
      case .string, .record: true
      default: Kind.sequence.accepts(value)
      }
    case .shape: value.dimensions != nil
    case .record:
      if case .record = value { true } else { false }
    case .tensor:
      switch value {
      case .tensor, .int, .float, .bool, .list, .range: true
      default: false
      }
    case .tensors:
      switch value {
      case .tensor, .int, .float, .bool, .list, .range, .tuple, .record: true
      default: false
      }
    case .function:
      switch value {
      case .function, .object: true
      default: false
      }
    case .object(let names):
      if case .object(let box) = value { names.isEmpty || names.contains(box.object.typeName) } else { false }
    case .either(let kinds): kinds.contains { $0.accepts(value) }
    }
  }

  /// A noun phrase: "an integer", "one of `adam`, `sgd`".
  public var description: String {
    switch self {
    case .any: "any value"
    case .bool: "true or false"
    case .int: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .choice(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
    case .sequence: "a list"
    case .elements: "something with elements"
    case .shape: "a shape such as [2, 3]"
    case .record: "a record"
    case .tensor: "a tensor"
    case .tensors: "a tensor or a tuple of tensors"
    case .function: "a function"
    case .object(let names): names.isEmpty ? "an object" : names.map(withArticle).joined(separator: " or ")
    case .either(let kinds): kinds.map(\.description).joined(separator: " or ")
    }
  }
}

extension Value {
  /// The value as an integer when it is exactly one.
  public var integer: Int? {
    switch self {
    case .int(let value): value
    case .float(let value): Int(exactly: value)
    case .tensor(let tensor): tensor.rank == 0 ? (try? tensor.item()).flatMap(Int.init(exactly:)) : nil
    default: nil
    }
  }

  /// Whether a derivative follows it, or something in it.
  var isRecorded: Bool {
    switch self {
    case .tensor(let tensor): tensor.isRecorded
    case .list(let box): box.elements.contains(where: \.isRecorded)
    case .tuple(let box): box.elements.contains(where: \.isRecorded)
    case .record(let box): box.values.contains(where: \.isRecorded)
    default: false
    }
  }

  /// The value as a double when it is one number.
  public var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .float(let value): value
    case .tensor(let tensor): tensor.count == 1 ? try? tensor.item() : nil
    default: nil
    }
  }

  /// The value as lengths: a non-negative integer, or a list, tuple or tensor of them.
  var dimensions: [Int]? {
    switch self {
    case .int(let value): return value >= 0 ? [value] : nil
    case .list(let box): return Value.lengths(box.elements)
    case .tuple(let box): return Value.lengths(box.elements)
    case .tensor(let tensor) where tensor.rank == 1:
      return (try? tensor.ints()).flatMap { Value.lengths($0.map { .int($0) }) }
    default: return nil
    }
  }

  private static func lengths(_ values: [Value]) -> [Int]? {
    var result: [Int] = []
    for value in values {
      guard case .int(let length) = value, length >= 0 else { return nil }
      result.append(length)
    }
    return result
  }
}

/// The name of a type with its article: "a Run", "an Optimizer", "an MAE".
func withArticle(_ name: String) -> String {
  // An abbreviation is spelled, and the names of these letters begin with a vowel.
  let isSpelled = name.prefix(2).allSatisfy(\.isUppercase)
  let vowels = isSpelled ? "AEFHILMNORSX" : "AEIOaeio"
  return (name.first.map(vowels.contains) == true ? "an " : "a ") + name
}
