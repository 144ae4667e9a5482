import ArgumentParser
import Commands
import Notebook

/// `faa check`: everything that shows without running.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check notebooks without running them.",
    discussion: "Exit code 0 when every notebook is valid, 3 otherwise.")

  @Argument(help: "Notebooks; - is standard input.", completion: .file(extensions: ["faa"]))
  var notebooks: [String]

  func run() throws {
    try checkNames(notebooks)
    let codes = try notebooks.map { path in
      try withNotebook(path) { document in
        let issues = document.findings(commands: allCommands)
        report(issues)
        return issues.contains { $0.severity == .error } ? 3 : 0
      }
    }
    throw ExitCode(firstFailure(codes))
  }
}
