import Tensor

/// What lies between the parameters and a loss: inner solutions whose dependence is differentiated, and stops through which no
/// derivative passes. Collected while a loss runs, so that a report can list them.
public final class Paths: @unchecked Sendable {
  /// Whether stops are to be seen through, which answers "what if it were not frozen".
  let followsStops: Bool
  private var stops: [String] = []
  private var solves: [String] = []

  @TaskLocal private static var current: Paths?

  private init(followsStops: Bool) { self.followsStops = followsStops }

  /// Runs `body` and gives what it met.
  static func collected<T>(followsStops: Bool, _ body: () throws -> T) throws -> (T, Paths) {
    let paths = Paths(followsStops: followsStops)
    return (try $current.withValue(paths) { try body() }, paths)
  }

  /// Notes a constant made of `values` under `name`; returns whether it is to be one, given what the reader asked for.
  fileprivate static func stop(_ name: String, _ values: [Tensor]) -> Bool {
    guard let current, values.contains(where: \.isRecorded) else { return true }
    if !current.stops.contains(name) { current.stops.append(name) }
    return !current.followsStops
  }

  /// Notes an inner solution that is differentiated.
  static func solved(_ name: String) {
    guard let current, !current.solves.contains(name) else { return }
    current.solves.append(name)
  }

  /// One line for each node met in the named loss.
  func lines(in loss: String) -> [String] {
    solves.map { "θ → \($0) → \(loss): live (differentiated through its minimum)" }
      + stops.map {
        followsStops ? "\($0) → \(loss): stopped in the loss, followed here" : "\($0) → \(loss): stopped"
      }
  }
}

/// `values` as constants whose paths a hypergradient's report lists as stopped under `name`.
public func frozen(_ values: [Tensor], name: String = "frozen value") -> [Tensor] {
  Paths.stop(name, values) ? values.detached : values
}
