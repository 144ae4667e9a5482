import Glibc

/// A file that could not be read or written: path and the system's reason.
public struct FileError: Error, Sendable, CustomStringConvertible {
  /// One line.
  public let description: String
  /// The system's error number.
  public let errno: Int32

  init(_ what: String, _ path: String, _ errno: Int32) {
    description = "cannot \(what) \(path): \(String(cString: strerror(errno)))"
    self.errno = errno
  }
}

/// The bytes of a file, or of standard input for `-`; throws `FileError`.
public func readFile(_ path: String) throws -> [UInt8] {
  let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileError("read", path, errno) }
  defer { if path != "-" { close(descriptor) } }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count == 0 { return bytes }
    if count < 0 {
      if errno == EINTR { continue }
      throw FileError("read", path, errno)
    }
    bytes += buffer[0..<count]
  }
}

/// Writes a file so that a reader, and a crash, sees the old content or the new and nothing between: a temporary
/// file in the same folder, then renamed. Throws `FileError`.
public func replaceFile(_ path: String, with bytes: [UInt8]) throws {
  let temporary = "\(path)\(temporarySuffix)\(getpid())"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw FileError("write", path, errno) }
  do {
    defer { close(descriptor) }
    try writeAll(bytes, to: descriptor, path)
  } catch {
    unlink(temporary)
    throw error
  }
  guard rename(temporary, path) == 0 else {
    let reason = errno
    unlink(temporary)
    throw FileError("write", path, reason)
  }
}

private let temporarySuffix = ".tmp"

/// The name of the file that a temporary one, left by a process that was killed, was to replace; any other name as it is.
func replacedName(_ name: String) -> Substring {
  let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
  let stem = name.dropLast(digits)
  return digits > 0 && stem.hasSuffix(temporarySuffix) ? stem.dropLast(temporarySuffix.count) : name[...]
}

/// Writes every byte to an open file; throws `FileError`.
func writeAll(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
  var sent = 0
  while sent < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent) }
    if count < 0 {
      if errno == EINTR { continue }
      throw FileError("write", path, errno)
    }
    sent += count
  }
}

/// Creates a folder and its parents; one that exists is fine. Throws `FileError`.
package func makeFolder(_ path: String) throws {
  if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
  guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
    throw FileError("create", path, errno)
  }
  try makeFolder(String(path[..<slash]))
  guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileError("create", path, errno) }
}

/// Creates the folder that a file is to be in.
func makeFolder(of file: String) throws {
  if let slash = file.lastIndex(of: "/"), slash != file.startIndex { try makeFolder(String(file[..<slash])) }
}

/// Names of the entries of a folder; empty where it cannot be read.
func folderEntries(_ path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}
