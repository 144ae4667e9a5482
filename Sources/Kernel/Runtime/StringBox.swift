/// Text of a string value. Only the interpreter changes it, and only while it holds the sole reference.
///
/// A loop that builds a text adds a few bytes at a time. They gather in a small buffer, which becomes part of the text when it is full or
/// the text is read: however reads and additions alternate, each byte is moved a bounded number of times.
public final class StringBox: @unchecked Sendable {
  private var text: String
  /// UTF-8 of whole characters that come behind `text`.
  private var pending: [UInt8] = []
  private static let pendingLimit = 1024

  /// Boxes a text.
  public init(_ value: String) { text = value }

  /// The text.
  public var value: String {
    if !pending.isEmpty { settle() }
    return text
  }

  @inline(never)
  private func settle() {
    text += String(decoding: pending, as: UTF8.self)
    pending.removeAll(keepingCapacity: true)
  }

  /// Adds a text at the end.
  func append(_ addition: String) {
    if pending.count + addition.utf8.count > StringBox.pendingLimit {
      settle()
      if addition.utf8.count > StringBox.pendingLimit / 4 {
        text += addition
        return
      }
    }
    pending.append(text: addition)
  }

  /// Adds what `print` writes for a value.
  func append(_ addition: Value) {
    switch addition {
    case .string(let box): append(box.value)
    case .int(let value):
      if pending.count + 20 > StringBox.pendingLimit { settle() }
      pending.append(decimal: value)
    default: append(addition.plainText)
    }
  }
}

extension [UInt8] {
  /// Adds the UTF-8 of a text.
  @inline(__always)
  mutating func append(text: String) {
    var text = text
    text.withUTF8 { append(contentsOf: $0) }
  }

  /// Adds the decimal digits of an integer.
  mutating func append(decimal value: Int) {
    // The longest is the smallest: 19 digits and a sign.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var start = digits.count
      var rest = value.magnitude
      repeat {
        start -= 1
        digits[start] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
        rest /= 10
      } while rest > 0
      if value < 0 {
        start -= 1
        digits[start] = 0x2D
      }
      append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }
}
