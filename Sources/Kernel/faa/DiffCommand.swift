import ArgumentParser
import Notebook

/// `faa diff`: two versions of a notebook, cell by cell.
struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what differs between two notebooks, cell by cell.",
    discussion: "Exit code 0 when they say the same, 1 when not, 127 when one cannot be read.")

  @Argument(help: "The older notebook; - is standard input.", completion: .file(extensions: ["faa"]))
  var old: String

  @Argument(help: "The newer notebook.", completion: .file(extensions: ["faa"]))
  var new: String

  func run() throws {
    try checkNames([old, new])
    let code = try withNotebook(old) { before in
      try withNotebook(new) { after in
        let text = after.differences(from: before)
        Console.out(text)
        return text.isEmpty ? 0 : 1
      }
    }
    throw ExitCode(code)
  }
}
