import CKernels
import Glibc
import Runtime
import Tensor

/// A question that a running cell puts to the user at the terminal.
struct Question {
  private let terminal: Terminal

  init(_ terminal: Terminal) { self.terminal = terminal }

  /// Shows a prompt and reads a line, which a secret one does not show. Throws `Interrupted` on Ctrl-C and `NoInput` where the input ends
  /// or is no terminal.
  func ask(_ prompt: String, isSecret: Bool) throws -> String {
    guard terminal.isInteractive else { throw CommandError.noInput }
    Terminal.write(Safe.text(prompt).utf8, to: STDOUT_FILENO)
    return try Terminal.withLines(echoes: !isSecret, Self.line)
  }

  private static func line() throws -> String {
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      if faa_interrupted() { throw Interrupted() }
      var ready = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&ready, 1, 50) > 0 else { continue }
      var byte: UInt8 = 0
      guard read(STDIN_FILENO, &byte, 1) == 1 else { throw CommandError.noInput }
      line.append(byte)
    }
    return String(decoding: line.dropLast(), as: UTF8.self)
  }
}
