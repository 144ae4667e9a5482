import Commands
import REPL
import Runtime

/// The prompt. Everything about it is in the REPL module; this file wires commands, seed and version to it.
///
/// - Returns: the exit code.
func runInteractive(seed: UInt64, quiet: Bool, history: Bool) -> Int32 {
  REPL.run(
    session: Session(commands: allCommands, seed: seed),
    options: REPL.Options(
      banner: "FAA \(version)  ·  ?name explains  ·  Tab completes  ·  Ctrl-D leaves", isQuiet: quiet,
      historyPath: history ? REPL.defaultHistoryPath : nil))
}
