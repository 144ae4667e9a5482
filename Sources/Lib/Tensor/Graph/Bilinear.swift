/// A product of two tensors that is linear in each, such as a matrix product or a convolution: its forward derivative is itself, and
/// its reverse derivatives are products of the same kind.
final class BilinearPrimitive<Attributes: Sendable>: Primitive, @unchecked Sendable {
  typealias Product = @Sendable (Tensor, Tensor, Attributes) throws -> Tensor
  /// The same product added to a tensor where that lies, if nobody could notice; false asks for an ordinary sum.
  typealias Addition = @Sendable (inout Tensor, Tensor, Tensor, Attributes) throws -> Bool
  /// The same linear map as a matrix and which input it is applied to, where one input is a vector and the other has no tangent.
  typealias Step = @Sendable (Tensor, _ traced: Int, _ result: Shape, Attributes) throws -> LinearStep

  private let evaluate: Product
  fileprivate let left: Product, right: Product
  fileprivate let additions: (product: Addition, left: Addition, right: Addition)?
  fileprivate let step: Step?
  private let makeSamples: @Sendable () -> [Sample]

  /// - evaluate: the product of two constants.
  /// - left: the cotangent of the left operand, from that of the result and the right operand.
  /// - right: the cotangent of the right operand, from the left operand and the cotangent of the result.
  /// - additions: the three of them added in place.
  /// - step: what it does to the tangent of one input, given the other, where that is simpler than the rule.
  init(
    _ name: String, evaluate: @escaping Product, left: @escaping Product, right: @escaping Product,
    additions: (product: Addition, left: Addition, right: Addition)? = nil, step: Step? = nil,
    samples: @escaping @Sendable () -> [Sample]
  ) {
    self.evaluate = evaluate
    self.left = left
    self.right = right
    self.additions = additions
    self.step = step
    makeSamples = samples
    super.init(name)
  }

  override var samples: [Sample] { makeSamples() }

  func callAsFunction(_ a: Tensor, _ b: Tensor, _ attributes: Attributes) throws -> Tensor {
    let result = try evaluate(a, b, attributes)
    try inspect(result, name)
    return record(result, a, b, attributes)
  }

  /// The result with its history.
  func record(_ result: consuming Tensor, _ a: Tensor, _ b: Tensor, _ attributes: Attributes) -> Tensor {
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
    let additions = primitive.additions
    if sink.needs(0) {
      let right = try saved.right
      try sink.add(to: 0, { try additions?.left(&$0, cotangent, right, attributes) ?? false }) {
        try primitive.left(cotangent, right, attributes)
      }
    }
    if sink.needs(1) {
      let left = try saved.left
      try sink.add(to: 1, { try additions?.right(&$0, left, cotangent, attributes) ?? false }) {
        try primitive.right(left, cotangent, attributes)
      }
    }
  }

  override func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? {
    let saved = Saved(node: self)
    guard let change = tangent(1) else {
      return try tangent(0).map { try primitive($0, saved.right, attributes) }
    }
    let left = try saved.left
    guard var total = try tangent(0).map({ try primitive($0, saved.right, attributes) }) else {
      return try primitive(left, change, attributes)
    }
    if try primitive.additions?.product(&total, left, change, attributes) ?? false { return total }
    return try sum(total, primitive(left, change, attributes))
  }

  override func linearStep(_ isTraced: (Int) -> Bool) throws -> LinearStep {
    guard let step = primitive.step, isTraced(0) != isTraced(1) else { return .rule }
    guard let constant = isTraced(0) ? savedOther : saved else { return .rule }
    return try step(constant.detached, isTraced(0) ? 0 : 1, shape, attributes)
  }

  override var name: String { primitive.name }
}
