extension Tensor {
  /// The sum of products that `equation` writes in Einstein's notation, as NumPy and PyTorch read it: `"ij,jk->ik"` is the matrix
  /// product, `"...ii->...i"` the diagonal, `"bi,bj"` (without an arrow the labels that occur once, sorted, after the ellipsis) an
  /// outer product a row. Operands are contracted in pairs, the pair that saves most elements first, each as one batched matrix
  /// product. Throws `shapeMismatch` naming the label and both extents.
  public static func einsum(_ equation: String, _ operands: Tensor...) throws -> Tensor {
    try einsum(equation, operands)
  }

  /// The sum of products that `equation` writes in Einstein's notation, of any number of operands.
  public static func einsum(_ equation: String, _ operands: [Tensor]) throws -> Tensor {
    let plan = try EinsumEquation(equation, shapes: operands.map(\.shape))
    let dtype = operands.reduce(DType.i32) { Swift.max($0, $1.dtype) }
    var terms = try zip(operands, plan.inputs).map { operand, labels in
      try EinsumTerm(operand.cast(to: dtype), labels, plan)
    }
    while terms.count > 1 {
      let (first, second) = cheapestPair(of: terms, plan)
      let right = terms.remove(at: second)
      let left = terms.remove(at: first)
      let needed = Set(plan.output).union(terms.flatMap(\.labels))
      terms.append(try left.contracted(with: right, keeping: needed))
    }
    guard let last = terms.first else {
      throw TensorError(.invalidArgument, in: "einsum", "no operands")
    }
    let summed = try last.summed(keeping: Set(plan.output))
    return try summed.tensor.permuted(plan.output.map(summed.position))
  }

  /// The pair whose product is smallest in comparison with its operands.
  private static func cheapestPair(of terms: [EinsumTerm], _ plan: EinsumEquation) -> (Int, Int) {
    var best = (0, 1)
    var lowest = Double.infinity
    for first in terms.indices {
      for second in terms.indices where second > first {
        let others = terms.indices.filter { $0 != first && $0 != second }.flatMap { terms[$0].labels }
        let needed = Set(plan.output).union(others)
        let kept = Set(terms[first].labels + terms[second].labels).intersection(needed)
        let size = kept.reduce(1.0) { $0 * Double(plan.extent($1)) }
        let cost = size - Double(terms[first].tensor.count) - Double(terms[second].tensor.count)
        if cost < lowest {
          lowest = cost
          best = (first, second)
        }
      }
    }
    return best
  }
}

/// An operand on its way through a contraction: no label twice, and none of extent 1 that is larger elsewhere.
private struct EinsumTerm {
  let tensor: Tensor
  let labels: [Int]

  init(_ tensor: Tensor, labels: [Int]) {
    self.tensor = tensor
    self.labels = labels
  }

  /// Takes the diagonal of labels that occur twice and drops axes that broadcast.
  init(_ operand: Tensor, _ labels: [Int], _ plan: EinsumEquation) throws {
    var tensor = operand
    var labels = labels
    for axis in labels.indices.reversed() where tensor.shape[axis] == 1 && plan.extent(labels[axis]) != 1 {
      tensor = try tensor.squeezed([axis])
      labels.remove(at: axis)
    }
    var axis = 0
    while axis < labels.count {
      if let twin = labels[(axis + 1)...].firstIndex(of: labels[axis]) {
        let label = labels.remove(at: axis)
        labels.remove(at: twin - 1)
        tensor = try tensor.diagonal(axes: (axis, twin))
        labels.append(label)
      } else {
        axis += 1
      }
    }
    self.init(tensor, labels: labels)
  }

  func position(_ label: Int) -> Int { labels.firstIndex(of: label) ?? 0 }
  private func extents(_ labels: [Int]) -> [Int] { labels.map { tensor.shape[position($0)] } }

  /// Without the labels that are not needed.
  func summed(keeping needed: Set<Int>) throws -> EinsumTerm {
    let axes = labels.indices.filter { !needed.contains(labels[$0]) }
    guard !axes.isEmpty else { return self }
    return EinsumTerm(try tensor.sum(Array(axes)), labels: labels.filter(needed.contains))
  }

  /// As [shared, own, contracted] or another grouping of its labels, each group one axis.
  private func grouped(_ groups: [[Int]]) throws -> Tensor {
    try tensor.permuted(groups.joined().map(position)).reshaped(
      Shape(groups.map { extents($0).reduce(1, *) }))
  }

  /// As matrices; labels that are stored in the order of the transposes stay where they are, for BLAS reads either.
  private func matrices(_ shared: [Int], _ rows: [Int], _ columns: [Int]) throws -> Tensor {
    labels == shared + columns + rows
      ? try grouped([shared, columns, rows]).transposed() : try grouped([shared, rows, columns])
  }

  /// The product of two terms, summed over the labels that nothing else needs.
  func contracted(with other: EinsumTerm, keeping needed: Set<Int>) throws -> EinsumTerm {
    let left = try summed(keeping: needed.union(other.labels))
    let right = try other.summed(keeping: needed.union(labels))
    let both = left.labels.filter(right.labels.contains)
    let shared = both.filter(needed.contains)
    let contracted = both.filter { !needed.contains($0) }
    let rows = left.labels.filter { !both.contains($0) }
    let columns = right.labels.filter { !both.contains($0) }
    let result = shared + rows + columns
    let shape = try Shape(left.extents(shared) + left.extents(rows) + right.extents(columns))
    if contracted.isEmpty || (rows.isEmpty && columns.isEmpty) {
      let a = try left.grouped([shared, rows, [], contracted])
      let b = try right.grouped([shared, [], columns, contracted])
      let product = try a * b
      return EinsumTerm(
        try (contracted.isEmpty ? product : product.sum([3])).reshaped(shape), labels: result)
    }
    let a = try left.matrices(shared, rows, contracted)
    let b = try right.matrices(shared, contracted, columns)
    return EinsumTerm(try a.matmul(b).reshaped(shape), labels: result)
  }
}
