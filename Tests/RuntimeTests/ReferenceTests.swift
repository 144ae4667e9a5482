import Foundation
import Testing

@testable import Runtime

/// An example of `docs/language.md`: a fenced block of the language. A line with `# → text` ends a piece that shows or prints that
/// text, further lines of nothing but `# → text` go on with it; `# error: Code` ends a piece that fails.
struct DocumentedExample: CustomTestStringConvertible {
  struct Piece {
    var code = ""
    var shown: [String] = []
    var error: String?
  }

  var line: Int
  var pieces: [Piece] = []
  var testDescription: String { "line \(line)" }

  init(line: Int, _ lines: [String]) {
    self.line = line
    var piece = Piece()
    func flush() {
      if !piece.code.isEmpty { pieces.append(piece) }
      piece = Piece()
    }
    for text in lines {
      let isRemark = text.hasPrefix("# →")
      if !isRemark, !piece.shown.isEmpty || piece.error != nil { flush() }
      if let range = text.range(of: "# → ") { piece.shown.append(String(text[range.upperBound...])) }
      if let range = text.range(of: "# error: ") { piece.error = String(text[range.upperBound...]) }
      if !isRemark { piece.code += text + "\n" }
    }
    flush()
  }

  static let all: [DocumentedExample] = {
    let path = testsFolder.deletingLastPathComponent().appendingPathComponent("docs/language.md")
    var examples: [DocumentedExample] = []
    var block: (start: Int, lines: [String])?
    let lines = (try? String(contentsOf: path, encoding: .utf8))?.components(separatedBy: "\n") ?? []
    for (number, line) in lines.enumerated() {
      if line == "```faa" {
        block = (number + 1, [])
      } else if line == "```", let done = block {
        examples.append(DocumentedExample(line: done.start, done.lines))
        block = nil
      } else {
        block?.lines.append(line)
      }
    }
    return examples
  }()
}

extension RuntimeTests {
  /// Every example of the language reference does what it says.
  @Suite struct ReferenceTests {
    @Test func thereAreExamples() {
      #expect(DocumentedExample.all.count > 25)
      #expect(DocumentedExample.all.allSatisfy { !$0.pieces.isEmpty })
    }

    @Test(arguments: DocumentedExample.all)
    func runs(example: DocumentedExample) {
      let session = Session(seed: 1)
      for piece in example.pieces {
        var printed = ""
        switch session.run(
          piece.code, name: "line \(example.line)",
          output: { if case .text(let text) = $0 { printed += text } })
        {
        case .value(let value, let shown):
          #expect(piece.error == nil, "should fail:\n\(piece.code)")
          // A piece that states nothing may show a value that the next line of the page does not need.
          if shown, !piece.shown.isEmpty, let value { printed += value.display(width: 110).text }
        case .failure(let diagnostic): #expect(diagnostic.code == piece.error, "\(diagnostic.render())")
        }
        let lines = printed.split(separator: "\n").map(String.init)
        #expect(lines == piece.shown, "\(piece.code)")
      }
    }

    /// The table of codes names every code that scripts end in, and no other.
    @Test func theTableOfCodesIsComplete() throws {
      let path = testsFolder.deletingLastPathComponent().appendingPathComponent("docs/language.md")
      let text = try String(contentsOf: path, encoding: .utf8)
      let start = try #require(text.range(of: "| Code | When |"))
      let end = try #require(text.range(of: "## Random numbers"))
      var listed: Set<String> = []
      for match in text[start.upperBound..<end.lowerBound].matches(of: #/`([A-Z]\w+)`/#) {
        listed.insert(String(match.1))
      }
      let met = Set(try scriptNames().compactMap { Program(try script($0), name: $0).error?.code })
      #expect(met.subtracting(listed).sorted() == [])
      #expect(
        listed.subtracting(met).subtracting(["Interrupted", "UnknownChoice", "NotDifferentiable"]).sorted()
          == [])
    }
  }
}
