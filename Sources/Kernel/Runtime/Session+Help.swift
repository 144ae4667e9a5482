import Syntax

extension Session {
  /// What there is to say on a topic: the page of a command, the definition's first line or the value of a variable, the list of
  /// a chapter (`losses`), of a pattern (`*entropy*`, `run.*`), or of what mentions a word; the chapters for an empty topic; nil when
  /// there is none of these.
  public func help(_ topic: String) -> String? {
    if topic.isEmpty { return overview() }
    if let value = value(of: topic) {
      if case .function(let function) = value {
        return function.command.map { HelpPage($0, width: width).text }
          ?? "\(function.synopsis)\n\n\(source(of: function))"
      }
      return "\(topic): \(value.article)\n  \(value.brief(columns: width))"
    }
    if let page = pages[topic] {
      // The keys of the prompt, and the command that gives the keys of a record.
      return commands[topic].map { page + "\n\n" + HelpPage($0, width: width).text } ?? page
    }
    if let command = commands[topic] { return HelpPage(command, width: width).text }
    if let (chapter, rows) = table.chapters.first(where: { $0.topic.name == topic }) {
      return "\(topic): \(chapter.summary)\n" + list(rows)
    }
    if let members = memberHelp(topic) { return members }
    if Glob.isPattern(topic) {
      let glob = Glob(topic)
      return found(table.filter { glob.matches($0.name) })
    }
    if topic == "python" { return ForeignNames.page(width: width) }
    if let code = ForeignNames.code(for: topic) { return elsewhere(topic, code) }
    let word = topic.lowercased()
    return found(
      table.filter { $0.name.lowercased().contains(word) || $0.summary.lowercased().contains(word) })
  }

  /// A help line for a name that is not defined: how what it means elsewhere is written here, or names spelled much like it.
  public func remedy(forUnknown name: String, among defined: some Sequence<String>) -> String? {
    ForeignNames.remedy(for: name, in: Array(defined) + commandNames)
  }

  /// How a name from elsewhere is written here, and the page of the command that does it.
  private func elsewhere(_ name: String, _ code: String) -> String {
    let line = "`\(name)` is written `\(code)` here."
    let called = code.split { !$0.isLetter && !$0.isNumber }.lazy.compactMap { self.commands[String($0)] }
      .first
    return called.map { line + "\n\n" + HelpPage($0).text } ?? line
  }

  /// The source of a function of the language; for anything else, its help.
  func definition(_ topic: String) -> String? {
    guard case .function(let function)? = value(of: topic), function.code != nil else { return help(topic) }
    return source(of: function)
  }

  /// Names of all commands, in order.
  public var commandNames: [String] { commands.keys.sorted() }

  /// The row of a command.
  public func command(_ name: String) -> Command? { commands[name] }

  /// The chapters of the table, which `?name` lists.
  public var topicNames: [String] { table.chapters.map(\.topic.name) }

  private func source(of function: FunctionBox) -> String {
    guard let code = function.code else { return function.synopsis }
    return code.source.text(code.span)
  }

  private func overview() -> String {
    let chapters = table.chapters
    let column = (chapters.map { $0.topic.name.count }.max() ?? 0) + 4
    let lines = chapters.flatMap { chapter, rows in
      let head = ("  " + chapter.name).padded(to: column) + chapter.summary
      return [head] + wrapped(rows.map(\.name).sorted(), indent: column)
    }
    let start = [
      "`?losses` lists a chapter with summaries, `?fit` explains a command, `??f` shows how f is written,",
      "`?*norm*` finds names, `?entropy` whatever speaks of it, `?%` lists the magics,",
      "`?python` says what names of Python, NumPy and PyTorch are called here"
        + pages.keys.sorted().map { ", `?\($0)` the \($0)" }.joined() + ".",
      "",
    ]
    return (start + lines).joined(separator: "\n")
  }

  /// Words filled into lines.
  private func wrapped(_ words: [String], indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = margin
    for word in words {
      if line.count > indent, line.count + word.count + 1 > width {
        lines.append(line)
        line = margin
      }
      line += (line.count > indent ? " " : "") + word
    }
    return lines + [line]
  }

  private func found(_ rows: [Command]) -> String? { rows.isEmpty ? nil : list(rows) }

  /// Each command and its summary.
  private func list(_ rows: [Command]) -> String {
    let column = (rows.map(\.name.count).max() ?? 0) + 4
    return rows.sorted { $0.name < $1.name }.flatMap { row in
      let lines = wrapped(row.summary.split(separator: " ").map(String.init), indent: column)
      return [("  " + row.name).padded(to: column) + lines[0].dropFirst(column)] + lines.dropFirst()
    }.joined(separator: "\n")
  }
}

extension String {
  /// Filled up with blanks.
  fileprivate func padded(to count: Int) -> String {
    self + String(repeating: " ", count: max(0, count - self.count))
  }
}
