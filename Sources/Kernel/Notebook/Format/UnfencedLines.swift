/// The lines of Markdown with a mark at those that stand in code fences, the fences themselves included: block syntax counts in the
/// others alone.
struct UnfencedLines {
  /// The lines without their ends.
  let lines: [Substring]
  private let isCode: [Bool]

  init(_ markdown: String) {
    lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)
    var open: Fence?
    isCode = lines.map { line in
      let bytes = Array(line.utf8)[...]
      if let fence = open {
        if fence.isClosed(by: bytes) { open = nil }
        return true
      }
      open = Fence(bytes)
      return open != nil
    }
  }

  /// The Markdown again, less what `take` takes. It is offered every line outside of fences, in order, with what is written so far, and says
  /// how many lines from there on it has dealt with: 0 leaves the line as it is.
  func rewritten(_ take: (_ index: Int, _ written: inout String) -> Int) -> String {
    var written = ""
    var index = 0
    while index < lines.count {
      let taken = isCode[index] ? 0 : take(index, &written)
      if taken == 0 {
        written += lines[index]
        if index + 1 < lines.count { written += "\n" }
      }
      index += max(1, taken)
    }
    return written
  }
}
