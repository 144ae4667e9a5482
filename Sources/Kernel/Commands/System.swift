import Runtime
import Tensor

/// The machine.
let systemCommands: [Command] = [
  Command(
    "memory", "What tensors hold (live, peak and cached bytes of large buffers) and what the process does.",
    [],
    returns: "a record with live, peak, cached, hits, misses, resident and residentPeak",
    example: "memory().live", effects: [.clock]
  ) { _ in
    let (memory, process) = (MemoryReport.now, ProcessMemory.now)
    return .record([
      ("live", .int(memory.live)), ("peak", .int(memory.peak)), ("cached", .int(memory.cached)),
      ("hits", .int(memory.hits)), ("misses", .int(memory.misses)),
      ("resident", .int(process.resident)), ("residentPeak", .int(process.peak)),
    ])
  },
  Command(
    "seconds", "The wall time that a call of a function takes: the least of several runs.",
    [
      .required("f", .function, "a function without arguments"),
      .optional("runs", .int, default: 5, "how often it is called"),
    ],
    returns: "seconds", example: "seconds { sum(ones([1000])) } > 0  # true", effects: [.clock, .calls("f")]
  ) { a in
    let (f, clock) = (try a.function("f"), ContinuousClock())
    var least = Duration.seconds(Int64.max)
    for _ in 0..<(try a.int("runs", atLeast: 1)) {
      let begin = clock.now
      _ = try f.call([])
      least = min(least, clock.now - begin)
    }
    return .float(least / .seconds(1))
  },
  Command(
    "threads", "The number of threads that share large operations; results do not depend on it.",
    [.optional("count", .int, "sets it")], returns: "the number", example: "threads()", effects: [.clock]
  ) { a in
    if let count = try a.optionalInt("count", atLeast: 1) { Engine.threads = count }
    return .int(Engine.threads)
  },
]
