import CKernels

/// An error that may say that the user stopped the computation: a function of the caller's reports that in words of its own.
public protocol StopReport: Error {
  /// Whether it does.
  var isInterrupt: Bool { get }
}

/// Thrown when the user asked the running computation to stop.
public struct Interrupted: StopReport, CustomStringConvertible, Sendable {
  /// The error that stops a computation.
  public init() {}
  /// True.
  public var isInterrupt: Bool { true }
  /// "interrupted"
  public var description: String { "interrupted" }
}

/// Throws `Interrupted` when the user has asked the running computation to stop. Anything long calls it once a step.
public func checkInterrupt() throws {
  if faa_interrupted() { throw Interrupted() }
}

/// Whether an error says that the user stopped the computation.
public func isInterrupt(_ error: any Error) -> Bool { (error as? any StopReport)?.isInterrupt ?? false }

/// Runs an iteration and returns whether the user ended it. Its variables are to be those of a whole step wherever it can throw.
/// The request stays pending and stops whatever comes next, but for what runs under `settingInterruptAside`.
///
/// - Parameter hasResult: whether there is a step to return; before it the interrupt is thrown on.
public func endsByInterrupt(_ hasResult: @autoclosure () -> Bool, _ iteration: () throws -> Void) throws
  -> Bool
{
  do {
    try iteration()
    return false
  } catch  where isInterrupt(error) && hasResult() {
    return true
  }
}

/// Runs what a stopped iteration needs for its result, with the request to stop set aside. A second request stops that as well.
public func settingInterruptAside<Result>(_ finish: () throws -> Result) rethrows -> Result {
  faa_interrupt_clear()
  defer { faa_interrupt_set() }
  return try finish()
}
