import Syntax

extension Session {
  /// The help page of a command, a method or a variable; the list of commands for an empty topic; nil when there is no such name.
  public func help(_ topic: String) -> String? {
    if topic.isEmpty { return overview() }
    if let value = value(of: topic) {
      if case .function(let function) = value, function.command == nil { return definition(topic) }
      if case .function(let function) = value, let command = function.command {
        return HelpPage(command).text
      }
      return "\(topic): \(value.article)\n  \(value.brief(columns: width))"
    }
    return commands[topic].map { HelpPage($0).text }
  }

  /// The source of a function of the language; for a command, its help page.
  func definition(_ topic: String) -> String? {
    guard let value = value(of: topic) else { return commands[topic].map { HelpPage($0).text } }
    guard case .function(let function) = value, let code = function.code else {
      return "\(topic): \(value.article)\n  \(value.brief(columns: width))"
    }
    return code.source.text(code.span)
  }

  private func overview() -> String {
    let names = commands.values.map(\.name).sorted()
    var lines = ["Commands (`?name` explains one):"]
    var line = " "
    for name in names {
      if line.count + name.count + 1 > width {
        lines.append(line)
        line = " "
      }
      line += " " + name
    }
    return (lines + [line]).joined(separator: "\n")
  }

  /// Names of all commands, in order.
  public var commandNames: [String] { commands.keys.sorted() }

  /// The row of a command.
  public func command(_ name: String) -> Command? { commands[name] }
}

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
    if !command.returns.isEmpty { lines += ["", "Returns \(command.returns)."] }
    for error in command.errors { lines.append("Fails with \(error.code) \(error.when).") }
    if !command.effects.isPure { lines.append("Effects: \(command.effects.text).") }
    if !command.example.isEmpty {
      lines += ["", "Example:"] + command.example.split(separator: "\n").map { "  \($0)" }
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
      case .readsFiles: "reads files"
      case .writesFiles: "writes files"
      case .rng: "draws random numbers"
      case .output: "sends output"
      case .clock: "depends on the clock"
      case .calls(let name): "calls \(name)"
      }
    }.joined(separator: ", ")
  }
}
