import Tensor

/// What lies between the parameters and a loss: inner solutions whose dependence is differentiated, and stops through which no
/// derivative passes. Collected while a loss runs, so that a report can draw the ways from λ to the outer loss.
public final class Paths: @unchecked Sendable {
  /// An inner solution, or a stop, and what it was computed from: θ, λ or solutions before it.
  struct Link {
    let name: String
    let sources: [String]
  }

  /// Whether stops are to be seen through, which answers "what if it were not frozen".
  let followsStops: Bool
  private(set) var stops: [Link] = []
  private(set) var solves: [Link] = []
  /// What the loss itself was computed from.
  private(set) var loss: [String] = []
  /// The recorded values that have a name, kept so that no other takes their place in memory.
  private var named: [ObjectIdentifier: (name: String, node: Node)] = [:]
  private var order: [String] = []

  @TaskLocal private static var current: Paths?

  private init(followsStops: Bool) { self.followsStops = followsStops }

  /// Runs `body` and gives what it met.
  static func collected<T>(followsStops: Bool, _ body: () throws -> T) throws -> (T, Paths) {
    let paths = Paths(followsStops: followsStops)
    return (try $current.withValue(paths) { try body() }, paths)
  }

  /// Runs a loss of θ and λ and notes what it was computed from.
  static func traced(
    _ theta: [Tensor], _ lambda: [Tensor], _ body: () throws -> [Tensor]
  ) rethrows -> [Tensor] {
    guard let current else { return try body() }
    current.name(theta, "θ")
    current.name(lambda, "λ")
    let values = try body()
    current.loss = current.sources(of: values)
    return values
  }

  /// Notes a constant made of `values` under `name`; returns whether it is to be one, given what the reader asked for.
  fileprivate static func stop(_ name: String, _ values: [Tensor]) -> Bool {
    guard let current, values.contains(where: \.isRecorded) else { return true }
    if !current.stops.contains(where: { $0.name == name }) {
      current.stops.append(Link(name: name, sources: current.sources(of: values)))
    }
    return !current.followsStops
  }

  /// Notes an inner solution that is differentiated, a function of `given`.
  static func solved(_ name: String, _ solution: [Tensor], given: [Tensor]) {
    guard let current else { return }
    let count = current.solves.count { $0.name == name || $0.name.hasPrefix(name + " ") }
    let name = count == 0 ? name : "\(name) \(count + 1)"
    current.solves.append(Link(name: name, sources: current.sources(of: given)))
    current.name(solution, name)
  }

  private func name(_ tensors: [Tensor], _ name: String) {
    for tensor in tensors {
      if let node = tensor.node { named[ObjectIdentifier(node)] = (name, node) }
    }
    if !order.contains(name) { order.append(name) }
  }

  /// The nearest named values behind `tensors`, in the order of their naming.
  private func sources(of tensors: [Tensor]) -> [String] {
    var (seen, found): (Set<ObjectIdentifier>, Set<String>) = ([], [])
    var waiting = tensors.compactMap(\.node)
    while let node = waiting.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      if let known = named[ObjectIdentifier(node)] {
        found.insert(known.name)
      } else {
        waiting += (0..<node.inputCount).compactMap(node.input)
      }
    }
    return order.filter(found.contains)
  }
}

/// `values` as constants whose paths a hypergradient's report lists as stopped under `name`.
public func frozen(_ values: [Tensor], name: String = "frozen value") -> [Tensor] {
  Paths.stop(name, values) ? values.detached : values
}

/// The ways from λ to the outer loss, as the two losses of a bilevel problem have laid them.
struct PathGraph {
  let inner: Paths, outer: Paths
  /// Whether λ enters what defines θ: C ≠ 0.
  let movesTheta: Bool
  /// The most ways that are listed.
  private static let limit = 12
  /// The ways to θ or to a solution in one loss, found once: a chain of solutions has twice as many with each link.
  private var known: [Place: [[String]]] = [:]
  private struct Place: Hashable {
    let name: String, isOuter: Bool
  }

  init(inner: Paths, outer: Paths, movesTheta: Bool) {
    self.inner = inner
    self.outer = outer
    self.movesTheta = movesTheta
  }

  /// One line for each way, live, absent or stopped.
  mutating func lines() -> [String] {
    var lines = movesTheta ? [] : ["λ → θ: absent (C = 0)"]
    if movesTheta, !outer.loss.contains("θ"), !outer.solves.contains(where: { $0.sources.contains("θ") }) {
      lines.append("θ → outer: absent")
    }
    let ways = ways(to: "outer", from: outer.loss, in: outer).sorted { $0.count < $1.count }
    for way in ways.prefix(Self.limit) {
      let isDirect = way == ["λ", "outer"]
      let isSolved = way.dropFirst().dropLast().contains { $0 != "θ" }
      lines.append(
        way.joined(separator: " → ") + ": live"
          + (isDirect ? " (the direct part)" : isSolved ? " (differentiated through its minimum)" : ""))
    }
    if ways.count > Self.limit { lines.append("and more, live") }
    // A solution that moves with θ alone bends the inner loss: it is in H.
    for link in inner.solves where link.sources.contains("θ") {
      lines.append("θ → \(link.name) → inner: live (differentiated through its minimum)")
    }
    lines += stops(in: inner, "inner")
    return lines + stops(in: outer, "outer")
  }

  /// Ways from λ to `end`, one more at most than are listed, whose nearest sources are given: backwards through the solutions of one loss; θ
  /// leads into the inner one.
  private mutating func ways(to end: String, from sources: [String], in paths: Paths) -> [[String]] {
    var ways: [[String]] = []
    for source in sources where ways.count <= Self.limit {
      ways += self.ways(to: source, in: paths).map { $0 + [end] }
    }
    return Array(ways.prefix(Self.limit + 1))
  }

  /// Ways from λ to a source.
  private mutating func ways(to source: String, in paths: Paths) -> [[String]] {
    if source == "λ" { return [["λ"]] }
    if source == "θ", paths !== outer || !movesTheta { return [] }
    let place = Place(name: source, isOuter: paths === outer)
    if let found = known[place] { return found }
    let link = paths.solves.first { $0.name == source }
    let found =
      source == "θ"
      ? ways(to: source, from: inner.loss, in: inner)
      : ways(to: source, from: link?.sources ?? [], in: paths)
    known[place] = found
    return found
  }

  private mutating func stops(in paths: Paths, _ loss: String) -> [String] {
    var lines: [String] = []
    for link in paths.stops {
      // A solution that is stopped under its own name is not two things.
      let sources = link.sources.flatMap { source in
        source == link.name ? paths.solves.first { $0.name == source }?.sources ?? [] : [source]
      }
      var starts = ways(to: link.name, from: sources, in: paths)
      if starts.isEmpty { starts = [sources + [link.name]] }
      let fate = paths.followsStops ? "stopped in the loss, followed here" : "stopped"
      lines += starts.prefix(Self.limit).map { "\(($0 + [loss]).joined(separator: " → ")): \(fate)" }
    }
    return lines
  }
}
