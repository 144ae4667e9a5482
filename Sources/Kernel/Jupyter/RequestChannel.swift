import Glibc
import Notebook

/// A socket on which requests come and replies go, with the order that clients rely on: busy, what the request publishes, the reply, idle.
final class RequestChannel: @unchecked Sendable {
  let socket: Socket
  let publisher: Publisher
  let session: String
  private let wire: Wire
  private var complaints = 0

  init(_ socket: Socket, wire: Wire, publisher: Publisher, session: String) {
    (self.socket, self.wire, self.publisher, self.session) = (socket, wire, publisher, session)
  }

  /// The next request that has arrived; what is not a message or not signed is dropped with a line in the log.
  func receive() -> Message? {
    while let frames = socket.receive() {
      do throws(Wire.Rejection) { return try wire.message(frames) } catch { complain(error) }
    }
    return nil
  }

  private func complain(_ rejection: Wire.Rejection) {
    complaints += 1
    // A client with the wrong key asks for ever.
    guard complaints <= 10 else { return }
    let reason =
      switch rejection {
      case .noDelimiter, .tooShort: "it is not a message of the protocol"
      case .badSignature: "its signature is wrong"
      case .malformed(let what): what
      }
    log("dropped a message: \(reason)")
  }

  /// Answers one request. The handler gives the content of the reply, or nil where the protocol has none.
  func answer(_ request: Message, with handler: (Message) -> JSON?) {
    publisher.status("busy", parent: request.header)
    let content = handler(request)
    // Some clients stop listening when the reply is there.
    publisher.flush()
    if let content { reply(content, to: request) }
    publisher.status("idle", parent: request.header)
  }

  /// Sends the reply to a request.
  func reply(_ content: JSON, to request: Message) {
    let type = request.type.hasSuffix("_request") ? request.type.dropLast("_request".count) : "unknown"
    send(String(type) + "_reply", content, to: request)
  }

  /// Sends a message to whoever sent a request; false when that could not be.
  @discardableResult
  func send(_ type: String, _ content: JSON, to request: Message) -> Bool {
    socket.send(
      wire.frames(
        Message(
          type, content, parent: request.header, identities: request.identities, session: session)))
  }
}

/// One line for the log of the server that started the kernel.
func log(_ line: String) {
  let text = "faa kernel: \(line)\n"
  write(STDERR_FILENO, text, text.utf8.count)
}
