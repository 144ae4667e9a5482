import Runtime

/// How the cells of a notebook depend on each other, from parsing and the declared effects of commands: one mechanism for staleness,
/// the cache, `--on-error independent`, `--from` and `--only`.
///
/// Every variable has a version, the identity of the cell that last changed it. A cell's identity is a hash of its own text, the
/// versions it reads and whatever else its result depends on, so it changes exactly when its result may.
public struct CellGraph: Sendable {
  /// What is known of one cell before anything runs.
  public struct Node: Sendable {
    /// Hash of everything the cell's results depend on; with a `~` in front when that is not known before it runs.
    public let identity: String
    /// What the identity is made of, by name, to say what has changed.
    public let components: [(name: String, value: String)]
    /// Variables that matter to the cell, through the functions it may call too.
    public let reads: Set<String>
    /// Variables that are not the same after it.
    public let results: Set<String>
    /// Whether it stores anything outside the session, or depends on what nobody declared: why it is always run.
    public let runsAlways: String?
    /// Positions of the earlier cells whose results it reads.
    public let needs: Set<Int>
  }

  /// Whatever a result depends on beside the cells.
  public struct Surroundings: Sendable {
    /// The session's seed.
    public var seed: UInt64 = 0
    /// Which program runs the cells.
    public var engine = ""
    /// Values of the parameters, by name.
    public var parameters: [String: String] = [:]
    /// Hashes of the files that the header's `inputs` lists, by name.
    public var inputs: [String: String] = [:]

    /// Nothing known.
    public init() {}
  }

  /// One node a cell, in file order; cells that are never run have empty ones.
  public let nodes: [Node]

  /// - Parameters:
  ///   - document: a valid notebook.
  ///   - commands: the table the cells are run with; it declares the effects.
  public init(_ document: Document, commands: [Command], _ surroundings: Surroundings) {
    let session = Session(commands: commands)
    let cells = document.cells
    let keys = cellKeys(cells)
    let uses = cells.map { $0.options.eval ? session.use(of: $0.code) : nil }
    let usesLast = uses.contains {
      $0?.reads.contains("_") == true || $0?.deferredReads.contains("_") == true
    }
    var state = Versions(surroundings)
    var nodes: [Node] = []
    for (index, cell) in cells.enumerated() {
      guard let use = uses[index] else {
        nodes.append(
          Node(identity: "", components: [], reads: [], results: [], runsAlways: nil, needs: []))
        continue
      }
      nodes.append(
        state.node(
          index, cell, key: keys[index], use, writes: usesLast ? use.writes.union(["_"]) : use.writes,
          isBuiltIn: session.isBuiltIn))
    }
    self.nodes = nodes
  }

  /// The cells, and every earlier cell they need, directly or through others.
  public func closure(of wanted: Set<Int>) -> Set<Int> {
    var result: Set<Int> = []
    var pending = Array(wanted)
    while let index = pending.popLast() {
      if result.insert(index).inserted { pending += nodes[index].needs }
    }
    return result
  }
}

/// The state of the walk from the first cell to the last.
private struct Versions {
  private let surroundings: CellGraph.Surroundings
  /// The version of every variable.
  private var versions: [String: String]
  /// The cells that made a variable what it is.
  private var makers: [String: Set<Int>] = [:]
  /// What a call of a function in the variable may read and do.
  private var deferredReads: [String: Set<String>] = [:]
  private var deferredEffects: [String: Set<Effects.Effect>] = [:]
  private var changesUnknown: Set<String> = []
  /// Variables a variable was made from, itself included: two that share one may share an object.
  private var ancestors: [String: Set<String>] = [:]

  init(_ surroundings: CellGraph.Surroundings) {
    self.surroundings = surroundings
    versions = surroundings.parameters
  }

  mutating func node(
    _ index: Int, _ cell: Cell, key: String, _ use: CellUse, writes: Set<String>, isBuiltIn: (String) -> Bool
  ) -> CellGraph.Node {
    let reads = reached(from: use.reads)
    let effects = reads.reduce(into: use.effects) { $0.formUnion(deferredEffects[$1] ?? []) }
    let mayChangeAnything = use.changesUnknown || !reads.isDisjoint(with: changesUnknown)
    let changed = mayChangeAnything ? use.changes.union(reads.filter { makers[$0] != nil }) : use.changes
    let always = reason(cell, effects, mayChangeAnything)
    let components = ingredients(cell, key, reads.filter { versions[$0] != nil || !isBuiltIn($0) }, effects)
    let hash = sha256(components.map { "\($0.name)=\($0.value)" }.joined(separator: "\n"))
    let isUncertain =
      effects.contains(.clock) || (effects.contains(where: \.readsFiles) && surroundings.inputs.isEmpty)
      || components.contains { $0.value.hasPrefix("~") }
    let identity = isUncertain ? "~" + hash : hash
    let results = writes.union(changed)
    let needs = reads.reduce(into: Set<Int>()) { $0.formUnion(makers[$1] ?? []) }
    apply(index, use, reads: reads, writes: writes, changed: changed, identity: identity)
    return CellGraph.Node(
      identity: identity, components: components, reads: reads, results: results, runsAlways: always,
      needs: needs)
  }

  /// The names, and what the functions in them mention, and so on.
  private func reached(from names: Set<String>) -> Set<String> {
    var result: Set<String> = []
    var pending = Array(names)
    while let name = pending.popLast() {
      if result.insert(name).inserted { pending += deferredReads[name] ?? [] }
    }
    return result
  }

  private func ingredients(_ cell: Cell, _ key: String, _ reads: Set<String>, _ effects: Set<Effects.Effect>)
    -> [(name: String, value: String)]
  {
    var result = [
      ("its text", sha256(normalized(cell.code))), ("its label", key), ("the seed", "\(surroundings.seed)"),
      ("the engine", surroundings.engine),
    ]
    if effects.contains(where: \.readsFiles) {
      result += surroundings.inputs.sorted { $0.key < $1.key }.map { ("the input \($0.key)", $0.value) }
    }
    result += reads.sorted().map { name in
      (surroundings.parameters[name] == nil ? "`\(name)`" : "the parameter `\(name)`", versions[name] ?? "")
    }
    return result
  }

  private func reason(_ cell: Cell, _ effects: Set<Effects.Effect>, _ mayChangeAnything: Bool) -> String? {
    if !cell.options.cache { return "the cell says `cache: false`" }
    if cell.options.error != .forbid { return "the cell may fail" }
    if effects.contains(where: \.writesFiles) { return "it writes files" }
    if effects.contains(.clock) { return "it depends on the time or the machine" }
    if effects.contains(where: \.readsFiles), surroundings.inputs.isEmpty {
      return "it reads files, and the header lists no `inputs`"
    }
    return mayChangeAnything ? "a function it uses changes objects in place" : nil
  }

  private mutating func apply(
    _ index: Int, _ use: CellUse, reads: Set<String>, writes: Set<String>, changed: Set<String>,
    identity: String
  ) {
    let effects = reads.reduce(into: use.deferredEffects) { $0.formUnion(deferredEffects[$1] ?? []) }
    let mentions = reads.reduce(into: use.deferredReads) { $0.formUnion(deferredReads[$1] ?? []) }
    let origin = reads.reduce(into: writes) { result, name in
      // Parameters are plain values, which nothing changes.
      if surroundings.parameters[name] == nil { result.formUnion(ancestors[name] ?? []) }
    }
    for name in writes {
      versions[name] = "\(identity):\(name)"
      makers[name] = [index]
      deferredReads[name] = mentions
      deferredEffects[name] = effects
      ancestors[name] = origin
      if use.changesUnknown || !reads.isDisjoint(with: changesUnknown) { changesUnknown.insert(name) }
    }
    // A variable that may hold the same object, or a part of it, is not what it was either.
    let roots = changed.reduce(into: changed) { $0.formUnion(ancestors[$1] ?? []) }
    for (name, line) in ancestors where !line.isDisjoint(with: roots) && !writes.contains(name) {
      versions[name] = "\(identity):\(name)"
      makers[name, default: []].insert(index)
    }
  }
}

/// Code without what cannot matter: blanks at line ends, blank lines at the end.
private func normalized(_ code: String) -> String {
  var lines = code.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    String(line.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
  while lines.last?.isEmpty == true { lines.removeLast() }
  return lines.joined(separator: "\n")
}
