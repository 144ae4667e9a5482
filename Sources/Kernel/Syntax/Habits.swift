/// What a reader with habits from another language may have meant: the help line under a fault of the parser.
extension Parser {
  /// Words that begin statements elsewhere, and what to say of them here.
  private static let foreignStatements: [String: (message: String, help: String)] = {
    let function = ("functions start with `func`", "func name(x, rate: 0.1) { … }")
    let type = ("FAA has no types of one's own", "use records and functions")
    let choice = ("FAA has no `switch`", "if x == 1 { … } else if x == 2 { … } else { … }")
    let imported = ("there is nothing to import: every command is there", "`help()` lists them")
    let thrown = ("errors are raised by `assert`", "assert(false, \"why\")")
    return [
      "def": function, "function": function, "fn": function, "fun": function,
      "class": ("FAA has no classes", "use records and functions"), "struct": type, "enum": type,
      "switch": choice, "match": choice,
      "import": imported, "from": imported, "using": imported,
      "raise": thrown, "throw": thrown,
      "del": ("variables are forgotten by a magic", "%reset x"),
    ]
  }()

  /// The failure for a word that begins a statement elsewhere, when what follows shows that it is meant so.
  mutating func foreignStatement(_ word: String) -> SyntaxFailure? {
    guard let (message, help) = Parser.foreignStatements[word] else { return nil }
    switch following.kind {
    case .identifier, .string, .int, .float: break
    default: return nil
    }
    return failure("SyntaxError", message, current.span, help: help)
  }

  /// The failure for the `++` or `--` that the parser stands behind, when no operand follows.
  mutating func increment() -> SyntaxFailure? {
    guard let last = token(behind: 1), let first = token(behind: 2), last.kind == first.kind,
      last.kind == .symbol(.plus) || last.kind == .symbol(.minus), first.span.end == last.span.start
    else { return nil }
    let sign = source.text(last.span)
    let name = token(behind: 3).map { source.text($0.span) } ?? "i"
    return failure(
      "SyntaxError", "FAA has no `\(sign)\(sign)`", first.span.union(last.span),
      help: "write `\(name) = \(name) \(sign) 1`")
  }

  /// Help for a token where something else was expected; nil where no habit explains it.
  func habit(_ token: Token) -> String? {
    let before = self.token(behind: 1), after = self.token(at: 1)
    switch token.kind {
    case .identifier(let word): return Parser.words[word] ?? callHelp(token, before)
    case .int, .float: return callHelp(token, before)
    case .string:
      guard let before, ["f", "F"].contains(source.text(before.span)), touches(before, token) else {
        return callHelp(token, before)
      }
      return "a string takes values as it is: \"n = \\(n)\""
    case .keyword(.if) where endsOperand(before): return "write `if c { a } else { b }`"
    case .keyword(.for) where endsOperand(before): return "write a list: [x * x for x in xs]"
    case .keyword(.in) where endsOperand(before):
      return open.last?.kind == .symbol(.openBrace)
        ? "the parameters of a closure are names: { a, b in a + b }" : "write `xs.contains(x)`"
    case .symbol(let symbol): return habit(symbol, token, before, after)
    default: return nil
    }
  }

  private static let words = [
    "and": "write `&&`", "or": "write `||`", "not": "write `!`", "is": "write `==`",
    "elif": "write `else if`",
    "then": "blocks are written in braces: if x > 0 { … }", "lambda": "write a closure: { x in x + 1 }",
    "def": "write `func name(x) { … }`",
  ]

  private func habit(_ symbol: Symbol, _ token: Token, _ before: Token?, _ after: Token) -> String? {
    switch symbol {
    case .plusAssign, .minusAssign, .timesAssign, .divideAssign:
      return "write `x = x \(symbol.rawValue.prefix(1)) …`"
    case .caret: return "write `**` for powers"
    case .ampersand: return "write `&&`"
    case .bar:
      if case .identifier = after.kind, self.token(at: 2).kind == .symbol(.bar) {
        return "write a closure: { x in x + 1 }"
      }
      return "write `||`, or `|>` to pass a value on"
    case .arrow: return "parameters of a closure end with `in`: { x in x + 1 }"
    case .tilde: return "write `!`"
    case .question: return "write `if c { a } else { b }`"
    case .comma where open.last.map { $0.kind == .symbol(.openBrace) } ?? true:
      return "several values are written in parentheses: (a, b)"
    case .dot where before?.kind == .symbol(.dot): return "write `a..<b`, or `a...b` with the end"
    case .less where before?.kind == .symbol(.less): return "write `x * 2 ** n`"
    case .greater where before?.kind == .symbol(.greater): return "write `x // 2 ** n`"
    case .greater where before?.kind == .symbol(.less): return "write `!=`"
    case .colon where open.last?.kind == .symbol(.openBrace):
      switch before?.kind {
      case .int, .float: return "the keys of a record are names or strings: {lr: 0.1, \"2\": 4}"
      default: return nil
      }
    case .colon where open.last?.kind == .symbol(.openParen): return "a record is written in braces: {a: 1}"
    case .colon:
      if case .identifier = before?.kind { return "a variable has no declared type: write `x = …`" }
      return nil
    case .assign: return assignHelp(token, before, after)
    default: return nil
    }
  }

  private func assignHelp(_ token: Token, _ before: Token?, _ after: Token) -> String {
    if after.kind == .symbol(.greater), touches(token, after) { return "write a closure: { x in x + 1 }" }
    if let before, case .symbol(let symbol) = before.kind, touches(before, token),
      [.power, .floorDivide, .modulo, .at].contains(symbol)
    {
      return "write `x = x \(symbol.rawValue) …`"
    }
    return "compare with `==`; label an argument with `:`"
  }

  /// For a value right behind a name on its line: a call without its parentheses.
  private func callHelp(_ token: Token, _ before: Token?) -> String? {
    guard open.isEmpty, let before, case .identifier(let name) = before.kind else { return nil }
    return "a call is written with parentheses: `\(name)(…)`"
  }

  private func touches(_ first: Token, _ second: Token) -> Bool { first.span.end == second.span.start }

  private func endsOperand(_ token: Token?) -> Bool {
    switch token?.kind {
    case .identifier, .int, .float, .string: true
    case .symbol(let symbol): [.closeParen, .closeBracket, .closeBrace].contains(symbol)
    case .keyword(let word): [.true, .false, .none, .True, .False, .None].contains(word)
    default: false
    }
  }
}
