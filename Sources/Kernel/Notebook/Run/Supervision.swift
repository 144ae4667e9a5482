import Glibc

/// Watches one cell: reads the evaluator's messages until it ends, and stops it for time, memory or the user.
///
/// A cell is first asked to stop; after the grace its process gets SIGTERM, after another SIGKILL.
struct Supervision {
  /// Why a cell was asked to stop.
  enum Cause {
    case cellLimit(Double)
    case totalLimit(Double)
    case memory(limit: Int, reached: Int)
    case user
  }

  /// How the cell ended.
  struct Ending {
    var failure: CellFailure?
    var cause: Cause?
    /// Set when the evaluator is gone.
    var death: EvaluatorDeath?
    /// True when the cell ignored the request to stop and cannot be ended alone.
    var isStuck = false
    var lastProgress: ProgressReport?
  }

  let evaluator: any Evaluator
  let options: RunOptions
  let cellLimit: Double?
  let runStart: Double
  /// Requests to stop that came before the run.
  let interruptsBefore: Int

  /// - Parameter hear: gets what the cell produces.
  func run(hear: (EvaluatorMessage) -> Void) -> Ending {
    let began = monotonicSeconds()
    var ending = Ending()
    // When the cell was asked to stop, and how far the ladder is: 0 asked, 1 SIGTERM, 2 SIGKILL.
    var askedAt: Double?
    var step = 0
    var stepAt = 0.0
    while true {
      switch evaluator.next(within: options.memoryLimit == nil ? 0.1 : 0.02) {
      case .finished(let failure):
        ending.failure = failure
        if ending.cause == nil, failure?.code == "Interrupted" { ending.cause = .user }
        return ending
      case .died(let death):
        ending.death = death
        return ending
      case .progress(let progress):
        ending.lastProgress = progress
        hear(.progress(progress))
      case .output(let output): hear(.output(output))
      case nil: break
      }
      let now = monotonicSeconds()
      let interrupts = options.interruptCount() - interruptsBefore
      guard askedAt != nil else {
        ending.cause = cause(now: now, began: began, interrupts: interrupts)
        if ending.cause != nil {
          (askedAt, stepAt) = (now, now)
          evaluator.interrupt()
        }
        continue
      }
      if isUrgent(ending.cause, interrupts), step < 2, evaluator.end(by: SIGKILL) {
        step = 2
      } else if interrupts > 1, step < 2 {
        return stuck(ending)
      } else if now - stepAt > options.grace, step < 2 {
        step += 1
        stepAt = now
        guard evaluator.end(by: step == 1 ? SIGTERM : SIGKILL) else { return stuck(ending) }
      }
    }
  }

  private func stuck(_ ending: Ending) -> Ending {
    var ending = ending
    ending.isStuck = true
    return ending
  }

  private func cause(now: Double, began: Double, interrupts: Int) -> Cause? {
    if interrupts > 0 { return .user }
    if let limit = cellLimit, now - began > limit { return .cellLimit(limit) }
    if let limit = options.totalTimeout, now - runStart > limit { return .totalLimit(limit) }
    if let limit = options.memoryLimit, let reached = evaluator.residentBytes, reached > limit {
      return .memory(limit: limit, reached: reached)
    }
    return nil
  }

  /// A second Ctrl-C, and memory that goes on growing, do not wait for the grace.
  private func isUrgent(_ cause: Cause?, _ interrupts: Int) -> Bool {
    if interrupts > 1 { return true }
    guard case .memory(let limit, _) = cause, let reached = evaluator.residentBytes else { return false }
    return reached > limit + limit / 4
  }
}
