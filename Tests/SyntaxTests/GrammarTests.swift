import Foundation
import Testing

@testable import Syntax

/// The grammar for editors against the lexer of the language, over every notebook and script.
@Suite("Colours in editors") struct GrammarTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  static func files(_ folder: String) -> [String] {
    let names =
      FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".faa") }.sorted().map { "\(folder)/\($0)" }
  }

  /// Numbers of the lines in the cells of a notebook, and their text.
  static func cells(_ text: String) -> [(line: Int, code: String)] {
    var result: [(Int, String)] = []
    var fence: Substring?
    var code: [Substring] = []
    var start = 0
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let mark = fence {
        if line == mark {
          result.append((start, code.joined(separator: "\n")))
          (fence, code) = (nil, [])
        } else {
          code.append(line)
        }
      } else if line.hasPrefix("```"), line.drop(while: { $0 == "`" }).prefix(3) == "faa" {
        (fence, start) = (line.prefix { $0 == "`" }, index + 1)
      }
    }
    return result
  }

  @Test(arguments: files("notebooks") + files("tutorials") + files("docs"))
  func coloursCellsAsTheLexerReadsThem(_ path: String) throws {
    let text = try String(contentsOfFile: "\(Self.root)/\(path)", encoding: .utf8)
    let grammar = try TextMateGrammar(contentsOf: "\(Self.root)/editors/textmate/faa.tmLanguage.json")
    let cells = Self.cells(text)
    #expect(!cells.isEmpty)
    for (line, code) in cells { try compare(code, grammar, "\(path):\(line + 1)") }
  }

  @Test func coloursScriptsAsTheLexerReadsThem() throws {
    let grammar = try TextMateGrammar(contentsOf: "\(Self.root)/editors/textmate/faa.tmLanguage.json")
    let scripts = Self.files("Tests/Scripts")
    #expect(scripts.count > 20)
    for path in scripts {
      try compare(String(contentsOfFile: "\(Self.root)/\(path)", encoding: .utf8), grammar, path)
    }
  }

  @Test(arguments: [
    ("x = \"a \\(f(1 + (2))) b\" + 3", "f", "entity.name.function"),
    ("x = \"a \\(f(1 + (2))) b\" + 3", "3", "constant.numeric"),
    ("θ̂.norm", "θ", "variable.other"), ("fit(m, lr: 1e-3)", "lr", "variable.parameter"),
    ("?mean", "mean", "entity.name.function"), ("%time 1", "time", "support.function.magic"),
    ("\"\"\"\na \"b\"\n\"\"\"\nif", "if", "keyword.control"), ("#| label: a", "label", "comment.line.option"),
  ])
  func coloursWhatIsEasilyMissed(_ code: String, _ part: String, _ scope: String) throws {
    let grammar = try TextMateGrammar(contentsOf: "\(Self.root)/editors/textmate/faa.tmLanguage.json")
    let scopes = try grammar.scopes(of: code)
    let place = NSString(string: code).range(of: part, options: [.backwards, .literal]).location
    #expect(scopes[place].contains { $0.hasPrefix(scope) }, "\(scopes[place])")
  }

  /// Cells, and nothing else, are embedded code.
  @Test(arguments: files("notebooks") + files("tutorials"))
  func findsTheCellsOfANotebook(_ path: String) throws {
    let text = try String(contentsOfFile: "\(Self.root)/\(path)", encoding: .utf8)
    let grammar = try TextMateGrammar(
      contentsOf: "\(Self.root)/editors/textmate/faa-notebook.tmLanguage.json")
    let scopes = try grammar.scopes(of: text)
    var expected: Set<Int> = []
    for (line, code) in Self.cells(text) {
      let count = code.isEmpty ? 0 : code.split(separator: "\n", omittingEmptySubsequences: false).count
      expected.formUnion(line..<(line + count))
    }
    var unit = 0
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let isCode = !line.isEmpty && scopes[unit].contains("source.faa")
      #expect(line.isEmpty || isCode == expected.contains(index), "\(path):\(index + 1)")
      unit += line.utf16.count + 1
    }
  }

  // MARK: Comparing

  private func compare(_ code: String, _ grammar: TextMateGrammar, _ place: String) throws {
    let source = SourceText(code)
    var lexer = Lexer(source)
    let (tokens, faults) = lexer.tokensAndFaults()
    // What the language refuses may look like anything.
    guard faults.isEmpty else { return }
    let scopes = try grammar.scopes(of: code)
    var units = [Int](repeating: 0, count: code.utf8.count + 1)
    var unit = 0
    var byte = 0
    for scalar in code.unicodeScalars {
      units[byte] = unit
      byte += UTF8.width(scalar)
      unit += UTF16.width(scalar)
    }
    check(tokens, place) { scopes[units[$0]] }
  }

  private func check(_ tokens: [Token], _ place: String, _ scopes: (Int) -> [String]) {
    for (index, token) in tokens.enumerated() {
      let wanted: [String]
      switch token.kind {
      // A word behind a dot names a member, whatever it means elsewhere.
      case .keyword where index > 0 && tokens[index - 1].kind == .symbol(.dot): wanted = ["variable."]
      // What a magic is given has no scope of its own.
      case .string([]), .newline, .end: continue
      case .string(let pieces):
        wanted = ["string.quoted"]
        for case .code(let inner) in pieces { check(inner.filter { $0.kind != .end }, place, scopes) }
      case .int, .float: wanted = ["constant.numeric"]
      case .keyword: wanted = ["keyword.control", "storage.type", "constant.language"]
      case .identifier: wanted = ["variable.", "entity.name.function", "support."]
      case .symbol: wanted = ["keyword.operator", "punctuation."]
      }
      let seen = scopes(token.span.start)
      #expect(
        seen.last.map { scope in wanted.contains { scope.hasPrefix($0) } } == true,
        "\(place), byte \(token.span.start): \(token.kind) is \(seen)")
    }
  }
}
