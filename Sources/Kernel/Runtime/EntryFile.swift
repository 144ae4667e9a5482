import Glibc

/// What was entered, in a file with one entry a line, to which several conversations may append at once. Made with mode 0600.
public struct EntryFile {
  /// Where it is.
  public let path: String

  /// The file at a path; it need not be there yet.
  public init(_ path: String) { self.path = path }

  /// The entries, oldest first. Nothing when there is no file yet.
  public func entries() -> [String] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count > 0 { bytes += buffer.prefix(count) } else if count == 0 || errno != EINTR { break }
    }
    return bytes.split(separator: UInt8(ascii: "\n")).map {
      Self.unescaped(String(decoding: $0, as: UTF8.self))
    }
  }

  /// Appends an entry; false, with the reason in `errno`, when it could not be written.
  public func append(_ entry: String) -> Bool {
    // One `write` in append mode, under a lock: entries of several conversations interleave, but never mix.
    let descriptor = openForAppending()
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    flock(descriptor, LOCK_EX)
    let line = Array(((endsInLine(descriptor) ? "" : "\n") + Self.escaped(entry) + "\n").utf8)
    var written = 0
    while written < line.count {
      let count = line.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, line.count - written) }
      if count >= 0 { written += count } else if errno != EINTR { return false }
    }
    return true
  }

  /// Whether the file is empty or its last line has an end. A write that a full disk cut short leaves one without.
  private func endsInLine(_ descriptor: Int32) -> Bool {
    let end = lseek(descriptor, 0, SEEK_END)
    var last = UInt8(ascii: "\n")
    return end <= 0 || pread(descriptor, &last, 1, end - 1) != 1 || last == UInt8(ascii: "\n")
  }

  private func openForAppending() -> Int32 {
    func attempt() -> Int32 { open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600) }
    let descriptor = attempt()
    guard descriptor < 0, errno == ENOENT else { return descriptor }
    var directory = ""
    for part in path.split(separator: "/").dropLast() {
      directory += "/" + part
      mkdir(directory, 0o700)
    }
    return attempt()
  }

  /// The entry as one line.
  public static func escaped(_ entry: String) -> String {
    var result = ""
    for scalar in entry.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// What `escaped` was made from.
  public static func unescaped(_ line: String) -> String {
    var result = ""
    var isEscaped = false
    for scalar in line.unicodeScalars {
      if isEscaped {
        isEscaped = false
        result.unicodeScalars.append(scalar == "n" ? "\n" : scalar == "r" ? "\r" : scalar)
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
