import Glibc

/// A file that is read piece by piece. Closed with the value.
struct InputFile: ~Copyable {
  let path: String
  /// Bytes.
  let size: Int
  private let descriptor: Int32

  private init(path: String, size: Int, descriptor: Int32) {
    self.path = path
    self.size = size
    self.descriptor = descriptor
  }

  static func opened(_ path: String) throws(InterchangeError) -> InputFile {
    // Without blocking, because a pipe would wait for a writer before it can be refused.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw InterchangeError(path, "cannot be opened (\(String(cString: strerror(errno))))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw InterchangeError(path, "is not a file")
    }
    return InputFile(path: path, size: Int(status.st_size), descriptor: descriptor)
  }

  deinit { close(descriptor) }

  /// Reads `count` bytes from `offset` on into `target`.
  func read(_ count: Int, from offset: Int, into target: UnsafeMutableRawPointer) throws(InterchangeError) {
    var done = 0
    while done < count {
      let part = pread(descriptor, target + done, count - done, off_t(offset + done))
      if part < 0 && errno == EINTR { continue }
      guard part > 0 else {
        let reason = part == 0 ? "ends after \(offset + done) bytes" : String(cString: strerror(errno))
        throw InterchangeError(path, "cannot be read: \(reason)")
      }
      done += part
    }
  }

  /// The `count` bytes from `offset` on.
  func bytes(_ count: Int, from offset: Int) throws(InterchangeError) -> [UInt8] {
    guard offset + count <= size else {
      throw InterchangeError(path, "ends after \(size) bytes, where \(offset + count) were expected")
    }
    var result = [UInt8](repeating: 0, count: count)
    var failure: InterchangeError?
    result.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      do throws(InterchangeError) { try read(count, from: offset, into: base) } catch { failure = error }
    }
    if let failure { throw failure }
    return result
  }
}

/// Writes a file as a whole or not at all: under another name first, then renamed over what was there.
func writeFile(_ path: String, _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void)
  throws
{
  let temporary = "\(path).\(getpid()).partial"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  func failure() -> InterchangeError {
    InterchangeError(path, "cannot be written (\(String(cString: strerror(errno))))")
  }
  guard descriptor >= 0 else { throw failure() }
  do {
    try body { bytes in
      var done = 0
      while done < bytes.count, let base = bytes.baseAddress {
        let part = write(descriptor, base + done, bytes.count - done)
        if part < 0 && errno == EINTR { continue }
        guard part > 0 else { throw failure() }
        done += part
      }
    }
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure() }
    guard rename(temporary, path) == 0 else { throw failure() }
    close(descriptor)
  } catch {
    close(descriptor)
    unlink(temporary)
    throw error
  }
}
