import Glibc

/// Where the files of a user are, as the XDG base directories have it. Nil without a home directory.
public enum UserFile {
  /// What the program remembers: `$XDG_STATE_HOME/faa/NAME`, by default `~/.local/state/faa/NAME`.
  public static func state(_ name: String) -> String? { path(name, "XDG_STATE_HOME", "/.local/state") }

  /// What the user writes for the program: `$XDG_CONFIG_HOME/faa/NAME`, by default `~/.config/faa/NAME`.
  public static func configuration(_ name: String) -> String? { path(name, "XDG_CONFIG_HOME", "/.config") }

  private static func path(_ name: String, _ variable: String, _ standard: String) -> String? {
    // The specification ignores relative paths.
    func folder(_ variable: String) -> String? {
      getenv(variable).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    return (folder(variable) ?? folder("HOME").map { $0 + standard }).map { $0 + "/faa/" + name }
  }
}
