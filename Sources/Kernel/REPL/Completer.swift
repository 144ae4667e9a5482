/// Decides what the Tab key does. Knows nothing of the terminal.
final class Completer {
  /// The outcome of one press.
  enum Action: Equatable {
    /// No candidates, and no noise about it.
    case nothing
    /// Put this text in place of a range of bytes.
    case replace(Range<Int>, String)
    /// Show these lines below the entry.
    case list([String])
  }

  typealias Source = (_ line: String, _ cursor: Int) -> (range: Range<Int>, candidates: [String])

  private let source: Source
  private let label: (String) -> String
  private var previous: (text: String, cursor: Int)?
  /// The window of a long list that the next press shows.
  private var page = 0

  /// - Parameters:
  ///   - source: candidates for a text and a cursor in bytes. Must not evaluate anything.
  ///   - label: a candidate as a list shows it.
  init(label: @escaping (String) -> String = { $0 }, _ source: @escaping Source) {
    (self.source, self.label) = (source, label)
  }

  /// What a press of Tab does: a single candidate is completed, several are extended as far as they agree, and a second
  /// press lists them. After nothing but blanks it indents.
  func press(_ text: String, cursor: Int, width: Int, height: Int = 24) -> Action {
    let bytes = Array(text.utf8)
    let cursor = max(0, min(cursor, bytes.count))
    let line = bytes[..<cursor].reversed().prefix { $0 != UInt8(ascii: "\n") }
    if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
      return .replace(cursor..<cursor, "  ")
    }
    let isSecond = previous.map { $0 == (text, cursor) } ?? false
    previous = (text, cursor)
    if !isSecond { page = 0 }

    let (range, candidates) = source(text, cursor)
    guard !candidates.isEmpty, range.lowerBound >= 0, range.lowerBound <= range.upperBound,
      range.upperBound <= bytes.count
    else { return .nothing }
    let typed = String(decoding: bytes[range], as: UTF8.self)
    if candidates.count == 1 { return candidates[0] == typed ? .nothing : .replace(range, candidates[0]) }
    let common = Self.commonPrefix(candidates)
    // Candidates may differ from what was typed in case only; then the agreement is not an extension.
    if common.utf8.count > typed.utf8.count { return .replace(range, common) }
    guard isSecond else { return .nothing }
    defer { page += 1 }
    return .list(Self.columns(candidates.map(label), width: width, rows: height - 4, page: page))
  }

  private static func commonPrefix(_ texts: [String]) -> String {
    guard var common = texts.first.map({ Array($0) }) else { return "" }
    for text in texts.dropFirst() {
      let agreeing = zip(common, text).prefix { $0 == $1 }.count
      common.removeLast(common.count - agreeing)
    }
    return String(common)
  }

  /// Candidates in columns, read downwards. Of more than fit these rows one page is shown; after the last comes the first.
  static func columns(_ candidates: [String], width: Int, rows limit: Int, page: Int = 0) -> [String] {
    let cell = (candidates.map(\.count).max() ?? 0) + 2
    let columns = max(1, (width - 1) / cell)
    let room = columns * max(2, limit)
    let pages = max(1, (candidates.count + room - 1) / room)
    let start = page % pages * room
    let shown = Array(candidates.dropFirst(start).prefix(room))
    let rows = (shown.count + columns - 1) / columns
    var lines = (0..<rows).map { row in
      stride(from: row, to: shown.count, by: rows).map { index in
        let isLast = index + rows >= shown.count
        return isLast ? shown[index] : shown[index] + String(repeating: " ", count: cell - shown[index].count)
      }.joined()
    }
    if pages > 1 {
      lines.append("… \(start + 1) to \(start + shown.count) of \(candidates.count); Tab shows more")
    }
    return lines
  }
}
