/// A part of a notebook's prose as the page is put together from it.
enum ProsePart: Equatable {
  /// Markdown to render.
  case markdown(String)
  /// The start of what a reader opens by hand; the summary is Markdown.
  case open(summary: String)
  /// Its end.
  case close
}

/// Splits Markdown at `<details>`, `<summary>…</summary>` and `</details>`, the one piece of HTML that a notebook's prose may
/// hold: an answer to be opened by hand. Each tag starts a line, outside of code; what stands between may be any prose
/// and cells. A summary stands in its tag's line or in the next.
func proseParts(_ markdown: String) -> [ProsePart] {
  var parts: [ProsePart] = []
  func flush(_ pending: inout String) {
    if !pending.allSatisfy(\.isWhitespace) { parts.append(.markdown(pending)) }
    pending = ""
  }
  let text = UnfencedLines(markdown)
  var tail = text.rewritten { index, pending in
    let line = text.lines[index]
    if line.after("</details>")?.isEmpty == true {
      flush(&pending)
      parts.append(.close)
      return 1
    }
    guard let rest = line.after("<details>") else { return 0 }
    let own = summary(rest)
    let next =
      own == nil && rest.isEmpty && index + 1 < text.lines.count ? summary(text.lines[index + 1]) : nil
    guard own != nil || rest.isEmpty else { return 0 }
    flush(&pending)
    parts.append(.open(summary: own ?? next ?? "Details"))
    return next == nil ? 1 : 2
  }
  flush(&tail)
  return parts
}

private func summary(_ line: Substring) -> String? {
  guard let rest = line.after("<summary>"), rest.hasSuffix("</summary>") else { return nil }
  return trimmed(rest.dropLast("</summary>".count))
}

extension Substring {
  /// What follows a tag that starts this line, blanks at both ends removed; nil where the line starts otherwise.
  fileprivate func after(_ tag: String) -> Substring? {
    let start = drop { $0 == " " }
    guard count - start.count <= 3, start.hasPrefix(tag) else { return nil }
    return trimmed(start.dropFirst(tag.count))[...]
  }
}
