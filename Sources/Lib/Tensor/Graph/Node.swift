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
  package final var others: [Node?] = []
  final var saved: Tensor?, savedOther: Tensor?, savedOutput: Tensor?
  final var savedMany: [Tensor] = []

  init(trace: UInt64, shape: Shape, dtype: DType, _ first: Node?, _ second: Node? = nil, others: [Node?] = [])
  {
    let thread = faa_thread()
    id = Int(thread.pointee.next_node)
    thread.pointee.next_node += 1
    self.trace = trace
    self.shape = shape
    self.dtype = dtype
    self.first = first
    self.second = second
    self.others = others
  }

  /// The number of inputs, recorded or not.
  package var inputCount: Int { 2 + others.count }

  /// The node of input `index`, nil for a constant.
  package final func input(_ index: Int) -> Node? {
    index == 0 ? first : index == 1 ? second : others[index - 2]
  }

  /// Sends the cotangents of the inputs that `sink` wants, given that of the output.
  package func pullback(_ cotangent: Tensor, into sink: inout CotangentSink) throws {}

  /// The tangent of the output, given those of the inputs; nil for zero.
  package func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? { nil }

  /// The name of what made the value.
  package var name: String { "value" }

  /// The recorded output, with its history.
  final func output() -> Tensor? { savedOutput?.with(node: self) }

  deinit {
    let thread = faa_thread()
    Node.surrender(&first, thread)
    Node.surrender(&second, thread)
    for index in others.indices { Node.surrender(&others[index], thread) }
    Node.surrender(&saved, thread)
    Node.surrender(&savedOther, thread)
    for tensor in savedMany where tensor.node != nil {
      faa_waiting_push(thread, Unmanaged.passRetained(tensor).toOpaque())
    }
    savedMany = []
    guard !thread.pointee.draining else { return }
    thread.pointee.draining = true
    while thread.pointee.waiting_count > 0 {
      thread.pointee.waiting_count -= 1
      guard let object = thread.pointee.waiting?[thread.pointee.waiting_count] else { continue }
      Unmanaged<AnyObject>.fromOpaque(object).release()
    }
    thread.pointee.draining = false
  }

  /// Moves a reference to the list of objects to free.
  private static func surrender<Object: AnyObject>(
    _ object: inout Object?, _ thread: UnsafeMutablePointer<FaaThread>
  ) {
    guard let present = object.take() else { return }
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

/// Where a pullback leaves the cotangents of its node's inputs.
package struct CotangentSink {
  let node: Node
  var wants: (Int) -> Bool
  var deliver: (Int, Tensor) throws -> Void

  /// Whether the cotangent of input `index` is wanted.
  func needs(_ index: Int) -> Bool { wants(index) }

  /// Adds `cotangent` to that of input `index`. Broadcasting is undone here, once for every rule.
  func add(_ cotangent: Tensor, to index: Int) throws {
    guard let input = node.input(index) else { return }
    try deliver(index, cotangent.reduced(to: input.shape))
  }
}

/// The transforms that record at this moment on this thread and may need `x`.
@inline(__always)
func recordedTrace(_ x: Tensor) -> UInt64 {
  guard let node = x.node else { return 0 }
  return node.trace & faa_thread().pointee.active
}
