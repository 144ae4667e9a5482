import Syntax

/// The page of `?keys`.
enum KeyHelp {
  private static let rows: [(keys: String, what: String)] = [
    ("Enter", "run the entry when it is complete, else begin its next line"),
    ("Alt-Enter", "begin a new line"),
    ("Esc, then Enter", "run the entry as it is, complete or not"),
    ("Tab", "complete; twice lists; \\lambda Tab gives λ, \\λ Tab its name"),
    ("Up, Down", "lines of the entry, then the history; with text typed, entries that begin so"),
    ("Ctrl-R, Ctrl-S", "search the history; Enter runs what is found, Esc leaves it"),
    ("Alt-<, Alt->", "oldest entry, back to the draft"),
    ("Ctrl-A, Ctrl-E", "start, end of the line (Home, End)"),
    ("Ctrl-B, Ctrl-F", "a character back, on (arrows)"),
    ("Alt-B, Alt-F", "a word back, on"),
    ("Ctrl-D", "delete the character; on an empty line leave"),
    ("Ctrl-H, Ctrl-W", "delete the character, the word before"),
    ("Alt-D, Ctrl-K", "delete the word, the line after"),
    ("Ctrl-U", "delete to the start"),
    ("Ctrl-Y, Alt-Y", "put back what was deleted, the one before that"),
    ("Ctrl-_", "undo"),
    ("Ctrl-T, Alt-T", "swap characters, words"),
    ("Alt-U, Alt-L, Alt-C", "capitals, small letters, a capital for the word"),
    ("Ctrl-L", "clear the screen"),
    ("Ctrl-C", "drop the entry; stop what runs"),
    ("Ctrl-Z", "suspend; `fg` comes back to the draft"),
    ("Ctrl-\\", "end the session at once"),
  ]

  /// The table in a window of so many columns.
  static func page(width: Int) -> String {
    let left = (rows.map(\.keys.count).max() ?? 0) + 4
    let lines = rows.flatMap { keys, what in
      TextWidth.folded(what, to: max(20, width - left - 1)).enumerated().map { index, line in
        let label = index == 0 ? "  " + keys : ""
        return label + String(repeating: " ", count: left - label.count) + line
      }
    }
    return
      (["Keys:"] + lines + [
        "", "The rest is GNU Readline's: ~/.inputrc may rebind keys, or `set editing-mode vi`.",
      ]).joined(separator: "\n")
  }
}
