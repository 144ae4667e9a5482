import Commands
import Glibc
import Notebook
import REPL
import Runtime

/// How figures are shown on standard output.
enum PlotStyle: String, CaseIterable {
  /// As pictures where standard output is a terminal that takes them, else as text.
  case auto
  /// By the kitty protocol.
  case kitty
  /// As sixels.
  case sixel
  /// In Braille dots and block characters.
  case block
  /// In ASCII.
  case dumb
  /// Their description alone.
  case none
}

/// Draws figures in the chosen style.
final class Plots {
  private let style: PlotStyle
  private let graphics: Graphics?

  init(_ style: PlotStyle) {
    self.style = style
    switch style {
    case .kitty: graphics = Graphics(.kitty, sixel: sixelPicture)
    case .sixel: graphics = Graphics(.sixel, sixel: sixelPicture)
    case .auto:
      // The terminal is asked through standard input, so both ends have to be one.
      let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
      graphics = isTerminal && environment("TERM") != "dumb" ? Graphics(sixel: sixelPicture) : nil
    case .block, .dumb, .none: graphics = nil
    }
  }

  /// What to write for a figure; a picture's own escape sequences, or text.
  func drawing(_ rendering: Display) -> String {
    switch style {
    case .none: return "[\(Safe.text(rendering.alt ?? "figure"))]\n"
    case .dumb: return Safe.text(asciiPicture(rendering.text)) + "\n"
    case .auto, .kitty, .sixel:
      if let png = rendering.png, let picture = graphics?.picture(png, columns: terminalWidth()) {
        return picture + "\n"
      }
    case .block: break
    }
    return Safe.text(rendering.text) + "\n"
  }
}
