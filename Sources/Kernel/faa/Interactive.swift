import Commands
import Notebook
import REPL
import Runtime

/// The prompt. Everything about it is in the REPL module; this file wires commands, seed and version to it.
struct Interactive {
  /// Of the random numbers.
  var seed: UInt64
  var isQuiet, keepsHistory, readsStartup: Bool
  /// The descriptor of a file with the session to go on with.
  var resumed: Int32?

  /// Converses; the exit code.
  func run() -> Int32 {
    let session = Session(commands: allCommands, seed: seed)
    session.add(notebookMagics + sessionMagics)
    var options = REPL.Options(
      banner: "FAA \(version)  ·  ?name explains  ·  Tab completes  ·  Ctrl-D leaves", isQuiet: isQuiet,
      historyPath: keepsHistory ? REPL.defaultHistoryPath : nil, sixel: sixelPicture)
    if readsStartup { options.startup = startupPrograms }
    options.restart = REPL.Restart(storable: storableObjects, resumed: resumed) { arguments(resuming: $0) }
    return REPL.run(session: session, options: options)
  }

  /// The command line of a session that goes on with what a descriptor holds.
  private func arguments(resuming descriptor: Int32) -> [String] {
    ["faa", "repl", "--seed", "\(seed)", "--resume", "\(descriptor)", "--no-startup"]
      + (isQuiet ? ["--quiet"] : []) + (keepsHistory ? [] : ["--no-history"])
  }
}
