/// TeX that the converter does not know; exports show the source instead and list it as a warning.
public struct UnsupportedTeX: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is not known, such as `\newcommand` or an unclosed group.
  public let description: String
}

/// Converts a formula in TeX to a MathML element that browsers draw without script or font downloads.
///
/// The subset: scripts and primes, fractions, binomials, roots, Greek, operators, relations, arrows, sums and limits,
/// delimiters (`\left ... \right`, `\big`), accents and braces, alphabets (`\mathbb`, `\mathbf`, ...), `\text`,
/// spacing, matrices, `cases`, `aligned`, `array`, `substack`.
///
/// - Parameters:
///   - tex: the formula without its dollar signs.
///   - display: whether it stands on its own line.
/// - Throws: `UnsupportedTeX` naming the first thing that is not in the subset.
public func mathML(_ tex: String, display: Bool) throws -> String {
  var parser = MathParser(tex, display: display)
  let body = try parser.parseAll()
  let source = escaped(tex.split(whereSeparator: \.isNewline).joined(separator: " "))
  return "<math xmlns=\"http://www.w3.org/1998/Math/MathML\"\(display ? " display=\"block\"" : "")"
    + " alttext=\"\(source)\">\(body)</math>"
}

/// One element of a formula with what its neighbours need to know.
struct MathAtom {
  var markup: String
  var kind: MathClass
  /// Whether scripts go above and below (large operators in displays).
  var takesLimits = false
  /// Whether a thin space separates it from an argument: `log x`.
  var isFunction = false

  init(_ markup: String, _ kind: MathClass, takesLimits: Bool = false, isFunction: Bool = false) {
    self.markup = markup
    self.kind = kind
    self.takesLimits = takesLimits
    self.isFunction = isFunction
  }
}

/// Joins atoms into one element.
func mathRow(_ atoms: [MathAtom]) -> String {
  atoms.count == 1 ? atoms[0].markup : "<mrow>\(mathSequence(atoms))</mrow>"
}

/// Joins atoms, with a thin space between a function and its argument and signs recognised as such: MathML sees a
/// sign only at the start of a row, TeX also after an operator, a relation or an opening delimiter.
func mathSequence(_ atoms: [MathAtom]) -> String {
  var text = ""
  for (index, atom) in atoms.enumerated() {
    let before = index > 0 ? atoms[index - 1] : nil
    var markup = atom.markup
    if let before {
      if before.isFunction, atom.kind == .ordinary || atom.isFunction { text += thinSpace }
      if before.kind == .ordinary || before.kind == .closing, atom.isFunction { text += thinSpace }
    }
    if atom.kind == .binary, before.map({ ![.ordinary, .closing].contains($0.kind) }) ?? true,
      markup.hasPrefix("<mo>")
    {
      markup = "<mo form=\"prefix\" lspace=\"0\" rspace=\"0\">" + markup.dropFirst(4)
    }
    text += markup
  }
  return text
}

private let thinSpace = "<mspace width=\"0.167em\"/>"
