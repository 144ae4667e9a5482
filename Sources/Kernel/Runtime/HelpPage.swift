import Syntax

/// The page `?name` shows: synopsis, summary, parameters with defaults, result, errors, effects, example.
struct HelpPage {
  private let command: Command
  private let width: Int

  /// The page of a command for a window so wide. Examples keep their lines, so that they can be copied.
  init(_ command: Command, width: Int = 80) {
    self.command = command
    self.width = max(20, width)
  }

  var text: String {
    var lines = [Synopsis.line(command.name, command.parameters), "", command.summary]
    if !command.parameters.isEmpty {
      lines += ["", TextTable(command.parameters.map(row), width: width, indent: 2, folds: true).text]
    }
    lines.append("")
    if !command.returns.isEmpty { lines.append("Returns \(command.returns).") }
    for error in command.errors { lines.append("Fails with \(error.code): \(error.when).") }
    if !command.effects.isPure { lines.append("Effects: \(command.effects.text).") }
    lines = lines.flatMap { $0.contains("\n") ? [$0] : TextWidth.folded($0, to: width) }
    if !command.example.isEmpty {
      lines += ["", "Example:"] + command.example.split(separator: "\n").map { "  \($0)" }
    }
    if command.topic != .other {
      let chapter = "Chapter `?\(command.topic.name)`: \(command.topic.summary)."
      lines += [""] + TextWidth.folded(chapter, to: width)
    }
    return lines.joined(separator: "\n")
  }

  private func row(_ parameter: Parameter) -> [String] {
    var note = parameter.kind.description
    if let value = parameter.defaultValue, !parameter.isRest {
      if case .none = value {
        note += ", optional"
      } else {
        note += ", default \(value.brief(columns: 30))"
      }
    }
    return [parameter.name, parameter.doc.isEmpty ? note : "\(parameter.doc) (\(note))"]
  }
}

extension Effects {
  /// The effects in words.
  var text: String {
    list.map { effect in
      switch effect {
      case .reads(let name): "reads \(name)"
      case .writes(let name): "changes \(name)"
      case .creates(let name): "makes \(name)"
      case .readsFile: "reads files"
      case .writesFile: "writes files"
      case .rng: "draws random numbers"
      case .output: "sends output"
      case .clock: "may give something else the next time"
      case .calls(let name): "calls \(name)"
      }
    }.joined(separator: ", ")
  }
}
