/// An equation such as `"...ij,jk->...ik"`, read against the shapes of its operands. Labels are numbers: those of letters are
/// their code points, those of the axes of an ellipsis are negative, the last axis -1.
struct EinsumEquation {
  let inputs: [[Int]]
  let output: [Int]
  private let extents: [Int: Int]

  /// The extent of a label, the largest where some are 1.
  func extent(_ label: Int) -> Int { extents[label] ?? 1 }

  init(_ equation: String, shapes: [Shape]) throws {
    let text = equation.filter { !$0.isWhitespace }
    let (left, right) = try EinsumEquation.sides(of: text)
    let terms = left.split(separator: ",", omittingEmptySubsequences: false)
    guard terms.count == shapes.count else {
      throw EinsumEquation.error("\(terms.count) subscripts in \"\(equation)\" for \(shapes.count) operands")
    }
    var inputs: [[Int]] = []
    var extents: [Int: Int] = [:]
    var widest = 0
    for (index, (term, shape)) in zip(terms, shapes).enumerated() {
      let (before, after) = try EinsumEquation.letters(of: term)
      let named = before.count + (after?.count ?? 0)
      guard shape.rank == named || (after != nil && shape.rank > named) else {
        throw EinsumEquation.error(
          "subscripts \"\(term)\" name \(named) axes, operand \(index) of shape \(shape) has \(shape.rank)",
          .shapeMismatch, [shape], help: after == nil ? "write ... for the axes that have no letter" : nil)
      }
      let hidden = shape.rank - named
      widest = max(widest, hidden)
      let labels = before + (0..<hidden).map { $0 - hidden } + (after ?? [])
      for (axis, label) in labels.enumerated() {
        let known = extents[label] ?? 1
        guard known == shape[axis] || known == 1 || shape[axis] == 1 else {
          throw EinsumEquation.error(
            "label \(EinsumEquation.name(label)) has extent \(known) and, in operand \(index) of shape \(shape), \(shape[axis])",
            .shapeMismatch, shapes)
        }
        if known == 1 { extents[label] = shape[axis] }
      }
      inputs.append(labels)
    }
    let ellipsis = (0..<widest).map { $0 - widest }
    if let right {
      let (before, after) = try EinsumEquation.letters(of: right)
      let labels = before + (after == nil ? [] : ellipsis) + (after ?? [])
      let known = Set(inputs.joined())
      for (position, label) in labels.enumerated() {
        guard known.contains(label) else {
          throw EinsumEquation.error("label \(EinsumEquation.name(label)) of the result is in no operand")
        }
        guard !labels[..<position].contains(label) else {
          throw EinsumEquation.error("label \(EinsumEquation.name(label)) is twice in the result")
        }
      }
      guard after != nil || widest == 0 else {
        throw EinsumEquation.error(
          "the axes of ... are missing in the result \"\(right)\"",
          help: "write ... after the arrow, or sum first")
      }
      output = labels
    } else {
      let letters = inputs.joined().filter { $0 >= 0 }
      let counts = Dictionary(letters.map { ($0, 1) }, uniquingKeysWith: +)
      output = ellipsis + counts.filter { $0.value == 1 }.keys.sorted()
    }
    self.inputs = inputs
    self.extents = extents
  }

  /// What stands before the arrow and what after it, nil without one.
  private static func sides(of text: String) throws -> (Substring, Substring?) {
    guard let dash = text.firstIndex(of: "-") else { return (text[...], nil) }
    let head = text.index(after: dash)
    guard head < text.endIndex, text[head] == ">" else { throw error("\"\(text)\" has a - without >") }
    return (text[..<dash], text[text.index(after: head)...])
  }

  /// The letters before and after an ellipsis; nil after it without one.
  private static func letters(of term: Substring) throws -> ([Int], [Int]?) {
    var before: [Int] = []
    var after: [Int]?
    var rest = term
    while let first = rest.first {
      if rest.hasPrefix("..."), after == nil {
        after = []
        rest = rest.dropFirst(3)
        continue
      }
      guard first.isASCII, first.isLetter, let code = first.asciiValue else {
        throw error(
          "\"\(first)\" in the subscripts \"\(term)\"",
          help: "labels are the letters a-z and A-Z; one ... is allowed")
      }
      if after == nil { before.append(Int(code)) } else { after?.append(Int(code)) }
      rest = rest.dropFirst()
    }
    return (before, after)
  }

  private static func name(_ label: Int) -> String {
    guard label >= 0, let scalar = Unicode.Scalar(label) else { return "axis \(label) of ..." }
    return String(Character(scalar))
  }

  private static func error(
    _ message: String, _ kind: TensorError.Kind = .invalidArgument, _ shapes: [Shape] = [],
    help: String? = nil
  ) -> TensorError {
    TensorError(kind, in: "einsum", message, shapes: shapes, help: help)
  }
}
