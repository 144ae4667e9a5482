import Glibc
import Syntax

extension Machine {
  /// The function behind `%name rest`: a magic of the client, or one of the language's own. The argument is the rest of the line, or a
  /// closure of the expression for the timing magics.
  func magic(_ name: String) -> FunctionBox {
    FunctionBox(
      native: Command(name, "", [.required("line", .any)], effects: [.clock]) { [weak self] arguments in
        guard let self, let session = self.session else { return .none }
        switch arguments[0] {
        case .function(let function): return try self.measure(name, function, session)
        case .string(let box): return try session.magic(name, box.value)
        default: return .none
        }
      })
  }

  private func measure(_ name: String, _ function: FunctionBox, _ session: Session) throws -> Value {
    switch name {
    case "time":
      let start = Stopwatch()
      let value = try function.call([])
      session.emit(.text("wall \(Stopwatch.text(start.wall)), cpu \(Stopwatch.text(start.processor))\n"))
      return value
    case "timeit":
      session.emit(.text(try Machine.statistics(of: function) + "\n"))
      return .none
    default:
      if let magic = session.magics[name] {
        return try magic(function.code?.source.text(function.code?.span ?? Span(0, 0)) ?? "")
      }
      return try function.call([])
    }
  }

  /// Repeats until a run takes 50 ms, then takes seven runs.
  private static func statistics(of function: FunctionBox) throws -> String {
    var repeats = 1
    while true {
      let start = Stopwatch()
      for _ in 0..<repeats { _ = try function.call([]) }
      if start.wall > 0.05 || repeats >= 1 << 24 { break }
      repeats *= start.wall < 0.005 ? 8 : 2
    }
    var times: [Double] = []
    for _ in 0..<7 {
      let start = Stopwatch()
      for _ in 0..<repeats { _ = try function.call([]) }
      times.append(start.wall / Double(repeats))
    }
    let mean = times.reduce(0, +) / Double(times.count)
    let deviation = (times.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(times.count)).squareRoot()
    return "\(Stopwatch.text(mean)) ± \(Stopwatch.text(deviation)) a run (mean ± sd of 7 runs of \(repeats))"
  }
}

/// Elapsed and processor time since it was made.
struct Stopwatch {
  private let wallStart = Stopwatch.now(CLOCK_MONOTONIC)
  private let processorStart = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID)

  var wall: Double { Stopwatch.now(CLOCK_MONOTONIC) - wallStart }
  var processor: Double { Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - processorStart }

  static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Seconds with three digits and a fitting unit.
  static func text(_ seconds: Double) -> String {
    let (scale, unit) =
      seconds >= 1 ? (1, "s") : seconds >= 1e-3 ? (1e3, "ms") : seconds >= 1e-6 ? (1e6, "us") : (1e9, "ns")
    return NumberFormat(precision: 3, style: .general).apply(seconds * scale) + " " + unit
  }
}

extension Session {
  /// `%name rest` for magics that do not evaluate their line.
  func magic(_ name: String, _ rest: String) throws -> Value {
    let topic = rest.filter { !$0.isWhitespace }
    switch name {
    case "?", "??":
      guard let page = name == "?" ? help(topic) : definition(topic) else { throw unknownTopic(topic) }
      emit(.text(page + "\n"))
      return .none
    case "vars":
      emit(.text(variableTable()))
      return .none
    default: break
    }
    if let magic = magics[name] { return try magic(rest) }
    let known = ["time", "timeit", "vars"] + magics.keys.sorted()
    throw CommandError(
      "UnknownMagic", "there is no magic `%\(name)` here",
      help: Suggestion.phrase(for: name, in: known) ?? "known are "
        + known.map { "%\($0)" }.joined(separator: ", "))
  }

  private func unknownTopic(_ topic: String) -> CommandError {
    CommandError(
      "UnknownName", "there is no help on `\(topic)`",
      help: Suggestion.phrase(for: topic, in: commands.keys + machine.globals.definedNames + topicNames)
        ?? "`?` lists all chapters")
  }

  private func variableTable() -> String {
    let rows = variables.map { ($0.name, $0.value.typeName, $0.value.brief(columns: 50)) }
    let names = rows.map { TextWidth.columns($0.0) }.max() ?? 0
    let kinds = rows.map { $0.1.count }.max() ?? 0
    return rows.map { name, kind, text in
      name + String(repeating: " ", count: names - TextWidth.columns(name) + 2) + kind
        + String(repeating: " ", count: kinds - kind.count + 2) + text + "\n"
    }.joined()
  }
}
