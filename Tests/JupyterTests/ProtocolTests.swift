import Foundation
import Notebook
import Testing

@testable import Jupyter

@Suite("The protocol of a kernel", .serialized)
struct ProtocolTests {
  @Test func severalFirstRequestsAreAllAnswered() throws {
    let client = try Client()
    let ids = (0..<5).map { _ in client.send("kernel_info_request") }
    for id in ids {
      let reply = try client.reply(to: id)
      #expect(reply.content["language_info"]?["file_extension"]?.text == ".faa")
      #expect(reply.content["protocol_version"]?.text == "5.5")
      #expect(
        try client.publications(of: id).map { $0.content["execution_state"]?.text } == ["busy", "idle"])
    }
  }

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func shutdownEchoesRestartAndEnds(restart: Bool, isBusy: Bool) throws {
    let client = try Client()
    if isBusy { _ = try client.start("print(1); while true { }") }
    let id = client.send("shutdown_request", [("restart", .bool(restart))], on: client.control)
    let reply = try client.reply(to: id, on: client.control)
    #expect(reply.type == "shutdown_reply")
    #expect(reply.content["restart"] == .bool(restart))
    #expect(client.status() == 0)
    #expect(client.process.terminationReason == .exit)
  }

  @Test func shutdownIsAcceptedOnShellAndARestartIsClean() throws {
    let first = try Client()
    try first.execute("x = 1")
    #expect(try first.reply(to: first.send("shutdown_request")).content["restart"] == .bool(false))
    #expect(first.status() == 0)
    let second = try Client(in: first.folder)
    #expect(try second.execute("x").reply["ename"]?.text == "UnknownName")
    #expect(try second.execute("1").reply["execution_count"] == .int(2))
  }

  @Test func theKernelEndsWithItsParent() throws {
    let parent = Process()
    parent.executableURL = URL(fileURLWithPath: "/bin/sleep")
    parent.arguments = ["600"]
    try parent.run()
    let client = try Client(environment: ["JPY_PARENT_PID": "\(parent.processIdentifier)"])
    #expect(try client.execute("1").value == "1")
    // Children inherit blocked signals from the test runner; this one cannot be blocked.
    kill(parent.processIdentifier, SIGKILL)
    parent.waitUntilExit()
    #expect(client.status() == 0)
  }

  @Test func aTerminationRequestIsAnOrdinaryEnd() throws {
    let client = try Client()
    _ = try client.start("print(1); while true { }")
    client.process.terminate()
    #expect(client.status() == 0)
  }

  @Test func unsignedAndMalformedMessagesAreDropped() throws {
    let client = try Client()
    let frames = client.wire.frames(
      Message("execute_request", .object([("code", .string("print(\"forged\")"))]), session: "s"))
    var forged = frames
    forged[1] = Array(String(repeating: "0", count: 64).utf8)
    client.shell.send(forged)
    client.shell.send(Wire(key: "another").frames(Message("kernel_info_request", .object([]), session: "s")))
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<300 {
      var bad = frames
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        bad = (0..<Int.random(in: 1..<9)).map { _ in
          (0..<Int.random(in: 0..<20)).map { _ in .random(in: 0...255) }
        }
      case 1: bad.removeLast(Int.random(in: 1..<bad.count))
      case 2: bad[Int.random(in: 0..<bad.count)] = [0xFF, 0xFE]
      default: bad = frames.shuffled()
      }
      guard bad != frames else { continue }
      for socket in [client.shell, client.control] { socket.send(bad) }
    }
    let exchange = try client.execute("1 + 1")
    #expect(exchange.value == "2")
    #expect(exchange.reply["execution_count"] == .int(1))
  }

  /// Well signed, but with contents of the wrong shape.
  @Test(arguments: [
    "execute_request", "complete_request", "inspect_request", "is_complete_request", "history_request",
    "comm_info_request", "kernel_info_request",
  ])
  func wrongContentsAreAnswered(type: String) throws {
    let client = try Client()
    let wrong: [JSON] = [.null, .int(-5), .string("\u{0}é𝜃"), .array([.null]), .object([]), .int(.max)]
    let names = [
      "code", "cursor_pos", "detail_level", "silent", "user_expressions", "hist_access_type", "n", "start",
      "pattern",
      "session", "stop",
    ]
    for value in wrong {
      #expect(try client.ask(type, names.map { ($0, value) }).published.count >= 2)
    }
  }

  @Test func unknownMessagesLeaveABusyAndAnIdle() throws {
    let client = try Client()
    let id = client.send("dance_request")
    #expect(try client.publications(of: id).map { $0.content["execution_state"]?.text } == ["busy", "idle"])
    #expect(try client.execute("1").value == "1")
  }

  @Test func commsAreRefused() throws {
    let client = try Client()
    let id = client.send(
      "comm_open", [("comm_id", .string("c")), ("target_name", .string("t")), ("data", .object([]))])
    let published = try client.publications(of: id)
    #expect(published.map(\.type) == ["status", "comm_close", "status"])
    #expect(published[1].content["comm_id"]?.text == "c")
    client.send("comm_msg", [("comm_id", .string("c")), ("data", .object([]))])
    #expect(try client.ask("comm_info_request").reply["comms"] == .object([]))
  }

  @Test(arguments: [
    ("hypergradi", nil as Int?, ["hypergradient"], 0, 10), ("\\lambda", nil, ["λ"], 0, 7),
    ("\"𝜃é\"; hypergradi", nil, ["hypergradient"], 6, 16), ("𝜃 = sqr + 1", 7, ["sqrt"], 4, 7),
  ])
  func completionCountsCodePoints(code: String, cursor: Int?, matches: [String], start: Int, end: Int) throws
  {
    let client = try Client()
    let position = cursor ?? code.unicodeScalars.count
    let reply = try client.ask(
      "complete_request", [("code", .string(code)), ("cursor_pos", .int(position))]
    ).reply
    #expect(reply["matches"]?.items.compactMap(\.text) == matches)
    #expect(reply["cursor_start"] == .int(start))
    #expect(reply["cursor_end"] == .int(end))
  }

  @Test func inspectionFindsNamesAndOpenCalls() throws {
    let client = try Client()
    try client.execute("func double(x) { 2 * x }; θ = 3")
    func page(_ code: String, _ cursor: Int, detail: Int = 0) throws -> String? {
      let reply = try client.ask(
        "inspect_request",
        [("code", .string(code)), ("cursor_pos", .int(cursor)), ("detail_level", .int(detail))]
      ).reply
      #expect(reply["status"]?.text == "ok")
      return reply["found"] == .bool(true) ? reply["data"]?["text/plain"]?.text : nil
    }
    #expect(try page("mean(x)", 2)?.hasPrefix("mean(") == true)
    #expect(try page("mean(", 5)?.hasPrefix("mean(") == true)
    #expect(try page("1 + θ", 5)?.contains("3") == true)
    #expect(try page("double", 6, detail: 1)?.contains("2 * x") == true)
    #expect(try page("nothing_here", 3) == nil)
    #expect(try page("", 0) == nil)
  }

  @Test(arguments: [
    ("1 + 2", "complete", nil as String?), ("f(1,", "incomplete", "  "), ("1 + ) 2", "invalid", nil),
    ("", "complete", nil),
  ])
  func entriesAreCompleteOrNot(code: String, status: String, indent: String?) throws {
    let client = try Client()
    let reply = try client.ask("is_complete_request", [("code", .string(code))]).reply
    #expect(reply["status"]?.text == status)
    #expect(reply["indent"]?.text == indent)
  }

  @Test func allSubscribersSeeTheSameAndASlowOneMissesNothing() throws {
    let client = try Client()
    let others = try (0..<8).map { _ in try client.subscriber() }
    for other in others { #expect(client.next(other)?.type == "iopub_welcome") }
    // Nobody but the client itself reads while 3000 messages are published.
    let id = client.send("execute_request", [("code", .string("for i in 0..<3000 { show(i) }"))])
    let seen = try client.publications(of: id)
    #expect(seen.count == 3003)
    for other in others {
      let same = try client.publications(of: id, from: other)
      #expect(same.map { $0.header["msg_id"]?.text } == seen.map { $0.header["msg_id"]?.text })
    }
  }

  @Test func withoutAKeyNothingIsSigned() throws {
    let client = try Client(key: "")
    #expect(try client.execute("1").value == "1")
  }

  @Test func aPortThatIsTakenIsOneLineAndAnExitCode() throws {
    let client = try Client()
    let second = Process()
    let errors = Pipe()
    second.executableURL = URL(fileURLWithPath: Client.program)
    let file = client.folder + "/taken.json"
    let taken = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(taken) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(taken, $0, length)
        listen(taken, 1)
        getsockname(taken, $0, &length)
      }
    }
    let port = UInt16(bigEndian: address.sin_port)
    let ports = ["shell", "iopub", "stdin", "control", "hb"].map { "\"\($0)_port\": \(port)" }.joined(
      separator: ", ")
    try "{\"transport\": \"tcp\", \"ip\": \"127.0.0.1\", \"key\": \"k\", \(ports)}".write(
      toFile: file, atomically: true, encoding: .utf8)
    second.arguments = ["kernel", "-f", file]
    second.standardError = errors
    try second.run()
    second.waitUntilExit()
    #expect(second.terminationStatus == 1)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(text.hasPrefix("faa kernel: error: cannot listen at tcp://127.0.0.1:\(port)"))
    #expect(text.filter { $0 == "\n" }.count == 1)
  }
}
