import CKernels

/// One recorded application of a primitive: what a derivative needs to know about how a value was made.
///
/// A node links to the nodes of its inputs, not to their tensors, and keeps only those values that its rule reads, so
/// buffers die as early as they can. Nodes are made in order (`id`), which is a topological order, and are freed through a
/// list: dropping the last value of a chain of a million operations must not recurse a million times.
package class Node {
  /// Number of creation on this thread.
  package let id: Int
  /// The transforms (one bit each) that may need this value. A bit too many records too much, never wrongly.
  package let trace: UInt64
  /// Shape and dtype of the value.
  package let shape: Shape, dtype: DType
  /// Scratch space of whoever walks the graph: a stamp, then a position.
  package final var stamp = 0, slot = 0

  package final var first: Node?, second: Node?
  final var saved: Tensor?, savedOther: Tensor?, savedOutput: Tensor?

  init(trace: UInt64, shape: Shape, dtype: DType, _ first: Node?, _ second: Node? = nil) {
    let thread = faa_thread()
    id = Int(thread.pointee.next_node)
    thread.pointee.next_node += 1
    self.trace = trace
    self.shape = shape
    self.dtype = dtype
    self.first = first
    self.second = second
  }

  /// The inputs from the third on, of those primitives that have more than two.
  package var others: [Node?] { [] }
  /// All inputs that were kept, of primitives with any number of them.
  var savedMany: [Tensor] { [] }

  /// The number of inputs, recorded or not.
  package var inputCount: Int { 2 }

  /// The node of input `index`, nil for a constant.
  package final func input(_ index: Int) -> Node? {
    index == 0 ? first : index == 1 ? second : others[index - 2]
  }

  /// Sends the cotangents of the inputs that `sink` wants, given that of the output.
  package func pullback(_ cotangent: Tensor, into sink: inout CotangentSink) throws {}

  /// The tangent of the output, given those of the inputs; nil for zero.
  package func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? { nil }

  /// What it does to tangents, given which inputs have one.
  func linearStep(_ isTraced: (Int) -> Bool) throws -> LinearStep { .rule }

  /// Whether its forward rule records a computation each time it is used.
  var recordsAnew: Bool { false }

  /// The name of what made the value.
  package var name: String { "value" }

  /// The recorded output, with its history.
  final func output() -> Tensor? { savedOutput?.with(node: self) }

  /// The buffers of the values it keeps for its rule.
  final var kept: [Storage] {
    [saved, savedOther, savedOutput].compactMap { $0?.storage } + savedMany.map(\.storage)
  }

  /// Lets go of the values it keeps for its rule.
  func forget() {
    saved = nil
    savedOther = nil
    savedOutput = nil
  }

  deinit {
    let thread = faa_thread()
    Node.surrender(&first, thread)
    Node.surrender(&second, thread)
    Node.surrender(&saved, thread)
    Node.surrender(&savedOther, thread)
    guard !thread.pointee.draining, thread.pointee.waiting_count > 0 else { return }
    thread.pointee.draining = true
    while thread.pointee.waiting_count > 0 {
      thread.pointee.waiting_count -= 1
      guard let object = thread.pointee.waiting?[thread.pointee.waiting_count] else { continue }
      Unmanaged<AnyObject>.fromOpaque(object).release()
    }
    thread.pointee.draining = false
  }

  /// Moves a reference to the list of objects to free.
  static func surrender(_ node: inout Node?, _ thread: UnsafeMutablePointer<FaaThread>) {
    guard let present = node.take() else { return }
    faa_waiting_push(thread, Unmanaged.passRetained(present).toOpaque())
  }

  /// The same for a value; one without history frees no node.
  static func surrender(_ tensor: inout Tensor?, _ thread: UnsafeMutablePointer<FaaThread>) {
    guard let present = tensor.take(), present.node != nil else { return }
    faa_waiting_push(thread, Unmanaged.passRetained(present).toOpaque())
  }
}

/// The argument of a transform: a fresh object whose identity tells nested derivatives apart. For the transforms outside
/// it is the identity of what it was made from.
final class Leaf: Node {
  init(of source: Tensor, bit: UInt64) {
    super.init(trace: bit | recordedTrace(source), shape: source.shape, dtype: source.dtype, source.node)
  }

  override func pullback(_ cotangent: Tensor, into sink: inout CotangentSink) throws {
    try sink.add(cotangent, to: 0)
  }
  override func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? { tangent(0) }
  override var name: String { "argument" }
}

/// Where a pullback leaves the cotangents of its node's inputs: the sweep's table, and the places in it of this node's inputs, -1 for
/// those that no leaf is behind.
package struct CotangentSink {
  let node: Node
  let places: UnsafePointer<Int32>
  let cotangents: UnsafeMutablePointer<Tensor?>
  /// For each place whether its cotangent is wanted for its derivatives alone; nil for nowhere.
  let unread: UnsafePointer<Bool>?

  /// Whether the cotangent of input `index` is wanted.
  @inline(__always) func needs(_ index: Int) -> Bool { places[index] >= 0 }

  /// What is wanted, for the rules.
  var wanted: Needs { Needs(places: places, unread: unread) }

  /// Adds a cotangent to that of input `index`: where there is one already, and it can be, in its place.
  func add(
    to index: Int, _ inPlace: (inout Tensor) throws -> Bool, otherwise cotangent: () throws -> Tensor
  ) throws {
    let place = Int(places[index])
    if var sum = cotangents[place].take() {
      let isAdded = try inPlace(&sum)
      cotangents[place] = sum
      if isAdded { return }
    }
    try add(cotangent(), to: index)
  }

  /// Adds `cotangent` to that of input `index`. Broadcasting is undone here, once for every rule.
  func add(_ cotangent: Tensor, to index: Int) throws {
    let place = Int(places[index])
    guard place >= 0, let input = node.input(index) else { return }
    let part =
      cotangent.layout.shape == input.shape ? cotangent : try cotangent.reduced(to: input.shape)
    guard var sum = cotangents[place].take() else {
      cotangents[place] = part
      return
    }
    if !Tensor.accumulate(part, into: &sum) { sum = try sum + part }
    cotangents[place] = sum
  }
}

/// Which cotangents a rule is asked for.
struct Needs {
  let places: UnsafePointer<Int32>
  let unread: UnsafePointer<Bool>?

  /// Whether the cotangent of input `index` is wanted.
  @inline(__always) func callAsFunction(_ index: Int) -> Bool { places[index] >= 0 }

  /// Whether anybody will read its elements: otherwise only its history is wanted, for the next derivative.
  func elements(_ index: Int) -> Bool {
    guard let unread, places[index] >= 0 else { return true }
    return !unread[Int(places[index])]
  }
}

/// The transforms that record at this moment on this thread and may need `x`.
@inline(__always)
func recordedTrace(_ x: Tensor) -> UInt64 {
  guard let node = x.node else { return 0 }
  return faa_current(faa_thread(), node.trace, Int64(node.id))
}

/// In how many recordings, one within another, some of these values take part: the highest order of derivative that may be asked of what is
/// computed from them.
package func recordingDepth(of values: [Tensor]) -> Int {
  values.reduce(0) { $0 | recordedTrace($1) }.nonzeroBitCount
}

/// The sum of the tangents that come by two ways, nil for zero: in the first's place where nobody else holds it.
func sum(_ first: consuming Tensor?, _ second: Tensor?) throws -> Tensor? {
  guard let second else { return first }
  guard var sum = first.take() else { return second }
  if !Tensor.accumulate(second, into: &sum) { sum = try sum + second }
  return sum
}
