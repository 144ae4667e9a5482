import Glibc
import Runtime

/// An evaluator in a child process of its own: a crash, an out-of-memory kill or a cell that does not listen ends the child and is
/// told as a message, and the run keeps everything before it.
///
/// The child gets orders on descriptor 3 and answers on 4. It leads its own process group, so that Ctrl-C at the terminal
/// reaches the supervisor alone, and it leaves when the orders end: a supervisor that is killed leaves nothing behind.
public final class ProcessEvaluator: Evaluator {
  /// Where the child reads orders and writes messages.
  static let (orders, messages): (Int32, Int32) = (3, 4)

  private var child: pid_t = 0
  private var orderEnd: Int32 = -1
  private var messageEnd: Int32 = -1
  private var buffer = FrameBuffer()

  /// Starts the child.
  ///
  /// - Parameters:
  ///   - seed: the session's.
  ///   - permissions: which files its commands may touch.
  ///   - command: program and arguments that serve as an evaluator; by default this program's own.
  ///   - variables: environment variables the child gets on top of this process's.
  /// - Throws: `FileError` when the child cannot be started.
  public init(
    seed: UInt64, permissions: Permissions = Permissions(),
    command: [String] = ["/proc/self/exe", "evaluator"], variables: [String: String] = [:]
  ) throws {
    let (orderRead, orderWrite) = try pipe(command[0])
    let (messageRead, messageWrite) = try pipe(command[0])
    defer {
      close(orderRead)
      close(messageWrite)
    }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    // What libraries print must not mix with what the supervisor was asked to print.
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, orderRead, Self.orders)
    posix_spawn_file_actions_adddup2(&actions, messageWrite, Self.messages)
    // Ctrl-C and termination requests are counted by the supervisor; the child starts with the defaults.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&defaults, number) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    // A mask is inherited: what whoever started the supervisor blocks must still end the child.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    // A crash leaves the frames of its thread in the log, asks nothing, and ends.
    let backtrace = ["SWIFT_BACKTRACE": "interactive=no,color=no,threads=crashed,registers=none,images=none"]
    var environment = childEnvironment(
      getenv("SWIFT_BACKTRACE") == nil ? variables.merging(backtrace) { given, _ in given } : variables)
    defer { for word in words + environment { free(word) } }
    let status = posix_spawn(&child, command[0], &actions, &attributes, &words, &environment)
    guard status == 0 else {
      close(orderWrite)
      close(messageRead)
      throw FileError("start", command[0], status)
    }
    orderEnd = orderWrite
    messageEnd = messageRead
    send(.begin(seed: seed, permissions))
  }

  deinit {
    if orderEnd >= 0 { close(orderEnd) }
    if messageEnd >= 0 { close(messageEnd) }
    guard child > 0 else { return }
    kill(-child, SIGKILL)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
  }

  /// Sends the request.
  public func start(_ request: EvaluatorRequest) { send(.request(request)) }

  /// Asks the child, which hears it while the cell runs.
  public func interrupt() { send(.interrupt) }

  /// Sends the signal to the child and whatever it started.
  public func end(by signal: Int32) -> Bool {
    if child > 0 { kill(-child, signal) }
    return true
  }

  /// The memory of the child.
  public var residentBytes: Int? { child > 0 ? resident(of: "\(child)") : nil }

  /// Waits for the child.
  public func next(within seconds: Double) -> EvaluatorMessage? {
    let deadline = monotonicSeconds() + seconds
    while true {
      if let frame = buffer.next() {
        // A frame that makes no sense is a fault of this program; the child is of no use after it.
        guard let message = try? Wire.message(frame) else { return reap(after: SIGKILL) }
        return message
      }
      guard child > 0 else { return .died(EvaluatorDeath(signal: nil, exitCode: nil, peakBytes: 0)) }
      let left = max(0, min(deadline - monotonicSeconds(), 1e6))
      var ready = pollfd(fd: messageEnd, events: Int16(POLLIN), revents: 0)
      let count = poll(&ready, 1, Int32((left * 1000).rounded(.up)))
      // A signal such as Ctrl-C ends the wait, so that the caller looks at once.
      guard count > 0 else { return nil }
      if !readFrames(from: messageEnd, into: &buffer) { return reap() }
    }
  }

  /// Waits for a child whose messages have ended.
  private func reap(after signal: Int32? = nil) -> EvaluatorMessage {
    if let signal { kill(-child, signal) }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
    // gnuplot and whatever else the child had started.
    kill(-child, SIGKILL)
    child = 0
    let number = status & 0x7F
    return .died(
      EvaluatorDeath(
        signal: number == 0 ? nil : number, exitCode: number == 0 ? (status >> 8) & 0xFF : nil,
        peakBytes: usage.ru_maxrss << 10))
  }

  /// A child that is gone is noticed by `next`.
  private func send(_ order: Wire.Order) { try? writeAll(Wire.encode(order), to: orderEnd, "the evaluator") }
}

/// A pipe with both ends above 9, away from the numbers the child gets.
private func pipe(_ program: String) throws -> (read: Int32, write: Int32) {
  var ends: [Int32] = [0, 0]
  guard Glibc.pipe(&ends) == 0 else { throw FileError("start", program, errno) }
  let high = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
  for end in ends { close(end) }
  guard !high.contains(-1) else {
    for end in high where end >= 0 { close(end) }
    throw FileError("start", program, EMFILE)
  }
  return (high[0], high[1])
}

/// This process's environment with some variables set, as `posix_spawn` takes it.
private func childEnvironment(_ variables: [String: String]) -> [UnsafeMutablePointer<CChar>?] {
  var entries: [String] = []
  var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
  while let place = next, let entry = place.pointee {
    let text = String(cString: entry)
    if variables[String(text.prefix { $0 != "=" })] == nil { entries.append(text) }
    next = place + 1
  }
  entries += variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  return entries.map { strdup($0) } + [nil]
}
