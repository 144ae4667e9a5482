import Commands
import Notebook
import REPL
import Runtime

/// The prompt. Everything about it is in the REPL module; this file wires commands, seed and version to it.
///
/// - Returns: the exit code.
func runInteractive(seed: UInt64, quiet: Bool, history: Bool) -> Int32 {
  let session = Session(commands: allCommands, seed: seed)
  session.add(notebookMagics + sessionMagics)
  return REPL.run(
    session: session,
    options: REPL.Options(
      banner: "FAA \(version)  ·  ?name explains  ·  Tab completes  ·  Ctrl-D leaves", isQuiet: quiet,
      historyPath: history ? REPL.defaultHistoryPath : nil, sixel: sixelPicture))
}
