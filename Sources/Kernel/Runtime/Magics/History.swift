import Syntax
import Tensor

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
    /// Whether it had a value, which `_` and `out` then stood for.
    public fileprivate(set) var hasValue = false
  }

  /// The entries, first to last; number 1 is the first.
  public private(set) var entries: [Entry] = []
  /// Characters kept of an entry's output.
  public static let outputLimit = 4000

  /// The latest values by the number of their entry, oldest first.
  private var values: [(number: Int, value: Value)] = []
  /// Values kept, and the bytes of tensors that all but the latest may hold together.
  static let valueLimit = 50, byteLimit = 256 << 20

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

  /// Keeps the value of the last entry, for `out`. Old ones go, so that a long conversation does not fill the memory.
  func keep(_ value: Value) {
    guard let last = entries.indices.last else { return }
    entries[last].hasValue = true
    values.removeAll { $0.number == entries.count }
    values.append((entries.count, value))
    var bytes = values.dropLast().reduce(0) { $0 + $1.value.tensorBytes }
    while values.count > Journal.valueLimit || bytes > Journal.byteLimit {
      bytes -= values.removeFirst().value.tensorBytes
    }
  }

  /// The value of entry `number`; counted from the latest value for a negative one. Nil when it had none or it was given up.
  func value(of number: Int) -> Value? {
    if number < 0 { return values.dropLast(-number - 1).last?.value }
    return values.first { $0.number == number }?.value
  }

  /// The number of the entry whose value `value(of: number)` was when entry `place` ran; nil where it had none.
  public func entry(of number: Int, at place: Int) -> Int? {
    let before = (1..<max(1, place)).filter { entries[$0 - 1].hasValue }
    return number < 0 ? before.dropLast(-number - 1).last : before.first { $0 == number }
  }

  /// Gives up all values.
  func forgetValues() { values = [] }

  /// Writes the entries, without their values.
  public func store(_ writer: inout ByteWriter) {
    writer.list(entries) {
      $0.text($1.source)
      $0.text($1.output)
      $0.bool($1.succeeded)
      $0.bool($1.hasValue)
    }
  }

  /// Goes on from what `store` wrote.
  public func restore(_ reader: inout ByteReader) throws {
    entries = try reader.list {
      Entry(
        source: try $0.text(), output: try $0.text(), succeeded: try $0.bool(), hasValue: try $0.bool())
    }
  }

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
    throw CommandError.noConversation
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

extension Value {
  /// The bytes of the tensors in it.
  fileprivate var tensorBytes: Int {
    switch self {
    case .tensor(let tensor): tensor.count * tensor.dtype.size
    case .list(let box): box.elements.reduce(0) { $0 + $1.tensorBytes }
    case .tuple(let box): box.elements.reduce(0) { $0 + $1.tensorBytes }
    case .record(let box): box.keys.reduce(0) { $0 + (box[$1]?.tensorBytes ?? 0) }
    default: 0
    }
  }
}
