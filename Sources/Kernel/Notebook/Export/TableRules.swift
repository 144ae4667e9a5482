/// Markdown in which the line under a table's head has three dashes a column at least. One is enough for the table extension of
/// CommonMark; md4c wants three in the first.
func withWideRules(_ markdown: String) -> String {
  let text = UnfencedLines(markdown)
  return text.rewritten { index, written in
    let line = text.lines[index]
    guard index > 0, text.lines[index - 1].contains("|"), line.contains("|"), line.contains("-"),
      line.allSatisfy({ "|-: ".contains($0) })
    else { return 0 }
    var run = 0
    for character in line + "\n" {
      if character == "-" {
        run += 1
        continue
      }
      if run > 0 { written += String(repeating: "-", count: max(3, run)) }
      run = 0
      if character != "\n" || index + 1 < text.lines.count { written.append(character) }
    }
    return 1
  }
}
