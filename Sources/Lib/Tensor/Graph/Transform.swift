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
    faa_thread().pointee.active |= bit
  }

  func close() { faa_thread().pointee.active &= ~bit }
}

/// The recorded computation between some leaves and some outputs, in order, ready to be swept in either direction as
/// often as wanted.
package final class Linearization {
  /// The outputs, with the history that outer transforms need and no other.
  package let outputs: [Tensor]
  private let nodes: [Node]
  /// Positions in `nodes` of the leaves, and of the outputs (-1 where an output depends on no leaf).
  private let leafSlots: [Int], endSlots: [Int]
  /// For each node, the positions of its inputs in `nodes`, -1 for those that do not depend on a leaf.
  private let inputs: [Int32]
  private let firstInput: [Int32]

  /// Runs `function` on fresh leaves made from `arguments` and keeps what it did.
  package init(of function: ([Tensor]) throws -> [Tensor], at arguments: [Tensor]) throws {
    for argument in arguments where !argument.dtype.isFloating {
      throw TensorError(
        .notDifferentiable, in: "grad", "an argument of dtype \(argument.dtype) has no derivative",
        shapes: [argument.shape], help: "convert it first, for example with cast(x, f32)")
    }
    let transform = try Transform()
    let leaves = arguments.map { Leaf(of: $0, bit: transform.bit) }
    let raw: [Tensor]
    do {
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
    var found: [Node] = []
    var pending: [Node] = []
    func visit(_ node: Node?) {
      guard let node, node.trace & bit != 0, node.stamp != stamp else { return }
      node.stamp = stamp
      node.slot = -1
      pending.append(node)
    }
    for leaf in leaves {
      leaf.stamp = stamp
      leaf.slot = -1
      found.append(leaf)
    }
    for end in ends { visit(end) }
    while let node = pending.popLast() {
      found.append(node)
      for index in 0..<node.inputCount { visit(node.input(index)) }
    }
    found.sort { $0.id < $1.id }
    // Keep what depends on a leaf; a leaf's own inputs belong to the transforms outside.
    var kept: [Node] = []
    var inputs: [Int32] = []
    var firstInput: [Int32] = [0]
    let leafIDs = Set(leaves.map(\.id))
    for node in found {
      let isLeaf = leafIDs.contains(node.id)
      var slots: [Int32] = []
      if !isLeaf {
        for index in 0..<node.inputCount {
          let input = node.input(index)
          slots.append(input.map { $0.stamp == stamp ? Int32($0.slot) : -1 } ?? -1)
        }
        guard slots.contains(where: { $0 >= 0 }) else { continue }
      }
      node.slot = kept.count
      kept.append(node)
      inputs += slots
      firstInput.append(Int32(inputs.count))
    }
    return (kept, inputs, firstInput)
  }

  /// Whether output `index` depends on any leaf.
  package func reaches(output index: Int) -> Bool {
    endSlots[index] >= 0
  }

  /// The vector-Jacobian products: for each leaf the cotangent that follows from those of the outputs, nil where no
  /// output depends on it.
  package func pullback(_ cotangents: [Tensor]) throws -> [Tensor?] {
    var values = [Tensor?](repeating: nil, count: nodes.count)
    for (slot, cotangent) in zip(endSlots, cotangents) where slot >= 0 {
      values[slot] = try values[slot].map { try $0 + cotangent } ?? cotangent
    }
    var step = 0
    for slot in nodes.indices.reversed() where firstInput[slot] < firstInput[slot + 1] {
      guard let cotangent = values[slot] else { continue }
      values[slot] = nil
      let base = Int(firstInput[slot])
      var sink = CotangentSink(
        node: nodes[slot], wants: { self.inputs[base + $0] >= 0 },
        deliver: { index, contribution in
          let target = Int(self.inputs[base + index])
          guard target >= 0 else { return }
          values[target] = try values[target].map { try $0 + contribution } ?? contribution
        })
      try nodes[slot].pullback(cotangent, into: &sink)
      step += 1
      if step & 255 == 0 { try checkInterrupt() }
    }
    return leafSlots.map { values[$0] }
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
