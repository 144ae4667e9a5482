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
  /// Throws `PermissionDenied` where the session may not touch a file that the effects say the command does.
  func requirePermission(for effects: Effects) throws {
    let permissions = session.permissions
    for effect in effects.list {
      switch effect {
      case .readsFile(let name):
        try require(permissions.readable, for: name, "reading it", "read", permissions)
      case .writesFile(let name):
        try require(permissions.writable, for: name, "writing it", "write", permissions)
      default: break
      }
    }
  }

  /// Throws unless every path in the argument, one or a list of them, is in one of the folders.
  private func require(
    _ roots: [String]?, for name: String, _ what: String, _ permission: String, _ permissions: Permissions
  ) throws {
    guard roots != nil, !isNone(name) else { return }
    let paths: [String]
    if case .string(let box) = self[name] {
      paths = [box.value]
    } else {
      paths = try sequence(name).map {
        guard case .string(let box) = $0 else { throw mismatch(name, expected: "a path, or a list of paths") }
        return box.value
      }
    }
    for path in paths where !permissions.allows(path, in: roots) {
      let own =
        permission == "write"
        ? roots?.first.map { "write to \($0)/…, or " } : nil
      throw CommandError(
        "PermissionDenied",
        "\(callee): \"\(path)\" is outside the notebook's own folders, and \(what) is not permitted",
        help: "\(own ?? "")list `permissions: [\(permission)]` in the header and run with --trust",
        argument: name)
    }
  }
}
