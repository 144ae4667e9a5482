import Syntax
import Tensor

/// Commands on things with elements in order.
let sequenceCommands: [Command] = [
  Command(
    "len", "The number of elements; for a tensor the extent of its first axis.",
    [.required("x", .elements, "anything with elements")], returns: "an integer",
    example: "len([1, 2, 3])  # 3",
    fast: { place in if case .list(let box) = place.pointee { .int(box.elements.count) } else { nil } }
  ) { a in
    if let count = a["x"].elementCount { return .int(count) }
    if case .object(let box) = a["x"], let count = try box.object.member("count") { return count }
    throw a.mismatch("x", expected: "something with elements")
  },
  Command(
    "range", "Integers from a first to before a last.",
    [
      .required("from", .int, "the first, or with one argument the end of a range from 0"),
      .optional("to", .int, "the end, not a member"),
      .optional("step", .int, default: 1, "the distance of members, not 0"),
    ],
    returns: "a range", example: "list(range(0, 10, step: 3))  # [0, 3, 6, 9]"
  ) { a in
    let step = try a.int("step")
    if step == 0 { throw a.error("OutOfRange", "step", "cannot be 0") }
    guard let to = try a.optionalInt("to") else { return .range(RangeBox(0, try a.int("from"), step: step)) }
    return .range(RangeBox(try a.int("from"), to, step: step))
  },
  Command(
    "list", "The elements of anything that has them, as a list.",
    [.required("x", .elements, "what `for` can visit")],
    returns: "a list", example: "list(0..<3)  # [0, 1, 2]"
  ) { a in
    if case .tensor(let tensor) = a["x"] { return try Value.nested(tensor) }
    return .list(try a.sequence("x"))
  },
  Command(
    "zip", "Pairs of elements of two sequences, as many as the shorter has.",
    [.required("a", .elements, "the first sequence"), .required("b", .elements, "the second sequence")],
    returns: "a list of tuples", example: "zip([1, 2], [\"a\", \"b\"])  # [(1, \"a\"), (2, \"b\")]"
  ) { a in .list(zip(try a.sequence("a"), try a.sequence("b")).map { .tuple([$0, $1]) }) },
  Command(
    "enumerate", "Pairs of position and element.",
    [.required("xs", .elements, "what `for` can visit")],
    returns: "a list of tuples", example: "enumerate([\"a\"])  # [(0, \"a\")]"
  ) { a in .list(try a.sequence("xs").enumerated().map { .tuple([.int($0.offset), $0.element]) }) },
  Command(
    "reversed", "The elements in reverse order.",
    [.required("xs", .elements, "what `for` can visit")],
    returns: "a list",
    example: "reversed([1, 2])  # [2, 1]"
  ) { a in .list(try a.sequence("xs").reversed()) },
  Command(
    "sorted", "The elements in ascending order; equal ones keep theirs.",
    [
      .required("xs", .elements, "numbers, strings, or tuples of them"),
      .optional("by", .function, "what to compare instead of the elements"),
      .optional("descending", .bool, default: false, "whether the largest comes first"),
    ],
    returns: "a list", errors: [("TypeMismatch", "when two elements cannot be compared")],
    example: "sorted([3, 1, 2])  # [1, 2, 3]", effects: [.calls("by")]
  ) { a in
    let elements = try a.sequence("xs")
    let keys = try a.optionalFunction("by").map { by in try elements.map { try by.call([$0]) } } ?? elements
    let isDescending = try a.bool("descending")
    let order = try keys.indices.sorted { i, j in
      guard let order = try Operators.order(keys[i], keys[j]) else {
        let isUndefined = [keys[i], keys[j]].contains { $0.number?.isNaN == true }
        throw a.error(
          "TypeMismatch", "xs",
          isUndefined
            ? "has a NaN, which is neither less nor greater than a number"
            : "has elements that cannot be compared: \(keys[i].article) and \(keys[j].article)",
          help: isUndefined ? "`sort` puts NaN last" : nil)
      }
      return order == 0 ? i < j : isDescending ? order > 0 : order < 0
    }
    return .list(order.map { elements[$0] })
  },
  Command(
    "contains",
    "Whether an element is there: in a sequence, a number anywhere in a tensor, a key in a record, text in a string.",
    [
      .required("xs", .elements, "where to look"),
      .required("x", .any, "what to look for"),
    ],
    returns: "true or false", example: "contains([1, 2], 2)  # true"
  ) { a in
    switch (a["xs"], a["x"]) {
    case (.string(let text), .string(let part)):
      return .bool(text.value.contains(bytesOf: part.value))
    case (.record(let box), .string(let key)): return .bool(box[key.value] != nil)
    case (.range(let box), .int(let member)):
      let distance = member.subtractingReportingOverflow(box.lower)
      guard !distance.overflow, distance.partialValue % box.step == 0 else { return .bool(false) }
      return .bool((0..<box.count).contains(distance.partialValue / box.step))
    case (.tensor(let tensor), .int), (.tensor(let tensor), .float):
      let wanted = a["x"].number
      return .bool(try tensor.doubles().contains { $0 == wanted })
    default:
      let wanted = a["x"]
      return .bool(try a.sequence("xs").contains { try Operators.areEqual($0, wanted) })
    }
  },
  Command(
    "append", "Adds an element to the list in a variable: `xs.append(x)`.",
    [.required("xs", .sequence, "a variable that holds a list"), .required("x", .any, "the element")],
    returns: "none; the list in the variable is longer",
    errors: [("Immutable", "when the list is not in a variable that may change here")],
    example: "xs = [1]\nxs.append(2)"
  ) { a in
    throw CommandError(
      "Immutable", "append: there is no variable here that may change",
      help: "inside a function declare the list with `var`; `xs + [x]` makes a longer list", argument: "xs")
  },
  Command(
    "keys", "The keys of a record.", [.required("record", .record, "a record")], returns: "a list of strings",
    example: "keys({lr: 0.1})  # [\"lr\"]"
  ) { a in
    guard case .record(let box) = a["record"] else { throw a.mismatch("record", expected: "a record") }
    return .list(box.keys.map { .text($0) })
  },
  Command(
    "values", "The values of a record.", [.required("record", .record, "a record")], returns: "a list",
    example: "values({lr: 0.1})  # [0.1]"
  ) { a in
    guard case .record(let box) = a["record"] else { throw a.mismatch("record", expected: "a record") }
    return .list(box.values)
  },
]

/// Commands that take a function and elements.
let functionalCommands: [Command] = [
  Command(
    "map", "The results of a function for every element.",
    [
      .required("xs", .elements, "what `for` can visit"),
      .required("f", .function, "a function of one element"),
    ],
    returns: "a list", example: "[1, 2].map { x in x * x }  # [1, 4]", effects: [.calls("f")]
  ) { a in
    let f = try a.function("f")
    return .list(try a.sequence("xs").map { try f.call([$0]) })
  },
  Command(
    "filter", "The elements for which a condition holds.",
    [
      .required("xs", .elements, "what `for` can visit"),
      .required("keep", .function, "one element to true or false"),
    ],
    returns: "a list", example: "[1, 2, 3].filter { x in x > 1 }  # [2, 3]", effects: [.calls("keep")]
  ) { a in
    let keep = try a.function("keep")
    return .list(try a.sequence("xs").filter { try Operators.truth(keep.call([$0])) })
  },
  Command(
    "reduce", "Combines the elements from the left, starting with a value.",
    [
      .required("xs", .elements, "what `for` can visit"),
      .required("initial", .any, "the value to start with"),
      .required("combine", .function, "a function of the result so far and an element"),
    ],
    returns: "the last result", example: "[1, 2, 3].reduce(0) { s, x in s + x }  # 6",
    effects: [.calls("combine")]
  ) { a in
    let combine = try a.function("combine")
    return try a.sequence("xs").reduce(a["initial"]) { try combine.call([$0, $1]) }
  },
  Command(
    "all", "Whether all truth values are true, or a condition holds for every element.",
    [
      .required("xs", .elements, "truth values, a mask, or elements for the condition"),
      .optional("where", .function, "a condition on one element"),
    ],
    returns: "true or false", example: "all([1, 2]) { x in x > 0 }  # true", effects: [.calls("where")]
  ) { a in .bool(try a.holds(forAll: true, of: "xs")) },
  Command(
    "any", "Whether one truth value is true, or a condition holds for one element.",
    [
      .required("xs", .elements, "truth values, a mask, or elements for the condition"),
      .optional("where", .function, "a condition on one element"),
    ],
    returns: "true or false", example: "any([false, true])  # true", effects: [.calls("where")]
  ) { a in .bool(try a.holds(forAll: false, of: "xs")) },
]

extension Arguments {
  /// Whether all elements of a sequence, or at least one, are true: themselves, or by the condition `where`. No more are looked at than the
  /// answer needs.
  public func holds(forAll: Bool, of name: String) throws -> Bool {
    if let condition = try optionalFunction("where") {
      return try sequence(name).contains { try Operators.truth(condition.call($0)) != forAll } != forAll
    }
    if case .tensor(let tensor) = self[name], tensor.dtype == .bool {
      return try tensor.bools().contains { $0 != forAll } != forAll
    }
    return try sequence(name).contains { try Operators.truth($0) != forAll } != forAll
  }
}

extension Value {
  /// A tensor as nested lists of plain numbers; those that a derivative follows stay tensors.
  static func nested(_ tensor: Tensor) throws -> Value {
    if tensor.rank == 0 {
      if tensor.isRecorded { return .tensor(tensor) }
      let number = try tensor.item()
      switch tensor.dtype {
      case .bool: return .bool(number != 0)
      case .i32: return .int(Int(exactly: number) ?? 0)
      case .f32, .f64: return .float(number)
      }
    }
    return .list(try (0..<tensor.shape[0]).map { try nested(slice(tensor, [.at($0)])) })
  }
}
