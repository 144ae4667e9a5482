import Commands
import Glibc
import Notebook
import Runtime

/// One notebook of `faa run` or `faa test`: checks, options, observers, run, export.
struct NotebookRun {
  private let command: RunCommand
  private let flags: RunFlags
  private let document: Document
  private let path: String
  /// Paths on the command line belong to the caller's folder, whatever folder cells work in.
  private let caller = currentFolder()
  /// The notebook's folder.
  private let base: String

  private let showsText: Bool

  init(_ command: RunCommand, _ document: Document, _ path: String, showsText: Bool = true) {
    self.showsText = showsText && command.json != "-" && command.events != "-"
    self.command = command
    flags = command.flags
    self.document = document
    self.path = path
    base = absolute(path == "-" ? "." : folder(of: path))
  }

  /// Runs it; the exit code, and the result where cells were run.
  func run() throws -> (code: Int32, result: RunResult?) {
    let issues = document.staticIssues()
    report(issues.filter { $0.severity == .error || !flags.quiet })
    if issues.contains(where: { $0.severity == .error }) { return (3, nil) }
    if document.cells.isEmpty, !flags.quiet {
      Console.error(
        "\(document.name): warning: no cell to run: cells stand between ```faa and ```; `faa < \(document.name)` runs a plain script\n"
      )
    }
    var options: RunOptions
    do {
      options = try runOptions()
    } catch let error as FileError {
      Console.error("faa: error: \(error)\n")
      return (127, nil)
    }
    let targets = Targets(command, document)
    if let missing = missingRequirement() {
      Console.error("\(document.name): error: \(missing)\n")
      return (127, nil)
    }
    guard let granted = grant() else { return (126, nil) }
    if !command.dryRun { try targets.check() }
    let sidecar = try command.dryRun ? nil : sidecar()
    let outputFolder = sidecar?.folder
    let surroundings = surroundings(options)
    let graph = CellGraph(document, commands: allCommands, surroundings)
    options.graph = graph
    options.cache = cache(in: outputFolder)
    if command.dryRun {
      Console.out(try options.plan(for: document))
      return (0, nil)
    }
    var observers: [any RunObserver] = []
    let logs = try eventLogs(sidecar)
    if let sidecar { observers.append(sidecar) }
    observers += logs
    let reporter = ConsoleReporter(
      style: flags.quiet ? .none : flags.progress, plots: Plots(flags.plots), showsText: showsText,
      isVerbose: flags.verbose, graph: graph)
    observers.append(reporter)
    if flags.verbose { describe(options, granted, outputFolder) }
    try changeFolder()
    options.environment = machineFacts(threads: flags.threads)
    let result = try evaluate(options, granted, outputFolder, observers)
    for warning in result.warnings { Console.error("\(document.name): warning: \(warning)\n") }
    var failure = sidecar?.failure ?? logs.lazy.compactMap(\.failure).first
    do { try targets.write(result, base: base) } catch let error as FileError { failure = failure ?? error }
    if let failure {
      Console.error("faa: error: results are not complete: \(failure)\n")
      return (max(result.exitCode, 1), result)
    }
    guard command.verify else { return (result.exitCode, result) }
    guard result.exitCode == 0 else {
      Console.error("\(document.name): not verified: the first run did not succeed\n")
      return (result.exitCode, result)
    }
    return (try verify(result, options, granted, outputFolder), result)
  }

  /// How every cell stands with the results that are stored.
  func freshness() throws -> [Freshness] {
    let graph = CellGraph(document, commands: allCommands, surroundings(try runOptions()))
    let folder = defaultFolder ?? "."
    let last = (try? readFile("\(folder)/result.json")).map { String(decoding: $0, as: UTF8.self) }
    return graph.freshness(
      of: document, lastResult: last ?? "", cache: CellCache(folder: "\(folder)/cache", mode: .read))
  }

  private func evaluate(
    _ options: RunOptions, _ granted: Set<Capability>, _ outputFolder: String?, _ observers: [any RunObserver]
  ) throws -> RunResult {
    let permissions = permissions(granted, outputFolder, options)
    let evaluator = {
      try ProcessEvaluator(
        seed: options.seed, permissions: permissions,
        variables: flags.threads.map { ["FAA_NUM_THREADS": "\($0)"] } ?? [:])
    }
    return try Runner(
      document, options: options, evaluator: evaluator(), replacement: evaluator, observers: observers
    ).run()
  }

  /// Runs again and compares.
  private func verify(
    _ first: RunResult, _ options: RunOptions, _ granted: Set<Capability>, _ outputFolder: String?
  ) throws -> Int32 {
    var options = options
    options.cache = nil
    let second = try evaluate(options, granted, outputFolder, [])
    let differences = first.differences(from: second, in: document, graph: options.graph)
    for difference in differences { Console.error("\(document.name):\(difference)\n") }
    if second.exitCode != 0 { return second.exitCode }
    if differences.isEmpty, !flags.quiet { Console.error("verified: two runs gave the same\n") }
    return differences.contains { $0.severity == .error } ? 4 : 0
  }

  // MARK: Options

  private func runOptions() throws -> RunOptions {
    var input = ParameterInput(directory: caller)
    input.assignments = flags.parameters
    input.jsonAssignments = flags.jsonParameters
    input.files = try flags.parameterFiles.map { ($0, String(decoding: try readFile($0), as: UTF8.self)) }
    let limits = document.header.limits
    var options = RunOptions()
    options.parameters = try resolveParameters(document.header.parameters, input)
    options.seed = flags.seed ?? document.header.seed
    options.cellTimeout = flags.cellTimeout ?? limits.cell
    options.totalTimeout = flags.timeout ?? limits.total
    options.memoryLimit = flags.memory ?? limits.memory ?? usualMemoryLimit()
    options.maximumOutput = flags.maxOutput ?? options.maximumOutput
    options.onError = flags.onError
    options.selection = command.selection
    options.interruptCount = interruptPresses
    return options
  }

  private func surroundings(_ options: RunOptions) -> CellGraph.Surroundings {
    var result = CellGraph.Surroundings()
    result.seed = options.seed
    result.engine = engineBuild()
    for parameter in options.parameters { result.parameters[parameter.name] = parameter.value.literal }
    for input in document.header.inputs {
      let file = input.hasPrefix("/") ? input : "\(base)/\(input)"
      result.inputs[input] = (try? readFile(file)).map { sha256($0) } ?? "missing"
    }
    return result
  }

  private func cache(in folder: String?) -> CellCache? {
    guard let folder = folder ?? defaultFolder, command.cacheMode != .off else { return nil }
    return CellCache(folder: "\(folder)/cache", mode: command.cacheMode)
  }

  /// The tool, device or input that is not there.
  private func missingRequirement() -> String? {
    if flags.device == .gpu { return "--device gpu: this build has no GPU; use --device cpu" }
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

  /// What the run is given, for `-v`.
  private func describe(_ options: RunOptions, _ granted: Set<Capability>, _ outputFolder: String?) {
    var lines = ["seed \(options.seed)"]
    lines += options.parameters.map { parameter in
      "\(parameter.name) = \(parameter.value.literal)  (\(parameter.source.rawValue))"
    }
    let limits = [
      options.cellTimeout.map { "\(decimal($0, 1)) s a cell" },
      options.totalTimeout.map { "\(decimal($0, 1)) s in all" },
      options.memoryLimit.map { "\($0 >> 20) MiB" },
    ]
    lines.append("limits: " + limits.compactMap { $0 }.joined(separator: ", "))
    let beyond = granted.map(\.meaning).sorted().joined(separator: ", ")
    lines.append(
      "may read its folder and write \(outputFolder ?? "nothing")" + (beyond.isEmpty ? "" : "; \(beyond)"))
    for line in lines { Console.error("  \(line)\n") }
  }

  // MARK: Permissions

  /// The permissions that header and reader agree on; nil when the reader does not grant them.
  private func grant() -> Set<Capability>? {
    let asked = Set(document.header.permissions)
    if let denied = asked.intersection(flags.denied).sorted(by: { $0.rawValue < $1.rawValue }).first {
      Console.error(
        "\(document.name): error: the notebook asks for the permission `\(denied.rawValue)`, which --deny withholds\n"
      )
      return nil
    }
    guard !asked.isEmpty, !flags.trust else { return asked }
    for capability in asked.sorted(by: { $0.rawValue < $1.rawValue }) {
      Console.error(
        "\(document.name): asks for the permission `\(capability.rawValue)`: \(capability.meaning)\n")
    }
    if isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 {
      Console.error("Grant it for this run? [y/N] ")
      if let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) { return asked }
    }
    Console.error(
      "\(document.name): error: permission refused; read the notebook, then run it with --trust\n")
    return nil
  }

  private func permissions(_ granted: Set<Capability>, _ outputFolder: String?, _ options: RunOptions)
    -> Permissions
  {
    var result = Permissions()
    if !granted.contains(.read) {
      result.readable = [base] + document.header.inputs.map { $0.hasPrefix("/") ? $0 : "\(base)/\($0)" }
      result.readable? += outputFolder.map { [$0] } ?? []
      // Who names a file on the command line means it to be read.
      let paths = Set(
        document.header.parameters.filter { $0.type == .path || $0.type == .list(.path) }.map(\.name))
      for parameter in options.parameters
      where parameter.source != .default && paths.contains(parameter.name) {
        result.readable? += parameter.value.texts
      }
    }
    if !granted.contains(.write) { result.writable = outputFolder.map { [$0] } ?? [] }
    return result
  }

  // MARK: Output

  private var defaultFolder: String? {
    flags.outputFolder.map(absolute) ?? (path == "-" ? nil : absolute(Sidecar.defaultFolder(for: path)))
  }

  private func sidecar() throws -> Sidecar? {
    guard let folder = defaultFolder else { return nil }
    do {
      return try Sidecar(folder)
    } catch let error as FileError {
      throw UsageError(
        flags.outputFolder == nil ? "\(error); choose a folder for the results with --out" : "\(error)")
    }
  }

  /// The sidecar's log, and the one asked for.
  private func eventLogs(_ sidecar: Sidecar?) throws -> [EventLog] {
    let paths = [
      sidecar.map { "\($0.folder)/events.ndjson" }, command.events.map { $0 == "-" ? $0 : absolute($0) },
    ]
    return try paths.compactMap { $0 }.map { try EventLog($0) }
  }

  private func changeFolder() throws {
    let target = flags.cwd == "notebook" ? base : flags.cwd == "caller" ? caller : absolute(flags.cwd)
    guard chdir(target) == 0 else {
      throw UsageError("--cwd \(flags.cwd): \(String(cString: strerror(errno)))")
    }
  }
}
