import Testing

@testable import Notebook

/// SplitMix64: the same cases in every run.
struct FuzzSource: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct RoundTripTests {
  static let written: [String] = [
    "", "\n", "\r\n", "\r", "prose", "prose\n\n\n", "\u{FEFF}# BOM\n```faa\nx\n```\n",
    "---\nfaa: 1\n---\n# T\n\n```faa\n#| label: a\nx = 1\n```\n```expect rtol=1e-4\n1\n```\n",
    "---\r\nfaa: 1\r\n---\r\n```faa\r\nx\r\n```\r\n", "```faa\nno end", "```faa\n```", "~~~~faa\n~~~\n~~~~",
    "   ```faa\n   x\n   ```", "    ```faa\n    indented code\n", "````md\n```faa\nx\n```\n````\n",
    "---\nnever closed", "<!-- ```faa\nx\n``` -->\n", "<!-- open\n```faa\n```\n", "---\n...\nx", "---\n---",
  ]

  @Test(arguments: written)
  func printsWhatItParsed(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(Document(parsing: bytes, name: "t").printed() == bytes)
  }

  /// Pieces that matter to the grammar, in any order, cut and joined anywhere.
  @Test func printsAnyMixOfPieces() {
    let pieces: [String] = [
      "```faa\n", "```\n", "```expect rtol=1e-3\n", "~~~faa label=x\r\n", "~~~\r\n", "---\n", "...\n",
      "#| label: a\n",
      "#| timeout: 5s\r\n", "x = 1\n", "\n", "\r\n", "\r", " ", "\t", "```", "<!--", "-->\n",
      "<<<<<<< HEAD\n", "=======\n",
      "\u{FEFF}", "params: {a: {type: int}}\n", "é∂", "    ", "`", "~", "faa: 1\n", "&anchor *alias\n",
      "$$x$$\n",
    ]
    var random = FuzzSource(state: 20_240_607)
    for _ in 0..<4000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0..<24, using: &random) {
        bytes += pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8
      }
      if Bool.random(using: &random), !bytes.isEmpty { bytes.removeLast() }
      #expect(Document(parsing: bytes, name: "t").printed() == bytes)
    }
  }

  @Test func printsAnyBytes() {
    var random = FuzzSource(state: 7)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0..<200, using: &random)).map { _ in
        // Fences and line ends often enough to reach the grammar.
        [UInt8.random(in: 0...255, using: &random), 0x0A, 0x60, 0x2D].randomElement(using: &random) ?? 0
      }
      #expect(Document(parsing: bytes, name: "t").printed() == bytes)
    }
  }

  @Test func survivesDeepAndLongInput() {
    let deep = "---\nx-a: " + String(repeating: "[", count: 50_000) + "\n---\n"
    #expect(!Document(parsing: Array(deep.utf8), name: "t").isValid)
    let nested = "---\n" + String(repeating: "- ", count: 50_000) + "\n---\n"
    #expect(!Document(parsing: Array(nested.utf8), name: "t").isValid)
    let long = String(repeating: "a line of prose\n", count: 200_000)
    #expect(Document(parsing: Array(long.utf8), name: "t").printed().count == long.utf8.count)
  }

  @Test func validatesUTF8AsTheStandardLibraryDoes() {
    var random = FuzzSource(state: 99)
    let leads: [UInt8] = [
      0x41, 0x80, 0xBF, 0xC0, 0xC2, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0x9F, 0xA0, 0x8F, 0x90,
    ]
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0..<6, using: &random)).map { _ in
        leads.randomElement(using: &random) ?? 0
      }
      #expect(
        (firstInvalidUTF8(in: bytes) == nil) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
    }
  }
}
