import CKernels
import Glibc

/// Where the time of a computation goes, by operation. An operation is charged the time since the one before it ended, so what the
/// program does between two belongs to the second.
public final class OperationTimes {
  /// One operation.
  public struct Row: Sendable {
    /// How often it ran.
    public fileprivate(set) var count = 0
    /// Seconds in all.
    public fileprivate(set) var seconds = 0.0
    /// Bytes of its results.
    public fileprivate(set) var bytes = 0
  }

  /// The rows by the operation's name.
  public private(set) var rows: [String: Row] = [:]
  private var last = OperationTimes.now

  // Used by the thread that measures alone: the flag that leads here belongs to that thread.
  nonisolated(unsafe) static var current: OperationTimes?

  /// Runs `body` on this thread with a clock on every operation.
  public static func measure<R>(
    _ body: (OperationTimes) throws -> R
  ) throws -> (result: R, times: OperationTimes) {
    let (outer, times) = (current, OperationTimes())
    current = times
    defer { current = outer }
    return (try observing(FAA_TIMED) { try body(times) }, times)
  }

  /// Begins a new stretch: what went before is charged to no operation.
  public func restart() { last = Self.now }

  func note(_ name: String, _ result: Tensor) {
    let now = Self.now
    rows[name, default: Row()].count += 1
    rows[name, default: Row()].seconds += now - last
    rows[name, default: Row()].bytes += result.count * result.dtype.size
    last = now
  }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
