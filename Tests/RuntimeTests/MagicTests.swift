import Foundation
import Syntax
import Tensor
import Testing

@testable import Runtime

extension RuntimeTests {
  @Suite struct MagicTests {
    private let session = Session(commands: testCommands, seed: 1)

    /// What a cell prints, or the code of its failure.
    private func output(_ source: String) -> String {
      var text = ""
      let result = session.run(source, name: "") { if case .text(let part) = $0 { text += part } }
      if case .failure(let diagnostic) = result { return diagnostic.code }
      return text
    }

    /// One table feeds the parser, help, completion and suggestions.
    @Test func table() {
      let evaluating = coreMagics.filter { if case .expression = $0.argument { true } else { false } }
      #expect(Set(evaluating.map(\.name)) == MagicLine.evaluating)
      for magic in coreMagics {
        #expect(magic.summary.hasSuffix("."))
        #expect(output("?%\(magic.name)").hasPrefix("%\(magic.name)"))
        #expect(session.completions("%" + magic.name, cursor: 99).candidates.contains(magic.name))
      }
      #expect(output("?%").contains("%timeit"))
      var help: String?
      if case .failure(let diagnostic) = session.run("%tiem", name: "", output: { _ in }) {
        help = diagnostic.help
      }
      #expect(help == "did you mean `%time`?")
    }

    @Test func times() {
      #expect(
        output("%time 6 * 7").wholeMatch(of: /wall .*s, cpu .*s, peak memory .*B \(.*B of it new tensors\)\n/)
          != nil)
      #expect(
        output("%timeit 6 * 7").wholeMatch(of: /.*s ± .*s \(mean ± sd of 7 runs, \d+ loops each\)\n/) != nil)
      guard case .value(.int(42)?, true) = session.run("%time 6 * 7", name: "", output: { _ in }) else {
        Issue.record("%time loses the value")
        return
      }
    }

    @Test("a timed assignment is one: it binds, and shows no value; `%timeit` binds nothing")
    func assignments()
      throws
    {
      _ = output("row = [0, 0]; kept = 1")
      for entry in ["%time (a, b) = (6 * 7, 2)", "%profile row[1] = 5", "%timeit kept = 2"] {
        guard case .value(nil, false) = session.run(entry, name: "", output: { _ in }) else {
          Issue.record("`\(entry)` shows a value")
          continue
        }
      }
      #expect(output("print(a, b, row, kept)") == "42 2 [0, 5] 1\n")
      #expect(output("%time a + 1 = 3") == "SyntaxError")
      #expect(output("func f() { %time q = 1 }") == "UndeclaredVariable")
      let use = try #require(session.use(of: "%time model = fit(data)"))
      #expect(use.writes == ["model"] && use.reads.contains("data"))
    }

    @Test("the profile counts commands and operations, also of closures and derivatives") func profile()
      throws
    {
      _ = output("x = tensor([[1.0, 2.0], [3.0, 4.0]])")
      let text = output("%profile [sum(x @ x) for i in 0..<3]")
      let rows = text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
      #expect(rows.contains { $0.starts(with: ["sum", "3"]) }, "\(text)")
      #expect(rows.contains { $0.starts(with: ["matmul", "3"]) }, "\(text)")
      #expect(output("%profile nosuch") == "UnknownName")
      // The clock is off again.
      #expect(session.machine.profile == nil)
    }

    @Test("an operation is charged its time, its count and its bytes") func operations() throws {
      let x = try Tensor.full([64, 64], 1.0)
      let (sum, times) = try OperationTimes.measure { _ in
        for _ in 0..<4 { _ = try x.matmul(x) }
        return try (x + x).sum().item()
      }
      #expect(sum == 8192)
      #expect(times.rows["matmul"]?.count == 4 && times.rows["matmul"]?.bytes == 4 * 64 * 64 * 4)
      #expect(times.rows.values.allSatisfy { $0.seconds >= 0 })
      _ = try x.matmul(x)
      #expect(times.rows["matmul"]?.count == 4)
    }

    @Test("`?x.*` lists members, `?x.name` explains one") func members() {
      _ = output("w = tensor([[1.0, 2.0]]); config = {rate: 0.5, inner: {steps: 3}}")
      let tensor = output("?w.*")
      #expect(tensor.hasPrefix("w: a tensor") && tensor.contains("shape") && tensor.contains("(1, 2)"))
      // Properties come before methods.
      #expect(tensor.split(separator: "\n").dropFirst().first?.contains("shape") == true)
      #expect(tensor.contains("sum"))
      #expect(output("?config.r*").contains(/rate +0\.5/))
      #expect(output("?config.inner.*").contains(/steps +3/))
      #expect(output("?w.sum").hasPrefix("sum("))
      #expect(output("?w.nosuch") == "UnknownName" && output("?nosuch.*") == "UnknownName")
    }

    @Test func variables() {
      _ = output("weights = tensor([[1.0, 2.0, 3.0]]); names = [\"a\", \"b\"]; n = 3")
      let table = output("%vars")
      #expect(table.contains(/weights +tensor +\(1, 3\) f32 +12 B/), "\(table)")
      #expect(table.contains(/n +int/) && table.contains(/names +list +2/))
      #expect(output("%vars n*").split(separator: "\n").count == 3)
      #expect(output("%vars zz*") == "no variable matches `zz*`\n")
      #expect(output("%reset") == "3 variables forgotten\n")
      #expect(output("%vars") == "there are no variables\n" && session.variables.isEmpty)
    }

    @Test func memory() {
      let text = output("%mem")
      #expect(text.contains(/process +[\d.]+ [MG]iB +peak [\d.]+ [MG]iB/), "\(text)")
      #expect(
        ProcessMemory.now.resident > 1 << 20 && ProcessMemory.now.peak >= ProcessMemory.now.resident / 2)
      #expect(
        [0, 999, 1536, 1 << 20, 5 << 30].map(ByteCount.text) == ["0 B", "999 B", "1.5 KiB", "1 MiB", "5 GiB"])
    }

    @Test func folders() {
      let here = Folder.current
      #expect(output("%cd /") == "/\n")
      #expect(output("%cd -") == here + "\n")
      #expect(output("%cd /no/such/folder") == "FileError")
      #expect(Folder.current == here)
      #expect(Folder.expanded("~/x").hasSuffix("/x") && Folder.expanded("a~b") == "a~b")
      #expect("\"a b\"".unquoted == "a b" && "\"".unquoted == "\"")
    }

    @Test func trace() {
      #expect(output("%trace") == "there was no error yet\n")
      _ = output("func f(n) { if n == 0 { nosuch } else { f(n - 1) } }\nf(20)")
      #expect(output("%trace").split(separator: "\n").count { $0.contains("in f") } == 21)
    }

    @Test func history() {
      #expect(output("%history") == "NoHistory")
      let journal = Journal()
      session.journal = journal
      for (entry, shown) in [("a = 1", ""), ("a\n+ 1", "2\n"), ("%history", "")] {
        #expect(journal.begin(entry) == journal.entries.count)
        journal.note(shown)
      }
      #expect(output("%history") == "1  a = 1\n2  a\n   + 1\n")
      #expect(output("%history -o 2") == "2  a\n   + 1\n     2\n")
      journal.note(String(repeating: "x", count: 9000))
      #expect(journal.entries[2].output.count == Journal.outputLimit)
    }

    @Test(arguments: [
      ("", [1, 2, 3, 4]), ("2", [2]), ("2-3", [2, 3]), ("3-", [3, 4]), ("-2", [3, 4]), ("9", []),
      ("fit", [2, 4]),
    ])
    func selection(_ text: String, _ numbers: [Int]) {
      let journal = Journal()
      for entry in ["x = 1", "fit(m)", "y", "fit(n)"] { _ = journal.begin(entry) }
      #expect(journal.select(text) == numbers)
    }

    @Test func searchAndTopics() {
      session.pages["keys"] = "Keys:"
      #expect(output("?keys").hasPrefix("Keys:\n\nkeys("))
      #expect(output("?*lin*").contains("linspace") || output("?*pri*").contains("print"))
      #expect(output("?*zzzz*") == "UnknownName")
      var pages: [String] = []
      session.showPage = { pages.append($0) }
      #expect(output("?print").isEmpty && output("help(\"print\")").isEmpty)
      #expect(pages.count == 2 && pages.allSatisfy { $0.hasPrefix("print(") })
    }

    @Test func layout() {
      func shown(_ source: String) -> String {
        guard case .value(let value?, _) = session.run(source, name: "", output: { _ in }) else { return "" }
        return value.display(width: 40).text
      }
      #expect(shown("[1, 2, 3]") == "[1, 2, 3]")
      #expect(
        shown("{name: \"a name too long to fit\", values: [1, 2], n: 10}") == """
          {
            name:   "a name too long to fit"
            values: [1, 2]
            n:      10
          }
          """)
      let long = shown("[i for i in 0..<1000]")
      #expect(long.hasPrefix("[0, 1, 2,") && long.hasSuffix("998, 999]\n1000 elements"))
      #expect(long.split(separator: "\n").allSatisfy { $0.count <= 40 })
      let records = shown("[{index: i, name: \"entry number \\(i)\"} for i in 0..<50]")
      #expect(records.split(separator: "\n").count == 23 && records.contains("  … 50 elements"))
    }
  }
}
