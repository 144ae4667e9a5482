import CMachine
import Syntax

/// A place for a value: a register, a session variable, an element.
typealias Place = UnsafeMutablePointer<Value>

/// How a `Value` lies in memory: eight bytes of payload, then the number of its case, which the machine's loop looks at. A test holds the
/// numbers.
enum Tag {
  static let int = UInt8(FaaTagInt)
  static let string = UInt8(FaaTagString)
  static let list = UInt8(FaaTagList)
  /// Where the number is.
  static let offset = 8
}

extension UnsafeMutablePointer<Value> {
  /// The number of the case of the value.
  var tag: UInt8 { UnsafeRawPointer(self).load(fromByteOffset: Tag.offset, as: UInt8.self) }

  /// The closure in this place when it takes exactly `count` arguments.
  func closure(taking count: Int) -> FunctionBox? {
    guard case .function(let function) = pointee, function.parameterCount == count else { return nil }
    return function
  }

  /// The reference in this place, to be used only after the case of the value has been looked at. The payload of the enum is the
  /// reference itself, since no case leaves bits to spare; a test holds that.
  @inline(__always)
  func box<Box: AnyObject>(as type: Box.Type) -> UnsafeMutablePointer<Box> {
    UnsafeMutableRawPointer(self).assumingMemoryBound(to: Box.self)
  }
}

// MARK: lists and strings

extension UnsafeMutablePointer<Value> {
  /// Adds an element to a list that nobody else holds; false for anything else.
  func appendElement(_ value: Place) -> Bool {
    guard tag == Tag.list, value != self else { return false }
    let box = box(as: ListBox.self)
    guard isKnownUniquelyReferenced(&box.pointee) else { return false }
    box.pointee.elements.append(value.pointee)
    return true
  }

  /// Adds text to a string that nobody else holds; false for anything else.
  func appendText(_ value: Place) -> Bool {
    guard tag == Tag.string, case .string(let addition) = value.pointee, value != self else { return false }
    let box = box(as: StringBox.self)
    guard isKnownUniquelyReferenced(&box.pointee) else { return false }
    box.pointee.append(addition.value)
    return true
  }
}
