import Commands
import Glibc
import Notebook
import REPL

/// Runs a piece of program in a clean session; prints what it prints and the value of its last expression.
///
/// - Returns: the exit code: 0, 1 after an error, 130 after Ctrl-C.
func evaluate(_ source: String, name: String, seed: UInt64) -> Int32 {
  countInterrupts()
  return evaluate(
    source, name: name, key: "program", on: ThreadEvaluator.session(commands: allCommands, seed: seed))
}

/// Runs a piece of program in the session of `evaluator`, which keeps its variables; its random numbers depend on `key`.
func evaluate(_ source: String, name: String, key: String, on evaluator: ThreadEvaluator) -> Int32 {
  let pressed = interruptPresses()
  evaluator.start(.run(CellRequest(source: source, key: key, name: name, firstLine: 1, indent: 0)))
  var asked = 0
  while true {
    switch evaluator.next(within: 0.1) {
    case .output(let output): show(output)
    case .progress, .died, nil: break
    case .finished(nil): return 0
    case .finished(let failure?):
      Console.error(failure.rendered + "\n")
      return failure.code == "Interrupted" ? 130 : 1
    }
    if interruptPresses() - pressed > asked {
      asked += 1
      if asked > 1 { return 130 }
      evaluator.interrupt()
    }
  }
}

/// Shows an output on the terminal or in the log: text to standard output, warnings to standard error.
func show(_ output: CellOutput) {
  switch output {
  case .text(let text): Console.outData(text)
  case .warning(let text): Console.error("warning: \(Safe.text(text))\n")
  case .metric(let name, let value): Console.outData("\(name) = \(value.isNaN ? "nan" : "\(value)")\n")
  case .display(let rendering) where rendering.isEarlier: break
  case .display(let rendering), .value(let rendering, _):
    Console.outData(rendering.text.hasSuffix("\n") ? rendering.text : rendering.text + "\n")
  }
}
