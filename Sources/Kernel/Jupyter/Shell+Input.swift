import CKernels
import Glibc
import Notebook
import Runtime
import Tensor

extension Shell {
  /// Asks whoever sent the request for a line of text and waits for it; an interrupt ends the wait.
  func ask(_ prompt: String, isSecret: Bool, for request: Message) throws -> String {
    guard request.content.bool("allow_stdin", default: false) else { throw CommandError.noInput }
    // An answer to a question that was interrupted is not an answer to this one.
    while stdin.receive() != nil {}
    channel.publisher.flush()
    // A client's socket for answers may come up later than the one its requests came from.
    let question = JSON.object([("prompt", .string(prompt)), ("password", .bool(isSecret))])
    let patience = monotonicSeconds() + 10
    while !stdin.send("input_request", question, to: request) {
      if faa_interrupted() { throw Interrupted() }
      guard monotonicSeconds() < patience else { throw CommandError.noInput }
      usleep(20_000)
    }
    while true {
      if faa_interrupted() { throw Interrupted() }
      guard stdin.socket.wait(milliseconds: 50) != .ended else { throw Interrupted() }
      while let answer = stdin.receive() {
        if answer.type == "input_reply" { return answer.content.text("value") }
      }
    }
  }
}
