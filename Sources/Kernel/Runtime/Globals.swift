/// The variables of a session in slots that compiled code refers to. A slot is never given back, so code compiled earlier
/// stays valid; a slot without a value is a name that some function mentions before it is defined.
final class Globals {
  private var slots: [String: Int] = [:]
  private var names: [String] = []
  private(set) var values: UnsafeMutablePointer<Value>
  private(set) var isDefined: UnsafeMutablePointer<Bool>
  private var capacity = 256

  init() {
    values = .allocate(capacity: capacity)
    isDefined = .allocate(capacity: capacity)
    values.initialize(repeating: .none, count: capacity)
    isDefined.initialize(repeating: false, count: capacity)
  }

  deinit {
    values.deinitialize(count: capacity)
    values.deallocate()
    isDefined.deallocate()
  }

  /// The slot of a name, made when there is none yet.
  func slot(_ name: String) -> Int {
    if let slot = slots[name] { return slot }
    if names.count == capacity { grow() }
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
    names.indices.filter { isDefined[$0] && names[$0] != "_" }.map { (names[$0], values[$0]) }
  }

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

  private func grow() {
    let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity * 2)
    let flags = UnsafeMutablePointer<Bool>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: values, count: capacity)
    (larger + capacity).initialize(repeating: .none, count: capacity)
    flags.initialize(from: isDefined, count: capacity)
    (flags + capacity).initialize(repeating: false, count: capacity)
    values.deallocate()
    isDefined.deallocate()
    values = larger
    isDefined = flags
    capacity *= 2
  }
}
