import Syntax

extension Value {
  /// The value in one line where it fits, else a list or a record as one element or field a line; the middle of long lists and
  /// what is too wide is elided.
  func laidOut(width: Int) -> String {
    let width = max(width, 20)
    // Rows of plain numbers or words read better side by side.
    let line = brief(columns: width)
    if TextWidth.columns(line) <= width, !line.contains("…") { return line }
    switch self {
    case .record(let box):
      let written = box.keys.map { Runtime.written(key: $0) }
      let keys = written.map { TextWidth.columns($0) }.max() ?? 0
      let rows = zip(written, box.values).map { key, value in
        "  \(key): " + String(repeating: " ", count: keys - TextWidth.columns(key))
          + TextWidth.cut(value.brief(columns: width), to: max(12, width - keys - 4))
      }
      return (["{"] + Value.elided(rows, "fields") + ["}"]).joined(separator: "\n")
    case .list(let box):
      if box.elements.allSatisfy({ !$0.isWide }) { return Value.filled(box.elements, width: width) }
      let rows = Value.ends(of: box.elements.count).map { index in
        index.map { "  " + TextWidth.cut(box.elements[$0].brief(columns: width), to: width - 2) }
          ?? "  … \(box.elements.count) elements"
      }
      return (["["] + rows + ["]"]).joined(separator: "\n")
    default: return brief(columns: width * 12)
    }
  }

  private var isWide: Bool {
    switch self {
    case .none, .bool, .int, .float: false
    case .string(let box): box.value.utf8.count > 16
    default: true
    }
  }

  /// Elements side by side in lines of this width, the first and the last ones where there are many.
  private static func filled(_ elements: [Value], width: Int) -> String {
    let shown = ends(of: elements.count, limit: max(8, width * 5 / 8))
    var lines: [String] = []
    var line = "["
    for (position, index) in shown.enumerated() {
      var word = index.map { elements[$0].brief(columns: 40) } ?? "…"
      word += position + 1 < shown.count ? "," : "]"
      if TextWidth.columns(line) + TextWidth.columns(word) + 1 > width, line != "[" {
        lines.append(line)
        line = ""
      }
      line += (line == "[" ? "" : " ") + word
    }
    lines.append(line)
    if shown.count <= elements.count, shown.contains(where: { $0 == nil }) {
      lines.append("\(elements.count) elements")
    }
    return lines.joined(separator: "\n")
  }

  private static func elided(_ rows: [String], _ what: String) -> [String] {
    ends(of: rows.count).map { index in index.map { rows[$0] } ?? "  … \(rows.count) \(what)" }
  }

  /// 0..<count, nil standing for a middle that is left out.
  private static func ends(of count: Int, limit: Int = 20) -> [Int?] {
    guard count > limit else { return Array(0..<count) }
    let head = limit - limit / 3
    return Array(0..<head) + [nil] + Array((count - limit / 3)..<count)
  }
}
