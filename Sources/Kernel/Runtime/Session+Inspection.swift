extension Session {
  /// The page on the name at a place of a text: a variable, a command, or the command whose call is open there. Nil when there is
  /// nothing to say.
  /// - Parameters:
  ///   - cursor: the place in bytes.
  ///   - wantsSource: whether a function of the language is shown as written, as by `??`.
  public func inspection(_ text: String, cursor: Int, wantsSource: Bool) -> String? {
    let bytes = Array(text.utf8)
    let end = min(max(cursor, 0), bytes.count)
    let before = String(decoding: bytes[..<end], as: UTF8.self)
    let after = String(decoding: bytes[end...], as: UTF8.self)
    func isPart(_ character: Character) -> Bool {
      character.isLetter || character.isNumber || character == "_"
        || character.unicodeScalars.contains { !$0.isASCII }
    }
    let head = before.reversed().prefix(while: isPart).reversed()
    let name = String(head) + after.prefix(while: isPart)
    // The word at the cursor, else the call around it.
    let names = [name, CompletionContext(before.dropLast(head.count)).call.map { String($0.callee) } ?? ""]
    guard let known = names.first(where: { value(of: $0) != nil || command($0) != nil }) else { return nil }
    return wantsSource ? definition(known) : help(known)
  }

  /// An entry as it is meant: `name?` and `name??` are other ways to write `?name` and `??name`.
  public static func withLeadingHelp(_ entry: String) -> String {
    let text = entry.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    let marks = text.reversed().prefix { $0 == "?" }.count
    let name = text.dropLast(marks)
    guard marks == 1 || marks == 2, let first = name.first, first.isLetter || first == "_",
      name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
    else { return entry }
    return String(repeating: "?", count: marks) + name
  }
}
