/// Identities of cells, which survive edits elsewhere and on which random numbers depend: the label, or a hash of the text with a
/// count of equal texts before. A headless run and a kernel give the cells of one notebook the same.
public struct CellKeys {
  /// The cells that had a text, by the client's name for each.
  private var cells: [String: [String]] = [:]

  /// For the cells of one notebook or session.
  public init() {}

  /// The key of the next cell.
  /// - Parameter name: the client's name for the cell, by which one that runs again keeps its key. Without it every run is a cell of its own.
  public mutating func key(_ cell: Cell, name: String? = nil) -> String {
    if let label = cell.options.label { return "label:\(label)" }
    let hash = sha256(cell.code)
    var known = cells[hash] ?? []
    defer { cells[hash] = known }
    let name = name ?? "run \(known.count)"
    let occurrence = known.firstIndex(of: name) ?? known.count
    if occurrence == known.count { known.append(name) }
    return sourceKey(hash, occurrence)
  }
}

/// The keys of a notebook's cells.
func cellKeys(_ cells: [Cell]) -> [String] {
  var keys = CellKeys()
  return cells.map { keys.key($0) }
}

/// The key of a cell without label: its text by SHA-256, and how many cells with the same text come before it.
func sourceKey(_ hash: String, _ occurrence: Int) -> String { "source:\(hash.prefix(16)):\(occurrence)" }
