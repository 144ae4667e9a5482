import Glibc

/// Cuts a stream of bytes into frames: a length of eight bytes, little-endian, then as many bytes.
struct FrameBuffer {
  private var bytes: [UInt8] = []
  private var start = 0

  /// Adds what was read.
  mutating func append(_ more: some Collection<UInt8>) {
    if start > 1 << 20 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next whole frame, nil when it has not all come yet.
  mutating func next() -> [UInt8]? {
    guard bytes.count - start >= 8 else { return nil }
    let length = bytes[start..<(start + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(bytes.count - start - 8) else { return nil }
    let body = start + 8
    let end = body + Int(length)
    start = end == bytes.count ? 0 : end
    defer { if start == 0 { bytes.removeAll(keepingCapacity: bytes.count < 1 << 20) } }
    return Array(bytes[body..<end])
  }
}

/// Reads what is there into the buffer; false at the end of the stream.
func readFrames(from descriptor: Int32, into buffer: inout FrameBuffer) -> Bool {
  withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << 16) { chunk in
    while true {
      let count = read(descriptor, chunk.baseAddress, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      buffer.append(chunk[..<count])
      return true
    }
  }
}
