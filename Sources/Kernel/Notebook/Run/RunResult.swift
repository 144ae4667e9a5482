/// The outcome of a notebook run: everything `result.json`, the exports and the exit code are made from.
public struct RunResult: Sendable {
  /// Version of the schema of `result.json`.
  public static let schemaVersion = 1

  /// The notebook as the user named it.
  public let notebook: String
  /// SHA-256 of the notebook file.
  public let notebookHash: String
  /// Parameters as bound before the first cell.
  public let parameters: [ResolvedParameter]
  /// The seed of the session.
  public let seed: UInt64
  /// Who ran it: engine version, machine and threads.
  public let environment: [(String, JSON)]
  /// When the run started, ISO 8601 in UTC.
  public let started: String
  /// Wall time in seconds.
  public internal(set) var seconds = 0.0
  /// Cells in file order; those not reached yet are `skipped`.
  public internal(set) var cells: [CellOutcome]
  /// What ended the run early, in one line.
  public internal(set) var stopReason: String?
  /// How the evaluator ended, where it did so between two cells.
  public internal(set) var death: EvaluatorDeath?
  /// What went wrong beside the cells, in one line each.
  public internal(set) var warnings: [String] = []
  /// Whether the evaluator ignored the request to stop and is still running; the process must exit at once.
  public internal(set) var isEvaluatorStuck = false

  /// What `record` gave, the last value of every name, in order of first mention.
  public var metrics: [(name: String, value: Double)] {
    var found: [(name: String, value: Double)] = []
    for case .metric(let name, let value) in cells.flatMap(\.outputs) {
      if let index = found.firstIndex(where: { $0.name == name }) {
        found[index].value = value
      } else {
        found.append((name, value))
      }
    }
    return found
  }

  /// The process exit code: 130 interrupted, 137 over the memory limit, 128+N the evaluator died of signal N, 125 it left by itself,
  /// 124 timed out, 126 a permission was refused, 1 a cell failed, 4 an expectation does not hold, 3 the parameters could not be bound, 0 every cell succeeded or
  /// failed as declared.
  public var exitCode: Int32 {
    let statuses = Set(cells.map(\.status))
    if statuses.contains(.interrupted) { return 130 }
    if let death = death ?? cells.first(where: { $0.death != nil })?.death {
      return death.signal.map { 128 + $0 } ?? 125
    }
    if statuses.contains(.killed) { return 137 }
    if statuses.contains(.timeout) { return 124 }
    if cells.contains(where: { $0.status == .error && $0.failure?.code == "PermissionDenied" }) { return 126 }
    if statuses.contains(.error) { return 1 }
    if stopReason != nil { return 3 }
    return cells.contains { $0.expectations.contains { $0.mismatch != nil } } ? 4 : 0
  }
}

/// The outcome of one cell.
public struct CellOutcome: Sendable {
  /// How a cell ended.
  public enum Status: String, Sendable {
    /// Succeeded, or failed as its `error` option declares.
    case ok
    /// Failed undeclared, or did not fail as declared.
    case error
    /// Ran longer than its limit or the run's.
    case timeout
    /// Stopped by the user.
    case interrupted
    /// Stopped for reaching the memory limit, or gone with the evaluator.
    case killed
    /// Did not run.
    case skipped
    /// Succeeded in an earlier run, whose outputs were replayed.
    case cached
  }

  /// The outcome of an `expect` block.
  public struct ExpectationResult: Sendable {
    /// Line of the block's fence.
    public let line: Int
    /// The first difference; nil when the output matches.
    public let mismatch: Mismatch?
  }

  /// The label, or `@N`.
  public let address: String
  /// Position among the cells, from 1.
  public let ordinal: Int
  /// Line of the cell's fence.
  public let line: Int
  /// SHA-256 of the program text; an output is stale when the cell's text no longer has it.
  public let sourceHash: String
  /// Hash of everything the cell's results depend on; empty where that was not asked for.
  public var identity = ""
  /// What the identity is made of, by name.
  public var components: [(name: String, value: String)] = []
  /// How the cell ended.
  public var status = Status.skipped
  /// Seconds from the start of the run to the start of the cell.
  public var startedAt = 0.0
  /// Wall time in seconds.
  public var seconds = 0.0
  /// What the cell produced, in order.
  public var outputs: [CellOutput] = []
  /// Bytes of text dropped because the cell printed more than the limit.
  public var droppedBytes = 0
  /// Why it failed, also when the failure was declared.
  public var failure: CellFailure?
  /// How the evaluator ended in this cell, where it did so by itself.
  public var death: EvaluatorDeath?
  /// The most memory the evaluator had, where it ended in this cell.
  public var peakBytes: Int?
  /// Why it was skipped, or why it will run again next time.
  public var note: String?
  /// Outcomes of the `expect` blocks bound to the cell.
  public var expectations: [ExpectationResult] = []

  /// Whether it ran and did not end as it should.
  public var isFailed: Bool { status != .ok && status != .cached && status != .skipped }

  /// The text an `expect` block sees: what was printed and shown, and the message of a declared failure.
  public var text: String {
    var parts = outputs.compactMap { output -> String? in
      switch output {
      case .text(let text): return text
      case .warning, .metric: return nil
      case .display(let rendering), .value(let rendering, _): return rendering.text
      }
    }
    if let failure { parts.append("error: \(failure.message)") }
    return parts.map { $0.isEmpty || $0.hasSuffix("\n") ? $0 : $0 + "\n" }.joined()
  }
}

/// A parameter with the value it has in a run.
public struct ResolvedParameter: Sendable, Equatable {
  /// Who gave the value.
  public enum Source: String, Sendable {
    /// The header.
    case `default`
    /// A parameter file.
    case file
    /// The command line.
    case cli
  }

  /// The parameter's name.
  public let name: String
  /// Its value.
  public let value: ParameterValue
  /// Who gave it.
  public let source: Source
}
