import Commands
import Glibc
import Notebook
import REPL

/// The prompt. Everything about it is in the REPL module; this file only wires commands and version to it.
///
/// - Returns: the exit code.
func runInteractive(seed: UInt64, quiet: Bool) -> Int32 {
  if !quiet { Console.out("FAA \(version)\n") }
  while true {
    Console.out("faa> ")
    guard let line = readLine() else {
      Console.out("\n")
      return 0
    }
    if line == "exit" || line == "quit" { return 0 }
    _ = evaluate(line, name: "", seed: seed)
  }
}
