/// Cuts a text into tokens. Works on UTF-8 bytes and decodes only where a byte is not ASCII.
struct Lexer {
  let source: SourceText
  private let bytes: [UInt8]
  private(set) var offset: Int
  private let end: Int
  /// How many string interpolations surround this text.
  private var nesting: Int

  init(_ source: SourceText, from start: Int = 0, to end: Int? = nil) {
    self.source = source
    bytes = source.bytes
    offset = start
    self.end = end ?? source.bytes.count
    nesting = 0
  }

  /// All tokens, the last of kind `end`.
  mutating func tokens() throws(SyntaxFailure) -> [Token] {
    var result: [Token] = []
    while try append(to: &result) {}
    result.append(Token(kind: .end, span: Span(end, end)))
    return result
  }

  /// All tokens that can be read, and what is wrong with the rest.
  mutating func tokensAndFaults() -> ([Token], [Diagnostic]) {
    var result: [Token] = []
    var faults: [Diagnostic] = []
    while true {
      let start = offset
      do throws(SyntaxFailure) {
        guard try append(to: &result) else { break }
      } catch {
        faults.append(error.diagnostic)
        offset = min(end, max(offset, start + 1, error.diagnostic.labels.first?.span.end ?? 0))
        // What follows a fault inside a string is text: the rest of the line says nothing.
        let isText = ["MalformedEscape", "UnterminatedString"].contains(error.diagnostic.code)
        while let byte = peek(), byte & 0xC0 == 0x80 || (isText && byte != UInt8(ascii: "\n")) { offset += 1 }
      }
    }
    result.append(Token(kind: .end, span: Span(end, end)))
    return (result, faults)
  }

  /// Reads the next token, and what a magic is given where it begins one; false at the end.
  private mutating func append(to result: inout [Token]) throws(SyntaxFailure) -> Bool {
    guard let token = try next() else { return false }
    result.append(token)
    if MagicLine.begins(in: result, source) { result.append(restOfLine()) }
    return true
  }

  /// What a magic is given, as one token: paths and patterns need not look like the language. A comment ends it.
  private mutating func restOfLine() -> Token {
    skipSpaces()
    let start = offset
    while let byte = peek(), byte != UInt8(ascii: "\n") {
      if byte == UInt8(ascii: "#"), offset == start || peek(-1) == UInt8(ascii: " ") { break }
      offset += 1
    }
    return Token(kind: .string([]), span: Span(start, offset))
  }

  private mutating func skipSpaces() { while peek() == UInt8(ascii: " ") { offset += 1 } }

  /// The next token; nil at the end.
  private mutating func next() throws(SyntaxFailure) -> Token? {
    skipBlanks()
    guard let byte = peek() else { return nil }
    let start = offset
    switch byte {
    case UInt8(ascii: "\n"):
      offset += 1
      return Token(kind: .newline, span: Span(start, offset))
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "\""): return try string()
    default:
      if Lexer.isIdentifierStart(scalar().value) { return identifier() }
      for (symbol, spelling) in Symbol.byLength where matches(spelling) {
        offset += spelling.count
        return Token(kind: .symbol(symbol), span: Span(start, offset))
      }
      throw unexpectedCharacter()
    }
  }

  private func peek(_ ahead: Int = 0) -> UInt8? { offset + ahead < end ? bytes[offset + ahead] : nil }

  private func matches(_ spelling: [UInt8]) -> Bool {
    guard offset + spelling.count <= end else { return false }
    for index in spelling.indices where bytes[offset + index] != spelling[index] { return false }
    return true
  }

  private mutating func skipBlanks() {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): offset += 1
      case UInt8(ascii: "#"):
        while let inside = peek(), inside != UInt8(ascii: "\n") {
          _ = inside
          offset += 1
        }
      case UInt8(ascii: "\\") where peek(1) == UInt8(ascii: "\n"): offset += 2
      case 0xC2 where peek(1) == 0xA0: offset += 2  // a no-break space from a web page
      case 0xEF where peek(1) == 0xBB && peek(2) == 0xBF: offset += 3  // a byte-order mark
      default: return
      }
    }
  }

  /// The scalar at the offset and its length in bytes. The bytes come from a `String`, so they are well formed.
  private func scalar() -> (value: Unicode.Scalar, length: Int) {
    let lead = bytes[offset]
    let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    let stop = min(offset + length, end)
    let text = String(decoding: bytes[offset..<stop], as: UTF8.self)
    return (text.unicodeScalars.first ?? "\u{FFFD}", stop - offset)
  }

  // MARK: identifiers

  private mutating func identifier() -> Token {
    let start = offset
    while offset < end {
      let (value, length) = scalar()
      guard Lexer.isIdentifierPart(value) else { break }
      offset += length
    }
    let text = String(decoding: bytes[start..<offset], as: UTF8.self)
    return Token(
      kind: Keyword(rawValue: text).map { .keyword($0) } ?? .identifier(text), span: Span(start, offset))
  }

  /// Whether a text can stand as a name or a key as it is.
  static func isName(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, isIdentifierStart(first) else { return false }
    return text.unicodeScalars.dropFirst().allSatisfy(isIdentifierPart)
  }

  /// Letters of every script, `_`, and mathematical signs such as ∇ that are not spelt like operators.
  static func isIdentifierStart(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    if value < 0x80 { return value == 0x5F || (value | 0x20 >= 0x61 && value | 0x20 <= 0x7A) }
    if lookalikes[scalar] != nil { return false }
    if scalar.properties.isXIDStart { return true }
    switch scalar.properties.generalCategory {
    case .mathSymbol, .otherSymbol: return true
    default: return false
    }
  }

  /// What may follow: also digits, combining marks, sub- and superscripts and primes.
  static func isIdentifierPart(_ scalar: Unicode.Scalar) -> Bool {
    let value = scalar.value
    if value < 0x80 { return isIdentifierStart(scalar) || (value >= 0x30 && value <= 0x39) }
    if isIdentifierStart(scalar) || scalar.properties.isXIDContinue { return true }
    switch scalar.properties.generalCategory {
    case .otherNumber, .nonspacingMark, .enclosingMark: return true
    default: return (0x2032...0x2034).contains(value) || value == 0x200D || value == 0xFE0F
    }
  }

  /// Characters that look like an operator of the language, and what to type for them.
  private static let lookalikes: [Unicode.Scalar: String] = [
    "≤": "<=", "≥": ">=", "≠": "!=", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "—": "-", "“": "\"",
    "”": "\"",
    "„": "\"", "‘": "\"", "’": "\"", "…": "...", "±": "+", "∗": "*", "∧": "&&", "∨": "||", "¬": "!",
    "→": "in", "←": "=",
  ]

  private func unexpectedCharacter() -> SyntaxFailure {
    let (value, length) = scalar()
    let span = Span(offset, offset + length)
    if let ascii = Lexer.lookalikes[value] {
      return failure("UnexpectedCharacter", "`\(value)` is not an operator", span, help: "write `\(ascii)`")
    }
    switch value {
    case "'":
      return failure(
        "UnexpectedCharacter", "strings are written with double quotes", span, help: "write \"text\"")
    case "$":
      return failure(
        "UnexpectedCharacter", "`$` means nothing here", span,
        help: "closures name their parameters: { x in x + 1 }")
    default:
      let name =
        value.value < 0x20 || (0x7F...0x9F).contains(value.value)
        ? "control character U+" + String(value.value, radix: 16, uppercase: true) : "`\(value)`"
      return failure("UnexpectedCharacter", "unexpected \(name)", span)
    }
  }

  private func failure(
    _ code: String, _ message: String, _ span: Span, help: String? = nil, incomplete: Bool = false
  ) -> SyntaxFailure {
    SyntaxFailure(
      diagnostic: Diagnostic(code: code, message, labels: [.init(span)], help: help, source: source),
      isIncomplete: incomplete)
  }

  // MARK: numbers

  private mutating func number() throws(SyntaxFailure) -> Token {
    let start = offset
    if peek() == UInt8(ascii: "0"), let letter = peek(1),
      let radix = [UInt8(ascii: "x"): 16, UInt8(ascii: "b"): 2][letter]
    {
      offset += 2
      let digits = run { Lexer.isLetterOrDigit($0) }
      return Token(kind: .int(try integer(digits, radix: radix, start)), span: Span(start, offset))
    }
    var digits = run { $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5F }
    var isFloat = false
    if peek() == UInt8(ascii: "."), let after = peek(1), after >= 0x30, after <= 0x39 {
      isFloat = true
      offset += 1
      digits += "." + run { $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5F }
    }
    if let letter = peek(), letter | 0x20 == UInt8(ascii: "e") {
      let signed = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
      if let digit = peek(signed ? 2 : 1), digit >= 0x30, digit <= 0x39 {
        isFloat = true
        digits += signed && peek(1) == UInt8(ascii: "-") ? "e-" : "e"
        offset += signed ? 2 : 1
        digits += run { $0 >= 0x30 && $0 <= 0x39 }
      }
    }
    if offset < end, Lexer.isIdentifierStart(scalar().value) {
      let wordStart = offset
      let word = identifier()
      let text = source.text(word.span)
      throw failure(
        "MalformedNumber", "`\(source.text(Span(start, offset)))` is not a number", Span(start, offset),
        help: text == "j"
          ? nil
          : "names do not start with a digit; to multiply, write `\(source.text(Span(start, wordStart))) * \(text)`"
      )
    }
    let span = Span(start, offset)
    if !isFloat { return Token(kind: .int(try integer(digits, radix: 10, start)), span: span) }
    guard let value = Double(digits), value.isFinite else {
      throw failure("MalformedNumber", "`\(source.text(span))` is too large for a float", span)
    }
    return Token(kind: .float(value), span: span)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte == 0x5F || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
  }

  /// The longest run of bytes that pass, without underscores.
  private mutating func run(_ passes: (UInt8) -> Bool) -> String {
    let start = offset
    while let byte = peek(), passes(byte) { offset += 1 }
    return String(decoding: bytes[start..<offset].filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
  }

  private func integer(_ digits: String, radix: Int, _ start: Int) throws(SyntaxFailure) -> Int {
    if let value = Int(digits, radix: radix) { return value }
    // The least integer, whose sign is a token of its own: the parser takes it behind a minus alone.
    if UInt(digits, radix: radix) == Int.min.magnitude { return .min }
    let span = Span(start, offset)
    let isNumber = !digits.isEmpty && digits.allSatisfy { $0.hexDigitValue.map { $0 < radix } ?? false }
    guard isNumber else { throw failure("MalformedNumber", "`\(source.text(span))` is not a number", span) }
    throw SyntaxFailure.tooLarge(span, in: source)
  }

  // MARK: strings

  private mutating func string() throws(SyntaxFailure) -> Token {
    let start = offset
    let isBlock = peek(1) == UInt8(ascii: "\"") && peek(2) == UInt8(ascii: "\"")
    offset += isBlock ? 3 : 1
    var pieces: [StringPiece] = []
    var text: [UInt8] = []
    while true {
      guard let byte = peek(), isBlock || byte != UInt8(ascii: "\n") else {
        throw failure(
          "UnterminatedString", "the string that starts here is never closed",
          Span(start, start + (isBlock ? 3 : 1)),
          help: isBlock ? "close it with \"\"\"" : "close it with \"; for text of several lines use \"\"\"",
          incomplete: isBlock)
      }
      if byte == UInt8(ascii: "\""), !isBlock || (peek(1) == byte && peek(2) == byte) {
        offset += isBlock ? 3 : 1
        break
      }
      if byte != UInt8(ascii: "\\") {
        text.append(byte)
        offset += 1
      } else if peek(1) == UInt8(ascii: "(") {
        pieces.append(.text(String(decoding: text, as: UTF8.self)))
        text = []
        pieces.append(.code(try interpolation()))
      } else {
        text += try escape()
      }
    }
    pieces.append(.text(String(decoding: text, as: UTF8.self)))
    return Token(kind: .string(isBlock ? Lexer.dedent(pieces) : pieces), span: Span(start, offset))
  }

  /// The tokens between `\(` and its `)`.
  private mutating func interpolation() throws(SyntaxFailure) -> [Token] {
    let start = offset
    guard nesting < 16 else {
      throw failure("TooDeep", "strings are nested too deeply", Span(start, start + 2))
    }
    nesting += 1
    defer { nesting -= 1 }
    offset += 2
    var depth = 0
    var tokens: [Token] = []
    while let token = try next() {
      switch token.kind {
      case .symbol(.openParen), .symbol(.openBracket), .symbol(.openBrace): depth += 1
      case .symbol(.closeParen) where depth == 0:
        tokens.append(Token(kind: .end, span: token.span))
        return tokens
      case .symbol(.closeParen), .symbol(.closeBracket), .symbol(.closeBrace): depth -= 1
      case .newline: continue
      default: break
      }
      tokens.append(token)
    }
    throw failure(
      "UnterminatedString", "this `\\(` is never closed", Span(start, start + 2), help: "close it with `)`")
  }

  private mutating func escape() throws(SyntaxFailure) -> [UInt8] {
    let start = offset
    let letter = peek(1)
    offset += letter == nil ? 1 : 2
    switch letter {
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "0"): return [0]
    case UInt8(ascii: "e"): return [27]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "'"): return [letter ?? 0]
    case UInt8(ascii: "\n"): return []
    case UInt8(ascii: "u") where peek() == UInt8(ascii: "{"):
      offset += 1
      let digits = run { Lexer.isLetterOrDigit($0) }
      if peek() == UInt8(ascii: "}"), let value = UInt32(digits, radix: 16),
        let scalar = Unicode.Scalar(value)
      {
        offset += 1
        return Array(String(Character(scalar)).utf8)
      }
    case UInt8(ascii: "u"):
      if let scalar = fourDigits() { return Array(String(Character(scalar)).utf8) }
    default: break
    }
    if offset < end, offset > 0, bytes[offset - 1] >= 0x80 {
      while let byte = peek(), byte & 0xC0 == 0x80 {
        _ = byte
        offset += 1
      }
    }
    throw failure(
      "MalformedEscape", "`\(source.text(Span(start, offset)))` is not an escape", Span(start, offset),
      help: "known are \\n \\t \\r \\0 \\e \\\" \\\\ \\u{3B8} \\u03B8 and \\(expression)")
  }

  /// The scalar of `\u03B8` behind the `u`, or of a pair of surrogates: how JSON, and so parameter cells, write text.
  private mutating func fourDigits() -> Unicode.Scalar? {
    func unit(at start: Int) -> UInt16? {
      guard start + 4 <= end else { return nil }
      let digits = bytes[start..<(start + 4)]
      guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
      return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
    guard let first = unit(at: offset) else { return nil }
    var units = [first]
    if UTF16.isLeadSurrogate(first), offset + 6 <= end, bytes[offset + 4] == UInt8(ascii: "\\"),
      bytes[offset + 5] == UInt8(ascii: "u"), let second = unit(at: offset + 6)
    {
      units.append(second)
    }
    var decoder = UTF16()
    var iterator = units.makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    offset += units.count == 1 ? 4 : 10
    return scalar
  }

  /// Takes the indentation of the closing quotes off every line of a `"""` string.
  private static func dedent(_ pieces: [StringPiece]) -> [StringPiece] {
    guard case .text(let first)? = pieces.first, first.first == "\n" || first.first == "\r\n" else {
      return pieces
    }
    guard case .text(let last)? = pieces.last else { return pieces }
    let tail = last.split(separator: "\n", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    let isClosingLine = tail.allSatisfy { $0 == " " || $0 == "\t" } && last.contains { $0.isNewline }
    let indent = isClosingLine ? tail : ""
    return pieces.enumerated().map { index, piece in
      guard case .text(let text) = piece else { return piece }
      var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
      for line in lines.indices where line > 0 && lines[line].hasPrefix(indent) {
        lines[line] = String(lines[line].dropFirst(indent.count))
      }
      if index == 0 { lines.removeFirst() }
      if index == pieces.count - 1, isClosingLine, lines.count > 0 { lines.removeLast() }
      return .text(lines.joined(separator: "\n"))
    }
  }
}
