import Glibc
import Testing

@testable import Notebook

/// A notebook in which all is well.
let goodNotebook = """
  ---
  faa: 1
  title: Good
  params:
    steps: {type: int, default: 2, min: 1, help: inner steps}
    name: {type: string, default: x}
  ---
  # Good

  ```faa
  #| label: first
  print("steps = \\(steps), name = \\(name)")
  ```

  ```faa
  steps * 0.5
  ```
  ```expect
  1
  ```
  """

@Suite(.serialized) struct CommandLineTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let shell: String
    let code: Int32
    /// Text that standard error must contain.
    let errors: String
    var notebook = goodNotebook
    var testDescription: String { shell }
  }

  static let cases: [Case] = [
    Case(shell: "run n.faa", code: 0, errors: "[2/2] @2  ok"),
    Case(shell: "run -q n.faa", code: 0, errors: ""),
    Case(shell: "run n.faa -p steps=4", code: 4, errors: "n.faa:19:1: error: cell @2: expected `1`, but `2"),
    Case(shell: "run n.faa -p step=4", code: 2, errors: "unknown parameter `step`; did you mean `steps`?"),
    Case(shell: "run n.faa -p steps=0", code: 2, errors: "below the minimum 1"),
    Case(shell: "run n.faa --bogus", code: 2, errors: "Unknown option '--bogus'"),
    Case(shell: "run", code: 2, errors: "Missing expected argument"),
    Case(shell: "run n.faa --on-error sometimes", code: 2, errors: "sometimes"),
    Case(shell: "run n.faa --until nope", code: 2, errors: "no such cell"),
    Case(shell: "run n.faa -- -q", code: 2, errors: "after --"),
    Case(shell: "run n.faa n.faa --html p.html", code: 2, errors: "--html names one output"),
    Case(shell: "run n.faa --out /proc/none", code: 2, errors: "cannot create"),
    Case(shell: "run absent.faa", code: 127, errors: "cannot read absent.faa: No such file or directory"),
    Case(shell: "run n", code: 127, errors: "cannot read n: No such file or directory; did you mean n.faa?"),
    Case(shell: "run .", code: 127, errors: "Is a directory"),
    Case(shell: "nonsense", code: 2, errors: "there is no command `nonsense`; known: repl, run, check"),
    Case(shell: "rnu n.faa", code: 2, errors: "there is no command `rnu`; did you mean `run`?"),
    Case(shell: "n.faa", code: 2, errors: "`faa run n.faa` runs a notebook, `faa < n.faa` a plain script"),
    Case(shell: "check n.faa", code: 0, errors: ""),
    Case(
      shell: "check n.faa", code: 3, errors: "n.faa:1:1: error: the faa block opened here is never closed",
      notebook: "```faa\n"),
    Case(shell: "run n.faa", code: 3, errors: "n.faa:3:", notebook: "\n```faa\n1 + ) 2\n```\n"),
    Case(
      shell: "run n.faa", code: 3, errors: "opened here is never closed",
      notebook: "```faa\nprint((1\n```\n"),
    Case(
      shell: "run n.faa", code: 3, errors: "conflict marker",
      notebook: "```faa\nprint(1)\n```\n<<<<<<< HEAD\n"),
    Case(shell: "run n.faa", code: 3, errors: "the notebook is empty", notebook: ""),
    Case(shell: "run n.faa", code: 3, errors: "not a text file", notebook: "\u{0}\u{1}ELF"),
    Case(shell: "run n.faa", code: 0, errors: "no cell to run", notebook: "prose\n"),
    Case(shell: "run n.faa", code: 1, errors: "n.faa:2:", notebook: "```faa\nundefinedName\n```\n"),
    Case(
      shell: "run n.faa --on-error all", code: 1, errors: "[2/2] @2  ok",
      notebook: "```faa\nundefinedName\n```\n```faa\n1\n```\n"),
    Case(
      shell: "run n.faa", code: 127, errors: "needs `no-such-tool`",
      notebook: "---\nneeds: [no-such-tool]\n---\n```faa\n1\n```\n"),
    Case(
      shell: "run n.faa", code: 127, errors: "the input `absent.csv` cannot be read",
      notebook: "---\ninputs: [absent.csv]\n---\n```faa\n1\n```\n"),
    Case(
      shell: "run n.faa --cell-timeout 300ms", code: 124, errors: "longer than its limit",
      notebook: "```faa\nwhile true { 1 }\n```\n"),
    Case(
      shell: "run n.faa --timeout 300ms", code: 124, errors: "the run reached its limit",
      notebook: "```faa\nwhile true { 1 }\n```\n"),
    Case(shell: "-e '1 + 1'", code: 0, errors: ""),
    Case(shell: "-e 'undefinedName'", code: 1, errors: "undefinedName"),
    Case(shell: "params absent.faa", code: 127, errors: "cannot read"),
  ]

  @Test(arguments: cases)
  func exitsAsTheContractSays(_ test: Case) throws {
    let program = try Program(test.shell, in: try folder(test.notebook))
    #expect(program.code == test.code, "\(program.errors)")
    let isAsExpected = test.errors.isEmpty ? program.errors.isEmpty : program.errors.contains(test.errors)
    #expect(isAsExpected, "\(program.errors)")
    // A usage error is one line, and nothing else.
    if test.code == 2 { #expect(program.errors.split(separator: "\n").count == 1 && program.output.isEmpty) }
  }

  @Test func writesWhatWasAskedFor() throws {
    let folder = try folder(goodNotebook)
    let program = try Program(
      "run n.faa -p name='a \"b\" \\(c)' --html page.html --json result.json", in: folder)
    #expect(program.code == 0)
    #expect(program.output == "steps = 2, name = a \"b\" \\(c)\n1.0\n")
    let page = String(decoding: try readFile("\(folder)/page.html"), as: UTF8.self)
    #expect(page.contains("<title>Good</title>") && isWellFormed(page.replacing("<!DOCTYPE html>", with: "")))
    let result = try readFile("\(folder)/result.json")
    #expect(result == (try readFile("\(folder)/n.faaout/result.json")))
    #expect(folderEntries("\(folder)/n.faaout").sorted() == ["events.ndjson", "result.json"])
  }

  /// Of a story a page shows every state, a terminal the last one.
  @Test func tellsStories() throws {
    let notebook = """
      ```faa
      tsne(randn([20, 4], seed: 1), perplexity: 3, iterations: 60, every: 20, animate: true);
      ```
      """
    let folder = try folder(notebook)
    let program = try Program("run n.faa --html page.html", in: folder)
    #expect(program.code == 0, "\(program.errors)")
    #expect(program.output.components(separatedBy: "iteration").count == 2, "\(program.output)")
    let page = String(decoding: try readFile("\(folder)/page.html"), as: UTF8.self)
    #expect(page.components(separatedBy: "<figure").count > 3)
  }

  @Test func keepsStandardOutputClean() throws {
    let json = try Program("run n.faa --json -", in: try folder(goodNotebook))
    #expect(json.output.hasPrefix("{\n  \"schema\": 1,") && json.output.hasSuffix("}\n"))
    let events = try Program("run n.faa --events -", in: try folder(goodNotebook))
    #expect(events.output.split(separator: "\n").allSatisfy { $0.hasPrefix("{\"v\": 1") })
    // The folder's own log is of the same run.
    let folder = try folder(goodNotebook)
    _ = try Program("run -q n.faa --seed 1", in: folder)
    let second = try Program("run n.faa --seed 2 --events -", in: folder)
    let own = String(decoding: try readFile("\(folder)/n.faaout/events.ndjson"), as: UTF8.self)
    #expect(own.contains("\"seed\": \"2\"") && second.output.contains("\"seed\": \"2\""))
  }

  @Test func endsQuietlyWhenTheReaderLeaves() throws {
    let notebook = "```faa\nfor i in 0..<200000 { print(i) }\n```\n```faa\n1\n```\n"
    let folder = try folder(notebook)
    let program = try Program("|$FAA run -q n.faa | head -1", in: folder)
    #expect(program.output == "0\n" && program.errors == "")
    // The run itself went on to its end.
    let result = String(decoding: try readFile("\(folder)/n.faaout/result.json"), as: UTF8.self)
    #expect(result.components(splitBy: "\"status\": \"ok\"").count == 3)
  }

  @Test func stopsOnControlC() throws {
    let notebook = "```faa\nprint(\"kept\")\n```\n```faa\nwhile true { 1 }\n```\n"
    let folder = try folder(notebook)
    let program = try Program(
      "|timeout -s INT 1 $FAA run n.faa; test $? = 124 && grep -c interrupted n.faaout/result.json",
      in: folder)
    #expect(program.code == 0 && program.errors.contains("interrupted in cell @2"))
  }

  @Test func readsStandardInput() throws {
    let folder = try folder(goodNotebook)
    let script = try Program("|echo '1 + 1' | $FAA", in: folder)
    #expect(script.code == 0 && script.output == "2\n" && script.errors.isEmpty)
    let notebook = try Program("|$FAA run -q - < n.faa", in: folder)
    #expect(
      notebook.code == 0 && notebook.output.hasSuffix("1.0\n") && !folderEntries(folder).contains("-.faaout"))
  }

  @Test func listsParameters() throws {
    let folder = try folder(goodNotebook)
    #expect(
      try Program("params n.faa", in: folder).output
        == "steps: int = 2 (min 1)  inner steps\nname: string = \"x\"\n")
    #expect(try Program("params n.faa --json", in: folder).output.contains("\"type\": \"int\""))
  }

  @Test func runsSeveralNotebooks() throws {
    let folder = try folder(goodNotebook)
    try replaceFile("\(folder)/bad.faa", with: Array("```faa\nundefinedName\n```\n".utf8))
    let program = try Program("run -q n.faa bad.faa n.faa", in: folder)
    #expect(program.code == 1 && program.output.components(splitBy: "1.0\n").count == 3)
    let told = try Program("run n.faa bad.faa --progress plain", in: folder)
    #expect(told.errors.hasPrefix("n.faa:\n[1/2]") && told.errors.contains("\nbad.faa:\nbad.faa:2:1: error:"))
    #expect(told.errors.hasSuffix("ok    n.faa\nexit 1  bad.faa\n"), "\(told.errors)")
  }

  /// `-v` says what a run was given, what cells need, and what is not kept.
  @Test func saysMoreWhenAsked() throws {
    let cells =
      "```faa label=a\nx = [{ t in t * steps }]\n```\n```faa label=b\nx\nsave(ones([1]), \"n.faaout/o.npy\")\n```\n"
    let folder = try folder("---\nparams: {steps: {type: int, default: 2}}\nseed: 7\n---\n" + cells)
    let program = try Program("run n.faa -v --cell-timeout 9s --cache rw -p steps=3", in: folder)
    #expect(program.code == 0, "\(program.errors)")
    for line in [
      "  seed 7\n", "  steps = 3  (cli)\n", "limits: 9.0 s a cell, ", "  needs a\n",
      "  runs every time: it writes files\n",
    ] {
      #expect(program.errors.contains(line), "\(line) in \(program.errors)")
    }
    #expect(try Program("run n.faa -q", in: folder).errors.isEmpty)
  }

  @Test func drawsPlotsAsAsked() throws {
    let folder = try folder("```faa\nplot([1, 4, 9], title: \"k²\")\n```\n")
    func drawn(_ flags: String) throws -> String { try Program("run -q n.faa \(flags)", in: folder).output }
    #expect(try drawn("").contains("⠤") && drawn("") == drawn("--plots block"))
    let ascii = try drawn("--plots dumb")
    #expect(ascii.unicodeScalars.allSatisfy(\.isASCII) && ascii.contains("k^2") && ascii.contains("**"))
    #expect(try drawn("--plots none") == "[k²: 1 curve]\n")
    #expect(try drawn("--plots kitty").hasPrefix("\u{1B}_Ga=T,f=100"))
    #expect(try drawn("--plots sixel").hasPrefix("\u{1B}P"))
  }

  @Test func saysWhatAResultWasMadeWith() throws {
    let folder = try folder(goodNotebook)
    _ = try Program("run -q n.faa --threads 1", in: folder)
    let result = try JSON(
      parsing: String(decoding: readFile("\(folder)/n.faaout/result.json"), as: UTF8.self))
    #expect(result["environment"]?["threads"] == .int(1))
    #expect(result["cells"]?.items[0]["made_from"]?["the seed"]?.text == "0")
  }

  @Test func worksInTheNotebooksFolder() throws {
    let folder = try folder(goodNotebook)
    let program = try Program(
      "|cd / && $FAA run -q '\(folder)/n.faa' && ls '\(folder)/n.faaout/result.json'", in: folder)
    #expect(program.code == 0)
  }

  @Test func saysWhoItIs() throws {
    let folder = try folder(goodNotebook)
    #expect(try Program("--version", in: folder).output.hasPrefix("faa "))
    let help = try Program("--help", in: folder)
    #expect(help.code == 0 && help.output.contains("USAGE") && help.errors.isEmpty)
    let doctor = try Program("doctor", in: folder)
    #expect(doctor.output.contains("blas        OpenBLAS, kernel"))
    let without = try Program("|PATH=/nonexistent $FAA doctor", in: folder)
    #expect(without.code == 127 && without.output.contains("help: apt install gnuplot-nox"))
  }

  /// Cold start is 50 ms on an idle machine; the bound leaves room for a busy one.
  @Test func startsFast() throws {
    let folder = try folder(goodNotebook)
    let best = try (0..<5).map { _ in
      let start = monotonicSeconds()
      _ = try Program("-e 1", in: folder)
      return monotonicSeconds() - start
    }.min()
    #expect(try #require(best) < 0.25)
  }
}
