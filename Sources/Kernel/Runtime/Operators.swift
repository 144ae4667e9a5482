import Glibc
import Syntax
import Tensor

/// What operators mean for every kind of value. The machine's loop does the common cases of numbers itself and comes here for the rest.
enum Operators {
  /// `x op y`.
  static func apply(_ operation: BinaryOperator, _ x: Value, _ y: Value) throws -> Value {
    switch (x, y) {
    case (.int(let p), .int(let q)): return try integers(operation, p, q)
    case (.float(let p), .float(let q)): return try floats(operation, p, q, x, y)
    case (.int(let p), .float(let q)): return try floats(operation, Double(p), q, x, y)
    case (.float(let p), .int(let q)): return try floats(operation, p, Double(q), x, y)
    default: break
    }
    if let value = try tensors(operation, x, y) { return value }
    switch operation {
    case .equal: return .bool(try areEqual(x, y))
    case .notEqual: return .bool(try !areEqual(x, y))
    case .add:
      switch (x, y) {
      case (.string(let p), .string(let q)):
        try checkLength(p.value.utf8.count + q.value.utf8.count, of: "a text", "bytes")
        return .text(p.value + q.value)
      case (.list(let p), .list(let q)):
        try checkLength(p.elements.count + q.elements.count, of: "a list", "elements")
        return .list(p.elements + q.elements)
      case (.tuple(let p), .tuple(let q)): return .tuple(p.elements + q.elements)
      case (.record(let p), .record(let q)):
        return .record(zip(q.keys, q.values).reduce(p) { $0.setting($1.0, $1.1) })
      default: break
      }
    case .less, .lessEqual, .greater, .greaterEqual:
      if let order = try order(x, y) {
        switch operation {
        case .less: return .bool(order < 0)
        case .lessEqual: return .bool(order <= 0)
        case .greater: return .bool(order > 0)
        default: return .bool(order >= 0)
        }
      }
    default: break
    }
    throw mismatch(operation, x, y)
  }

  /// Texts and lists, unlike tensors, cannot ask for room: the process would end where there is none.
  private static func checkLength(_ length: Int, of what: String, _ unit: String) throws {
    guard length <= 1 << 27 else {
      throw CommandError(
        "TooLarge", "\(what) of \(length) \(unit): it has at most \(1 << 27)", help: "a tensor holds more")
    }
  }

  private static func mismatch(_ operation: BinaryOperator, _ x: Value, _ y: Value) -> CommandError {
    var help: String?
    switch (operation, x, y) {
    case (.add, .string, _): help = "interpolate: \"…\\(x)\""
    case (.add, _, .string): help = "interpolate: \"\\(x)…\""
    case (.modulo, .string, _): help = "interpolate: \"\\(x, format: \".2f\")\""
    case (.multiply, .string, .int): help = "join as many: [\"ab\" for _ in 0..<n].join()"
    case (.multiply, .list(let xs), .int(let n)), (.multiply, .int(let n), .list(let xs)):
      help = repetition(xs.elements, count: n)
    case (.add, .list, .tuple): help = "add a list: xs + list(pair)"
    case (_, .list, _), (_, _, .list): help = "`tensor([…])` makes a tensor that computes element by element"
    case (_, .tuple, .int), (_, .tuple, .float), (_, .int, .tuple), (_, .float, .tuple):
      help = "`tensor(list(pair))` makes a tensor that computes element by element"
    case (_, .none, _), (_, _, .none): help = "`a ?? b` replaces `none`"
    default: break
    }
    return CommandError(
      "TypeMismatch", "`\(operation.spelling)` is not defined for \(x.article) and \(y.article)", help: help)
  }

  /// What a list times a number is meant to be: the list over and over, or every element times the number.
  private static func repetition(_ elements: [Value], count: Int) -> String {
    if elements.count == 1 {
      return "a list of equal elements: [\(elements[0].brief(columns: 24)) for _ in 0..<\(count)]"
    }
    return "over and over: [x for _ in 0..<\(count) for x in xs]; each times \(count): tensor(xs) * \(count)"
  }

  // MARK: numbers

  private static func integers(_ operation: BinaryOperator, _ p: Int, _ q: Int) throws -> Value {
    switch operation {
    case .add: return try exact(p.addingReportingOverflow(q), operation, p, q)
    case .subtract: return try exact(p.subtractingReportingOverflow(q), operation, p, q)
    case .multiply: return try exact(p.multipliedReportingOverflow(by: q), operation, p, q)
    case .divide:
      if q == 0 { throw zero("/") }
      return .float(Double(p) / Double(q))
    case .floorDivide:
      if q == 0 { throw zero("//") }
      if p == .min, q == -1 { throw overflow(operation, p, q) }
      return .int(p / q - (p % q != 0 && (p < 0) != (q < 0) ? 1 : 0))
    case .modulo:
      if q == 0 { throw zero("%") }
      return .int(floorModulo(p, q))
    case .power: return try power(p, q)
    case .matmul: throw mismatch(.matmul, .int(p), .int(q))
    case .equal: return .bool(p == q)
    case .notEqual: return .bool(p != q)
    case .less: return .bool(p < q)
    case .lessEqual: return .bool(p <= q)
    case .greater: return .bool(p > q)
    case .greaterEqual: return .bool(p >= q)
    }
  }

  private static func exact(
    _ result: (partialValue: Int, overflow: Bool), _ operation: BinaryOperator, _ p: Int, _ q: Int
  ) throws -> Value {
    if result.overflow { throw overflow(operation, p, q) }
    return .int(result.partialValue)
  }

  private static func overflow(_ operation: BinaryOperator, _ p: Int, _ q: Int) -> CommandError {
    CommandError(
      "IntegerOverflow", "\(p) \(operation.spelling) \(q) does not fit a 64-bit integer",
      help: "use floats: `float(x) \(operation.spelling) y`")
  }

  private static func zero(_ spelling: String) -> CommandError {
    CommandError(
      "DivisionByZero", "integer division by zero with `\(spelling)`", help: "floats divide to inf or nan")
  }

  /// The remainder with the sign of the divisor, which is not zero.
  @inline(__always)
  static func floorModulo(_ p: Int, _ q: Int) -> Int {
    if q == -1 { return 0 }
    let remainder = p % q
    return remainder != 0 && (remainder < 0) != (q < 0) ? remainder + q : remainder
  }

  private static func power(_ base: Int, _ exponent: Int) throws -> Value {
    if exponent < 0 {
      if base == 0 { throw zero("**") }
      return .float(Glibc.pow(Double(base), Double(exponent)))
    }
    var result = 1
    var factor = base
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 {
        let (product, isTooLarge) = result.multipliedReportingOverflow(by: factor)
        if isTooLarge { throw overflow(.power, base, exponent) }
        result = product
      }
      rest >>= 1
      if rest > 0 {
        let (square, isTooLarge) = factor.multipliedReportingOverflow(by: factor)
        if isTooLarge { throw overflow(.power, base, exponent) }
        factor = square
      }
    }
    return .int(result)
  }

  private static func floats(
    _ operation: BinaryOperator, _ p: Double, _ q: Double, _ x: Value, _ y: Value
  ) throws -> Value {
    switch operation {
    case .add: return .float(p + q)
    case .subtract: return .float(p - q)
    case .multiply: return .float(p * q)
    case .divide: return .float(p / q)
    case .floorDivide: return .float((p / q).rounded(.down))
    case .modulo:
      let remainder = fmod(p, q)
      return .float(remainder != 0 && (remainder < 0) != (q < 0) ? remainder + q : remainder)
    case .power: return .float(Glibc.pow(p, q))
    case .matmul: throw mismatch(.matmul, x, y)
    case .equal: return .bool(p == q)
    case .notEqual: return .bool(p != q)
    case .less: return .bool(p < q)
    case .lessEqual: return .bool(p <= q)
    case .greater: return .bool(p > q)
    case .greaterEqual: return .bool(p >= q)
    }
  }

  /// `-x`.
  static func negate(_ x: Value) throws -> Value {
    switch x {
    case .int(let value):
      let (result, isTooLarge) = (0).subtractingReportingOverflow(value)
      if isTooLarge {
        throw CommandError(
          "IntegerOverflow", "-(\(value)) does not fit a 64-bit integer", help: "use a float: `-float(x)`")
      }
      return .int(result)
    case .float(let value): return .float(-value)
    case .tensor(let tensor): return .tensor(try negated(tensor))
    default: throw CommandError("TypeMismatch", "`-` is not defined for \(x.article)")
    }
  }

  // MARK: truth

  /// The value as a condition.
  static func truth(_ value: Value) throws -> Bool {
    switch value {
    case .bool(let truth): return truth
    case .tensor(let tensor) where tensor.dtype == .bool && tensor.count == 1: return try tensor.item() != 0
    case .tensor(let tensor) where tensor.dtype == .bool:
      throw CommandError(
        "TypeMismatch", "a condition must be true or false, not a mask of shape \(tensor.shape)",
        help: "`all(mask)` or `any(mask)` makes it one truth value")
    default:
      let help: String? =
        switch value {
        case .int, .float: "compare it: `x != 0`"
        case .list, .string, .tuple: "compare its length: `len(x) > 0`"
        case .none: "compare it: `x != none`"
        default: nil
        }
      throw CommandError(
        "TypeMismatch", "a condition must be true or false, not \(value.article)", help: help)
    }
  }

  /// `!x`; on masks element by element.
  static func not(_ x: Value) throws -> Value {
    switch x {
    case .bool(let truth): return .bool(!truth)
    case .tensor(let tensor) where tensor.dtype == .bool: return .tensor(try inverted(tensor))
    default: throw CommandError("TypeMismatch", "`!` needs true or false, not \(x.article)")
    }
  }

  /// Whether the left side of `&&` or `||` alone decides; a mask never does.
  static func decides(_ left: Value, isOr: Bool) throws -> Bool {
    if case .tensor(let tensor) = left, tensor.dtype == .bool, tensor.rank > 0 { return false }
    return try truth(left) == isOr
  }

  /// Both sides of `&&` or `||` when the left does not decide; masks combine element by element.
  static func combine(_ left: Value, _ right: Value, isOr: Bool) throws -> Value {
    if let mask = try masks(left, right, isOr: isOr) { return mask }
    return .bool(try truth(right))
  }

  // MARK: equality and order

  /// Equality of contents; values of different kinds are different, except that numbers compare by value.
  static func areEqual(_ x: Value, _ y: Value, depth: Int = 0) throws -> Bool {
    guard depth < 200 else { throw CommandError("TooDeep", "these values are nested too deeply to compare") }
    switch (x, y) {
    case (.none, .none): return true
    case (.bool(let p), .bool(let q)): return p == q
    case (.int(let p), .int(let q)): return p == q
    case (.int, .float), (.float, .int), (.float, .float): return x.number == y.number
    case (.string(let p), .string(let q)): return p.value == q.value
    case (.list(let p), .list(let q)): return try p === q || areEqual(p.elements, q.elements, depth)
    case (.tuple(let p), .tuple(let q)): return try p === q || areEqual(p.elements, q.elements, depth)
    case (.record(let p), .record(let q)):
      guard p.keys.count == q.keys.count else { return false }
      for (key, value) in zip(p.keys, p.values) {
        guard let other = q[key], try areEqual(value, other, depth: depth + 1) else { return false }
      }
      return true
    case (.range(let p), .range(let q)):
      return p.lower == q.lower && p.count == q.count && (p.step == q.step || p.count < 2)
    // What stands for one number, such as an element of a tensor, is that number.
    case (.tensor(let p), .int), (.tensor(let p), .float), (.int, .tensor(let p)), (.float, .tensor(let p)):
      return p.rank == 0 && x.number == y.number
    case (.tensor(let p), .bool(let q)), (.bool(let q), .tensor(let p)):
      return try p.rank == 0 && p.dtype == .bool && (p.item() != 0) == q
    case (.tensor(let p), .tensor(let q)): return try p.shape == q.shape && p.doubles() == q.doubles()
    case (.function(let p), .function(let q)): return p === q
    case (.object(let p), .object(let q)): return p.object === q.object
    default: return false
    }
  }

  private static func areEqual(_ x: [Value], _ y: [Value], _ depth: Int) throws -> Bool {
    guard x.count == y.count else { return false }
    for (a, b) in zip(x, y) where try !areEqual(a, b, depth: depth + 1) { return false }
    return true
  }

  /// Negative, zero or positive for values that have an order: numbers, strings, tuples and lists of them. nil for others.
  static func order(_ x: Value, _ y: Value, depth: Int = 0) throws -> Int? {
    switch (x, y) {
    case (.int(let p), .int(let q)): return p < q ? -1 : p > q ? 1 : 0
    case (.string(let p), .string(let q)): return p.value < q.value ? -1 : p.value > q.value ? 1 : 0
    case (.bool(let p), .bool(let q)): return p == q ? 0 : q ? -1 : 1
    case (.tuple(let p), .tuple(let q)): return try order(p.elements, q.elements, depth)
    case (.list(let p), .list(let q)): return try order(p.elements, q.elements, depth)
    default:
      guard let p = x.number, let q = y.number else { return nil }
      return p < q ? -1 : p > q ? 1 : p == q ? 0 : nil
    }
  }

  private static func order(_ x: [Value], _ y: [Value], _ depth: Int) throws -> Int? {
    guard depth < 200 else { throw CommandError("TooDeep", "these values are nested too deeply to compare") }
    for (a, b) in zip(x, y) {
      guard let order = try order(a, b, depth: depth + 1) else { return nil }
      if order != 0 { return order }
    }
    return x.count - y.count
  }

  // MARK: ranges and tuples

  /// `a ..< b` and `a ... b`.
  static func range(_ lower: Value, _ upper: Value, isClosed: Bool) throws -> Value {
    guard let from = lower.integer, let to = upper.integer else {
      let wrong = lower.integer == nil ? lower : upper
      throw CommandError(
        "TypeMismatch", "a range needs integers, not \(wrong.article)",
        help: "`linspace(a, b, n)` divides an interval")
    }
    if isClosed, to == .max {
      throw CommandError(
        "IntegerOverflow", "a range cannot go beyond the largest integer, \(to)", help: "leave it out: `..<`")
    }
    return .range(RangeBox(from, isClosed ? to + 1 : to))
  }

  /// Spreads the elements of a value over consecutive places.
  static func unpack(_ value: Value, into place: Place, count: Int) throws {
    let elements: [Value]
    switch value {
    case .tuple(let box): elements = box.elements
    case .list(let box): elements = box.elements
    case .tensor:
      guard let rows = try value.elementsInOrder() else {
        throw CommandError("TypeMismatch", "\(value.article) cannot be taken apart")
      }
      elements = rows
    default: throw CommandError("TypeMismatch", "\(value.article) cannot be taken apart into \(count) names")
    }
    guard elements.count == count else {
      throw CommandError("WrongCount", "\(count) names on the left, \(elements.count) values on the right")
    }
    for index in 0..<count { place[index] = elements[index] }
  }
}
