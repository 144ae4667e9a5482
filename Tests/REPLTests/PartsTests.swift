import Foundation
import Runtime
import Testing

@testable import REPL

@Suite("Tab key") struct CompleterTests {
  static func completer(_ candidates: [String]) -> Completer {
    Completer { line, cursor in
      let word = line.utf8.prefix(cursor).reversed().prefix { $0 != UInt8(ascii: " ") }.count
      return (cursor - word..<cursor, candidates)
    }
  }

  @Test("one candidate is completed, several as far as they agree, then listed")
  func oneCandidateIsCompleted() {
    #expect(Self.completer(["sum"]).press("x = s", cursor: 5, width: 80) == .replace(4..<5, "sum"))
    let several = Self.completer(["softmax", "softplus"])
    #expect(several.press("s", cursor: 1, width: 80) == .replace(0..<1, "soft"))
    #expect(several.press("soft", cursor: 4, width: 80) == .nothing)
    #expect(several.press("soft", cursor: 4, width: 80) == .list(["softmax   softplus"]))
    #expect(Self.completer([]).press("zz", cursor: 2, width: 80) == .nothing)
    #expect(Self.completer(["sum"]).press("sum", cursor: 3, width: 80) == .nothing)
  }

  @Test("blanks are indented") func blanksAreIndented() {
    #expect(Self.completer(["a"]).press("", cursor: 0, width: 80) == .replace(0..<0, "  "))
    #expect(Self.completer(["a"]).press("f {\n  ", cursor: 6, width: 80) == .replace(6..<6, "  "))
  }

  @Test("a list says what a symbol is") func aListSaysWhat() {
    let completer = Completer(label: { $0 + "!" }) { _, _ in (0..<1, ["aa", "ab"]) }
    #expect(completer.press("a", cursor: 1, width: 80) == .nothing)
    #expect(completer.press("a", cursor: 1, width: 80) == .list(["aa!  ab!"]))
  }

  @Test("a range outside the text does nothing") func aRangeOutsideThe() {
    #expect(Completer { _, _ in (2..<9, ["a"]) }.press("abc", cursor: 3, width: 80) == .nothing)
  }

  @Test("columns fit the width and are read downwards") func columnsFitTheWidth() {
    let names = ["aa", "bb", "cc", "dd", "ee"]
    #expect(Completer.columns(names, width: 9, rows: 20) == ["aa  dd", "bb  ee", "cc"])
    #expect(Completer.columns(names, width: 1, rows: 20) == names)
    let many = (0..<300).map { "n\($0)" }
    let first = Completer.columns(many, width: 80, rows: 5)
    #expect(first.count == 6 && first.last == "… 1 to 65 of 300; Tab shows more")
    let last = Completer.columns(many, width: 80, rows: 5, page: 4)
    #expect(last.last == "… 261 to 300 of 300; Tab shows more")
    #expect(Completer.columns(many, width: 80, rows: 5, page: 5) == first)
  }
}

@Suite("Text for a terminal") struct SafeTests {
  static let cases: [(String, String)] = [
    ("plain\n\ttext é 日", "plain\n\ttext é 日"), ("\u{1B}[2J", "␛[2J"), ("a\rb", "a␍b"), ("\u{7}", "␇"),
    ("\u{7F}\u{9B}31m\u{202E}", "␡\u{FFFD}31m\u{FFFD}"), ("\u{1B}]0;title\u{7}", "␛]0;title␇"),
    ("\u{1B}[31mred\u{1B}[0m", "␛[31mred␛[0m"),
  ]

  @Test("control characters become visible", arguments: cases) func controlCharactersBecomeVisible(
    text: String, shown: String
  ) {
    #expect(Safe.text(text) == shown)
  }

  static let coloured: [(String, String)] = [
    ("\u{1B}[0;38;2;1;2;3mred\u{1B}[0m", "\u{1B}[0;38;2;1;2;3mred\u{1B}[0m"), ("\u{1B}[2J", "␛[2J"),
    ("\u{1B}[8mhidden", "␛[8mhidden"), ("\u{1B}[38;2;8;8;8;48;5;8m▀", "\u{1B}[38;2;8;8;8;48;5;8m▀"),
    ("\u{1B}[38;2;1;2;3;8m", "␛[38;2;1;2;3;8m"), ("\u{1B}[38;5;1;8m", "␛[38;5;1;8m"), ("\u{1B}[08m", "␛[08m"),
    ("\u{1B}[31", "␛[31"), ("\u{1B}[?25l", "␛[?25l"), ("\u{1B}", "␛"),
  ]

  @Test("only colours pass, where they are expected", arguments: coloured) func onlyColoursPassWhere(
    text: String, shown: String
  ) {
    #expect(Safe.text(text, keepsColours: true) == shown)
  }
}

@Suite("Progress") struct ProgressTests {
  @Test("a bar with counts") func aBarWithCounts() {
    let text = ProgressLine.text(Progress("fit", done: 50, total: 100, note: "loss 0.1"), width: 79)
    #expect(
      text == "fit  " + String(repeating: "━", count: 15) + String(repeating: "─", count: 15)
        + "  50/100  loss 0.1")
  }

  @Test("never wider than the window", arguments: [1, 5, 10, 20, 40, 79]) func neverWiderThanThe(width: Int) {
    for total in [nil, 0, 3, 1000] {
      let progress = Progress("a long label\u{1B}[2J", done: 2000, total: total, note: "a note\nof two lines")
      let text = ProgressLine.text(progress, width: width)
      #expect(text.count <= width && !text.contains("\u{1B}") && !text.contains("\n"))
    }
  }
}

@Suite("Pictures in a terminal") struct GraphicsTests {
  @Test("base64 as Foundation has it") func base64AsFoundationHas() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
      #expect(String(decoding: Graphics.base64(bytes), as: UTF8.self) == Data(bytes).base64EncodedString())
    }
  }

  @Test("a payload goes in pieces") func aPayloadGoesIn() {
    let text = Graphics.kitty([UInt8](repeating: 7, count: 10_000), columns: 60)
    let pieces = text.components(separatedBy: "\u{1B}\\").dropLast()
    #expect(pieces.count == 4)
    #expect(pieces.first?.hasPrefix("\u{1B}_Ga=T,f=100,q=2,c=60,m=1;") == true)
    #expect(pieces.dropFirst().dropLast().allSatisfy { $0.hasPrefix("\u{1B}_Gm=1;") })
    #expect(pieces.last?.hasPrefix("\u{1B}_Gm=0;") == true)
  }

  static let replies: [(String, language: Graphics.Language, complete: Bool, rest: String)] = [
    ("\u{1B}_Gi=31;OK\u{1B}\\\u{1B}[?62;4;c", .kitty, true, ""), ("\u{1B}[?62;4c", .sixel, true, ""),
    ("\u{1B}[?62;1;4;22c", .sixel, true, ""), ("\u{1B}[?4c", .text, true, ""),
    ("\u{1B}[?62;14;44c", .text, true, ""),
    ("\u{1B}_Gi=31;EINVAL\u{1B}\\\u{1B}[?1;2c", .text, true, ""), ("ab\u{1B}[?6cde", .text, true, "abde"),
    ("", .text, false, ""), ("\u{1B}_Gi=31;OK\u{1B}\\", .kitty, false, ""),
    ("\u{1B}[A", .text, false, "\u{1B}[A"),
  ]

  @Test("an answer is told from typing", arguments: replies) func anAnswerIsTold(
    bytes: String, language: Graphics.Language, complete: Bool, rest: String
  ) {
    let reply = ProbeReply(Array(bytes.utf8))
    #expect(reply.language == language && reply.isComplete == complete)
    #expect(String(decoding: reply.rest, as: UTF8.self) == rest)
  }
}

@Suite("A paste") struct PasteTests {
  static let cases: [(String, String)] = [
    ("a = 1\n\tb", "a = 1\n\tb"), ("", ""), ("x\n", "x\n"),
    ("faa> a = 1;\nfaa> a + 1\n2\n", "a = 1;\na + 1"),
    ("banner\nfaa> f = {\n  x\n}\nclosure\nmore\nfaa> 2", "f = {\n  x\n}\n2"),
    ("faa> \n", ""),
  ]

  @Test("a transcript loses its prompts and what they showed", arguments: cases) func aTranscriptLosesIts(
    text: String, entry: String
  ) {
    let paste = Paste(prompt: "faa> ") { text in
      text.filter { $0 == "{" }.count == text.filter { $0 == "}" }.count
    }
    #expect(paste.entry(text) == entry)
  }
}
