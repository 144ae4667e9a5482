import Testing

@testable import Syntax

@Suite("Symbols and magic lines") struct SymbolTests {
  @Test(arguments: [
    ("\\lambda", "λ"), ("\\nabla", "∇"), ("\\theta^*", "θ⋆"), ("\\theta^\\star", "θ⋆"), ("\\hat{x}", "x̂"),
    ("\\theta\\hat", "θ̂"), ("\\_1", "₁"), ("\\_12", "₁₂"), ("\\theta_{ij}", "θᵢⱼ"), ("\\bbR^n", "ℝⁿ"),
    ("\\mathbb{R}", "ℝ"), ("\\mathcal{L}", "ℒ"), ("\\mathbf{x}", "𝐱"), ("\\^-1", nil), ("\\^{-1}", "⁻¹"),
    ("\\^T", "ᵀ"),
    ("\\leq", "≤"), ("\\le", "≤"), ("\\rightarrow", "→"), ("\\in", "∈"), ("\\sum", "∑"), ("\\nosuch", nil),
    ("\\lambda{x}", nil), ("\\", nil), ("", nil), ("lambda", nil), ("\\theta_", nil), ("\\hat{}", nil),
  ])
  func expansion(latex: String, symbol: String?) { #expect(SymbolTable.expansion(of: latex) == symbol) }

  @Test("every name stands for one character, and every character has a name that gives it back")
  func table() {
    #expect(SymbolTable.symbols.count > 2850)
    for (name, symbol) in SymbolTable.symbols {
      #expect(symbol.unicodeScalars.count == 1 && !name.isEmpty, "\(name)")
      #expect(SymbolTable.names[symbol].flatMap { SymbolTable.symbols[$0] } == symbol)
    }
  }

  @Test("what names begin with") func beginnings() {
    #expect(SymbolTable.names(beginning: "alp") == ["alpha"])
    #expect(SymbolTable.names(beginning: "the").contains("theta"))
    #expect(SymbolTable.names(beginning: "").isEmpty)
  }

  /// The rest of a magic's line need not look like the language.
  @Test(arguments: [
    ("%cd ~/it's [here", "cd", "~/it's [here"), ("?*entropy*", "?", "*entropy*"),
    ("?what's this", "?", "what's this"),
    ("%load a b.faa  # a comment", "load", "a b.faa  "), ("x = 1\n%save $HOME", "save", "$HOME"),
    ("%vars", "vars", ""),
    ("??f", "??", "f"), ("%history -o 1-3; 4", "history", "-o 1-3; 4"),
  ])
  func magic(text: String, name: String, rest: String) throws {
    let block = try Parser.parse(SourceText(text))
    guard case .magic(let magic)? = block.statements.last?.kind, magic.value == nil else {
      Issue.record("no magic in \(text)")
      return
    }
    #expect(magic.name == name && magic.text == rest)
  }

  @Test(
    "elsewhere the signs are operators",
    arguments: ["a = (10\n%b)", "f({ x in\n%vars })", "x = a ?? b", "10 %b"])
  func operators(text: String) { #expect(throws: Never.self) { try Parser.parse(SourceText(text)) } }

  @Test func widths() {
    #expect(TextWidth.cut("abcdef", to: 4) == "abc…")
    #expect(TextWidth.cut("日本語", to: 4) == "日…")
    #expect(TextWidth.cut("abc", to: 3) == "abc")
  }
}
