/// What a derivative through the vectors of a decomposition has to show where values coincide: parts of tensors that are 0, up to rounding, where a
/// mask is true. Their derivatives have to be too, so the evidence is recorded.
struct Evidence: Sendable {
  let operation: String
  let coincidence: Coincidence
  private var masks: [Tensor] = []
  private var parts: [Tensor] = []
  /// Whether the parts are changes: those of vectors that have none are NaN.
  private var isTangent = false

  init(operation: String, _ coincidence: Coincidence) {
    self.operation = operation
    self.coincidence = coincidence
  }

  /// Asks for a part that is 0, up to the rounding of a whole, where `mask` is true.
  mutating func require(_ part: Tensor, of whole: Tensor, at mask: Tensor) {
    parts += [part, whole]
    masks.append(mask)
  }

  /// A value that exists if all that was asked for holds, and tangents of it if it holds of theirs. Throws `notDifferentiable` otherwise.
  func settle(_ value: Tensor) throws -> Tensor {
    var evidence = self
    evidence.parts = []
    return try Evidence.settled([value] + parts, evidence)
  }

  /// The first operand, unchanged. The others are, for each mask, a part and its whole.
  private static let settled: GeneralPrimitive<Evidence> = .init(
    "settled", saves: [],
    evaluate: { inputs, evidence in
      for (index, mask) in evidence.masks.enumerated() {
        try evidence.check(inputs[1 + 2 * index], inputs[2 + 2 * index], mask)
      }
      return inputs[0].detached
    },
    pullback: { cotangent, _, evidence, _ in
      [cotangent] + Array(repeating: nil, count: 2 * evidence.masks.count)
    },
    pushforward: { tangents, _, evidence in
      var further: [Tensor] = []
      var masks: [Tensor] = []
      for (index, mask) in evidence.masks.enumerated() {
        guard let part = tangents[1 + 2 * index] else { continue }
        further += [part, tangents[2 + 2 * index] ?? part]
        masks.append(mask)
      }
      let first = try tangents[0] ?? further.first.map { try .zeros($0.shape, dtype: $0.dtype) }
      var evidence = evidence
      (evidence.masks, evidence.isTangent) = (masks, true)
      let result = try first.map { try settled([$0] + further, evidence) }
      return tangents[0] == nil ? nil : result
    },
    samples: { [] })

  static let all: [Primitive] = [settled]

  private func check(_ part: Tensor, _ whole: Tensor, _ mask: Tensor) throws {
    let isNonzero = try Coincidence.counts(part, of: whole)
    let isBad = try (isTangent ? isNonzero.logicalOr(part.isNaN()) : isNonzero).logicalAnd(mask)
    guard let place = try isBad.bools().firstIndex(of: true) else { return }
    let (rows, columns) = (isBad.shape[isBad.rank - 2], isBad.shape[isBad.rank - 1])
    let index = place / (rows * columns) * columns + place % columns
    let value = try coincidence.values.doubles()[index]
    let isZero = try coincidence.zeros?.bools()[index] ?? false
    throw TensorError(
      .notDifferentiable, in: operation,
      (isZero ? "a value is 0, where its vectors" : "values coincide at \(value), where their vectors")
        + " have no derivative, and this one depends on them",
      shapes: [coincidence.values.shape],
      help:
        "write the function without the decomposition (trace, logdet, solve, products), or separate the values, as in a + diag(1e-6 * arange(n))"
    )
  }
}

extension Coincidence {
  /// `result`, where `part` of it, that between the vectors in their basis, is the same number for each of a space (see
  /// `Coincidence`); `measure` as for rounding.
  func settle(_ result: Tensor, isEven part: Tensor, _ measure: Tensor, in operation: String) throws -> Tensor
  {
    var evidence = Evidence(operation: operation, self)
    let row = try part.diagonal().insertingAxis(-2)
    evidence.require(try row - row.transposed(), of: measure, at: pairs)
    if let zeros, isOblong { evidence.require(row, of: measure, at: try zeros.insertingAxis(-2)) }
    return try evidence.settle(result)
  }
}
