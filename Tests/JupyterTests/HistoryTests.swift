import Foundation
import Notebook
import Testing

@testable import Jupyter

@Suite("The history of kernels", .serialized)
struct HistoryTests {
  private func rows(_ client: Client, _ content: [(String, JSON)]) throws -> JSON {
    try client.ask("history_request", content).reply["history"] ?? .null
  }

  private func row(_ session: Int, _ line: Int, _ text: String) -> JSON {
    .array([.int(session), .int(line), .string(text)])
  }

  private func request(_ type: String, _ more: [(String, JSON)] = []) -> [(String, JSON)] {
    [("hist_access_type", .string(type))] + more
  }

  @Test func hasTailRangeAndSearch() throws {
    let client = try Client()
    for code in ["1 + 1", "2 * 2", "x = 9", "1 + 1"] { try client.execute(code) }
    #expect(
      try rows(client, request("tail", [("n", .int(2))])) == .array([row(1, 3, "x = 9"), row(1, 4, "1 + 1")]))
    #expect(
      try rows(client, request("range", [("session", .int(0)), ("start", .int(2)), ("stop", .int(3))]))
        == .array([row(1, 2, "2 * 2")]))
    let search = request("search", [("pattern", .string("1 ? *"))])
    #expect(try rows(client, search) == .array([row(1, 1, "1 + 1"), row(1, 4, "1 + 1")]))
    #expect(try rows(client, search + [("unique", .bool(true))]) == .array([row(1, 4, "1 + 1")]))
    #expect(try rows(client, search + [("n", .int(1))]) == .array([row(1, 4, "1 + 1")]))
    #expect(
      try rows(client, request("tail", [("n", .int(1)), ("output", .bool(true))]))
        == .array([.array([.int(1), .int(4), .array([.string("1 + 1"), .string("2")])])]))
  }

  @Test func isKeptAcrossKernels() throws {
    let first = try Client()
    try first.execute("a = 1\nb = \"\\\\n\"")
    try first.execute("silent = 1", [("silent", .bool(true))])
    try first.execute("private = 1", [("store_history", .bool(false))])
    // A second one at the same time is a session of its own.
    let second = try Client(environment: ["XDG_STATE_HOME": first.folder])
    try second.execute("c = 3")
    try first.execute("d = 4")
    let third = try Client(environment: ["XDG_STATE_HOME": first.folder])
    try third.execute("e = 5")
    let old = [row(1, 1, "a = 1\nb = \"\\\\n\""), row(2, 1, "c = 3"), row(1, 2, "d = 4")]
    #expect(try rows(third, request("tail")) == .array(old + [row(3, 1, "e = 5")]))
    #expect(
      try rows(third, request("search", [("pattern", .string("? = ?"))]))
        == .array([old[1], old[2], row(3, 1, "e = 5")]))
    for session in [-1, 2] {
      #expect(try rows(third, request("range", [("session", .int(session))])) == .array([old[1]]))
    }
    #expect(try rows(third, request("range", [("session", .int(9))])) == .array([]))
    let file = first.folder + "/faa/kernel-history"
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func aFileThatCannotBeWrittenIsOneLineInTheLog() throws {
    let client = try Client(environment: ["XDG_STATE_HOME": "/dev/null"])
    for _ in 0..<2 { #expect(try client.execute("1 + 1").value == "2") }
    #expect(try rows(client, request("tail")) == .array([row(1, 1, "1 + 1"), row(1, 2, "1 + 1")]))
    client.process.terminate()
    #expect(client.status() == 0)
    let log = String(decoding: client.errors.fileHandleForReading.availableData, as: UTF8.self)
    #expect(log.split(separator: "\n").filter { $0.contains("history is not kept") }.count == 1)
  }
}
