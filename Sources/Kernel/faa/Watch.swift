import Glibc
import Notebook

/// Runs a notebook again whenever it or what it reads changes.
struct Watch {
  private let command: RunCommand
  private let path: String

  init(_ command: RunCommand, _ path: String) {
    self.command = command
    self.path = path
  }

  /// Ends at Ctrl-C, with the code of the last run.
  func run() throws -> Int32 {
    let home = currentFolder()
    while true {
      let presses = interruptPresses()
      // What changes while the notebook runs is seen after it.
      var files = [path] + command.flags.parameterFiles
      var before = files.map(stamp)
      let code = try runOnce { inputs in
        files += inputs
        before += inputs.map(stamp)
      }
      chdir(home)
      if !command.flags.quiet { Console.error("watching \(path); Ctrl-C ends\n") }
      while files.map(stamp) == before {
        if interruptPresses() > presses { return code == 130 ? 0 : code }
        usleep(200_000)
      }
    }
  }

  /// One run. A mistake in a parameter or a flag is told, and ends the run, not the watch: the next edit may mend it.
  private func runOnce(reading: ([String]) -> Void) throws -> Int32 {
    do {
      return try withNotebook(path) { document in
        reading(document.header.inputs.map { $0.hasPrefix("/") ? $0 : "\(folder(of: path))/\($0)" })
        return try NotebookRun(command, document, path).run().code
      }
    } catch let error as UsageError {
      Console.error("faa: error: \(error)\n")
      return 2
    }
  }

  /// When and how large: editors that replace a file change its number.
  private func stamp(_ path: String) -> [Int] {
    var info = stat()
    guard stat(path, &info) == 0 else { return [] }
    return [Int(info.st_ino), Int(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec]
  }
}
