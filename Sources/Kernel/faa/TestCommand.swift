import ArgumentParser
import Glibc
import Notebook

/// `faa test`: notebooks as tests.
struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Run notebooks and compare what cells give with their expect blocks.",
    discussion:
      "Exit code 0 when everything is as expected, 4 when an expectation does not hold, else as `faa run`.")

  @Argument(help: "Notebooks; - is standard input.", completion: .file(extensions: ["faa"]))
  var notebooks: [String]

  @OptionGroup var flags: RunFlags

  @Option(help: "Write the outcomes in JUnit's XML.", completion: .file())
  var junit: String?

  @Flag(
    help: "Put what cells give into the expect blocks that do not hold. Nothing else of the file changes.")
  var update = false

  func validate() throws {
    if notebooks.count > 1, flags.outputFolder != nil {
      throw ValidationError("--out names one output; test the notebooks one by one")
    }
    if update, notebooks.contains("-") { throw ValidationError("--update needs a file to change") }
  }

  func run() throws {
    try checkNames(notebooks)
    countInterrupts()
    let home = currentFolder()
    let report = junit.map(absolute)
    if let report { try checkWritable(report) }
    // A test is a run without exports and without the cells' text.
    let command = try RunCommand.plain(flags)
    var runs: [(name: String, code: Int32, result: RunResult?)] = []
    for path in notebooks {
      let start = monotonicSeconds()
      var result: RunResult?
      var code = try withNotebook(path) { document in
        let run = NotebookRun(command, document, path, showsText: false)
        let outcome = try run.run()
        chdir(home)
        result = outcome.result
        guard update, outcome.code == 4, let result = outcome.result else { return outcome.code }
        try replaceFile(path, with: document.updatingExpectations(from: result))
        Console.error("updated  \(path)\n")
        return 0
      }
      chdir(home)
      // A test that was stopped by its reader's refusal did not pass.
      if code == 0, result == nil { code = 125 }
      runs.append((path, code, result))
      if !flags.quiet || code != 0 {
        let time = decimal(monotonicSeconds() - start, 1)
        Console.error("\(code == 0 ? "passed" : "FAILED (exit \(code))")  \(path)  \(time) s\n")
      }
      if code == 130 { break }
    }
    if let report { try replaceFile(report, with: Array(Notebook.junit(runs).utf8)) }
    throw ExitCode(firstFailure(runs.map(\.code)))
  }
}
