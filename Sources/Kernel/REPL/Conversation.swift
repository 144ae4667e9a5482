import CKernels
import CReadline
import Glibc
import Runtime
import Syntax

/// The loop of the prompt: read an entry, run it, show what it gives.
final class Conversation {
  private let session: Session
  private let options: REPL.Options
  private let terminal: Terminal
  private let screen: Screen
  private let history: History
  private let journal = Journal()
  private var rescue: Rescue?
  /// The variables of which the user knows that they hide a command.
  private var notedHiding: Set<String> = []

  private static let prompt = "faa> "

  init(session: Session, options: REPL.Options, terminal: Terminal) {
    self.session = session
    self.options = options
    self.terminal = terminal
    screen = Screen(
      terminal, showsProgress: !options.isQuiet,
      graphics: terminal.canEdit ? Graphics(sixel: options.sixel) : nil)
    history = History(path: options.historyPath)
  }

  func run() -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    faa_signals_install(faa_interrupt_set)
    if terminal.canEdit { faa_terminal_take() }
    defer { faa_terminal_give_back() }
    if terminal.isInteractive, let restart = options.restart { rescue = watch(restart) }
    if !options.isQuiet, !options.banner.isEmpty, options.restart?.resumed == nil {
      screen.show(.text(options.banner.split(separator: "\n").prefix(2).joined(separator: "\n") + "\n"))
    }
    session.journal = journal
    session.showPage = { [screen] in screen.show(page: $0) }
    session.ask = { [terminal] in try Question(terminal).ask($0, isSecret: $1) }
    if let descriptor = options.restart?.resumed { resume(from: descriptor) }
    if let status = startUp() { return status }
    let source: any EntrySource = terminal.canEdit ? editor() : plainReader()
    while true {
      // Whatever was interrupted is over.
      faa_interrupt_clear()
      switch source.read(terminal.canEdit ? prompt : Self.prompt) {
      case .end: return 0
      case .terminated(let signal): return 128 + signal
      case .entry(let text):
        if let status = handle(text) { return status }
      }
    }
  }

  /// Runs the user's start-up file.
  private func startUp() -> Int32? {
    guard let startup = options.startup else { return nil }
    session.width = terminal.width
    rescue?.begin()
    do {
      for part in try startup() {
        let result = session.run(part.text, name: part.name, firstLine: part.firstLine) { screen.show($0) }
        if case .failure(let diagnostic) = result { throw diagnostic }
      }
    } catch let diagnostic as Diagnostic {
      complain(diagnostic)
    } catch {
      screen.show(.warning("the start-up file is left out: \(error)"))
    }
    return settle()
  }

  private func watch(_ restart: REPL.Restart) -> Rescue {
    let saved = SavedSession(session: session, journal: journal, storable: restart.storable)
    return Rescue(arguments: restart.arguments) { saved.write(to: $0) }
  }

  /// Goes on with the conversation of a process that had to be ended.
  private func resume(from descriptor: Int32) {
    do {
      let saved = SavedSession(
        session: session, journal: journal, storable: options.restart?.storable ?? [])
      let left = try saved.resume(from: descriptor)
      notedHiding = Set(session.hidingVariables)
      let count = session.variables.count
      screen.show(.text("FAA has started anew with \(count) variable\(count == 1 ? "" : "s") as before.\n"))
      for (name, reason) in left { screen.show(.warning("lost: `\(name)` \(reason)")) }
    } catch {
      screen.show(.warning("FAA has started anew without its variables: \(error)"))
    }
  }

  private var prompt: String {
    terminal.outputHasColour ? "\u{1}\u{1B}[1;36m\u{2}\(Self.prompt)\u{1}\u{1B}[0m\u{2}" : Self.prompt
  }

  /// An entry that no more text could mend is run as well, for its error.
  private func completeness(_ text: String) -> (canRun: Bool, indent: Int) {
    if case .incomplete(let indent) = session.isComplete(text) { return (false, indent) }
    return (true, 0)
  }

  private func plainReader() -> PlainReader {
    PlainReader(showsPrompt: terminal.isInteractive) { [unowned self] in completeness($0).canRun }
  }

  private func editor() -> LineEditor {
    let editor = LineEditor(
      prompt: Self.prompt, isComplete: { [unowned self] in completeness($0) },
      completer: Completer(label: Session.listed) { [session] in session.completions($0, cursor: $1) })
    for entry in history.load() { faa_line_remember(entry) }
    return editor
  }

  /// Runs an entry; a status means that the user wants to leave.
  private func handle(_ text: String) -> Int32? {
    let words = text.filter { !$0.isWhitespace }
    guard !words.isEmpty else { return nil }
    if terminal.canEdit, !text.hasPrefix(" ") { faa_line_remember(text) }
    if let warning = history.add(text) { screen.show(.warning(warning)) }
    if ["exit", "quit", "exit()", "quit()"].contains(words), session.value(of: String(words.prefix(4))) == nil
    {
      return 0
    }
    let number = journal.begin(text)
    session.width = terminal.width
    session.pages["keys"] = KeyHelp.page(width: terminal.width)
    rescue?.begin()
    let result = session.run(Session.withLeadingHelp(text), name: "faa[\(number)]") { output in
      switch output {
      case .text(let text): journal.note(text)
      case .display(let display): journal.note(display.text + "\n")
      case .warning, .progress, .metric, .clear, .live: break
      }
      screen.show(output)
    }
    screen.showLastFrames()
    switch result {
    case .value(let value, let shown):
      journal.succeed()
      if shown, let value {
        let display = value.display(width: terminal.width)
        journal.note(display.text + "\n")
        screen.show(display)
      }
    case .failure(let diagnostic): complain(diagnostic)
    }
    return settle()
  }

  /// What follows a run, however it ended; a status means that the program is to end.
  private func settle() -> Int32? {
    rescue?.end()
    noteHiding()
    screen.endRun()
    screen.startLine()
    let signals = faa_signals_take()
    if signals & UInt32(FAA_SIGNAL_TERMINATE) != 0 { return 128 + SIGTERM }
    if signals & UInt32(FAA_SIGNAL_HANGUP) != 0 { return 128 + SIGHUP }
    return screen.isBroken ? 0 : nil
  }

  /// Says once of every variable that it hides a command: a user may not know the name is taken.
  private func noteHiding() {
    guard terminal.canEdit else { return }
    for name in session.hidingVariables where notedHiding.insert(name).inserted {
      screen.show(
        .warning("`\(name)` now is a variable and hides the command `\(name)`; `%reset \(name)` forgets it"))
    }
  }

  private func complain(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    // How far it was says more than where in the program that is.
    if diagnostic.code == "Interrupted", let progress = screen.latestProgress {
      let total = progress.total.map { "/\($0)" } ?? ""
      diagnostic.message += " at \(progress.label) \(progress.done)\(total)"
    }
    screen.complain(
      diagnostic.render(
        colour: terminal.errorsHaveColour, width: terminal.width, folds: terminal.canEdit))
  }
}

/// Where entries come from.
protocol EntrySource {
  /// Shows a prompt and waits for what the user does.
  func read(_ prompt: String) -> LineEditor.Event
}

extension LineEditor: EntrySource {}
