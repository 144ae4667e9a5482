import Syntax

/// What was entered in a conversation, and what it showed. Kept by clients whose users look back: the prompt and the kernel.
public final class Journal {
  /// One entry.
  public struct Entry: Sendable {
    /// The text as entered.
    public let source: String
    /// What it printed and showed, cut to `Journal.outputLimit` characters. Text only: an entry holds no values.
    public fileprivate(set) var output = ""
    /// Whether it ran to its end.
    public fileprivate(set) var succeeded = false
  }

  /// The entries, first to last; number 1 is the first.
  public private(set) var entries: [Entry] = []
  /// Characters kept of an entry's output.
  public static let outputLimit = 4000

  /// An empty journal.
  public init() {}

  /// Begins an entry; its number.
  public func begin(_ source: String) -> Int {
    entries.append(Entry(source: source))
    return entries.count
  }

  /// Adds to what the last entry showed.
  public func note(_ text: String) {
    guard let last = entries.indices.last else { return }
    let room = Journal.outputLimit - entries[last].output.utf8.count
    if room > 0 { entries[last].output += text.prefix(room) }
  }

  /// Says that the last entry ran to its end.
  public func succeed() { if let last = entries.indices.last { entries[last].succeeded = true } }

  /// The numbers a selection such as `3`, `2-5` or `-4` (the last four) stands for, or those whose text contains the words;
  /// all for an empty one.
  public func select(_ selection: String) -> [Int] {
    let all = Array(1..<(entries.count + 1))
    if selection.isEmpty { return all }
    let ends = selection.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
    case (1, let number?, _): return all.filter { $0 == number }
    case (2, let first?, let last?): return all.filter { $0 >= first && $0 <= last }
    case (2, let first?, nil) where selection.hasSuffix("-"): return all.filter { $0 >= first }
    case (2, nil, let count?) where selection.hasPrefix("-"): return all.suffix(count)
    default: return all.filter { entries[$0 - 1].source.contains(selection) }
    }
  }
}

let historyMagic = Magic(
  "history", usage: "[-o] [first-last | -count | text]",
  "Lists what was entered, with `-o` also what it showed; `-5` is the last five.", argument: .text
) { session, line in
  guard let journal = session.journal else {
    throw CommandError(
      "NoHistory", "this session keeps no history", help: "the prompt and the Jupyter kernel do")
  }
  var words = line.split(separator: " ").map(String.init)
  let showsOutput = words.first == "-o"
  if showsOutput { words.removeFirst() }
  // The entry under way is this one.
  let numbers = journal.select(words.joined(separator: " ")).filter { $0 < journal.entries.count }
  let digits = String(numbers.last ?? 0).count
  var text = ""
  for number in numbers {
    let entry = journal.entries[number - 1]
    for (index, line) in entry.source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let label = index == 0 ? String(number) : ""
      text += String(repeating: " ", count: digits - label.count) + label + "  " + line + "\n"
    }
    if showsOutput, !entry.output.isEmpty {
      for line in entry.output.split(separator: "\n") {
        text += String(repeating: " ", count: digits + 4) + line + "\n"
      }
    }
  }
  session.emit(.text(text))
  return .none
}

let traceMagic = Magic("trace", "Shows the last error again, with every call it came through.") {
  session, _ in
  guard let failure = session.lastFailure else {
    session.emit(.text("there was no error yet\n"))
    return .none
  }
  session.emit(.text(failure.render(width: session.width, frames: .max) + "\n"))
  return .none
}
