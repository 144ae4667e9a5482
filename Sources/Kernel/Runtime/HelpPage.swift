/// The page `?name` shows: synopsis, summary, parameters with defaults, result, errors, effects, example.
struct HelpPage {
  let command: Command

  init(_ command: Command) { self.command = command }

  var text: String {
    var lines = [Synopsis.line(command.name, command.parameters), "", command.summary]
    if !command.parameters.isEmpty {
      lines.append("")
      let width = command.parameters.map { $0.name.count }.max() ?? 0
      for parameter in command.parameters {
        let pad = String(repeating: " ", count: width - parameter.name.count)
        var note = parameter.kind.description
        if let value = parameter.defaultValue, !parameter.isRest {
          if case .none = value {
            note += ", optional"
          } else {
            note += ", default \(value.brief(columns: 30))"
          }
        }
        lines.append(
          "  \(parameter.name)\(pad)  " + (parameter.doc.isEmpty ? note : "\(parameter.doc) (\(note))"))
      }
    }
    lines.append("")
    if !command.returns.isEmpty { lines.append("Returns \(command.returns).") }
    for error in command.errors { lines.append("Fails with \(error.code) \(error.when).") }
    if !command.effects.isPure { lines.append("Effects: \(command.effects.text).") }
    if !command.example.isEmpty {
      lines += ["", "Example:"] + command.example.split(separator: "\n").map { "  \($0)" }
    }
    if command.topic != .other {
      lines += ["", "Chapter `?\(command.topic.name)`: \(command.topic.summary)."]
    }
    return lines.joined(separator: "\n")
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
      case .clock: "depends on the clock"
      case .calls(let name): "calls \(name)"
      }
    }.joined(separator: ", ")
  }
}
