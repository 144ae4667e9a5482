/// "Did you mean": names close to one that does not exist.
public enum Suggestion {
  /// The candidates nearest to `name` by edit distance, at most three, nearest first. The distance allowed is
  /// min(3, length / 3), at least 1 for names of two or more characters; differing only in case is always close.
  public static func nearest(to name: String, in candidates: some Sequence<String>) -> [String] {
    let wanted = Array(name.lowercased())
    guard wanted.count > 1 else { return [] }
    let cap = max(1, min(3, wanted.count / 3))
    var found: [(name: String, distance: Int)] = []
    for candidate in Set(candidates) where candidate != name {
      let letters = Array(candidate.lowercased())
      guard abs(letters.count - wanted.count) <= cap else { continue }
      let distance = editDistance(wanted, letters)
      if distance <= cap { found.append((candidate, distance)) }
    }
    found.sort { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let best = found.first?.distance else { return [] }
    return found.prefix { $0.distance <= best + 1 }.prefix(3).map(\.name)
  }

  /// "did you mean `a`?" or "did you mean `a` or `b`?"; nil when nothing is close.
  public static func phrase(for name: String, in candidates: some Sequence<String>) -> String? {
    let names = nearest(to: name, in: candidates).map { "`\($0)`" }
    guard let last = names.last else { return nil }
    let head = names.dropLast().joined(separator: ", ")
    return head.isEmpty ? "did you mean \(last)?" : "did you mean \(head) or \(last)?"
  }

  /// Edit distance with adjacent transpositions counted as one step.
  static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var before: [Int] = []
    var previous = Array(0...b.count)
    for i in 1...a.count {
      var row = [i]
      row.reserveCapacity(b.count + 1)
      for j in 1...b.count {
        let same = a[i - 1] == b[j - 1]
        var best = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (same ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, before[j - 2] + 1) }
        row.append(best)
      }
      before = previous
      previous = row
    }
    return previous[b.count]
  }
}
