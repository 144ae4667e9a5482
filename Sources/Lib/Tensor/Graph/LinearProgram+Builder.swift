extension LinearProgram {
  /// Turns forms of tangents into steps.
  struct Builder {
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
      // A view of the first elements of a tensor begins where that does.
      let count: Int, dtype: DType
    }

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
        let pair = WeightPair(
          first: weights.pointer, second: factor.pointer, count: factor.count, dtype: factor.dtype)
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
        let factor = Factor(
          operand: operand, isLeft: true, rows: matrix.shape[0], inner: matrix.shape[1], columns: 1,
          leading: 1,
          transposed: false)
        return [Term(space: add(.product(factor, input), node.shape, node.dtype), scale: scale)]
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

    /// The product of a matrix with a vector that a value is.
    private func product(_ space: Int) -> (operand: Operand, rows: Int, columns: Int, input: Int)? {
      guard let step = steps.last(where: { $0.target == space }),
        case .product(let factor, let input) = step.work,
        factor.isLeft, factor.columns == 1
      else { return nil }
      return (factor.operand, factor.rows, factor.inner, input)
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
