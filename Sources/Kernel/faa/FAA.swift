import ArgumentParser
import Glibc
import Notebook

/// The version of the program.
let version = "0.1.0"

/// The command line.
struct FAA: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faa",
    abstract:
      "Facial action analysis with derivatives of any order: a language, its prompt and its notebooks.",
    version: "faa \(version)",
    subcommands: [
      SessionCommand.self, RunCommand.self, CheckCommand.self, ParamsCommand.self, DoctorCommand.self,
      TestCommand.self, StatusCommand.self, ConvertCommand.self, FormatCommand.self, DiffCommand.self,
      NewCommand.self, CleanCommand.self, ReferenceCommand.self, EvaluatorCommand.self,
      KernelCommand.self,
    ],
    defaultSubcommand: SessionCommand.self)
}

/// `faa` alone: the prompt, an expression, or a script on standard input. Its flags live here and not in the root, which
/// would take them away from the other subcommands.
struct SessionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "The prompt; with -e an expression, with input from a pipe a script.")

  @Option(
    name: .customShort("e"), parsing: .unconditional,
    help: "Evaluate an expression, show its value and exit.")
  var expression: String?

  @Option(help: "Seed of every random stream.")
  var seed: UInt64 = 0

  @Flag(name: .shortAndLong, help: "No banner at the prompt.")
  var quiet = false

  @Flag(name: .customLong("no-history"), help: "Keep nothing that is entered at the prompt.")
  var keepsNoHistory = false

  @Flag(name: .customLong("no-startup"), help: "Do not run the start-up file, ~/.config/faa/startup.faa.")
  var skipsStartup = false

  // For the program itself, when it starts anew in the midst of a session.
  @Option(help: .hidden) var resume: Int32?

  // What is no command comes here.
  @Argument(help: .hidden) var words: [String] = []

  func run() throws {
    if let word = words.first { throw UsageError(Self.refusal(of: word)) }
    if let expression {
      throw ExitCode(evaluate(expression, name: "", seed: seed))
    }
    if isatty(STDIN_FILENO) == 0 {
      let source = try readFile("-")
      throw ExitCode(evaluate(String(decoding: source, as: UTF8.self), name: "<stdin>", seed: seed))
    }
    let prompt = Interactive(
      seed: seed, isQuiet: quiet, keepsHistory: !keepsNoHistory, readsStartup: !skipsStartup, resumed: resume)
    throw ExitCode(prompt.run())
  }

  private static func refusal(of word: String) -> String {
    if access(word, F_OK) == 0 {
      return "`faa run \(word)` runs a notebook, `faa < \(word)` a plain script"
    }
    var names: [String] = []
    for command in FAA.configuration.subcommands where command.configuration.shouldDisplay {
      if let name = command.configuration.commandName { names.append(name) }
    }
    return "there is no command `\(word)`" + remedy(for: word, among: names)
  }
}

/// Entry point: parses, runs, and turns every error into one line on standard error and an exit code of the contract.
@main
struct Main {
  static func main() {
    // Writes to a closed pipe fail with EPIPE instead of ending the process: a reader that leaves must not cost a run.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try FAA.parseAsRoot()
      try command.run()
    } catch let code as ExitCode {
      exit(code.rawValue)
    } catch let error as UsageError {
      fail(error.description, code: 2)
    } catch let error as FileError {
      fail(error.description, code: 2)
    } catch {
      let code = FAA.exitCode(for: error)
      if code.isSuccess {
        Console.out(FAA.fullMessage(for: error) + "\n")
        exit(0)
      }
      fail(FAA.message(for: error), code: code == .validationFailure ? 2 : 125)
    }
    exit(0)
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    let line = message.split(separator: "\n").joined(separator: " ")
    Console.error("faa: error: \(line)\n")
    exit(code)
  }
}
