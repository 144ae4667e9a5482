/// Why a figure could not be drawn or saved. Its description is one line with the remedy.
public enum FigureError: Error, Equatable, CustomStringConvertible {
  /// The gnuplot program is not installed.
  case gnuplotMissing(program: String)
  /// gnuplot rejected a command.
  case gnuplotRefused(message: String, command: String)
  /// gnuplot ended, hung or could not be talked to.
  case gnuplotFailed(String)
  /// Parallel data of different lengths.
  case lengths(mark: String, String)
  /// Data that cannot be shown as asked.
  case invalid(mark: String, String)
  /// A file name whose ending names no known format.
  case unknownFormat(path: String)
  /// A file that could not be written or read.
  case file(path: String, reason: String)

  /// One line: what, and what to do about it.
  public var description: String {
    switch self {
    case .gnuplotMissing(let program):
      "plot: `\(program)` was not found; install it with `apt install gnuplot-nox` (text plots work without it)"
    case .gnuplotRefused(let message, let command):
      "plot: gnuplot: \(message)" + (command.isEmpty ? "" : ", at `\(command)`")
    case .gnuplotFailed(let reason): "plot: \(reason)"
    case .lengths(let mark, let detail): "\(mark): lengths differ, \(detail)"
    case .invalid(let mark, let detail): "\(mark): \(detail)"
    case .unknownFormat(let path):
      "save: cannot tell the format of \"\(Text.printable(path))\"; end the name in .svg, .png, .pdf, .tex or .txt"
    case .file(let path, let reason): "\"\(Text.printable(path))\": \(reason)"
    }
  }
}
