/// Turns tokens into a tree: a Pratt parser for expressions, recursive descent for the rest. The first fault ends it, unless it
/// only looks for faults: then it goes on with the next statement.
package struct Parser {
  let source: SourceText
  private let tokens: [Token]
  private var position = 0
  /// Inside parentheses and brackets line ends mean nothing.
  var ignoresNewlines = false
  /// After `if`, `while` and `for … in` a `{` opens the block, not a closure argument.
  var allowsTrailingClosure = true
  /// Brackets open at this point, innermost last, for messages and indentation.
  var open: [Token] = []
  private var nesting = 0
  /// The faults of statements given up so far; nil when the first fault ends everything.
  private var faults: [Diagnostic]?

  private static let nestingLimit = 200
  private static let depthLimit = 800

  init(source: SourceText, tokens: [Token]) {
    self.source = source
    self.tokens = tokens.isEmpty ? [Token(kind: .end, span: Span(0, 0))] : tokens
  }

  /// The tree of a whole text.
  package static func parse(_ source: SourceText) throws(SyntaxFailure) -> Block {
    var lexer = Lexer(source)
    var parser = Parser(source: source, tokens: try lexer.tokens())
    return try parser.program()
  }

  /// All faults of a text that show without running it, in order; one a statement at most.
  package static func faults(in source: SourceText) -> [Diagnostic] {
    var lexer = Lexer(source)
    let (tokens, malformed) = lexer.tokensAndFaults()
    var parser = Parser(source: source, tokens: tokens)
    parser.faults = []
    var result = malformed
    // A line with a character that means nothing need not be told that its statement makes no sense either.
    let lines = Set(malformed.compactMap(\.line))
    do throws(SyntaxFailure) { _ = try parser.program() } catch { parser.faults?.append(error.diagnostic) }
    for fault in parser.faults ?? [] where fault.line.map({ !lines.contains($0) }) ?? true {
      result.append(fault)
    }
    return result.sorted { ($0.labels.first?.span.start ?? 0) < ($1.labels.first?.span.start ?? 0) }
  }

  /// A statement; when faults are collected, a faulty one is noted and skipped up to the next line of its block.
  mutating func recovering(
    until stop: TokenKind, _ body: (inout Parser) throws(SyntaxFailure) -> Statement
  ) throws(SyntaxFailure) -> Statement? {
    guard faults != nil else { return try body(&self) }
    let before = self
    do throws(SyntaxFailure) { return try body(&self) } catch {
      guard !error.isIncomplete else { throw error }
      var found = faults ?? []
      if found.last?.labels != error.diagnostic.labels { found.append(error.diagnostic) }
      let failed = position
      self = before
      faults = found
      skip(from: failed, until: stop)
      return nil
    }
  }

  /// Goes to the end of the line at which all brackets opened since here are closed again, past `failed` in any case.
  private mutating func skip(from failed: Int, until stop: TokenKind) {
    var depth = 0
    while position < tokens.count - 1 {
      let kind = tokens[position].kind
      switch kind {
      case .symbol(.openParen), .symbol(.openBracket), .symbol(.openBrace): depth += 1
      case .newline where depth <= 0 && position >= failed: return
      case .symbol(.closeParen), .symbol(.closeBracket), .symbol(.closeBrace):
        if depth == 0, kind == stop, position >= failed { return }
        depth = max(0, depth - 1)
      default: break
      }
      position += 1
    }
  }

  /// Whether a text can be written as a name or a key, without quotes.
  package static func isName(_ text: String) -> Bool { Lexer.isName(text) }

  /// Whether a text can be run as it stands.
  package static func completeness(of text: String) -> Completeness {
    let source = SourceText(text)
    do throws(SyntaxFailure) {
      var lexer = Lexer(source)
      let tokens = try lexer.tokens()
      var parser = Parser(source: source, tokens: tokens)
      do throws(SyntaxFailure) {
        _ = try parser.program()
        return .complete
      } catch {
        return error.isIncomplete ? .incomplete(indent: 2 * parser.open.count) : .invalid(error.diagnostic)
      }
    } catch {
      return error.isIncomplete ? .incomplete(indent: 0) : .invalid(error.diagnostic)
    }
  }

  private mutating func program() throws(SyntaxFailure) -> Block {
    let statements = try statements(until: .end)
    return Block(statements: statements, span: Span(0, source.bytes.count))
  }

  // MARK: tokens

  /// The next token, line ends skipped where they mean nothing.
  var current: Token {
    mutating get {
      if ignoresNewlines { while tokens[position].kind == .newline { position += 1 } }
      return tokens[position]
    }
  }

  /// The token after the next, for decisions that need two.
  var following: Token {
    mutating get {
      _ = current
      var index = min(position + 1, tokens.count - 1)
      if ignoresNewlines { while tokens[index].kind == .newline { index += 1 } }
      return tokens[index]
    }
  }

  /// Where the last token taken ends.
  var lastEnd: Int { position > 0 ? tokens[position - 1].span.end : 0 }

  @discardableResult
  mutating func advance() -> Token {
    let token = current
    if position < tokens.count - 1 { position += 1 }
    return token
  }

  mutating func isNext(_ symbol: Symbol) -> Bool { current.kind == .symbol(symbol) }
  mutating func isNext(_ keyword: Keyword) -> Bool { current.kind == .keyword(keyword) }

  /// Takes the symbol when it is next.
  mutating func take(_ symbol: Symbol) -> Bool {
    guard isNext(symbol) else { return false }
    advance()
    return true
  }

  mutating func take(_ keyword: Keyword) -> Bool {
    guard isNext(keyword) else { return false }
    advance()
    return true
  }

  mutating func skipNewlines() { while current.kind == .newline { advance() } }

  /// The kind of the first token after line ends, without taking anything.
  mutating func kindAfterNewlines(skip: Int = 0) -> TokenKind {
    var index = position
    while tokens[index].kind == .newline { index += 1 }
    return tokens[min(index + skip, tokens.count - 1)].kind
  }

  /// The tokens up to a depth-balanced point ahead; used to tell `{ x, y in` from a block.
  func token(at ahead: Int) -> Token { tokens[min(position + ahead, tokens.count - 1)] }

  /// A token already taken: 1 is the last.
  func token(behind back: Int) -> Token? { position >= back ? tokens[position - back] : nil }

  /// Takes a closing bracket for the innermost open one.
  mutating func close(_ symbol: Symbol) throws(SyntaxFailure) {
    if take(symbol) {
      open.removeLast()
      return
    }
    if current.kind == .end, let opener = open.last { throw unclosed(opener) }
    throw unexpected("expected `\(symbol.rawValue)`")
  }

  // MARK: nodes and failures

  /// Builds a node and bounds the depth of the tree.
  func node(_ kind: ExpressionKind, _ span: Span, over children: [Expression] = []) throws(SyntaxFailure)
    -> Expression
  {
    let depth = 1 + (children.lazy.map(\.depth).max() ?? 0)
    guard depth <= Parser.depthLimit else {
      throw failure("TooDeep", "this expression is nested too deeply", span, help: "give parts of it names")
    }
    return Expression(kind: kind, span: span, depth: depth)
  }

  /// Bounds the recursion of the parser itself.
  mutating func nested<T>(_ body: (inout Parser) throws(SyntaxFailure) -> T) throws(SyntaxFailure) -> T {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Parser.nestingLimit else {
      throw failure("TooDeep", "this is nested too deeply", current.span, help: "give parts of it names")
    }
    return try body(&self)
  }

  func failure(
    _ code: String, _ message: String, _ span: Span, help: String? = nil, incomplete: Bool = false
  ) -> SyntaxFailure {
    SyntaxFailure(
      diagnostic: Diagnostic(code: code, message, labels: [.init(span)], help: help, source: source),
      isIncomplete: incomplete)
  }

  /// The failure for an unexpected next token; at the end of the text it says that more is needed.
  mutating func unexpected(_ wanted: String, help: String? = nil) -> SyntaxFailure {
    let token = current
    if let fault = increment() { return fault }
    if token.kind == .end {
      if let opener = open.last { return unclosed(opener) }
      return failure(
        "IncompleteInput", "the text ends too early: \(wanted)", token.span, help: help, incomplete: true)
    }
    let text = token.kind == .newline ? "the end of the line" : "`\(source.text(token.span))`"
    return failure("SyntaxError", "\(wanted), found \(text)", token.span, help: help ?? habit(token))
  }

  private func unclosed(_ opener: Token) -> SyntaxFailure {
    failure(
      "IncompleteInput", "the `\(source.text(opener.span))` opened here is never closed", opener.span,
      incomplete: true)
  }
}
