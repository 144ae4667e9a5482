import Glibc
import Runtime

/// The child's side of `ProcessEvaluator`: one session that takes orders until they end.
public enum EvaluatorService {
  /// Serves descriptors 3 and 4 and leaves the process when the orders end, as they do when the supervisor is gone, whatever a
  /// cell is doing at that moment. Returns only when it was not started by a supervisor.
  public static func run(commands: [Command], storable: [any StorableObject.Type]) {
    guard fcntl(ProcessEvaluator.orders, F_GETFD) >= 0, fcntl(ProcessEvaluator.messages, F_GETFD) >= 0 else {
      return
    }
    for end in [ProcessEvaluator.orders, ProcessEvaluator.messages] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var buffer = FrameBuffer()
    var evaluator: ThreadEvaluator?
    while readFrames(from: ProcessEvaluator.orders, into: &buffer) {
      while let frame = buffer.next() {
        switch try? Wire.order(frame) {
        case .begin(let seed, let permissions):
          let session = ThreadEvaluator.session(
            commands: commands, storable: storable, seed: seed, permissions: permissions)
          evaluator = session
          relay(session)
        case .request(let request): evaluator?.start(request)
        case .interrupt: evaluator?.interrupt()
        case nil: _exit(125)
        }
      }
    }
    _exit(0)
  }

  /// Sends what the session says, from a thread of its own: this one listens for orders.
  private static func relay(_ evaluator: ThreadEvaluator) {
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let evaluator = Unmanaged<ThreadEvaluator>.fromOpaque(context).takeUnretainedValue()
        while true {
          guard let message = evaluator.next(within: 1e6) else { continue }
          do {
            try writeAll(Wire.encode(message), to: ProcessEvaluator.messages, "the supervisor")
          } catch {
            _exit(0)
          }
        }
      }, Unmanaged.passRetained(evaluator).toOpaque())
  }
}
