import Syntax

/// What to write instead of an unknown name, ready to end a message: `; did you mean `x`?` or, when nothing is near,
/// `; known: a, b, c`.
package func remedy(for name: String, among candidates: [String]) -> String {
  if let phrase = Suggestion.phrase(for: name, in: candidates) { return "; \(phrase)" }
  return candidates.isEmpty ? "" : "; known: \(candidates.joined(separator: ", "))"
}

/// Whether the language keeps a word for itself.
func isKeyword(_ word: String) -> Bool { Keyword(rawValue: word) != nil }
