import Glibc

/// What a run is asked to do beyond the notebook itself.
public struct RunOptions: Sendable {
  /// What a failing cell means for the cells after it. Never changes the exit code.
  public enum ErrorPolicy: String, Sendable, CaseIterable {
    /// The rest is skipped.
    case stop
    /// The rest runs.
    case all
  }

  /// Values bound before the first cell.
  public var parameters: [ResolvedParameter] = []
  /// The session's seed.
  public var seed: UInt64 = 0
  /// Seconds a cell may take unless it says otherwise; nil for no limit.
  public var cellTimeout: Double?
  /// Seconds the run may take.
  public var totalTimeout: Double?
  /// Resident bytes the process may reach.
  public var memoryLimit: Int?
  /// What a failing cell means for the rest.
  public var onError = ErrorPolicy.stop
  /// Label or `@N` of the last cell to run; nil runs all.
  public var until: String?
  /// Bytes of text kept of one cell.
  public var maximumOutput = 1 << 20
  /// Seconds a cell gets to stop after being asked to.
  public var grace = 2.0
  /// Facts about engine and machine for `result.json`.
  public var environment: [(String, JSON)] = []
  /// How often the user has asked to stop; polled while a cell runs.
  public var interruptCount: @Sendable () -> Int = { 0 }

  /// Defaults: everything, no limits, stop at the first failure.
  public init() {}
}

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
}

/// Runs a notebook top to bottom in a clean session and supervises it.
public final class Runner {
  private let document: Document
  private let options: RunOptions
  private let evaluator: any Evaluator
  private let observers: [any RunObserver]
  private let keys: [String]
  private let start = monotonicSeconds()
  private var result: RunResult
  /// Text of the running cell since its last other output.
  private var openText = ""

  /// - Parameters:
  ///   - document: a valid document.
  ///   - evaluator: a fresh session.
  ///   - observers: told in order.
  /// - Throws: `UsageError` when `options.until` names no cell.
  public init(
    _ document: Document, options: RunOptions, evaluator: any Evaluator, observers: [any RunObserver]
  ) throws {
    self.document = document
    self.options = options
    self.evaluator = evaluator
    self.observers = observers
    let cells = document.cells
    keys = cellKeys(cells)
    if let until = options.until, !cells.contains(where: { $0.isAddressed(by: until) }) {
      throw UsageError("--until \(until): no such cell" + remedy(for: until, among: cells.map(\.address)))
    }
    result = RunResult(
      notebook: document.name, notebookHash: sha256(document.printed()), parameters: options.parameters,
      seed: options.seed, environment: options.environment, started: utcTimestamp(),
      cells: cells.map {
        CellOutcome(address: $0.address, ordinal: $0.ordinal, line: $0.line, sourceHash: sha256($0.code))
      })
  }

  /// Runs the notebook. Observers hear of every cell as it ends, so that whatever stops the process later, the
  /// outcome of every finished cell is already kept.
  public func run() -> RunResult {
    bindParameters()
    for (index, cell) in document.cells.enumerated() where result.stopReason == nil {
      if cell.options.eval { run(cell, at: index) }
      if let until = options.until, cell.isAddressed(by: until) { break }
    }
    result.seconds = monotonicSeconds() - start
    for observer in observers { observer.runEnded(result) }
    return result
  }

  /// Header parameters become ordinary variables, through the same door as any other program text.
  private func bindParameters() {
    guard !options.parameters.isEmpty else { return }
    let source = options.parameters.map { "\($0.name) = \($0.value.literal);" }.joined(separator: "\n")
    evaluator.start(CellRequest(source: source, key: "params", name: document.name, firstLine: 1, indent: 0))
    while let message = evaluator.next(within: 60) {
      guard case .finished(let failure) = message else { continue }
      if let failure { result.stopReason = "binding the parameters failed: \(failure.message)" }
      return
    }
    result.stopReason = "binding the parameters did not end"
  }

  private func run(_ cell: Cell, at index: Int) {
    let total = result.cells.count
    result.cells[index].startedAt = monotonicSeconds() - start
    for observer in observers { observer.cellStarted(cell, of: total, in: result) }
    let request = CellRequest(
      source: cell.code, key: keys[index], name: document.name, firstLine: cell.codeLine, indent: cell.indent)
    evaluator.start(request)
    let ending = supervise(cell, at: index)
    closeText(at: index)
    result.cells[index].seconds = monotonicSeconds() - start - result.cells[index].startedAt
    settle(cell, at: index, ending)
    result.seconds = monotonicSeconds() - start
    for observer in observers { observer.cellEnded(result.cells[index], of: total, in: result) }
  }

  // MARK: Supervision

  /// Why a cell was asked to stop.
  private enum Cause {
    case cellLimit(Double)
    case totalLimit(Double)
    case memory(limit: Int, reached: Int)
    case user
  }

  private struct Ending {
    var failure: CellFailure?
    var cause: Cause?
    /// False when the cell ignored the request to stop.
    var stopped = true
    var lastProgress: ProgressReport?
  }

  /// Reads the evaluator's messages until the cell ends, watching time, memory and the user.
  private func supervise(_ cell: Cell, at index: Int) -> Ending {
    let began = monotonicSeconds()
    let interruptsBefore = options.interruptCount()
    let cellLimit = cell.options.timeout ?? options.cellTimeout
    var ending = Ending()
    var askedAt: Double?
    var keptBytes = 0
    while true {
      switch evaluator.next(within: 0.1) {
      case .finished(let failure):
        ending.failure = failure
        if ending.cause == nil, failure?.code == "Interrupted" { ending.cause = .user }
        return ending
      case .output(let output):
        keep(output, at: index, keptBytes: &keptBytes)
        for observer in observers { observer.cellProduced(output, in: cell) }
      case .progress(let progress):
        ending.lastProgress = progress
        for observer in observers { observer.cellProgressed(progress, in: cell) }
      case nil: break
      }
      let now = monotonicSeconds()
      let interrupts = options.interruptCount() - interruptsBefore
      if askedAt == nil {
        if interrupts > 0 {
          ending.cause = .user
        } else if let limit = cellLimit, now - began > limit {
          ending.cause = .cellLimit(limit)
        } else if let limit = options.totalTimeout, now - start > limit {
          ending.cause = .totalLimit(limit)
        } else if let limit = options.memoryLimit, let reached = residentBytes(), reached > limit {
          ending.cause = .memory(limit: limit, reached: reached)
        }
        if ending.cause != nil {
          askedAt = now
          evaluator.interrupt()
        }
      } else if let asked = askedAt, now - asked > options.grace || interrupts > 1 {
        ending.stopped = false
        return ending
      }
    }
  }

  private func keep(_ output: CellOutput, at index: Int, keptBytes: inout Int) {
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

  // MARK: Outcome

  /// Turns how a cell ended into its status, compares expectations and decides whether the run goes on.
  private func settle(_ cell: Cell, at index: Int, _ ending: Ending) {
    if let cause = ending.cause {
      stop(cell, at: index, ending, cause)
      return
    }
    result.cells[index].failure = ending.failure
    switch (cell.options.error, ending.failure) {
    case (.forbid, nil), (.allow, _): result.cells[index].status = .ok
    case (.forbid, _?): result.cells[index].status = .error
    case (.expected(let code), let failure?) where failure.code == code: result.cells[index].status = .ok
    case (.expected(let code), let failure):
      result.cells[index].status = .error
      let came = failure.map { "it failed with \($0.code): \($0.message)" } ?? "it succeeded"
      let message = "cell \(cell.address) is declared to fail with \(code), but \(came)"
      result.cells[index].failure = CellFailure(
        code: "ExpectedError", message: message, line: cell.line, column: 1, rendered: "error: \(message)")
    }
    if result.cells[index].status == .ok {
      result.cells[index].expectations = expectations(of: cell, text: result.cells[index].text)
    } else if options.onError == .stop {
      result.stopReason = "cell \(cell.address) failed"
    }
  }

  private func expectations(of cell: Cell, text: String) -> [CellOutcome.ExpectationResult] {
    document.blocks.compactMap { block in
      guard case .expect(let expectation) = block, expectation.cell == cell.ordinal else { return nil }
      return CellOutcome.ExpectationResult(
        line: expectation.line,
        mismatch: compare(text, expected: expectation.text, tolerance: expectation.tolerance))
    }
  }

  private func stop(_ cell: Cell, at index: Int, _ ending: Ending, _ cause: Cause) {
    let elapsed = decimal(result.cells[index].seconds, 1)
    let (status, code, reason): (CellOutcome.Status, String, String)
    switch cause {
    case .cellLimit(let limit):
      (status, code) = (.timeout, "Timeout")
      reason = "cell \(cell.address) ran \(elapsed) s, longer than its limit of \(decimal(limit, 1)) s"
    case .totalLimit(let limit):
      (status, code) = (.timeout, "Timeout")
      reason = "the run reached its limit of \(decimal(limit, 1)) s in cell \(cell.address)"
    case .memory(let limit, let reached):
      (status, code) = (.killed, "MemoryLimit")
      reason =
        "memory limit of \(limit >> 20) MiB reached in cell \(cell.address) (\(reached >> 20) MiB resident)"
    case .user:
      (status, code) = (.interrupted, "Interrupted")
      reason = "interrupted in cell \(cell.address) after \(elapsed) s"
    }
    let message = ending.lastProgress.map { "\(reason); last progress: \($0.line)" } ?? reason
    result.cells[index].status = status
    result.cells[index].failure = CellFailure(
      code: code, message: message, line: cell.line, column: 1, rendered: "error: \(message)")
    result.isEvaluatorStuck = !ending.stopped
    // A cell that overran its own limit and stopped leaves a healthy session: `all` goes on.
    if case .cellLimit = cause, ending.stopped, options.onError == .all { return }
    result.stopReason = reason
  }
}

/// Identities of cells that survive edits elsewhere: the label, or a hash of the text with a count of equal texts before.
private func cellKeys(_ cells: [Cell]) -> [String] {
  var seen: [String: Int] = [:]
  return cells.map { cell in
    if let label = cell.options.label { return "label:\(label)" }
    let hash = sha256(cell.code)
    let occurrence = seen[hash, default: 0]
    seen[hash] = occurrence + 1
    return "source:\(hash.prefix(16)):\(occurrence)"
  }
}

extension Cell {
  /// Whether a label or `@N` means this cell.
  func isAddressed(by text: String) -> Bool { text == options.label || text == "@\(ordinal)" }
}

extension ProgressReport {
  /// `fit 40 % loss 0.12`.
  public var line: String {
    let percent = fraction.map { " \(decimal(100 * max(0, min(1, $0)), 0)) %" } ?? ""
    return detail.isEmpty ? label + percent : "\(label)\(percent) \(detail)"
  }
}
