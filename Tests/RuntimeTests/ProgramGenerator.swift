/// Random programs by the grammar of the language, reproducible from a seed. What they say makes little sense, but most of them get
/// past the parser and many past the first operator, which random bytes never do.
struct ProgramGenerator {
  private var state: UInt64
  private var depth = 0

  init(seed: UInt64) { state = seed }

  /// A number below `bound` (splitmix64).
  mutating func random(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }

  private mutating func pick(_ choices: [String]) -> String { choices[random(choices.count)] }

  /// A few statements.
  mutating func program() -> String {
    depth = 0
    return (0..<1 + random(6)).map { _ in statement() }.joined(separator: pick(["\n", "\n", "; "])) + "\n"
  }

  /// The text with some of its bytes changed, repeated, left out or replaced by words of the language.
  mutating func mutated(_ text: String) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<1 + random(4) where !bytes.isEmpty {
      let place = random(bytes.count)
      switch random(5) {
      case 0: bytes[place] = UInt8(random(256))
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + random(12))], at: place)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + random(20)))
      default: bytes.insert(contentsOf: Array(pick(Self.words).utf8), at: place)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let names = ["x", "y", "xs", "r", "f", "θ", "n"]
  private static let words = [
    "(", ")", "[", "]", "{", "}", "\"", "\\(", "\"\"\"", "in", "if", "else", "try", "for", "func", "let",
    "**", "|>",
    "...", ":", ",", ";", "\n", "-", "9223372036854775807", "none", "_", "\u{301}", "@",
  ]
  private static let calls = [
    "len", "sum", "max", "sorted", "list", "str", "int", "float", "abs", "sqrt", "zip", "enumerate",
    "reversed", "range",
    "keys", "values", "tensor", "type", "print", "format", "split", "join", "contains", "any", "all", "round",
    "isClose",
    "append", "upper", "replace", "map", "filter", "reduce", "assert", "expectError", "exp", "grad",
  ]
  private static let members = [
    "T", "shape", "count", "a", "b", "isFinite", "map", "sorted", "lower", "name", "dtype",
  ]

  private mutating func name() -> String { pick(Self.names) }

  private mutating func literal() -> String {
    pick([
      "0", "1", "2", "-1", "3.5", "1e300", "9223372036854775807", "true", "false", "none", "\"\"", "\"abc\"",
      "\"θ\"",
      "[]", "()", "{}", "[1, 2, 3]", "(1, \"a\")", "{a: 1, b: [2, 3]}", "0..<4", "range(5, 0, step: -2)",
      "tensor([1.0, 2.0])", "tensor([[1, 2], [3, 4]])", "tensor([true, false])", "inf", "nan", "pi",
    ])
  }

  private mutating func expression() -> String {
    depth += 1
    defer { depth -= 1 }
    guard depth < 7 else { return random(2) == 0 ? name() : literal() }
    switch random(22) {
    case 0, 1, 2: return literal()
    case 3, 4, 5, 6: return name()
    case 7, 8, 9:
      let operators = [
        "+", "-", "*", "/", "//", "%", "**", "@", "==", "!=", "<", "<=", "&&", "||", "??", "..<", "|>",
      ]
      return "(\(expression()) \(pick(operators)) \(expression()))"
    case 10: return "\(pick(["-", "!"]))\(expression())"
    case 11: return "[\(expression()), \(expression())]"
    case 12: return "(\(expression()), \(expression()))"
    case 13: return "{a: \(expression()), b: \(expression())}"
    case 14: return "[\(expression()) for \(name()) in \(expression()) if \(expression())]"
    case 15: return "{ \(name()) in \(expression()) }"
    case 16: return "\(name())(\(expression()))"
    case 17: return "\(pick(Self.calls))(\(expression())\(random(2) == 0 ? "" : ", \(expression())"))"
    case 18: return "\(expression())[\(subscriptEntry())\(random(4) == 0 ? ", " + subscriptEntry() : "")]"
    case 19: return "(\(expression())).\(pick(Self.members))"
    case 20: return "(try \(expression()) else \(expression()))"
    default: return "(if \(expression()) { \(expression()) } else { \(expression()) })"
    }
  }

  private mutating func subscriptEntry() -> String {
    switch random(6) {
    case 0: ":"
    case 1: "\(literal()):"
    case 2: "\(random(4)):\(random(6)):\(random(5) - 2)"
    case 3: "..."
    default: expression()
    }
  }

  private mutating func statement() -> String {
    depth += 1
    defer { depth -= 1 }
    guard depth < 5 else { return "\(name()) = \(expression())" }
    switch random(14) {
    case 0, 1, 2: return "\(name()) = \(expression())"
    case 3: return "\(name())[\(subscriptEntry())] = \(expression())"
    case 4: return "\(name()).a = \(expression())"
    case 5: return "\(name()).b[\(random(3))].a = \(expression())"
    case 6: return "(\(name()), \(name())) = \(expression())"
    case 7: return "\(name()).append(\(expression()))"
    case 8: return "for \(name()) in \(expression()) { \(statement()) }"
    case 9: return "if \(expression()) { \(statement()) } else { \(statement()) }"
    case 10:
      return
        "func \(name())(\(name()), b: \(literal())) { var k = 0\n while k < 3 { k = k + 1; \(statement()) }\n \(expression()) }"
    case 11: return "f = { \(name()), y in var z = y; z = z + 1; { z = \(expression()); z } }"
    case 12: return "\(name()) = \"\\(\(expression())) \\(\(expression()), format: \".3f\")\""
    default: return expression()
    }
  }
}
