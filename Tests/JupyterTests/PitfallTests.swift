import Foundation
import Notebook
import Testing

@testable import Jupyter

/// What has gone wrong in kernels of other languages, beside what the other suites hold.
@Suite("Pitfalls of kernels", .serialized)
struct PitfallTests {
  /// Clients stop listening soon after the reply: everything shown is sent before it, idle right behind it.
  @Test func outputsComeBeforeTheReplyAndIdleAfterIt() throws {
    let client = try Client()
    let id = client.send(
      "execute_request", [("code", .string("for i in 0..<500 { print(i); if i % 100 == 0 { show(i) } }"))])
    let reply = try client.reply(to: id)
    let published = try client.publications(of: id)
    let times = published.map { $0.header.text("date") }
    let replied = reply.header.text("date")
    #expect(times == times.sorted())
    #expect(times.dropLast().allSatisfy { $0 <= replied })
    #expect(times.last.map { $0 >= replied } == true)
    #expect(published.dropLast().last?.content.text("text").hasSuffix("499\n") == true)
  }

  /// JSON that any client reads, objects where objects are asked for, numbers where numbers are.
  @Test func everyMessageIsWellFormed() throws {
    let client = try Client()
    let codes = [
      "record(\"loss\", nan); [1.0, inf, nan]", "show({a: nan})", "plot([1, 2, 3])", "oops", "?mean",
      "[{a: 1, b: \"x|y\"}, {a: 2, b: \"<b>\"}]", "clear()", "warn(\"w\")", "\"\\u{1}\\u{2028}\"",
    ]
    for code in codes {
      let id = client.send(
        "execute_request", [("code", .string(code)), ("user_expressions", .object([("n", .string("nan"))]))])
      let reply = try client.reply(to: id)
      guard case .int = reply.content["execution_count"] else {
        Issue.record("\(code): the count is no number")
        continue
      }
      #expect(reply.content["user_expressions"]?.isObject == true)
      for message in try client.publications(of: id) + [reply] {
        let text = message.content.compact
        let read = try JSONSerialization.jsonObject(with: Data(text.utf8))
        #expect(read is [String: Any])
        #expect(!message.header.text("date").isEmpty && message.metadata.isObject)
        guard ["display_data", "execute_result"].contains(message.type) else { continue }
        #expect(message.content["metadata"]?.isObject == true)
        let data = try #require(message.content["data"])
        #expect(data["text/plain"]?.text != nil)
        for (type, value) in data.members {
          #expect(type.wholeMatch(of: /[\w\-+.]+\/[\w\-+.]+/) != nil)
          #expect(value.text != nil)
        }
      }
    }
  }

  /// Interrupts are messages, so that children of the kernel do not get a signal; who sends one all the same stops the cell, not gnuplot.
  @Test func aSignalStopsTheCellAndNothingElse() throws {
    let client = try Client()
    #expect(try client.execute("plot([1, 2])").first("display_data") != nil)
    let id = try client.start("print(1); while true { }")
    kill(client.process.processIdentifier, SIGINT)
    #expect(try client.reply(to: id).content["ename"]?.text == "Interrupted")
    #expect(try client.execute("plot([2, 1])").first("display_data")?["data"]?["image/svg+xml"] != nil)
  }

  /// From when a cell is said to be under way an interrupt is for it, also while it is parsed.
  @Test func anInterruptWhileACellIsParsedIsNotLost() throws {
    let client = try Client()
    try client.execute("x = 1")
    // Long enough that the interrupt comes before anything runs.
    let code = String(repeating: "x = x + 1\n", count: 60_000) + "while true { }"
    for _ in 0..<3 {
      let id = client.send("execute_request", [("code", .string(code))])
      while let message = client.next(client.published) {
        if message.content["execution_state"]?.text == "busy", message.parent["msg_id"]?.text == id { break }
      }
      let interrupt = client.send("interrupt_request", on: client.control)
      _ = try client.reply(to: interrupt, on: client.control)
      #expect(try client.reply(to: id).content["ename"]?.text == "Interrupted")
    }
    #expect(try client.execute("1 + 1").value == "2")
  }

  /// What papermill writes into a notebook.
  @Test func parametersInPythonsWordsAreRead() throws {
    let client = try Client()
    let cell = """
      # Parameters
      steps = 500
      rate = 1e-3
      name = "a \\"b\\" \\u00e9"
      flag = True
      nothing = None
      betas = [0.9, 0.999]
      options = {"lr": 0.1, "warm": False}

      """
    #expect(try client.execute(cell).reply["status"]?.text == "ok")
    #expect(
      try client.execute("[steps, rate, flag, betas[1], options.lr, options.warm]").value
        == "[500, 0.001, true, 0.999, 0.1, false]")
    #expect(try client.execute("name == \"a \\\"b\\\" é\"").value == "true")
  }

  /// Random numbers are those of a headless run of the same cells with the same seed.
  @Test func cellsDrawWhatAHeadlessRunDraws() throws {
    let client = try Client()
    let notebook = """
      ---
      seed: 5
      params:
        n: {type: int, default: 3}
      ---
      ```faa label=first
      print(randn([n]))
      ```
      ```faa
      print(randn([n]))
      ```
      ```faa
      print(randn([n]))
      ```

      """
    let path = client.folder + "/n.faa"
    try notebook.write(toFile: path, atomically: true, encoding: .utf8)
    let run = Process()
    let output = Pipe()
    run.executableURL = URL(fileURLWithPath: Client.program)
    run.arguments = ["run", "-q", path]
    run.standardOutput = output
    try run.run()
    let expected = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    run.waitUntilExit()
    let cells = try JSON(parsing: Document(parsing: Array(notebook.utf8), name: "n").ipynb())["cells"]
    var seen = ""
    for cell in cells?.items ?? [] where cell["cell_type"]?.text == "code" {
      let exchange = try client.execute(
        cell["source"]?.text ?? (cell["source"]?.items ?? []).compactMap(\.text).joined())
      #expect(exchange.reply["status"]?.text == "ok")
      seen += exchange.text()
    }
    #expect(seen.split(separator: "\n").count == 3 * 2)
    #expect(seen == expected)
  }

  @Test func aCellThatIsNotToBeEvaluatedIsNot() throws {
    let client = try Client()
    #expect(try client.execute("#| eval: false\nprint(1)").types == ["status", "execute_input", "status"])
  }

  /// Long work is one display that is updated, not a stream of lines.
  @Test func progressIsOneDisplay() throws {
    let client = try Client()
    let exchange = try client.execute(
      """
      faces = Faces(subjects: 4, images: 8, size: 32, seed: 1)
      model = MAE(ViT(image: 32, patch: 4, width: 64, depth: 2, heads: 2), seed: 1)
      run = fit(model, on: faces, epochs: 20, batch: 8, seed: 1);
      """)
    #expect(exchange.reply["status"]?.text == "ok")
    let shown = exchange.published.filter { $0.type == "display_data" }
    #expect(shown.count <= 1)
    let id = shown.first?.content["transient"]?["display_id"]
    for update in exchange.published where update.type == "update_display_data" {
      #expect(update.content["transient"]?["display_id"] == id)
    }
  }

  /// A live figure is one display; its last state is always shown.
  @Test func liveFiguresAreUpdatedInPlace() throws {
    let client = try Client()
    let exchange = try client.execute(
      """
      var y = []
      for i in 0..<50 { y = y + [i]; live(plot(y, title: "\\(i)")); if i == 20 { live(i, name: "n") } }
      """)
    let shown = exchange.published.filter { $0.type == "display_data" }
    let updates = exchange.published.filter { $0.type == "update_display_data" }
    #expect(shown.count == 2)
    let ids = shown.map { $0.content["transient"]?["display_id"]?.text }
    #expect(Set(ids).count == 2)
    #expect(!updates.isEmpty && updates.count < 49)
    #expect(updates.allSatisfy { $0.content["transient"]?["display_id"]?.text == ids[0] })
    #expect(updates.last?.content["data"]?["text/plain"]?.text?.contains("49") == true)
  }

  /// Tables and formulas come in the forms that clients show best.
  @Test func tablesAndFormulasHaveMarkup() throws {
    let client = try Client()
    let table = try client.execute("[{name: \"a<b\", loss: 0.5}, {name: \"c|d\", loss: 0.25}]")
    let data = table.first("execute_result")?["data"]
    #expect(
      data?["text/html"]?.text == """
        <table><thead><tr><th style="text-align:left">name</th><th style="text-align:right;white-space:nowrap">loss</th></tr></thead><tbody>\
        <tr><td style="text-align:left">a&lt;b</td><td style="text-align:right;white-space:nowrap">0.5</td></tr>
        <tr><td style="text-align:left">c|d</td><td style="text-align:right;white-space:nowrap">0.25</td></tr></tbody></table>
        """)
    #expect(
      data?["text/markdown"]?.text == "| name | loss |\n| :-- | --: |\n| a\\<b | 0.5 |\n| c\\|d | 0.25 |")
    // θ* = λ, F = θ², so dF/dλ = 2λ = 6.
    let formula = try client.execute(
      "hypergradient({ θ, λ in sum(θ ** 2) }, through: { θ, λ in sum((θ - λ) ** 2) }, at: (tensor([3.0], dtype: f64), tensor([3.0], dtype: f64)), by: dense())"
    )
    let forms = formula.first("execute_result")?["data"]
    let latex = forms?["text/latex"]?.text ?? "\(formula.reply)"
    #expect(latex.hasPrefix("$\\displaystyle \\begin{aligned}"))
    #expect(latex.contains("= 0 + 6 = 6 "), "\(latex)")
    #expect(forms?["text/markdown"]?.text?.hasPrefix("$$\\begin{aligned}") == true)
    #expect(forms?["text/plain"]?.text?.contains("status") == true)
  }
}
