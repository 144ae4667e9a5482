extension RunOptions {
  /// What a run with these options would do with every cell, one line each. Throws `UsageError` when the selection names no cell.
  public func plan(for document: Document) throws -> String {
    let cells = document.cells
    let selected = try selection.positions(in: cells, graph: graph)
    let keys = cellKeys(cells)
    let width = cells.map(\.address.count).max() ?? 0
    return cells.enumerated().map { index, cell in
      let pad = String(repeating: " ", count: width - cell.address.count + 2)
      let action: String
      if !cell.options.eval {
        action = "skip    eval: false"
      } else if !selected.contains(index) {
        action = "skip    not asked for"
      } else if cache?.reads == true, let node = graph?.nodes[index], node.runsAlways == nil,
        cache?.entry(keys[index])?.identity == node.identity
      {
        action = "replay"
      } else {
        action = "run"
      }
      return "\(cell.address)\(pad)\(action)\n"
    }.joined()
  }
}

extension RunResult {
  /// Where another run of the same notebook gave something else, to the bit. Cells that depend on the time may differ: a warning each.
  public func differences(from other: RunResult, in document: Document, graph: CellGraph?) -> [Verdict] {
    var found: [Verdict] = []
    for (index, (mine, theirs)) in zip(cells, other.cells).enumerated() {
      guard let what = mine.difference(from: theirs) else { continue }
      let mayDiffer = graph?.nodes[index].identity.hasPrefix("~") == true
      found.append(
        Verdict(
          severity: mayDiffer ? .warning : .error, line: mine.line,
          message: "cell \(mine.address) is not the same in a second run: \(what)"
            + (mayDiffer ? "; it depends on the time or on files that are not declared" : "")))
    }
    return found
  }

  /// A finding of a comparison of two runs.
  public struct Verdict: Sendable, CustomStringConvertible {
    /// An error unless the cell may differ.
    public let severity: Issue.Severity
    /// Line of the cell.
    public let line: Int
    /// One line.
    public let message: String
    /// `LINE:1: error: message`.
    public var description: String { "\(line):1: \(severity.rawValue): \(message)" }
  }
}

extension CellOutcome {
  /// What differs, in words; nil where nothing does.
  fileprivate func difference(from other: CellOutcome) -> String? {
    if isFailed != other.isFailed { return "\(status.rawValue), then \(other.status.rawValue)" }
    if outputs.count != other.outputs.count {
      return "\(counted(outputs.count, "output")), then \(other.outputs.count)"
    }
    guard let (mine, theirs) = zip(outputs, other.outputs).first(where: { !$0.isIdentical(to: $1) }) else {
      return failure?.message == other.failure?.message ? nil : "another error"
    }
    let lines = zip(
      mine.plainText.split(separator: "\n", omittingEmptySubsequences: false),
      theirs.plainText.split(separator: "\n", omittingEmptySubsequences: false))
    guard let (a, b) = lines.first(where: { $0 != $1 }) else { return "another picture or value" }
    return "`\(a)`, then `\(b)`"
  }
}

extension CellOutput {
  /// Text a reader of a terminal sees.
  fileprivate var plainText: String {
    switch self {
    case .text(let text), .warning(let text): return text
    case .display(let rendering), .value(let rendering, _): return rendering.text
    case .metric(let name, let value): return "\(name) = \(value)"
    }
  }

  /// The same to the bit; `nan` is itself.
  fileprivate func isIdentical(to other: CellOutput) -> Bool {
    if case .metric(let name, let value) = self, case .metric(let otherName, let otherValue) = other {
      return name == otherName && value.bitPattern == otherValue.bitPattern
    }
    return self == other
  }
}
