import Syntax
import Tensor

/// One step from a variable to the part of it that an assignment changes, its indices evaluated.
enum UpdateStep {
  case member(String)
  case index([Index])

  /// The steps of a path whose index values are in consecutive registers.
  static func steps(_ path: [PathStep], _ place: Place) throws -> [UpdateStep] {
    var next = place
    return try path.map { step in
      switch step {
      case .member(let name): return .member(name)
      case .index(let forms):
        defer { next += forms.reduce(0) { $0 + $1.partCount } }
        return .index(try Index.entries(forms, next))
      }
    }
  }
}

extension IndexForm {
  /// How many registers the entry takes.
  fileprivate var partCount: Int {
    switch self {
    case .value: 1
    case .slice(let start, let stop, let step): (start ? 1 : 0) + (stop ? 1 : 0) + (step ? 1 : 0)
    case .ellipsis: 0
    }
  }
}

extension Value {
  /// Where a step leads, found without holding on to the container.
  private enum Part {
    case element(Int)
    case field(Int)
    case newField(String)
    /// Several elements, or part of something that is not made of values.
    case other([Index])
  }

  private func part(_ step: UpdateStep, isLast: Bool) throws -> Part {
    switch (self, step) {
    case (.list(let box), .index(let indices)):
      guard indices.count == 1, case .at(let index) = indices[0] else { return .other(indices) }
      return .element(try Index.position(index, count: box.elements.count, of: "a list"))
    case (.record(let box), .member(let name)): return try Value.field(name, of: box, isLast: isLast)
    case (.record(let box), .index(let indices)):
      guard indices.count == 1, case .key(let name) = indices[0] else {
        throw CommandError("TypeMismatch", "a record's index is one of its keys")
      }
      return try Value.field(name, of: box, isLast: isLast)
    case (_, .index(let indices)): return .other(indices)
    case (_, .member): throw CommandError("Immutable", "the members of \(article) cannot be changed")
    }
  }

  private static func field(_ name: String, of box: RecordBox, isLast: Bool) throws -> Part {
    if let index = box.shape.place(of: name) { return .field(index) }
    guard isLast else { throw unknownKey(name, box) }
    return .newField(name)
  }

  /// `place.member[index]… = value`. Lists and records that nobody else holds are changed where they are; of others the
  /// variable gets a changed copy. A fault leaves every value as it was.
  static func update(_ place: Place, _ path: ArraySlice<UpdateStep>, to value: Value) throws {
    guard let step = path.first else {
      place.pointee = value
      return
    }
    let rest = path.dropFirst()
    switch try place.pointee.part(step, isLast: rest.isEmpty) {
    case .element(let index): try withOwnedList(place) { try updateElement(&$0, index, rest, value) }
    case .field(let index): try withOwnedRecord(place) { try updateElement(&$0, index, rest, value) }
    case .newField(let name):
      guard case .record(let box) = place.pointee else { return }
      place.pointee = .record(box.setting(name, value))
    case .other(let indices):
      if rest.isEmpty { return try set(place, indices, to: value) }
      var part = try place.pointee.subscripted(indices)
      try withUnsafeMutablePointer(to: &part) { try update($0, rest, to: value) }
      try set(place, indices, to: part)
    }
  }

  private static func updateElement(
    _ elements: inout [Value], _ index: Int, _ rest: ArraySlice<UpdateStep>, _ value: Value
  ) throws {
    try elements.withUnsafeMutableBufferPointer { elements in
      guard let first = elements.baseAddress else { return }
      try update(first + index, rest, to: value)
    }
  }

  /// Several elements at once, or part of a tensor.
  private static func set(_ place: Place, _ indices: [Index], to value: Value) throws {
    switch place.pointee {
    case .tensor: try withOwnedTensor(place) { try Tensor.update(&$0, indices, to: value) }
    case .list(let box): place.pointee = .list(try replacing(box.elements, indices, value))
    case let other: throw CommandError("Immutable", "the elements of \(other.article) cannot be changed")
    }
  }

  private static func replacing(_ elements: [Value], _ indices: [Index], _ value: Value) throws -> [Value] {
    guard indices.count == 1, case .slice(let start, let stop, let step) = indices[0] else {
      throw CommandError("TypeMismatch", "a list is changed by one index or one slice")
    }
    let positions = Array(Index.positions(start: start, stop: stop, step: step, count: elements.count))
    guard let replacements = try value.elementsInOrder(), replacements.count == positions.count else {
      throw CommandError(
        "WrongCount",
        "the slice has \(positions.count) places, the value \(value.elementCount ?? 1) elements")
    }
    var changed = elements
    for (position, element) in zip(positions, replacements) { changed[position] = element }
    return changed
  }

  /// Changes the tensor in a place, which holds one, without holding it a second time.
  private static func withOwnedTensor(_ place: Place, _ change: (inout Tensor) throws -> Void) rethrows {
    guard case .tensor(var tensor) = place.pointee else { return }
    place.pointee = .none
    defer { place.pointee = .tensor(tensor) }
    try change(&tensor)
  }

  /// Changes the list in a place, which holds one; copies it first when someone else holds it too.
  static func withOwnedList(_ place: Place, _ change: (inout [Value]) throws -> Void) rethrows {
    guard case .list(var box) = place.pointee else { return }
    // Out of the place while it is changed, so that this is the one reference where there is but one.
    place.pointee = .none
    if !isKnownUniquelyReferenced(&box) { box = ListBox(box.elements) }
    defer { place.pointee = .list(box) }
    try change(&box.elements)
  }

  /// Changes the values of the record in a place, which holds one; copies it first when someone else holds it too.
  private static func withOwnedRecord(_ place: Place, _ change: (inout [Value]) throws -> Void) rethrows {
    guard case .record(var box) = place.pointee else { return }
    place.pointee = .none
    if !isKnownUniquelyReferenced(&box) { box = RecordBox(box.shape, box.values) }
    defer { place.pointee = .record(box) }
    try change(&box.values)
  }
}
