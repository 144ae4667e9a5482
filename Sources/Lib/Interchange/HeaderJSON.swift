/// The JSON that safetensors headers are made of: objects keep the order of their keys and refuse a key twice.
indirect enum HeaderJSON: Equatable {
  case object([(key: String, value: HeaderJSON)])
  case array([HeaderJSON])
  case string(String)
  case number(String)
  case literal(String)

  static func == (left: HeaderJSON, right: HeaderJSON) -> Bool {
    switch (left, right) {
    case (.object(let a), .object(let b)): a.count == b.count && zip(a, b).allSatisfy { $0 == $1 }
    case (.array(let a), .array(let b)): a == b
    case (.string(let a), .string(let b)), (.number(let a), .number(let b)),
      (.literal(let a), .literal(let b)):
      a == b
    default: false
    }
  }

  /// The value of `key` in an object.
  subscript(key: String) -> HeaderJSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// An array of non-negative integers.
  var sizes: [Int]? {
    guard case .array(let values) = self else { return nil }
    var result: [Int] = []
    for case .number(let text) in values {
      guard let size = Int(text), size >= 0 else { return nil }
      result.append(size)
    }
    return result.count == values.count ? result : nil
  }

  /// What is wrong with a text, and at which byte.
  struct Failure: Error {
    let message: String
    let offset: Int
  }

  /// Parses a whole text.
  init(_ text: [UInt8]) throws(Failure) {
    var parser = Parser(text: text)
    self = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == text.count else { throw parser.failure("something follows the value") }
  }

  /// A string with quotes, escaped.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 32:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

private struct Parser {
  let text: [UInt8]
  var position = 0

  func failure(_ message: String) -> HeaderJSON.Failure { .init(message: message, offset: position) }

  private var next: UInt8? { position < text.count ? text[position] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
  }

  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard next == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) throws(HeaderJSON.Failure) -> HeaderJSON {
    guard depth < 16 else { throw failure("values are nested too deeply") }
    if take("{") { return try object(depth) }
    if take("[") { return try array(depth) }
    skipSpace()
    if next == Character("\"").asciiValue { return .string(try string()) }
    let start = position
    while let byte = next, byte.isWordOrSign { position += 1 }
    let word = String(decoding: text[start..<position], as: UTF8.self)
    if ["true", "false", "null"].contains(word) { return .literal(word) }
    guard Double(word) != nil else {
      position = start
      throw failure("no value")
    }
    return .number(word)
  }

  private mutating func object(_ depth: Int) throws(HeaderJSON.Failure) -> HeaderJSON {
    var (members, keys): ([(key: String, value: HeaderJSON)], Set<String>) = ([], [])
    if take("}") { return .object([]) }
    repeat {
      skipSpace()
      let key = try string()
      guard keys.insert(key).inserted else {
        throw failure("the name \(HeaderJSON.quoted(key)) is there twice")
      }
      guard take(":") else { throw failure("a colon is missing") }
      members.append((key, try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw failure("a closing brace is missing") }
    return .object(members)
  }

  private mutating func array(_ depth: Int) throws(HeaderJSON.Failure) -> HeaderJSON {
    if take("]") { return .array([]) }
    var values: [HeaderJSON] = []
    repeat { values.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw failure("a closing bracket is missing") }
    return .array(values)
  }

  private mutating func string() throws(HeaderJSON.Failure) -> String {
    guard take("\"") else { throw failure("a string is missing") }
    var bytes: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case 0x22:
        guard let result = String(validating: bytes, as: UTF8.self) else {
          throw failure("a string is not UTF-8")
        }
        return result
      case 0x5c: bytes += Array(String(try escape()).utf8)
      case 0..<32: throw failure("a control character in a string")
      default: bytes.append(byte)
      }
    }
    throw failure("a string does not end")
  }

  private mutating func escape() throws(HeaderJSON.Failure) -> Unicode.Scalar {
    guard let byte = next else { throw failure("a string does not end") }
    position += 1
    switch byte {
    case 0x22, 0x5c, 0x2f: return Unicode.Scalar(byte)
    case 0x62: return "\u{8}"
    case 0x66: return "\u{c}"
    case 0x6e: return "\n"
    case 0x72: return "\r"
    case 0x74: return "\t"
    case 0x75:
      let high = try hexadecimal()
      if let scalar = Unicode.Scalar(high) { return scalar }
      // A surrogate: the other half must follow.
      guard high < 0xdc00, next == 0x5c, position + 1 < text.count, text[position + 1] == 0x75 else {
        throw failure("half a character")
      }
      position += 2
      let low = try hexadecimal()
      guard low >= 0xdc00, low < 0xe000,
        let scalar = Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00))
      else { throw failure("half a character") }
      return scalar
    default: throw failure("an unknown escape")
    }
  }

  private mutating func hexadecimal() throws(HeaderJSON.Failure) -> UInt32 {
    guard position + 4 <= text.count,
      text[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: text[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits are missing") }
    position += 4
    return value
  }
}

extension UInt8 {
  /// Whether a number, `true`, `false` or `null` may contain it.
  fileprivate var isWordOrSign: Bool {
    switch self {
    case 0x30...0x39, 0x61...0x7a, 0x45, 0x2b, 0x2d, 0x2e: true
    default: false
    }
  }
}
