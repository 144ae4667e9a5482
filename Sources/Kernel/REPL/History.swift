import Glibc

/// Entries of this and earlier conversations, in a file with one entry a line. An entry is on disk before it runs, and several
/// conversations may append at once.
final class History {
  private let path: String?
  private var lastStored: String?
  private var hasComplained = false

  /// Entries read at the start.
  static let limit = 10_000

  init(path: String?) { self.path = path }

  /// The stored entries, oldest first. Nothing when there is no file yet.
  func load() -> [String] {
    guard let path, let bytes = Self.read(path) else { return [] }
    let entries = bytes.split(separator: UInt8(ascii: "\n")).suffix(Self.limit).map {
      Self.unescaped(String(decoding: $0, as: UTF8.self))
    }
    lastStored = entries.last
    return entries
  }

  /// Keeps an entry. Consecutive duplicates and entries that begin with a space are not stored.
  /// - Returns: a warning the first time the file cannot be written.
  func add(_ entry: String) -> String? {
    guard let path, !entry.hasPrefix(" "), entry != lastStored else { return nil }
    lastStored = entry
    // One `write` in append mode, under a lock: entries of several conversations interleave, but never mix.
    let descriptor = Self.openForAppending(path)
    guard descriptor >= 0 else { return complaint(path) }
    defer { close(descriptor) }
    flock(descriptor, LOCK_EX)
    let line = (Self.endsInLine(descriptor) ? "" : "\n") + Self.escaped(entry) + "\n"
    guard Terminal.write(line.utf8, to: descriptor) else { return complaint(path) }
    return nil
  }

  /// Whether the file is empty or its last line has an end. A write that a full disk cut short leaves one without.
  private static func endsInLine(_ descriptor: Int32) -> Bool {
    let end = lseek(descriptor, 0, SEEK_END)
    var last = UInt8(ascii: "\n")
    return end <= 0 || pread(descriptor, &last, 1, end - 1) != 1 || last == UInt8(ascii: "\n")
  }

  private func complaint(_ path: String) -> String? {
    guard !hasComplained else { return nil }
    hasComplained = true
    return "history is not kept: \(Safe.text(path)): \(String(cString: strerror(errno)))"
  }

  private static func openForAppending(_ path: String) -> Int32 {
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

  private static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count > 0 { bytes += buffer.prefix(count) } else if count == 0 || errno != EINTR { return bytes }
    }
  }

  static func escaped(_ entry: String) -> String {
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

  static func unescaped(_ line: String) -> String {
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
