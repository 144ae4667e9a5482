import ArgumentParser
import Commands
import Glibc
import Notebook

/// `faa fmt`: the regular form.
struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Put notebooks into their regular form; what cells do does not change.",
    discussion:
      "Exit code 0, or with --check 1 when a notebook is not in its regular form; 3 for an invalid one.")

  @Argument(
    help: "Notebooks; - formats standard input to standard output.", completion: .file(extensions: ["faa"]))
  var notebooks: [String]

  @Flag(help: "Change nothing; name the notebooks that would change.")
  var check = false

  func run() throws {
    try checkNames(notebooks)
    let codes = try notebooks.map { path in
      try withNotebook(path) { document in
        report(document.issues)
        guard document.isValid else { return 3 }
        let bytes = document.formatted()
        if path == "-", !check {
          Console.out(String(decoding: bytes, as: UTF8.self))
          return 0
        }
        guard bytes != document.printed() else { return 0 }
        Console.error("\(check ? "not formatted" : "formatted")  \(path)\n")
        if check { return 1 }
        try replaceFile(path, with: bytes)
        return 0
      }
    }
    throw ExitCode(firstFailure(codes))
  }
}

/// `faa new`: a notebook to start from.
struct NewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Write a small notebook to start from; a file that exists is left alone.")

  @Argument(help: "The notebook to write.")
  var path: String

  @Option(help: "Its title.")
  var title: String?

  func run() throws {
    try checkNames([path])
    let file = path.hasSuffix(".faa") ? path : path + ".faa"
    guard access(file, F_OK) != 0 else { throw UsageError("\(file) exists; choose another name") }
    let name = file.split(separator: "/").last.map { String($0.dropLast(4)) } ?? "Notebook"
    try replaceFile(file, with: Array(notebookTemplate(title: title ?? name).utf8))
    Console.error("wrote \(file); run it with: faa run \(file)\n")
  }
}

/// `faa clean`: removes what runs have left.
struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "Remove the results, plots and caches that runs of notebooks have left beside them.")

  @Argument(help: "Notebooks.", completion: .file(extensions: ["faa"]))
  var notebooks: [String]

  func run() throws {
    try checkNames(notebooks)
    for path in notebooks { try Sidecar.remove(Sidecar.defaultFolder(for: path)) }
  }
}

/// `faa status`: which stored results still hold.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Say of every cell whether its last result is what a run would give now, and why not.")

  @Argument(help: "The notebook.", completion: .file(extensions: ["faa"]))
  var notebook: String

  @OptionGroup var flags: RunFlags

  @Flag(help: "Print JSON instead of text.")
  var json = false

  func run() throws {
    try checkNames([notebook])
    let code = try withNotebook(notebook) { document in
      report(document.issues)
      guard document.isValid else { return 3 }
      let states = try NotebookRun(.plain(flags), document, notebook).freshness()
      let rows = zip(document.cells, states).map { ($0.address, $1) }
      if json {
        Console.out(
          JSON.array(
            rows.map { cell, state in
              .object([
                ("cell", .string(cell)), ("state", .string(state.word)), ("why", .string(state.reason)),
              ])
            }
          ).pretty)
        return 0
      }
      let width = rows.map(\.0.count).max() ?? 0
      for (cell, state) in rows {
        let pad = String(repeating: " ", count: width - cell.count + 2)
        let reason = state.reason.isEmpty ? "" : "  \(state.reason)"
        Console.out("\(cell)\(pad)\(state.word)\(reason)\n")
      }
      return 0
    }
    throw ExitCode(code)
  }
}

extension Freshness {
  fileprivate var word: String {
    switch self {
    case .fresh: "fresh"
    case .stale: "stale"
    case .failed: "failed"
    case .unknown: "not run"
    case .runsAlways: "always run"
    case .never: "never run"
    }
  }

  fileprivate var reason: String {
    switch self {
    case .fresh(let reason), .stale(let reason), .failed(let reason), .runsAlways(let reason): reason
    case .unknown, .never: ""
    }
  }
}
