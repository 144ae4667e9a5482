import Glibc

let cdMagic = Magic(
  "cd", usage: "[folder]",
  "Changes the working folder and prints it; without argument the home folder, `-` the one before.",
  argument: .path
) { session, line in
  let here = Folder.current
  let target: String
  switch line {
  case "": target = Folder.expanded("~")
  case "-":
    guard let before = session.folderBefore else {
      throw CommandError("InvalidArgument", "%cd: there is no folder to go back to")
    }
    target = before
  default: target = Folder.expanded(line.unquoted)
  }
  guard chdir(target) == 0 else {
    throw CommandError("FileError", "%cd: \(target): \(String(cString: strerror(errno)))")
  }
  session.folderBefore = here
  session.emit(.text(Folder.current + "\n"))
  return .none
}

/// Folders by name.
public enum Folder {
  /// The working folder.
  static var current: String {
    guard let path = getcwd(nil, 0) else { return "." }
    defer { free(path) }
    return String(cString: path)
  }

  /// A path with `~` and `~/` replaced by the home folder.
  public static func expanded(_ path: String) -> String {
    guard path == "~" || path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
    return String(cString: home) + path.dropFirst()
  }
}

extension String {
  /// Without a pair of double quotes around it.
  public var unquoted: String {
    count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self
  }
}
