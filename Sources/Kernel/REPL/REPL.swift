import Glibc
import Runtime

/// The interactive front end: reads entries from a terminal, runs them in a session and shows what comes back.
public enum REPL {
  /// What the caller decides about a conversation.
  public struct Options {
    /// One or two lines above the first prompt; none when empty.
    public var banner: String
    /// No banner and no progress line.
    public var isQuiet: Bool
    /// The file that entries are kept in; nil keeps none. Made with mode 0600.
    public var historyPath: String?
    /// Reads what runs before the first prompt: pieces of program, what messages call them, the numbers of their first lines. Its errors
    /// are shown, and end the start-up alone.
    public var startup: (() throws -> [(text: String, name: String, firstLine: Int)])?
    /// How the program starts anew, to end an entry that does not stop; nil where it cannot.
    public var restart: Restart?
    /// A PNG as sixel graphics at most so many pixels wide, for terminals that draw those.
    public var sixel: ((_ png: [UInt8], _ width: Int) -> String?)?

    /// The usual conversation.
    public init(
      banner: String = "FAA  ·  ?name explains  ·  Tab completes  ·  Ctrl-D leaves", isQuiet: Bool = false,
      historyPath: String? = REPL.defaultHistoryPath,
      sixel: ((_ png: [UInt8], _ width: Int) -> String?)? = nil
    ) {
      (self.banner, self.isQuiet, self.historyPath, self.sixel) = (banner, isQuiet, historyPath, sixel)
    }
  }

  /// How a program goes on with a conversation in a new process.
  public struct Restart {
    /// The kinds of objects that can be written down.
    public var storable: [any StorableObject.Type]
    /// The descriptor that holds the conversation to go on with; nil for a new one.
    public var resumed: Int32?
    /// The command line, the program's name first, of a program that goes on with what a descriptor holds.
    public var arguments: (Int32) -> [String]

    /// The parts as they are.
    public init(
      storable: [any StorableObject.Type], resumed: Int32? = nil, arguments: @escaping (Int32) -> [String]
    ) {
      (self.storable, self.resumed, self.arguments) = (storable, resumed, arguments)
    }
  }

  /// Where entries are kept by default.
  public static var defaultHistoryPath: String? { UserFile.state("history") }

  /// Converses until the input ends or the user leaves. To be called once, on the main thread. Where standard input or
  /// output is no terminal, or a dumb one, entries are read as plain lines.
  /// - Returns: the exit status: 0, or 128 plus the signal that ended the conversation.
  public static func run(session: Session, options: Options = Options()) -> Int32 {
    let terminal = Terminal()
    if terminal.isInteractive { session.stage = TerminalStage(terminal) }
    return Conversation(session: session, options: options, terminal: terminal).run()
  }
}
