import ArgumentParser
import Commands
import Notebook
import Runtime

/// `faa reference DIR`: the pages of docs/commands, made from the table of commands.
struct ReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference", abstract: "Write the reference of all commands as Markdown.")

  @Argument(help: "The folder to write to.", completion: .directory)
  var folder: String

  func run() throws {
    for (name, text) in CommandReference(allCommands).files {
      try replaceFile("\(folder)/\(name)", with: Array(text.utf8))
    }
  }
}
