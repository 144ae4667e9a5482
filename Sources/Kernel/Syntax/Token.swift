/// One token with its place.
package struct Token: Sendable {
  package var kind: TokenKind
  package var span: Span
}

/// What a token is.
package indirect enum TokenKind: Sendable, Equatable {
  case identifier(String)
  case keyword(Keyword)
  case int(Int)
  case float(Double)
  case string([StringPiece])
  case symbol(Symbol)
  case newline
  case end
}

/// A stretch of a string literal: text with escapes resolved, or the tokens of an interpolated expression.
package enum StringPiece: Sendable, Equatable {
  case text(String)
  case code([Token])

  package static func == (a: StringPiece, b: StringPiece) -> Bool {
    if case .text(let x) = a, case .text(let y) = b { return x == y }
    return false
  }
}

/// Reserved words.
package enum Keyword: String, Sendable, CaseIterable {
  case `if`, `else`, `for`, `in`, `while`, `break`, `continue`, `return`, `func`, `let`, `var`, `try`
  case `true`, `false`, none
  // As Python's papermill writes them.
  case True, False, None
}

/// Operators and punctuation.
package enum Symbol: String, Sendable, CaseIterable {
  case openParen = "(", closeParen = ")", openBracket = "[", closeBracket = "]", openBrace = "{", closeBrace =
    "}"
  case comma = ",", colon = ":", dot = ".", semicolon = ";", question = "?", assign = "="
  case pipe = "|>", coalesce = "??", or = "||", and = "&&", not = "!"
  case equal = "==", notEqual = "!=", less = "<", lessEqual = "<=", greater = ">", greaterEqual = ">="
  case halfOpen = "..<", ellipsis = "...", plus = "+", minus = "-", times = "*", divide = "/", floorDivide =
    "//"
  case modulo = "%", at = "@", power = "**"
  // Not operators of the language; lexed so that the parser can say what to write instead.
  case plusAssign = "+=", minusAssign = "-=", timesAssign = "*=", divideAssign = "/=", arrow = "->", bar = "|"
  case ampersand = "&", caret = "^", tilde = "~"

  /// Longest first, so that `..<` wins over `.`.
  static let byLength: [(symbol: Symbol, bytes: [UInt8])] = Symbol.allCases
    .map { ($0, Array($0.rawValue.utf8)) }.sorted { $0.1.count > $1.1.count }
}

/// Why a text is not a program: more is needed, or something is wrong.
package struct SyntaxFailure: Error {
  package var diagnostic: Diagnostic
  /// Whether more text could mend it.
  package var isIncomplete: Bool

  /// An integer literal beyond 64 bits.
  static func tooLarge(_ span: Span, in source: SourceText) -> SyntaxFailure {
    let text = source.text(span)
    let isDecimal = text.allSatisfy { $0.isWholeNumber || $0 == "_" }
    return SyntaxFailure(
      diagnostic: Diagnostic(
        code: "MalformedNumber", "`\(text)` does not fit 64 bits", labels: [.init(span)],
        help: isDecimal ? "write it as a float, for instance `\(text).0`" : nil, source: source),
      isIncomplete: false)
  }
}
