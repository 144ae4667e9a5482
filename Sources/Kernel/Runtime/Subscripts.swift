import Syntax
import Tensor

extension Index {
  /// A value as one entry of a subscript.
  init(_ value: Value) throws {
    switch value {
    case .int(let index): self = .at(index)
    case .none: self = .newAxis
    case .string(let box): self = .key(box.value)
    case .range(let box):
      let stop: Int? = box.step < 0 && box.upper < 0 ? nil : box.upper
      self = .slice(start: box.lower, stop: stop, step: box.step)
    case .tensor(let tensor):
      if tensor.dtype == .bool || tensor.rank > 0 {
        self = .tensor(tensor)
      } else {
        guard let index = value.integer else { throw Index.wrong(value) }
        self = .at(index)
      }
    case .list:
      guard let tensor = try value.asTensor() else { throw Index.wrong(value) }
      self = .tensor(tensor)
    default: throw Index.wrong(value)
    }
  }

  private static func wrong(_ value: Value) -> CommandError {
    let isFloat = if case .float = value { true } else { false }
    return CommandError(
      "TypeMismatch", "\(value.article) cannot be an index",
      help: isFloat ? "`int(x)` makes an integer of a whole number" : nil)
  }

  /// The entries of a subscript whose parts are in consecutive registers.
  static func entries(_ forms: [IndexForm], _ place: Place) throws -> [Index] {
    var next = place
    func take(_ isPresent: Bool) throws -> Int? {
      guard isPresent else { return nil }
      let value = next.pointee
      next += 1
      if case .none = value { return nil }
      guard let bound = value.integer else {
        throw CommandError("TypeMismatch", "a slice needs integers, not \(value.article)")
      }
      return bound
    }
    return try forms.map { form in
      switch form {
      case .ellipsis: return .ellipsis
      case .value:
        let value = next.pointee
        next += 1
        return try Index(value)
      case .slice(let start, let stop, let step):
        let (from, to, by) = (try take(start), try take(stop), try take(step))
        if by == 0 { throw CommandError("OutOfRange", "the step of a slice cannot be 0") }
        return .slice(start: from, stop: to, step: by ?? 1)
      }
    }
  }
}

extension Value {
  /// `self[indices]`.
  func subscripted(_ indices: [Index]) throws -> Value {
    switch self {
    case .tensor(let tensor): return .tensor(try Value.slice(tensor, indices))
    case .object(let box): return try box.object.subscripted(indices)
    case .list(let box): return try Value.select(box.elements, indices, "a list") { .list($0) }
    case .tuple(let box): return try Value.select(box.elements, indices, "a tuple") { .tuple($0) }
    case .string(let box):
      let characters = box.value.map { Value.text(String($0)) }
      return try Value.select(characters, indices, "a string") { .text($0.map(\.plainText).joined()) }
    case .range(let box):
      if case .at(let index)? = indices.first, indices.count == 1 {
        return .int(box.member(try Index.position(index, count: box.count, of: "a range")))
      }
      return try Value.select(box.map { .int($0) }, indices, "a range") { .list($0) }
    case .record(let box):
      guard indices.count == 1, case .key(let key) = indices[0] else {
        throw CommandError(
          "TypeMismatch", "a record's index is one of its keys", help: "config.lr, or config[\"lr\"]")
      }
      guard let value = box[key] else { throw Value.unknownKey(key, box) }
      return value
    default: throw CommandError("NotSubscriptable", "\(article) has no elements")
    }
  }

  /// One slice along the first axis of a tensor.
  func element(_ index: Int) throws -> Value { try subscripted([.at(index)]) }

  static func unknownKey(_ key: String, _ box: RecordBox) -> CommandError {
    let known = box.keys.prefix(12).map { written(key: $0) }.joined(separator: ", ")
    return CommandError(
      "UnknownMember", "the record has no key `\(key)`",
      help: Suggestion.phrase(for: key, in: box.keys)
        ?? (box.keys.isEmpty ? "it is empty" : "it has \(known)\(box.keys.count > 12 ? ", …" : "")"))
  }

  private static func select(
    _ elements: [Value], _ indices: [Index], _ what: String, _ make: ([Value]) -> Value
  ) throws -> Value {
    guard indices.count == 1 else {
      throw CommandError(
        "TypeMismatch", "\(what) has one axis, not \(indices.count)",
        help: "`xs[i][j]` goes deeper; tensors take several indices")
    }
    switch indices[0] {
    case .at(let index): return elements[try Index.position(index, count: elements.count, of: what)]
    case .slice(let start, let stop, let step):
      return make(
        Index.positions(start: start, stop: stop, step: step, count: elements.count).map { elements[$0] })
    case .ellipsis: return make(elements)
    case .tensor(let tensor):
      return make(try positions(tensor, count: elements.count, what).map { elements[$0] })
    case .newAxis, .key:
      throw CommandError("TypeMismatch", "\(what) is indexed by integers, slices and masks")
    }
  }

  /// The positions a mask or a tensor of integers selects.
  private static func positions(_ tensor: Tensor, count: Int, _ what: String) throws -> [Int] {
    guard tensor.rank == 1 else {
      throw CommandError("TypeMismatch", "\(what) has one axis; the index has \(tensor.rank)")
    }
    if tensor.dtype != .bool {
      return try tensor.ints().map { try Index.position($0, count: count, of: what) }
    }
    guard tensor.count == count else {
      throw CommandError("ShapeMismatch", "the mask has \(tensor.count) entries, \(what) has \(count)")
    }
    return zip(0..., try tensor.bools()).filter(\.1).map(\.0)
  }
}
