import Glibc
import Runtime

/// The interactive front end: reads entries from a terminal, runs them in a session and shows what comes back. Without a
/// terminal it runs its input as a script.
public enum REPL {
  /// What the caller decides about a conversation.
  public struct Options: Sendable {
    /// One or two lines above the first prompt; none when empty.
    public var banner: String
    /// No banner and no progress line.
    public var isQuiet: Bool
    /// The file that entries are kept in; nil keeps none. Made with mode 0600.
    public var historyPath: String?
    /// Read commands as a script even from a terminal.
    public var isScript: Bool

    /// The usual conversation.
    public init(
      banner: String = "FAA  ·  ?name explains  ·  Tab completes  ·  Ctrl-D leaves", isQuiet: Bool = false,
      historyPath: String? = REPL.defaultHistoryPath, isScript: Bool = false
    ) {
      (self.banner, self.isQuiet, self.historyPath, self.isScript) = (banner, isQuiet, historyPath, isScript)
    }
  }

  /// `$XDG_STATE_HOME/faa/history`, by default `~/.local/state/faa/history`; nil without a home directory.
  public static var defaultHistoryPath: String? {
    if let state = Environment["XDG_STATE_HOME"], state.hasPrefix("/") { return state + "/faa/history" }
    guard let home = Environment["HOME"], home.hasPrefix("/") else { return nil }
    return home + "/.local/state/faa/history"
  }

  /// Converses until the input ends or the user leaves. To be called once, on the main thread.
  /// - Returns: the exit status: 0; for a script 1 after an error, 3 when it cannot be parsed and 130 when it was
  ///   interrupted; 128 plus the signal that ended the conversation.
  public static func run(session: Session, options: Options = Options()) -> Int32 {
    let terminal = Terminal()
    if terminal.isInteractive, !options.isScript {
      return Conversation(session: session, options: options, terminal: terminal).run()
    }
    return Script(session: session, terminal: terminal, isQuiet: options.isQuiet).run()
  }
}
