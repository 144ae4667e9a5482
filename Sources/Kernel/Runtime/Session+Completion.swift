import Syntax

/// What can stand at a place, and the bytes it stands for.
public typealias Completions = (range: Range<Int>, candidates: [String])

extension Session {
  /// Candidates for what stands before `cursor`: names, labels and words of an open call, members of variables, magics, paths in
  /// strings, `\lambda` for λ. Both the cursor and `range`, the part of the line a candidate replaces, count UTF-8 bytes. Never
  /// evaluates anything.
  public func completions(_ line: String, cursor: Int) -> Completions {
    let bytes = Array(line.utf8)
    var end = min(max(cursor, 0), bytes.count)
    // Not in the midst of a character.
    while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    let before = String(decoding: bytes[..<end], as: UTF8.self)
    if let symbols = symbols(before, end) { return symbols }
    if let argument = magicArgument(before, end) { return argument }
    let context = CompletionContext(before[...])
    if context.isComment { return (end..<end, []) }
    if let start = context.stringStart { return inString(before[start...], context, end) }
    return inCode(before, context, end)
  }

  /// A candidate as a list of candidates shows it: the name of a symbol with the symbol.
  public static func listed(_ candidate: String) -> String {
    guard candidate.hasPrefix("\\"), let symbol = SymbolTable.symbols[String(candidate.dropFirst())] else {
      return candidate
    }
    // A mark needs something to stand on.
    let isMark = symbol.unicodeScalars.first?.properties.generalCategory == .nonspacingMark
    return candidate + " " + (isMark ? "◌" : "") + symbol
  }

  private func inCode(_ before: String, _ context: CompletionContext, _ end: Int) -> Completions {
    let word = before.suffix(while: \.isNamePart)
    let range = end - word.utf8.count..<end
    let head = before.dropLast(word.count)
    if head.last == "%", head.dropLast().isStatementStart {
      return (range, Session.matching(word, magics.keys))
    }
    if head.last == ".", head.dropLast().last != "." { return (range, members(head.dropLast(), word)) }
    guard let call = context.call else { return (range, Session.matching(word, names)) }
    let parameters = parameters(of: call.callee)
    let kind = parameter(of: call, parameters)?.kind
    let objects = kind.map { self.objects(of: $0.objectTypes) } ?? []
    if call.isNested {
      let found = Session.matching(word, objects)
      return (range, found.isEmpty ? Session.matching(word, names) : found)
    }
    if call.label == nil {
      let labels = parameters.filter { !$0.isRest }.map { $0.name + ":" }
      let given = Session.matching(word, labels)
      // At the start of an argument the labels are what is looked for; the names are too many to be of help.
      if word.isEmpty, !given.isEmpty { return (range, given) }
      return (range, given + Session.matching(word, names))
    }
    let words = (kind?.words.map { "\"\($0)\"" } ?? []) + objects.sorted()
    if word.isEmpty, !words.isEmpty { return (range, words) }
    // Of `by: n` the methods are meant, not everything that begins with n.
    let found = Session.matching(word, objects)
    return (range, found.isEmpty ? Session.matching(word, names) : found)
  }

  /// The parameter that the argument at the place goes to.
  private func parameter(of call: CompletionContext.Call, _ parameters: [Parameter]) -> Parameter? {
    parameters.first { $0.name == call.label }
      ?? (call.label == nil && call.index < parameters.count ? parameters[call.index] : nil)
  }

  /// The commands that make objects of these types, and the variables that hold some.
  private func objects(of types: Set<String>) -> [String] {
    guard !types.isEmpty else { return [] }
    let makers = commands.values.filter { $0.makes.map(types.contains) == true }.map(\.name)
    return makers
      + variables.compactMap { name, value in
        if case .object(let box) = value, types.contains(box.object.typeName) { name } else { nil }
      }
  }

  // MARK: symbols

  private func symbols(_ before: String, _ end: Int) -> Completions? {
    let run = before.suffix(while: { $0.isLetter || $0.isNumber || "\\^_{}*+-=".contains($0) })
    guard let first = run.firstIndex(of: "\\"), let last = run.lastIndex(of: "\\") else { return nil }
    func range(_ text: Substring) -> Range<Int> { end - text.utf8.count..<end }
    // The longest piece that stands for something: `\theta^*` rather than `^*`.
    var start = first
    while true {
      if let expansion = SymbolTable.expansion(of: run[start...]) {
        return (range(run[start...]), [expansion])
      }
      guard start < last, let next = run[run.index(after: start)...].firstIndex(of: "\\") else { break }
      start = next
    }
    let name = String(run[last...].dropFirst())
    if let reverse = SymbolTable.names[name] { return (range(run[last...]), ["\\" + reverse]) }
    let found = SymbolTable.names(beginning: name)
    return found.isEmpty ? nil : (range(run[last...]), found.map { "\\" + $0 })
  }

  // MARK: magics

  /// What completes the rest of a magic's line; nil when the text before the cursor is no such line.
  private func magicArgument(_ before: String, _ end: Int) -> Completions? {
    let line = before.suffix(while: { !$0.isNewline }).drop(while: \.isWhitespace)
    if line.first == "?" {
      let topic = line.drop { $0 == "?" }
      let known = names + topicNames + pages.keys + magics.keys.map { "%" + $0 }
      return (end - topic.utf8.count..<end, Session.matching(topic, known))
    }
    guard line.first == "%", let blank = line.firstIndex(of: " "),
      let magic = magics[String(line[line.index(after: line.startIndex)..<blank])]
    else { return nil }
    let word = line.suffix(while: { $0 != " " })
    switch magic.argument {
    case .expression: return nil
    case .nothing, .text: return (end..<end, [])
    case .path: return PathCompletion.candidates(for: line[blank...].dropFirst(), end)
    case .variables: return (end - word.utf8.count..<end, Session.matching(word, variables.map(\.name)))
    }
  }

  // MARK: strings

  private func inString(_ content: Substring, _ context: CompletionContext, _ end: Int) -> Completions {
    let range = end - content.utf8.count..<end
    var words: [String] = []
    if let call = context.call {
      words = parameter(of: call, parameters(of: call.callee))?.kind.words ?? []
    } else if let name = context.subscripted, case .record(let box)? = value(at: name) {
      words = box.keys
    }
    if !words.isEmpty { return (range, Session.matching(content, words)) }
    return PathCompletion.candidates(for: content, end)
  }

  // MARK: names

  /// Members of the dotted path before the `.`, followed through records and properties that need no evaluation.
  private func members(_ head: Substring, _ word: Substring) -> [String] {
    let path = head.suffix(while: { $0.isNamePart || $0 == "." })
    guard let value = value(at: path) else { return [] }
    // Other keys are reached by `record["key"]`.
    return Session.matching(word, machine.memberNames(of: value).filter(Parser.isName))
  }

  /// The value of a dotted path through records.
  func value(at path: Substring) -> Value? {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, var value = value(of: first) else { return nil }
    for part in parts.dropFirst() {
      guard case .record(let box) = value, let inner = box[part] else { return nil }
      value = inner
    }
    return value
  }

  /// What can stand where an expression starts.
  private var names: [String] {
    var result =
      machine.globals.definedNames.filter { !Globals.isLastValue($0) } + commands.keys + Value.named.keys
    result += Keyword.allCases.map(\.rawValue).filter { $0.first?.isLowercase == true }
    return result
  }

  /// The parameters of a function, a command, or a method of a variable.
  private func parameters(of callee: Substring) -> [Parameter] {
    guard let dot = callee.lastIndex(of: ".") else {
      if case .function(let function)? = value(of: String(callee)) { return function.parameters }
      if case .object(let box)? = value(of: String(callee)) { return box.object.callParameters }
      return commands[String(callee)]?.parameters ?? []
    }
    let name = String(callee[callee.index(after: dot)...])
    guard let receiver = value(at: callee[..<dot]) else { return [] }
    if case .object(let box) = receiver {
      if let member = try? box.object.member(name), case .function(let method) = member {
        return method.parameters
      }
      return []
    }
    return (machine.method(name, of: receiver)?.parameters.dropFirst()).map(Array.init) ?? []
  }

  static func matching(_ word: Substring, _ names: some Sequence<String>) -> [String] {
    let all = Set(names)
    let found = all.filter { $0.hasPrefix(word) }
    if !found.isEmpty { return found.sorted() }
    // Capitals matter only when something matches them.
    let wanted = word.lowercased()
    return all.filter { $0.lowercased().hasPrefix(wanted) }.sorted()
  }
}

extension Kind {
  /// The words a choice is between.
  var words: [String] {
    switch self {
    case .choice(let words): words
    case .either(let kinds): kinds.flatMap(\.words)
    default: []
    }
  }

  /// The types of the objects it takes.
  fileprivate var objectTypes: Set<String> {
    switch self {
    case .object(let names): Set(names)
    case .either(let kinds): kinds.reduce(into: []) { $0.formUnion($1.objectTypes) }
    default: []
    }
  }
}

extension Substring {
  /// Whether a statement may begin behind this text.
  fileprivate var isStatementStart: Bool {
    guard let last = last(where: { $0 != " " && $0 != "\t" }) else { return true }
    return last.isNewline || last == ";" || last == "{"
  }
}
