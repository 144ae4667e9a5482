import ArgumentParser
import Notebook

/// `faa params`: what a notebook can be given.
struct ParamsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "params", abstract: "List the parameters a notebook declares.")

  @Argument(help: "The notebook; - is standard input.", completion: .file(extensions: ["faa"]))
  var notebook: String

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func run() throws {
    try checkNames([notebook])
    let code = try withNotebook(notebook) { document in
      report(document.issues)
      guard document.isValid else { return 3 }
      let parameters = document.header.parameters
      if json {
        Console.out(JSON.array(parameters.map(\.json)).pretty)
      } else {
        for parameter in parameters { Console.out(parameter.synopsis + "\n") }
      }
      return 0
    }
    throw ExitCode(code)
  }
}
