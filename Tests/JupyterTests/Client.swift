import Foundation
import Notebook
import Testing

@testable import Jupyter

/// A client of a kernel process of its own, over files instead of ports so that tests never meet.
final class Client {
  let process = Process()
  let folder: String
  let connection: Connection
  let wire: Wire
  let shell, control, stdin, heartbeat, published: Socket
  let errors = Pipe()
  private let context: SocketContext
  private let session = Message.identifier()

  /// The program under test, built beside this test.
  static let program: String = {
    let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: test).deletingLastPathComponent().appendingPathComponent("faa").path
  }()

  static let key = "a secret"

  static func connectionFile(in folder: String, key: String = Client.key) -> String {
    """
    {"transport": "ipc", "ip": "\(folder)/k", "key": "\(key)", "signature_scheme": "hmac-sha256", "kernel_name": "faa",
     "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}
    """
  }

  /// Starts a kernel and waits until it greets a subscriber.
  init(environment: [String: String] = [:], key: String = Client.key, in folder: String? = nil) throws {
    self.folder = folder ?? "/tmp/faa-jupyter-\(UUID().uuidString.prefix(13))"
    try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
    let text = Client.connectionFile(in: self.folder, key: key)
    let file = self.folder + "/connection.json"
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    connection = try Connection(parsing: text)
    wire = Wire(key: key)
    let context = try SocketContext()
    self.context = context
    func socket(_ kind: Socket.Kind) throws -> Socket {
      let socket = try Socket(context, kind)
      if kind == .subscriber { socket.subscribe("") }
      return socket
    }
    shell = try socket(.dealer)
    control = try socket(.dealer)
    stdin = try socket(.dealer)
    heartbeat = try socket(.request)
    published = try socket(.subscriber)
    process.executableURL = URL(fileURLWithPath: Client.program)
    process.arguments = ["kernel", "-f", file]
    // The history of whoever runs the tests is theirs.
    process.environment = ProcessInfo.processInfo.environment.merging(["XDG_STATE_HOME": self.folder]) { $1 }
      .merging(environment) { $1 }
    process.standardError = errors
    try process.run()
    // Replies to questions find the way by the name the shell and stdin sockets share.
    let name = Array(session.utf8)
    for socket in [shell, stdin] { socket.name(name) }
    for (socket, channel) in [
      (shell, Connection.Channel.shell), (control, .control), (stdin, .stdin), (heartbeat, .heartbeat),
      (published, .iopub),
    ] { try socket.connect(connection.endpoint(channel)) }
    let welcome = try #require(next(published))
    #expect(welcome.type == "iopub_welcome")
    #expect(welcome.content["subscription"]?.text == "")
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    for socket in [shell, control, stdin, heartbeat, published] { socket.close() }
    context.terminate()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Another subscriber.
  func subscriber() throws -> Socket {
    let socket = try Socket(context, .subscriber)
    socket.set(24, 0)  // ZMQ_RCVHWM: it keeps what it has not read
    socket.subscribe("")
    try socket.connect(connection.endpoint(.iopub))
    return socket
  }

  // MARK: Messages

  /// Sends a request; returns its id.
  @discardableResult
  func send(
    _ type: String, _ content: [(String, JSON)] = [], metadata: [(String, JSON)] = [],
    on socket: Socket? = nil
  )
    -> String
  {
    let message = Message(type, .object(content), metadata: .object(metadata), session: session)
    (socket ?? shell).send(wire.frames(message))
    return message.header["msg_id"]?.text ?? ""
  }

  /// The next message on a socket; nil after far longer than any should take.
  func next(_ socket: Socket, seconds: Double = 30) -> Message? {
    let deadline = monotonicSeconds() + seconds
    while monotonicSeconds() < deadline {
      if let frames = socket.receive() { return try? wire.message(frames) }
      _ = socket.wait(milliseconds: 20)
    }
    return nil
  }

  /// The reply to a request, past replies to others.
  func reply(to id: String, on socket: Socket? = nil) throws -> Message {
    while let message = next(socket ?? shell) {
      if message.parent["msg_id"]?.text == id { return message }
    }
    throw Missing(what: "a reply")
  }

  /// What is published about a request until it is idle, the states at both ends included.
  func publications(of id: String, from socket: Socket? = nil) throws -> [Message] {
    var found: [Message] = []
    while let message = next(socket ?? published) {
      guard message.parent["msg_id"]?.text == id else { continue }
      found.append(message)
      if message.content["execution_state"]?.text == "idle" { return found }
    }
    throw Missing(what: "idle")
  }

  struct Missing: Error { let what: String }

  /// A request and all that comes of it.
  struct Exchange {
    let reply: JSON
    let published: [Message]
    var types: [String] { published.map(\.type) }
    func first(_ type: String) -> JSON? { published.first { $0.type == type }?.content }
    /// Text of a stream.
    func text(_ name: String = "stdout") -> String {
      published.filter { $0.content["name"]?.text == name }.map { $0.content.text("text") }.joined()
    }
    /// The value that was shown, as text.
    var value: String? { first("execute_result")?["data"]?["text/plain"]?.text }
  }

  func ask(_ type: String, _ content: [(String, JSON)] = [], on socket: Socket? = nil) throws -> Exchange {
    let id = send(type, content, on: socket)
    return Exchange(reply: try reply(to: id, on: socket).content, published: try publications(of: id))
  }

  @discardableResult
  func execute(_ code: String, _ options: [(String, JSON)] = []) throws -> Exchange {
    try ask("execute_request", [("code", .string(code))] + options)
  }

  /// Starts a cell and waits until it has printed something.
  func start(_ code: String, _ options: [(String, JSON)] = []) throws -> String {
    let id = send("execute_request", [("code", .string(code))] + options)
    while let message = next(published) { if message.type == "stream" { return id } }
    throw Missing(what: "output")
  }

  /// The exit status, after the process has ended.
  func status() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}
