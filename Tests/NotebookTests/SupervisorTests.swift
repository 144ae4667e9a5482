import Glibc
import Runtime
import Testing

@testable import Notebook

/// Runs against the built program: what happens to the evaluator is told, and what came before is kept.
@Suite(.serialized) struct SupervisorTests {
  private static let loop = """
    ```faa
    #| label: before
    print("kept")
    ```
    ```faa
    #| label: loop
    while true { 1 }
    ```
    ```faa
    #| label: after
    1
    ```

    """

  /// Starts a run in the background, waits until the second cell runs, sends `signal` to the evaluator, and waits for the run.
  private static func shell(_ flags: String, signal: String) -> String {
    """
    |export SWIFT_BACKTRACE=enable=no; $FAA run n.faa \(flags) & run=$!
    for i in $(seq 200); do grep -q '"cell": "loop"' n.faaout/events.ndjson 2>/dev/null && break; sleep 0.02; done
    kill -\(signal) $(cat /proc/$run/task/$run/children); wait $run
    """
  }

  @Test(arguments: [("SEGV", 139, "Segmentation fault"), ("KILL", 137, "Killed"), ("ABRT", 134, "Aborted")])
  func tellsHowTheEvaluatorDied(_ signal: String, _ code: Int32, _ name: String) throws {
    let folder = try folder(Self.loop)
    let program = try Program(Self.shell("", signal: signal), in: folder)
    #expect(program.code == code, "\(program.errors)")
    #expect(program.errors.contains("the evaluator ended in cell loop after"))
    #expect(program.errors.contains(name) && program.errors.contains("peak memory"))
    #expect(program.output == "kept\n")
    let result = try JSON(
      parsing: String(decoding: readFile("\(folder)/n.faaout/result.json"), as: UTF8.self))
    #expect(result["cells"]?.items.map { $0["status"]?.text } == ["ok", "killed", "skipped"])
    #expect(result["cells"]?.items[1]["signal"] == .int(Int(code) - 128))
    #expect(result["exit_code"] == .int(Int(code)))
  }

  /// A process that cannot even hear SIGTERM goes by SIGKILL, and the verdict is still the timeout.
  @Test func climbsTheLadder() throws {
    let folder = try folder(Self.loop)
    let program = try Program(Self.shell("--cell-timeout 1s", signal: "STOP"), in: folder)
    #expect(program.code == 124, "\(program.errors)")
    #expect(
      program.errors.contains("longer than its limit of 1.0 s; it did not stop when asked and was ended"))
  }

  @Test func leavesNoEvaluatorBehind() throws {
    let folder = try folder(Self.loop)
    let program = try Program(
      """
      |$FAA run -q n.faa & run=$!
      for i in $(seq 200); do grep -q '"cell": "loop"' n.faaout/events.ndjson 2>/dev/null && break; sleep 0.02; done
      child=$(cat /proc/$run/task/$run/children); kill -KILL $run; wait $run
      for i in $(seq 100); do test -d /proc/$child || exit 0; sleep 0.02; done; exit 9
      """, in: folder)
    #expect(program.code == 0)
  }

  @Test func holdsTheMemoryLimit() throws {
    let cells =
      "```faa\nprint(\"kept\")\n```\n```faa\nxs = []\nwhile true { xs.append(randn([1000000])) }\n```\n"
    let folder = try folder(cells)
    let program = try Program("run n.faa --memory 300MiB", in: folder)
    #expect(program.code == 137 && program.output == "kept\n")
    #expect(program.errors.contains("memory limit of 300 MiB reached in cell @2"), "\(program.errors)")
  }

  /// `boom` takes the evaluator down; `c` needs it, `d` needs what came before, `e` draws random numbers.
  private static let crashing = """
    ```faa
    #| label: a
    x = randn([3])
    print("a")
    ```
    ```faa
    #| label: boom
    y = x
    held = []
    while true { held.append(ones([1000000])) }
    ```
    ```faa
    #| label: c
    print(y)
    ```
    ```faa
    #| label: d
    x
    ```
    ```faa
    #| label: e
    randn([2])
    ```

    """

  private static func cells(_ folder: String) throws -> [JSON] {
    try JSON(parsing: String(decoding: readFile("\(folder)/n.faaout/result.json"), as: UTF8.self))["cells"]?
      .items ?? []
  }

  /// Cells that need nothing of the lost one go on in a fresh evaluator, with the values they would have had.
  @Test(arguments: ["", "--cache rw"])
  func goesOnInAFreshEvaluator(_ flags: String) throws {
    let calm = try folder(Self.crashing.replacing("while true", with: "while false"))
    #expect(try Program("run -q n.faa", in: calm).code == 0)
    let folder = try folder(Self.crashing)
    let program = try Program("run n.faa --memory 300MiB --on-error independent \(flags)", in: folder)
    #expect(program.code == 137, "\(program.errors)")
    let cells = try Self.cells(folder)
    #expect(cells.map { $0["status"]?.text } == ["ok", "killed", "skipped", "ok", "ok"])
    let expected = try Self.cells(calm)
    for index in [0, 3, 4] { #expect(cells[index]["outputs"] == expected[index]["outputs"]) }
    #expect(program.output.hasPrefix("a\n") && program.output.components(splitBy: "a\n").count == 2)
    let again = flags.isEmpty ? ", for which a ran again" : ""
    #expect(
      program.errors.contains("the run went on in a fresh evaluator from cell d on\(again)\n"),
      "\(program.errors)")
    #expect(program.errors.contains("skipped c: needs cell boom, which did not succeed"))
  }

  /// The same after a crash, with `all`, where the cell that reads what was lost fails by itself.
  @Test func goesOnAfterACrash() throws {
    let folder = try folder(
      Self.crashing.replacing("y = x\n", with: "").replacing("held.append(ones([1000000]))", with: "1"))
    let program = try Program(
      """
      |export SWIFT_BACKTRACE=enable=no; $FAA run n.faa --on-error all & run=$!
      for i in $(seq 200); do grep -q '"cell": "boom"' n.faaout/events.ndjson 2>/dev/null && break; sleep 0.02; done
      kill -SEGV $(cat /proc/$run/task/$run/children); wait $run
      """, in: folder)
    #expect(program.code == 139, "\(program.errors)")
    #expect(try Self.cells(folder).map { $0["status"]?.text } == ["ok", "killed", "error", "ok", "ok"])
  }

  @Test func boundsOutput() throws {
    let folder = try folder("```faa\nfor i in 0..<100000 { print(i) }\n```\n")
    let program = try Program("run -q n.faa --max-output 1KiB --json -", in: folder)
    let cell = try #require(try JSON(parsing: program.output)["cells"]?.items.first)
    #expect(cell["dropped_bytes"] == .int(588_890 - 1024))
  }

  @Test func isNotForPeople() throws {
    let program = try Program("evaluator", in: try folder(""))
    #expect(program.code == 2 && program.errors.contains("started by `faa run`"))
  }

  @Test func readsOneFrameAtATime() {
    var buffer = FrameBuffer()
    let frames: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 1000)]
    let stream = frames.flatMap(Wire.frame)
    var read: [[UInt8]] = []
    for byte in stream {
      buffer.append([byte])
      while let frame = buffer.next() { read.append(frame) }
    }
    #expect(read == frames)
  }

  @Test func carriesEveryMessage() throws {
    let failure = CellFailure(
      code: "A", message: "b", help: "c", line: 3, column: nil, rendered: "error: b")
    let rendering = Display(text: "t", svg: "<svg/>", png: [1, 0, 255], html: nil, alt: "é")
    let outputs: [CellOutput] = [
      .text("x\n"), .warning("w"), .display(rendering), .metric("loss", -0.0),
      .value(Display(text: "1"), json: .array([.number(.nan), .int(1), .string("\u{1F600}\u{0}")])),
    ]
    for output in outputs {
      guard case .output(let back) = try Wire.message(unframed(Wire.encode(.output(output)))) else {
        Issue.record("another message came back")
        continue
      }
      #expect(back == output)
    }
    guard case .finished(let back) = try Wire.message(unframed(Wire.encode(.finished(failure)))) else {
      return #expect(Bool(false))
    }
    #expect(back == failure)
    let cell = CellRequest(source: "s", key: "k", name: "n", firstLine: 4, indent: 2, checkpoints: "c")
    guard
      case .request(.restore(let path, let there)) = try Wire.order(
        unframed(Wire.encode(.request(.restore(path: "/p", cell: cell)))))
    else { return #expect(Bool(false)) }
    #expect(path == "/p" && there.source == "s" && there.indent == 2 && there.checkpoints == "c")
    #expect(throws: (any Error).self) { try Wire.message([0, 3, 1]) }
    #expect(throws: (any Error).self) { try Wire.order([9]) }
  }
}

private func unframed(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.dropFirst(8)) }
