import CKernels

/// A function of any number of tensors with rules of its own.
final class GeneralPrimitive<Attributes: Sendable>: Primitive, @unchecked Sendable {
  /// Cotangents of the inputs (nil for those not needed or zero) from that of the result.
  typealias Pullback = @Sendable (Tensor, Saved, Attributes, _ needs: Needs) throws -> [Tensor?]
  /// The tangent of the result from those of the inputs.
  typealias Pushforward = @Sendable ([Tensor?], Saved, Attributes) throws -> Tensor?

  private let evaluate: @Sendable ([Tensor], Attributes) throws -> Tensor
  private let saves: Saves
  fileprivate let pullback: Pullback
  fileprivate let pushforward: Pushforward
  /// Whether a tangent is found by recording the reference anew.
  fileprivate private(set) var recordsAnew = false
  private let makeSamples: @Sendable () -> [Sample]

  /// `saves`: `.output`, `.inputs` (all of them), both or nothing.
  init(
    _ name: String, saves: Saves, evaluate: @escaping @Sendable ([Tensor], Attributes) throws -> Tensor,
    pullback: @escaping Pullback, pushforward: @escaping Pushforward,
    samples: @escaping @Sendable () -> [Sample]
  ) {
    self.evaluate = evaluate
    self.saves = saves
    self.pullback = pullback
    self.pushforward = pushforward
    makeSamples = samples
    super.init(name)
  }

  /// A fast kernel for values and one for each direction of the first derivative; everything else is derived from `reference`, the same
  /// function in plain operations.
  /// - backward: the cotangents of the inputs from that of the result, as constants. It is used where nobody asks for more.
  /// - forward: the tangent of the result from those of the inputs, of which at least one is there; used likewise.
  convenience init(
    fused name: String, evaluate: @escaping @Sendable ([Tensor], Attributes) throws -> Tensor,
    reference: @escaping @Sendable ([Tensor], Attributes) throws -> Tensor,
    backward: (@Sendable (Tensor, [Tensor], Attributes) throws -> [Tensor])? = nil,
    forward: (@Sendable ([Tensor?], [Tensor], Attributes) throws -> Tensor)? = nil,
    samples: @escaping @Sendable () -> [Sample]
  ) {
    self.init(
      name, saves: .inputs, evaluate: evaluate,
      pullback: { cotangent, saved, attributes, _ in
        let inputs = saved.inputs
        if let backward, recordedTrace(cotangent) == 0, inputs.allSatisfy({ recordedTrace($0) == 0 }) {
          return try backward(cotangent, inputs, attributes)
        }
        return try Linearization(of: { [try reference($0, attributes)] }, at: inputs).pullback([cotangent])
      },
      pushforward: { tangents, saved, attributes in
        if let forward, tangents.allSatisfy({ $0.map(recordedTrace) ?? 0 == 0 }),
          saved.inputs.allSatisfy({ recordedTrace($0) == 0 })
        {
          return try forward(Array(tangents.prefix(saved.inputs.count)), saved.inputs, attributes)
        }
        return try Linearization(of: { [try reference($0, attributes)] }, at: saved.inputs).pushforward(
          tangents)[0]
      },
      samples: samples)
    recordsAnew = true
  }

  override var samples: [Sample] { makeSamples() }

  func callAsFunction(_ inputs: [Tensor], _ attributes: Attributes) throws -> Tensor {
    let result = try evaluate(inputs, attributes)
    try inspect(result, name)
    var trace: UInt64 = 0
    for input in inputs { trace |= recordedTrace(input) }
    guard trace != 0, result.dtype.isFloating else { return result }
    let node = GeneralNode(
      self, attributes, trace: trace, result, inputs.map { recordedTrace($0) != 0 ? $0.node : nil })
    if saves.contains(.left) { node.keptInputs = inputs }
    if saves.contains(.output) { node.savedOutput = result }
    return Tensor.recorded(result, by: node)
  }
}

private final class GeneralNode<Attributes: Sendable>: Node {
  let primitive: GeneralPrimitive<Attributes>
  let attributes: Attributes
  private var furtherInputs: [Node?]
  var keptInputs: [Tensor] = []

  init(
    _ primitive: GeneralPrimitive<Attributes>, _ attributes: Attributes, trace: UInt64, _ result: Tensor,
    _ inputs: [Node?]
  ) {
    self.primitive = primitive
    self.attributes = attributes
    furtherInputs = inputs.count > 2 ? Array(inputs.dropFirst(2)) : []
    super.init(
      trace: trace, shape: result.shape, dtype: result.dtype, inputs[0], inputs.count > 1 ? inputs[1] : nil)
  }

  deinit {
    let thread = faa_thread()
    for index in furtherInputs.indices { Node.surrender(&furtherInputs[index], thread) }
    for tensor in keptInputs where tensor.node != nil {
      faa_waiting_push(thread, Unmanaged.passRetained(tensor).toOpaque())
    }
  }

  override func forget() {
    super.forget()
    keptInputs = []
  }

  override var others: [Node?] { furtherInputs }
  override var inputCount: Int { 2 + furtherInputs.count }
  override var recordsAnew: Bool { primitive.recordsAnew }
  override var savedMany: [Tensor] { keptInputs }

  override func pullback(_ cotangent: Tensor, into sink: inout CotangentSink) throws {
    let changes = try primitive.pullback(cotangent, Saved(node: self), attributes, sink.wanted)
    for (index, change) in changes.enumerated() {
      if let change, sink.needs(index) { try sink.add(change, to: index) }
    }
  }

  override func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? {
    let tangents = (0..<inputCount).map(tangent)
    guard tangents.contains(where: { $0 != nil }) else { return nil }
    return try primitive.pushforward(tangents, Saved(node: self), attributes)
  }

  override var name: String { primitive.name }
}
