import Runtime

extension Document {
  /// Every finding that shows without running: those of the format, and cells that do not parse.
  ///
  /// Cells that are not run, or are declared to fail, may hold anything.
  public func staticIssues() -> [Issue] {
    let session = Session(commands: [], seed: 0)
    var found = issues
    for cell in cells where cell.options.eval && cell.options.error == .forbid {
      for diagnostic in session.faults(in: cell.code) {
        let at = diagnostic.labels.first.flatMap { label in
          diagnostic.source.map { $0.position(of: label.span.start) }
        }
        let help = diagnostic.help.map { "; \($0)" } ?? ""
        found.append(
          Issue(
            .error, file: name, line: cell.codeLine + (at?.line ?? 1) - 1,
            column: cell.indent + (at?.column ?? 1),
            diagnostic.message + help))
      }
    }
    return found.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
  }
}
