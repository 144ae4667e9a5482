extension MathParser {
  /// What a command stands for; nil for one that leaves no mark.
  mutating func parseCommand(_ name: String) throws -> MathAtom? {
    if let symbol = symbol(name) { return symbol }
    if let font = MathAlphabet.commands[name] { return try parseInFont(font) }
    if let accent = MathSymbols.accents[name] { return try parseAccent(name, accent) }
    if let width = MathSymbols.spaces[name] { return MathAtom("<mspace width=\"\(width)\"/>", .ordinary) }
    switch name {
    case "frac", "dfrac", "tfrac", "cfrac": return try parseFraction(name)
    case "binom", "dbinom", "tbinom":
      let (n, k) = (try parseArgument(), try parseArgument())
      return MathAtom(
        "<mrow><mo>(</mo><mfrac linethickness=\"0\">\(n)\(k)</mfrac><mo>)</mo></mrow>", .ordinary)
    case "sqrt":
      if take("[") {
        let index = mathRow(try parseRow(until: "]"))
        guard take("]") else { throw UnsupportedTeX(description: "\\sqrt[ is never closed") }
        return MathAtom(element("mroot", try parseArgument(), index), .ordinary)
      }
      return MathAtom(element("msqrt", try parseArgument()), .ordinary)
    case "text", "textrm", "textit", "textbf", "mbox", "textnormal":
      return MathAtom(try parseText(name), .ordinary)
    case "operatorname":
      let limits = take("*")
      let label = try parseRawGroup().replacing("\\,", with: " ").replacing("\\ ", with: " ")
      guard !label.contains("\\") else { throw UnsupportedTeX(description: "commands in \\operatorname") }
      return MathAtom(
        "<mi>\(escaped(label))</mi>", .large, takesLimits: limits && display, isFunction: true)
    case "left": return try parseFenced()
    case "big", "Big", "bigg", "Bigg", "bigl", "Bigl", "biggl", "Biggl", "bigr", "Bigr", "biggr", "Biggr",
      "bigm",
      "Bigm":
      return try parseSizedDelimiter(name)
    case "overset", "stackrel":
      let (over, base) = (try parseArgument(), try parseArgument())
      return MathAtom(element("mover", base, over), .relation)
    case "underset":
      let (under, base) = (try parseArgument(), try parseArgument())
      return MathAtom(element("munder", base, under), .relation)
    case "xrightarrow", "xleftarrow":
      let arrow = "<mo stretchy=\"true\">\(name == "xrightarrow" ? "→" : "←")</mo>"
      return MathAtom(
        element(
          "mover", arrow, "<mpadded width=\"+0.6em\" lspace=\"0.3em\">\(try parseArgument())</mpadded>"),
        .relation)
    case "not":
      skipBlanks()
      guard let base = try parseNegated() else {
        throw UnsupportedTeX(description: "\\not before this symbol")
      }
      return base
    case "pmod":
      return MathAtom(
        "<mrow><mspace width=\"0.444em\"/><mo>(</mo><mi>mod</mi><mspace width=\"0.333em\"/>\(try parseArgument())<mo>)</mo></mrow>",
        .ordinary)
    case "bmod": return MathAtom("<mo lspace=\"0.222em\" rspace=\"0.222em\">mod</mo>", .binary)
    case "substack": return MathAtom(try parseSubstack(), .ordinary)
    case "begin": return MathAtom(try parseEnvironment(), .ordinary)
    case "underbrace":
      let base = try parseArgument()
      return MathAtom("<munder>\(base)<mo stretchy=\"true\">⏟</mo></munder>", .ordinary, takesLimits: true)
    // Lines are drawn as borders: few fonts have a bar that grows.
    case "overline": return MathAtom(try parseRuled("top"), .ordinary)
    case "underline": return MathAtom(try parseRuled("bottom"), .ordinary)
    case "tag":
      return MathAtom("<mspace width=\"2em\"/><mtext>(\(escaped(try parseRawGroup())))</mtext>", .ordinary)
    case "phantom": return MathAtom(element("mphantom", try parseArgument()), .ordinary)
    case "boxed":
      return MathAtom(
        "<mrow style=\"border:1px solid;padding:0.25em\">\(try parseArgument())</mrow>", .ordinary)
    case "displaystyle", "textstyle", "scriptstyle", "nonumber", "notag": return nil
    default: throw UnsupportedTeX(description: "\\\(name)")
    }
  }

  /// Single symbols and named functions.
  private func symbol(_ name: String) -> MathAtom? {
    if let letter = MathSymbols.letters[name] { return identifier(letter) }
    if let mark = MathSymbols.upright[name] { return upright(mark) }
    if let mark = MathSymbols.binary[name] { return MathAtom("<mo>\(mark)</mo>", .binary) }
    if let mark = MathSymbols.relations[name] { return MathAtom("<mo>\(mark)</mo>", .relation) }
    if let mark = MathSymbols.large[name] {
      return MathAtom("<mo movablelimits=\"\(!display)\">\(mark)</mo>", .large, takesLimits: display)
    }
    if let mark = MathSymbols.integrals[name] { return MathAtom("<mo>\(mark)</mo>", .large) }
    if let mark = MathSymbols.delimiters[name] { return delimiter(name, mark) }
    if MathSymbols.functions.contains(name) { return MathAtom("<mi>\(name)</mi>", .large, isFunction: true) }
    if let label = MathSymbols.limitFunctions[name] {
      return MathAtom("<mi>\(label)</mi>", .large, takesLimits: display, isFunction: true)
    }
    return nil
  }

  private func upright(_ mark: String) -> MathAtom {
    let styled = mark.unicodeScalars.map { String((alphabet ?? .upright).styled($0)) }.joined()
    let isDots = ["…", "⋯", "⋮", "⋱"].contains(mark)
    return MathAtom(
      isDots ? "<mo>\(mark)</mo>" : "<mi mathvariant=\"normal\">\(escaped(styled))</mi>", .ordinary)
  }

  private func delimiter(_ name: String, _ mark: String) -> MathAtom {
    if MathSymbols.opening.contains(name) {
      return MathAtom("<mo form=\"prefix\" stretchy=\"false\">\(mark)</mo>", .opening)
    }
    if MathSymbols.closing.contains(name) {
      return MathAtom("<mo form=\"postfix\" stretchy=\"false\">\(mark)</mo>", .closing)
    }
    return MathAtom(bar(mark), .ordinary)
  }

  private mutating func parseInFont(_ font: MathAlphabet) throws -> MathAtom {
    let outer = alphabet
    alphabet = font
    defer { alphabet = outer }
    return MathAtom(try parseArgument(), .ordinary)
  }

  private mutating func parseAccent(_ name: String, _ accent: (mark: String, stretches: Bool)) throws
    -> MathAtom
  {
    let base = try parseArgument()
    let mark = "<mo stretchy=\"\(accent.stretches)\">\(escaped(accent.mark))</mo>"
    let isBrace = name == "overbrace"
    return MathAtom(
      "<mover\(isBrace ? "" : " accent=\"true\"")>\(base)\(mark)</mover>", .ordinary, takesLimits: isBrace)
  }

  private mutating func parseRuled(_ side: String) throws -> String {
    "<mrow style=\"border-\(side):0.06em solid;padding-\(side):0.12em\">\(try parseArgument())</mrow>"
  }

  private mutating func parseFraction(_ name: String) throws -> MathAtom {
    let (numerator, denominator) = (try parseArgument(), try parseArgument())
    let fraction = element("mfrac", numerator, denominator)
    switch name {
    case "dfrac", "cfrac": return MathAtom("<mstyle displaystyle=\"true\">\(fraction)</mstyle>", .ordinary)
    case "tfrac":
      return MathAtom("<mstyle displaystyle=\"false\" scriptlevel=\"0\">\(fraction)</mstyle>", .ordinary)
    default: return MathAtom(fraction, .ordinary)
    }
  }

  /// `\text{...}`; formulas inside (`\text{if $x$}`) are converted too.
  private mutating func parseText(_ name: String) throws -> String {
    let parts = try parseRawGroup().split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count % 2 == 1 else { throw UnsupportedTeX(description: "a single $ in \\text") }
    let style =
      name == "textit"
      ? " style=\"font-style:italic\"" : name == "textbf" ? " style=\"font-weight:bold\"" : ""
    var markup = ""
    for (index, part) in parts.enumerated() {
      if index % 2 == 1 {
        var inner = MathParser(String(part), display: false)
        markup += try inner.parseAll()
      } else if !part.isEmpty {
        guard !part.contains("\\") else { throw UnsupportedTeX(description: "commands in \\text") }
        // Blanks at the ends of an mtext collapse unless they do not break.
        markup += "<mtext\(style)>\(escaped(String(part)).replacing(" ", with: "\u{A0}"))</mtext>"
      }
    }
    return parts.count == 1 ? (markup.isEmpty ? "<mtext></mtext>" : markup) : "<mrow>\(markup)</mrow>"
  }

  private mutating func parseNegated() throws -> MathAtom? {
    if let name = peekCommand(), let mark = MathSymbols.relations[name] {
      position += 1 + name.count
      return MathAtom("<mo>\(mark)\u{338}</mo>", .relation)
    }
    guard let next = peek, ["=", "<", ">"].contains(next) else { return nil }
    position += 1
    return MathAtom("<mo>\(next == "=" ? "≠" : next == "<" ? "≮" : "≯")</mo>", .relation)
  }

  // MARK: Delimiters

  /// The character after `\left`, `\right`, `\big`; a point means none.
  private mutating func parseDelimiter() throws -> String {
    skipBlanks()
    if let name = peekCommand() {
      guard let mark = MathSymbols.delimiters[name] ?? MathSymbols.relations[name] else {
        throw UnsupportedTeX(description: "\\\(name) as a delimiter")
      }
      position += 1 + name.count
      return mark
    }
    guard let next = peek, "()[]|/.<>".contains(next) else {
      throw UnsupportedTeX(description: "a delimiter is missing")
    }
    position += 1
    switch next {
    case ".": return ""
    case "<": return "⟨"
    case ">": return "⟩"
    default: return String(next)
    }
  }

  private mutating func parseFenced() throws -> MathAtom {
    var markup = stretchy(try parseDelimiter(), "prefix")
    markup += mathRow(try parseRow())
    while takeCommand("middle") {
      markup += stretchy(try parseDelimiter(), "infix") + mathRow(try parseRow())
    }
    guard takeCommand("right") else { throw UnsupportedTeX(description: "\\left without \\right") }
    markup += stretchy(try parseDelimiter(), "postfix")
    return MathAtom("<mrow>\(markup)</mrow>", .ordinary)
  }

  private func stretchy(_ mark: String, _ form: String) -> String {
    mark.isEmpty ? "" : "<mo form=\"\(form)\" stretchy=\"true\" fence=\"true\">\(mark)</mo>"
  }

  private mutating func parseSizedDelimiter(_ name: String) throws -> MathAtom {
    let sizes = ["big": "1.2em", "Big": "1.8em", "bigg": "2.4em", "Bigg": "3em"]
    let side = sizes[name] == nil ? name.last : nil
    let size = sizes[name] ?? sizes[String(name.dropLast())] ?? "1.2em"
    let form = side == "l" ? " form=\"prefix\"" : side == "r" ? " form=\"postfix\"" : ""
    let mark = try parseDelimiter()
    let kind: MathClass = side == "l" ? .opening : side == "r" ? .closing : .ordinary
    return MathAtom(
      mark.isEmpty
        ? "<mrow></mrow>"
        : "<mo\(form) stretchy=\"true\" minsize=\"\(size)\" maxsize=\"\(size)\">\(mark)</mo>",
      kind)
  }
}
