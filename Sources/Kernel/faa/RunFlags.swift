import ArgumentParser
import Notebook

/// What `faa run` and `faa test` have in common: how cells are run.
struct RunFlags: ParsableArguments {
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

  @Option(
    help: ArgumentHelp("Longest a cell may take, such as 60s.", valueName: "duration"),
    transform: parseDuration)
  var cellTimeout: Double?

  @Option(
    help: ArgumentHelp("Longest the run may take, such as 10m.", valueName: "duration"),
    transform: parseDuration)
  var timeout: Double?

  @Option(
    help: ArgumentHelp(
      "Memory the evaluator may reach, such as 4GiB; nine tenths of the machine's when not given.",
      valueName: "size"), transform: parseSize)
  var memory: Int?

  @Option(
    help: ArgumentHelp("Text kept of one cell, such as 1MiB.", valueName: "size"), transform: parseSize)
  var maxOutput: Int?

  @Option(help: "Threads that share large operations; results do not depend on it.")
  var threads: Int?

  @Option(help: "Where tensors live. This build has cpu.")
  var device = Device.cpu

  @Option(
    help:
      "After a failing cell: stop, run what does not need it (independent), or run all. The exit code is the same."
  )
  var onError = RunOptions.ErrorPolicy.stop

  @Option(
    help:
      "Results kept between runs: off, read (replay unchanged cells), rw (and store), refresh (run all and store). Without it, all cells run, and long ones are stored for --resume."
  )
  var cache: CellCache.Mode?

  @Option(help: ArgumentHelp("Folder cells work in: notebook, caller or a path.", valueName: "folder"))
  var cwd = "notebook"

  @Option(help: "Progress on standard error: auto, tty, plain or none.")
  var progress = ProgressStyle.auto

  @Option(
    help:
      "Figures on standard output: as pictures (kitty, sixel), as text (block, dumb) or not at all (none); auto asks the terminal."
  )
  var plots = PlotStyle.auto

  @Flag(help: "Grant the permissions that the header lists.")
  var trust = false

  @Option(name: .customLong("deny"), help: "Withhold a permission: read or write.")
  var denied: [Capability] = []

  @Flag(name: .shortAndLong, help: "Nothing on standard error but errors.")
  var quiet = false

  @Flag(
    name: .shortAndLong,
    help: "Also what the run was given, why cells run or are replayed, and what is not kept.")
  var verbose = false

  func validate() throws {
    if quiet, verbose { throw ValidationError("-q and -v exclude each other") }
    if let threads, threads < 1 { throw ValidationError("--threads \(threads): at least 1") }
  }
}

/// Where tensors may live.
enum Device: String, ExpressibleByArgument, CaseIterable {
  case cpu, gpu
}

extension PlotStyle: ExpressibleByArgument {}
extension RunOptions.ErrorPolicy: ExpressibleByArgument {}
extension CellCache.Mode: ExpressibleByArgument {}
extension Capability: ExpressibleByArgument {}
