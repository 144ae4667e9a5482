import Dispatch

/// Runs `body` over `0 ..< count` in ranges of `grain`, on all cores.
///
/// The ranges depend on `count` and `grain` only, and `body` must write nothing outside its range: so the result
/// has the same bits for any number of threads.
func parallel(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  guard count > grain else {
    if count > 0 { body(0..<count) }
    return
  }
  nonisolated(unsafe) let body = body
  DispatchQueue.concurrentPerform(iterations: (count + grain - 1) / grain) { chunk in
    let begin = chunk * grain
    body(begin..<min(begin + grain, count))
  }
}
