import Notebook
import Runtime

/// The thread of the session: takes requests in the order they come and answers them one by one.
final class Shell {
  let session: Session
  let channel: RequestChannel
  let stdin: RequestChannel
  let identity: Kernel.Identity
  let activity: Activity
  let history: SessionHistory
  var keys = CellKeys()
  /// The number of the last cell that was counted.
  var count = 0
  /// What had arrived when a cell failed: cells among it are not to run.
  private var backlog: [Message] = []

  init(
    _ session: Session, channel: RequestChannel, stdin: RequestChannel, identity: Kernel.Identity,
    activity: Activity, historyPath: String?
  ) {
    history = SessionHistory(path: historyPath, name: channel.session)
    (self.session, self.channel, self.stdin) = (session, channel, stdin)
    (self.identity, self.activity) = (identity, activity)
    session.journal = Journal()
  }

  /// What is done about each kind of request. The result is the content of its reply.
  private static let handlers: [String: @Sendable (Shell, Message) -> JSON?] = [
    "kernel_info_request": { shell, _ in shell.identity.info },
    "execute_request": { $0.execute($1) },
    "complete_request": { $0.complete($1.content) },
    "inspect_request": { $0.inspect($1.content) },
    "is_complete_request": { $0.completeness($1.content) },
    "history_request": { ok([("history", $0.history.rows($1.content))]) },
    "comm_info_request": { _, _ in ok([("comms", .object([]))]) },
    "comm_open": { $0.refuseComm($1) },
    "shutdown_request": { shell, request in
      shell.activity.stop()
      return ok([("restart", .bool(request.content.bool("restart", default: false)))])
    },
  ]

  /// Answers until the sockets end.
  func run() {
    defer {
      channel.socket.close()
      stdin.socket.close()
    }
    while channel.socket.wait() != .ended {
      while !activity.isStopping, let request = channel.receive() {
        // From when a client may see that a cell is under way until it has ended, there is something to interrupt.
        if request.type == "execute_request" { activity.begin() }
        // A message of an unknown kind is no reason to stop, nor is there a reply to it.
        channel.answer(request) {
          defer { activity.end() }
          return Self.handlers[$0.type]?(self, $0)
        }
        refuseBacklog()
      }
    }
  }

  /// Takes what has arrived by now from the queue. To be called before a failure is told: what a client sends after it knows is meant.
  func abortQueue() { while let request = channel.receive() { backlog.append(request) } }

  private func refuseBacklog() {
    for request in backlog {
      channel.answer(request) { [self] in
        $0.type == "execute_request" ? Shell.aborted(count) : Self.handlers[$0.type]?(self, $0)
      }
    }
    backlog = []
  }

  private static func aborted(_ count: Int) -> JSON {
    .object([
      ("status", .string("error")), ("ename", .string("Aborted")),
      ("evalue", .string("a cell before this one failed")), ("traceback", .array([])),
      ("execution_count", .int(count)), ("user_expressions", .object([])), ("payload", .array([])),
    ])
  }

  /// There is nothing here to open a line of communication to.
  private func refuseComm(_ request: Message) -> JSON? {
    let id = request.content.text("comm_id")
    channel.publisher.publish(
      "comm_close", .object([("comm_id", .string(id)), ("data", .object([]))]), parent: request.header)
    return nil
  }
}
