import Glibc

/// Which files the commands of a session may touch. A prompt may touch all; a notebook reads its own folder and writes its output folder
/// unless its reader trusts it with more.
public struct Permissions: Sendable {
  /// Folders and files that may be read, with all below them; nil for everything.
  public var readable: [String]?
  /// Folders that may be written, with all below them; nil for everything.
  public var writable: [String]?

  /// Everything, as at a prompt.
  public init() {}

  /// Whether the real place of a path, links followed, is in one of the folders.
  fileprivate func allows(_ path: String, in roots: [String]?) -> Bool {
    guard let roots else { return true }
    guard let place = Permissions.place(of: path) else { return false }
    return roots.contains { root in
      guard let root = Permissions.place(of: root) else { return false }
      return place == root || place.hasPrefix(root == "/" ? "/" : root + "/")
    }
  }

  /// The real path; of a file that is not there yet, its folder's with its name.
  private static func place(of path: String) -> String? {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
    guard !name.isEmpty, name != ".." else { return nil }
    let folder = String(path.dropLast(name.count))
    return place(of: folder.isEmpty ? "." : folder == "/" ? "/" : String(folder.dropLast())).map {
      $0 == "/" ? "/" + name : "\($0)/\(name)"
    }
  }
}

extension Arguments {
  /// The path in an argument that the command reads. Throws `PermissionDenied` where the session may not.
  public func readablePath(_ name: String) throws -> String {
    let path = try string(name)
    guard session.permissions.allows(path, in: session.permissions.readable) else {
      throw denied(path, "reading it", "read")
    }
    return path
  }

  /// The path in an argument that the command writes. Throws `PermissionDenied` where the session may not.
  public func writablePath(_ name: String) throws -> String {
    let path = try string(name)
    guard session.permissions.allows(path, in: session.permissions.writable) else {
      throw denied(path, "writing it", "write")
    }
    return path
  }

  private func denied(_ path: String, _ what: String, _ permission: String) -> CommandError {
    CommandError(
      "PermissionDenied",
      "\(callee): \"\(path)\" is outside the notebook's own folders, and \(what) is not permitted",
      help: "list `permissions: [\(permission)]` in the header and run with --trust")
  }
}
