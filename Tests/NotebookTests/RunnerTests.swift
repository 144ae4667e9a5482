import Glibc
import Runtime
import Testing

@testable import Notebook

/// Plays a script instead of evaluating: what each cell's text says happens.
private final class ScriptedEvaluator: Evaluator {
  private var queue: [EvaluatorMessage?] = []
  private var ignoresInterrupts = false
  private(set) var requests: [CellRequest] = []
  private(set) var interrupts = 0

  func start(_ order: EvaluatorRequest) {
    queue = []
    guard case .run(let request) = order else { return queue.append(.finished(nil)) }
    requests.append(request)
    for line in request.source.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      let rest = words.count > 1 ? words[1] : ""
      switch words.first {
      case "say": queue.append(.output(.text(rest + "\n")))
      case "show": queue.append(.output(.value(Display(text: rest), json: Double(rest).map(JSON.number))))
      case "plot":
        queue.append(.output(.display(Display(text: "[plot]", svg: "<svg>\(rest)</svg>", png: [1, 2]))))
      case "fail":
        queue.append(
          .finished(
            CellFailure(code: rest, message: "it broke", line: 3, column: 1, rendered: "error: it broke")))
      case "wait": queue.append(nil)
      case "crash": queue.append(.died(EvaluatorDeath(signal: 11, exitCode: nil, peakBytes: 3 << 20)))
      case "leave": queue.append(.died(EvaluatorDeath(signal: nil, exitCode: 3, peakBytes: 0)))
      case "hang":
        ignoresInterrupts = true
        queue.append(nil)
      default: break
      }
    }
    queue.append(.finished(nil))
  }

  func next(within seconds: Double) -> EvaluatorMessage? {
    guard let first = queue.first else { return nil }
    if first == nil {
      // A cell that waits goes on only when it is interrupted, if it listens.
      guard interrupts > 0, !ignoresInterrupts else {
        usleep(2000)
        return nil
      }
      return .finished(
        CellFailure(code: "Interrupted", message: "interrupted", rendered: "error: interrupted"))
    }
    queue.removeFirst()
    return first
  }

  func interrupt() { interrupts += 1 }
}

private struct Outcome {
  let result: RunResult
  let requests: [CellRequest]
}

private func run(
  _ cells: String, _ options: RunOptions = RunOptions(), observers: [any RunObserver] = []
) throws -> Outcome {
  let document = Document(parsing: Array(cells.utf8), name: "n.faa")
  #expect(document.issues == [])
  let evaluator = ScriptedEvaluator()
  let result = try Runner(document, options: options, evaluator: evaluator, observers: observers).run()
  return Outcome(result: result, requests: evaluator.requests)
}

private func statuses(_ outcome: Outcome) -> [String] { outcome.result.cells.map(\.status.rawValue) }

@Suite struct RunnerTests {
  private static let failing = "```faa\nfail Boom\n```\n```faa\nsay on\n```\n"

  @Test func runsTopToBottom() throws {
    let outcome = try run(
      "# T\n```faa\n#| label: a\nsay 1\nsay 2\n```\n\n```faa eval=false\nx\n```\n```faa\nshow 3\n```\n")
    #expect(statuses(outcome) == ["ok", "skipped", "ok"])
    #expect(outcome.result.exitCode == 0)
    #expect(outcome.result.cells[0].outputs == [.text("1\n2\n")])
    #expect(outcome.requests.map(\.firstLine) == [4, 12])
    #expect(outcome.requests[0].key == "label:a")
    #expect(outcome.requests[1].key.hasPrefix("source:"))
  }

  @Test func keysOfEqualCellsDiffer() throws {
    let outcome = try run("```faa\nsay 1\n```\n```faa\nsay 1\n```\n")
    #expect(Set(outcome.requests.map(\.key)).count == 2)
  }

  @Test func stopsOrGoesOnAfterAFailure() throws {
    let stopped = try run(Self.failing)
    #expect(statuses(stopped) == ["error", "skipped"] && stopped.result.exitCode == 1)
    #expect(stopped.result.stopReason == "cell @1 failed")
    var options = RunOptions()
    options.onError = .all
    let all = try run(Self.failing, options)
    #expect(statuses(all) == ["error", "ok"] && all.result.exitCode == 1)
  }

  @Test(arguments: [
    ("expected Boom", "fail Boom", "ok", 0), ("expected Boom", "fail Other", "error", 1),
    ("expected Boom", "say fine", "error", 1),
    ("allow", "fail Boom", "ok", 0), ("allow", "say fine", "ok", 0), ("forbid", "fail Boom", "error", 1),
  ])
  func honoursDeclaredErrors(_ policy: String, _ code: String, _ status: String, _ exitCode: Int32) throws {
    let outcome = try run("```faa\n#| error: \(policy)\n\(code)\n```\n")
    #expect(statuses(outcome) == [status] && outcome.result.exitCode == exitCode)
  }

  @Test func comparesExpectations() throws {
    let good = try run(
      "```faa\nsay a 0.5\nshow 3\n```\n```expect\na 0.5000001\n3\n```\n```expect\n...\n3\n```\n")
    #expect(good.result.exitCode == 0 && good.result.cells[0].expectations.count == 2)
    let bad = try run("```faa\nsay 1\n```\n```expect rtol=0.1\n2\n```\n```faa\nsay on\n```\n")
    #expect(bad.result.exitCode == 4 && statuses(bad) == ["ok", "ok"])
    #expect(bad.result.cells[0].expectations[0].line == 4)
    #expect(bad.result.cells[0].expectations[0].mismatch == Mismatch(line: 1, expected: "2", actual: "1"))
    let declared = try run("```faa\n#| error: allow\nfail Boom\n```\n```expect\nerror: it broke\n```\n")
    #expect(declared.result.exitCode == 0)
  }

  @Test func bindsParametersFirst() throws {
    var options = RunOptions()
    options.parameters = [
      ResolvedParameter(name: "n", value: .int(3), source: .cli),
      ResolvedParameter(name: "s", value: .string("a\"b"), source: .default),
    ]
    let outcome = try run("```faa\nsay 1\n```\n", options)
    #expect(outcome.requests[0].source == "n = 3;\ns = \"a\\\"b\";")
    #expect(outcome.requests.count == 2)
  }

  @Test func stopsAtUntil() throws {
    var options = RunOptions()
    options.selection.until = "b"
    let cells = "```faa\nsay 1\n```\n```faa label=b\nsay 2\n```\n```faa\nsay 3\n```\n"
    let outcome = try run(cells, options)
    #expect(statuses(outcome) == ["ok", "ok", "skipped"] && outcome.result.exitCode == 0)
    options.selection.until = "c"
    #expect(throws: UsageError("--until c: no such cell; known: @1, b, @3")) { try run(cells, options) }
  }

  @Test func endsCellsThatTakeTooLong() throws {
    let cells = "```faa\nsay kept\nwait\n```\n```faa\nsay on\n```\n"
    var options = RunOptions()
    options.cellTimeout = 0.02
    let stopped = try run(cells, options)
    #expect(statuses(stopped) == ["timeout", "skipped"] && stopped.result.exitCode == 124)
    #expect(stopped.result.cells[0].outputs == [.text("kept\n")])
    #expect(stopped.result.stopReason?.contains("longer than its limit of 0.0 s") == true)
    options.onError = .all
    #expect(statuses(try run(cells, options)) == ["timeout", "ok"])
    options.cellTimeout = nil
    options.totalTimeout = 0.02
    #expect(statuses(try run(cells, options)) == ["timeout", "skipped"])
    options.totalTimeout = nil
    options.memoryLimit = 1
    let killed = try run(cells, options)
    #expect(statuses(killed) == ["killed", "skipped"] && killed.result.exitCode == 137)
  }

  @Test func tellsOfADeadEvaluator() throws {
    var options = RunOptions()
    options.onError = .all
    let crashed = try run("```faa\nsay kept\ncrash\n```\n```faa\nsay on\n```\n", options)
    #expect(statuses(crashed) == ["killed", "skipped"] && crashed.result.exitCode == 139)
    #expect(
      crashed.result.cells[0].outputs == [.text("kept\n")] && crashed.result.cells[0].peakBytes == 3 << 20)
    let left = try run("```faa\nleave\n```\n", options)
    #expect(left.result.exitCode == 125)
    #expect(left.result.stopReason == "the evaluator ended in cell @1: it left with exit code 3")
  }

  @Test func givesUpOnACellThatDoesNotListen() throws {
    var options = RunOptions()
    options.cellTimeout = 0.01
    options.grace = 0.05
    let outcome = try run("```faa\nhang\n```\n", options)
    #expect(outcome.result.isEvaluatorStuck && outcome.result.exitCode == 124)
  }

  @Test func endsWhenTheUserSaysSo() throws {
    var options = RunOptions()
    let start = monotonicSeconds()
    options.interruptCount = { monotonicSeconds() - start > 0.05 ? 1 : 0 }
    options.onError = .all
    let outcome = try run("```faa\nwait\n```\n```faa\nsay on\n```\n", options)
    #expect(statuses(outcome) == ["interrupted", "skipped"] && outcome.result.exitCode == 130)
  }

  @Test func boundsWhatItKeeps() throws {
    var options = RunOptions()
    options.maximumOutput = 5
    let outcome = try run("```faa\nsay 1234\nsay 5678\n```\n", options)
    #expect(outcome.result.cells[0].outputs == [.text("1234\n")] && outcome.result.cells[0].droppedBytes == 5)
  }
}

private func isNil(_ message: EvaluatorMessage?) -> Bool {
  if case nil = message { return true }
  return false
}

@Suite struct ThreadEvaluatorTests {
  private static func request(_ source: String) -> CellRequest {
    CellRequest(source: source, key: "k", name: "n", firstLine: 1, indent: 0)
  }

  /// A flood neither fills memory nor costs a message a line, and nothing is lost or reordered.
  @Test func carriesAFloodInOrder() {
    let evaluator = ThreadEvaluator(interrupt: {}) {
      { _, send in
        for index in 0..<100_000 { send(.output(.text("\(index)\n"))) }
        send(.output(.warning("end")))
        return nil
      }
    }
    evaluator.start(.run(Self.request("flood")))
    var text = ""
    var warnings = 0
    reading: while let message = evaluator.next(within: 10) {
      switch message {
      case .output(.text(let more)): text += more
      case .output: warnings += 1
      case .progress: break
      case .finished, .died: break reading
      }
    }
    #expect(text == (0..<100_000).map { "\($0)\n" }.joined())
    #expect(warnings == 1)
  }

  @Test func keepsTheLatestProgress() {
    let evaluator = ThreadEvaluator(interrupt: {}) {
      { _, send in
        for index in 0..<1000 {
          send(.progress(ProgressReport(label: "fit", fraction: Double(index) / 999, detail: "")))
        }
        return CellFailure(code: "Boom", message: "m", rendered: "r")
      }
    }
    evaluator.start(.run(Self.request("x")))
    var last: Double?
    while let message = evaluator.next(within: 10) {
      if case .progress(let report) = message { last = report.fraction }
      if case .finished(let failure) = message {
        #expect(failure?.code == "Boom")
        break
      }
    }
    #expect(last == 1)
  }

  @Test func saysNothingInTime() {
    let evaluator = ThreadEvaluator(interrupt: {}) { { _, _ in nil } }
    let start = monotonicSeconds()
    #expect(isNil(evaluator.next(within: 0.05)))
    #expect(monotonicSeconds() - start >= 0.05)
  }
}

@Suite struct SidecarTests {
  private func text(_ path: String) throws -> String { String(decoding: try readFile(path), as: UTF8.self) }

  @Test func keepsResultsPlotsAndEvents() throws {
    let folder = try temporaryFolder() + "/n.faaout"
    let sidecar = try Sidecar(folder)
    try replaceFile("\(folder)/old-0123456789abcdef.svg", with: [])
    try replaceFile("\(folder)/notes.txt", with: [])
    var options = RunOptions()
    options.parameters = [ResolvedParameter(name: "lr", value: .float(.nan), source: .default)]
    options.environment = [("engine", .string("faa test"))]
    let log = try EventLog("\(folder)/events.ndjson")
    _ = try run(
      "```faa\nplot a\nplot a\n```\n```faa label=q\nplot b\nshow nan\n```\n", options,
      observers: [sidecar, log])
    #expect(sidecar.failure == nil && log.failure == nil)
    let names = folderEntries(folder).sorted()
    #expect(
      names.filter { $0.hasSuffix(".svg") }.count == 2 && names.filter { $0.hasSuffix(".png") }.count == 2)
    #expect(names.contains { $0.hasPrefix("cell1-") } && names.contains { $0.hasPrefix("q-") })
    #expect(
      !names.contains { $0.hasPrefix("old-") } && names.contains("notes.txt")
        && !names.contains { $0.contains(".tmp") })
    let json = try text("\(folder)/result.json")
    let digest = sha256("<svg>a</svg>")
    for part in [
      "\"schema\": 1", "\"exit_code\": 0", "\"$f\": \"nan\"", "\"source\": \"default\"", "\"seed\": \"0\"",
      "\"engine\": \"faa test\"",
      "\"file\": \"cell1-\(digest.prefix(16)).svg\"", "\"sha256\": \"\(digest)\"", "\"source_sha256\"",
      "\"status\": \"ok\"",
    ] { #expect(json.contains(part), "\(part)") }
    let events = try text("\(folder)/events.ndjson").split(separator: "\n")
    #expect(events.count == 10)
    let kinds = events.map { $0.components(splitBy: "\"event\": \"")[1].prefix { $0 != "\"" } }
    #expect(
      kinds.map(String.init) == [
        "run_start", "cell_start", "output", "output", "cell_end", "cell_start", "output", "output",
        "cell_end", "run_end",
      ])
    #expect(events.enumerated().allSatisfy { $1.hasPrefix("{\"v\": 1, \"seq\": \($0 + 1), \"t\": ") })
  }

  @Test func refusesFoldersItCannotMake() {
    #expect(throws: FileError.self) { try Sidecar("/proc/none/n.faaout") }
  }

  @Test(arguments: [("a.faa", "a.faaout"), ("d/a.faa", "d/a.faaout"), ("notes.md", "notes.md.faaout")])
  func namesItsFolder(_ notebook: String, _ folder: String) {
    #expect(Sidecar.defaultFolder(for: notebook) == folder)
  }
}
