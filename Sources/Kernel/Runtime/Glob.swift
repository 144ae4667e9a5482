/// A pattern for names and entries: `*` stands for any characters, `?` for one; upper and lower case are the same.
package struct Glob {
  private let pattern: [Character]

  package init(_ pattern: String) { self.pattern = Array(pattern.lowercased()) }

  /// Whether a word is a pattern at all.
  static func isPattern(_ text: String) -> Bool { text.contains("*") || text.contains("?") }

  /// Whether a name fits. Linear in time but for the last `*`, to which it returns on a mismatch.
  package func matches(_ name: String) -> Bool {
    let name = Array(name.lowercased())
    var (i, j) = (0, 0)
    var restart: (pattern: Int, name: Int)?
    while j < name.count {
      if i < pattern.count, pattern[i] == "*" {
        restart = (i + 1, j)
        i += 1
      } else if i < pattern.count, pattern[i] == "?" || pattern[i] == name[j] {
        i += 1
        j += 1
      } else if let (after, from) = restart {
        (i, j) = (after, from + 1)
        restart = (after, from + 1)
      } else {
        return false
      }
    }
    return pattern[i...].allSatisfy { $0 == "*" }
  }
}
