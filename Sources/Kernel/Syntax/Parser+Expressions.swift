extension Parser {
  /// An expression whose operators bind at least as tightly as `minimum`.
  mutating func expression(_ minimum: Precedence = .lowest) throws(SyntaxFailure) -> Expression {
    try nested { (parser: inout Parser) throws(SyntaxFailure) in
      var left = try parser.prefix()
      while let rule = parser.infixRule(), rule.precedence >= minimum {
        let symbol = parser.advance()
        parser.skipNewlines()
        let next = Precedence(rawValue: rule.precedence.rawValue + 1) ?? .power
        let right = try parser.expression(rule.associativity == .right ? rule.precedence : next)
        left = try parser.combine(left, right, rule.rule)
        if rule.associativity == .none, let again = parser.infixRule(), again.precedence == rule.precedence {
          throw parser.chained(symbol, left)
        }
      }
      return left
    }
  }

  /// The rule of the next token when it is an infix operator here.
  private mutating func infixRule() -> (
    precedence: Precedence, associativity: Associativity, rule: InfixRule
  )? {
    if current.kind == .newline, kindAfterNewlines() == .symbol(.pipe) { skipNewlines() }
    guard case .symbol(let symbol) = current.kind else { return nil }
    return infixOperators[symbol]
  }

  private func combine(_ left: Expression, _ right: Expression, _ rule: InfixRule) throws(SyntaxFailure)
    -> Expression
  {
    let span = left.span.union(right.span)
    switch rule {
    case .binary(let name): return try node(.binary(name, left, right), span, over: [left, right])
    case .shortCircuit(let name):
      return try node(.shortCircuit(name, left, right), span, over: [left, right])
    case .range(let isClosed):
      return try node(.range(left, right, isClosed: isClosed), span, over: [left, right])
    case .pipe:
      let argument = ArgumentNode(label: nil, labelSpan: left.span, value: left, isTrailing: false)
      return try node(.call(right, [argument]), span, over: [left, right])
    }
  }

  private mutating func chained(_ symbol: Token, _ left: Expression) -> SyntaxFailure {
    let second = current
    let help =
      if case .binary(_, let a, let b) = left.kind {
        "write `\(source.text(a.span)) \(source.text(symbol.span)) \(source.text(b.span)) && "
          + "\(source.text(b.span)) \(source.text(second.span)) …`"
      } else { "use parentheses" }
    return failure(
      "SyntaxError", "`\(source.text(second.span))` cannot follow another comparison or range", second.span,
      help: help)
  }

  /// Prefix operators, `try`, and what postfix forms hang on.
  private mutating func prefix() throws(SyntaxFailure) -> Expression {
    let token = current
    switch token.kind {
    case .symbol(.minus), .symbol(.not), .symbol(.plus):
      advance()
      if token.kind == .symbol(.minus), let least = try leastInteger(behind: token) { return least }
      let operand = try expression(.unary)
      let span = token.span.union(operand.span)
      switch (token.kind, operand.kind) {
      case (.symbol(.plus), _): return operand
      case (.symbol(.minus), .int(let value)) where value != .min: return try node(.int(-value), span)
      case (.symbol(.minus), .float(let value)): return try node(.float(-value), span)
      case (.symbol(.minus), _): return try node(.unary(.minus, operand), span, over: [operand])
      default: return try node(.unary(.not, operand), span, over: [operand])
      }
    case .keyword(.try):
      advance()
      let attempted = try expression()
      if case .closure = attempted.kind {
        throw failure(
          "SyntaxError", "making a closure cannot fail: `try` takes an expression", attempted.span,
          help: "try f(x) else 0; of several statements: `try { … }() else 0`")
      }
      guard take(.else) else {
        throw unexpected("expected `else` and what to use instead", help: "try f(x) else 0")
      }
      let fallback = try expression()
      return try node(
        .attempt(attempted, fallback), token.span.union(fallback.span), over: [attempted, fallback])
    default:
      return try postfix(try primary())
    }
  }

  /// `-9223372036854775808`, of which the digits alone fit no integer; nil where something else follows the minus, or where a tighter
  /// operator takes the digits for itself.
  private mutating func leastInteger(behind minus: Token) throws(SyntaxFailure) -> Expression? {
    guard current.kind == .int(.min) else { return nil }
    switch following.kind {
    case .symbol(.power), .symbol(.openBracket), .symbol(.openParen), .symbol(.dot): return nil
    default: return try node(.int(.min), minus.span.union(advance().span))
    }
  }

  /// Calls, subscripts, members and trailing closures after `base`.
  private mutating func postfix(_ start: Expression) throws(SyntaxFailure) -> Expression {
    var base = start
    while true {
      let token = current
      switch token.kind {
      case .symbol(.openParen): base = try call(base)
      case .symbol(.openBracket): base = try index(base)
      case .symbol(.openBrace):
        guard allowsTrailingClosure, base.isCallable else { return base }
        base = try trailingClosure(base)
      case .symbol(.dot): base = try member(base)
      case .newline:
        guard kindAfterNewlines() == .symbol(.dot), case .identifier = kindAfterNewlines(skip: 1) else {
          return base
        }
        skipNewlines()
      default: return base
      }
    }
  }

  private mutating func member(_ base: Expression) throws(SyntaxFailure) -> Expression {
    advance()
    let token = current
    let name: String
    switch token.kind {
    case .identifier(let text): name = text
    case .keyword(let word): name = word.rawValue
    default: throw unexpected("expected a member name after `.`")
    }
    advance()
    return try node(.member(base, name, token.span), base.span.union(token.span), over: [base])
  }

  private mutating func call(_ callee: Expression) throws(SyntaxFailure) -> Expression {
    var arguments: [ArgumentNode] = []
    try bracketed(.closeParen) { (parser: inout Parser) throws(SyntaxFailure) in
      arguments.append(try parser.argument())
    }
    let span = Span(callee.span.start, lastEnd)
    return try node(.call(callee, arguments), span, over: [callee] + arguments.map(\.value))
  }

  private mutating func argument() throws(SyntaxFailure) -> ArgumentNode {
    let token = current
    let label: String? =
      switch token.kind {
      case .identifier(let text): text
      case .keyword(let word): word.rawValue
      default: nil
      }
    if let label, following.kind == .symbol(.colon) {
      advance()
      advance()
      return ArgumentNode(label: label, labelSpan: token.span, value: try expression(), isTrailing: false)
    }
    if let label, following.kind == .symbol(.assign), self.token(at: 2).kind != .symbol(.greater) {
      throw failure(
        "SyntaxError", "arguments are labelled with `:`", following.span, help: "write `\(label): …`")
    }
    return ArgumentNode(label: nil, labelSpan: token.span, value: try expression(), isTrailing: false)
  }

  private mutating func trailingClosure(_ base: Expression) throws(SyntaxFailure) -> Expression {
    let value = try braces()
    guard case .closure = value.kind else {
      throw failure(
        "SyntaxError", "only a closure can follow a call", value.span,
        help: "put the record in parentheses: `f({a: 1})`")
    }
    let trailing = ArgumentNode(label: nil, labelSpan: value.span, value: value, isTrailing: true)
    let span = base.span.union(value.span)
    if case .call(let callee, let arguments) = base.kind, arguments.last?.isTrailing != true,
      base.span.end > callee.span.end
    {
      return try node(.call(callee, arguments + [trailing]), span, over: [base, value])
    }
    return try node(.call(base, [trailing]), span, over: [base, value])
  }

  private mutating func index(_ base: Expression) throws(SyntaxFailure) -> Expression {
    var entries: [IndexNode] = []
    var children = [base]
    let opener = current.span
    try bracketed(.closeBracket) { (parser: inout Parser) throws(SyntaxFailure) in
      let entry = try parser.indexEntry()
      switch entry {
      case .value(let value): children.append(value)
      case .slice(let a, let b, let c): children += [a, b, c].compactMap { $0 }
      case .ellipsis: break
      }
      entries.append(entry)
    }
    let span = Span(base.span.start, lastEnd)
    if entries.isEmpty {
      throw failure("SyntaxError", "this subscript is empty", opener.union(Span(lastEnd - 1, lastEnd)))
    }
    return try node(.index(base, entries), span, over: children)
  }

  private mutating func indexEntry() throws(SyntaxFailure) -> IndexNode {
    if isNext(.ellipsis), following.kind == .symbol(.comma) || following.kind == .symbol(.closeBracket) {
      advance()
      return .ellipsis
    }
    var parts: [Expression?] = [nil]
    while true {
      if take(.colon) {
        guard parts.count < 3 else { throw unexpected("a slice has at most three parts") }
        parts.append(nil)
      } else if isNext(.comma) || isNext(.closeBracket) || parts[parts.count - 1] != nil {
        break
      } else {
        parts[parts.count - 1] = try expression()
      }
    }
    if parts.count == 1 {
      guard let only = parts[0] else { throw unexpected("expected an index") }
      return .value(only)
    }
    return .slice(parts[0], parts[1], parts.count > 2 ? parts[2] : nil)
  }

  /// Comma-separated entries between the next token, an opening bracket, and `closer`; a final comma is allowed.
  /// - Returns: whether there was a final comma.
  @discardableResult
  mutating func bracketed(
    _ closer: Symbol, _ entry: (inout Parser) throws(SyntaxFailure) -> Void
  ) throws(SyntaxFailure) -> Bool {
    let outer = (ignoresNewlines, allowsTrailingClosure)
    open.append(advance())
    ignoresNewlines = true
    allowsTrailingClosure = true
    var endsInComma = false
    while !isNext(closer) {
      try entry(&self)
      endsInComma = take(.comma)
      if !endsInComma, !isNext(closer) { throw unexpected("expected `,` or `\(closer.rawValue)`") }
    }
    try close(closer)
    (ignoresNewlines, allowsTrailingClosure) = outer
    return endsInComma
  }

  // MARK: primaries

  private mutating func primary() throws(SyntaxFailure) -> Expression {
    let token = current
    switch token.kind {
    case .int(.min): throw SyntaxFailure.tooLarge(token.span, in: source)
    case .int(let value): return try leaf(.int(value))
    case .float(let value): return try leaf(.float(value))
    case .string(let pieces): return try string(pieces)
    case .identifier(let name):
      if name == "lambda" || name == "not", beginsOperand(following.kind) {
        throw unexpected("expected an expression")
      }
      return try leaf(.name(name))
    case .keyword(.true), .keyword(.True): return try leaf(.bool(true))
    case .keyword(.false), .keyword(.False): return try leaf(.bool(false))
    case .keyword(.none), .keyword(.None): return try leaf(.none)
    case .keyword(.if): return try conditional()
    case .keyword(.func):
      throw unexpected("a function is defined on its own line", help: "write a closure: { x in x + 1 }")
    case .symbol(.openParen): return try parentheses()
    case .symbol(.openBracket): return try brackets()
    case .symbol(.openBrace): return try braces()
    case .symbol(.dot):
      if case .int = following.kind {
        throw unexpected("expected an expression", help: "write `0.5`, not `.5`")
      }
      throw unexpected("expected an expression")
    default: throw unexpected("expected an expression")
    }
  }

  private func beginsOperand(_ kind: TokenKind) -> Bool {
    switch kind {
    case .identifier, .int, .float, .string, .keyword(.true), .keyword(.false), .keyword(.none): true
    default: false
    }
  }

  private mutating func leaf(_ kind: ExpressionKind) throws(SyntaxFailure) -> Expression {
    try node(kind, advance().span)
  }

  private mutating func string(_ pieces: [StringPiece]) throws(SyntaxFailure) -> Expression {
    let token = advance()
    var parts: [Interpolation] = []
    var children: [Expression] = []
    for piece in pieces {
      switch piece {
      case .text(let text):
        if !text.isEmpty { parts.append(.text(text)) }
      case .code(let tokens):
        let (value, format) = try interpolation(tokens)
        parts.append(.value(value, format: format))
        children += [value] + (format.map { [$0] } ?? [])
      }
    }
    return try node(.string(parts), token.span, over: children)
  }

  /// What stands in `\(…)`: a value, or a value and its format.
  private func interpolation(_ tokens: [Token]) throws(SyntaxFailure) -> (Expression, Expression?) {
    var inner = Parser(source: source, tokens: tokens)
    guard inner.current.kind != .end else {
      throw failure(
        "SyntaxError", "there is no value in this `\\()`", inner.current.span, help: "\"x is \\(x)\"")
    }
    do throws(SyntaxFailure) {
      let value = try inner.expression()
      var format: Expression?
      if inner.take(.comma) {
        guard inner.current.kind == .identifier("format"), inner.following.kind == .symbol(.colon) else {
          throw inner.unexpected("expected `format:` and a format", help: "\"\\(loss, format: \".3f\")\"")
        }
        inner.advance()
        inner.advance()
        format = try inner.expression()
      }
      guard inner.current.kind == .end else { throw inner.unexpected("expected `)`") }
      return (value, format)
    } catch {
      // The text after the literal cannot complete what is missing inside it.
      var mended = error
      mended.isIncomplete = false
      if mended.diagnostic.code == "IncompleteInput" { mended.diagnostic.code = "SyntaxError" }
      throw mended
    }
  }

  private mutating func parentheses() throws(SyntaxFailure) -> Expression {
    let start = current.span.start
    var entries: [Expression] = []
    let endsInComma = try bracketed(.closeParen) { (parser: inout Parser) throws(SyntaxFailure) in
      entries.append(try parser.expression())
    }
    let span = Span(start, lastEnd)
    if entries.count == 1, !endsInComma {
      return Expression(kind: entries[0].kind, span: span, depth: entries[0].depth)
    }
    return try node(.tuple(entries), span, over: entries)
  }

  private mutating func brackets() throws(SyntaxFailure) -> Expression {
    let start = current.span.start
    var entries: [Expression] = []
    var clauses: [ComprehensionClause] = []
    try bracketed(.closeBracket) { (parser: inout Parser) throws(SyntaxFailure) in
      entries.append(try parser.expression())
      while entries.count == 1, parser.take(.for) { clauses.append(try parser.comprehensionClause()) }
    }
    let span = Span(start, lastEnd)
    if clauses.isEmpty { return try node(.list(entries), span, over: entries) }
    guard entries.count == 1 else { throw failure("SyntaxError", "a comprehension has one expression", span) }
    let children = entries + clauses.flatMap { [$0.sequence] + $0.conditions }
    return try node(.comprehension(entries[0], clauses), span, over: children)
  }

  private mutating func comprehensionClause() throws(SyntaxFailure) -> ComprehensionClause {
    let pattern = try pattern()
    guard take(.in) else { throw unexpected("expected `in`", help: "[x * x for x in xs if x > 0]") }
    let sequence = try expression()
    var conditions: [Expression] = []
    while take(.if) { conditions.append(try expression()) }
    return ComprehensionClause(pattern: pattern, sequence: sequence, conditions: conditions)
  }

  /// `if c { … } else { … }`, which has the value of the branch taken.
  private mutating func conditional() throws(SyntaxFailure) -> Expression {
    let start = advance().span.start
    let condition = try header()
    let then = try block()
    var otherwise: Block?
    if kindAfterNewlines() == .keyword(.else) {
      skipNewlines()
      advance()
      if isNext(.if) {
        let inner = try nested { (parser: inout Parser) throws(SyntaxFailure) in try parser.conditional() }
        let statement = Statement(kind: .expression(inner), span: inner.span, isSilenced: false)
        otherwise = Block(statements: [statement], span: inner.span)
      } else {
        otherwise = try block()
      }
    }
    let span = Span(start, lastEnd)
    let children = [condition, Parser.probe(then, span)] + (otherwise.map { [Parser.probe($0, span)] } ?? [])
    return try node(.conditional(condition, then, otherwise), span, over: children)
  }

  /// A condition or sequence before a block: a `{` here opens the block.
  mutating func header() throws(SyntaxFailure) -> Expression {
    let outer = allowsTrailingClosure
    allowsTrailingClosure = false
    defer { allowsTrailingClosure = outer }
    return try expression()
  }

  /// A record when it starts with `key:`, else a closure.
  private mutating func braces() throws(SyntaxFailure) -> Expression {
    let start = current.span.start
    let key = kindAfterNewlines(skip: 0) == .symbol(.openBrace) ? bracesLookahead() : nil
    if key == true { return try record(start) }
    return try closure(start)
  }

  /// Whether the braces that come next hold a record.
  private func bracesLookahead() -> Bool {
    var ahead = 1
    while token(at: ahead).kind == .newline { ahead += 1 }
    switch token(at: ahead).kind {
    case .symbol(.closeBrace): return true
    case .identifier, .string, .keyword: return token(at: ahead + 1).kind == .symbol(.colon)
    default: return false
    }
  }

  private mutating func record(_ start: Int) throws(SyntaxFailure) -> Expression {
    var fields: [RecordField] = []
    try bracketed(.closeBrace) { (parser: inout Parser) throws(SyntaxFailure) in
      let token = parser.current
      let key: String
      switch token.kind {
      case .identifier(let text): key = text
      case .keyword(let word): key = word.rawValue
      case .string(let pieces):
        guard pieces.count == 1, case .text(let text) = pieces[0] else {
          throw parser.unexpected("a key is plain text")
        }
        key = text
      default: throw parser.unexpected("expected a key", help: "{lr: 1e-3, betas: [0.9, 0.95]}")
      }
      parser.advance()
      guard parser.take(.colon) else { throw parser.unexpected("expected `:` after the key") }
      fields.append(RecordField(key: key, value: try parser.expression()))
    }
    return try node(.record(fields), Span(start, lastEnd), over: fields.map(\.value))
  }

  private mutating func closure(_ start: Int) throws(SyntaxFailure) -> Expression {
    let outer = (ignoresNewlines, allowsTrailingClosure)
    open.append(advance())
    ignoresNewlines = false
    allowsTrailingClosure = true
    skipNewlines()
    var parameters: [ParameterNode] = []
    if hasClosureParameters() {
      while !take(.in) {
        parameters.append(ParameterNode(pattern: try pattern(), defaultValue: nil))
        if !take(.comma), !isNext(.in) { throw unexpected("expected `,` or `in`") }
      }
    }
    let statements = try nested { (parser: inout Parser) throws(SyntaxFailure) in
      try parser.statements(until: .symbol(.closeBrace))
    }
    try close(.closeBrace)
    (ignoresNewlines, allowsTrailingClosure) = outer
    let span = Span(start, lastEnd)
    let body = Block(statements: statements, span: span)
    let function = FunctionNode(
      name: "closure", nameSpan: Span(start, start + 1), parameters: parameters, body: body, span: span)
    return try node(.closure(function), span, over: [Parser.probe(body, span)])
  }

  /// Whether names and commas up to an `in` come next.
  private func hasClosureParameters() -> Bool {
    var ahead = 0
    var depth = 0
    while true {
      switch token(at: ahead).kind {
      case .identifier, .symbol(.comma): break
      case .symbol(.openParen): depth += 1
      case .symbol(.closeParen): depth -= 1
      case .keyword(.in): return depth == 0 && ahead > 0
      default: return false
      }
      ahead += 1
    }
  }

  /// A stand-in for a block that carries its depth.
  static func probe(_ block: Block, _ span: Span) -> Expression {
    Expression(kind: .none, span: span, depth: 1 + (block.statements.lazy.map(\.depth).max() ?? 0))
  }
}

extension Expression {
  /// Whether a closure after it is an argument.
  fileprivate var isCallable: Bool {
    switch kind {
    case .name, .member, .call, .index: true
    default: false
    }
  }
}
