import Testing

@testable import Notebook

/// Which cells run, found from parsing and the effects that commands declare.
@Suite(.serialized) struct SelectionTests {
  /// `b` needs `a`; `d` needs `c` and through the function what `a` makes; `e` needs nothing.
  private static let cells = """
    ```faa
    #| label: a
    x = 2
    ```
    ```faa
    #| label: b
    y = x + 1
    ```
    ```faa
    #| label: c
    func f(t) { t * x }
    ```
    ```faa
    #| label: d
    f(10)
    ```
    ```faa
    #| label: e
    5
    ```

    """

  private static func statuses(_ folder: String) throws -> String {
    let text = String(decoding: try readFile("\(folder)/n.faaout/result.json"), as: UTF8.self)
    return (try JSON(parsing: text)["cells"]?.items ?? []).map { cell in
      ["ok": "o", "skipped": "-", "error": "x", "cached": "c"][cell["status"]?.text ?? ""] ?? "?"
    }.joined()
  }

  @Test(arguments: [
    ("", "ooooo"), ("--until c", "ooo--"), ("--from e", "----o"), ("--from d", "o-ooo"),
    ("--only d", "o-oo-"),
    ("--only b,e", "oo--o"), ("--from @4 --until d", "o-oo-"), ("--only a", "o----"),
  ])
  func runsWhatIsNeeded(_ flags: String, _ statuses: String) throws {
    let folder = try folder(Self.cells)
    #expect(try Program("run -q n.faa \(flags)", in: folder).code == 0)
    #expect(try Self.statuses(folder) == statuses)
  }

  @Test(arguments: [("stop", "x----"), ("independent", "x---o"), ("all", "xxoxo")])
  func goesOnAfterAFailure(_ policy: String, _ statuses: String) throws {
    let folder = try folder(Self.cells.replacing("x = 2", with: "x = nope"))
    let program = try Program("run n.faa --on-error \(policy)", in: folder)
    #expect(program.code == 1)
    let found = try Self.statuses(folder)
    #expect(found == statuses)
    if policy == "independent" {
      #expect(program.errors.contains("skipped b: needs cell a, which did not succeed"))
      #expect(program.errors.contains("skipped d: needs cell a, which did not succeed"))
    }
  }

  @Test(arguments: [
    ("--from nope", "--from nope: no such cell"), ("--only a,nope", "--only nope: no such cell"),
    ("--from d --until b", "--from d comes after --until b"),
    ("--only a --from d", "--only a lies outside of --from and --until"),
    ("--only ''", "--only '' names no cell"),
    ("-q -v", "-q and -v exclude each other"), ("--plots fancy", "'fancy' is invalid"),
    ("--cell-timeout 0", "`0` is not a duration; write for example 500ms"),
    ("--memory lots", "`lots` is not a size; write for example 512MiB"),
    ("--watch --verify", "--watch does not go with"),
    ("--resume --cache off", "--resume does not go with --cache off"),
    ("--threads 0", "--threads 0: at least 1"),
  ])
  func refusesWhatMakesNoSense(_ flags: String, _ message: String) throws {
    let program = try Program("run n.faa \(flags)", in: try folder(Self.cells))
    #expect(program.code == 2 && program.errors.contains(message), "\(program.errors)")
    #expect(program.errors.split(separator: "\n").count == 1)
  }

  @Test func saysWhatItWouldDo() throws {
    let folder = try folder(Self.cells)
    let program = try Program("run n.faa --only d --dry-run", in: folder)
    #expect(program.code == 0)
    #expect(
      program.output == "a  run\nb  skip    not asked for\nc  run\nd  run\ne  skip    not asked for\n")
    #expect(!folderEntries(folder).contains("n.faaout"))
    _ = try Program("run -q n.faa --cache rw", in: folder)
    #expect(try Program("run n.faa --cache read --dry-run", in: folder).output.contains("e  replay"))
  }

  @Test(arguments: [
    // source, reads, writes, changes
    ("y = x + 1", "x", "y", ""), ("x = 1; y = x", "", "x y", ""), ("x[0] = 1", "x", "x", ""),
    ("xs.append(z)", "xs z", "xs", ""), ("if c { x = 1 }", "c x", "x", ""),
    ("for i in 0..<n { s = s + i }", "n s", "s", ""), ("let k = 1; k + m", "m", "k", ""),
    ("fit(m, on: d)", "d m", "", "m"), ("fit(on: d, model: ms[0])", "d ms", "", "ms"),
    ("f = { a in a + b }", "b", "f", ""), ("(p, q) = pair", "pair", "p q", ""),
    ("[v * w for v in vs if v > t]", "t vs w", "", ""), ("\"a \\(name)\"", "name", "", ""),
  ])
  func seesWhatACellUses(_ source: String, _ reads: String, _ writes: String, _ changes: String) throws {
    let document = Document(parsing: Array("```faa\n\(source)\n```\n".utf8), name: "n")
    let graph = CellGraph(document, commands: fitCommand, CellGraph.Surroundings())
    let names = graph.nodes[0].reads.filter { !["fit"].contains($0) }
    #expect(names.sorted().joined(separator: " ") == reads)
    let results = Set(writes.split(separator: " ").map(String.init)).union(
      changes.split(separator: " ").map(String.init))
    #expect(graph.nodes[0].results == results)
  }

  /// Changing an object in place makes stale what may hold the same object, and nothing else.
  @Test func followsObjects() throws {
    let source = """
      ```faa
      m = make()
      ```
      ```faa
      alias = [m]
      ```
      ```faa
      d = other()
      ```
      ```faa
      fit(m, on: d)
      ```
      ```faa
      alias
      ```
      ```faa
      d
      ```
      ```faa
      { k in fit(k, on: 1) }
      ```

      """
    let document = Document(parsing: Array(source.utf8), name: "n")
    let graph = CellGraph(document, commands: fitCommand, CellGraph.Surroundings())
    #expect(graph.nodes[4].needs == [1, 3] && graph.nodes[5].needs == [2])
    #expect(graph.closure(of: [4]) == [0, 1, 2, 3, 4])
    #expect(graph.nodes[6].runsAlways == "a function it uses changes objects in place")
    let other = Document(parsing: Array(source.replacing("on: d", with: "on: d + 1").utf8), name: "n")
    let changed = CellGraph(other, commands: fitCommand, CellGraph.Surroundings())
    let differs = zip(graph.nodes, changed.nodes).map { $0.identity != $1.identity }
    #expect(differs == [false, false, false, true, true, false, false])
  }
}
