extension JSON {
  /// Reads a JSON text (RFC 8259). `{"$f": "nan"}` and its like are doubles again; whole numbers that fit are `int`.
  ///
  /// Throws `InvalidValue` naming the byte where the text stops being JSON.
  public init(parsing text: String) throws {
    var reader = JSONReader(Array(text.utf8))
    self = try reader.document()
  }

  /// The value of a member; nil for no such member and for values that are no objects.
  public subscript(_ key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.0 == key }?.1
  }

  /// The text of a string.
  public var text: String? { if case .string(let text) = self { text } else { nil } }
  /// The items of an array; empty for anything else.
  public var items: [JSON] { if case .array(let items) = self { items } else { [] } }
}

/// Recursive descent over bytes, 512 levels deep at most.
private struct JSONReader {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws -> JSON {
    let value = try value()
    skipBlanks()
    guard position == bytes.count else { throw fault("more text after the value") }
    return value
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func fault(_ what: String) -> InvalidValue { InvalidValue("not JSON at byte \(position): \(what)") }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func value() throws -> JSON {
    skipBlanks()
    guard depth < 512 else { throw fault("nested deeper than 512 levels") }
    depth += 1
    defer { depth -= 1 }
    switch next {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw fault("the text ends early")
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSON) throws -> JSON {
    guard bytes[position...].starts(with: word.utf8) else { throw fault("expected `\(word)`") }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws -> JSON {
    let start = position
    while let byte = next, (48...57).contains(byte) || [43, 45, 46, 69, 101].contains(byte) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let whole = Int(text), !text.hasPrefix("+"), text != "-0" { return .int(whole) }
    guard let double = Double(text), text.first == "-" || text.first?.isNumber == true else {
      position = start
      throw fault("expected a value")
    }
    return .number(double)
  }

  private mutating func array() throws -> JSON {
    position += 1
    var items: [JSON] = []
    skipBlanks()
    if next == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    while true {
      items.append(try value())
      if try endsList(with: UInt8(ascii: "]")) { return .array(items) }
    }
  }

  private mutating func object() throws -> JSON {
    position += 1
    var members: [(String, JSON)] = []
    skipBlanks()
    if next == UInt8(ascii: "}") {
      position += 1
      return .object([])
    }
    while true {
      skipBlanks()
      guard next == UInt8(ascii: "\"") else { throw fault("expected a member's name") }
      let key = try string()
      skipBlanks()
      guard next == UInt8(ascii: ":") else { throw fault("expected `:`") }
      position += 1
      members.append((key, try value()))
      guard try endsList(with: UInt8(ascii: "}")) else { continue }
      if members.count == 1, members[0].0 == "$f", let name = members[0].1.text,
        let value = ["nan": Double.nan, "inf": .infinity, "-inf": -.infinity][name]
      {
        return .number(value)
      }
      return .object(members)
    }
  }

  /// Reads `,` or the closing bracket; true for the bracket.
  private mutating func endsList(with close: UInt8) throws -> Bool {
    skipBlanks()
    guard let byte = next, byte == close || byte == UInt8(ascii: ",") else {
      throw fault("expected `,` or `\(Character(Unicode.Scalar(close)))`")
    }
    position += 1
    return byte == close
  }

  private mutating func string() throws -> String {
    position += 1
    var result: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
      case UInt8(ascii: "\\"): result += try escape().utf8
      case 0..<0x20: throw fault("a control character in a string")
      default: result.append(byte)
      }
    }
    throw fault("the text ends inside a string")
  }

  private mutating func escape() throws -> String {
    guard let byte = next else { throw fault("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return String(Unicode.Scalar(byte))
    case UInt8(ascii: "u"):
      let first = try hexadecimal()
      if (0xD800..<0xDC00).contains(first), bytes[position...].starts(with: "\\u".utf8) {
        let mark = position
        position += 2
        let second = try hexadecimal()
        if (0xDC00..<0xE000).contains(second),
          let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        {
          return String(scalar)
        }
        position = mark
      }
      return String(Unicode.Scalar(first) ?? "\u{FFFD}")
    default: throw fault("an unknown escape in a string")
    }
  }

  private mutating func hexadecimal() throws -> UInt32 {
    guard position + 4 <= bytes.count,
      let code = UInt32(String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16)
    else { throw fault("\\u takes four hexadecimal digits") }
    position += 4
    return code
  }
}
