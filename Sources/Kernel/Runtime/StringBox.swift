import CMachine

/// Text of a string value. Only the interpreter changes it, and only while it holds the sole reference.
///
/// A loop that builds a text adds a few bytes at a time. They gather in a small buffer, which becomes part of the text when it is full or
/// the text is read: however reads and additions alternate, each byte is moved a bounded number of times.
public final class StringBox: @unchecked Sendable {
  // The machine's loop knows that these two come first, and adds to the buffer.
  private var text: String
  /// UTF-8 of whole characters that come behind `text`; nil until something is added.
  private var pending: UnsafeMutablePointer<Pending>?

  private struct Pending {
    static let capacity = Int(FaaTextCapacity)
    var count = 0

    /// Where the bytes are: behind this header.
    static func bytes(_ header: UnsafeMutablePointer<Pending>) -> UnsafeMutablePointer<UInt8> {
      UnsafeMutableRawPointer(header + 1).assumingMemoryBound(to: UInt8.self)
    }
  }

  /// Boxes a text.
  public init(_ value: String) { text = value }

  deinit { pending?.deallocate() }

  /// The text.
  public var value: String {
    if let pending, pending.pointee.count > 0 { settle(pending) }
    return text
  }

  @inline(never)
  private func settle(_ pending: UnsafeMutablePointer<Pending>) {
    text += String(
      decoding: UnsafeBufferPointer(start: Pending.bytes(pending), count: pending.pointee.count),
      as: UTF8.self)
    pending.pointee.count = 0
  }

  /// Room for so many bytes at the end, at most the buffer's capacity; whoever writes them counts them.
  private func room(for count: Int) -> UnsafeMutablePointer<Pending> {
    guard let pending else {
      let size = MemoryLayout<Pending>.size + Pending.capacity
      let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      let header = memory.initializeMemory(as: Pending.self, to: Pending())
      pending = header
      return header
    }
    if pending.pointee.count + count > Pending.capacity { settle(pending) }
    return pending
  }

  /// Adds a text at the end.
  func append(_ addition: String) {
    var addition = addition
    let isLong = addition.withUTF8 { bytes in
      guard bytes.count <= Pending.capacity / 4, let base = bytes.baseAddress else { return bytes.count > 0 }
      let pending = room(for: bytes.count)
      (Pending.bytes(pending) + pending.pointee.count).initialize(from: base, count: bytes.count)
      pending.pointee.count += bytes.count
      return false
    }
    guard isLong else { return }
    if let pending { settle(pending) }
    text += addition
  }

  /// Adds the decimal digits of an integer.
  func append(_ addition: Int) {
    let pending = room(for: Int(FaaDecimalCapacity))
    pending.pointee.count += faa_write_decimal(
      Int64(addition), Pending.bytes(pending) + pending.pointee.count)
  }

  /// Adds what `print` writes for the value in a place.
  func append(valueOf place: Place) {
    switch place.pointee {
    case .string(let box): append(box.value)
    case .int(let value): append(value)
    case let other: append(other.plainText)
    }
  }
}

extension [UInt8] {
  /// Adds the UTF-8 of a text.
  mutating func append(text: String) {
    var text = text
    text.withUTF8 { append(contentsOf: $0) }
  }

  /// Adds the decimal digits of an integer.
  mutating func append(decimal value: Int) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(FaaDecimalCapacity)) { digits in
      guard let base = digits.baseAddress else { return }
      let count = faa_write_decimal(Int64(value), base)
      append(contentsOf: UnsafeBufferPointer(start: base, count: count))
    }
  }
}
