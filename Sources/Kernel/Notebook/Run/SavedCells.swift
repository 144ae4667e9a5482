import Runtime
import Syntax

/// The cells of a notebook that does what entries of a conversation did.
///
/// A notebook keeps no values to look back at. What an entry takes from another by `out(3)` or `__` therefore becomes a variable, which
/// the other one's cell defines; `_` stays where it means the value of the cell before it.
struct SavedCells {
  private let session: Session
  private let journal: Journal
  /// The chosen entries that ran to their end, and those of them that are part of a program.
  private let chosen, program: [Int]
  /// The variables for values that others use, by entry.
  private var variables: [Int: String] = [:]
  /// What changes in the text of entries.
  private var edits: [Int: [Edit]] = [:]

  private typealias Edit = (span: Span, text: String)

  /// Entries by number. Throws `CommandError` where one of them uses a value that no cell could give it.
  init(_ numbers: [Int], of journal: Journal, in session: Session) throws {
    self.session = session
    self.journal = journal
    chosen = numbers.filter { journal.entries[$0 - 1].succeeded }
    program = chosen.filter { !isQuestion(journal.entries[$0 - 1].source, in: session) }
    var waiting = program
    while let number = waiting.popLast() {
      for target in try replaceLookbacks(of: number) where variables[target] == nil {
        variables[target] = freeName("out\(target)")
        // A question, such as `%time f(x)`, becomes a cell for the sake of its value.
        if !program.contains(target) { waiting.append(target) }
      }
    }
  }

  /// The cells in order.
  var texts: [String] { Set(program + variables.keys).sorted().map(text) }

  private func source(_ number: Int) -> String { journal.entries[number - 1].source }

  /// Notes what stands instead of the entry's lookbacks; the entries they mean.
  private mutating func replaceLookbacks(of number: Int) throws -> [Int] {
    let text = Syntax.SourceText(source(number))
    var targets: [Int] = []
    for lookback in session.use(of: source(number))?.lookbacks ?? [] {
      let written = text.text(lookback.span)
      let name = written.prefix { $0.isLetter || $0 == "_" }
      let isLast = name == "_" || name == "ans"
      if name == "ans" || name == "out", session.value(of: String(name)) != nil { continue }
      guard let entry = lookback.entry else {
        if isLast { continue }
        throw CommandError(
          "NoHistory", "%save: entry \(number) looks back by `\(written)`, which only a conversation can",
          help: "give the value a name, or leave the entry out: `%save file.faa 1-\(number - 1)`")
      }
      // Without a value the call failed, and the program went on without it; so it does in a notebook.
      guard let target = journal.entry(of: entry, at: number) else { continue }
      let latest = program.last { $0 < number && journal.entries[$0 - 1].hasValue }
      if isLast, target == latest { continue }
      guard chosen.contains(target) else {
        throw CommandError(
          "NoHistory", "%save: entry \(number) uses the value of entry \(target), which is not to be saved",
          help: "save both, or give the value a name")
      }
      edits[number, default: []].append((lookback.span, freeName("out\(target)")))
      targets.append(target)
    }
    return targets
  }

  /// The name, or a longer one that occurs in no entry.
  private func freeName(_ name: String) -> String {
    chosen.contains { source($0).contains(name) } ? freeName(name + "_") : name
  }

  private func text(of number: Int) -> String {
    var edits = edits[number] ?? []
    var end = ""
    if let name = variables[number], let statement = lastStatement(of: number) {
      let start = statement.span.start
      var value = start
      if case .magic(let magic) = statement.kind, let measured = magic.value { value = measured.span.start }
      edits.append((Span(start, value), "\(name) = "))
      end = (source(number).hasSuffix("\n") ? "" : "\n") + name + (statement.isSilenced ? ";" : "")
    }
    let bytes = Array(source(number).utf8)
    var result: [UInt8] = []
    var position = 0
    for edit in edits.sorted(by: { ($0.span.start, $0.span.end) < ($1.span.start, $1.span.end) }) {
      result += bytes[position..<edit.span.start] + Array(edit.text.utf8)
      position = edit.span.end
    }
    return String(decoding: result + bytes[position...], as: UTF8.self) + end
  }

  private func lastStatement(of number: Int) -> Statement? {
    (try? Parser.parse(Syntax.SourceText(source(number))))?.statements.last
  }
}

/// Whether an entry is for the session alone. A magic that assigns, as `%time x = f()` does, is part of the program.
private func isQuestion(_ entry: String, in session: Session) -> Bool {
  let first = entry.first { !$0.isWhitespace }
  guard first == "?" || first == "%" || entry.last == "?" else { return false }
  return session.use(of: entry)?.writes.isEmpty ?? true
}
