import Glibc
import Runtime

/// What cells gave in earlier runs, kept in a folder: outputs to replay, variables to bring back, and how far a long command came.
///
/// One entry a cell, the newest. An entry is valid for exactly one identity of the cell (see `CellGraph`); every file appears whole or
/// not at all, so a run that is killed at any moment leaves a cache that can be used.
public final class CellCache: @unchecked Sendable {
  /// What of the cache a run uses.
  public enum Mode: String, Sendable, CaseIterable {
    /// Nothing.
    case off
    /// Cells with a valid entry are replayed.
    case read
    /// The same, and cells that ran are stored.
    case rw
    /// Every cell runs and is stored.
    case refresh
  }

  /// A stored cell.
  struct Entry {
    var identity: String
    var components: [(name: String, value: String)]
    var seconds: Double
    var outputs: [CellOutput]
    var droppedBytes: Int
  }

  /// The folder.
  public let folder: String
  /// Whether valid entries are replayed.
  public let reads: Bool
  /// Whether cells that ran are stored.
  public let writes: Bool
  /// Cells that took less are run again rather than stored.
  let minimumSeconds: Double

  /// - Parameter mode: nil is what a plain run does: it replays nothing, and stores cells that took a second, so that a run that is
  ///   cut short can be resumed.
  public init(folder: String, mode: Mode?) {
    self.folder = folder
    reads = mode == .read || mode == .rw
    writes = mode != .off && mode != .read
    minimumSeconds = mode == nil ? 1 : 0
  }

  private func stem(_ key: String) -> String { "\(folder)/\(sha256(key).prefix(20))" }
  private func path(_ key: String) -> String { stem(key) + ".cell" }

  /// Where the variables of an entry are.
  func valuesPath(_ key: String, _ identity: String) -> String {
    "\(stem(key))-\(identity.prefix(20)).values"
  }

  /// What the checkpoints of a cell's long commands start with.
  func checkpointPrefix(_ key: String, _ identity: String) -> String { "\(stem(key))-\(identity.prefix(20))" }

  /// The entry of a cell, whatever its identity; nil where there is none or it is damaged.
  func entry(_ key: String) -> Entry? {
    guard let bytes = try? readFile(path(key)) else { return nil }
    var r = ByteReader(bytes)
    guard let version = try? r.text(), version == "faa cell 2" else { return nil }
    guard let identity = try? r.text(), let seconds = try? r.double(), let dropped = try? r.int(),
      let components = try? r.list({ (name: try $0.text(), value: try $0.text()) }),
      let outputs = try? r.list({ try Wire.output(&$0) }), r.isAtEnd
    else { return nil }
    return Entry(
      identity: identity, components: components, seconds: seconds, outputs: outputs, droppedBytes: dropped)
  }

  /// Stores an entry whose variables are already written, and removes what an older one had.
  func store(_ entry: Entry, _ key: String) throws {
    var w = ByteWriter()
    w.text("faa cell 2")
    w.text(entry.identity)
    w.double(entry.seconds)
    w.int(entry.droppedBytes)
    w.list(entry.components) {
      $0.text($1.name)
      $0.text($1.value)
    }
    w.list(entry.outputs) { Wire.write($1, to: &$0) }
    try makeFolder(folder)
    try replaceFile(path(key), with: w.bytes)
    removeFiles(of: key) { !$0.hasPrefix("\(entry.identity.prefix(20)).values") }
  }

  /// Removes what a killed run was writing.
  func prepare() {
    for name in folderEntries(folder) where name.contains(".tmp") { unlink("\(folder)/\(name)") }
  }

  /// Forgets how far long commands of a cell came.
  func removeCheckpoints(_ key: String) { removeFiles(of: key) { $0.hasSuffix(".checkpoint") } }

  /// Removes the files of a cell other than the entry itself whose name, after the cell's own part, is unwanted.
  private func removeFiles(of key: String, _ isUnwanted: (String) -> Bool) {
    let prefix = "\(sha256(key).prefix(20))-"
    for name in folderEntries(folder) where name.hasPrefix(prefix) {
      if isUnwanted(String(name.dropFirst(prefix.count))) { unlink("\(folder)/\(name)") }
    }
  }
}
