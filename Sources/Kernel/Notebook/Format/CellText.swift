extension Cell {
  /// The cell as one text without its fence: the options as `#|` lines, then the code. So Jupyter keeps it.
  var text: String { optionTexts.map { "#| \($0.key): \($0.value)\n" }.joined() + code }

  /// The cell in such a text; nil where that is no text of a cell at all.
  public init?(text: String) {
    // A fence is longer than any run of its mark inside.
    let longest = text.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    let end = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
    let document = Document(parsing: Array("\(fence)faa\n\(text)\(end)\(fence)\n".utf8), name: "")
    guard let cell = document.cells.first else { return nil }
    self = cell
  }
}
