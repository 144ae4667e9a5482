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
    "threads", "The number of threads that share large operations; results do not depend on it.",
    [.optional("count", .int, "sets it")], returns: "the number", example: "threads()", effects: [.clock]
  ) { a in
    if let count = try a.optionalInt("count", atLeast: 1) { Engine.threads = count }
    return .int(Engine.threads)
  },
]
