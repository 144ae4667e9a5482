import Glibc
import Tensor

/// Commands on text.
let textCommands: [Command] = [
  Command(
    "split", "The parts of a text between separators, or pieces of a tensor of given sizes.",
    [
      .required("x", .either([.string, .tensor]), "a text or a tensor"),
      .optional(
        "by", .either([.string, .sequence]), default: " ",
        "what stands between the parts of a text; the sizes of the pieces of a tensor"),
      .optional("axis", .int, default: 0, "the axis of a tensor"),
    ],
    returns: "a list of strings or of tensors", errors: [("ShapeMismatch", "the sizes do not add up")],
    example: "split(\"a,b\", \",\")  # [\"a\", \"b\"]"
  ) { a in
    guard case .string(let text) = a["x"] else {
      return .list(try a.tensor("x").split(a.ints("by"), axis: a.int("axis")).map { .tensor($0) })
    }
    let separator = try a.string("by")
    if separator.isEmpty {
      throw a.error("OutOfRange", "by", "cannot be empty", help: "`list(text)` gives the characters")
    }
    var parts: [Value] = []
    if separator.utf8.count == 1, let byte = separator.utf8.first {
      parts.reserveCapacity(text.value.utf8.count { $0 == byte } + 1)
    }
    text.value.visitParts(between: separator) { parts.append(.text(String(decoding: $0, as: UTF8.self))) }
    return .list(parts)
  },
  Command(
    "join", "The values of a sequence as one text, with a separator between them.",
    [
      .required("parts", .sequence, "what to write"),
      .optional("separator", .string, default: "", "what to put between"),
    ],
    returns: "a string", example: "join([\"a\", \"b\"], \", \")  # \"a, b\""
  ) { a in
    let separator = try a.string("separator")
    var text: [UInt8] = []
    for (index, part) in try a.sequence("parts").enumerated() {
      if index > 0 { text.append(text: separator) }
      part.write(to: &text)
    }
    return .text(String(decoding: text, as: UTF8.self))
  },
  Command(
    "replace", "A text with every occurrence of a part replaced.",
    [
      .required("text", .string, "the text"), .required("old", .string, "the part, not empty"),
      .required("new", .string, "what takes its place"),
    ],
    returns: "a string", example: "replace(\"a-b\", \"-\", \"+\")  # \"a+b\""
  ) { a in
    let old = try a.string("old")
    if old.isEmpty { throw a.error("OutOfRange", "old", "cannot be empty") }
    return .text(try a.string("text").parts(between: old).joined(separator: try a.string("new")))
  },
  Command(
    "trim", "A text without blanks, or other characters, at its ends.",
    [
      .required("text", .string, "the text"),
      .optional("characters", .string, "what is taken away; blanks and line ends when not given"),
    ],
    returns: "a string",
    example: "trim(\" a \")  # \"a\""
  ) { a in
    let text = try a.string("text")
    let characters = try a.optionalString("characters")
    func stays(_ c: Character) -> Bool { characters.map { !$0.contains(c) } ?? !c.isWhitespace }
    guard let first = text.firstIndex(where: stays), let last = text.lastIndex(where: stays)
    else { return "" }
    return .text(String(text[first...last]))
  },
  Command(
    "upper", "A text in capitals.", [.required("text", .string, "the text")], returns: "a string",
    example: "upper(\"a\")  # \"A\""
  ) { a in .text(try a.string("text").uppercased()) },
  Command(
    "lower", "A text with its letters made small.", [.required("text", .string, "the text")],
    returns: "a string",
    example: "lower(\"A\")  # \"a\""
  ) { a in .text(try a.string("text").lowercased()) },
  Command(
    "startsWith", "Whether a text begins with another.",
    [.required("text", .string, "the text"), .required("prefix", .string, "the beginning")],
    returns: "true or false",
    example: "startsWith(\"loss\", \"lo\")  # true"
  ) { a in .bool(try a.string("text").hasPrefix(try a.string("prefix"))) },
  Command(
    "endsWith", "Whether a text ends with another.",
    [.required("text", .string, "the text"), .required("suffix", .string, "the end")],
    returns: "true or false",
    example: "endsWith(\"a.npz\", \".npz\")  # true"
  ) { a in .bool(try a.string("text").hasSuffix(try a.string("suffix"))) },
]

/// Commands that make one kind of value from another.
let conversionCommands: [Command] = [
  Command(
    "type", "The name of a value's kind.", [.required("x", .any, "any value")], returns: "a string",
    example: "type(1.5)  # \"float\""
  ) { a in .text(a["x"].typeName) },
  Command(
    "str", "A value as text.", [.required("x", .any, "any value")], returns: "a string",
    example: "str(12)  # \"12\""
  ) { a in .text(a["x"].plainText) },
  Command(
    "int", "An integer from a number, truncated towards 0, or from text.",
    [.required("x", .either([.number, .string, .bool]), "a number or digits")], returns: "an integer",
    errors: [("InvalidNumber", "when the text is not an integer"), ("OutOfRange", "when it does not fit")],
    example: "int(2.7)  # 2"
  ) { a in
    switch a["x"] {
    case .string(let box):
      guard let value = Int(box.value.filter { $0 != "_" && !$0.isWhitespace }) else {
        throw a.error("InvalidNumber", "x", "is not an integer: \"\(box.value)\"")
      }
      return .int(value)
    case .bool(let truth): return .int(truth ? 1 : 0)
    case .int: return a["x"]
    default:
      guard let number = a["x"].number else { throw a.mismatch("x", expected: "a number") }
      guard let value = Int(exactly: number.rounded(.towardZero)) else {
        throw a.error("OutOfRange", "x", "does not fit an integer: \(number)")
      }
      return .int(value)
    }
  },
  Command(
    "float", "A float from a number or from text.",
    [.required("x", .either([.number, .string, .bool]), "a number or its text")], returns: "a float",
    errors: [("InvalidNumber", "when the text is not a number")], example: "float(\"1e-3\")  # 0.001"
  ) { a in
    switch a["x"] {
    case .string(let box):
      guard let value = Double(box.value.filter { !$0.isWhitespace }) else {
        throw a.error("InvalidNumber", "x", "is not a number: \"\(box.value)\"")
      }
      return .float(value)
    case .bool(let truth): return .float(truth ? 1 : 0)
    // A number that a derivative follows stays one.
    case .tensor(let tensor) where tensor.isRecorded && tensor.count == 1:
      return .tensor(try tensor.reshaped([]).cast(to: .f64))
    default: return .float(try a.double("x"))
    }
  },
  Command(
    "tensor",
    "A tensor from numbers in nested lists: f32 where there are fractions, i32 for integers, bool for truth values.",
    [
      .required("values", .tensor, "a number, a nested list of numbers, or a tensor"),
      .optional("dtype", .choice(DType.allCases.map(\.description)), "the element type"),
    ],
    returns: "a tensor", errors: [("ShapeMismatch", "when rows differ in length")],
    example: "tensor([[1, 2], [3, 4]]).shape  # (2, 2)"
  ) { a in
    let tensor = try a.tensor("values")
    guard let name = try a.optionalString("dtype"), let dtype = DType(named: name) else {
      return .tensor(tensor)
    }
    return .tensor(try a["values"].asTensor(exactly: dtype) ?? tensor.cast(to: dtype))
  },
]

extension String {
  /// Whether the text occurs, byte for byte.
  func contains(bytesOf part: String) -> Bool {
    part.utf8.isEmpty || parts(between: part, atMost: 2).count > 1
  }

  /// The number of characters a reader sees.
  var characterCount: Int {
    // Only a carriage return joins another ASCII character.
    let isPlain = utf8.withContiguousStorageIfAvailable { $0.isPlainASCII } ?? false
    return isPlain ? utf8.count : count
  }

  /// The parts of the text between the places where `separator`, not empty, occurs, byte for byte; the last one is the rest when
  /// there are more than `limit`.
  fileprivate func parts(between separator: String, atMost limit: Int = .max) -> [String] {
    var parts: [String] = []
    visitParts(between: separator, atMost: limit) { parts.append(String(decoding: $0, as: UTF8.self)) }
    return parts
  }

  /// The same parts one after the other, as UTF-8.
  fileprivate func visitParts(
    between separator: String, atMost limit: Int = .max, _ visit: (UnsafeBufferPointer<UInt8>) -> Void
  ) {
    var (text, separator) = (self, separator)
    text.withUTF8 { bytes in
      separator.withUTF8 { wanted in
        guard let base = bytes.baseAddress, let first = wanted.baseAddress else { return visit(bytes) }
        let end = base + bytes.count
        var (start, position, remaining) = (base, base, limit - 1)
        while remaining > 0, position + wanted.count <= end,
          let found = memchr(position, Int32(first[0]), end - position - wanted.count + 1)
        {
          let match = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
          guard memcmp(match, first, wanted.count) == 0 else {
            position = match + 1
            continue
          }
          visit(UnsafeBufferPointer(start: start, count: match - start))
          position = match + wanted.count
          start = position
          remaining -= 1
        }
        visit(UnsafeBufferPointer(start: start, count: end - start))
      }
    }
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether all bytes are ASCII and none is a carriage return.
  fileprivate var isPlainASCII: Bool {
    guard let base = baseAddress, count > 0 else { return true }
    if memchr(base, 0x0D, count) != nil { return false }
    // Without a way out of the loop the compiler looks at many bytes at once.
    var union: UInt8 = 0
    for index in 0..<count { union |= base[index] }
    return union < 0x80
  }
}
