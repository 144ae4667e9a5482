import Glibc

/// Hears what happens in a run: console, event log, sidecar.
public protocol RunObserver: AnyObject {
  /// A cell starts.
  func cellStarted(_ cell: Cell, of total: Int, in result: RunResult)
  /// The running cell produced something.
  func cellProduced(_ output: CellOutput, in cell: Cell)
  /// The running cell reports how far it is.
  func cellProgressed(_ progress: ProgressReport, in cell: Cell)
  /// A cell ended; `result` holds its outcome.
  func cellEnded(_ outcome: CellOutcome, of total: Int, in result: RunResult)
  /// The run ended.
  func runEnded(_ result: RunResult)
}

extension RunObserver {
  /// Nothing.
  public func cellStarted(_ cell: Cell, of total: Int, in result: RunResult) {}
  /// Nothing.
  public func cellProduced(_ output: CellOutput, in cell: Cell) {}
  /// Nothing.
  public func cellProgressed(_ progress: ProgressReport, in cell: Cell) {}
  /// Nothing.
  public func cellEnded(_ outcome: CellOutcome, of total: Int, in result: RunResult) {}
  /// Nothing.
  public func runEnded(_ result: RunResult) {}
}

/// Runs a notebook top to bottom in a clean session and supervises it.
public final class Runner {
  let document: Document
  let options: RunOptions
  var evaluator: any Evaluator
  /// Makes a fresh session where one was lost; nil where there can be no other.
  let replacement: (() throws -> any Evaluator)?
  let observers: [any RunObserver]
  let keys: [String]
  let interruptsBefore: Int
  let selected: Set<Int>
  let start = monotonicSeconds()
  var result: RunResult
  /// Text of the running cell since its last other output.
  private var openText = ""
  private var keptBytes = 0
  /// Cells without the results that later ones may need: failed, or skipped for that.
  var broken: Set<Int> = []
  /// Whether the cache still works; a full disk ends it, not the run.
  var canStore: Bool
  /// Cells whose variables the cache got from this run.
  var stored: Set<Int> = []
  /// Whether the session is gone and the next cell needs another.
  var isSessionLost = false

  /// - Parameters:
  ///   - document: a valid document.
  ///   - evaluator: a fresh session.
  ///   - replacement: makes another one where a cell took the evaluator down and `onError` says to go on.
  ///   - observers: told in order.
  /// - Throws: `UsageError` when the selection names no cell.
  public init(
    _ document: Document, options: RunOptions, evaluator: any Evaluator,
    replacement: (() throws -> any Evaluator)? = nil, observers: [any RunObserver]
  ) throws {
    self.document = document
    self.options = options
    self.evaluator = evaluator
    self.replacement = replacement
    self.observers = observers
    let cells = document.cells
    keys = cellKeys(cells)
    interruptsBefore = options.interruptCount()
    selected = try options.selection.positions(in: cells, graph: options.graph)
    canStore = options.cache?.writes ?? false
    result = RunResult(
      notebook: document.name, notebookHash: sha256(document.printed()), parameters: options.parameters,
      seed: options.seed, environment: options.environment, started: utcTimestamp(),
      cells: cells.enumerated().map { index, cell in
        CellOutcome(
          address: cell.address, ordinal: cell.ordinal, line: cell.line, sourceHash: sha256(cell.code),
          identity: options.graph?.nodes[index].identity ?? "",
          components: options.graph?.nodes[index].components ?? [])
      })
  }

  /// Runs the notebook. Observers hear of every cell as it ends, so that whatever stops the process later, the
  /// outcome of every finished cell is already kept.
  public func run() -> RunResult {
    prepareCache()
    bindParameters()
    for (index, cell) in document.cells.enumerated()
    where result.stopReason == nil && selected.contains(index) && cell.options.eval {
      if let cause = options.graph?.nodes[index].needs.sorted().first(where: broken.contains) {
        result.cells[index].note = "needs cell \(document.cells[cause].address), which did not succeed"
        broken.insert(index)
      } else if hasSession(for: index), !replay(cell, at: index) {
        run(cell, at: index)
      }
    }
    result.seconds = monotonicSeconds() - start
    for observer in observers { observer.runEnded(result) }
    return result
  }

  /// Header parameters become ordinary variables, through the same door as any other program text.
  func bindParameters() {
    guard !options.parameters.isEmpty else { return }
    let source = options.parameters.map { "\($0.name) = \($0.value.literal);" }.joined(separator: "\n")
    let request = CellRequest(source: source, key: "params", name: document.name, firstLine: 1, indent: 0)
    if let failure = answer(to: .run(request)) {
      result.stopReason = "binding the parameters failed: \(failure.message)"
    }
  }

  /// Carries out a request that produces nothing to keep; the failure, if any.
  func answer(to request: EvaluatorRequest) -> CellFailure? {
    evaluator.start(request)
    // It is short; a request to stop takes effect at the next cell.
    var patient = options
    patient.interruptCount = { 0 }
    let supervision = Supervision(
      evaluator: evaluator, options: patient, cellLimit: nil, runStart: start, interruptsBefore: 0)
    let ending = supervision.run { _ in }
    if let death = ending.death {
      result.stopReason = "the evaluator ended (\(death.cause)) between two cells"
      result.death = death
      return CellFailure(code: "EvaluatorDied", message: death.cause, rendered: "error: \(death.cause)")
    }
    return ending.failure
  }

  private func run(_ cell: Cell, at index: Int) {
    let total = result.cells.count
    result.cells[index].startedAt = monotonicSeconds() - start
    keptBytes = 0
    for observer in observers { observer.cellStarted(cell, of: total, in: result) }
    evaluator.start(.run(request(cell, at: index)))
    let supervision = Supervision(
      evaluator: evaluator, options: options, cellLimit: cell.options.timeout ?? options.cellTimeout,
      runStart: start, interruptsBefore: interruptsBefore)
    let ending = supervision.run { message in
      switch message {
      case .output(let output):
        keep(output, at: index)
        for observer in observers { observer.cellProduced(output, in: cell) }
      case .progress(let progress):
        for observer in observers { observer.cellProgressed(progress, in: cell) }
      case .finished, .died: break
      }
    }
    closeText(at: index)
    result.cells[index].seconds = monotonicSeconds() - start - result.cells[index].startedAt
    settle(cell, at: index, ending)
    if ending.death == nil { store(at: index) }
    end(cell, at: index)
  }

  func request(_ cell: Cell, at index: Int) -> CellRequest {
    CellRequest(
      source: cell.code, key: keys[index], name: document.name, firstLine: cell.codeLine, indent: cell.indent,
      checkpoints: checkpoints(at: index))
  }

  func end(_ cell: Cell, at index: Int) {
    result.seconds = monotonicSeconds() - start
    for observer in observers { observer.cellEnded(result.cells[index], of: result.cells.count, in: result) }
  }

  private func keep(_ output: CellOutput, at index: Int) {
    guard case .text(let text) = output else {
      closeText(at: index)
      result.cells[index].outputs.append(output)
      return
    }
    let room = max(0, options.maximumOutput - keptBytes)
    let kept = text.utf8.count <= room ? text : String(decoding: text.utf8.prefix(room), as: UTF8.self)
    keptBytes += min(room, text.utf8.count)
    result.cells[index].droppedBytes += max(0, text.utf8.count - room)
    openText += kept
  }

  /// Makes one output of the text so far.
  private func closeText(at index: Int) {
    guard !openText.isEmpty else { return }
    result.cells[index].outputs.append(.text(openText))
    openText = ""
  }
}

extension EvaluatorDeath {
  /// `killed by signal 11 (Segmentation fault)` or `it left with exit code 3`.
  var cause: String {
    if let signal { return "killed by signal \(signal) (\(String(cString: strsignal(signal))))" }
    return exitCode.map { "it left with exit code \($0)" } ?? "it could not be started"
  }
}

extension ProgressReport {
  /// `fit 40 % loss 0.12`.
  public var line: String {
    let percent = fraction.map { " \(decimal(100 * max(0, min(1, $0)), 0)) %" } ?? ""
    return detail.isEmpty ? label + percent : "\(label)\(percent) \(detail)"
  }
}
