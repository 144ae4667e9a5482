/// What a run is asked to do beyond the notebook itself.
public struct RunOptions: Sendable {
  /// What a failing cell means for the cells after it. Never changes the exit code.
  public enum ErrorPolicy: String, Sendable, CaseIterable {
    /// The rest is skipped.
    case stop
    /// Cells that need nothing of the failed one run, the others are skipped.
    case independent
    /// The rest runs.
    case all
  }

  /// Values bound before the first cell.
  public var parameters: [ResolvedParameter] = []
  /// The session's seed.
  public var seed: UInt64 = 0
  /// Seconds a cell may take unless it says otherwise; nil for no limit.
  public var cellTimeout: Double?
  /// Seconds the run may take.
  public var totalTimeout: Double?
  /// Resident bytes the evaluator may reach.
  public var memoryLimit: Int?
  /// What a failing cell means for the rest.
  public var onError = ErrorPolicy.stop
  /// Which cells to run, by label or `@N`.
  public var selection = CellSelection()
  /// Bytes of text kept of one cell.
  public var maximumOutput = 1 << 20
  /// Seconds a cell gets to stop after being asked to, and again after SIGTERM.
  public var grace = 2.0
  /// How the cells depend on each other; nil runs them as if nothing did.
  public var graph: CellGraph?
  /// Where results of cells are kept between runs; nil for nowhere.
  public var cache: CellCache?
  /// Facts about engine and machine for `result.json`.
  public var environment: [(String, JSON)] = []
  /// How often the user has asked to stop; polled while a cell runs.
  public var interruptCount: @Sendable () -> Int = { 0 }

  /// Defaults: everything, no limits, stop at the first failure.
  public init() {}
}

/// Which cells of a notebook a run is about.
public struct CellSelection: Sendable, Equatable {
  /// The first cell, by label or `@N`.
  public var from: String?
  /// The last cell.
  public var until: String?
  /// These cells alone; empty for all.
  public var only: [String] = []

  /// All cells.
  public init() {}

  /// Positions of the cells that are asked for and, where the graph is known, of those before them that they need.
  ///
  /// Throws `UsageError` for a name that no cell has.
  func positions(in cells: [Cell], graph: CellGraph?) throws -> Set<Int> {
    func position(_ flag: String, _ name: String) throws -> Int {
      guard let found = cells.firstIndex(where: { $0.isAddressed(by: name) }) else {
        throw UsageError("\(flag) \(name): no such cell" + remedy(for: name, among: cells.map(\.address)))
      }
      return found
    }
    let first = try from.map { try position("--from", $0) } ?? 0
    let last = try until.map { try position("--until", $0) } ?? cells.count - 1
    guard first <= last || cells.isEmpty else {
      throw UsageError("--from \(cells[first].address) comes after --until \(cells[last].address)")
    }
    var wanted = Set(cells.isEmpty ? 0..<0 : first..<(last + 1))
    if !only.isEmpty {
      wanted.formIntersection(try only.map { try position("--only", $0) })
      guard !wanted.isEmpty else {
        throw UsageError(
          "--only \(only.joined(separator: ",")) lies outside of --from and --until: nothing would run")
      }
    }
    return graph?.closure(of: wanted) ?? wanted
  }
}

extension Cell {
  /// Whether a label or `@N` means this cell.
  func isAddressed(by text: String) -> Bool { text == options.label || text == "@\(ordinal)" }
}
