import Syntax

/// Rows in aligned columns, within a width. Where they do not fit, the widest words are cut before any number, or the last column goes on
/// below.
struct TextTable {
  let text: String

  /// - Parameter folds: whether a last cell that is too wide goes on below, rather than being cut.
  init(_ rows: [[String]], width: Int, rightAligned: Set<Int> = [], indent: Int = 0, folds: Bool = false) {
    let count = rows.map(\.count).max() ?? 0
    var widths = (0..<count).map { column in
      rows.map { column < $0.count ? TextWidth.columns($0[column]) : 0 }.max() ?? 0
    }
    let width = max(20, width)
    // Numbers are not cut where words can be.
    func total() -> Int { widths.reduce(indent - 2) { $0 + $1 + 2 } }
    let words = (0..<count).filter { !rightAligned.contains($0) }
    while !folds, !rightAligned.isEmpty, total() > width,
      let widest = words.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8
    { widths[widest] -= 1 }
    let start = indent + widths.dropLast().reduce(0) { $0 + $1 + 2 }
    // A last column of a few letters is no use: then the text begins a line of its own.
    let hangs = folds && width - start < 24
    let margin = String(repeating: " ", count: hangs ? indent + 4 : start)
    let lines = rows.flatMap { row -> [String] in
      var line = String(repeating: " ", count: indent)
      for (column, whole) in row.enumerated() where !(folds && column == count - 1) {
        // A remark below the table has its line to itself.
        let cell = row.count == 1 ? whole : TextWidth.cut(whole, to: widths[column])
        let pad = String(repeating: " ", count: max(0, widths[column] - TextWidth.columns(cell)))
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
