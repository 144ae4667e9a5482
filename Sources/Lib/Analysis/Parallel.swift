import CKernels

/// Runs `body` over `0 ..< count` in ranges of `grain`, shared among the engine's threads.
///
/// The ranges depend on `count` and `grain` only, and `body` must write nothing outside its range: so the result
/// has the same bits for any number of threads. `body` must touch no shared Swift objects but read-only ones.
func parallel(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  guard count > grain else {
    if count > 0 { body(0..<count) }
    return
  }
  withoutActuallyEscaping(body) { body in
    withUnsafePointer(to: Job(count: count, grain: grain, body: body)) { job in
      faa_parallel(
        (count + grain - 1) / grain,
        { context, chunk in context?.assumingMemoryBound(to: Job.self).pointee.run(chunk) },
        UnsafeMutableRawPointer(mutating: job))
    }
  }
}

private struct Job {
  let count: Int
  let grain: Int
  let body: (Range<Int>) -> Void

  func run(_ chunk: Int) {
    let begin = chunk * grain
    body(begin..<min(begin + grain, count))
  }
}
