/// Appends numbers, texts and lists to a run of bytes, little-endian, each with its length: the form of snapshots and of the
/// messages between a run's supervisor and its evaluator.
public struct ByteWriter {
  /// What was written so far.
  public private(set) var bytes: [UInt8] = []

  /// Nothing yet.
  public init() {}

  /// One byte.
  public mutating func byte(_ value: UInt8) { bytes.append(value) }
  /// One truth value.
  public mutating func bool(_ value: Bool) { bytes.append(value ? 1 : 0) }
  /// 64 bits.
  public mutating func word(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
  /// A signed integer.
  public mutating func int(_ value: Int) { word(UInt64(bitPattern: Int64(value))) }
  /// A double, bit for bit.
  public mutating func double(_ value: Double) { word(value.bitPattern) }
  /// Bytes with their count.
  public mutating func blob(_ value: some Collection<UInt8>) {
    int(value.count)
    bytes.append(contentsOf: value)
  }
  /// Bytes of memory with their count.
  public mutating func blob(_ value: UnsafeRawBufferPointer) {
    int(value.count)
    bytes.append(contentsOf: value)
  }
  /// Text in UTF-8.
  public mutating func text(_ value: String) { blob(value.utf8) }
  /// Takes back what was written behind a position.
  mutating func cut(to count: Int) { bytes.removeLast(bytes.count - count) }
  /// Writes a signed integer over eight bytes at a position.
  mutating func replace(at position: Int, with value: Int) {
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(position..<(position + 8), with: $0) }
  }
  /// A value that may be missing.
  public mutating func optional<T>(_ value: T?, _ write: (inout ByteWriter, T) -> Void) {
    bool(value != nil)
    if let value { write(&self, value) }
  }
  /// Items with their count.
  public mutating func list<T>(_ values: [T], _ write: (inout ByteWriter, T) throws -> Void) rethrows {
    int(values.count)
    for value in values { try write(&self, value) }
  }
}

/// Reads what a `ByteWriter` wrote. Every call throws `DamagedBytes` where the bytes end early or do not fit.
public struct ByteReader {
  private let bytes: [UInt8]
  private var position = 0

  /// From the first byte.
  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether everything has been read.
  public var isAtEnd: Bool { position == bytes.count }

  /// One byte.
  public mutating func byte() throws -> UInt8 { try take(1).first ?? 0 }
  /// One truth value.
  public mutating func bool() throws -> Bool { try byte() != 0 }
  /// 64 bits.
  public mutating func word() throws -> UInt64 {
    try take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
  /// A signed integer.
  public mutating func int() throws -> Int { Int(Int64(bitPattern: try word())) }
  /// A double, bit for bit.
  public mutating func double() throws -> Double { Double(bitPattern: try word()) }
  /// Bytes with their count.
  public mutating func blob() throws -> ArraySlice<UInt8> { try take(int()) }
  /// Text.
  public mutating func text() throws -> String { String(decoding: try blob(), as: UTF8.self) }
  /// A value that may be missing.
  public mutating func optional<T>(_ read: (inout ByteReader) throws -> T) throws -> T? {
    try bool() ? try read(&self) : nil
  }
  /// Items with their count.
  public mutating func list<T>(_ read: (inout ByteReader) throws -> T) throws -> [T] {
    let count = try int()
    // An item is a byte at least, so a damaged count cannot ask for more than there is.
    guard count >= 0, count <= bytes.count - position else { throw DamagedBytes() }
    var items: [T] = []
    items.reserveCapacity(count)
    for _ in 0..<count { items.append(try read(&self)) }
    return items
  }

  private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else { throw DamagedBytes() }
    defer { position += count }
    return bytes[position..<(position + count)]
  }
}

/// Stored bytes that end early or are of another form.
public struct DamagedBytes: Error, CustomStringConvertible {
  /// One line.
  public let description = "the stored bytes are damaged or of another version"
  /// The only one.
  public init() {}
}
