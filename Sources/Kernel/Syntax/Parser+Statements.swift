extension Parser {
  /// Statements up to a token that is left in place.
  mutating func statements(until stop: TokenKind) throws(SyntaxFailure) -> [Statement] {
    var result: [Statement] = []
    while true {
      while current.kind == .newline || isNext(.semicolon) { advance() }
      if current.kind == stop || current.kind == .end { return result }
      let next = try recovering(until: stop) { (parser: inout Parser) throws(SyntaxFailure) in
        var statement = try parser.statement()
        if parser.take(.semicolon) {
          statement.isSilenced = true
        } else if parser.current.kind != .newline, parser.current.kind != stop, parser.current.kind != .end {
          throw parser.unexpected("expected the end of the statement")
        }
        return statement
      }
      if let next { result.append(next) }
    }
  }

  /// `{ statements }`.
  mutating func block() throws(SyntaxFailure) -> Block {
    let outer = (ignoresNewlines, allowsTrailingClosure)
    if !isNext(.openBrace), kindAfterNewlines() == .symbol(.openBrace) { skipNewlines() }
    guard isNext(.openBrace) else {
      throw unexpected(
        "expected `{`",
        help: isNext(.arrow)
          ? "results have no declared type: func f(x) { … }" : "blocks are written in braces: if x > 0 { … }")
    }
    let opener = advance()
    open.append(opener)
    ignoresNewlines = false
    allowsTrailingClosure = true
    let body = try nested { (parser: inout Parser) throws(SyntaxFailure) in
      try parser.statements(until: .symbol(.closeBrace))
    }
    try close(.closeBrace)
    (ignoresNewlines, allowsTrailingClosure) = outer
    return Block(statements: body, span: Span(opener.span.start, lastEnd))
  }

  private mutating func statement() throws(SyntaxFailure) -> Statement {
    let start = current.span.start
    let kind = try statementKind()
    return Statement(kind: kind, span: Span(start, lastEnd), isSilenced: false)
  }

  private mutating func statementKind() throws(SyntaxFailure) -> StatementKind {
    let token = current
    switch token.kind {
    case .keyword(.let), .keyword(.var): return try declaration(isVariable: token.kind == .keyword(.var))
    case .keyword(.func): return .function(try function())
    case .keyword(.for): return try loop()
    case .keyword(.while):
      advance()
      return .whileLoop(try header(), try block())
    case .keyword(.break):
      advance()
      return .breakLoop
    case .keyword(.continue):
      advance()
      return .continueLoop
    case .keyword(.return):
      advance()
      switch current.kind {
      case .newline, .end, .symbol(.semicolon), .symbol(.closeBrace): return .returnValue(nil)
      default: return .returnValue(try expression())
      }
    case .symbol(.modulo), .symbol(.question), .symbol(.coalesce): return try magic(token)
    case .identifier(let word): if let fault = foreignStatement(word) { throw fault }
    default: break
    }
    return try assignmentOrExpression()
  }

  private mutating func assignmentOrExpression() throws(SyntaxFailure) -> StatementKind {
    let target = try expression()
    switch current.kind {
    case .symbol(.assign):
      try check(target: target)
      advance()
      skipNewlines()
      return .assign(target, try expression())
    case .symbol(.plusAssign), .symbol(.minusAssign), .symbol(.timesAssign), .symbol(.divideAssign):
      let symbol = source.text(current.span)
      let name = source.text(target.span)
      throw failure(
        "SyntaxError", "FAA has no `\(symbol)`", current.span,
        help: "write `\(name) = \(name) \(symbol.prefix(1)) …`")
    case .symbol(.comma) where isBeforeClosureParameters():
      throw failure(
        "SyntaxError", "the parameters of a closure are names, without defaults or types", current.span,
        help: "{ a, b in a + b }; `func f(a, b: 2) { … }` can have defaults")
    case .symbol(.comma):
      throw failure(
        "SyntaxError", "several values are written in parentheses", current.span,
        help: "(a, b) = f()")
    default: return .expression(target)
    }
  }

  /// Whether an `in` follows on this line of a closure, before another bracket opens.
  private func isBeforeClosureParameters() -> Bool {
    guard open.last?.kind == .symbol(.openBrace) else { return false }
    var ahead = 0
    while true {
      switch token(at: ahead).kind {
      case .keyword(.in): return true
      case .newline, .end, .symbol(.openBrace), .symbol(.closeBrace), .keyword(.for): return false
      default: ahead += 1
      }
    }
  }

  /// Only names, tuples of them, subscripts and fields can stand left of `=`.
  private func check(target: Expression) throws(SyntaxFailure) {
    switch target.kind {
    case .name: return
    case .tuple(let entries):
      for entry in entries { try check(target: entry) }
    case .index(let base, _), .member(let base, _, _): try check(target: base)
    case .call:
      throw failure(
        "SyntaxError", "the result of a call cannot be assigned to", target.span,
        help: "functions are defined with `func name(x) { … }`")
    case .list:
      throw failure(
        "SyntaxError", "a list cannot be assigned to", target.span,
        help: "names stand in parentheses: (a, b) = …")
    default: throw failure("SyntaxError", "this cannot be assigned to", target.span)
    }
  }

  private mutating func declaration(isVariable: Bool) throws(SyntaxFailure) -> StatementKind {
    advance()
    let pattern = try pattern()
    guard take(.assign) else { throw unexpected("expected `=` and a value") }
    skipNewlines()
    return .declare(pattern, try expression(), isVariable: isVariable)
  }

  private mutating func loop() throws(SyntaxFailure) -> StatementKind {
    advance()
    let pattern = try pattern()
    guard take(.in) else {
      let help =
        isNext(.comma) ? "several names are written in parentheses: for (i, x) in …" : "for i in 0..<10 { … }"
      throw unexpected("expected `in`", help: help)
    }
    return .loop(pattern, try header(), try block())
  }

  private mutating func function() throws(SyntaxFailure) -> FunctionNode {
    let start = advance().span.start
    let token = current
    guard case .identifier(let name) = token.kind else { throw unexpected("expected the function's name") }
    advance()
    guard isNext(.openParen) else { throw unexpected("expected `(`") }
    var parameters: [ParameterNode] = []
    try bracketed(.closeParen) { (parser: inout Parser) throws(SyntaxFailure) in
      let pattern = try parser.pattern()
      if parser.isNext(.assign) {
        throw parser.unexpected("a default follows a `:`", help: "func step(w, rate: 0.1) { … }")
      }
      let value = parser.take(.colon) ? try parser.expression() : nil
      if value == nil, let last = parameters.last, last.defaultValue != nil {
        throw parser.failure("SyntaxError", "parameters without a default come first", pattern.span)
      }
      parameters.append(ParameterNode(pattern: pattern, defaultValue: value))
    }
    try checkDistinct(parameters)
    return FunctionNode(
      name: name, nameSpan: token.span, parameters: parameters, body: try block(), span: Span(start, lastEnd))
  }

  private func checkDistinct(_ parameters: [ParameterNode]) throws(SyntaxFailure) {
    var seen: Set<String> = []
    for parameter in parameters where parameter.name != "_" && !seen.insert(parameter.name).inserted {
      throw failure("SyntaxError", "two parameters are called `\(parameter.name)`", parameter.pattern.span)
    }
  }

  /// A name, `_`, or a tuple of patterns.
  mutating func pattern() throws(SyntaxFailure) -> Pattern {
    let token = current
    switch token.kind {
    case .identifier("_"):
      advance()
      return .ignore(token.span)
    case .identifier(let name):
      advance()
      return .name(name, token.span)
    case .symbol(.openParen):
      var entries: [Pattern] = []
      try bracketed(.closeParen) { (parser: inout Parser) throws(SyntaxFailure) in
        let entry = try parser.nested { (inner: inout Parser) throws(SyntaxFailure) in try inner.pattern() }
        entries.append(entry)
      }
      return .tuple(entries, Span(token.span.start, lastEnd))
    default: throw unexpected("expected a name")
    }
  }

  /// The failure for a magic that runs an expression and is given none, or a statement.
  private mutating func notMeasurable(_ magic: String, _ token: Token) -> SyntaxFailure? {
    let message = "%\(magic) takes an expression"
    switch current.kind {
    case .newline, .end:
      return failure(
        "SyntaxError", message, Span(token.span.start, lastEnd), help: "for instance `%\(magic) f(x)`")
    case .keyword(.for), .keyword(.while), .keyword(.let), .keyword(.var):
      return failure(
        "SyntaxError", message, current.span,
        help: "statements are a closure that is called: %\(magic) { … }()")
    default: return nil
    }
  }

  /// `%name rest`, `?name`, `??name`: the rest of the line belongs to the magic.
  private mutating func magic(_ token: Token) throws(SyntaxFailure) -> StatementKind {
    advance()
    let name: String
    if token.kind == .symbol(.modulo) {
      guard case .identifier(let word) = current.kind, current.span.start == token.span.end else {
        throw failure(
          "SyntaxError", "expected an expression, found `%`", token.span,
          help: "magics are written `%time f(x)`")
      }
      advance()
      name = word
    } else {
      name = source.text(token.span)
    }
    let start = lastEnd
    var value: Expression?, target: Expression?
    if MagicLine.evaluating.contains(name) {
      if let fault = notMeasurable(name, token) { throw fault }
      switch try assignmentOrExpression() {
      case .assign(let place, let assigned): (target, value) = (place, assigned)
      case .expression(let evaluated): value = evaluated
      default: break
      }
    } else {
      while current.kind != .newline, current.kind != .end, current.kind != .symbol(.closeBrace) { advance() }
    }
    let text = source.text(Span(start, lastEnd))
    return .magic(
      MagicNode(name: name, text: String(text.drop { $0 == " " }), value: value, target: target))
  }
}

extension Statement {
  /// Depth of the deepest tree inside.
  var depth: Int {
    switch kind {
    case .expression(let value): value.depth
    case .assign(let target, let value): 1 + max(target.depth, value.depth)
    case .declare(_, let value, _): 1 + value.depth
    case .function(let function): 1 + function.body.depth
    case .loop(_, let sequence, let body): 1 + max(sequence.depth, body.depth)
    case .whileLoop(let condition, let body): 1 + max(condition.depth, body.depth)
    case .returnValue(let value): 1 + (value?.depth ?? 0)
    case .magic(let magic): 1 + max(magic.target?.depth ?? 0, magic.value?.depth ?? 0)
    case .breakLoop, .continueLoop: 1
    }
  }
}

extension Block {
  var depth: Int { 1 + (statements.lazy.map(\.depth).max() ?? 0) }
}
