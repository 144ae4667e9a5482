import CKernels

/// The derivative of a recorded computation at its point, compiled: a list of steps on buffers that are laid out once, for maps that are
/// applied many times to small vectors, where recording and allocation cost more than arithmetic.
///
/// What does not depend on the tangents was computed when the computation was recorded; here chains of elementwise factors become one, sums
/// one pass, A x + Aᵀ x and Aᵀ D A x one reading of A. An operation without a simpler form keeps its own rule. The same numbers come out as of
/// `Linearization.pushforward`, but for the rounding of the folded factors. One thread at a time may apply it.
package final class LinearProgram {
  private let line: Linearization
  private let trace: UInt64, lastNode: Int
  private var steps: [Step] = []
  /// The buffers that are the program's own; nil where each application needs another.
  private var own: [Tensor?] = []
  private var spaces: [Space] = []
  private let outputs: [Int?]

  /// Room for a value.
  struct Space {
    let shape: Shape, dtype: DType
    /// Whether it outlives an application or is handed to a rule, which may keep it.
    var isShared = false
  }

  /// A value times a number and, element by element, weights.
  struct Term {
    let space: Int
    var scale = 1.0
    var weights: Tensor?
  }

  /// What a step does.
  enum Work {
    case combine([Term])
    case product(Factor, Int)
    case repeated(Int)
    case fused(FusedProduct, Int)
    case rule(Node, [Int?])
  }

  /// The matrix that a product has beside its input, a matrix or on the right a vector, and how that is read.
  struct Factor {
    let operand: Operand
    let isLeft: Bool
    let rows: Int, inner: Int, columns: Int
    /// The length of the input's rows, and whether it is transposed.
    let leading: Int, transposed: Bool
  }

  /// One operation on values that are there, and where its own goes.
  struct Step {
    let work: Work
    let target: Int
    /// The shared values that nobody reads after it.
    var releases: [Int] = []

    var reads: [Int] {
      switch work {
      case .combine(let terms): terms.map(\.space)
      case .product(_, let input), .repeated(let input), .fused(_, let input):
        [input]
      case .rule(_, let inputs): inputs.compactMap(\.self)
      }
    }
  }

  /// Whether some step has to record a computation each time, as fused operations do: then a sweep may be faster.
  package var recordsAnew: Bool {
    steps.contains { if case .rule(let node, _) = $0.work { node.recordsAnew } else { false } }
  }

  /// Compiles the derivative of `line`.
  package init(_ line: Linearization) throws {
    self.line = line
    trace = line.nodes.reduce(0) { $0 | $1.trace }
    lastNode = line.nodes.last?.id ?? 0
    var builder = Builder()
    // Of each node the tangent as a sum of terms; nil where it is 0.
    var forms = [[Term]?](repeating: nil, count: line.nodes.count)
    for slot in line.leafSlots {
      forms[slot] = [Term(space: builder.space(line.nodes[slot].shape, line.nodes[slot].dtype))]
    }
    for (slot, node) in line.nodes.enumerated() where line.firstInput[slot] < line.firstInput[slot + 1] {
      let base = Int(line.firstInput[slot])
      let inputs = (base..<Int(line.firstInput[slot + 1])).map { position in
        line.inputs[position] >= 0 ? forms[Int(line.inputs[position])] : nil
      }
      if inputs.allSatisfy({ $0 == nil }) { continue }
      forms[slot] = try builder.form(of: node, inputs)
    }
    outputs = try line.endSlots.map { slot in
      guard slot >= 0, let form = forms[slot] else { return nil }
      return try builder.materialised(form, line.nodes[slot].shape, line.nodes[slot].dtype)
    }
    (steps, spaces) = builder.finished(outputs.compactMap(\.self), inputs: line.leafSlots.count)
    own = try Self.buffers(of: steps, spaces)
  }

  /// The memory of the program's own values. What is read no more is written again, and soon, so that an application finds all of it in the caches.
  private static func buffers(of steps: [Step], _ spaces: [Space]) throws -> [Tensor?] {
    struct Size: Hashable { let count: Int, dtype: DType }
    var lastRead = [Int](repeating: -1, count: spaces.count)
    for (position, step) in steps.enumerated() {
      for read in step.reads { lastRead[read] = position }
    }
    var own = [Tensor?](repeating: nil, count: spaces.count)
    var free: [Size: [Tensor]] = [:]
    for (position, step) in steps.enumerated() {
      func releaseReads() {
        for read in Set(step.reads) where lastRead[read] == position {
          if let buffer = own[read] {
            free[Size(count: buffer.count, dtype: buffer.dtype), default: []].append(buffer)
          }
        }
      }
      // A combination may be written where one of its values lies.
      if case .combine = step.work { releaseReads() }
      let space = spaces[step.target]
      if !space.isShared {
        own[step.target] =
          try free[Size(count: space.shape.elementCount, dtype: space.dtype)]?.popLast()
          ?? .uninitialized(space.shape, dtype: space.dtype, in: "linear program")
      }
      if case .combine = step.work { continue }
      releaseReads()
    }
    return own
  }

  /// The tangents of the outputs from those of the arguments; nil for an output that does not depend on them.
  package func callAsFunction(_ tangents: [Tensor]) throws -> [Tensor?] {
    let thread = faa_thread()
    // Whoever differentiates or watches this very call needs the operations themselves.
    guard faa_current(thread, trace, Int64(lastNode)) == 0, thread.pointee.observed == 0,
      tangents.allSatisfy({ recordedTrace($0) == 0 })
    else { return try line.pushforward(tangents) }
    try checkInterrupt()
    var values = own
    for (index, tangent) in tangents.enumerated() {
      let like = spaces[index]
      guard tangent.shape == like.shape, tangent.dtype == like.dtype else {
        return try line.pushforward(tangents)
      }
      values[index] = try tangent.contiguous(in: "linear program")
    }
    for step in steps {
      try run(step, &values)
      for value in step.releases { values[value] = nil }
    }
    return outputs.map { $0.flatMap { values[$0] } }
  }

  private func run(_ step: Step, _ values: inout [Tensor?]) throws {
    let space = spaces[step.target]
    if case .rule(let node, let inputs) = step.work {
      let tangent = try node.pushforward { index in inputs[index].flatMap { values[$0] } }
      values[step.target] =
        try tangent?.expanded(to: space.shape).contiguous(in: node.name)
        ?? .zeros(space.shape, dtype: space.dtype)
      return
    }
    let target =
      try values[step.target] ?? .uninitialized(space.shape, dtype: space.dtype, in: "linear program")
    values[step.target] = target
    func pointer(_ index: Int) -> UnsafeRawPointer {
      // Steps are in order and a rule without a tangent leaves zeros, so that the value is there.
      UnsafeRawPointer(values[index]?.pointer ?? target.pointer)
    }
    switch step.work {
    case .rule: break
    case .combine(let terms):
      withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: terms.count) { from in
        withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: terms.count) { weights in
          withUnsafeTemporaryAllocation(of: Double.self, capacity: terms.count) { scales in
            for (index, term) in terms.enumerated() {
              from.initializeElement(at: index, to: pointer(term.space))
              weights.initializeElement(at: index, to: term.weights.map { UnsafeRawPointer($0.pointer) })
              scales.initializeElement(at: index, to: term.scale)
            }
            guard let from = from.baseAddress, let weights = weights.baseAddress,
              let scales = scales.baseAddress
            else { return }
            faa_combine(
              space.dtype.kernel, target.count, Int32(terms.count), from, weights, scales, target.pointer)
          }
        }
      }
    case .product(let factor, let input):
      let matrix = FaaMatrix(
        data: pointer(input), batch_stride: 0, leading: factor.leading, transposed: factor.transposed)
      let (left, right) =
        factor.isLeft ? (factor.operand.matrix, matrix) : (matrix, factor.operand.matrix)
      _ = faa_matmul(
        space.dtype.kernel, 1, factor.rows, factor.columns, factor.inner, left, right, target.pointer)
    case .repeated(let input):
      let size = space.dtype.size
      faa_repeat(pointer(input), spaces[input].shape.elementCount * size, target.count * size, target.pointer)
    case .fused(let product, let input): try product(pointer(input), target.pointer)
    }
  }
}
