/// Replaying cells and storing them.
extension Runner {
  func prepareCache() {
    if canStore { options.cache?.prepare() }
  }

  private func stopStoring(_ reason: String) {
    canStore = false
    result.warnings.append("results of cells are not kept for another run: \(reason)")
  }

  /// Where long commands of the cell keep how far they are; nil when nothing is kept. A run that does not resume starts afresh.
  func checkpoints(at index: Int) -> String? {
    guard let cache = options.cache, let node = options.graph?.nodes[index], canStore || cache.reads,
      !node.identity.hasPrefix("~"), node.runsAlways == nil
    else { return nil }
    if !cache.reads { cache.removeCheckpoints(keys[index]) }
    return cache.checkpointPrefix(keys[index], node.identity)
  }

  /// Replays the cell when the cache has it as it is now: its outputs to the observers, its variables to the session.
  func replay(_ cell: Cell, at index: Int) -> Bool {
    guard let cache = options.cache, cache.reads, let node = options.graph?.nodes[index],
      node.runsAlways == nil, let entry = cache.entry(keys[index]), entry.identity == node.identity
    else { return false }
    if !node.results.isEmpty {
      let path = cache.valuesPath(keys[index], node.identity)
      // An entry that cannot be read is one that is not there.
      guard answer(to: .restore(path: path, cell: request(cell, at: index))) == nil else { return false }
    }
    result.cells[index].startedAt = monotonicSeconds() - start
    for observer in observers { observer.cellStarted(cell, of: result.cells.count, in: result) }
    for output in entry.outputs { for observer in observers { observer.cellProduced(output, in: cell) } }
    result.cells[index].outputs = entry.outputs
    result.cells[index].droppedBytes = entry.droppedBytes
    result.cells[index].seconds = entry.seconds
    result.cells[index].status = .cached
    result.cells[index].expectations = expectations(of: cell, text: result.cells[index].text)
    end(cell, at: index)
    return true
  }

  func store(at index: Int) {
    let outcome = result.cells[index]
    guard canStore, let cache = options.cache, let node = options.graph?.nodes[index], outcome.status == .ok
    else { return }
    if let reason = node.runsAlways {
      result.cells[index].note = "runs every time: \(reason)"
      return
    }
    if node.identity.hasPrefix("~") {
      result.cells[index].note = "runs every time: it uses results of a cell that does"
      return
    }
    guard outcome.seconds >= cache.minimumSeconds else { return }
    if !node.results.isEmpty {
      let request = EvaluatorRequest.store(
        names: node.results.sorted(), path: cache.valuesPath(keys[index], node.identity))
      if let failure = answer(to: request) {
        if failure.code == "NotStorable" {
          result.cells[index].note = "runs every time: \(failure.message)"
        } else {
          stopStoring(failure.message)
        }
        return
      }
    }
    do {
      try cache.store(
        CellCache.Entry(
          identity: node.identity, components: node.components, seconds: outcome.seconds,
          outputs: outcome.outputs, droppedBytes: outcome.droppedBytes), keys[index])
      stored.insert(index)
    } catch {
      stopStoring("\(error)")
    }
  }
}
