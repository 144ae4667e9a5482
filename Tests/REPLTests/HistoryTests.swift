import Foundation
import Testing

@testable import REPL
@testable import Runtime

@Suite("What is kept of a conversation") struct HistoryTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("faa-history-\(UUID())")
    .path

  @Test(arguments: ["plain", "two\nlines", "back\\slash\\n", "\\", "\n", "a\r\nb", "λ = \"日本\"", ""])
  func escaping(entry: String) {
    let line = EntryFile.escaped(entry)
    #expect(!line.contains("\n"))
    #expect(EntryFile.unescaped(line) == entry)
  }

  @Test("entries are private, appended at once, and shared by conversations") func file() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/deep/er/history"
    let (one, two) = (History(path: path), History(path: path))
    for (history, entry) in [
      (one, "a"), (two, "b\nc"), (one, "a"), (one, "d"), (two, " secret"), (two, "b\nc"),
    ] {
      #expect(history.add(entry) == nil)
    }
    #expect(History(path: path).load() == ["a", "b\nc", "d"])
    let mode = try #require(
      FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)
    #expect(mode.intValue == 0o600)
  }

  @Test("many conversations at once keep every entry whole") func concurrency() async {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/history"
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let history = History(path: path)
          for entry in 0..<50 { _ = history.add("writer \(writer)\nentry \(entry)") }
        }
      }
    }
    let entries = History(path: path).load()
    #expect(Set(entries).count == 200 && entries.count == 200)
    #expect(entries.allSatisfy { $0.wholeMatch(of: /writer \d\nentry \d+/) != nil })
  }

  @Test("a line that a full disk cut short costs that line alone") func cutShort() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try "first\nhalf of a li".write(toFile: folder + "/history", atomically: true, encoding: .utf8)
    #expect(History(path: folder + "/history").add("next") == nil)
    #expect(History(path: folder + "/history").load() == ["first", "half of a li", "next"])
  }

  @Test("a file that cannot be written is one warning", arguments: ["/proc/no/history", "/dev/full"])
  func unwritable(path: String) {
    let history = History(path: path)
    #expect(history.add("a")?.hasPrefix("history is not kept: \(path):") == true)
    #expect(history.add("b") == nil)
    #expect(History(path: nil).add("a") == nil)
    #expect(History(path: "/proc/no/history").load().isEmpty)
  }
}
