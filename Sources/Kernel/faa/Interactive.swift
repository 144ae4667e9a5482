import Commands
import Glibc
import Notebook

/// The prompt: one session, an entry per line. The REPL module takes this over with its line editor; this file is all that
/// changes then.
///
/// - Returns: the exit code.
func runInteractive(seed: UInt64, quiet: Bool) -> Int32 {
  if !quiet { Console.out("FAA \(version)\n") }
  countInterrupts()
  let evaluator = ThreadEvaluator.session(commands: allCommands, seed: seed)
  var entry = 0
  while true {
    Console.out("faa> ")
    guard let line = readLine() else {
      Console.out("\n")
      return 0
    }
    if line == "exit" || line == "quit" { return 0 }
    entry += 1
    _ = evaluate(line, name: "", key: "entry:\(entry)", on: evaluator)
  }
}
