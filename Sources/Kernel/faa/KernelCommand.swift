import ArgumentParser
import Commands
import Glibc
import Jupyter
import Notebook
import Runtime

/// `faa kernel`: FAA in Jupyter.
struct KernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel",
    abstract: "FAA in JupyterLab and other Jupyter clients: install the kernel, or be it.",
    subcommands: [Start.self, Install.self], defaultSubcommand: Start.self)

  /// What Jupyter runs.
  struct Start: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "start", abstract: "Be the kernel of a Jupyter client, which runs this.")

    @Option(
      name: [.customShort("f"), .customLong("connection-file")],
      help: ArgumentHelp("Where the client waits; it writes this file.", valueName: "file"),
      completion: .file(extensions: ["json"]))
    var connectionFile: String

    @Option(help: "Seed of every random stream.")
    var seed: UInt64 = 0

    @Flag(inversion: .prefixedNo, help: "Keep what is executed for later sessions to find.")
    var history = true

    func run() throws {
      do {
        let connection = try Connection(
          parsing: String(decoding: readFile(connectionFile), as: UTF8.self))
        let seed = seed
        try Kernel(
          connection,
          identity: Kernel.Identity(version: version, banner: "FAA \(version)  ·  ?name explains"),
          historyPath: history ? UserFile.state("kernel-history") : nil
        ) {
          let session = Session(commands: allCommands, seed: seed)
          session.add(notebookMagics + sessionMagics)
          return session
        }.run()
      } catch let error as KernelError {
        Console.error("faa kernel: error: \(error)\n")
        throw ExitCode(1)
      }
    }
  }

  /// Tells Jupyter about FAA.
  struct Install: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Let Jupyter know about FAA, for this user or below a prefix such as a virtual environment.")

    @Flag(help: "For this user; so it is unless --prefix is given.")
    var user = false

    @Option(
      help: ArgumentHelp("Below this folder, in share/jupyter.", valueName: "folder"), completion: .directory)
    var prefix: String?

    func validate() throws {
      if user, prefix != nil { throw ValidationError("--user and --prefix exclude each other") }
    }

    func run() throws {
      guard let program = realpath("/proc/self/exe", nil) else {
        throw UsageError("the path of this program cannot be found: \(String(cString: strerror(errno)))")
      }
      defer { free(program) }
      do {
        let folder = try prefix.map { absolute($0) + "/share/jupyter" } ?? KernelSpec.userFolder()
        let place = try KernelSpec(program: String(cString: program)).install(in: folder)
        Console.out("installed the FAA kernel in \(place)\n")
      } catch let error as KernelError {
        throw UsageError(error.description)
      }
    }
  }
}
