import Syntax

/// Rows in aligned columns, cut to a width: the last column gives way.
struct TextTable {
  let text: String

  init(_ rows: [[String]], width: Int, rightAligned: Set<Int> = [], indent: Int = 0) {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? TextWidth.columns($0[column]) : 0 }.max() ?? 0
    }
    let lines = rows.map { row in
      var line = String(repeating: " ", count: indent)
      for (column, cell) in row.enumerated() {
        let pad = String(repeating: " ", count: widths[column] - TextWidth.columns(cell))
        line += rightAligned.contains(column) ? pad + cell : cell + (column + 1 < row.count ? pad : "")
        if column + 1 < row.count { line += "  " }
      }
      return TextWidth.cut(line, to: max(20, width))
    }
    text = lines.joined(separator: "\n")
  }
}
