import Notebook

/// The keys on which the random numbers of cells depend: the same that a headless run of the notebook gives them, so that both
/// draw the same numbers.
struct CellKeys {
  /// The cells that had a text, by the client's name for each.
  private var cells: [String: [String]] = [:]

  /// The key of a cell about to run. A cell that runs again keeps its key where the client says which cell it is; where it does not,
  /// as at a console, every run is a cell of its own.
  mutating func key(_ code: String, cell: String?) -> String {
    if let label = CellKeys.label(code) { return "label:\(label)" }
    // The text of a cell in a file ends its last line.
    let hash = sha256(code.isEmpty || code.hasSuffix("\n") ? code : code + "\n")
    var known = cells[hash] ?? []
    defer { cells[hash] = known }
    let name = cell ?? "run \(known.count)"
    let occurrence = known.firstIndex(of: name) ?? known.count
    if occurrence == known.count { known.append(name) }
    return "source:\(hash.prefix(16)):\(occurrence)"
  }

  /// The name in a leading `#| label: name` line.
  private static func label(_ code: String) -> String? {
    for line in code.split(separator: "\n") {
      guard line.hasPrefix("#|") else { return nil }
      let words = line.dropFirst(2).split(separator: ":", maxSplits: 1)
      guard words.count == 2, words[0].filter({ $0 != " " }) == "label" else { continue }
      let name = words[1].drop { $0 == " " }
      return name.isEmpty ? nil : String(name.prefix { $0 != " " && $0 != "\r" })
    }
    return nil
  }
}
