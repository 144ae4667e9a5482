import Commands
import Glibc
import Notebook

/// One notebook of `faa run`: checks, options, observers, run, export.
struct NotebookRun {
  private let flags: RunCommand
  private let document: Document
  private let path: String
  /// Paths on the command line belong to the caller's folder, whatever folder cells work in.
  private let caller = currentFolder()

  init(_ flags: RunCommand, _ document: Document, _ path: String) {
    self.flags = flags
    self.document = document
    self.path = path
  }

  /// Runs it; returns the exit code.
  func run() throws -> Int32 {
    let issues = document.staticIssues()
    report(issues)
    if issues.contains(where: { $0.severity == .error }) { return 3 }
    if document.cells.isEmpty, !flags.quiet { Console.error("\(document.name): warning: no cell to run\n") }
    var options = try runOptions()
    let targets = Targets(
      html: flags.html.map(absolute), json: flags.json.map { $0 == "-" ? $0 : absolute($0) })
    let base = absolute(path == "-" ? "." : folder(of: path))
    if let missing = missingRequirement(in: base) {
      Console.error("\(document.name): error: \(missing)\n")
      return 127
    }
    var observers: [any RunObserver] = []
    let sidecar = try sidecar()
    let log = try eventLog(sidecar)
    if let sidecar { observers.append(sidecar) }
    if let log { observers.append(log) }
    observers.append(
      ConsoleReporter(
        style: flags.quiet ? .none : flags.progress, showsText: flags.json != "-" && flags.events != "-"))
    try changeFolder(base)
    options.environment = machineFacts()
    let evaluator = ThreadEvaluator.session(commands: allCommands, seed: options.seed)
    let result = try Runner(document, options: options, evaluator: evaluator, observers: observers).run()
    try export(result, targets, pictures: base)
    if let failure = sidecar?.failure ?? log?.failure {
      Console.error("faa: error: results are not complete: \(failure)\n")
      return max(result.exitCode, 1)
    }
    // An evaluator that ignores the request to stop would keep the process alive.
    if result.isEvaluatorStuck { _exit(result.exitCode) }
    return result.exitCode
  }

  private struct Targets {
    let html: String?
    let json: String?
  }

  private func runOptions() throws -> RunOptions {
    var input = ParameterInput(directory: caller)
    input.assignments = flags.parameters
    input.jsonAssignments = flags.jsonParameters
    input.files = try flags.parameterFiles.map { ($0, String(decoding: try readFile($0), as: UTF8.self)) }
    let limits = document.header.limits
    var options = RunOptions()
    options.parameters = try resolveParameters(document.header.parameters, input)
    options.seed = flags.seed ?? document.header.seed
    options.cellTimeout = flags.cellTimeout?.seconds ?? limits.cell
    options.totalTimeout = flags.timeout?.seconds ?? limits.total
    options.memoryLimit = flags.memory?.bytes ?? limits.memory
    options.maximumOutput = flags.maxOutput?.bytes ?? options.maximumOutput
    options.onError = flags.onError
    options.until = flags.until
    options.interruptCount = interruptPresses
    return options
  }

  /// The first tool or input of the header that is not there.
  private func missingRequirement(in base: String) -> String? {
    let needs = document.header.needs + document.cells.flatMap(\.options.needs)
    if let tool = needs.first(where: { findTool($0) == nil }) {
      return
        "the notebook needs `\(tool)`, which is not on the PATH; install it, on Debian: apt install \(package(of: tool))"
    }
    let inputs = document.header.inputs
    if let input = inputs.first(where: { access($0.hasPrefix("/") ? $0 : "\(base)/\($0)", R_OK) != 0 }) {
      return "the input `\(input)` cannot be read; put it in \(base)"
    }
    return nil
  }

  private func sidecar() throws -> Sidecar? {
    if let folder = flags.outputFolder { return try Sidecar(absolute(folder)) }
    guard path != "-" else { return nil }
    do {
      return try Sidecar(absolute(Sidecar.defaultFolder(for: path)))
    } catch let error as FileError {
      throw UsageError("\(error); choose a folder for the results with --out")
    }
  }

  private func eventLog(_ sidecar: Sidecar?) throws -> EventLog? {
    if let path = flags.events { return try EventLog(path == "-" ? path : absolute(path)) }
    return try sidecar.map { try EventLog("\($0.folder)/events.ndjson") }
  }

  private func changeFolder(_ base: String) throws {
    let target = flags.cwd == "notebook" ? base : flags.cwd == "caller" ? caller : absolute(flags.cwd)
    guard chdir(target) == 0 else {
      throw UsageError("--cwd \(flags.cwd): \(String(cString: strerror(errno)))")
    }
  }

  private func export(_ result: RunResult, _ targets: Targets, pictures base: String) throws {
    if let target = targets.json {
      let text = result.json.pretty
      if target == "-" { Console.out(text) } else { try replaceFile(target, with: Array(text.utf8)) }
    }
    guard let target = targets.html else { return }
    let page = HTMLPage(document, result) { pictureBytes($0, below: base) }
    for warning in page.warnings { Console.error("\(document.name): warning: \(warning)\n") }
    try replaceFile(target, with: Array(page.html.utf8))
  }
}

/// A picture of the prose, if it lies in the notebook's own folder or below.
private func pictureBytes(_ relative: String, below base: String) -> [UInt8]? {
  guard !relative.hasPrefix("/"), let real = realpath("\(base)/\(relative)", nil),
    let root = realpath(base, nil)
  else { return nil }
  defer {
    free(real)
    free(root)
  }
  let path = String(cString: real)
  guard path.hasPrefix(String(cString: root) + "/") else { return nil }
  return try? readFile(path)
}
