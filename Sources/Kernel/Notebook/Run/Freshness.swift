/// Whether the last result of a cell is what a run would give now.
public enum Freshness: Sendable, Equatable {
  /// It is; with a remark where a run with the cache would run the cell all the same.
  case fresh(String)
  /// Something the result depends on has changed, in words.
  case stale(String)
  /// The cell is as it was when it did not succeed, in words.
  case failed(String)
  /// There is no result.
  case unknown
  /// It is run every time, and why.
  case runsAlways(String)
  /// It is never run.
  case never
}

/// What is known of a cell from the last run that reached it.
struct CellRecord {
  var identity: String
  var components: [(name: String, value: String)]
  /// How it ended, where it did not succeed.
  var failure: String?
  var note: String?
}

/// The cells of a `result.json`, by their keys and by their places.
struct LastRun {
  private var records: [String: CellRecord] = [:]
  private var places: [String: CellRecord] = [:]

  /// Reads a text that `RunResult.json` made; what cannot be read is not there.
  init(_ text: String) {
    guard let cells = (try? JSON(parsing: text))?["cells"]?.items else { return }
    var seen: [String: Int] = [:]
    for cell in cells {
      guard let address = cell["cell"]?.text, let hash = cell["source_sha256"]?.text else { continue }
      var key = "label:\(address)"
      if address.hasPrefix("@") {
        key = sourceKey(hash, seen[hash, default: 0])
        seen[hash, default: 0] += 1
      }
      guard let record = CellRecord(cell) else { continue }
      records[key] = record
      places[address] = record
    }
  }

  /// The cell's own record, or that of the cell without label that stood in its place.
  subscript(key: String, address: String) -> CellRecord? {
    records[key] ?? (address.hasPrefix("@") ? places[address] : nil)
  }
}

extension CellRecord {
  /// A cell of a `result.json`; nil for one that was not reached.
  fileprivate init?(_ json: JSON) {
    guard let status = json["status"]?.text.flatMap(CellOutcome.Status.init), status != .skipped,
      let identity = json["identity"]?.text, case .object(let parts)? = json["made_from"]
    else { return nil }
    self.identity = identity
    components = parts.map { ($0.0, $0.1.text ?? "") }
    note = json["note"]?.text
    if status != .ok, status != .cached {
      failure = status.rawValue + (json["error"]?["message"]?.text.map { ": \($0)" } ?? "")
    }
  }
}

extension CellGraph {
  /// How every cell of the notebook stands with the last run and the cache.
  ///
  /// - Parameter lastResult: the text of `result.json`; empty where there is none.
  public func freshness(of document: Document, lastResult: String, cache: CellCache) -> [Freshness] {
    let keys = cellKeys(document.cells)
    let last = LastRun(lastResult)
    return document.cells.enumerated().map { index, cell in
      let node = nodes[index]
      if !cell.options.eval { return .never }
      if let reason = node.runsAlways { return .runsAlways(reason) }
      if node.identity.hasPrefix("~") { return .runsAlways("it uses results of a cell that does") }
      let stored = cache.entry(keys[index]).map {
        CellRecord(identity: $0.identity, components: $0.components)
      }
      if stored?.identity == node.identity { return .fresh("") }
      guard let record = last[keys[index], cell.address] ?? stored else { return .unknown }
      guard record.identity == node.identity else { return .stale(node.changes(since: record.components)) }
      return record.failure.map { .failed($0) } ?? .fresh(record.note ?? "")
    }
  }
}

extension CellGraph.Node {
  /// What is not as it was, in words.
  fileprivate func changes(since earlier: [(name: String, value: String)]) -> String {
    let before = Dictionary(earlier.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let now = Dictionary(components.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    let changed = components.map(\.name).filter { before[$0] != now[$0] }
    let gone = earlier.map(\.name).filter { now[$0] == nil }
    return (changed + gone).map { "\($0) changed" }.joined(separator: ", ")
  }
}
