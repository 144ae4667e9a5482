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
      125 internal error, 126 permission refused, 127 missing tool or file, 130 interrupted, 137 out of memory, 128+N the evaluator \
      died of signal N.
      """)

  @Argument(help: "Notebooks; - is standard input.", completion: .file(extensions: ["faa"]))
  var notebooks: [String]

  @OptionGroup var flags: RunFlags

  @Option(help: "Write a self-contained page.", completion: .file(extensions: ["html"]))
  var html: String?

  @Flag(
    help:
      "Say nothing on the page of when cells ran and how long they took: the same results give the same bytes."
  )
  var noTimes = false

  @Option(help: "Write a Jupyter notebook with the outputs.", completion: .file(extensions: ["ipynb"]))
  var ipynb: String?

  @Option(
    name: .customLong("md"), help: "Write Markdown with the outputs.", completion: .file(extensions: ["md"]))
  var markdown: String?

  @Option(help: "Write result.json to another file, or - for standard output.", completion: .file())
  var json: String?

  @Option(help: "Write events to another file as they happen, or - for standard output.", completion: .file())
  var events: String?

  @Option(help: ArgumentHelp("First cell to run, by label or @N, and what it needs.", valueName: "cell"))
  var from: String?

  @Option(help: ArgumentHelp("Last cell to run, by label or @N.", valueName: "cell"))
  var until: String?

  @Option(
    help: ArgumentHelp("Only these cells, separated by commas, and what they need.", valueName: "cells"))
  var only: String?

  @Flag(help: "Go on with a run that was cut short: replay what it finished. The same as --cache rw.")
  var resume = false

  @Flag(help: "Run twice and compare every output and metric; exit code 4 where they differ.")
  var verify = false

  @Flag(help: "Say what would run, and run nothing.")
  var dryRun = false

  @Flag(help: "Run again whenever the notebook or one of its inputs changes; unchanged cells are replayed.")
  var watch = false

  /// A run with these flags and nothing else.
  static func plain(_ flags: RunFlags) throws -> RunCommand {
    var command = try RunCommand.parse(["-"])
    command.flags = flags
    return command
  }

  /// The cells asked for.
  var selection: CellSelection {
    var selection = CellSelection()
    selection.from = from
    selection.until = until
    selection.only = only?.split(separator: ",").map(String.init) ?? []
    return selection
  }

  /// What of the cache the run uses.
  var cacheMode: CellCache.Mode? { flags.cache ?? (resume || watch ? .rw : nil) }

  func validate() throws {
    if notebooks.count > 1, let flag = singleFlag {
      throw ValidationError("\(flag) names one output; run the notebooks one by one")
    }
    if notebooks.filter({ $0 == "-" }).count > 1 { throw ValidationError("standard input can be read once") }
    if json == "-", events == "-" { throw ValidationError("only one of --json and --events can be -") }
    if watch, notebooks.count > 1 || notebooks == ["-"] {
      throw ValidationError("--watch takes one notebook file")
    }
    if watch, verify || dryRun { throw ValidationError("--watch does not go with --verify or --dry-run") }
    if let only, selection.only.isEmpty { throw ValidationError("--only '\(only)' names no cell") }
    if resume, flags.cache == .off || flags.cache == .refresh {
      throw ValidationError("--resume does not go with --cache \(flags.cache?.rawValue ?? "")")
    }
  }

  private var singleFlag: String? {
    let given = [
      ("--html", html), ("--ipynb", ipynb), ("--md", markdown), ("--json", json), ("--events", events),
      ("--out", flags.outputFolder), ("--from", from), ("--until", until), ("--only", only),
    ]
    return given.first { $0.1 != nil }?.0
  }

  func run() throws {
    try checkNames(notebooks)
    countInterrupts()
    if watch { throw ExitCode(try Watch(self, notebooks[0]).run()) }
    let home = currentFolder()
    var codes: [Int32] = []
    for path in notebooks {
      // Progress names cells alone, so that several notebooks need a heading each.
      if notebooks.count > 1, !flags.quiet { Console.error("\(path):\n") }
      codes.append(try withNotebook(path) { try NotebookRun(self, $0, path).run().code })
      chdir(home)
      if codes.last == 130 { break }
    }
    if notebooks.count > 1, !flags.quiet {
      for (path, code) in zip(notebooks, codes) {
        Console.error("\(code == 0 ? "ok  " : "exit \(code)")  \(path)\n")
      }
    }
    throw ExitCode(firstFailure(codes))
  }
}
