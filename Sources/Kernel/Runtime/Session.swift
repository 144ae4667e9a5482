import CKernels
import Syntax
import Tensor

/// One conversation with the language: its variables, its commands, its random numbers. The prompt, the headless runner and
/// the Jupyter kernel each hold one, so the same input gives the same output in all three. A session belongs to the thread
/// that runs it; only `interrupt` may be called from elsewhere.
public final class Session {
  /// Commands by name.
  let commands: [String: Command]
  /// The same rows in the order they came.
  let table: [Command]
  /// The interpreter and the variables.
  let machine: Machine
  /// The seed that random commands derive their streams from.
  public var seed: UInt64
  /// Columns that displays made during a run may take.
  public var width = 80
  /// Magics by name.
  var magics: [String: Magic] = [:]
  /// Pages of the client that `?name` shows, such as `keys` of a prompt.
  public var pages: [String: String] = [:]
  /// What was entered and shown, where the client keeps it.
  public var journal: Journal?
  /// Shows a page of help that the user asked for; a client may page it. Nil sends it as text.
  public var showPage: ((String) -> Void)?
  /// Why the last cell that failed did.
  public private(set) var lastFailure: Diagnostic?
  /// Where `%cd -` goes.
  var folderBefore: String?

  /// Whoever sits at the client, for commands that are steered while they run; nil where nobody does.
  public var stage: (any Stage)?

  /// Which files its commands may touch.
  public var permissions = Permissions()

  /// Asks the user for a line of text; a secret one is not shown as it is typed. Nil where there is nobody to ask.
  public var ask: ((_ prompt: String, _ isSecret: Bool) throws -> String)?

  private var sink: ((Output) -> Void)?
  private var cellKey: UInt64 = 0
  private var draws: UInt64 = 0
  /// Where long commands keep how far they are; nil to keep nothing.
  public var checkpoints: (any CheckpointStore)?
  private var longCommands = 0

  /// A session that knows the core commands and these; a later row with the same name replaces an earlier one.
  public init(commands: [Command] = [], seed: UInt64 = 0) {
    let rows = coreCommands + commands
    let last = Dictionary(rows.indices.map { (rows[$0].name, $0) }, uniquingKeysWith: { $1 })
    table = rows.indices.filter { last[rows[$0].name] == $0 }.map { rows[$0] }
    self.commands = last.mapValues { rows[$0] }
    self.seed = seed
    machine = Machine()
    machine.session = self
    add(coreMagics)
  }

  // Closures among the variables hold the interpreter that holds the variables.
  deinit {
    machine.globals.removeAll()
    machine.cells.collect()
    machine.session = nil
  }

  /// Runs a cell to its end or its first fault.
  /// - Parameters:
  ///   - source: the text of the cell.
  ///   - name: what messages call it and what its random numbers depend on: give every cell or entry its own, and the same
  ///     again when it is run again. When it is empty, messages show no place.
  ///   - key: what its random numbers depend on, where that is not its name.
  ///   - firstLine: number of its first line.
  ///   - startsFresh: whether an interrupt from before the call is forgotten; false where the client does that, when the cell is its own.
  ///   - output: receives what the cell prints and shows, while it runs. The value of the cell is not sent here but
  ///     returned; `shown` says that the client should display it.
  public func run(
    _ source: String, name: String, key: String? = nil, firstLine: Int = 1, startsFresh: Bool = true,
    output: (Output) -> Void
  ) -> CellResult {
    // A Ctrl-C from before is not meant for this cell; one that comes while it is parsed is.
    if startsFresh, machine.depth == 0 { faa_interrupt_clear() }
    return withoutActuallyEscaping(output) { output in
      let outer = (sink, cellKey, draws, longCommands)
      sink = output
      cellKey = Session.hash(key ?? name)
      (draws, longCommands) = (0, 0)
      defer {
        (sink, cellKey, draws, longCommands) = outer
        machine.cells.collectIfQuick()
      }
      let result = evaluate(SourceText(source, name: name, firstLine: firstLine))
      if case .failure(let diagnostic) = result { lastFailure = diagnostic }
      return result
    }
  }

  /// Whether an entry is complete, by parsing only.
  public func isComplete(_ source: String) -> Completeness { Parser.completeness(of: source) }

  /// All that is wrong with an entry as far as parsing tells, in order; at most one fault a statement.
  public func faults(in source: String) -> [Diagnostic] { Parser.faults(in: SourceText(source)) }

  /// Asks the running cell to stop: safe in a signal handler and from any thread.
  public func interrupt() { faa_interrupt_set() }

  /// Sends output to the client of the running cell; dropped when nothing runs.
  public func emit(_ output: Output) { sink?(output) }

  /// Shows a page of help.
  func show(page: String) {
    if let showPage { showPage(page) } else { emit(.text(page + "\n")) }
  }

  /// The stream of random numbers for one draw of the running cell. It depends on the session's seed, the cell's name and
  /// how many draws the cell made before, never on other cells: inserting a cell does not change the rest.
  public func random() -> RandomStream {
    draws &+= 1
    return RandomStream(seed: seed, stream: cellKey ^ (draws &* 0x9E37_79B9_7F4A_7C15))
  }

  /// The stream for an explicit seed, or the next one of the running cell.
  public func random(seed: Int?) -> RandomStream {
    seed.map { RandomStream(seed: UInt64(bitPattern: Int64($0))) } ?? random()
  }

  /// What a command that runs for long calls first: the place where this use of it, counted within the cell, keeps how far it is. Nil
  /// when nothing is kept.
  public func checkpoint(for command: String) -> Checkpoint? {
    longCommands += 1
    return checkpoints.map { Checkpoint(store: $0, name: "\(command)\(longCommands)") }
  }

  // FNV-1a: stable between runs and machines, unlike `Hasher`.
  private static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}

extension Session {
  /// The variables of the session, in order of definition.
  public var variables: [(name: String, value: Value)] { machine.globals.defined }

  /// The variables that hide a command of their name and cannot be called in its place.
  public var hidingVariables: [String] {
    variables.filter { commands[$0.name] != nil && !$0.value.isCallable }.map(\.name)
  }

  /// The value of a variable; nil when it is not defined.
  public func value(of name: String) -> Value? { machine.globals.value(of: name) }

  /// Defines or rebinds a variable: how notebook parameters enter.
  public func define(_ name: String, _ value: Value) {
    machine.retire(machine.globals.value(of: name) ?? .none)
    machine.globals.define(name, value)
  }

  /// Forgets all variables.
  public func reset() {
    for (_, value) in machine.globals.defined { machine.retire(value) }
    machine.globals.removeAll()
    journal?.forgetValues()
  }
}
