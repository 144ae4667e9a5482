import Glibc
import Tensor

let timeMagic = Magic(
  evaluating: "time", "Runs an expression once: wall and processor time, and the most memory it held."
) { session, function in
  MemoryReport.resetPeak()
  ProcessMemory.resetPeak()
  let before = MemoryReport.now.live
  let watch = Stopwatch()
  let value = try function.call([])
  let (wall, processor) = (watch.wall, watch.processor)
  let tensors = max(0, MemoryReport.now.peak - before)
  session.emit(
    .text(
      "wall \(Stopwatch.text(wall)), cpu \(Stopwatch.text(processor)), "
        + "peak memory \(ByteCount.text(ProcessMemory.now.peak)) (\(ByteCount.text(tensors)) of it new tensors)\n"
    ))
  return value
}

let timeitMagic = Magic(
  evaluating: "timeit", usage: "expression",
  "Runs an expression many times: mean and standard deviation of seven runs."
) { session, function in
  session.emit(.text(try Statistics(of: function).text + "\n"))
  return .none
}

/// Seven runs of as many repetitions as take 50 ms.
private struct Statistics {
  let mean, deviation: Double
  let repeats: Int
  private static let runs = 7

  init(of function: FunctionBox) throws {
    var repeats = 1
    while true {
      let seconds = try Self.seconds(function, repeats)
      if seconds > 0.05 || repeats >= 1 << 24 { break }
      repeats *= seconds < 0.005 ? 8 : 2
    }
    let times = try (0..<Self.runs).map { _ in try Self.seconds(function, repeats) / Double(repeats) }
    let mean = times.reduce(0, +) / Double(times.count)
    (self.repeats, self.mean) = (repeats, mean)
    deviation =
      (times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count - 1)).squareRoot()
  }

  private static func seconds(_ function: FunctionBox, _ repeats: Int) throws -> Double {
    let watch = Stopwatch()
    for _ in 0..<repeats {
      try checkInterrupt()
      _ = try function.call([])
    }
    return watch.wall
  }

  var text: String {
    "\(Stopwatch.text(mean)) ± \(Stopwatch.text(deviation)) (mean ± sd of \(Self.runs) runs, "
      + "\(repeats) loop\(repeats == 1 ? "" : "s") each)"
  }
}

/// Elapsed and processor time since it was made.
struct Stopwatch {
  private let wallStart = Stopwatch.now(CLOCK_MONOTONIC)
  private let processorStart = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID)

  var wall: Double { Stopwatch.now(CLOCK_MONOTONIC) - wallStart }
  var processor: Double { Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - processorStart }

  static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Seconds with three digits and a fitting unit.
  static func text(_ seconds: Double) -> String {
    let (scale, unit) =
      seconds >= 1 ? (1, "s") : seconds >= 1e-3 ? (1e3, "ms") : seconds >= 1e-6 ? (1e6, "µs") : (1e9, "ns")
    return NumberFormat(precision: 3, style: .general).apply(seconds * scale) + " " + unit
  }
}
