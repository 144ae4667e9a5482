/// An expression with its place and the depth of its tree, which the parser bounds so that later passes may recurse.
package struct Expression: Sendable {
  package let kind: ExpressionKind
  package let span: Span
  package let depth: Int
}

/// The forms of expressions.
package indirect enum ExpressionKind: Sendable {
  case none
  case bool(Bool)
  case int(Int)
  case float(Double)
  case string([Interpolation])
  case name(String)
  case list([Expression])
  case tuple([Expression])
  case record([RecordField])
  case closure(FunctionNode)
  case comprehension(Expression, [ComprehensionClause])
  case unary(UnaryOperator, Expression)
  case binary(BinaryOperator, Expression, Expression)
  /// `a ..< b`, or `a ... b` when closed.
  case range(Expression, Expression, isClosed: Bool)
  /// `a && b`, `a || b`, `a ?? b`: the right side is evaluated only when needed.
  case shortCircuit(ShortCircuit, Expression, Expression)
  case call(Expression, [ArgumentNode])
  case index(Expression, [IndexNode])
  case member(Expression, String, Span)
  case conditional(Expression, Block, Block?)
  case attempt(Expression, Expression)
}

/// Text or a value of a string literal.
package enum Interpolation: Sendable {
  case text(String)
  /// `\(value)`, or `\(value, format: spec)`.
  case value(Expression, format: Expression?)
}

/// `key: value` of a record.
package struct RecordField: Sendable {
  package let key: String
  package let value: Expression
}

/// `for pattern in sequence if condition` of a comprehension.
package struct ComprehensionClause: Sendable {
  package let pattern: Pattern
  package let sequence: Expression
  package let conditions: [Expression]
}

/// An argument of a call.
package struct ArgumentNode: Sendable {
  package let label: String?
  package let labelSpan: Span
  package let value: Expression
  /// Whether it is a closure after the parentheses.
  package let isTrailing: Bool

  package init(label: String?, labelSpan: Span, value: Expression, isTrailing: Bool) {
    self.label = label
    self.labelSpan = labelSpan
    self.value = value
    self.isTrailing = isTrailing
  }
}

/// An entry of a subscript.
package enum IndexNode: Sendable {
  case value(Expression)
  case slice(Expression?, Expression?, Expression?)
  case ellipsis
}

/// Prefix operators.
package enum UnaryOperator: String, Sendable {
  case minus = "-"
  case not = "!"
}

/// Operators that evaluate both sides.
package enum BinaryOperator: UInt8, Sendable {
  case add, subtract, multiply, divide, floorDivide, modulo, power, matmul
  case equal, notEqual, less, lessEqual, greater, greaterEqual

  /// How it is written.
  package var spelling: String {
    ["+", "-", "*", "/", "//", "%", "**", "@", "==", "!=", "<", "<=", ">", ">="][Int(rawValue)]
  }
}

/// Operators that may skip their right side.
package enum ShortCircuit: Sendable {
  case and, or, coalesce
}

/// Names to bind: one, a tuple of patterns, or `_` for nothing.
package indirect enum Pattern: Sendable {
  case name(String, Span)
  case tuple([Pattern], Span)
  case ignore(Span)

  package var span: Span {
    switch self {
    case .name(_, let span), .tuple(_, let span), .ignore(let span): span
    }
  }

  /// The names in it, in order.
  package var names: [String] {
    switch self {
    case .name(let name, _): [name]
    case .tuple(let entries, _): entries.flatMap(\.names)
    case .ignore: []
    }
  }
}

/// A parameter of a function of the language.
package struct ParameterNode: Sendable {
  package let pattern: Pattern
  package let defaultValue: Expression?

  /// Its label; a destructured parameter has none.
  package var name: String {
    if case .name(let name, _) = pattern { name } else { "_" }
  }
}

/// A function or closure.
package final class FunctionNode: Sendable {
  package let name: String
  package let nameSpan: Span
  package let parameters: [ParameterNode]
  package let body: Block
  package let span: Span

  init(name: String, nameSpan: Span, parameters: [ParameterNode], body: Block, span: Span) {
    self.name = name
    self.nameSpan = nameSpan
    self.parameters = parameters
    self.body = body
    self.span = span
  }

  /// A closure without parameters around one expression: what `%time` gets.
  package static func thunk(_ value: Expression) -> FunctionNode {
    let statement = Statement(kind: .expression(value), span: value.span, isSilenced: false)
    return FunctionNode(
      name: "closure", nameSpan: value.span, parameters: [],
      body: Block(statements: [statement], span: value.span),
      span: value.span)
  }
}

/// Statements in braces, or a whole cell.
package struct Block: Sendable {
  package let statements: [Statement]
  package let span: Span
}

/// A statement with its place.
package struct Statement: Sendable {
  package let kind: StatementKind
  package let span: Span
  /// Whether a `;` follows, which keeps the value of a cell from being shown.
  package var isSilenced: Bool
}

/// `%time x = f()`, `%vars`, `?name`.
package struct MagicNode: Sendable {
  /// Without `%`; `?` and `??` for questions.
  package let name: String
  /// The rest of the line.
  package let text: String
  /// That as an expression where it is one, and what it is assigned to.
  package var value: Expression?, target: Expression?
}

/// The forms of statements.
package enum StatementKind: Sendable {
  case expression(Expression)
  case assign(Expression, Expression)
  case declare(Pattern, Expression, isVariable: Bool)
  case function(FunctionNode)
  case loop(Pattern, Expression, Block)
  case whileLoop(Expression, Block)
  case breakLoop
  case continueLoop
  case returnValue(Expression?)
  /// `%time expr`, `?name`, `??name`.
  case magic(MagicNode)
}
