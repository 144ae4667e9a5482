import CKernels

/// Runs work that cannot be asked to stop part way, such as one long call of LAPACK, so that the user can stop waiting for it. It then goes
/// on alone on its thread and keeps what it captured alive; nobody may look at what it writes.
///
/// Throws `Interrupted` in that case.
public func runAbandonable(_ work: @escaping @Sendable () -> Void) throws {
  try checkInterrupt()
  let context = Unmanaged.passRetained(AbandonableWork(work))
  let hasEnded = faa_run_abandonable(
    { Unmanaged<AbandonableWork>.fromOpaque($0).takeUnretainedValue().body() },
    { Unmanaged<AbandonableWork>.fromOpaque($0).release() }, context.toOpaque())
  guard hasEnded else { throw Interrupted() }
  context.release()
}

private final class AbandonableWork: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
