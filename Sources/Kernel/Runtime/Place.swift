import Syntax

/// A place for a value: a register, a session variable.
typealias Place = UnsafeMutablePointer<Value>

extension UnsafeMutablePointer<Value> {
  /// Stores a value without payload to count.
  @inline(__always)
  func put(_ value: Value) {
    if pointee.isPlain { initialize(to: value) } else { pointee = value }
  }

  @inline(__always)
  func clear() { put(.none) }

  /// Stores a copy of another place's value; values without payload to count are copied as they are.
  @inline(__always)
  func copy(_ source: Place) {
    if pointee.isPlain, source.pointee.isPlain {
      UnsafeMutableRawPointer(self).copyMemory(from: source, byteCount: MemoryLayout<Value>.size)
    } else {
      pointee = source.pointee
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
    guard case .function = pointee else { return nil }
    let function = UnsafeRawPointer(self).load(as: Unmanaged<FunctionBox>.self)
    return function._withUnsafeGuaranteedRef { $0.parameterCount } == count ? function : nil
  }

  /// The element of a list at an index from the front; nil for anything else.
  @inline(__always)
  func listElement(_ index: Int) -> Value? {
    guard case .list = pointee else { return nil }
    return UnsafeRawPointer(self).load(as: Unmanaged<ListBox>.self)._withUnsafeGuaranteedRef { box in
      index >= 0 && index < box.elements.count ? box.elements[index] : nil
    }
  }

  /// Integer and float arithmetic; false leaves everything as it is, for overflow and other kinds of values.
  @inline(__always)
  func arithmetic(
    _ x: Place, _ y: Place, _ ints: (Int, Int) -> (partialValue: Int, overflow: Bool),
    _ floats: (Double, Double) -> Double
  ) -> Bool {
    if case .int(let p) = x.pointee {
      if case .int(let q) = y.pointee {
        let (value, overflow) = ints(p, q)
        if overflow { return false }
        put(.int(value))
        return true
      }
      if case .float(let q) = y.pointee {
        put(.float(floats(Double(p), q)))
        return true
      }
    } else if case .float(let p) = x.pointee {
      if case .float(let q) = y.pointee {
        put(.float(floats(p, q)))
        return true
      }
      if case .int(let q) = y.pointee {
        put(.float(floats(p, Double(q))))
        return true
      }
    }
    return false
  }

  @inline(__always)
  func arithmetic(
    _ x: Place, _ y: Int, _ ints: (Int, Int) -> (partialValue: Int, overflow: Bool),
    _ floats: (Double, Double) -> Double
  ) -> Bool {
    if case .int(let p) = x.pointee {
      let (value, overflow) = ints(p, y)
      if overflow { return false }
      put(.int(value))
      return true
    }
    if case .float(let p) = x.pointee {
      put(.float(floats(p, Double(y))))
      return true
    }
    return false
  }

  @inline(__always)
  func compare(
    _ operation: BinaryOperator, _ y: Place, _ ints: (Int, Int) -> Bool, _ floats: (Double, Double) -> Bool
  ) throws -> Bool {
    if case .int(let p) = pointee, case .int(let q) = y.pointee { return ints(p, q) }
    if case .float(let p) = pointee, case .float(let q) = y.pointee { return floats(p, q) }
    return try Operators.truth(Operators.apply(operation, pointee, y.pointee))
  }

  @inline(__always)
  func compare(_ operation: BinaryOperator, _ y: Int, _ ints: (Int, Int) -> Bool) throws -> Bool {
    if case .int(let p) = pointee { return ints(p, y) }
    return try Operators.truth(Operators.apply(operation, pointee, .int(y)))
  }
}

extension Value {
  /// Whether the value holds no reference, so that it can be overwritten without releasing anything.
  @inline(__always)
  var isPlain: Bool {
    switch self {
    case .none, .bool, .int, .float: true
    default: false
    }
  }
}
