import CMachine

/// Whether values, functions and containers lie in memory as `CMachine` describes them. The compiler promises nothing about that, so the
/// machine looks before it hands anything to the C loop, and does without the loop where the answer is no.
enum LoopLayout {
  /// What precedes the elements of an array: two words of every object, the count and the capacity.
  static let arrayHeader = 32

  /// Looked at once a process.
  static let holds = valuesHold() && textsHold() && listsHold() && recordsHold() && functionsHold()

  private static func valuesHold() -> Bool {
    guard MemoryLayout<Value>.size == MemoryLayout<FaaValue>.offset(of: \.tag).map({ $0 + 1 }),
      MemoryLayout<Value>.stride == MemoryLayout<FaaValue>.stride,
      MemoryLayout<Value>.alignment == MemoryLayout<FaaValue>.alignment
    else { return false }
    let plain: [(Value, Int, Int64?)] = [
      (.bool(true), FaaTagBool, nil), (.int(-7), FaaTagInt, -7),
      (.float(2.5), FaaTagFloat, Int64(bitPattern: (2.5).bitPattern)), (.none, FaaTagNone, 0),
    ]
    let (text, list, tuple) = (StringBox("s"), ListBox([.none]), TupleBox([.none]))
    let (record, range) = (RecordBox([("a", .none)]), RangeBox(0, 1))
    let function = FunctionBox(native: Command("f", "") { _ in .none })
    let boxes: [(Value, ClosedRange<Int>, AnyObject)] = [
      (.string(text), FaaTagString...FaaTagString, text), (.list(list), FaaTagList...FaaTagList, list),
      (.record(record), FaaTagRecord...FaaTagRecord, record),
      (.function(function), FaaTagFunction...FaaTagFunction, function),
      // Of these the loop only knows that they are references.
      (.tuple(tuple), FaaTagString...FaaTagObject, tuple),
      (.range(range), FaaTagString...FaaTagObject, range),
    ]
    return plain.allSatisfy { value, tag, payload in
      let seen = layout(of: value)
      return Int(seen.tag) == tag && payload.map { $0 == seen.integer } ?? (seen.integer & 1 == 1)
    } && layout(of: .bool(false)).integer & 1 == 0
      && boxes.allSatisfy { value, tags, object in
        let seen = layout(of: value)
        return tags.contains(Int(seen.tag)) && seen.object == address(object)
      }
  }

  /// A text of up to 15 bytes lies in the box; the last byte says so, whether it is ASCII, and its length. Bytes added gather elsewhere.
  private static func textsHold() -> Bool {
    let short = ["", "a", "ab,", "fifteen letters", "é"].allSatisfy { text in
      let box = StringBox(text)
      let bytes = Array(text.utf8)
      let kind: UInt8 = text.utf8.allSatisfy { $0 < 0x80 } ? 0xE0 : 0xA0
      let expected =
        bytes + Array(repeating: 0, count: 15 - bytes.count) + [kind + UInt8(bytes.count)]
      return withExtendedLifetime(box) {
        UnsafeRawBufferPointer(start: words(box) + 2, count: 16).elementsEqual(expected) && words(box)[4] == 0
      }
    }
    let (long, grown) = (StringBox("sixteen letters!"), StringBox("a"))
    grown.append("bc")
    return short
      && withExtendedLifetime((long, grown)) {
        guard words(long)[3] >> 61 & 1 == 0, let pending = UnsafePointer<UInt8>(bitPattern: words(grown)[4])
        else { return false }
        return UnsafeRawPointer(pending).load(as: Int.self) == 2 && pending[8] == 0x62 && pending[9] == 0x63
      }
  }

  private static func listsHold() -> Bool {
    let box = ListBox([.int(1), .int(2), .int(3)])
    box.elements.reserveCapacity(8)
    return withExtendedLifetime(box) {
      faa_count_is_known(address(box)) && array(at: words(box)[2], is: box.elements)
    }
  }

  private static func recordsHold() -> Bool {
    let box = RecordBox([("a", .int(1)), ("b", .int(2))])
    return withExtendedLifetime(box) {
      words(box)[2] == UInt(bitPattern: address(box.shape)) && array(at: words(box)[3], is: box.values)
    }
  }

  private static func functionsHold() -> Bool {
    let function = FunctionBox(native: Command("f", "") { _ in .none })
    return withExtendedLifetime(function) {
      let seen = address(function).assumingMemoryBound(to: FaaFunction.self).pointee
      return seen.code == nil && seen.captures == UnsafeMutableRawPointer(function.captures)
        && seen.parameter_count == function.parameterCount
    }
  }

  /// Whether an array keeps its elements in the object at this address, behind its header.
  private static func array(at address: UInt, is elements: [Value]) -> Bool {
    elements.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress, UInt(bitPattern: base) == address &+ UInt(arrayHeader)
      else { return false }
      let header = UnsafeRawPointer(base).advanced(by: -arrayHeader).assumingMemoryBound(to: UInt.self)
      return header[2] == UInt(elements.count) && header[3] >> 1 == UInt(elements.capacity)
    }
  }

  private static func address(_ object: AnyObject) -> UnsafeMutableRawPointer {
    Unmanaged.passUnretained(object).toOpaque()
  }

  /// The words of an object; two of header come first.
  private static func words(_ object: AnyObject) -> UnsafeMutablePointer<UInt> {
    address(object).assumingMemoryBound(to: UInt.self)
  }

  private static func layout(of value: Value) -> FaaValue {
    let place = Place.allocate(capacity: 1)
    place.initialize(to: value)
    defer {
      place.deinitialize(count: 1)
      place.deallocate()
    }
    return UnsafeRawPointer(place).load(as: FaaValue.self)
  }
}
