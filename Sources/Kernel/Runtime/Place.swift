import CMachine
import Syntax

/// A place for a value: a register, a session variable, an element.
typealias Place = UnsafeMutablePointer<Value>

extension UnsafeMutablePointer<Value> {
  /// The closure in this place when it takes exactly `count` arguments.
  func closure(taking count: Int) -> FunctionBox? {
    guard case .function(let function) = pointee, function.parameterCount == count else { return nil }
    return function
  }

  /// The text in this place, without taking a reference; nil for anything else. Only where `LoopLayout` holds.
  @inline(__always)
  var heldText: UnsafeMutablePointer<StringBox>? {
    let raw = UnsafeMutableRawPointer(self)
    let tag = raw.load(fromByteOffset: MemoryLayout<Int>.size, as: UInt8.self)
    return tag == UInt8(FaaTagString) ? raw.assumingMemoryBound(to: StringBox.self) : nil
  }

  // A list or a text is taken out of its place while it is changed, so that this is the only reference where there is but one.

  /// Adds an element to a list that nobody else holds; false for anything else.
  func appendElement(_ value: Place) -> Bool {
    guard value != self, case .list(var box) = pointee else { return false }
    pointee = .none
    defer { pointee = .list(box) }
    guard isKnownUniquelyReferenced(&box) else { return false }
    box.elements.append(value.pointee)
    return true
  }

  /// Changes a text that nobody else holds; false for anything else.
  @inline(__always)
  func changeOwnText(hasLayout: Bool, _ change: (StringBox) -> Void) -> Bool {
    if hasLayout {
      guard let text = heldText, isKnownUniquelyReferenced(&text.pointee) else { return false }
      change(text.pointee)
      return true
    }
    guard case .string(var box) = pointee else { return false }
    pointee = .none
    defer { pointee = .string(box) }
    guard isKnownUniquelyReferenced(&box) else { return false }
    change(box)
    return true
  }

  /// Adds text to a string that nobody else holds; false for anything else.
  func appendText(_ value: Place, hasLayout: Bool) -> Bool {
    guard value != self, case .string(let addition) = value.pointee else { return false }
    return changeOwnText(hasLayout: hasLayout) { $0.append(addition.value) }
  }
}
