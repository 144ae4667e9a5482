/// A half-open range of UTF-8 offsets in one `SourceText`.
public struct Span: Hashable, Sendable {
  /// Offset of the first byte.
  public var start: Int
  /// Offset after the last byte.
  public var end: Int

  /// The bytes from `start` up to `end`.
  public init(_ start: Int, _ end: Int) {
    self.start = start
    self.end = max(start, end)
  }

  /// The smallest span that covers both.
  public func union(_ other: Span) -> Span { Span(min(start, other.start), max(end, other.end)) }
}

/// The text of one cell, script or prompt entry, with what is needed to name places in it.
public final class SourceText: Sendable {
  /// What messages call it: a path, a cell label; empty at a prompt, where no place is printed.
  public let name: String
  /// The number of the first line, for a cell that starts in the middle of a file.
  public let firstLine: Int
  /// The text as UTF-8; ill-formed input has been repaired by `String`.
  package let bytes: [UInt8]
  /// Offset of the first byte of every line.
  private let lineStarts: [Int]

  /// Takes a text as it is; line ends may be LF or CRLF.
  public init(_ text: String, name: String = "", firstLine: Int = 1) {
    self.name = name
    self.firstLine = firstLine
    bytes = Array(text.utf8)
    var starts = [0]
    for (offset, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") { starts.append(offset + 1) }
    lineStarts = starts
  }

  /// The text of a span; offsets outside the text are clamped.
  public func text(_ span: Span) -> String {
    let start = min(max(span.start, 0), bytes.count)
    let end = min(max(span.end, start), bytes.count)
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// Index of the line that holds an offset, counted from 0.
  func lineIndex(of offset: Int) -> Int {
    var low = 0
    var high = lineStarts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The bytes of a line without its line end.
  func lineSpan(_ index: Int) -> Span {
    let start = lineStarts[index]
    var end = index + 1 < lineStarts.count ? lineStarts[index + 1] - 1 : bytes.count
    if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return Span(start, end)
  }

  /// Line (from `firstLine`) and column (from 1, in grapheme clusters) of an offset.
  public func position(of offset: Int) -> (line: Int, column: Int) {
    let clamped = min(max(offset, 0), bytes.count)
    let index = lineIndex(of: clamped)
    return (firstLine + index, text(Span(lineStarts[index], clamped)).count + 1)
  }
}
