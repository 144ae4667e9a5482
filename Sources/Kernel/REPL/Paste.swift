/// What is inserted for a pasted text.
struct Paste {
  /// What stands in front of entries in a transcript.
  let prompt: String
  /// Whether a text is a whole entry.
  let isComplete: (String) -> Bool

  /// The text as it stands; of a transcript, which has a prompt in front of a line, the entries without prompts and without what
  /// they showed.
  func entry(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.contains(where: { $0.hasPrefix(prompt) }) else { return text }
    var entries: [String] = []
    var isOpen = false
    for line in lines {
      if line.hasPrefix(prompt) {
        entries.append(String(line.dropFirst(prompt.count)))
      } else if isOpen, let last = entries.last {
        entries[entries.count - 1] = last + "\n" + line
      } else {
        continue
      }
      isOpen = entries.last.map { !isComplete($0) } ?? false
    }
    return entries.joined(separator: "\n")
  }
}
