import Glibc

/// What the end of a cell means.
extension Runner {
  /// Turns how a cell ended into its status, compares expectations and decides whether the run goes on.
  func settle(_ cell: Cell, at index: Int, _ ending: Supervision.Ending) {
    if let cause = ending.cause {
      stop(cell, at: index, ending, cause)
    } else if let death = ending.death {
      lose(cell, at: index, ending, death)
    } else {
      judge(cell, at: index, ending.failure)
    }
    if result.cells[index].status != .ok { broken.insert(index) }
    guard options.onError == .all else { return }
    broken = []
  }

  private func judge(_ cell: Cell, at index: Int, _ failure: CellFailure?) {
    result.cells[index].failure = failure
    switch (cell.options.error, failure) {
    case (.forbid, nil), (.allow, _): result.cells[index].status = .ok
    case (.forbid, _?): result.cells[index].status = .error
    case (.expected(let code), let failure?) where failure.code == code: result.cells[index].status = .ok
    case (.expected(let code), let failure):
      result.cells[index].status = .error
      let came = failure.map { "it failed with \($0.code): \($0.message)" } ?? "it succeeded"
      fail(
        cell, at: index, "ExpectedError",
        "cell \(cell.address) is declared to fail with \(code), but \(came)")
    }
    if result.cells[index].status == .ok {
      result.cells[index].expectations = expectations(of: cell, text: result.cells[index].text)
    } else if options.onError == .stop {
      result.stopReason = "cell \(cell.address) failed"
    }
  }

  private func fail(_ cell: Cell, at index: Int, _ code: String, _ message: String) {
    result.cells[index].failure = CellFailure(
      code: code, message: message, line: cell.line, column: 1, rendered: "error: \(message)")
  }

  func expectations(of cell: Cell, text: String) -> [CellOutcome.ExpectationResult] {
    document.blocks.compactMap { block in
      guard case .expect(let expectation) = block, expectation.cell == cell.ordinal else { return nil }
      return CellOutcome.ExpectationResult(
        line: expectation.line,
        mismatch: compare(text, expected: expectation.text, tolerance: expectation.tolerance))
    }
  }

  /// The cell was asked to stop, and did or was ended.
  private func stop(_ cell: Cell, at index: Int, _ ending: Supervision.Ending, _ cause: Supervision.Cause) {
    let elapsed = decimal(result.cells[index].seconds, 1)
    let (status, code, reason): (CellOutcome.Status, String, String)
    switch cause {
    case .cellLimit(let limit):
      (status, code) = (.timeout, "Timeout")
      reason = "cell \(cell.address) ran \(elapsed) s, longer than its limit of \(decimal(limit, 1)) s"
    case .totalLimit(let limit):
      (status, code) = (.timeout, "Timeout")
      reason = "the run reached its limit of \(decimal(limit, 1)) s in cell \(cell.address)"
    case .memory(let limit, let reached):
      (status, code) = (.killed, "MemoryLimit")
      let most = max(reached, ending.death?.peakBytes ?? 0) >> 20
      reason =
        "memory limit of \(limit >> 20) MiB reached in cell \(cell.address) (\(most) MiB resident)"
    case .user:
      (status, code) = (.interrupted, "Interrupted")
      reason = "interrupted in cell \(cell.address) after \(elapsed) s"
    }
    var message = reason
    if let progress = ending.lastProgress { message += "; last progress: \(progress.line)" }
    if ending.death != nil || ending.isStuck { message += "; it did not stop when asked and was ended" }
    result.cells[index].status = status
    fail(cell, at: index, code, message)
    result.cells[index].peakBytes = ending.death?.peakBytes
    result.isEvaluatorStuck = ending.isStuck
    // A cell that overran its own limit and stopped leaves a healthy session.
    if case .cellLimit = cause, ending.death == nil, !ending.isStuck, options.onError != .stop { return }
    switch cause {
    case .cellLimit, .memory: loseSession(because: reason, isOver: ending.isStuck)
    case .totalLimit, .user: result.stopReason = reason
    }
  }

  /// The evaluator ended by itself: a crash, a kill from outside, a kernel that ran out of memory.
  private func lose(
    _ cell: Cell, at index: Int, _ ending: Supervision.Ending, _ death: EvaluatorDeath
  ) {
    var message =
      "the evaluator ended in cell \(cell.address) after \(decimal(result.cells[index].seconds, 1)) s: \(death.cause)"
      + ", peak memory \(death.peakBytes >> 20) MiB"
    if death.signal == SIGKILL { message += "; the system kills what uses too much memory" }
    if let progress = ending.lastProgress { message += "; last progress: \(progress.line)" }
    result.cells[index].status = .killed
    result.cells[index].death = death
    result.cells[index].peakBytes = death.peakBytes
    fail(cell, at: index, "EvaluatorDied", message)
    loseSession(because: "the evaluator ended in cell \(cell.address): \(death.cause)", isOver: false)
  }
}
