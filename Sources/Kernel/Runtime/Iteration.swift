import Tensor

/// The state of a `for` loop, kept in two registers: a range's next member and end, or a container and a position.
enum Iteration {
  /// Prepares `state` to visit `value`.
  static func start(_ value: Value, _ state: Place) throws {
    switch value {
    case .range(let box) where box.step == 1:
      state[0] = .int(box.lower)
      state[1] = .int(max(box.lower, box.upper))
      return
    case .range, .list: state[0] = value
    case .object(let box):
      guard let next = try box.object.iterate() else { throw notIterable(value) }
      state[0] = .object(ObjectBox(Visitor(next)))
    default:
      guard let elements = try value.elementsInOrder() else { throw notIterable(value) }
      state[0] = .list(elements)
    }
    // Not an integer in the first register, so this one is a position.
    state[1] = .int(0)
  }

  /// The next element; nil at the end.
  static func next(_ state: Place) throws -> Value? {
    guard case .int(let position) = state[1] else { return nil }
    switch state[0] {
    case .int(let member):
      // Of a range with step 1 the second register holds the end.
      guard member < position else { return nil }
      state[0] = .int(member + 1)
      return .int(member)
    case .list(let box):
      guard position < box.elements.count else { return nil }
      state[1] = .int(position + 1)
      return box.elements[position]
    case .range(let box):
      guard position < box.count else { return nil }
      state[1] = .int(position + 1)
      return .int(box.member(position))
    case .object(let box): return try (box.object as? Visitor)?.next()
    default: return nil
    }
  }

  /// Makes room in a new list for one element of every turn of the loop with this state, as far as that is known.
  static func reserve(_ list: Place, for state: Place) {
    let count: Int
    switch (state[0], state[1]) {
    case (.int(let next), .int(let end)): count = end - next
    case (.list(let box), _): count = box.elements.count
    default: return
    }
    // What a loop over more would collect may never be.
    guard count <= 1 << 24 else { return }
    Value.withOwnedList(list) { $0.reserveCapacity(count) }
  }

  static func notIterable(_ value: Value) -> CommandError {
    let isCount = if case .int = value { true } else { false }
    return CommandError(
      "NotIterable", "\(value.article) has no elements to visit",
      help: isCount ? "write `for i in 0..<n`" : nil)
  }

  private final class Visitor: HostObject {
    let next: () throws -> Value?
    var typeName: String { "iterator" }
    init(_ next: @escaping () throws -> Value?) { self.next = next }
    func summary() -> String { "iterator" }
  }
}
