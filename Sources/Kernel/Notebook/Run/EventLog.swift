import Glibc

/// Writes a run as newline-delimited JSON while it happens: `run_start`, `cell_start`, `output`, `progress`,
/// `cell_end`, `run_end`, each with `v`, `seq` and seconds since the start on a monotonic clock.
public final class EventLog: RunObserver {
  /// The first failure to write; the run goes on without a log.
  public private(set) var failure: FileError?
  private let descriptor: Int32
  private let path: String
  private let start = monotonicSeconds()
  private var sequence = 0
  private var hasStarted = false
  private var lastProgress = -1.0

  /// Opens the log at `path`, or standard output for `-`; throws `FileError`.
  public init(_ path: String) throws {
    self.path = path
    descriptor =
      path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError("write", path, errno) }
  }

  deinit { if descriptor != STDOUT_FILENO { close(descriptor) } }

  /// Logs `cell_start`.
  public func cellStarted(_ cell: Cell, of total: Int, in result: RunResult) {
    begin(result)
    emit("cell_start", [("cell", .string(cell.address)), ("line", .int(cell.line)), ("of", .int(total))])
  }

  /// Logs `output`.
  public func cellProduced(_ output: CellOutput, in cell: Cell) {
    if case .metric(let name, let value) = output {
      emit("metric", [("cell", .string(cell.address)), ("name", .string(name)), ("value", .number(value))])
      return
    }
    let holder = CellOutcome(address: cell.address, ordinal: cell.ordinal, line: cell.line, sourceHash: "")
    emit("output", [("cell", .string(cell.address)), ("output", holder.json(of: output))])
  }

  /// Logs `progress`.
  public func cellProgressed(_ progress: ProgressReport, in cell: Cell) {
    // Ten a second is enough for any reader; a tight loop must not fill the disk.
    guard monotonicSeconds() - lastProgress >= 0.1 else { return }
    lastProgress = monotonicSeconds()
    emit(
      "progress",
      [
        ("cell", .string(cell.address)), ("label", .string(progress.label)),
        ("fraction", progress.fraction.map(JSON.number) ?? .null), ("detail", .string(progress.detail)),
      ])
  }

  /// Logs `cell_end`.
  public func cellEnded(_ outcome: CellOutcome, of total: Int, in result: RunResult) {
    emit(
      "cell_end",
      [
        ("cell", .string(outcome.address)), ("status", .string(outcome.status.rawValue)),
        ("seconds", .number(outcome.seconds)), ("error", outcome.failure?.json ?? .null),
        ("expect", .array(outcome.expectations.map(\.json))),
      ])
  }

  /// Logs `run_end`.
  public func runEnded(_ result: RunResult) {
    begin(result)
    emit(
      "run_end",
      [
        ("exit_code", .int(Int(result.exitCode))), ("seconds", .number(result.seconds)),
        ("stop_reason", result.stopReason.map(JSON.string) ?? .null),
      ])
  }

  private func begin(_ result: RunResult) {
    guard !hasStarted else { return }
    hasStarted = true
    emit(
      "run_start",
      [
        ("notebook", .string(result.notebook)), ("sha256", .string(result.notebookHash)),
        ("started", .string(result.started)), ("seed", .string("\(result.seed)")),
      ])
  }

  private func emit(_ event: String, _ members: [(String, JSON)]) {
    guard failure == nil else { return }
    sequence += 1
    let head: [(String, JSON)] = [
      ("v", .int(1)), ("seq", .int(sequence)), ("t", .number(monotonicSeconds() - start)),
      ("event", .string(event)),
    ]
    do {
      try writeAll(Array((JSON.object(head + members).compact + "\n").utf8), to: descriptor, path)
    } catch let error as FileError {
      failure = error
    } catch {
      failure = FileError("write", path, EIO)
    }
  }
}
