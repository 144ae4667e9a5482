extension Document {
  /// What is different in another version of the notebook, cell by cell: cells are matched by label, or by position among those without
  /// one, so that moving or inserting a cell does not mark the rest. Empty for the same content.
  public func differences(from old: Document) -> String {
    var text = ""
    if old.preamble != preamble {
      text += section(
        "header", String(decoding: old.preamble, as: UTF8.self), String(decoding: preamble, as: UTF8.self))
    }
    let (mine, theirs) = (parts, old.parts)
    let before = Dictionary(theirs.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    let after = Set(mine.map(\.key))
    for part in theirs where !after.contains(part.key) { text += section("- " + part.name, part.text, "") }
    for part in mine {
      guard let was = before[part.key] else {
        text += section("+ " + part.name, "", part.text)
        continue
      }
      if was.text != part.text { text += section(part.name, was.text, part.text) }
    }
    let kept = mine.map(\.key).filter { before[$0] != nil }
    if kept != theirs.map(\.key).filter({ after.contains($0) }) { text += "order of cells changed\n" }
    return text
  }

  private struct Part {
    let key: String
    let name: String
    let text: String
  }

  /// The blocks with what identifies them across versions.
  private var parts: [Part] {
    var last = "start"
    var counts: [String: Int] = [:]
    return blocks.map { block in
      let text = trimmedLines(String(decoding: block.source, as: UTF8.self))
      var name: String
      switch block {
      case .cell(let cell):
        if cell.options.label == nil { counts["cell", default: 0] += 1 }
        name = cell.options.label.map { "cell \($0)" } ?? "cell without label, number \(counts["cell"] ?? 0)"
        last = name
      case .expect: name = "expectation of \(last)"
      case .prose: name = "text after \(last)"
      }
      let seen = counts[name, default: 0]
      counts[name] = seen + 1
      if seen > 0 { name += " (\(seen + 1))" }
      return Part(key: name, name: name, text: text)
    }
  }

  private func section(_ name: String, _ old: String, _ new: String) -> String {
    let a = old.isEmpty ? [] : old.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let b = new.isEmpty ? [] : new.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in b.difference(from: a) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var lines = ["@ \(name)"]
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      if i < a.count, removed.contains(i) {
        lines.append("- " + a[i])
        i += 1
      } else if j < b.count, inserted.contains(j) {
        lines.append("+ " + b[j])
        j += 1
      } else {
        (i, j) = (i + 1, j + 1)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
