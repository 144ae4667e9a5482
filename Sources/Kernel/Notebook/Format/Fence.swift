/// An opening code fence: up to three spaces, three or more of `` ` `` or `~`, an info string.
struct Fence {
  let indent: Int
  let mark: UInt8
  let length: Int
  /// The info string without surrounding blanks.
  let info: ArraySlice<UInt8>

  /// Reads an opening fence (CommonMark 4.5): the info string of a backtick fence has no backtick.
  init?(_ line: ArraySlice<UInt8>) {
    let indent = line.prefix { $0 == UInt8(ascii: " ") }.count
    let rest = line.dropFirst(indent)
    guard indent <= 3, let mark = rest.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
      return nil
    }
    let length = rest.prefix { $0 == mark }.count
    let info = blanksTrimmed(rest.dropFirst(length))
    guard length >= 3, mark == UInt8(ascii: "~") || !info.contains(mark) else { return nil }
    self.indent = indent
    self.mark = mark
    self.length = length
    self.info = info
  }

  /// Whether `line` closes this fence: the same character, at least as many, alone, indented by at most three spaces.
  func isClosed(by line: ArraySlice<UInt8>) -> Bool {
    let indent = line.prefix { $0 == UInt8(ascii: " ") }.count
    let rest = line.dropFirst(indent)
    let count = rest.prefix { $0 == mark }.count
    return indent <= 3 && count >= length && rest.dropFirst(count).allSatisfy(isBlank)
  }

  /// The first word of the info string.
  var language: ArraySlice<UInt8> { info.prefix { !isBlank($0) } }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

private func blanksTrimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  let tail = bytes.drop(while: isBlank)
  guard let last = tail.lastIndex(where: { !isBlank($0) }) else { return tail }
  return tail[...last]
}
