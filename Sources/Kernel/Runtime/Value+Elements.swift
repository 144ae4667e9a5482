import Tensor

extension RangeBox {
  /// The members in order, transformed.
  func map<T>(_ transform: (Int) throws -> T) rethrows -> [T] {
    var result: [T] = []
    result.reserveCapacity(min(count, 1 << 20))
    for index in 0..<count { result.append(try transform(member(index))) }
    return result
  }
}

extension Value {
  /// The elements a loop over the value visits; nil when it has none. A string's are its characters, a record's are
  /// `(key, value)` pairs, a tensor's are the slices along its first axis.
  public func elementsInOrder() throws -> [Value]? {
    switch self {
    case .list(let box): return box.elements
    case .tuple(let box): return box.elements
    case .range(let box):
      guard box.count <= 1 << 28 else {
        throw CommandError(
          "TooLarge", "a range of \(box.count) integers does not fit a list; loop over it instead")
      }
      return try box.map { index in
        if index & 0xFFFF == 0 { try checkInterrupt() }
        return .int(index)
      }
    case .string(let box): return box.value.map { .text(String($0)) }
    case .record(let box): return zip(box.keys, box.values).map { .tuple([.text($0), $1]) }
    case .tensor(let tensor):
      guard tensor.rank > 0 else { return nil }
      return try (0..<tensor.shape[0]).map { try Value.tensor(tensor).element($0) }
    case .object(let box):
      guard let next = try box.object.iterate() else { return nil }
      var elements: [Value] = []
      while let element = try next() { elements.append(element) }
      return elements
    default: return nil
    }
  }

  /// The number of elements; nil when the value has none.
  var elementCount: Int? {
    switch self {
    case .list(let box): box.elements.count
    case .tuple(let box): box.elements.count
    case .range(let box): box.count
    case .string(let box): box.value.characterCount
    case .record(let box): box.keys.count
    case .tensor(let tensor): tensor.rank > 0 ? tensor.shape[0] : nil
    default: nil
    }
  }
}
