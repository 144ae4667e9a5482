import Glibc
import Testing

@testable import Notebook

/// What a run gives does not depend on how often it was cut short.
@Suite(.serialized) struct ResumeTests {
  /// Draws, a closure, training that takes several checkpoints, and results that depend on every bit of it.
  private static let training = """
    ---
    params:
      epochs: {type: int, default: 60}
    seed: 3
    ---
    ```faa
    #| label: data
    x = rand([64, 3, 16, 16])
    scale = { t in t * 2 }
    print(float(sum(x)))
    ```
    ```faa
    #| label: model
    mae = MAE(ViT(image: 16, patch: 4, width: 32, depth: 1, heads: 2))
    ```
    ```faa
    #| label: train
    run = fit(mae, on: x, epochs: epochs, batch: 16)
    print(run.loss[-1])
    ```
    ```faa
    #| label: again
    more = fit(mae, on: scale(x) - 1, epochs: epochs, batch: 32, optimizer: SGD(lr: 0.01, momentum: 0.9))
    print(more.loss[-1])
    ```
    ```faa
    #| label: result
    z = encode(mae, x)
    record("feature", float(sum(z * randn(z.shape))))
    [float(v) for v in z[0]]
    ```

    """

  private static func outputs(_ folder: String) throws -> String {
    let text = String(decoding: try readFile("\(folder)/n.faaout/result.json"), as: UTF8.self)
    let result = try JSON(parsing: text)
    return JSON.array(
      (result["cells"]?.items ?? []).map { $0["outputs"] ?? .null } + [result["metrics"] ?? .null]
    )
    .compact
  }

  /// Starts the program in a folder; the caller waits or kills.
  private static func start(_ arguments: [String], in folder: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for stream in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
    }
    let shell = ["sh", "-c", "cd '\(folder)' && exec \"$@\"", "sh", Program.path] + arguments
    var words: [UnsafeMutablePointer<CChar>?] = shell.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child = pid_t()
    try #require(posix_spawn(&child, "/bin/sh", &actions, nil, &words, environ) == 0)
    return child
  }

  /// Fifty kills at random moments: of every run that is allowed to end, and of the last one, all results are those of a run that
  /// nobody disturbed, bit for bit.
  @Test func endsTheSameHoweverOftenItIsKilled() throws {
    let calm = try folder(Self.training)
    let started = monotonicSeconds()
    #expect(try Program("run -q n.faa --cache off", in: calm).code == 0)
    let length = monotonicSeconds() - started
    let expected = try Self.outputs(calm)
    let folder = try folder(Self.training)
    var random = FuzzSource(state: 20_240_817)
    var kills = 0
    var finished = 0
    while kills < 50 {
      let child = try Self.start(["run", "-q", "--resume", "n.faa"], in: folder)
      // Between "hardly started" and half a run, so that most cycles take several attempts.
      usleep(UInt32(Double.random(in: 0.01..<max(0.1, min(0.8, length / 2)), using: &random) * 1e6))
      var status: Int32 = 0
      if waitpid(child, &status, WNOHANG) == child {
        #expect(status == 0)
        #expect(try Self.outputs(folder) == expected)
        finished += 1
        try Sidecar.remove("\(folder)/n.faaout")
        continue
      }
      kill(child, SIGKILL)
      waitpid(child, &status, 0)
      kills += status & 0x7F == SIGKILL ? 1 : 0
    }
    let program = try Program("run -q --resume n.faa", in: folder)
    #expect(program.code == 0, "\(program.errors)")
    #expect(try Self.outputs(folder) == expected)
  }

  /// A `fit` goes on from its checkpoint instead of starting again.
  @Test func goesOnWithinACell() throws {
    let folder = try folder(Self.training)
    let child = try Self.start(["run", "-q", "n.faa", "-p", "epochs=100000"], in: folder)
    var names: [String] = []
    for _ in 0..<500 where names.isEmpty {
      usleep(20_000)
      names = folderEntries("\(folder)/n.faaout/cache").filter { $0.hasSuffix("-fit1.checkpoint") }
    }
    kill(child, SIGKILL)
    var status: Int32 = 0
    waitpid(child, &status, 0)
    #expect(names.count == 1)
    // Its progress begins where the killed one was.
    let again = try Program(
      "run --resume n.faa -p epochs=100000 --cell-timeout 1500ms --events e.ndjson", in: folder)
    #expect(again.code == 124)
    let events = String(decoding: try readFile("\(folder)/e.ndjson"), as: UTF8.self)
    let first = try #require(events.split(separator: "\n").first { $0.contains("\"event\": \"progress\"") })
    let detail = try #require(try JSON(parsing: String(first))["detail"]?.text)
    #expect(try #require(Int(detail.prefix { $0.isNumber })) > 5)
  }

  /// A cell is replayed when nothing that matters has changed, and run when something has.
  @Test func replaysWhatHasNotChanged() throws {
    let cells = """
      ---
      params:
        n: {type: int, default: 3}
        unused: {type: int, default: 0}
      ---
      ```faa
      #| label: a
      x = randn([n])
      print("a ran")
      ```
      ```faa
      #| label: f
      shift = 1
      func g(t) { t + shift }
      ```
      ```faa
      #| label: b
      y = g(x)
      warn("careful")
      float(sum(y))
      ```
      ```faa
      #| label: other
      6 * 7
      ```

      """
    let folder = try folder(cells)
    func run(_ flags: String = "") throws -> [String] {
      let program = try Program("run -q n.faa --cache rw --json r.json \(flags)", in: folder)
      #expect(program.code == 0, "\(program.errors)")
      let result = try JSON(parsing: String(decoding: readFile("\(folder)/r.json"), as: UTF8.self))
      return (result["cells"]?.items ?? []).compactMap { $0["status"]?.text }
    }
    let first = try Program("run n.faa --cache rw --progress none", in: folder)
    let before = try Self.outputs(folder)
    #expect(try run() == ["cached", "cached", "cached", "cached"])
    #expect(try Self.outputs(folder) == before)
    // The same to a reader's eyes, too: text on one stream, warnings on the other.
    let second = try Program("run n.faa --cache rw --progress none", in: folder)
    #expect(second.output == first.output && second.errors == first.errors)
    #expect(try run("-p unused=1") == ["cached", "cached", "cached", "cached"])
    #expect(try run("-p n=4") == ["ok", "cached", "ok", "cached"])
    #expect(try run("--seed 9") == ["ok", "ok", "ok", "ok"])
    _ = try run("--cache refresh")
    // What the function reads when it is called counts.
    try replaceFile("\(folder)/n.faa", with: Array(cells.replacing("shift = 1", with: "shift = 2").utf8))
    let status = try Program("status n.faa", in: folder)
    #expect(
      status.output == """
        a      fresh
        f      stale  its text changed
        b      stale  `g` changed, `shift` changed
        other  fresh

        """)
    #expect(try run() == ["cached", "ok", "ok", "cached"])
    try Sidecar.remove("\(folder)/n.faaout")
    #expect(try Program("status n.faa", in: folder).output.contains("a      not run"))
  }

  /// What cannot be stored is named, and run again.
  @Test func namesWhatItDoesNotStore() throws {
    let folder = try folder(
      "```faa label=hg\np = hypergradient({ t, l in sum(t * t) }, through: { t, l in sum((t - l) ** 2) }, at: (ones([2]), 1.0))\n```\n"
        + "```faa label=twin\nm = MAE(ViT(image: 16, patch: 4, width: 16, depth: 1, heads: 2))\n```\n"
        + "```faa label=alias\na = m\n```\n```faa label=clock\nt = memory().live;\n```\n```faa label=after\nt * 0\n```\n"
    )
    func notes() throws -> [String?] {
      let program = try Program("run -q n.faa --cache rw --json -", in: folder)
      #expect(program.code == 0, "\(program.errors)")
      let text = String(decoding: try readFile("\(folder)/n.faaout/result.json"), as: UTF8.self)
      return try JSON(parsing: text)["cells"]?.items.map { $0["note"]?.text } ?? []
    }
    let found = try notes()
    #expect(found[0] == "runs every time: `p` holds a Hypergradient, which is not stored")
    #expect(found[1] == nil)
    #expect(found[2] == "runs every time: its model or other changeable object is shared with `m`")
    #expect(found[3] == "runs every time: it depends on the time or the machine")
    #expect(found[4] == "runs every time: it uses results of a cell that does")
    #expect(try notes() == found)
  }

  /// Objects of the library come back as they were: faces drawn again, an embedding point for point, a figure with all its parts.
  @Test func storesObjects() throws {
    let making = """
      ```faa
      #| label: faces
      (a, b) = Faces(subjects: 2, images: 6, size: 16, seed: 1).split(fractions: [0.5, 0.5])
      part = a[1:3]
      ```
      ```faa
      #| label: map
      t = tsne(randn([20, 5]), perplexity: 3, iterations: 60)
      ```
      ```faa
      #| label: figure
      k = arange(1, 9)
      p = grid([[plot(line(k, 2.0 ** k, label: "a"), points(k, 1.0 / k), log: "y", title: "t"), plot(heatmap(eye(3)))], [
        plot(histogram(randn([50]))), images(a[0:2])]], title: "All")
      ```
      ```faa
      #| label: use
      show(p)
      """
    let using =
      "[sum(a.images), sum(b.valence), sum(part.images), sum(t.points * t.points), t.divergence, t.iterations]\n```\n"
    let folder = try folder(making + "\n" + using)
    let first = try Program("run -q n.faa --cache rw", in: folder)
    #expect(first.code == 0, "\(first.errors)")
    // A blank more: the last cell runs again, on what was stored of the others.
    try replaceFile("\(folder)/n.faa", with: Array((making + "\n " + using).utf8))
    let second = try Program("run n.faa --cache rw", in: folder)
    #expect(second.output == first.output && second.code == 0)
    for line in ["faces  cached", "map  cached", "figure  cached", "use  ok"] {
      #expect(second.errors.contains(line), "\(second.errors)")
    }
  }

  /// `faa status` knows the last run without the cache: what holds, what changed, what failed.
  @Test func knowsTheLastRun() throws {
    let folder = try folder(
      "```faa label=a\nx = 1\n```\n```faa\nx + 1\n```\n```faa label=c\nx.nope\n```\n")
    func status() throws -> String { try Program("status n.faa", in: folder).output }
    #expect(try status() == "a   not run\n@2  not run\nc   not run\n")
    _ = try Program("run -q n.faa --cache off", in: folder)
    let failed = try status()
    #expect(failed.hasPrefix("a   fresh\n@2  fresh\nc   failed  error: "), "\(failed)")
    let edited = "```faa label=a\nx = 2\n```\n```faa\nx + 3\n```\n```faa label=d\n1\n```\n"
    try replaceFile("\(folder)/n.faa", with: Array(edited.utf8))
    let lines = [
      "a   stale  its text changed", "@2  stale  its text changed, its label changed, `x` changed",
      "d   not run",
    ]
    #expect(try status() == lines.map { $0 + "\n" }.joined())
    // A damaged record is one that is not there.
    try replaceFile("\(folder)/n.faaout/result.json", with: Array("{\"cells\": [{\"cell\": 1".utf8))
    #expect(try status().hasPrefix("a   not run\n"))
  }

  @Test func survivesADamagedCache() throws {
    let folder = try folder(
      "```faa label=a\nx = [1, 2.5, \"s\", (1, none), {k: 0..<3}]\n```\n```faa label=b\nx\n```\n")
    let first = try Program("run -q n.faa --cache rw", in: folder)
    #expect(first.code == 0)
    let cache = "\(folder)/n.faaout/cache"
    for name in folderEntries(cache) {
      let bytes = try readFile("\(cache)/\(name)")
      try replaceFile("\(cache)/\(name)", with: Array(bytes.dropLast(5)))
    }
    let second = try Program("run -q n.faa --cache rw", in: folder)
    #expect(second.code == 0 && second.output == first.output)
  }

  @Test func verifies() throws {
    let folder = try folder("```faa\nrandn([3])\n```\n```faa\nrecord(\"m\", 0.1)\n```\n")
    let good = try Program("run n.faa --verify", in: folder)
    #expect(good.code == 0 && good.errors.contains("verified: two runs gave the same"), "\(good.errors)")
    let failed = try Program(
      "run n.faa --verify", in: try NotebookTests.folder("```faa\nassert(false)\n```\n"))
    #expect(failed.code == 1 && failed.errors.contains("not verified: the first run did not succeed"))
    let timed = try Program("run n.faa --verify", in: try self.timed())
    #expect(timed.code == 0 && timed.errors.contains("warning: cell @1 is not the same in a second run"))
  }

  private func timed() throws -> String { try folder("```faa\n%time sum(randn([100000]))\n```\n") }
}
