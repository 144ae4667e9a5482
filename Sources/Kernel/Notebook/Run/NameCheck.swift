import Runtime
import Syntax

extension Document {
  /// Everything that shows without running: what `staticIssues` finds, names that no earlier cell defines and that are no commands
  /// (errors), and parameters that no cell reads (warnings).
  public func findings(commands: [Command]) -> [Issue] {
    let parsed = staticIssues()
    guard !parsed.contains(where: { $0.severity == .error }) else { return parsed }
    let session = Session(commands: commands)
    let running = cells.filter { $0.options.eval }
    let uses = running.map { session.use(of: $0.code) }
    let everywhere = uses.reduce(into: Set<String>()) { $0.formUnion($1?.writes ?? []) }
    var defined = Set(header.parameters.map(\.name) + ["_"])
    var read: Set<String> = []
    var found = parsed
    for (cell, use) in zip(running, uses) {
      guard let use else { continue }
      read.formUnion(use.reads.union(use.deferredReads))
      // A function may be made before what it mentions; a cell that is to fail may hold anything.
      let known = defined.union(use.deferredReads.intersection(everywhere))
      for name in use.reads.union(use.deferredReads).sorted()
      where cell.options.error == .forbid && !known.contains(name) && !use.writes.contains(name)
        && !session.isBuiltIn(name)
      {
        let later = everywhere.contains(name)
        let near = session.remedy(forUnknown: name, among: defined)
        let hint = later ? "a later cell defines it" : near
        found.append(
          issue(.error, cell, name, "`\(name)` is not defined here" + (hint.map { "; \($0)" } ?? "")))
      }
      for name in use.magics.sorted() where cell.options.error == .forbid && !session.hasMagic(name) {
        found.append(issue(.error, cell, name, "there is no magic `%\(name)` in a notebook"))
      }
      defined.formUnion(use.writes)
    }
    for parameter in header.parameters where !read.contains(parameter.name) {
      found.append(
        Issue(
          .warning, file: name, line: parameter.line, column: 1,
          "no cell uses the parameter `\(parameter.name)`"))
    }
    return found.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }

  /// A finding at the first mention of a name in a cell.
  private func issue(_ severity: Issue.Severity, _ cell: Cell, _ word: String, _ message: String) -> Issue {
    for (offset, line) in cell.code.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let scalars = Array(line.unicodeScalars)
      let wanted = Array(word.unicodeScalars)
      for start in scalars.indices where scalars[start...].starts(with: wanted) {
        let end = start + wanted.count
        let isWhole =
          (start == 0 || !scalars[start - 1].isNamePart) && (end == scalars.count || !scalars[end].isNamePart)
        guard isWhole else { continue }
        return Issue(
          severity, file: name, line: cell.codeLine + offset, column: cell.indent + start + 1, message)
      }
    }
    return Issue(severity, file: name, line: cell.line, column: 1, message)
  }
}

extension Unicode.Scalar {
  fileprivate var isNamePart: Bool { self == "_" || properties.isAlphabetic || properties.numericType != nil }
}
