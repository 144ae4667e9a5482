/// What surrounds the place where a user wants to complete a word, told from the characters before it alone.
struct CompletionContext {
  /// The place is inside a string that begins (behind its quote) at this index.
  private(set) var stringStart: Substring.Index?
  /// The place is inside a comment.
  private(set) var isComment = false
  /// The innermost call that is open, or nil.
  private(set) var call: Call?
  /// What stands before the `[` that is innermost open, such as `config` in `config["`.
  private(set) var subscripted: Substring?

  /// An open call and the argument the place is in.
  struct Call {
    /// The dotted name before the parenthesis, such as `faces.split`.
    let callee: Substring
    /// The label of the argument, when it has one.
    let label: String?
    /// How many arguments are before it.
    let index: Int
    /// Whether the place is in a list, a tuple or parentheses within the argument.
    let isNested: Bool
  }

  private struct Opening {
    let bracket: Character
    let index: Substring.Index
    var arguments = 0
    var argumentStart: Substring.Index
  }

  init(_ text: Substring) {
    var open: [Opening] = []
    // Interpolations under way: how many brackets were open when each began.
    var interpolations: [Int] = []
    var index = text.startIndex
    var inString = false
    while index < text.endIndex {
      let character = text[index]
      let next = text.index(after: index)
      if inString {
        if character == "\\", next < text.endIndex {
          if text[next] == "(" {
            interpolations.append(open.count)
            open.append(Opening(bracket: "(", index: next, argumentStart: text.index(after: next)))
            inString = false
          }
          index = text.index(after: next)
          continue
        }
        if character == "\"" { inString = false }
      } else {
        switch character {
        case "\"":
          inString = true
          stringStart = next
        case "#":
          index = text[index...].firstIndex(where: \.isNewline) ?? text.endIndex
          isComment = index == text.endIndex
          continue
        case "(", "[", "{": open.append(Opening(bracket: character, index: index, argumentStart: next))
        case ")", "]", "}":
          if !open.isEmpty { open.removeLast() }
          if interpolations.last == open.count {
            interpolations.removeLast()
            inString = true
          }
        case ",":
          if !open.isEmpty {
            open[open.count - 1].arguments += 1
            open[open.count - 1].argumentStart = next
          }
        default: break
        }
      }
      index = next
    }
    if !inString { stringStart = nil }
    // Out of the brackets of lists and parentheses to the call or the subscript they are in.
    for (depth, bracket) in open.reversed().enumerated() {
      if bracket.bracket == "{" { return }
      let name = text[..<bracket.index].suffix(while: { $0.isNamePart || $0 == "." })
      if name.isEmpty { continue }
      if bracket.bracket == "[" {
        if depth == 0 { subscripted = name }
      } else {
        call = Call(
          callee: name, label: Self.label(text[bracket.argumentStart...]), index: bracket.arguments,
          isNested: depth > 0)
      }
      return
    }
  }

  private static func label(_ argument: Substring) -> String? {
    let start = argument.drop(while: \.isWhitespace)
    let name = start.prefix { $0.isNamePart }
    return start.dropFirst(name.count).first == ":" && !name.isEmpty ? String(name) : nil
  }
}

extension Character {
  /// Whether a name may hold it.
  var isNamePart: Bool {
    isLetter || isNumber || self == "_"
      || (unicodeScalars.contains { !$0.isASCII } && !isWhitespace && !isPunctuation)
  }
}

extension StringProtocol {
  /// The longest end of the text whose characters all pass.
  func suffix(while passes: (Character) -> Bool) -> SubSequence {
    var start = endIndex
    while start > startIndex, passes(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }
}
