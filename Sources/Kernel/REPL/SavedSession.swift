import Glibc
import Runtime

/// A conversation in a file, for a process that goes on with it: seed, entries, and the variables that can be written down.
struct SavedSession {
  let session: Session
  let journal: Journal
  /// The kinds of objects that can be written down.
  let storable: [any StorableObject.Type]

  /// Writes it; false where the file cannot hold it.
  func write(to descriptor: Int32) -> Bool {
    let (variables, left) = session.storedVariables(storable: storable)
    var writer = ByteWriter()
    writer.word(session.seed)
    journal.store(&writer)
    writer.list(left) {
      $0.text($1.name)
      $0.text($1.reason)
    }
    writer.int(variables.count)
    return Terminal.write(writer.bytes, to: descriptor) && Terminal.write(variables, to: descriptor)
  }

  /// Goes on with what was written, and closes the file. Returns the variables that were not, and why; throws `DamagedBytes`.
  func resume(from descriptor: Int32) throws -> [(name: String, reason: String)] {
    defer { close(descriptor) }
    var reader = ByteReader(Self.contents(of: descriptor))
    session.seed = try reader.word()
    try journal.restore(&reader)
    let left = try reader.list { (name: try $0.text(), reason: try $0.text()) }
    try session.restore(Array(try reader.blob()), storable: storable)
    return left
  }

  private static func contents(of descriptor: Int32) -> [UInt8] {
    let size = Int(max(0, lseek(descriptor, 0, SEEK_END)))
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let read = pread(descriptor, buffer.baseAddress.map { $0 + count }, size - count, count)
        if read > 0 { count += read } else if read == 0 || errno != EINTR { break }
      }
    }
  }
}
