import Glibc

/// An evaluator on a thread of this process, with a stack deep enough for recursive programs.
public final class ThreadEvaluator: Evaluator, @unchecked Sendable {
  /// Carries out one request, sending outputs as they come; returns the failure, if any.
  public typealias Body = (EvaluatorRequest, @escaping (EvaluatorMessage) -> Void) -> CellFailure?

  // One lock guards both queues; `body` is made and used on the worker thread alone.
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var request: EvaluatorRequest?
  private var messages: [EvaluatorMessage] = []
  /// Messages before this one have been read.
  private var head = 0
  /// A program that prints faster than anyone reads waits at this many unread messages.
  private static let queueLimit = 4096
  private let makeBody: @Sendable () -> Body
  private let interruptBody: @Sendable () -> Void

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - stackBytes: the worker's stack.
  ///   - interrupt: asks the running cell to stop; called from other threads.
  ///   - makeBody: creates the session, on the worker thread.
  public init(
    stackBytes: Int = 256 << 20, interrupt: @escaping @Sendable () -> Void,
    makeBody: @escaping @Sendable () -> Body
  ) {
    lock = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    self.makeBody = makeBody
    interruptBody = interrupt
    pthread_mutex_init(lock, nil)
    var clock = pthread_condattr_t()
    pthread_condattr_init(&clock)
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &clock)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    // The worker keeps the evaluator alive for the life of the process: one evaluator serves one run.
    let context = Unmanaged.passRetained(self).toOpaque()
    pthread_create(
      &thread, &attributes,
      { context in
        if let context { Unmanaged<ThreadEvaluator>.fromOpaque(context).takeUnretainedValue().work() }
        return nil
      }, context)
  }

  /// Hands the request to the worker.
  public func start(_ request: EvaluatorRequest) {
    pthread_mutex_lock(lock)
    self.request = request
    messages = []
    head = 0
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }

  /// Waits for the worker.
  public func next(within seconds: Double) -> EvaluatorMessage? {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let nanoseconds = deadline.tv_nsec + Int(max(0, min(seconds, 1e6)) * 1e9)
    deadline.tv_sec += nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while head == messages.count {
      if pthread_cond_timedwait(changed, lock, &deadline) == ETIMEDOUT { break }
    }
    guard head < messages.count else { return nil }
    let message = take()
    pthread_cond_broadcast(changed)
    return message
  }

  /// The first unread message; text that follows text comes with it, so that a loop of prints is a few large outputs.
  private func take() -> EvaluatorMessage {
    var message = messages[head]
    head += 1
    if case .output(.text(var text)) = message {
      while head < messages.count, case .output(.text(let more)) = messages[head], text.utf8.count < 1 << 16 {
        text += more
        head += 1
      }
      message = .output(.text(text))
    }
    if head == messages.count {
      messages.removeAll(keepingCapacity: true)
      head = 0
    }
    return message
  }

  /// Sets the flag that the session polls.
  public func interrupt() { interruptBody() }

  private func work() {
    let body = makeBody()
    while true {
      pthread_mutex_lock(lock)
      while request == nil { pthread_cond_wait(changed, lock) }
      let current = request
      request = nil
      pthread_mutex_unlock(lock)
      guard let current else { continue }
      let failure = body(current) { [self] in send($0) }
      send(.finished(failure))
    }
  }

  private func send(_ message: EvaluatorMessage) {
    pthread_mutex_lock(lock)
    while messages.count - head >= Self.queueLimit { pthread_cond_wait(changed, lock) }
    // Progress replaces progress that nobody has read yet, so a fast loop cannot fill the queue.
    if case .progress = message, head < messages.count, case .progress = messages[messages.count - 1] {
      messages.removeLast()
    }
    messages.append(message)
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
  }
}
