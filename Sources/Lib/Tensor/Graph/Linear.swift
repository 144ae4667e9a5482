/// The shape and dtype of an input that was not kept.
struct InputInfo {
  let shape: Shape
  let dtype: DType
}

/// What a linear function does to the elements where it gives back as many: the same in the same order, in the order of exchanged
/// axes, or others.
enum ElementOrder { case kept, ofAxes, changed }

/// A function of one tensor that is linear in it, such as a sum or a slice: it is its own forward derivative, and its
/// reverse derivative is its transpose.
final class LinearPrimitive<Attributes: Sendable>: Primitive, @unchecked Sendable {
  private let evaluate: @Sendable (Tensor, Attributes) throws -> Tensor
  fileprivate let transpose: @Sendable (Tensor, InputInfo, Attributes) throws -> Tensor
  fileprivate let order: ElementOrder
  private let makeSamples: @Sendable () -> [Sample]

  /// - order: what happens to the elements where there are as many as before.
  /// - evaluate: the result as a constant.
  /// - transpose: the cotangent of the input, from that of the result.
  init(
    _ name: String, order: ElementOrder = .changed,
    evaluate: @escaping @Sendable (Tensor, Attributes) throws -> Tensor,
    transpose: @escaping @Sendable (Tensor, InputInfo, Attributes) throws -> Tensor,
    samples: @escaping @Sendable () -> [Sample]
  ) {
    self.evaluate = evaluate
    self.transpose = transpose
    self.order = order
    makeSamples = samples
    super.init(name)
  }

  override var samples: [Sample] { makeSamples() }

  func callAsFunction(_ x: Tensor, _ attributes: Attributes) throws -> Tensor {
    let result = try evaluate(x, attributes)
    try inspect(result, name)
    let trace = recordedTrace(x)
    guard trace != 0, result.dtype.isFloating, let input = x.node else { return result }
    return Tensor.recorded(
      result, by: LinearNode(self, attributes, trace: trace, shape: result.shape, dtype: result.dtype, input))
  }
}

private final class LinearNode<Attributes: Sendable>: Node {
  let primitive: LinearPrimitive<Attributes>
  let attributes: Attributes

  init(
    _ primitive: LinearPrimitive<Attributes>, _ attributes: Attributes, trace: UInt64, shape: Shape,
    dtype: DType, _ input: Node
  ) {
    self.primitive = primitive
    self.attributes = attributes
    super.init(trace: trace, shape: shape, dtype: dtype, input)
  }

  override func pullback(_ cotangent: Tensor, into sink: inout CotangentSink) throws {
    guard sink.needs(0), let input = first else { return }
    let info = InputInfo(shape: input.shape, dtype: input.dtype)
    try sink.add(primitive.transpose(cotangent, info, attributes), to: 0)
  }

  override func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? {
    try tangent(0).map { try primitive($0, attributes) }
  }

  override func linearStep(_ isTraced: (Int) -> Bool) throws -> LinearStep {
    guard let input = first, input.dtype == dtype else { return .rule }
    guard input.shape.elementCount == shape.elementCount else {
      let repeated = input.shape.drop { $0 == 1 }
      return primitive.order == .kept && repeated.elementsEqual(shape.suffix(repeated.count))
        ? .repeated : .rule
    }
    switch primitive.order {
    case .kept: return .same
    case .ofAxes: return shape.filter { $0 != 1 }.count <= 1 ? .same : .rule
    case .changed: return .rule
    }
  }

  override var name: String { primitive.name }
}
