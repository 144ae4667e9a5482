/// A product of two tensors that is linear in each, such as a matrix product or a convolution: its forward derivative is itself, and
/// its reverse derivatives are products of the same kind.
final class BilinearPrimitive<Attributes: Sendable>: Primitive, @unchecked Sendable {
  typealias Product = @Sendable (Tensor, Tensor, Attributes) throws -> Tensor

  private let evaluate: Product
  fileprivate let left: Product, right: Product
  fileprivate let isOfMatrices: Bool
  private let makeSamples: @Sendable () -> [Sample]

  /// - isOfMatrices: whether it is the matrix product of the last two axes.
  /// - evaluate: the product of two constants.
  /// - left: the cotangent of the left operand, from that of the result and the right operand.
  /// - right: the cotangent of the right operand, from the left operand and the cotangent of the result.
  init(
    _ name: String, isOfMatrices: Bool = false, evaluate: @escaping Product, left: @escaping Product,
    right: @escaping Product,
    samples: @escaping @Sendable () -> [Sample]
  ) {
    self.evaluate = evaluate
    self.left = left
    self.right = right
    self.isOfMatrices = isOfMatrices
    makeSamples = samples
    super.init(name)
  }

  override var samples: [Sample] { makeSamples() }

  func callAsFunction(_ a: Tensor, _ b: Tensor, _ attributes: Attributes) throws -> Tensor {
    let result = try evaluate(a, b, attributes)
    try inspect(result, name)
    let traceA = recordedTrace(a)
    let traceB = recordedTrace(b)
    guard traceA | traceB != 0, result.dtype.isFloating else { return result }
    let node = BilinearNode(
      self, attributes, trace: traceA | traceB, shape: result.shape, dtype: result.dtype,
      traceA != 0 ? a.node : nil, traceB != 0 ? b.node : nil)
    // Each operand is read by the other's rule only.
    if traceB != 0 { node.saved = a }
    if traceA != 0 { node.savedOther = b }
    return Tensor.recorded(result, by: node)
  }
}

private final class BilinearNode<Attributes: Sendable>: Node {
  let primitive: BilinearPrimitive<Attributes>
  let attributes: Attributes

  init(
    _ primitive: BilinearPrimitive<Attributes>, _ attributes: Attributes, trace: UInt64, shape: Shape,
    dtype: DType, _ left: Node?, _ right: Node?
  ) {
    self.primitive = primitive
    self.attributes = attributes
    super.init(trace: trace, shape: shape, dtype: dtype, left, right)
  }

  override func pullback(_ cotangent: Tensor, into sink: inout CotangentSink) throws {
    let saved = Saved(node: self)
    if sink.needs(0) { try sink.add(primitive.left(cotangent, saved.right, attributes), to: 0) }
    if sink.needs(1) { try sink.add(primitive.right(saved.left, cotangent, attributes), to: 1) }
  }

  override func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? {
    let saved = Saved(node: self)
    return try sum(
      tangent(0).map { try primitive($0, saved.right, attributes) },
      tangent(1).map { try primitive(saved.left, $0, attributes) })
  }

  override func linearStep(_ isTraced: (Int) -> Bool) throws -> LinearStep {
    guard primitive.isOfMatrices, shape.rank == 2, isTraced(0) != isTraced(1) else { return .rule }
    if isTraced(0), let right = savedOther {
      if right.count == 1 { return .elementwise([.scale(try right.item()), .zero]) }
      return shape[0] == 1 ? .matrix(try right.detached.transposed(), input: 0) : .rule
    }
    guard let left = saved else { return .rule }
    if left.count == 1 { return .elementwise([.zero, .scale(try left.item())]) }
    return shape[1] == 1 ? .matrix(left.detached, input: 1) : .rule
  }

  override var name: String { primitive.name }
}
