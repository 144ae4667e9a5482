/// The variables of a session in slots that compiled code refers to. A slot is never given back, so code compiled earlier
/// stays valid; a slot without a value is a name that some function mentions before it is defined.
final class Globals {
  private var slots: [String: Int] = [:]
  private var names: [String] = []
  /// How many there can be; the compiler sees to it before it makes new ones.
  static let capacity = 1 << 20

  /// Running functions point into these, so they never move; memory for slots that nobody uses is never touched.
  let values: UnsafeMutablePointer<Value> = .allocate(capacity: Globals.capacity)
  let isDefined: UnsafeMutablePointer<Bool> = .allocate(capacity: Globals.capacity)

  deinit {
    values.deinitialize(count: names.count)
    values.deallocate()
    isDefined.deallocate()
  }

  /// The number of slots in use.
  var count: Int { names.count }

  /// The slot of a name, made when there is none yet.
  func slot(_ name: String) -> Int {
    if let slot = slots[name] { return slot }
    (values + names.count).initialize(to: .none)
    (isDefined + names.count).initialize(to: false)
    slots[name] = names.count
    names.append(name)
    return names.count - 1
  }

  /// The slot of a name that has a value.
  func definedSlot(_ name: String) -> Int? {
    guard let slot = slots[name], isDefined[slot] else { return nil }
    return slot
  }

  func name(of slot: Int) -> String { names.indices.contains(slot) ? names[slot] : "?" }

  func value(of name: String) -> Value? { definedSlot(name).map { values[$0] } }

  func define(_ name: String, _ value: Value) {
    let slot = slot(name)
    values[slot] = value
    isDefined[slot] = true
  }

  var defined: [(name: String, value: Value)] {
    names.indices.filter { isDefined[$0] && !Globals.isLastValue(names[$0]) }.map { (names[$0], values[$0]) }
  }

  /// Whether a name stands for what was shown last, or before that, rather than for a variable of the user.
  static func isLastValue(_ name: String) -> Bool { name == "_" || name == "__" }

  var definedNames: [String] { names.indices.filter { isDefined[$0] }.map { names[$0] } }

  func remove(_ name: String) {
    guard let slot = slots[name] else { return }
    values[slot] = .none
    isDefined[slot] = false
  }

  func removeAll() {
    for slot in names.indices {
      values[slot] = .none
      isDefined[slot] = false
    }
  }
}
