import CKernels

/// The derivative of a recorded computation at its point, compiled: a list of steps on buffers that are laid out once, for maps that are
/// applied many times to small vectors, where recording and allocation cost more than arithmetic.
///
/// What does not depend on the tangents was computed when the computation was recorded; here chains of elementwise factors become one, sums
/// one pass, A x + Aᵀ x and Aᵀ D A x one reading of A. An operation without a simpler form keeps its own rule. The same numbers come out as of
/// `Linearization.pushforward`, but for the rounding of the folded factors. One thread at a time may apply it.
package final class LinearProgram {
  private let line: Linearization
  private let trace: UInt64
  private var steps: [Step] = []
  /// The buffers that are the program's own; nil where each application needs another.
  private var own: [Tensor?] = []
  private var spaces: [Space] = []
  private let outputs: [Int?]

  /// Room for a value.
  private struct Space {
    let shape: Shape, dtype: DType
    /// Whether it outlives an application or is handed to a rule, which may keep it.
    var isShared = false
  }

  private struct Term {
    let space: Int
    var scale = 1.0
    var weights: Tensor?

  }

  /// What tells a value's form from others. The weights are those of a step, which keeps them.
  private struct FormKey: Hashable {
    let spaces: [Int], scales: [Double], weights: [UnsafeMutableRawPointer?]
    let shape: Shape

    init(_ form: [Term], _ shape: Shape) {
      spaces = form.map(\.space)
      scales = form.map(\.scale)
      weights = form.map { $0.weights?.pointer }
      self.shape = shape
    }
  }

  private struct WeightPair: Hashable {
    let first: UnsafeMutableRawPointer, second: UnsafeMutableRawPointer
  }

  private enum Work {
    case combine([Term])
    case matrix(Operand, rows: Int, columns: Int, Int)
    case product(Factor, Int)
    case repeated(Int)
    case fused(FusedProduct, Int)
    case rule(Node, [Int?])
  }

  /// The matrix that a product has beside its input, and how the input is read.
  private struct Factor {
    let operand: Operand
    let isLeft: Bool
    let rows: Int, inner: Int, columns: Int
    /// The length of the input's rows, and whether it is transposed.
    let leading: Int, transposed: Bool
  }

  private struct Step {
    let work: Work
    let target: Int
    /// The shared values that nobody reads after it.
    var releases: [Int] = []

    var reads: [Int] {
      switch work {
      case .combine(let terms): terms.map(\.space)
      case .matrix(_, _, _, let input), .product(_, let input), .repeated(let input), .fused(_, let input):
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
    guard trace & thread.pointee.active == 0, thread.pointee.observed == 0,
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
    case .matrix(let operand, let rows, let columns, let input):
      let vector = FaaMatrix(data: pointer(input), batch_stride: columns, leading: 1, transposed: false)
      _ = faa_matmul(space.dtype.kernel, 1, rows, 1, columns, operand.matrix, vector, target.pointer)
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

  /// Turns forms of tangents into steps.
  private struct Builder {
    private var spaces: [Space] = []
    private var steps: [Step] = []
    /// The values that forms have already, so that one which several operations read is computed once.
    private var made: [FormKey: Int] = [:]

    /// The products of weights, so that terms of one sum have the same; with their factors, which keeps the pointers theirs.
    private var products: [WeightPair: (product: Tensor, Tensor, Tensor)] = [:]

    mutating func space(_ shape: Shape, _ dtype: DType) -> Int {
      spaces.append(Space(shape: shape, dtype: dtype))
      return spaces.count - 1
    }

    private mutating func add(_ work: Work, _ shape: Shape, _ dtype: DType) -> Int {
      let target = space(shape, dtype)
      steps.append(Step(work: work, target: target))
      return target
    }

    /// A term times a factor; nil for zero.
    private mutating func times(_ term: Term, _ factor: LinearStep.Factor) throws -> Term? {
      var result = term
      switch factor {
      case .zero: return nil
      case .scale(let factor): result.scale *= factor
      case .weights(let factor):
        guard let weights = term.weights else {
          result.weights = factor
          break
        }
        let pair = WeightPair(first: weights.pointer, second: factor.pointer)
        let known = try products[pair] ?? (weights.reshaped(factor.shape) * factor, weights, factor)
        products[pair] = known
        result.weights = known.product
      }
      return result
    }

    /// The tangent of a node from those of its inputs.
    mutating func form(of node: Node, _ inputs: [[Term]?]) throws -> [Term] {
      switch try node.linearStep({ $0 < inputs.count && inputs[$0] != nil }) {
      case .rule: break
      case .same: if let form = inputs[0] { return form }
      case .elementwise(let factors):
        var terms: [Term] = []
        for case (let form?, let factor) in zip(inputs, factors) {
          for term in form { try times(term, factor).map { terms.append($0) } }
        }
        if !terms.isEmpty { return try merged(terms, node.shape, node.dtype) }
      case .matrix(let matrix, let index):
        guard let form = inputs[index], let like = node.input(index) else { break }
        let operand = try Operand(matrix)
        if let term = try thereAndBack(operand, rows: matrix.shape[0], form, node) { return [term] }
        let (input, scale) = try unscaled(form, like.shape, like.dtype)
        let work = Work.matrix(operand, rows: matrix.shape[0], columns: matrix.shape[1], input)
        return [Term(space: add(work, node.shape, node.dtype), scale: scale)]
      case .product(let matrix, let turned, let index):
        guard let form = inputs[index], let like = node.input(index) else { break }
        let isLeft = index == 1
        let isTurned = isLeft ? turned.right : turned.left
        let (input, scale) = try unscaled(form, like.shape, like.dtype)
        let factor = Factor(
          operand: try stored(matrix, turned: isLeft ? turned.left : turned.right, isLeft: isLeft),
          isLeft: isLeft,
          rows: node.shape[0], inner: like.shape[isLeft == isTurned ? 1 : 0], columns: node.shape[1],
          leading: max(like.shape[1], 1), transposed: isTurned)
        return [Term(space: add(.product(factor, input), node.shape, node.dtype), scale: scale)]
      case .repeated:
        guard let form = inputs[0], let like = node.input(0) else { break }
        let (input, scale) = try unscaled(form, like.shape, like.dtype)
        return [Term(space: add(.repeated(input), node.shape, node.dtype), scale: scale)]
      }
      let values = try inputs.enumerated().map { index, form in
        try form.flatMap { form in
          try node.input(index).map { try materialised(form, $0.shape, $0.dtype, shared: true) }
        }
      }
      return [Term(space: add(.rule(node, values), node.shape, node.dtype))]
    }

    /// A constant as products read it: on the right a small one that is to be transposed is, once and for all.
    private func stored(_ matrix: Tensor, turned: Bool, isLeft: Bool) throws -> Operand {
      let operand = try Operand(matrix, turned: turned)
      guard !isLeft, operand.matrix.transposed, matrix.count <= 8192 else { return operand }
      return try Operand((turned ? matrix.transposed() : matrix).contiguous(in: "linear program"))
    }

    /// The value of a form, but for a scale alone, which may wait until a linear map has been taken.
    private mutating func unscaled(_ form: [Term], _ shape: Shape, _ dtype: DType) throws -> (Int, Double) {
      if form.count == 1, form[0].weights == nil { return (form[0].space, form[0].scale) }
      return (try materialised(form, shape, dtype), 1)
    }

    /// Like terms as one, and what has become many terms as one value.
    private mutating func merged(_ terms: [Term], _ shape: Shape, _ dtype: DType) throws -> [Term] {
      var result: [Term] = []
      for term in terms {
        if term.weights == nil,
          let place = result.firstIndex(where: { $0.space == term.space && $0.weights == nil })
        {
          result[place].scale += term.scale
        } else {
          result.append(term)
        }
      }
      return result.count <= 8 ? result : [Term(space: try materialised(result, shape, dtype))]
    }

    /// A value that holds a form: one of its shape, which a rule may be `shared` with.
    mutating func materialised(
      _ form: [Term], _ shape: Shape, _ dtype: DType, shared: Bool = false
    ) throws -> Int {
      let key = FormKey(form, shape)
      if let known = made[key] {
        if shared { spaces[known].isShared = true }
        return known
      }
      let space = try newlyMaterialised(form, shape, dtype, shared: shared)
      made[key] = space
      return space
    }

    private mutating func newlyMaterialised(
      _ form: [Term], _ shape: Shape, _ dtype: DType, shared: Bool
    ) throws -> Int {
      let terms = try pairedUp(form)
      if terms.count == 1, terms[0].scale == 1, terms[0].weights == nil, spaces[terms[0].space].shape == shape
      {
        if shared { spaces[terms[0].space].isShared = true }
        return terms[0].space
      }
      let space = add(.combine(terms), shape, dtype)
      spaces[space].isShared = shared
      return space
    }

    /// A x and Aᵀ x of one sum as one product.
    private mutating func pairedUp(_ form: [Term]) throws -> [Term] {
      var terms = form
      var first = 0
      while first < terms.count {
        if let (second, product, input) = try partner(of: first, in: terms) {
          let like = spaces[terms[first].space]
          let space = add(.fused(product, input), like.shape, like.dtype)
          terms[first] = Term(space: space, scale: terms[first].scale)
          terms.remove(at: second)
        }
        first += 1
      }
      return terms
    }

    /// The product that a value is.
    private func product(_ space: Int) -> (operand: Operand, rows: Int, columns: Int, input: Int)? {
      guard let step = steps.last(where: { $0.target == space }),
        case .matrix(let operand, let rows, let columns, let input) = step.work
      else { return nil }
      return (operand, rows, columns, input)
    }

    private func partner(of first: Int, in terms: [Term]) throws -> (Int, FusedProduct, input: Int)? {
      guard terms[first].weights == nil, let one = product(terms[first].space), one.rows == one.columns else {
        return nil
      }
      for second in terms.indices.dropFirst(first + 1)
      where terms[second].weights == nil && terms[second].scale == terms[first].scale {
        if let other = product(terms[second].space), other.input == one.input,
          other.operand.isTranspose(of: one.operand), other.rows == one.rows,
          let product = SymmetricProduct(one.operand, count: one.rows, spaces[terms[first].space].dtype)
        {
          return (second, product, one.input)
        }
      }
      return nil
    }

    /// Aᵀ times a form that is D A x, as one product.
    private mutating func thereAndBack(
      _ operand: Operand, rows: Int, _ form: [Term], _ node: Node
    ) throws -> Term? {
      guard form.count == 1, let there = product(form[0].space), !there.operand.matrix.transposed,
        operand.isTranspose(of: there.operand), rows == there.columns
      else { return nil }
      let product = try ThereAndBack(
        there.operand, rows: there.rows, columns: there.columns, weights: form[0].weights, node.dtype)
      return Term(space: add(.fused(product, there.input), node.shape, node.dtype), scale: form[0].scale)
    }

    /// The steps that the outputs need, and what each may let go of.
    func finished(_ outputs: [Int], inputs: Int) -> ([Step], [Space]) {
      var spaces = spaces
      var isNeeded = [Bool](repeating: false, count: spaces.count)
      for output in outputs { isNeeded[output] = true }
      var kept: [Step] = []
      for step in steps.reversed() where isNeeded[step.target] {
        for read in step.reads { isNeeded[read] = true }
        kept.append(step)
      }
      kept.reverse()
      for step in kept {
        if case .rule = step.work { spaces[step.target].isShared = true }
      }
      for output in outputs { spaces[output].isShared = true }
      for index in spaces.indices where index < inputs || !isNeeded[index] { spaces[index].isShared = true }
      var isReadLater = [Bool](repeating: false, count: spaces.count)
      for output in outputs { isReadLater[output] = true }
      for position in kept.indices.reversed() {
        for read in kept[position].reads where !isReadLater[read] {
          isReadLater[read] = true
          if spaces[read].isShared { kept[position].releases.append(read) }
        }
      }
      return (kept, spaces)
    }
  }
}
