/// LaTeX names of characters: `\lambda` for λ. Completion uses it both ways.
package enum SymbolTable {
  /// Characters by name.
  package static let symbols: [String: String] = {
    var table: [String: String] = [:]
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      // By scalars: a combining mark is one character with the letter before it.
      let scalars = word.unicodeScalars
      guard let symbol = scalars.last else { continue }
      table[String(scalars.dropLast())] = String(symbol)
    }
    return table
  }()

  /// Names by character; the shortest where there are several.
  package static let names: [String: String] = {
    var table: [String: String] = [:]
    for (name, symbol) in symbols {
      guard let known = table[symbol], (known.count, known) < (name.count, name) else {
        table[symbol] = name
        continue
      }
    }
    return table
  }()

  /// Names that begin with `prefix`, in order.
  package static func names(beginning prefix: String) -> [String] {
    prefix.isEmpty ? [] : symbols.keys.filter { $0.hasPrefix(prefix) }.sorted()
  }

  /// What a piece of LaTeX stands for: symbols, accents, sub- and superscripts, such as `\lambda`, `\theta^*`, `\hat{x}`,
  /// `\_12` and `\bbR^n`; nil when a part of it has no character.
  package static func expansion(of latex: some StringProtocol) -> String? {
    var reader = LaTeXReader(rest: Substring(latex))
    return reader.read()
  }
}

/// Reads `\name`, `\accent{letter}`, `^script` and `_script`, one after the other.
private struct LaTeXReader {
  var rest: Substring

  mutating func read() -> String? {
    guard rest.first == "\\" else { return nil }
    var result = ""
    while let next = rest.first {
      switch next {
      case "\\":
        rest = rest.dropFirst()
        if rest.first == "^" || rest.first == "_" { continue }
        guard let part = command() else { return nil }
        result += part
      case "^", "_":
        rest = rest.dropFirst()
        guard let part = script(String(next)) else { return nil }
        result += part
      default: return nil
      }
    }
    return result.isEmpty ? nil : result
  }

  /// A name after its backslash, with its argument when it is an accent or an alphabet.
  private mutating func command() -> String? {
    let name = String(rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) })
    rest = rest.dropFirst(name.count)
    if rest.first == "{" {
      guard let argument = group() else { return nil }
      if let alphabet = Self.alphabets[name] {
        return letters(argument) { SymbolTable.symbols[alphabet + $0] }
      }
      guard let mark = SymbolTable.symbols[name], Self.isMark(mark) else { return nil }
      return argument.isEmpty ? nil : argument + mark
    }
    return SymbolTable.symbols[name]
  }

  /// What follows `^` or `_`: one character, a symbol, or several of either in braces.
  private mutating func script(_ kind: String) -> String? {
    if rest.first == "{" { return group().flatMap { letters($0) { SymbolTable.symbols[kind + $0] } } }
    if rest.first == "\\" {
      let name = rest.dropFirst().prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(name.count + 1)
      return SymbolTable.symbols[kind + name] ?? (kind == "^" && name == "star" ? "⋆" : nil)
    }
    // Digits go together: `\_12` is one index.
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    let taken = digits.isEmpty ? rest.prefix(1) : digits
    rest = rest.dropFirst(taken.count)
    return letters(String(taken)) { SymbolTable.symbols[kind + $0] }
  }

  private mutating func group() -> String? {
    guard let end = rest.firstIndex(of: "}") else { return nil }
    defer { rest = rest[rest.index(after: end)...] }
    return String(rest[rest.index(after: rest.startIndex)..<end])
  }

  private func letters(_ text: String, _ symbol: (String) -> String?) -> String? {
    var result = ""
    for letter in text {
      guard let found = symbol(String(letter)) else { return nil }
      result += found
    }
    return result.isEmpty ? nil : result
  }

  private static func isMark(_ symbol: String) -> Bool {
    switch symbol.unicodeScalars.first?.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: true
    default: false
    }
  }

  /// LaTeX's alphabets and how their letters are called in the table.
  private static let alphabets = [
    "mathbb": "bb", "mathcal": "scr", "mathscr": "scr", "mathfrak": "frak", "mathbf": "bf", "mathsf": "sans",
    "mathtt": "tt",
  ]
}
