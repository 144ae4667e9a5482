import Syntax

/// Rows in aligned columns, within a width: what is left of it for the last column is where that is cut or folded.
struct TextTable {
  let text: String

  /// - Parameter folds: whether a last cell that is too wide goes on below, rather than being cut.
  init(_ rows: [[String]], width: Int, rightAligned: Set<Int> = [], indent: Int = 0, folds: Bool = false) {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? TextWidth.columns($0[column]) : 0 }.max() ?? 0
    }
    let width = max(20, width)
    let start = indent + widths.dropLast().reduce(0) { $0 + $1 + 2 }
    // A last column of a few letters is no use: then the text begins a line of its own.
    let hangs = folds && width - start < 24
    let margin = String(repeating: " ", count: hangs ? indent + 4 : start)
    let lines = rows.flatMap { row -> [String] in
      var line = String(repeating: " ", count: indent)
      for (column, cell) in row.enumerated() where !(folds && column == count - 1) {
        let pad = String(repeating: " ", count: widths[column] - TextWidth.columns(cell))
        let isLast = column + 1 == row.count
        line +=
          (rightAligned.contains(column) ? pad + cell : cell + (isLast ? "" : pad)) + (isLast ? "" : "  ")
      }
      guard folds, row.count == count, let last = row.last else { return [TextWidth.cut(line, to: width)] }
      let pieces = TextWidth.folded(last, to: max(16, width - margin.count)).map { margin + $0 }
      return hangs ? [line] + pieces : [line + pieces[0].dropFirst(margin.count)] + pieces.dropFirst()
    }
    text = lines.joined(separator: "\n")
  }
}
