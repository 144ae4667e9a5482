import ArgumentParser
import Commands
import Notebook

/// `faa evaluator`: the child that `faa run` starts to evaluate cells. Not for people, and not listed.
struct EvaluatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluator", abstract: "Evaluates cells for a supervisor.", shouldDisplay: false)

  func run() throws {
    EvaluatorService.run(commands: allCommands, storable: storableObjects)
    throw UsageError("`faa evaluator` is started by `faa run`; to evaluate an expression, use faa -e")
  }
}
