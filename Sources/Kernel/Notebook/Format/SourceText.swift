/// The bytes of a notebook cut into lines that remember their terminators, so that nothing is lost.
struct SourceText {
  /// One line: its content and, up to `end`, its terminator (`\n`, `\r\n` or nothing at the end of the file).
  struct Line {
    let start: Int
    let contentEnd: Int
    let end: Int
  }

  let bytes: [UInt8]
  let lines: [Line]

  /// Cuts `bytes` from `offset` on; a lone carriage return is content.
  init(_ bytes: [UInt8], from offset: Int) {
    self.bytes = bytes
    var lines: [Line] = []
    var start = offset
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      let terminated = end < bytes.count
      let hasReturn = terminated && end > start && bytes[end - 1] == UInt8(ascii: "\r")
      lines.append(
        Line(start: start, contentEnd: hasReturn ? end - 1 : end, end: terminated ? end + 1 : end))
      start = terminated ? end + 1 : end
    }
    self.lines = lines
  }

  /// The content of a line without its terminator.
  func content(_ line: Int) -> ArraySlice<UInt8> { bytes[lines[line].start..<lines[line].contentEnd] }

  /// The bytes of a run of lines, terminators included.
  func raw(_ range: Range<Int>) -> [UInt8] {
    guard let first = range.first, let last = range.last else { return [] }
    return Array(bytes[lines[first].start..<lines[last].end])
  }
}

/// Where the first byte sequence that is not UTF-8 starts, or nil for valid text.
func firstInvalidUTF8(in bytes: [UInt8]) -> Int? {
  var index = 0
  while index < bytes.count {
    let lead = bytes[index]
    if lead < 0x80 {
      index += 1
      continue
    }
    // RFC 3629, table of well-formed sequences: the second byte's range depends on the lead.
    let length: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    case 0xF1...0xF3: length = 4
    default: return index
    }
    guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return index }
    for next in (index + 2)..<max(index + 2, index + length) where !(0x80...0xBF).contains(bytes[next]) {
      return index
    }
    index += length
  }
  return nil
}
