import CMachine

/// The cells of a session: the variables that closures share with the function around them.
///
/// Reference counts free everything but circles, and only a cell can be changed to hold what holds it: a closure kept in a variable that
/// it captures. So circles are looked for among what cells hold, when there are many more cells than the last time.
final class Cells {
  /// A cell that may have gone.
  private struct Entry {
    weak var cell: ListBox?
  }

  private var entries: [Entry] = []
  /// So many cells make it worth while to look again.
  private var threshold = 1000
  /// How many values the last look saw.
  private var effort = 0

  /// A new cell.
  func make(_ content: Value) -> ListBox {
    if entries.count >= threshold { collect() }
    let cell = ListBox([content])
    entries.append(Entry(cell: cell))
    return cell
  }

  /// Looks where that is quick: at the end of a cell of the notebook.
  func collectIfQuick() {
    if !entries.isEmpty, effort < 100_000 { collect() }
  }

  /// Empties the cells that nothing but circles through them still holds.
  func collect() {
    guard LoopLayout.holds else { return }
    entries.removeAll { $0.cell == nil }
    var graph = ReferenceGraph()
    for entry in entries { if let cell = entry.cell { graph.visit(cell) } }
    graph.follow()
    let alive = graph.reachableFromOutside()
    // What is emptied stays until all is, so that no cell goes while others still count on it.
    var contents: [[Value]] = []
    for entry in entries {
      guard let cell = entry.cell, !alive.contains(address(cell)) else { continue }
      contents.append(cell.elements)
      cell.elements = [.none]
    }
    contents.removeAll()
    entries.removeAll { $0.cell == nil }
    // Looking takes no more than a fixed share of the time that making the cells did.
    effort = graph.effort
    threshold = max(1000, 2 * entries.count, entries.count + effort / 8)
  }
}

/// What containers hold of each other, and how many references to each are not among these.
private struct ReferenceGraph {
  private struct Node {
    /// References that come from other nodes, or are the graph's own.
    var known = 0
    var holds: [UnsafeRawPointer] = []
  }

  private var nodes: [UnsafeRawPointer: Node] = [:]
  /// One reference to every container, so that none goes meanwhile.
  private var containers: [Container] = []
  private var followed = 0
  /// How many values were looked at.
  private(set) var effort = 0

  /// Makes a container a node.
  mutating func visit(_ container: Container) {
    guard nodes[address(container)] == nil else { return }
    nodes[address(container)] = Node()
    containers.append(container)
  }

  /// Visits all that the nodes hold.
  mutating func follow() {
    while followed < containers.count {
      let container = containers[followed]
      followed += 1
      switch container {
      case let box as ListBox: array(box.elements, of: container)
      case let box as TupleBox: array(box.elements, of: container)
      case let box as RecordBox: array(box.values, of: container)
      case let box as FunctionBox: hold(box.capturedValues, by: address(container))
      default: break
      }
    }
  }

  /// The array of a box: an object of its own, which several boxes may share.
  private mutating func array(_ elements: [Value], of container: Container) {
    guard let first = elements.withUnsafeBufferPointer({ $0.baseAddress }) else { return }
    let object = UnsafeRawPointer(first).advanced(by: -LoopLayout.arrayHeader)
    let isNew = nodes[object] == nil
    nodes[object, default: Node()].known += 1
    nodes[address(container)]?.holds.append(object)
    if isNew { hold(elements, by: object) }
  }

  private mutating func hold(_ values: [Value], by holder: UnsafeRawPointer) {
    effort += values.count + 1
    for value in values {
      let container: Container
      switch value {
      case .list(let box): container = box
      case .tuple(let box): container = box
      case .record(let box): container = box
      case .function(let box): container = box
      default: continue
      }
      visit(container)
      nodes[address(container)]?.known += 1
      nodes[holder]?.holds.append(address(container))
    }
  }

  /// The nodes that something outside holds, and all they hold.
  func reachableFromOutside() -> Set<UnsafeRawPointer> {
    let own = Set(containers.map(address))
    var pending = nodes.filter {
      faa_reference_count($0.key) > $0.value.known + (own.contains($0.key) ? 1 : 0)
    }
    .map(\.key)
    var alive = Set(pending)
    while let next = pending.popLast() {
      for held in nodes[next]?.holds ?? [] where alive.insert(held).inserted { pending.append(held) }
    }
    return alive
  }
}

private func address(_ object: AnyObject) -> UnsafeRawPointer {
  UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque())
}
