/// How the columns of a table of formulas are set.
enum MathColumns {
  /// Every column centred.
  case centred
  /// Right, left, right, left: equations aligned at `&`.
  case aligned
  /// As an `array` says: `l`, `c`, `r` per column.
  case listed([Character])
  /// Every column flush left.
  case left

  func alignment(of column: Int) -> String {
    switch self {
    case .centred: return "center"
    case .left: return "left"
    case .aligned: return column % 2 == 0 ? "right" : "left"
    case .listed(let letters):
      guard column < letters.count else { return "center" }
      return letters[column] == "l" ? "left" : letters[column] == "r" ? "right" : "center"
    }
  }
}

/// A table of formulas. Alignment goes by style: MathML Core has no attribute for it.
func mathTable(_ rows: [[[MathAtom]]], columns: MathColumns) -> String {
  let isAligned: Bool
  if case .aligned = columns { isAligned = true } else { isAligned = false }
  let body = rows.map { row in
    let cells = row.enumerated().map { column, atoms in
      // Cells of an alignment touch: the space around the relation comes from the relation.
      let padding =
        isAligned ? ";padding-left:\(column > 0 && column % 2 == 0 ? "2em" : "0");padding-right:0" : ""
      var content = mathSequence(atoms)
      // A relation that starts a cell keeps its space on the left only next to something.
      if isAligned, column % 2 == 1 { content = "<mrow></mrow>" + content }
      return "<mtd style=\"text-align:\(columns.alignment(of: column))\(padding)\">\(content)</mtd>"
    }
    return "<mtr>\(cells.joined())</mtr>"
  }
  return "<mtable\(isAligned ? " displaystyle=\"true\"" : "")>\(body.joined())</mtable>"
}

extension MathParser {
  /// Environments with the delimiters around their table and the setting of their columns.
  private static let environments: [String: (open: String, close: String, columns: MathColumns)] = [
    "matrix": ("", "", .centred), "smallmatrix": ("", "", .centred), "pmatrix": ("(", ")", .centred),
    "bmatrix": ("[", "]", .centred), "Bmatrix": ("{", "}", .centred), "vmatrix": ("|", "|", .centred),
    "Vmatrix": ("‖", "‖", .centred), "cases": ("{", "", .left), "aligned": ("", "", .aligned),
    "align": ("", "", .aligned), "align*": ("", "", .aligned), "split": ("", "", .aligned),
    "gather": ("", "", .centred), "gather*": ("", "", .centred), "gathered": ("", "", .centred),
    "equation": ("", "", .aligned), "equation*": ("", "", .aligned), "array": ("", "", .centred),
  ]

  /// `{name} rows \end{name}`, after `\begin`.
  mutating func parseEnvironment() throws -> String {
    let name = try parseRawGroup()
    guard let environment = Self.environments[name] else {
      throw UnsupportedTeX(description: "\\begin{\(name)}")
    }
    var columns = environment.columns
    if name == "array" {
      let letters = Array(try parseRawGroup()).filter { !$0.isWhitespace && $0 != "|" }
      guard letters.allSatisfy({ "lcr".contains($0) }) else {
        throw UnsupportedTeX(description: "these columns of \\begin{array}")
      }
      columns = .listed(letters)
    }
    let rows = try parseCells()
    guard takeCommand("end"), try parseRawGroup() == name else {
      throw UnsupportedTeX(description: "\\begin{\(name)} is never closed")
    }
    let table = mathTable(rows, columns: columns)
    guard !(environment.open + environment.close).isEmpty else { return table }
    let open =
      environment.open.isEmpty
      ? "" : "<mo form=\"prefix\" stretchy=\"true\" fence=\"true\">\(environment.open)</mo>"
    let close =
      environment.close.isEmpty
      ? "" : "<mo form=\"postfix\" stretchy=\"true\" fence=\"true\">\(environment.close)</mo>"
    return "<mrow>\(open)\(table)\(close)</mrow>"
  }

  mutating func parseSubstack() throws -> String {
    guard take("{") else { throw UnsupportedTeX(description: "`{` is missing after \\substack") }
    let rows = try parseCells()
    guard take("}") else { throw UnsupportedTeX(description: "\\substack is never closed") }
    return mathTable(rows, columns: .centred)
  }

  private mutating func parseCells() throws -> [[[MathAtom]]] {
    var rows = [[try parseRow()]]
    while true {
      if take("&") {
        rows[rows.count - 1].append(try parseRow())
      } else if takeCommand("\\") || takeCommand("cr") {
        // `\\[2pt]`: the extra space has no counterpart worth a rule.
        if peek == "[" { while let next = peek { position += 1; if next == "]" { break } } }
        rows.append([try parseRow()])
      } else {
        break
      }
    }
    if rows.count > 1, let last = rows.last, last.count == 1, last[0].isEmpty { rows.removeLast() }
    return rows
  }
}
