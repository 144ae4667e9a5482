import Foundation
import Runtime
import Testing

@testable import REPL

@Suite("Tab") struct CompleterTests {
  static func completer(_ candidates: [String]) -> Completer {
    Completer { line, cursor in
      let word = line.utf8.prefix(cursor).reversed().prefix { $0 != UInt8(ascii: " ") }.count
      return (cursor - word..<cursor, candidates)
    }
  }

  @Test func `one candidate is completed, several as far as they agree, then listed`() {
    #expect(Self.completer(["sum"]).press("x = s", cursor: 5, width: 80) == .replace(4..<5, "sum"))
    let several = Self.completer(["softmax", "softplus"])
    #expect(several.press("s", cursor: 1, width: 80) == .replace(0..<1, "soft"))
    #expect(several.press("soft", cursor: 4, width: 80) == .nothing)
    #expect(several.press("soft", cursor: 4, width: 80) == .list(["softmax   softplus"]))
    #expect(Self.completer([]).press("zz", cursor: 2, width: 80) == .nothing)
    #expect(Self.completer(["sum"]).press("sum", cursor: 3, width: 80) == .nothing)
  }

  @Test func `blanks are indented`() {
    #expect(Self.completer(["a"]).press("", cursor: 0, width: 80) == .replace(0..<0, "  "))
    #expect(Self.completer(["a"]).press("f {\n  ", cursor: 6, width: 80) == .replace(6..<6, "  "))
  }

  @Test func `a range outside the text does nothing`() {
    #expect(Completer { _, _ in (2..<9, ["a"]) }.press("abc", cursor: 3, width: 80) == .nothing)
  }

  @Test func `columns fit the width and are read downwards`() {
    let names = ["aa", "bb", "cc", "dd", "ee"]
    #expect(Completer.columns(names, width: 9) == ["aa  dd", "bb  ee", "cc"])
    #expect(Completer.columns(names, width: 1) == names)
    #expect(Completer.columns((0..<300).map { "n\($0)" }, width: 80).last == "… and 100 more")
  }
}

@Suite("Text for a terminal") struct SafeTests {
  static let cases: [(String, String)] = [
    ("plain\n\ttext é 日", "plain\n\ttext é 日"), ("\u{1B}[2J", "␛[2J"), ("a\rb", "a␍b"), ("\u{7}", "␇"),
    ("\u{7F}\u{9B}31m\u{202E}", "␡\u{FFFD}31m\u{FFFD}"), ("\u{1B}]0;title\u{7}", "␛]0;title␇"),
    ("\u{1B}[31mred\u{1B}[0m", "␛[31mred␛[0m"),
  ]

  @Test(arguments: cases) func `control characters become visible`(text: String, shown: String) {
    #expect(Safe.text(text) == shown)
  }

  static let coloured: [(String, String)] = [
    ("\u{1B}[0;38;2;1;2;3mred\u{1B}[0m", "\u{1B}[0;38;2;1;2;3mred\u{1B}[0m"), ("\u{1B}[2J", "␛[2J"),
    ("\u{1B}[8mhidden", "␛[8mhidden"), ("\u{1B}[31", "␛[31"), ("\u{1B}[?25l", "␛[?25l"), ("\u{1B}", "␛"),
  ]

  @Test(arguments: coloured) func `only colours pass, where they are expected`(text: String, shown: String) {
    #expect(Safe.text(text, keepsColours: true) == shown)
  }
}

@Suite("Progress") struct ProgressTests {
  @Test func `a bar with counts`() {
    let text = ProgressLine.text(Progress("fit", done: 50, total: 100, note: "loss 0.1"), width: 79)
    #expect(
      text == "fit  " + String(repeating: "━", count: 15) + String(repeating: "─", count: 15)
        + "  50/100  loss 0.1")
  }

  @Test(arguments: [1, 5, 10, 20, 40, 79]) func `never wider than the window`(width: Int) {
    for total in [nil, 0, 3, 1000] {
      let progress = Progress("a long label\u{1B}[2J", done: 2000, total: total, note: "a note\nof two lines")
      let text = ProgressLine.text(progress, width: width)
      #expect(text.count <= width && !text.contains("\u{1B}") && !text.contains("\n"))
    }
  }
}

@Suite("Pictures in a terminal") struct GraphicsTests {
  @Test func `base64 as Foundation has it`() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
      #expect(String(decoding: Graphics.base64(bytes), as: UTF8.self) == Data(bytes).base64EncodedString())
    }
  }

  @Test func `a payload goes in pieces`() {
    let text = Graphics.kitty([UInt8](repeating: 7, count: 10_000), columns: 60)
    let pieces = text.components(separatedBy: "\u{1B}\\").dropLast()
    #expect(pieces.count == 4)
    #expect(pieces.first?.hasPrefix("\u{1B}_Ga=T,f=100,q=2,c=60,m=1;") == true)
    #expect(pieces.dropFirst().dropLast().allSatisfy { $0.hasPrefix("\u{1B}_Gm=1;") })
    #expect(pieces.last?.hasPrefix("\u{1B}_Gm=0;") == true)
  }

  static let replies: [(String, kitty: Bool, complete: Bool, rest: String)] = [
    ("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[?62;c", true, true, ""), ("\u{1B}[?62;4c", false, true, ""),
    ("\u{1B}_Gi=31;EINVAL\u{1B}\\\u{1B}[?1;2c", false, true, ""), ("ab\u{1B}[?6cde", false, true, "abde"),
    ("", false, false, ""), ("\u{1B}_Gi=31;OK\u{1B}\\", true, false, ""),
    ("\u{1B}[A", false, false, "\u{1B}[A"),
  ]

  @Test(arguments: replies) func `an answer is told from typing`(
    bytes: String, kitty: Bool, complete: Bool, rest: String
  ) {
    let reply = ProbeReply(Array(bytes.utf8))
    #expect(reply.speaksKitty == kitty && reply.isComplete == complete)
    #expect(String(decoding: reply.rest, as: UTF8.self) == rest)
  }
}
