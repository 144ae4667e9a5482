import Glibc
import Runtime

/// Entries of this and earlier conversations. An entry is on disk before it runs.
final class History {
  private let file: EntryFile?
  private var lastStored: String?
  private var hasComplained = false

  /// Entries read at the start.
  static let limit = 10_000

  init(path: String?) { file = path.map(EntryFile.init) }

  /// The stored entries, oldest first.
  func load() -> [String] {
    let entries = (file?.entries() ?? []).suffix(Self.limit)
    lastStored = entries.last
    return Array(entries)
  }

  /// Keeps an entry. Consecutive duplicates and entries that begin with a space are not stored.
  /// - Returns: a warning the first time the file cannot be written.
  func add(_ entry: String) -> String? {
    guard let file, !entry.hasPrefix(" "), entry != lastStored else { return nil }
    lastStored = entry
    guard !file.append(entry), !hasComplained else { return nil }
    hasComplained = true
    return "history is not kept: \(Safe.text(file.path)): \(String(cString: strerror(errno)))"
  }
}
