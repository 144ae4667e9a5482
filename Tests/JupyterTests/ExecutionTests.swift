import Notebook
import Testing

@testable import Jupyter

@Suite("Cells of a kernel", .serialized)
struct ExecutionTests {
  @Test func everythingComesInOrder() throws {
    let client = try Client()
    let exchange = try client.execute("print(\"a\"); warn(\"b\"); show([1, 2]); 1 + 2")
    #expect(
      exchange.types == [
        "status", "execute_input", "stream", "stream", "display_data", "execute_result", "status",
      ])
    #expect(exchange.first("status")?["execution_state"]?.text == "busy")
    #expect(
      exchange.first("execute_input")?["code"]?.text == "print(\"a\"); warn(\"b\"); show([1, 2]); 1 + 2")
    #expect(exchange.text() == "a\n")
    #expect(exchange.text("stderr") == "warning: b\n")
    #expect(exchange.first("display_data")?["data"]?["text/plain"]?.text == "[1, 2]")
    #expect(exchange.value == "3")
    #expect(exchange.reply["status"]?.text == "ok")
    #expect(exchange.reply["execution_count"] == .int(1))
  }

  @Test func anErrorIsOneMessage() throws {
    let client = try Client()
    let exchange = try client.execute("undefined_name")
    #expect(exchange.types == ["status", "execute_input", "error", "status"])
    #expect(exchange.reply["status"]?.text == "error")
    #expect(exchange.reply["ename"]?.text == "UnknownName")
    let trace = exchange.first("error")?["traceback"]?.items.compactMap(\.text).joined(separator: "\n") ?? ""
    #expect(trace.contains("In[1]:1:1"))
    #expect(try client.execute("2 + 2").value == "4")
  }

  @Test func silentCellsShowAndCountNothing() throws {
    let client = try Client()
    let exchange = try client.execute("x = 5; print(1); x", [("silent", .bool(true))])
    #expect(exchange.types == ["status", "status"])
    #expect(exchange.reply["execution_count"] == .int(0))
    #expect(try client.execute("x", [("store_history", .bool(false))]).reply["execution_count"] == .int(0))
    #expect(try client.execute("x").reply["execution_count"] == .int(1))
  }

  @Test(arguments: [true, false])
  func whatIsQueuedBehindAFailureIsAborted(stops: Bool) throws {
    let client = try Client()
    // The first cell keeps the kernel busy until the others are there.
    let codes = ["print(input())", "oops", "print(1)", "print(2)"]
    let options: [(String, JSON)] = [("stop_on_error", .bool(stops)), ("allow_stdin", .bool(true))]
    let ids = codes.map { client.send("execute_request", [("code", .string($0))] + options) }
    _ = try #require(client.next(client.stdin))
    let last = client.send("kernel_info_request")
    client.send("input_reply", [("value", .string("go"))], on: client.stdin)
    let replies = try ids.map { try client.reply(to: $0).content }
    #expect(
      replies.map { $0["status"]?.text }
        == (stops ? ["ok", "error", "error", "error"] : ["ok", "error", "ok", "ok"]))
    #expect(replies[2]["ename"]?.text == (stops ? "Aborted" : nil))
    #expect(try client.reply(to: last).type == "kernel_info_reply")
    #expect(try client.execute("print(3)").text() == "3\n")
  }

  @Test func anInterruptEndsTheCellAndKeepsTheState() throws {
    let client = try Client()
    try client.execute("x = 41")
    let id = try client.start("print(\"on\"); while true { y = 1 }")
    let interrupt = client.send("interrupt_request", on: client.control)
    #expect(try client.reply(to: interrupt, on: client.control).content["status"]?.text == "ok")
    let reply = try client.reply(to: id).content
    #expect(reply["status"]?.text == "error")
    #expect(reply["ename"]?.text == "Interrupted")
    #expect(try client.execute("x + 1").value == "42")
    // Between cells there is nothing to interrupt.
    let late = client.send("interrupt_request", on: client.control)
    _ = try client.reply(to: late, on: client.control)
    #expect(try client.execute("x + 2").value == "43")
  }

  @Test func controlAndHeartbeatAnswerWhileACellRuns() throws {
    let client = try Client()
    _ = try client.start("print(\"on\"); while true { }")
    client.heartbeat.send([Array("beat".utf8)])
    #expect(client.heartbeat.wait(milliseconds: 30_000) == .ready)
    #expect(client.heartbeat.receive() == [Array("beat".utf8)])
    let info = client.send("kernel_info_request", on: client.control)
    #expect(try client.reply(to: info, on: client.control).type == "kernel_info_reply")
    #expect(try client.publications(of: info).count == 2)
  }

  @Test func cellsAskQuestions() throws {
    let client = try Client()
    let id = client.send(
      "execute_request",
      [
        ("code", .string("name = input(\"who? \", secret: true); name + \"!\"")),
        ("allow_stdin", .bool(true)),
      ])
    let question = try #require(client.next(client.stdin))
    #expect(question.type == "input_request")
    #expect(question.content["prompt"]?.text == "who? ")
    #expect(question.content["password"] == .bool(true))
    client.send("input_reply", [("value", .string("λ"))], on: client.stdin)
    #expect(try client.reply(to: id).content["status"]?.text == "ok")
    #expect(try client.execute("name").value == "\"λ\"")
    #expect(try client.execute("input()").reply["ename"]?.text == "NoInput")
  }

  @Test func aQuestionCanBeInterrupted() throws {
    let client = try Client()
    let id = client.send("execute_request", [("code", .string("input()")), ("allow_stdin", .bool(true))])
    _ = try #require(client.next(client.stdin))
    client.send("interrupt_request", on: client.control)
    #expect(try client.reply(to: id).content["ename"]?.text == "Interrupted")
    // The late answer belongs to nobody.
    client.send("input_reply", [("value", .string("late"))], on: client.stdin)
    let next = client.send("execute_request", [("code", .string("input()")), ("allow_stdin", .bool(true))])
    _ = try #require(client.next(client.stdin))
    client.send("input_reply", [("value", .string("new"))], on: client.stdin)
    _ = try client.reply(to: next)
    #expect(try client.execute("_").value == "\"new\"")
  }

  @Test func userExpressionsLeaveTheLastValueAlone() throws {
    let client = try Client()
    let exchange = try client.execute(
      "7", [("user_expressions", .object([("a", .string("6 * 7")), ("b", .string("oops"))]))])
    let expressions = exchange.reply["user_expressions"]
    #expect(expressions?["a"]?["data"]?["text/plain"]?.text == "42")
    #expect(expressions?["b"]?["ename"]?.text == "UnknownName")
    #expect(try client.execute("_").value == "7")
  }

  @Test(arguments: ["?mean", "mean?", "help(\"mean\")"])
  func helpIsAPage(code: String) throws {
    let client = try Client()
    let exchange = try client.execute(code)
    let pages = exchange.reply["payload"]?.items ?? []
    #expect(pages.count == 1)
    #expect(pages.first?["source"]?.text == "page")
    #expect(pages.first?["data"]?["text/plain"]?.text?.contains("mean(") == true)
    #expect(exchange.types == ["status", "execute_input", "status"])
  }

  @Test func plotsComeAsDrawingPictureAndText() throws {
    let client = try Client()
    let exchange = try client.execute("plot([1, 2, 3])")
    let content = try #require(exchange.first("display_data"))
    let data = try #require(content["data"])
    #expect(data["text/plain"]?.text?.isEmpty == false)
    #expect(data["image/svg+xml"]?.text?.contains("<svg") == true)
    #expect(data["image/png"]?.text?.hasPrefix("iVBORw0KGgo") == true)
    guard case .int(let width)? = content["metadata"]?["image/png"]?["width"] else {
      Issue.record("a picture has a width")
      return
    }
    #expect(width > 100)
  }

  @Test func shownThingsCanBeCleared() throws {
    let client = try Client()
    let exchange = try client.execute("print(1); clear(wait: true); print(2)")
    #expect(exchange.types == ["status", "execute_input", "stream", "clear_output", "stream", "status"])
    #expect(exchange.first("clear_output")?["wait"] == .bool(true))
  }

  @Test func manyPrintsAreFewMessages() throws {
    let client = try Client()
    let exchange = try client.execute("for i in 0..<20000 { print(i) }")
    #expect(exchange.text() == (0..<20000).map { "\($0)\n" }.joined())
    #expect(exchange.published.count < 200)
  }
}
