import CKernels

/// A derivative in the making: while it is open, operations on its leaves are recorded.
struct Transform {
  let bit: UInt64

  /// Takes a free bit. At most 64 derivatives can be nested.
  init() throws {
    let active = faa_thread().pointee.active
    guard active != .max else {
      throw TensorError(.notDifferentiable, in: "grad", "more than 64 nested derivatives")
    }
    bit = 1 << UInt64((~active).trailingZeroBitCount)
    faa_open(faa_thread(), bit)
  }

  func close() { faa_close(faa_thread(), bit) }
}

/// The recorded computation between some leaves and some outputs, in order, ready to be swept in either direction as
/// often as wanted.
package final class Linearization {
  /// The outputs, with the history that outer transforms need and no other.
  package let outputs: [Tensor]
  let nodes: [Node]
  /// Positions in `nodes` of the leaves, and of the outputs (-1 where an output depends on no leaf).
  let leafSlots: [Int], endSlots: [Int]
  /// For each node, the positions of its inputs in `nodes`, -1 for those that do not depend on a leaf.
  let inputs: [Int32]
  let firstInput: [Int32]

  /// Runs `function` on fresh leaves made from `arguments` and keeps what it did.
  ///
  /// The derivative of a linear function does not depend on its values: where `isLinear` its matrix products are recorded and not computed, and
  /// the outputs are not to be read.
  package init(
    of function: ([Tensor]) throws -> [Tensor], at arguments: [Tensor], isLinear: Bool = false
  ) throws {
    for argument in arguments where !argument.dtype.isFloating {
      throw TensorError(
        .notDifferentiable, in: "grad", "an argument of dtype \(argument.dtype) has no derivative",
        shapes: [argument.shape], help: "convert it first, for example with cast(x, f32)")
    }
    let transform = try Transform()
    let leaves = arguments.map { Leaf(of: $0, bit: transform.bit) }
    let raw: [Tensor]
    do {
      if isLinear { faa_thread().pointee.linear |= transform.bit }
      defer { transform.close() }
      raw = try function(zip(arguments, leaves).map { $0.with(node: $1) })
    }
    outputs = raw.map { recordedTrace($0) == 0 ? $0.detached : $0 }
    let (nodes, inputs, firstInput) = Linearization.collect(
      from: raw.map(\.node), to: leaves, bit: transform.bit)
    self.nodes = nodes
    self.inputs = inputs
    self.firstInput = firstInput
    leafSlots = leaves.map(\.slot)
    endSlots = raw.map { raw in
      guard let node = raw.node, node.slot >= 0, node.slot < nodes.count, nodes[node.slot] === node else {
        return -1
      }
      return node.slot
    }
  }

  private init(
    outputs: [Tensor], nodes: [Node], leafSlots: [Int], endSlots: [Int], inputs: [Int32], firstInput: [Int32]
  ) {
    self.outputs = outputs
    self.nodes = nodes
    self.leafSlots = leafSlots
    self.endSlots = endSlots
    self.inputs = inputs
    self.firstInput = firstInput
  }

  /// The same recording seen from some of its leaves only: a reverse sweep does no work for the others, whose cotangents
  /// are nil. One recording thus serves several products with different costs.
  package func restricted(toLeaves leaves: Range<Int>) -> Linearization {
    var depends = [Bool](repeating: false, count: nodes.count)
    for slot in leafSlots[leaves] { depends[slot] = true }
    var pruned = inputs
    for slot in nodes.indices {
      for position in Int(firstInput[slot])..<Int(firstInput[slot + 1]) where inputs[position] >= 0 {
        if depends[Int(inputs[position])] { depends[slot] = true } else { pruned[position] = -1 }
      }
    }
    return Linearization(
      outputs: outputs, nodes: nodes, leafSlots: leafSlots,
      endSlots: endSlots.map { $0 >= 0 && depends[$0] ? $0 : -1 }, inputs: pruned, firstInput: firstInput)
  }

  /// The nodes that lie between, in order of creation, and their inputs.
  private static func collect(from ends: [Node?], to leaves: [Node], bit: UInt64) -> (
    [Node], [Int32], [Int32]
  ) {
    let thread = faa_thread()
    let stamp = Int(thread.pointee.next_node)
    thread.pointee.next_node += 1
    // The ends and the leaves are held by the caller, and everything between by the ends.
    var found: [Unmanaged<Node>] = []
    var lowest = Int.max
    var highest = Int.min
    func visit(_ node: Node) {
      node.stamp = stamp
      node.slot = -1
      lowest = Swift.min(lowest, node.id)
      highest = Swift.max(highest, node.id)
      found.append(.passUnretained(node))
    }
    for leaf in leaves { visit(leaf) }
    let leafCount = found.count
    for end in ends {
      if let end, end.trace & bit != 0, end.stamp != stamp { visit(end) }
    }
    // A leaf's own inputs belong to the transforms outside.
    var next = leafCount
    while next < found.count {
      let node = found[next]
      next += 1
      node._withUnsafeGuaranteedRef { node in
        if let input = node.first, input.trace & bit != 0, input.stamp != stamp { visit(input) }
        if let input = node.second, input.trace & bit != 0, input.stamp != stamp { visit(input) }
        for case let input? in node.others where input.trace & bit != 0 && input.stamp != stamp {
          visit(input)
        }
      }
    }
    inOrderOfCreation(&found, from: lowest, through: highest)
    // Keep what depends on a leaf.
    let leafIDs = leaves.map(\.id)
    let (firstLeaf, lastLeaf) = (leafIDs.min() ?? 0, leafIDs.max() ?? -1)
    var kept: [Node] = []
    kept.reserveCapacity(found.count)
    var inputs: [Int32] = []
    inputs.reserveCapacity(2 * found.count)
    var firstInput: [Int32] = [0]
    firstInput.reserveCapacity(found.count + 1)
    for node in found {
      node._withUnsafeGuaranteedRef { node in
        let isLeaf = node.id >= firstLeaf && node.id <= lastLeaf && node is Leaf && leafIDs.contains(node.id)
        if !isLeaf {
          var reaches = false
          func place(_ input: Node?) {
            let slot = input.map { $0.stamp == stamp ? $0.slot : -1 } ?? -1
            if slot >= 0 { reaches = true }
            inputs.append(Int32(slot))
          }
          place(node.first)
          place(node.second)
          for input in node.others { place(input) }
          guard reaches else {
            inputs.removeLast(inputs.count - Int(firstInput[kept.count]))
            return
          }
        }
        node.slot = kept.count
        kept.append(node)
        firstInput.append(Int32(inputs.count))
      }
    }
    return (kept, inputs, firstInput)
  }

  /// Sorts by number: by placing each where it belongs where the numbers are dense, as they are after one transform.
  private static func inOrderOfCreation(
    _ nodes: inout [Unmanaged<Node>], from lowest: Int, through highest: Int
  ) {
    guard nodes.count > 1 else { return }
    let range = highest - lowest + 1
    guard range <= 8 * nodes.count + 64 else {
      nodes.sort { $0._withUnsafeGuaranteedRef(\.id) < $1._withUnsafeGuaranteedRef(\.id) }
      return
    }
    withUnsafeTemporaryAllocation(of: Unmanaged<Node>?.self, capacity: range) { places in
      places.initialize(repeating: nil)
      for node in nodes { places[node._withUnsafeGuaranteedRef(\.id) - lowest] = node }
      var next = 0
      for case let node? in places {
        nodes[next] = node
        next += 1
      }
    }
  }

  /// The number of elements of all values between the leaves and the outputs: what a sweep passes over.
  package var elementCount: Int { nodes.reduce(0) { $0 + $1.shape.elementCount } }

  /// The bytes of all values that the recording keeps for its derivatives, each buffer counted once: intermediate results and the
  /// constants they were computed with.
  package var keptBytes: Int {
    var seen: Set<ObjectIdentifier> = []
    return nodes.reduce(0) { sum, node in
      node.kept.reduce(sum) { seen.insert(ObjectIdentifier($1)).inserted ? $0 + $1.byteCount : $0 }
    }
  }

  /// Whether output `index` depends on any leaf.
  package func reaches(output index: Int) -> Bool {
    endSlots[index] >= 0
  }

  /// The vector-Jacobian products: for each leaf the cotangent that follows from those of the outputs, nil where no
  /// output depends on it.
  /// - isLast: whether this is the last sweep. Then what the rules have read is let go as the sweep passes, unless a transform outside
  ///   may ask for it, and memory falls from its peak instead of growing by the cotangents.
  /// - areRead: whether anybody will read the elements of the results. If not, they are wanted for their derivatives alone, and a product
  ///   that is nothing but the cotangent of a leaf is recorded without being computed: NaNs stand in its place.
  package func pullback(
    _ cotangents: [Tensor], isLast: Bool = false, areRead: Bool = true
  ) throws -> [Tensor?] {
    let unread = areRead ? nil : leavesReadOnce()
    defer { unread?.deallocate() }
    var values = [Tensor?](repeating: nil, count: nodes.count)
    for (slot, given) in zip(endSlots, cotangents) where slot >= 0 {
      // The rules take a cotangent in the type of its value.
      let cotangent = try given.dtype == nodes[slot].dtype ? given : given.cast(to: nodes[slot].dtype)
      values[slot] = try values[slot].map { try $0 + cotangent } ?? cotangent
    }
    let thread = faa_thread()
    try values.withUnsafeMutableBufferPointer { values in
      try inputs.withUnsafeBufferPointer { inputs in
        guard let table = values.baseAddress, let places = inputs.baseAddress else { return }
        for slot in nodes.indices.reversed() where firstInput[slot] < firstInput[slot + 1] {
          guard let cotangent = table[slot].take() else { continue }
          let node = nodes[slot]
          var sink = CotangentSink(
            node: node, places: places + Int(firstInput[slot]), cotangents: table,
            unread: unread.map { UnsafePointer($0) })
          do {
            try node.pullback(cotangent, into: &sink)
          } catch let error as TensorError where error.kind == .notFinite {
            throw error.inDerivative(of: node.name)
          }
          if isLast, faa_current(thread, node.trace, Int64(node.id)) == 0 { node.forget() }
          if slot & 255 == 0 { try checkInterrupt() }
        }
      }
    }
    return leafSlots.map { values[$0] }
  }

  /// For each node whether it is a leaf that one input of one node is.
  private func leavesReadOnce() -> UnsafeMutablePointer<Bool> {
    var uses = [Int](repeating: 0, count: nodes.count)
    for input in inputs where input >= 0 { uses[Int(input)] += 1 }
    for end in endSlots where end >= 0 { uses[end] += 1 }
    let result = UnsafeMutablePointer<Bool>.allocate(capacity: nodes.count)
    result.initialize(repeating: false, count: nodes.count)
    for slot in leafSlots where uses[slot] == 1 { result[slot] = true }
    return result
  }

  /// The Jacobian-vector products: for each output the tangent that follows from those of the leaves, nil for zero.
  package func pushforward(_ tangents: [Tensor?]) throws -> [Tensor?] {
    var values = [Tensor?](repeating: nil, count: nodes.count)
    for (slot, tangent) in zip(leafSlots, tangents) { values[slot] = tangent }
    for slot in nodes.indices where firstInput[slot] < firstInput[slot + 1] {
      let base = Int(firstInput[slot])
      let tangent = try nodes[slot].pushforward { index in
        let input = Int(inputs[base + index])
        return input >= 0 ? values[input] : nil
      }
      values[slot] = try tangent.map { try $0.expanded(to: nodes[slot].shape) }
      if slot & 255 == 255 { try checkInterrupt() }
    }
    return endSlots.map { $0 >= 0 ? values[$0] : nil }
  }
}
