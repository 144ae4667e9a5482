import Syntax
import Tensor

/// A message of the language, from the lexer to a tensor operation (see `Syntax`).
public typealias Diagnostic = Syntax.Diagnostic
/// Whether an entry is complete (see `Syntax`).
public typealias Completeness = Syntax.Completeness

/// A value of the language: nine bytes, copied freely. Compound payloads are boxed in classes, so moving a value costs at
/// most one reference count. Values belong to the thread that evaluates; `Sendable` is declared so that tables of
/// commands with default values can be global constants.
public enum Value: @unchecked Sendable {
  /// The absence of a value, written `none`.
  case none
  /// `true` or `false`.
  case bool(Bool)
  /// A 64-bit integer; arithmetic that leaves its range is an error.
  case int(Int)
  /// A 64-bit floating-point number.
  case float(Double)
  /// Text.
  case string(StringBox)
  /// `[1, 2]`: changeable in place through the variable that holds it, a value to everyone else.
  case list(ListBox)
  /// `(a, b)`.
  case tuple(TupleBox)
  /// `{key: value}`, in order of definition.
  case record(RecordBox)
  /// `0..<n`.
  case range(RangeBox)
  /// An array of numbers of any rank.
  case tensor(Tensor)
  /// A closure, a function, a command or a method.
  case function(FunctionBox)
  /// A model, a dataset, a run, a figure: anything with identity.
  case object(ObjectBox)
}

/// Elements of a list. Only the interpreter changes them, and only while it holds the sole reference.
public final class ListBox: Container {
  /// The elements.
  public internal(set) var elements: [Value]
  /// Boxes elements.
  public init(_ elements: [Value]) { self.elements = elements }
  override func surrender(into pending: inout [Container]) { Container.surrender(&elements, into: &pending) }
  deinit { Container.release(&elements) }
}

/// Elements of a tuple.
public final class TupleBox: Container {
  /// The elements.
  public internal(set) var elements: [Value]
  /// Boxes elements.
  public init(_ elements: [Value]) { self.elements = elements }
  override func surrender(into pending: inout [Container]) { Container.surrender(&elements, into: &pending) }
  deinit { Container.release(&elements) }
}

/// The keys of a record in order of definition. Records made by the same code share them, so that an access to a member finds
/// its place by comparing one reference.
public final class RecordKeys: Sendable {
  /// The names.
  public let names: [String]
  /// Places by name where there are many; a few are found faster by looking.
  private let places: [String: Int]

  init(_ names: [String]) {
    self.names = names
    places = names.count > 8 ? Dictionary(uniqueKeysWithValues: zip(names, names.indices)) : [:]
  }

  /// The place of a key.
  func place(of name: String) -> Int? { names.count > 8 ? places[name] : names.firstIndex(of: name) }
}

/// Fields of a record, in order of definition.
public final class RecordBox: Container {
  // The machine's loop knows that these two come first.
  /// The names of the fields, perhaps shared with other records.
  let shape: RecordKeys
  /// Field values, one a key.
  public internal(set) var values: [Value]

  /// Field names.
  public var keys: [String] { shape.names }

  /// Boxes fields; a repeated key keeps its last value.
  public convenience init(_ fields: [(String, Value)]) {
    var places: [String: Int] = [:]
    var keys: [String] = []
    var values: [Value] = []
    for (key, value) in fields {
      if let place = places[key] {
        values[place] = value
      } else {
        places[key] = keys.count
        keys.append(key)
        values.append(value)
      }
    }
    self.init(RecordKeys(keys), values)
  }

  init(_ shape: RecordKeys, _ values: [Value]) {
    self.shape = shape
    self.values = values
  }

  /// The value of a field.
  public subscript(_ key: String) -> Value? { shape.place(of: key).map { values[$0] } }

  /// The same record with one field set or added.
  public func setting(_ key: String, _ value: Value) -> RecordBox {
    guard let place = shape.place(of: key) else {
      return RecordBox(RecordKeys(keys + [key]), values + [value])
    }
    var changed = values
    changed[place] = value
    return RecordBox(shape, changed)
  }
  override func surrender(into pending: inout [Container]) { Container.surrender(&values, into: &pending) }
  deinit { Container.release(&values) }
}

/// A half-open run of integers with a step.
public final class RangeBox: Sendable {
  /// First member.
  public let lower: Int
  /// End, never a member.
  public let upper: Int
  /// Distance of members, not 0.
  public let step: Int
  /// Number of members.
  public let count: Int

  /// Members `lower, lower + step, …` short of `upper`; a step of 0 is taken as 1.
  public init(_ lower: Int, _ upper: Int, step: Int = 1) {
    self.lower = lower
    self.upper = upper
    self.step = step == 0 ? 1 : step
    let (near, far) = self.step > 0 ? (lower, upper) : (upper, lower)
    let span = far > near ? UInt(bitPattern: far &- near) : 0
    let stride = self.step.magnitude
    count = Int(clamping: span / stride + (span % stride == 0 ? 0 : 1))
  }

  /// The member at an index below `count`.
  public func member(_ index: Int) -> Int { lower &+ index &* step }
}

/// A host object as a value.
public final class ObjectBox {
  /// The object.
  public let object: any HostObject
  /// Boxes an object.
  public init(_ object: any HostObject) { self.object = object }
}

/// A box that may hold boxes.
public class Container {
  /// Hands over the boxes it holds and empties itself.
  func surrender(into pending: inout [Container]) {}

  /// Frees what containers hold without recursion: a list nested a million deep must not exhaust the stack. The elements' boxes move
  /// to a worklist; one that nobody else holds is emptied into it before it goes.
  static func release(_ elements: inout [Value]) {
    var pending: [Container] = []
    surrender(&elements, into: &pending)
    while var last = pending.popLast() {
      if isKnownUniquelyReferenced(&last) { last.surrender(into: &pending) }
    }
  }

  static func surrender(_ elements: inout [Value], into pending: inout [Container]) {
    let before = pending.count
    for element in elements {
      switch element {
      case .list(let box): pending.append(box)
      case .tuple(let box): pending.append(box)
      case .record(let box): pending.append(box)
      case .function(let box): pending.append(box)
      default: break
      }
    }
    if pending.count > before { elements = [] }
  }
}
