import CKernels
import Dispatch
import Glibc
import Notebook
import Runtime
import Synchronization

/// A session that speaks Jupyter's protocol: the third client of the language, beside the prompt and the headless runner.
///
/// Four threads: one runs the session and answers what needs it, one answers `control` requests while cells run, one publishes, and
/// one echoes heartbeats. What they share is the publisher's queue and two flags.
public final class Kernel: Sendable {
  /// What the kernel says of itself.
  public struct Identity: Sendable {
    let version: String
    let banner: String

    /// The program's version and the line a console shows above its first prompt.
    public init(version: String, banner: String) { (self.version, self.banner) = (version, banner) }
  }

  private let connection: Connection
  private let identity: Identity
  private let historyPath: String?
  private let makeSession: @Sendable () -> Session
  let activity = Activity()

  /// - Parameters:
  ///   - historyPath: the file that entries are kept in; nil keeps none.
  ///   - makeSession: makes the session, on the thread that is to run it.
  public init(
    _ connection: Connection, identity: Identity, historyPath: String?,
    makeSession: @escaping @Sendable () -> Session
  ) {
    (self.connection, self.identity) = (connection, identity)
    (self.historyPath, self.makeSession) = (historyPath, makeSession)
  }

  /// Listens and answers until a client says to stop, SIGTERM comes or the parent process ends.
  ///
  /// Throws `KernelError` when a port cannot be had.
  public func run() throws {
    let context = try SocketContext()
    let wire = Wire(key: connection.key)
    let session = Message.identifier()
    func listening(_ kind: Socket.Kind, _ channel: Connection.Channel) throws -> Socket {
      let socket = try Socket(context, kind)
      try socket.bind(connection.endpoint(channel))
      return socket
    }
    // All five ports are there before anything is answered.
    let heartbeat = try listening(.reply, .heartbeat)
    let publisher = try Publisher(try listening(.publisher, .iopub), wire: wire, session: session)
    func channel(_ port: Connection.Channel) throws -> RequestChannel {
      RequestChannel(try listening(.router, port), wire: wire, publisher: publisher, session: session)
    }
    let (shell, stdin, control) = (try channel(.shell), try channel(.stdin), try channel(.control))
    stdin.socket.requirePeers()
    handleSignals()
    startThread { publisher.run() }
    startThread { echo(heartbeat) }
    startThread(stackBytes: 256 << 20) { [self] in
      Shell(
        self.makeSession(), channel: shell, stdin: stdin, identity: identity, activity: activity,
        historyPath: historyPath
      ).run()
    }
    serve(control)
    stop(context, publisher, control)
  }

  // MARK: Control

  private static let controlHandlers: [String: @Sendable (Kernel, Message) -> JSON?] = [
    "kernel_info_request": { kernel, _ in kernel.identity.info },
    "interrupt_request": { kernel, _ in
      if kernel.activity.isBusy { faa_interrupt_set() }
      return ok()
    },
    "shutdown_request": { kernel, request in
      kernel.activity.stop()
      return ok([("restart", .bool(request.content.bool("restart", default: false)))])
    },
  ]

  private func serve(_ control: RequestChannel) {
    let parent = Parent()
    while true {
      guard control.socket.wait(milliseconds: 100) != .ended else { return }
      while let request = control.receive() {
        control.answer(request) { Self.controlHandlers[$0.type]?(self, $0) }
      }
      if activity.isStopping || wasTerminated.load(ordering: .relaxed) || parent.isGone { return }
    }
  }

  /// Ends within a second: the cell under way is asked to stop, what is queued goes out, the threads end.
  private func stop(_ context: SocketContext, _ publisher: Publisher, _ control: RequestChannel) {
    // A cell that does not notice must not keep the process.
    startThread {
      usleep(800_000)
      _exit(0)
    }
    activity.stop()
    faa_interrupt_set()
    let patience = monotonicSeconds() + 0.3
    while activity.isBusy, monotonicSeconds() < patience { usleep(5000) }
    publisher.flush()
    control.socket.close()
    context.shutDown()
    context.terminate()
  }
}

/// Set by SIGTERM.
private let wasTerminated = Atomic(false)

/// As at the prompt, SIGINT stops the cell, whoever sends it; SIGTERM ends the kernel. A thread of its own waits for them, started before
/// all others, which leave them to it: a handler on the thread that computes would write below the stack pointer, where matrix
/// kernels may keep numbers.
private func handleSignals() {
  var signals = sigset_t()
  sigemptyset(&signals)
  for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
  pthread_sigmask(SIG_BLOCK, &signals, nil)
  // Whoever started this process may have had them ignored, and that is inherited.
  for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
  startThread { [signals] in
    var signals = signals
    var number: Int32 = 0
    while sigwait(&signals, &number) == 0 {
      if number == SIGINT { faa_interrupt_set() } else { wasTerminated.store(true, ordering: .relaxed) }
    }
  }
}

/// What the session's thread is at, for the thread that controls it.
final class Activity: Sendable {
  private let busy = Atomic(false)
  private let stopping = Atomic(false)

  /// Whether a cell runs.
  var isBusy: Bool { busy.load(ordering: .acquiring) }
  /// A cell is about to run. Interrupts from before are not meant for it; all from now on are.
  func begin() {
    faa_interrupt_clear()
    busy.store(true, ordering: .releasing)
  }
  func end() { busy.store(false, ordering: .releasing) }
  /// Whether the kernel is to end.
  var isStopping: Bool { stopping.load(ordering: .acquiring) }
  func stop() { stopping.store(true, ordering: .releasing) }
}

/// The process that started this one: without it nobody could ever stop the kernel.
private struct Parent {
  private let first = getppid()
  private let named = getenv("JPY_PARENT_PID").flatMap { Int32(String(cString: $0)) }

  var isGone: Bool {
    guard let named else { return false }
    // Behind a wrapper script the client is a grandparent.
    if named == first { return getppid() != first }
    return kill(named, 0) != 0 && errno == ESRCH
  }
}

/// Sends every heartbeat back.
private func echo(_ socket: Socket) {
  defer { socket.close() }
  while socket.wait() != .ended { while let beat = socket.receive() { socket.send(beat) } }
}

/// The content of a reply that went well.
func ok(_ members: [(String, JSON)] = []) -> JSON { .object([("status", .string("ok"))] + members) }

/// Runs something on a thread of its own.
func startThread(stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  pthread_attr_setstacksize(&attributes, stackBytes)
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  var thread = pthread_t()
  let box = Unmanaged.passRetained(ThreadBody(body)).toOpaque()
  pthread_create(
    &thread, &attributes,
    { context in
      if let context { Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().body() }
      return nil
    }, box)
  pthread_attr_destroy(&attributes)
}

private final class ThreadBody: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
