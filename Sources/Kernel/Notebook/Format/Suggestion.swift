/// The candidate nearest to a misspelt name, or nil when nothing is close.
///
/// Near means a Levenshtein distance of at most `min(3, max(1, length / 3))`; ties go to the first candidate.
func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
  let limit = min(3, max(1, name.count / 3))
  var best: (distance: Int, name: String)?
  for candidate in candidates {
    let distance = editDistance(Array(name.lowercased()), Array(candidate.lowercased()))
    if distance <= limit, distance < (best?.distance ?? Int.max) { best = (distance, candidate) }
  }
  return best?.name
}

/// `; did you mean `x`?` or, when nothing is near, `; one of a, b, c`.
func remedy(for name: String, among candidates: [String]) -> String {
  if let match = nearest(to: name, among: candidates) { return "; did you mean `\(match)`?" }
  return candidates.isEmpty ? "" : "; known: \(candidates.joined(separator: ", "))"
}

/// Levenshtein distance over characters, one row at a time.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let above = row[j + 1]
      row[j + 1] = min(diagonal + (x == y ? 0 : 1), above + 1, row[j] + 1)
      diagonal = above
    }
  }
  return row[b.count]
}
