import Glibc
import Tensor

/// One line of the table: something that is run again and again.
struct Row {
  let name: String
  /// Whether it has a process of its own, so that the process's peak memory is the row's.
  var isAlone = false
  /// Whether torch_peer.py has it too.
  var hasPeer = true
  /// Multiplications and additions of one run; 0 where no rate is printed.
  var flops = 0.0
  /// Seconds of one run.
  let measure: (Budget) throws -> Double
}

/// How long a row is measured.
struct Budget {
  /// At least so many seconds in all.
  var seconds = 0.4
  /// At least so many samples.
  var samples = 5
  /// Each sample repeats the work until it takes so long, which the clock's resolution must not matter for.
  let sample = 0.02

  /// The median time of one run. `work` runs something as often as it is told.
  func median(of work: (Int) throws -> Void) throws -> Double {
    try work(1)
    let first = try elapsed { try work(1) }
    let repeats = max(1, Int(min(sample / max(first, 1e-9), 1e7)))
    var times: [Double] = []
    var total = 0.0
    while times.count < samples || (total < seconds && times.count < 1000) {
      let time = try elapsed { try work(repeats) }
      times.append(time / Double(repeats))
      total += time
    }
    return times.sorted()[times.count / 2]
  }
}

/// A row among the others of its process. `prepare` makes the data and returns the work.
func operation(
  _ name: String, flops: Double = 0, _ prepare: @escaping () throws -> () throws -> Void
) -> Row {
  Row(name: name, flops: flops) { budget in
    let body = try prepare()
    return try budget.median { for _ in 0..<$0 { try body() } }
  }
}

/// A row with a process of its own.
func step(_ name: String, _ prepare: @escaping () throws -> () throws -> Void) -> Row {
  Row(name: name, isAlone: true) { budget in
    let body = try prepare()
    return try budget.median { for _ in 0..<$0 { try body() } }
  }
}

func elapsed(_ body: () throws -> Void) rethrows -> Double {
  let begin = seconds()
  try body()
  return seconds() - begin
}

private func seconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Normal numbers, the same in every run.
func normal(_ extents: [Int]) throws -> Tensor {
  var stream = RandomStream(seed: UInt64(extents.reduce(7) { $0 &* 31 &+ $1 }))
  return try stream.normals(Shape(extents))
}

/// A field of /proc/self/status in bytes: VmHWM is the largest resident size so far, VmRSS the present one.
func processMemory(_ field: String) -> Int {
  guard let file = fopen("/proc/self/status", "r") else { return 0 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while fgets(&line, 256, file) != nil {
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    guard text.hasPrefix("\(field):") else { continue }
    return (Int(text.filter(\.isNumber)) ?? 0) * 1024
  }
  return 0
}
