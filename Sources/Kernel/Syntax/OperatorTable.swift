/// How tightly operators bind, loosest first.
enum Precedence: Int, Comparable {
  case lowest, pipe, coalesce, or, and, comparison, range, sum, product, unary, power

  static func < (a: Precedence, b: Precedence) -> Bool { a.rawValue < b.rawValue }
}

/// What an infix operator builds.
enum InfixRule {
  case binary(BinaryOperator)
  case shortCircuit(ShortCircuit)
  case range(isClosed: Bool)
  case pipe
}

/// How operators of one precedence group.
enum Associativity {
  case left, right, none
}

/// The one table of infix operators.
let infixOperators: [Symbol: (precedence: Precedence, associativity: Associativity, rule: InfixRule)] = [
  .pipe: (.pipe, .left, .pipe),
  .coalesce: (.coalesce, .right, .shortCircuit(.coalesce)),
  .or: (.or, .left, .shortCircuit(.or)),
  .and: (.and, .left, .shortCircuit(.and)),
  .equal: (.comparison, .none, .binary(.equal)),
  .notEqual: (.comparison, .none, .binary(.notEqual)),
  .less: (.comparison, .none, .binary(.less)),
  .lessEqual: (.comparison, .none, .binary(.lessEqual)),
  .greater: (.comparison, .none, .binary(.greater)),
  .greaterEqual: (.comparison, .none, .binary(.greaterEqual)),
  .halfOpen: (.range, .none, .range(isClosed: false)),
  .ellipsis: (.range, .none, .range(isClosed: true)),
  .plus: (.sum, .left, .binary(.add)),
  .minus: (.sum, .left, .binary(.subtract)),
  .times: (.product, .left, .binary(.multiply)),
  .divide: (.product, .left, .binary(.divide)),
  .floorDivide: (.product, .left, .binary(.floorDivide)),
  .modulo: (.product, .left, .binary(.modulo)),
  .at: (.product, .left, .binary(.matmul)),
  .power: (.power, .right, .binary(.power)),
]
