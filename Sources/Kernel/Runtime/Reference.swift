/// The reference of a table of commands as Markdown: an index and a page a chapter. The committed pages are this text, so that
/// they cannot say anything the program does not.
public struct CommandReference {
  private let commands: [Command]

  /// The reference of the core commands and these.
  public init(_ commands: [Command]) { self.commands = Session(commands: commands).table }

  /// File names and contents.
  public var files: [(name: String, text: String)] {
    let chapters = commands.chapters
    let links = chapters.map { topic, rows in
      let names = rows.map { "[`\($0.name)`](\(topic.name).md#\($0.name.lowercased()))" }.joined(
        separator: " ")
      return "## [\(topic.name)](\(topic.name).md)\n\n\(sentence(topic.summary))\n\n\(names)\n"
    }
    let index =
      "# Commands\n\n\(commands.count) commands in \(chapters.count) chapters. In a session `?name` shows the same page, "
      + "and any command can be called as a method of its first argument. "
      + "[From Python](from-python.md) lists what names of Python, NumPy and PyTorch are called here.\n\n"
      + links.joined(separator: "\n")
    return [("README.md", index), ("from-python.md", ForeignNames.reference)]
      + chapters.map { topic, rows in
        let head = "# \(topic.name)\n\n\(sentence(topic.summary)) [All chapters](README.md)\n\n"
        return (
          "\(topic.name).md", head + rows.sorted { $0.name < $1.name }.map(section).joined(separator: "\n")
        )
      }
  }

  private func sentence(_ phrase: String) -> String {
    phrase.prefix(1).uppercased() + phrase.dropFirst() + "."
  }

  private func section(_ command: Command) -> String {
    var text = "## \(command.name)\n\n"
    text += "```text\n\(Synopsis.line(command.name, command.parameters))\n```\n\n\(command.summary)\n\n"
    if !command.parameters.isEmpty {
      text += "| argument | | takes | default |\n|--|--|--|--|\n"
      text += command.parameters.map(row).joined() + "\n"
    }
    if !command.returns.isEmpty { text += "Returns \(command.returns).\n\n" }
    if !command.errors.isEmpty {
      text += command.errors.map { "- `\($0.code)`: \($0.when)\n" }.joined() + "\n"
    }
    if !command.effects.isPure { text += "Effects: \(command.effects.text).\n\n" }
    if !command.example.isEmpty { text += "```faa\n\(command.example)\n```\n" }
    return text
  }

  private func row(_ parameter: Parameter) -> String {
    let given: String
    switch parameter.defaultValue {
    case nil: given = "required"
    case .some where parameter.isRest: given = "any number"
    case .some(.none): given = "none"
    case .some(let value): given = "`\(value.brief(columns: 40))`"
    }
    let cells = ["`\(parameter.name)`", parameter.doc, parameter.kind.description, given]
    return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
  }
}
