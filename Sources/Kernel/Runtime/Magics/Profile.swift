import Tensor

let profileMagic = Magic(
  evaluating: "profile", "Runs an expression once: the time of every command and of every tensor operation."
) { session, function in
  let profile = CommandTimes()
  let outer = session.machine.profile
  session.machine.profile = profile
  defer { session.machine.profile = outer }
  let watch = Stopwatch()
  let (value, operations) = try OperationTimes.measure {
    profile.operations = $0
    return try function.call([])
  }
  let wall = watch.wall
  session.emit(.text(profile.report(wall: wall, operations, width: session.width) + "\n"))
  return value
}

/// Calls and times of commands while an expression is profiled.
final class CommandTimes {
  private struct Row {
    var calls = 0
    /// With and without the commands it calls.
    var total = 0.0
    var own = 0.0
    /// Calls under way, so that a recursive command is not counted twice.
    var open = 0
  }

  private var rows: [String: Row] = [:]
  /// The time that commands called from the one under way have taken so far, innermost last.
  private var inner: [Double] = []
  /// The clock of the operations inside.
  var operations: OperationTimes?

  /// Runs a command's body.
  func measure(_ name: String, _ body: () throws -> Value) rethrows -> Value {
    rows[name, default: Row()].open += 1
    inner.append(0)
    operations?.restart()
    let watch = Stopwatch()
    defer {
      let time = watch.wall
      let own = time - inner.removeLast()
      if !inner.isEmpty { inner[inner.count - 1] += time }
      rows[name]?.calls += 1
      rows[name]?.own += own
      rows[name]?.open -= 1
      if rows[name]?.open == 0 { rows[name]?.total += time }
      operations?.restart()
    }
    return try body()
  }

  /// Two tables, the slowest first, and what neither accounts for.
  func report(wall: Double, _ operations: OperationTimes, width: Int) -> String {
    func share(_ seconds: Double) -> String {
      NumberFormat(precision: 0, style: .fixed).apply(100 * seconds / max(wall, 1e-12)) + " %"
    }
    var parts = ["wall \(Stopwatch.text(wall))"]
    let commands = rows.sorted { ($0.value.own, $1.key) > ($1.value.own, $0.key) }.prefix(Self.shown)
    if !commands.isEmpty {
      let table = commands.map { name, row in
        [name, "\(row.calls)", Stopwatch.text(row.total), Stopwatch.text(row.own), share(row.own)]
      }
      parts.append(
        TextTable(
          [["command", "calls", "total", "self", "share"]] + table, width: width, rightAligned: [1, 2, 3, 4]
        ).text)
    }
    let busy = operations.rows.sorted { ($0.value.seconds, $1.key) > ($1.value.seconds, $0.key) }
    if !busy.isEmpty {
      let table = busy.prefix(Self.shown).map { name, row in
        [name, "\(row.count)", Stopwatch.text(row.seconds), share(row.seconds), ByteCount.text(row.bytes)]
      }
      parts.append(
        TextTable(
          [["operation", "count", "time", "share", "results"]] + table, width: width,
          rightAligned: [1, 2, 3, 4]
        ).text)
    }
    let isCut = max(rows.count, busy.count) > Self.shown
    if isCut { parts.append("the slowest \(Self.shown) of each") }
    return parts.joined(separator: "\n\n")
  }

  private static let shown = 20
}
