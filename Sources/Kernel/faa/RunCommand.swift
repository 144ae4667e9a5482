import ArgumentParser
import Commands
import Glibc
import Notebook

/// `faa run`: notebooks from top to bottom, each in a clean session.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run notebooks from top to bottom in a clean session.",
    discussion: """
      Results and plots go to NAME.faaout beside the notebook. Exit code: 0 all cells succeeded or failed as declared, \
      1 a cell failed, 2 bad flag or parameter, 3 invalid notebook, 4 an expectation does not hold, 124 timeout, \
      125 internal error, 127 missing tool or file, 130 interrupted, 137 memory limit.
      """)

  @Argument(help: "Notebooks; - is standard input.", completion: .file(extensions: ["faa"]))
  var notebooks: [String]

  @Option(
    name: .customShort("p"),
    help: ArgumentHelp("Set a parameter the notebook declares.", valueName: "name=value"))
  var parameters: [String] = []

  @Option(
    name: .customLong("params"), help: "A JSON or YAML file with parameter values.", completion: .file())
  var parameterFiles: [String] = []

  @Option(
    name: .customLong("param-json"),
    help: ArgumentHelp("Set a parameter to a JSON value.", valueName: "name=json"))
  var jsonParameters: [String] = []

  @Option(help: "Seed of every random stream, instead of the header's.")
  var seed: UInt64?

  @Option(name: .customLong("out"), help: "Folder for results and plots.", completion: .directory)
  var outputFolder: String?

  @Option(help: "Write a self-contained page.", completion: .file(extensions: ["html"]))
  var html: String?

  @Option(help: "Write result.json to another file, or - for standard output.", completion: .file())
  var json: String?

  @Option(help: "Write events to another file as they happen, or - for standard output.", completion: .file())
  var events: String?

  @Option(help: ArgumentHelp("Longest a cell may take, such as 60s.", valueName: "duration"))
  var cellTimeout: Duration?

  @Option(help: ArgumentHelp("Longest the run may take, such as 10m.", valueName: "duration"))
  var timeout: Duration?

  @Option(help: ArgumentHelp("Memory the run may reach, such as 4GiB.", valueName: "size"))
  var memory: Size?

  @Option(help: ArgumentHelp("Text kept of one cell, such as 1MiB.", valueName: "size"))
  var maxOutput: Size?

  @Option(help: "After a failing cell: stop, or run all. The exit code is the same.")
  var onError = RunOptions.ErrorPolicy.stop

  @Option(help: ArgumentHelp("Last cell to run, by label or @N.", valueName: "cell"))
  var until: String?

  @Option(help: ArgumentHelp("Folder cells work in: notebook, caller or a path.", valueName: "folder"))
  var cwd = "notebook"

  @Option(help: "Progress on standard error: auto, tty, plain or none.")
  var progress = ProgressStyle.auto

  @Flag(name: .shortAndLong, help: "Nothing on standard error but errors.")
  var quiet = false

  func validate() throws {
    if notebooks.count > 1, let flag = singleFlag {
      throw ValidationError("\(flag) names one output; run the notebooks one by one")
    }
    if json == "-", events == "-" { throw ValidationError("only one of --json and --events can be -") }
  }

  private var singleFlag: String? {
    if html != nil { return "--html" }
    if json != nil { return "--json" }
    if events != nil { return "--events" }
    return outputFolder != nil ? "--out" : nil
  }

  func run() throws {
    try checkNames(notebooks)
    countInterrupts()
    let home = currentFolder()
    var codes: [Int32] = []
    for path in notebooks {
      codes.append(try withNotebook(path) { try NotebookRun(self, $0, path).run() })
      chdir(home)
      if codes.last == 130 { break }
    }
    if notebooks.count > 1, !quiet {
      for (path, code) in zip(notebooks, codes) {
        Console.error("\(code == 0 ? "ok  " : "exit \(code)")  \(path)\n")
      }
    }
    throw ExitCode(firstFailure(codes))
  }
}

extension RunOptions.ErrorPolicy: ExpressibleByArgument {}

/// A duration flag.
struct Duration: ExpressibleByArgument {
  let seconds: Double

  init?(argument: String) {
    guard let seconds = try? parseDuration(argument) else { return nil }
    self.seconds = seconds
  }
}

/// A size flag.
struct Size: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    guard let bytes = try? parseSize(argument) else { return nil }
    self.bytes = bytes
  }
}
