import Glibc
import Notebook

/// What tells Jupyter that there is an FAA kernel and how to start it: a folder `kernels/faa` with `kernel.json` and an icon.
public struct KernelSpec {
  private let program: String

  /// - Parameter program: the absolute path of the program that `faa kernel` runs.
  public init(program: String) { self.program = program }

  /// Where Jupyter looks for one user's kernels.
  ///
  /// Throws `KernelError` where there is no home directory.
  public static func userFolder() throws -> String {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    if let folder = variable("JUPYTER_DATA_DIR") { return folder }
    if let folder = variable("XDG_DATA_HOME") { return folder + "/jupyter" }
    guard let home = variable("HOME") else {
      throw KernelError("there is no home directory to install the kernel in; name a folder with --prefix")
    }
    return home + "/.local/share/jupyter"
  }

  /// The content of `kernel.json`. Interrupts are messages: a signal would also reach gnuplot and other children.
  public var json: JSON {
    .object([
      ("argv", .array(["\(program)", "kernel", "-f", "{connection_file}"].map(JSON.string))),
      ("display_name", .string("FAA")), ("language", .string("faa")), ("interrupt_mode", .string("message")),
    ])
  }

  /// Writes the specification below Jupyter's data folder; returns the folder it is in. Throws `FileError`.
  public func install(in dataFolder: String) throws -> String {
    let folder = dataFolder + "/kernels/faa"
    try makeFolder(folder)
    try replaceFile(folder + "/kernel.json", with: Array(json.pretty.utf8))
    try replaceFile(folder + "/logo-svg.svg", with: Array(KernelSpec.logo.utf8))
    return folder
  }

  private static let logo = """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="12" fill="#2b4c7e"/>\
    <circle cx="22" cy="25" r="4" fill="#fff"/><circle cx="42" cy="25" r="4" fill="#fff"/>\
    <path d="M16 38 Q32 54 48 38" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>

    """
}
