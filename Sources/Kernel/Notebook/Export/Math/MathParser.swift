/// Recursive descent over the characters of a TeX formula, writing MathML as it goes.
struct MathParser {
  let text: [Character]
  var position = 0
  let display: Bool
  /// The font of letters in the group being read; nil for the default, italic.
  var alphabet: MathAlphabet?
  private var depth = 0

  init(_ tex: String, display: Bool) {
    text = Array(tex)
    self.display = display
  }

  mutating func parseAll() throws -> String {
    var rows = [[try parseRow()]]
    // `\\` and `&` at the top level of a display make an aligned table.
    while position < text.count {
      if takeCommand("\\") {
        rows.append([try parseRow()])
      } else if take("&") {
        rows[rows.count - 1].append(try parseRow())
      } else {
        throw UnsupportedTeX(description: "unexpected `\(text[position])`")
      }
    }
    return rows.count == 1 && rows[0].count == 1 ? mathRow(rows[0][0]) : mathTable(rows, columns: .aligned)
  }

  // MARK: Characters

  var peek: Character? { position < text.count ? text[position] : nil }

  mutating func skipBlanks() {
    while let next = peek {
      if next.isWhitespace {
        position += 1
      } else if next == "%" {
        while let skipped = peek, !skipped.isNewline { position += skipped == "%" ? 1 : 1 }
      } else {
        return
      }
    }
  }

  mutating func take(_ character: Character) -> Bool {
    skipBlanks()
    guard peek == character else { return false }
    position += 1
    return true
  }

  /// The name of the command at the cursor: letters, or one other character.
  func peekCommand() -> String? {
    guard peek == "\\", position + 1 < text.count else { return nil }
    let name = text[(position + 1)...].prefix { $0.isASCII && $0.isLetter }
    return name.isEmpty ? String(text[position + 1]) : String(name)
  }

  mutating func takeCommand() -> String? {
    guard let name = peekCommand() else { return nil }
    position += 1 + name.count
    return name
  }

  mutating func takeCommand(_ name: String) -> Bool {
    skipBlanks()
    guard peekCommand() == name else { return false }
    position += 1 + name.count
    return true
  }

  // MARK: Rows and scripts

  /// Atoms up to the end of the group, cell, row or environment, which is left unread.
  mutating func parseRow(until stop: Character? = nil) throws -> [MathAtom] {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 60 else { throw UnsupportedTeX(description: "groups nested deeper than 60") }
    var atoms: [MathAtom] = []
    while true {
      skipBlanks()
      guard let next = peek, next != "}", next != "&", next != stop else { return atoms }
      if let command = peekCommand(), ["\\", "end", "right", "middle", "cr"].contains(command) {
        return atoms
      }
      if let atom = try parseScripted() { atoms.append(atom) }
    }
  }

  /// An atom with its subscripts, superscripts and primes; nil for what leaves no mark (`\displaystyle`).
  private mutating func parseScripted() throws -> MathAtom? {
    var base: MathAtom?
    if peek != "_", peek != "^", peek != "'" {
      base = try parseAtom()
      if base == nil { return nil }
    }
    var lower: String?
    var upper: String?
    var primes = ""
    var limits = base?.takesLimits ?? false
    while true {
      skipBlanks()
      if takeCommand("limits") {
        limits = true
      } else if takeCommand("nolimits") {
        limits = false
      } else if peek == "'" {
        while take("'") { primes += "′" }
        guard upper == nil else { throw UnsupportedTeX(description: "a prime after a superscript") }
        if take("^") {
          upper = "<mrow><mo>\(primes)</mo>\(try parseArgument())</mrow>"
          primes = ""
        }
      } else if peek == "_" {
        position += 1
        guard lower == nil else { throw UnsupportedTeX(description: "two subscripts on one symbol") }
        lower = try parseArgument()
      } else if peek == "^" {
        position += 1
        guard upper == nil else { throw UnsupportedTeX(description: "two superscripts on one symbol") }
        upper = try parseArgument()
      } else {
        break
      }
    }
    let nucleus = base ?? MathAtom("<mrow></mrow>", .ordinary)
    var markup: String
    switch (lower, upper) {
    case (nil, nil):
      if primes.isEmpty { return nucleus }
      markup = nucleus.markup
    case (let lower?, nil):
      markup = limits ? element("munder", nucleus.markup, lower) : element("msub", nucleus.markup, lower)
    case (nil, let upper?):
      markup = limits ? element("mover", nucleus.markup, upper) : element("msup", nucleus.markup, upper)
    case (let lower?, let upper?):
      markup =
        limits
        ? element("munderover", nucleus.markup, lower, upper)
        : element("msubsup", nucleus.markup, lower, upper)
    }
    // Fonts draw the sign small and raised: as a superscript it would be raised twice and hardly seen.
    if !primes.isEmpty { markup = "<mrow>\(markup)<mo lspace=\"0\" rspace=\"0\">\(primes)</mo></mrow>" }
    // A closing delimiter with an exponent still closes; a function with a base still takes an argument.
    return MathAtom(markup, nucleus.kind, isFunction: nucleus.isFunction)
  }

  /// A braced group or a single token.
  mutating func parseArgument() throws -> String {
    skipBlanks()
    if peek == "{" { return try mathRow(parseGroup()) }
    guard let next = peek, next != "}", next != "&" else {
      throw UnsupportedTeX(description: "an argument is missing")
    }
    if next.isASCII, next.isNumber {
      position += 1
      return "<mn>\(next)</mn>"
    }
    return try parseAtom()?.markup ?? "<mrow></mrow>"
  }

  mutating func parseGroup() throws -> [MathAtom] {
    guard take("{") else { throw UnsupportedTeX(description: "`{` is missing") }
    let atoms = try parseRow()
    guard take("}") else { throw UnsupportedTeX(description: "`{` is never closed") }
    return atoms
  }

  /// The text of a braced group as it stands, for `\text` and names.
  mutating func parseRawGroup() throws -> String {
    guard take("{") else { throw UnsupportedTeX(description: "`{` is missing") }
    var level = 1
    let start = position
    while let next = peek {
      if next == "{" { level += 1 }
      if next == "}" { level -= 1 }
      position += 1
      if level == 0 { return String(text[start..<(position - 1)]) }
    }
    throw UnsupportedTeX(description: "`{` is never closed")
  }

  // MARK: Atoms

  private mutating func parseAtom() throws -> MathAtom? {
    guard let next = peek else { throw UnsupportedTeX(description: "a symbol is missing at the end") }
    if next == "\\" {
      guard let name = takeCommand() else {
        throw UnsupportedTeX(description: "a backslash at the end")
      }
      return try parseCommand(name)
    }
    if next == "{" {
      let atoms = try parseGroup()
      return MathAtom(mathRow(atoms), atoms.count == 1 ? atoms[0].kind : .ordinary)
    }
    if next.isASCII, next.isNumber { return parseNumber() }
    position += 1
    switch next {
    case "+": return MathAtom("<mo>+</mo>", .binary)
    case "-": return MathAtom("<mo>−</mo>", .binary)
    case "*": return MathAtom("<mo>∗</mo>", .binary)
    case "/": return MathAtom("<mo lspace=\"0\" rspace=\"0\">/</mo>", .ordinary)
    case "=", ">", "<", ":": return MathAtom("<mo>\(escaped(String(next)))</mo>", .relation)
    case "(", "[": return MathAtom("<mo stretchy=\"false\">\(next)</mo>", .opening)
    case ")", "]": return MathAtom("<mo stretchy=\"false\">\(next)</mo>", .closing)
    case "|": return MathAtom(bar("|"), .ordinary)
    case ",", ";": return MathAtom("<mo separator=\"true\">\(next)</mo>", .punctuation)
    case ".", "!", "?": return MathAtom("<mo lspace=\"0\" rspace=\"0\">\(next)</mo>", .ordinary)
    case "~": return MathAtom("<mspace width=\"0.333em\"/>", .ordinary)
    case "$", "#", "}": throw UnsupportedTeX(description: "`\(next)` in a formula")
    default: break
    }
    if next.isLetter { return parseLetters(startingWith: next) }
    return MathAtom("<mo>\(escaped(String(next)))</mo>", .relation)
  }

  private mutating func parseNumber() -> MathAtom {
    let start = position
    while let next = peek, next.isASCII, next.isNumber || isDecimalPoint(position) { position += 1 }
    let digits = String(text[start..<position]).unicodeScalars
    let styled = digits.map { String((alphabet ?? .italic).styled($0)) }.joined()
    return MathAtom("<mn>\(styled)</mn>", .ordinary)
  }

  /// A point or a comma between digits belongs to the number: `0.5`, `10,000`; `f(1,2)` keeps its comma.
  private func isDecimalPoint(_ index: Int) -> Bool {
    guard text[index] == ".", index + 1 < text.count else { return false }
    return text[index + 1].isASCII && text[index + 1].isNumber
  }

  /// A letter; in the fonts for words (`\mathrm{rank}`) a run of letters is one name.
  private mutating func parseLetters(startingWith first: Character) -> MathAtom {
    var name = String(first)
    let joins = alphabet == .upright || alphabet == .sansSerif || alphabet == .monospace
    while joins, let next = peek, next.isLetter {
      name.append(next)
      position += 1
    }
    return identifier(name)
  }

  func identifier(_ name: String) -> MathAtom {
    let font = alphabet ?? .italic
    let styled = name.unicodeScalars.map { String(font.styled($0)) }.joined()
    let normal = styled.count == 1 && (alphabet == .upright) ? " mathvariant=\"normal\"" : ""
    return MathAtom("<mi\(normal)>\(escaped(styled))</mi>", .ordinary)
  }

  func element(_ name: String, _ parts: String...) -> String {
    "<\(name)>\(parts.joined())</\(name)>"
  }

  func bar(_ mark: String) -> String { "<mo stretchy=\"false\" lspace=\"0\" rspace=\"0\">\(mark)</mo>" }
}
