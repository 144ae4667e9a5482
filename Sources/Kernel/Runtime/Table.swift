/// Rows under a header, in the forms that clients other than terminals show.
public struct Table: Sendable {
  /// The names of the columns.
  public let header: [String]
  /// The cells, a list for each row; a short row ends with its last cell.
  public let rows: [[String]]
  /// Columns of words; all others are of numbers, set to the right.
  private let words: Set<Int>

  /// - Parameter words: positions of the columns that are set to the left.
  public init(header: [String], rows: [[String]], words: Set<Int> = [0]) {
    (self.header, self.rows, self.words) = (header, rows, words)
  }

  /// Aligned columns, two blanks apart, cut at a width.
  public func text(indent: Int = 0, width: Int = .max) -> String {
    TextTable(
      [header] + rows, width: width, rightAligned: Set(header.indices).subtracting(words), indent: indent
    ).text
  }

  /// A `<table>`.
  public var html: String {
    func row(_ cells: [String], _ tag: String) -> String {
      let cells = cells.enumerated().map { column, text in
        // A number is never broken in two.
        let style = words.contains(column) ? "text-align:left" : "text-align:right;white-space:nowrap"
        let span = column + 1 == cells.count && cells.count < header.count
        return "<\(tag) style=\"\(style)\"\(span ? " colspan=\"\(header.count - column)\"" : "")>"
          + "\(text.escapedForMarkup)</\(tag)>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    return "<table><thead>\(row(header, "th"))</thead><tbody>"
      + rows.map { row($0, "td") }.joined(separator: "\n") + "</tbody></table>"
  }

  /// A table of GitHub's Markdown.
  public var markdown: String {
    func row(_ cells: [String]) -> String {
      let filled = cells + Array(repeating: "", count: max(0, header.count - cells.count))
      return "| " + filled.map(\.escapedForMarkdown).joined(separator: " | ") + " |"
    }
    let rule = header.indices.map { words.contains($0) ? ":--" : "--:" }
    return ([row(header), "| \(rule.joined(separator: " | ")) |"] + rows.map(row)).joined(separator: "\n")
  }
}

extension Display {
  /// A text, and the table it shows where it shows one.
  public init(text: String, table: Table?) {
    self.init(text: text, html: table?.html, markdown: table?.markdown)
  }
}

extension String {
  /// The text with the characters that mean something in HTML replaced.
  public var escapedForMarkup: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The text as it shows literally in a cell of a Markdown table.
  public var escapedForMarkdown: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n", "\r": result += " "
      case "\\", "|", "*", "_", "`", "[", "]", "<", ">", "&", "$", "~", "#":
        result += "\\" + String(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Value {
  /// Rows such a table shows at most.
  private static let rowLimit = 60

  /// A list of records with the same fields as a table; nil for anything else. The middle of a long one is left out.
  var table: Table? {
    guard case .list(let box) = self, case .record(let first)? = box.elements.first, !first.keys.isEmpty,
      first.keys.count <= 20
    else { return nil }
    var rows: [[Value]] = []
    for element in box.elements {
      guard case .record(let record) = element, record.keys == first.keys else { return nil }
      rows.append(record.values)
    }
    let count = rows.count
    let isNumber = first.keys.indices.map { column in
      rows.allSatisfy { row in
        switch row[column] {
        case .int, .float, .none: true
        default: false
        }
      }
    }
    var cells = (count > Self.rowLimit ? rows.prefix(Self.rowLimit / 2) : rows[...]).map(Self.cells)
    if count > Self.rowLimit {
      cells.append(["… \(count - Self.rowLimit) more rows"])
      cells += rows.suffix(Self.rowLimit / 2).map(Self.cells)
    }
    return Table(header: first.keys, rows: cells, words: Set(isNumber.indices.filter { !isNumber[$0] }))
  }

  private static func cells(_ row: [Value]) -> [String] {
    row.map { value in
      if case .string(let box) = value { return box.value }
      return value.brief(columns: 60)
    }
  }
}
