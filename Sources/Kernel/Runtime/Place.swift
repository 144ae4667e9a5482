import Syntax

/// A place for a value: a register, a session variable, an element.
typealias Place = UnsafeMutablePointer<Value>

/// How a `Value` lies in memory: eight bytes of payload, then the number of its case. A `switch` over the enum becomes a jump through a table,
/// which the processor predicts badly in the middle of the interpreter's own; comparing this byte does not. A test holds the numbers.
enum Tag {
  static let bool: UInt8 = 0
  static let int: UInt8 = 1
  static let float: UInt8 = 2
  static let firstReference: UInt8 = 3
  static let string: UInt8 = 3
  static let list: UInt8 = 4
  static let record: UInt8 = 6
  static let function: UInt8 = 9
  static let none: UInt8 = 11
  /// Where the number is.
  static let offset = 8
}

extension UnsafeMutablePointer<Value> {
  /// The number of the case of the value.
  @inline(__always)
  var tag: UInt8 { UnsafeRawPointer(self).load(fromByteOffset: Tag.offset, as: UInt8.self) }

  /// The payload of an integer.
  @inline(__always)
  var int: Int { UnsafeRawPointer(self).load(as: Int.self) }

  /// The payload of a float.
  @inline(__always)
  var float: Double { UnsafeRawPointer(self).load(as: Double.self) }

  /// The payload of a truth value.
  @inline(__always)
  var bool: Bool { UnsafeRawPointer(self).load(as: UInt8.self) & 1 != 0 }

  /// Whether the value holds no reference, so that it can be overwritten without releasing anything.
  @inline(__always)
  var isPlain: Bool { tag &- Tag.firstReference >= Tag.none - Tag.firstReference }
}

extension UnsafeMutablePointer<Value> {
  /// Stores a value without payload to count.
  @inline(__always)
  func put(_ value: Value) {
    if isPlain { initialize(to: value) } else { pointee = value }
  }

  /// Gives up what the place holds; a value without payload to count may stay.
  @inline(__always)
  func clear() { if !isPlain { pointee = .none } }

  @inline(__always)
  func clearToNone() { put(.none) }

  /// Stores a copy of another place's value; values without payload to count are copied as they are.
  @inline(__always)
  func copy(_ source: Place) {
    if isPlain, source.isPlain {
      UnsafeMutableRawPointer(self).copyMemory(from: source, byteCount: MemoryLayout<Value>.size)
    } else {
      pointee = source.pointee
    }
  }

  /// Moves the value of another place here, which is left without anything to release.
  @inline(__always)
  func moveValue(from source: Place) {
    if source.isPlain {
      copy(source)
    } else {
      let value = source.move()
      source.initialize(to: .none)
      pointee = value
    }
  }

  /// Moves the value out and leaves `none`.
  @inline(__always)
  func take() -> Value {
    let value = move()
    initialize(to: .none)
    return value
  }

  /// The closure in this place when it takes exactly `count` arguments, without counting a reference. The payload of the enum is the
  /// reference itself, since no case leaves bits to spare; a test holds that.
  @inline(__always)
  func closure(taking count: Int) -> Unmanaged<FunctionBox>? {
    guard tag == Tag.function else { return nil }
    let function = UnsafeRawPointer(self).load(as: Unmanaged<FunctionBox>.self)
    return function._withUnsafeGuaranteedRef { $0.parameterCount } == count ? function : nil
  }

  /// The reference in this place, to be used only after the case of the value has been looked at.
  @inline(__always)
  func box<Box: AnyObject>(as type: Box.Type) -> UnsafeMutablePointer<Box> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Box.self)
  }
}

// MARK: elements and members

/// An array as it lies in memory, for reading and changing elements without counting references: taking the buffer of an array that a class
/// holds retains it each time, which costs more than the access. A test holds the layout.
private struct ArrayInPlace {
  private let array: UnsafeMutablePointer<[Value]>
  private static let header = 32
  private static let countOffset = 16

  @inline(__always)
  init(_ array: inout [Value]) { self.array = withUnsafeMutablePointer(to: &array) { $0 } }

  @inline(__always)
  private var buffer: UnsafeMutableRawPointer {
    UnsafeRawPointer(array).load(as: UnsafeMutableRawPointer.self)
  }

  /// The place of an element; nil outside the array.
  @inline(__always)
  func place(_ index: Int) -> Place? {
    let buffer = buffer
    let count = buffer.load(fromByteOffset: ArrayInPlace.countOffset, as: UInt.self)
    guard UInt(bitPattern: index) < count else { return nil }
    return (buffer + ArrayInPlace.header).assumingMemoryBound(to: Value.self) + index
  }

  /// The same when nobody else holds the buffer, else nil.
  @inline(__always)
  func placeToChange(_ index: Int) -> Place? {
    let owner = UnsafeMutableRawPointer(array).assumingMemoryBound(to: ListBox.self)
    guard let place = place(index), isKnownUniquelyReferenced(&owner.pointee) else { return nil }
    return place
  }
}

extension UnsafeMutablePointer<Value> {
  /// Stores the element of a list at an index from the front; false for anything else.
  @inline(__always)
  func copyElement(_ index: Int, of list: Place) -> Bool {
    guard list.tag == Tag.list,
      let element = ArrayInPlace(&list.box(as: ListBox.self).pointee.elements).place(index)
    else { return false }
    copy(element)
    return true
  }

  /// Changes the element of a list at an index from the front, when nobody else holds the list; false for anything else.
  @inline(__always)
  func setElement(_ index: Int, to value: Place) -> Bool {
    guard tag == Tag.list, value != self else { return false }
    let box = box(as: ListBox.self)
    guard isKnownUniquelyReferenced(&box.pointee),
      let element = ArrayInPlace(&box.pointee.elements).placeToChange(index)
    else { return false }
    element.copy(value)
    return true
  }

  /// Adds an element to a list that nobody else holds; false for anything else.
  @inline(__always)
  func appendElement(_ value: Place) -> Bool {
    guard tag == Tag.list, value != self else { return false }
    let box = box(as: ListBox.self)
    guard isKnownUniquelyReferenced(&box.pointee) else { return false }
    box.pointee.elements.append(value.pointee)
    return true
  }

  /// Adds text to a string that nobody else holds; false for anything else.
  func appendText(_ value: Place) -> Bool {
    guard case .string = pointee, case .string(let addition) = value.pointee, value != self else {
      return false
    }
    let box = box(as: StringBox.self)
    guard isKnownUniquelyReferenced(&box.pointee) else { return false }
    box.pointee.value += addition.value
    return true
  }

  /// Stores the member of a record whose keys are those of the cache; false for anything else.
  @inline(__always)
  func copyMember(_ cache: UnsafeMutablePointer<MemberCache>, of record: Place) -> Bool {
    guard record.tag == Tag.record else { return false }
    let box = record.box(as: RecordBox.self)
    guard box.pointee.shapeAddress == cache.pointee.keysAddress,
      let field = ArrayInPlace(&box.pointee.values).place(cache.pointee.index)
    else { return false }
    copy(field)
    return true
  }

  /// Changes the member of a record whose keys are those of the cache, when nobody else holds the record; false for anything else.
  @inline(__always)
  func setMember(_ cache: UnsafeMutablePointer<MemberCache>, to value: Place) -> Bool {
    guard tag == Tag.record, value != self else { return false }
    let box = box(as: RecordBox.self)
    guard box.pointee.shapeAddress == cache.pointee.keysAddress, isKnownUniquelyReferenced(&box.pointee),
      let field = ArrayInPlace(&box.pointee.values).placeToChange(cache.pointee.index)
    else { return false }
    field.copy(value)
    return true
  }
}

// MARK: numbers

extension UnsafeMutablePointer<Value> {
  /// Integer and float arithmetic; false leaves everything as it is, for overflow and other kinds of values.
  @inline(__always)
  func arithmetic(
    _ x: Place, _ y: Place, _ ints: (Int, Int) -> (partialValue: Int, overflow: Bool),
    _ floats: (Double, Double) -> Double
  ) -> Bool {
    let (p, q) = (x.tag, y.tag)
    if p == Tag.int, q == Tag.int {
      let (value, overflow) = ints(x.int, y.int)
      if overflow { return false }
      put(.int(value))
      return true
    }
    if p == Tag.float, q == Tag.float {
      put(.float(floats(x.float, y.float)))
      return true
    }
    if p == Tag.float, q == Tag.int {
      put(.float(floats(x.float, Double(y.int))))
      return true
    }
    if p == Tag.int, q == Tag.float {
      put(.float(floats(Double(x.int), y.float)))
      return true
    }
    return false
  }

  @inline(__always)
  func arithmetic(
    _ x: Place, _ y: Int, _ ints: (Int, Int) -> (partialValue: Int, overflow: Bool),
    _ floats: (Double, Double) -> Double
  ) -> Bool {
    if x.tag == Tag.int {
      let (value, overflow) = ints(x.int, y)
      if overflow { return false }
      put(.int(value))
      return true
    }
    if x.tag == Tag.float {
      put(.float(floats(x.float, Double(y))))
      return true
    }
    return false
  }

  /// The outcome of a comparison of numbers of one kind; nil for anything else.
  @inline(__always)
  func compare(_ y: Place, _ ints: (Int, Int) -> Bool, _ floats: (Double, Double) -> Bool) -> Bool? {
    let (p, q) = (tag, y.tag)
    if p == Tag.int, q == Tag.int { return ints(int, y.int) }
    if p == Tag.float, q == Tag.float { return floats(float, y.float) }
    return nil
  }

  @inline(__always)
  func compare(_ y: Int, _ ints: (Int, Int) -> Bool) -> Bool? { tag == Tag.int ? ints(int, y) : nil }
}
