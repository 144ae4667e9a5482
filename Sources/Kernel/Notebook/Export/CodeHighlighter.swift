/// FAA source as HTML with one `span` per token that deserves a colour.
///
/// Purely lexical and forgiving: whatever it does not know it copies, so that code that does not parse still shows.
func highlighted(_ code: String) -> String {
  var scanner = HighlightScanner(code)
  return scanner.run()
}

/// A block of code as a page shows it: an element for every line, so that what a long line has too much goes on below it, indented. The
/// style needs to know how far the line itself is.
///
/// - Parameter code: HTML none of whose elements holds a line end.
func codeBlock(_ code: String) -> String {
  let lines = code.split(separator: "\n", omittingEmptySubsequences: false)
  let elements = lines.enumerated().map { index, line in
    let indent = line.prefix { $0 == " " }.count
    let style = indent > 0 ? " style=\"--i:\(indent)\"" : ""
    return "<span class=\"line\"\(style)>\(line)\(index + 1 < lines.count ? "\n" : "")</span>"
  }
  return "<pre class=\"code\" tabindex=\"0\"><code>\(elements.joined())</code></pre>"
}

private struct HighlightScanner {
  private let text: [Character]
  private var position = 0
  private var output = ""

  private static let keywords: Set<String> = [
    "func", "let", "var", "if", "else", "for", "in", "while", "return", "break", "continue", "try", "assert",
  ]
  private static let constants: Set<String> = [
    "true", "false", "none", "True", "False", "None", "nan", "inf", "pi", "f32", "f64", "i32", "bool",
  ]

  init(_ code: String) { text = Array(code) }

  mutating func run() -> String {
    while position < text.count { step() }
    return output
  }

  private mutating func step() {
    let next = text[position]
    let start = position
    if next == "#" {
      advance { !$0.isNewline }
      emit("c", start)
    } else if next == "\"" {
      string()
    } else if next.isNumber || next == "." && peek(1)?.isNumber == true {
      number()
      emit("n", start)
    } else if next.isLetter || next == "_" {
      advance { $0.isLetter || $0.isNumber || $0 == "_" }
      emit(kind(of: String(text[start..<position])), start)
    } else if next == "%" || next == "?", isLineStart(start) {
      advance { $0 == "%" || $0 == "?" }
      advance { $0.isLetter }
      emit("k", start)
    } else if next == ".", peek(1) == "." {
      // A range: `..<` is broken nowhere.
      advance { ".<".contains($0) }
      emit("o", start)
    } else if "+-*/@=<>!&|^~?".contains(next) {
      advance { "+-*/@=<>!&|^~?".contains($0) }
      emit("o", start)
    } else {
      position += 1
      output += escaped(String(next))
    }
  }

  /// The class of a word; nil for a plain name.
  private func kind(of word: String) -> String? {
    if Self.keywords.contains(word) { return "k" }
    if Self.constants.contains(word) { return "n" }
    var ahead = position
    while ahead < text.count, text[ahead] == " " { ahead += 1 }
    guard ahead < text.count else { return nil }
    if text[ahead] == "(" && ahead == position { return "f" }
    // A label or a record key: `steps: 5`; a slice `a:b` has no blank.
    return text[ahead] == ":" && ahead == position && peek(at: ahead + 1) == " " ? "l" : nil
  }

  private mutating func number() {
    if text[position] == "0", let x = peek(1), "xXbBoO".contains(x) {
      position += 2
      advance { $0.isHexDigit || $0 == "_" }
      return
    }
    advance { $0.isNumber || $0 == "_" }
    if peek(0) == ".", peek(1)?.isNumber == true {
      position += 1
      advance { $0.isNumber || $0 == "_" }
    }
    if let e = peek(0), e == "e" || e == "E", peek(1)?.isNumber == true || "+-".contains(peek(1) ?? " ") {
      position += 2
      advance { $0.isNumber }
    }
  }

  /// A string; `\( ... )` inside it is code again.
  private mutating func string() {
    var start = position
    let triple = peek(1) == "\"" && peek(2) == "\""
    position += triple ? 3 : 1
    while let next = peek(0) {
      if next == "\\", peek(1) == "(" {
        emit("s", start)
        let opened = position
        position += 2
        emit("o", opened)
        interpolation()
        start = position
      } else if next == "\\" {
        position = min(text.count, position + 2)
      } else if next == "\"", !triple || peek(1) == "\"" && peek(2) == "\"" {
        position += triple ? 3 : 1
        break
      } else if next.isNewline, !triple {
        break
      } else {
        position += 1
      }
    }
    emit("s", start)
  }

  private mutating func interpolation() {
    var level = 1
    while level > 0, let next = peek(0), !next.isNewline {
      if next == "(" { level += 1 }
      if next == ")" { level -= 1 }
      if level == 0 {
        position += 1
        emit("o", position - 1)
      } else {
        step()
      }
    }
  }

  private func isLineStart(_ index: Int) -> Bool {
    var back = index
    while back > 0, text[back - 1] == " " { back -= 1 }
    return back == 0 || text[back - 1].isNewline
  }

  private func peek(_ offset: Int) -> Character? { peek(at: position + offset) }
  private func peek(at index: Int) -> Character? { index < text.count ? text[index] : nil }

  private mutating func advance(while condition: (Character) -> Bool) {
    while position < text.count, condition(text[position]) { position += 1 }
  }

  private mutating func emit(_ kind: String?, _ start: Int) {
    // No span goes on in the next line, nor holds what it begins with: a page has an element for every line.
    let lines = text[start..<position].split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let blanks = index > 0 ? line.prefix { $0 == " " } : []
      if index > 0 { output += "\n" + String(blanks) }
      let piece = escaped(String(line.dropFirst(blanks.count)))
      if !piece.isEmpty { output += kind.map { "<span class=\"\($0)\">\(piece)</span>" } ?? piece }
    }
  }
}
