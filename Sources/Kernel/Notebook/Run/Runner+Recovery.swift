/// Going on after a cell that took its evaluator down.
extension Runner {
  /// The session is gone, or not to be trusted any more: the run is over, or goes on in another one where `onError` says so.
  func loseSession(because reason: String, isOver: Bool) {
    guard options.onError != .stop, !isOver, replacement != nil else {
      result.stopReason = reason
      return
    }
    isSessionLost = true
  }

  /// Whether there is a session for the cell. After a loss, a fresh one is started and given what the remaining cells need of those
  /// before: from the cache where this run has stored it, else by running those cells again, whose outputs are known already.
  func hasSession(for index: Int) -> Bool {
    guard isSessionLost, let replacement else { return true }
    isSessionLost = false
    do {
      evaluator = try replacement()
    } catch {
      result.stopReason = "another evaluator could not be started: \(error)"
      return false
    }
    bindParameters()
    var again: [String] = []
    for earlier in neededBefore(index) {
      guard result.stopReason == nil else { return false }
      if !restore(earlier) {
        again.append(document.cells[earlier].address)
        repeatCell(earlier)
      }
    }
    let how = again.isEmpty ? "" : ", for which \(again.joined(separator: ", ")) ran again"
    result.warnings.append(
      "the run went on in a fresh evaluator from cell \(document.cells[index].address) on\(how)")
    return result.stopReason == nil
  }

  /// The cells before `index` that succeeded and that it or a later cell needs, in file order.
  private func neededBefore(_ index: Int) -> [Int] {
    let earlier = (0..<index).filter { [.ok, .cached].contains(result.cells[$0].status) }
    guard let graph = options.graph else { return earlier }
    let later = selected.filter { $0 >= index && document.cells[$0].options.eval }
    let running = later.filter { graph.closure(of: [$0]).isDisjoint(with: broken) }
    let needed = graph.closure(of: Set(running))
    return earlier.filter(needed.contains)
  }

  /// Brings the cell's variables back from the cache.
  private func restore(_ index: Int) -> Bool {
    guard let cache = options.cache, let node = options.graph?.nodes[index],
      stored.contains(index) || result.cells[index].status == .cached
    else { return false }
    if node.results.isEmpty { return true }
    let path = cache.valuesPath(keys[index], node.identity)
    return answer(to: .restore(path: path, cell: request(document.cells[index], at: index))) == nil
  }

  /// Runs a cell that has succeeded before, for its variables. It is limited as it was then.
  private func repeatCell(_ index: Int) {
    let cell = document.cells[index]
    evaluator.start(.run(request(cell, at: index)))
    let supervision = Supervision(
      evaluator: evaluator, options: options, cellLimit: cell.options.timeout ?? options.cellTimeout,
      runStart: start, interruptsBefore: interruptsBefore)
    let ending = supervision.run { _ in }
    if case .user = ending.cause {
      result.cells[index].status = .interrupted
      result.stopReason = "interrupted while cell \(cell.address) ran again"
    } else if ending.cause != nil || ending.death != nil {
      result.stopReason =
        "cell \(cell.address), which had succeeded, did not when it ran again in a fresh evaluator"
    }
  }
}
