import FoundationXML
import Testing

@testable import Notebook

@Suite struct MathTests {
  /// TeX and what must stand between `<math ...>` and `</math>`.
  static let converted: [(String, String)] = [
    ("x", "<mi>x</mi>"),
    ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
    ("x_i^{n+1}", "<msubsup><mi>x</mi><mi>i</mi><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msubsup>"),
    ("x^10", "<mrow><msup><mi>x</mi><mn>1</mn></msup><mn>0</mn></mrow>"),
    ("3.14", "<mn>3.14</mn>"),
    ("f'", "<mrow><mi>f</mi><mo lspace=\"0\" rspace=\"0\">′</mo></mrow>"),
    ("f_i'", "<mrow><msub><mi>f</mi><mi>i</mi></msub><mo lspace=\"0\" rspace=\"0\">′</mo></mrow>"),
    ("\\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
    ("\\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
    ("\\sqrt x", "<msqrt><mi>x</mi></msqrt>"),
    ("\\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>"),
    ("\\theta", "<mi>θ</mi>"),
    ("\\Gamma", "<mi mathvariant=\"normal\">Γ</mi>"),
    ("\\nabla f", "<mrow><mi mathvariant=\"normal\">∇</mi><mi>f</mi></mrow>"),
    ("\\mathbb{R}", "<mi>ℝ</mi>"),
    ("\\mathbf{x}", "<mi>𝐱</mi>"),
    ("\\mathcal{L}", "<mi>ℒ</mi>"),
    ("\\boldsymbol{\\mu}", "<mi>𝝁</mi>"),
    ("\\mathrm{rank}", "<mi>rank</mi>"),
    ("\\hat\\theta", "<mover accent=\"true\"><mi>θ</mi><mo stretchy=\"false\">^</mo></mover>"),
    ("X^\\top", "<msup><mi>X</mi><mi mathvariant=\"normal\">⊤</mi></msup>"),
    ("a<b", "<mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow>"),
    ("\\log x", "<mrow><mi>log</mi><mspace width=\"0.167em\"/><mi>x</mi></mrow>"),
    ("-x", "<mrow><mo form=\"prefix\" lspace=\"0\" rspace=\"0\">−</mo><mi>x</mi></mrow>"),
    (
      "a=-b",
      "<mrow><mi>a</mi><mo>=</mo><mo form=\"prefix\" lspace=\"0\" rspace=\"0\">−</mo><mi>b</mi></mrow>"
    ),
    (
      "\\left(x\\right)",
      "<mrow><mo form=\"prefix\" stretchy=\"true\" fence=\"true\">(</mo><mi>x</mi>"
        + "<mo form=\"postfix\" stretchy=\"true\" fence=\"true\">)</mo></mrow>"
    ),
    (
      "\\lVert x \\rVert",
      "<mrow><mo form=\"prefix\" stretchy=\"false\">‖</mo><mi>x</mi><mo form=\"postfix\" stretchy=\"false\">‖</mo></mrow>"
    ),
    ("\\text{if }x", "<mrow><mtext>if\u{A0}</mtext><mi>x</mi></mrow>"),
    ("\\not=", "<mo>≠</mo>"),
    ("\\not\\in", "<mo>∈\u{338}</mo>"),
    ("{}^2", "<msup><mrow></mrow><mn>2</mn></msup>"),
    ("\\sum_{i}^n", "<msubsup><mo movablelimits=\"true\">∑</mo><mi>i</mi><mi>n</mi></msubsup>"),
    ("\\displaystyle x", "<mi>x</mi>"),
    ("x % comment", "<mi>x</mi>"),
    ("", "<mrow></mrow>"),
  ]

  @Test(arguments: converted)
  func converts(_ tex: String, _ expected: String) throws {
    let markup = try mathML(tex, display: false)
    let body = markup.drop { $0 != ">" }.dropFirst().dropLast("</math>".count)
    #expect(String(body) == expected)
  }

  @Test func putsLimitsBelowInDisplays() throws {
    #expect(try mathML("\\sum_i^n", display: true).contains("<munderover><mo movablelimits=\"false\">∑</mo>"))
    #expect(try mathML("\\min_x f", display: true).contains("<munder><mi>min</mi><mi>x</mi></munder>"))
    #expect(try mathML("\\min_x f", display: false).contains("<msub><mi>min</mi><mi>x</mi></msub>"))
    #expect(try mathML("\\int_0^1", display: true).contains("<msubsup><mo>∫</mo>"))
  }

  @Test func alignsEquations() throws {
    let markup = try mathML("\\begin{aligned} a &= b \\\\ &= c \\end{aligned}", display: true)
    #expect(markup.components(splitBy: "<mtr>").count == 3)
    #expect(markup.components(splitBy: "text-align:right").count == 3)
    #expect(markup.components(splitBy: "text-align:left").count == 3)
  }

  static let unsupported: [(String, String)] = [
    ("\\newcommand{\\x}{1}", "\\newcommand"), ("\\begin{tikzpicture}", "\\begin{tikzpicture}"),
    ("{x", "`{` is never closed"),
    ("x}", "unexpected `}`"), ("\\frac{1}", "an argument is missing"),
    ("\\left( x", "\\left without \\right"),
    ("x_1_2", "two subscripts on one symbol"), ("\\", "a backslash at the end"),
    ("x^", "an argument is missing"),
    ("\\begin{matrix} a", "\\begin{matrix} is never closed"), ("\\right)", "unexpected `\\`"),
    (String(repeating: "{", count: 5000), "groups nested deeper than 60"),
  ]

  @Test(arguments: unsupported)
  func refuses(_ tex: String, _ reason: String) {
    #expect(throws: UnsupportedTeX(description: reason)) { try mathML(tex, display: false) }
  }

  /// Whatever the input, the answer is well-formed markup or an error, in bounded time.
  @Test func neverBreaks() {
    let pieces = [
      "x", "12", "_", "^", "{", "}", "\\frac", "\\sqrt", "[", "]", "\\left(", "\\right)", "&", "\\\\",
      "\\begin{matrix}",
      "\\end{matrix}", "\\text{a $b$}", "'", "\\sum", "\\limits", " ", "<", "\\mathbb", "\\not", "-", "\\hat",
      "%", "é", "\\{",
      "\\big|", "$", "\\middle|",
    ]
    var random = FuzzSource(state: 3)
    for _ in 0..<3000 {
      let tex = (0..<Int.random(in: 0..<14, using: &random)).map { _ in
        pieces.randomElement(using: &random) ?? ""
      }
      .joined()
      guard let markup = try? mathML(tex, display: Bool.random(using: &random)) else { continue }
      #expect(isWellFormed(markup), "\(tex) -> \(markup)")
    }
  }
}

/// Whether an XML parser accepts the text.
func isWellFormed(_ xml: String) -> Bool { XMLParser(data: .init(xml.utf8)).parse() }
