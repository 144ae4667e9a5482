import CKernels
import CReadline
import Glibc
import Runtime

/// Runs standard input from beginning to end, as `faa < file` and `echo 1+1 | faa` ask: no prompt, no escape sequences of our
/// own, and an exit status.
struct Script {
  let session: Session
  let terminal: Terminal
  let isQuiet: Bool

  func run() -> Int32 {
    // A reader that closes its end is an end, not a crash: `faa < script | head`.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGINT) { _ in faa_interrupt_set() }
    let screen = Screen(terminal, showsProgress: !isQuiet)
    session.width = terminal.width
    let result = session.run(readAll(), name: "stdin") { output in
      screen.show(output)
      if screen.isBroken { faa_interrupt_set() }
    }
    screen.endRun()
    switch result {
    case .value(let value, let shown):
      if shown, let value { screen.show(value.display(width: terminal.width)) }
      return 0
    case .failure(let diagnostic):
      if screen.isBroken { return 0 }
      screen.startLine()
      screen.complain(diagnostic.render(colour: terminal.errorsHaveColour, width: terminal.width))
      switch diagnostic.code {
      case "Interrupted": return 130
      case "SyntaxError": return 3
      default: return 1
      }
    }
  }

  private func readAll() -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count > 0 {
        bytes += buffer.prefix(count)
      } else if count == 0 || errno != EINTR || faa_interrupted() {
        return String(decoding: bytes, as: UTF8.self)
      }
    }
  }
}
