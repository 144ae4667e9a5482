import Foundation
import Syntax
import Testing

@testable import Runtime

/// A program of the language whose comments say what it does:
///
///     # expect: text              one line of output
///     # expect error: Code        the program ends on this line with this error
///     # expect error at end: Code the same where the place is the end of the text
///     # expect message: text      the message of that error
///     # expect help: text         its help
struct Program {
  let name: String
  let source: String
  private(set) var output: [String] = []
  private(set) var error: (code: String, line: Int?)?
  private(set) var message: String?
  private(set) var help: String?

  init(_ source: String, name: String) {
    self.name = name
    self.source = source
    for (index, line) in source.components(separatedBy: "\n").enumerated() {
      func comment(_ word: String) -> String? {
        line.range(of: "# \(word): ").map { String(line[$0.upperBound...]).trimmedAtEnd }
      }
      if let text = comment("expect") { output.append(text) }
      if let code = comment("expect error") { error = (code, index + 1) }
      if let code = comment("expect error at end") { error = (code, nil) }
      if let text = comment("expect message") { message = text }
      if let text = comment("expect help") { help = text }
    }
  }

  /// Runs the program in a session and checks everything its comments say.
  func check(in session: Session) throws {
    var printed = ""
    let result = session.run(source, name: name) { item in
      switch item {
      case .text(let text): printed += text
      case .warning(let text): printed += "warning: \(text)\n"
      case .display(let display): printed += display.text + "\n"
      case .metric, .progress, .clear, .live: break
      }
    }
    switch result {
    case .value(let value, let shown):
      if shown, let value { printed += value.display(width: 80).text }
      #expect(error == nil, "\(name) should have failed")
    case .failure(let diagnostic): try check(diagnostic)
    }
    let lines = printed.components(separatedBy: "\n").map(\.trimmedAtEnd)
    #expect(Array(lines.reversed().drop { $0.isEmpty }.reversed()) == output, "\(name)")
  }

  private func check(_ diagnostic: Diagnostic) throws {
    #expect(diagnostic.code == error?.code, "\(diagnostic.render())")
    if let message { #expect(diagnostic.message == message, "\(name)") }
    if let help { #expect(diagnostic.help == help, "\(name)") }
    let label = try #require(diagnostic.labels.first)
    let place = try #require(diagnostic.source)
    if let line = error?.line, diagnostic.code != "RecursionLimit", diagnostic.trace.isEmpty {
      #expect(place.position(of: label.span.start).line == line, "\(diagnostic.render())")
    }
  }
}

extension String {
  /// Without blanks at the end.
  fileprivate var trimmedAtEnd: String { String(reversed().drop { $0 == " " }.reversed()) }
}

/// The folder of the tests.
let testsFolder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

/// The programs of `Tests/Scripts` but those that need the library's commands, by path.
func scriptNames() -> [String] {
  let folder = testsFolder.appendingPathComponent("Scripts")
  let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
  return found.filter { $0.hasSuffix(".faa") && !$0.hasPrefix("library/") }.sorted()
}

/// The text of a script.
func script(_ name: String) throws -> String {
  try String(contentsOf: testsFolder.appendingPathComponent("Scripts/\(name)"), encoding: .utf8)
}
