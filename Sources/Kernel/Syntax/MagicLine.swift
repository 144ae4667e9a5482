/// Lines such as `%vars`, `%time f(x)` and `?name`, which a session takes for itself.
package enum MagicLine {
  /// The magics whose line is an expression of the language. All others take their line as it stands.
  package static let evaluating: Set<String> = ["time", "timeit", "profile"]

  /// Whether the last tokens are the head of a magic that takes the rest of its line as it stands.
  static func begins(in tokens: [Token], _ source: SourceText) -> Bool {
    guard let last = tokens.last else { return false }
    switch last.kind {
    case .symbol(.question), .symbol(.coalesce): return startsStatement(tokens.count - 1, tokens)
    case .identifier(let name):
      guard tokens.count > 1, !evaluating.contains(name),
        case .symbol(.modulo) = tokens[tokens.count - 2].kind
      else { return false }
      return tokens[tokens.count - 2].span.end == last.span.start && startsStatement(tokens.count - 2, tokens)
    default: return false
    }
  }

  /// At the start of a text or a line that is in no parenthesis, bracket or block: there the same signs are operators.
  private static func startsStatement(_ index: Int, _ tokens: [Token]) -> Bool {
    if index == 0 { return true }
    guard tokens[index - 1].kind == .newline || tokens[index - 1].kind == .symbol(.semicolon) else {
      return false
    }
    var depth = 0
    for token in tokens[..<index] {
      switch token.kind {
      case .symbol(.openParen), .symbol(.openBracket), .symbol(.openBrace): depth += 1
      case .symbol(.closeParen), .symbol(.closeBracket), .symbol(.closeBrace): depth -= 1
      default: break
      }
    }
    return depth == 0
  }
}
