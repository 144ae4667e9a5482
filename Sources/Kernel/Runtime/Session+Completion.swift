import Syntax

extension Session {
  /// Candidates for what stands before `cursor`: names, labels inside a call, members of variables, `\lambda` for λ. Both the cursor
  /// and `range`, the part of the line a candidate replaces, count UTF-8 bytes. Never evaluates anything.
  public func completions(_ line: String, cursor: Int) -> (range: Range<Int>, candidates: [String]) {
    let bytes = Array(line.utf8)
    let end = min(max(cursor, 0), bytes.count)
    let before = String(decoding: bytes[..<end], as: UTF8.self)
    if let slash = before.lastIndex(of: "\\"),
      before[before.index(after: slash)...].allSatisfy({ $0.isLetter || $0 == "^" || $0 == "_" })
    {
      return symbols(before, from: slash, end)
    }
    let word = before.suffix(while: {
      $0.isLetter || $0.isNumber || $0 == "_" || $0.unicodeScalars.contains { !$0.isASCII }
    })
    let range = end - word.utf8.count..<end
    let head = before.dropLast(word.count)
    if head.last == "%", head.dropLast().allSatisfy(\.isWhitespace) {
      return (range, Session.matching(word, ["time", "timeit", "vars"] + Array(magics.keys)))
    }
    if head.last == "." { return (range, members(head.dropLast(), word)) }
    return (range, Session.matching(word, labels(head)) + Session.matching(word, names))
  }

  private func symbols(_ before: String, from slash: String.Index, _ end: Int) -> (
    range: Range<Int>, candidates: [String]
  ) {
    let name = String(before[before.index(after: slash)...])
    let range = end - name.utf8.count - 1..<end
    if let exact = SymbolTable.symbols[name] { return (range, [exact]) }
    if let reverse = SymbolTable.names[name] { return (range, ["\\" + reverse]) }
    return (
      range,
      SymbolTable.symbols.keys.filter { $0.hasPrefix(name) && !name.isEmpty }.sorted().map { "\\" + $0 }
    )
  }

  /// Members of the dotted path before the `.`, followed through records and properties that need no evaluation.
  private func members(_ head: Substring, _ word: Substring) -> [String] {
    let path = head.suffix(while: {
      $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0.unicodeScalars.contains { !$0.isASCII }
    })
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, var value = value(of: first) else { return [] }
    for part in parts.dropFirst() {
      guard case .record(let box) = value, let inner = box[part] else { return [] }
      value = inner
    }
    return Session.matching(word, machine.memberNames(of: value))
  }

  /// What can stand where an expression starts.
  private var names: [String] {
    var result = machine.globals.definedNames.filter { $0 != "_" } + commands.keys + Value.named.keys
    result += Keyword.allCases.map(\.rawValue).filter { $0.first?.isLowercase == true }
    return result
  }

  /// The labels of the call that is open before the word.
  private func labels(_ head: Substring) -> [String] {
    guard let callee = Session.openCall(head) else { return [] }
    let parameters: [Parameter]
    if case .function(let function)? = value(of: callee) {
      parameters = function.parameters
    } else {
      parameters = commands[callee]?.parameters ?? []
    }
    return parameters.filter { !$0.isRest }.map { $0.name + ":" }
  }

  /// The name before the innermost parenthesis that is still open.
  private static func openCall(_ head: Substring) -> String? {
    var depth = 0
    var rest = head
    while let last = rest.popLast() {
      switch last {
      case ")", "]", "}": depth += 1
      case "[", "{":
        if depth == 0 { return nil }
        depth -= 1
      case "(":
        if depth == 0 {
          let name = rest.suffix(while: { $0.isLetter || $0.isNumber || $0 == "_" })
          return name.isEmpty ? nil : String(name)
        }
        depth -= 1
      default: break
      }
    }
    return nil
  }

  private static func matching(_ word: Substring, _ names: some Sequence<String>) -> [String] {
    let wanted = word.lowercased()
    let found = Set(names).filter { $0.hasPrefix(word) }
    // Capitals matter only when something matches them.
    return (found.isEmpty ? Set(names).filter { $0.lowercased().hasPrefix(wanted) } : found).sorted()
  }
}

extension StringProtocol {
  /// The longest end of the text whose characters all pass.
  fileprivate func suffix(while passes: (Character) -> Bool) -> SubSequence {
    var start = endIndex
    while start > startIndex, passes(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }
}
