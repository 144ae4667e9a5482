import CKernels

/// How an elementwise result changes with one of its operands: what a small change becomes on its way. The change is the
/// cotangent (reverse) or the tangent (forward): an elementwise function treats both alike.
enum Slope: Sendable {
  /// Nothing arrives, as through a rounding.
  case zero
  /// A constant factor.
  case scale(Double)
  /// A factor computed from what is saved.
  case factor(Saves, @Sendable (Saved) throws -> Tensor)
  /// The product of the change and such a factor, in one pass over the elements.
  case product(Saves, @Sendable (Tensor, Saved) throws -> Tensor)

  var saves: Saves {
    switch self {
    case .zero, .scale: []
    case .factor(let saves, _), .product(let saves, _): saves
    }
  }

  /// The change that arrives for the change `tensor`; nil for none.
  func applied(to tensor: Tensor, _ saved: Saved) throws -> Tensor? {
    switch self {
    case .zero: nil
    case .scale(1): tensor
    case .scale(-1): try -tensor
    case .scale(let factor): try tensor * factor
    case .factor(_, let rule): try tensor * rule(saved)
    case .product(_, let rule): try rule(tensor, saved)
    }
  }
}

/// An elementwise function of one tensor.
final class UnaryPrimitive: Primitive, @unchecked Sendable {
  private let kernel: FaaUnary
  private let onIntegers: Bool
  private let domain: Domain
  fileprivate let slope: Slope

  /// `onIntegers`: the kernel exists for i32; otherwise integers become f32 first.
  init(
    _ name: String, _ kernel: FaaUnary, onIntegers: Bool = false, domain: Domain = .real, _ slope: Slope
  ) {
    self.kernel = kernel
    self.onIntegers = onIntegers
    self.domain = domain
    self.slope = slope
    super.init(name)
  }

  override var samples: [Sample] { [Sample([([2, 3], domain)]) { try self($0[0]) }] }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    let needs: DType = onIntegers ? .i32 : .f32
    let x = x.dtype < needs ? try x.cast(to: needs, in: name) : x
    let result: Tensor
    let status: Int32
    if x.isContiguous {
      result = try Tensor.uninitialized(like: x, dtype: x.dtype, in: name)
      status = faa_unary_flat(kernel, x.dtype.kernel, x.count, x.pointer, result.pointer)
    } else {
      result = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: name)
      status = withUnsafePointers(x.layout) { dims, strides in
        faa_unary(kernel, x.dtype.kernel, Int32(x.rank), dims, strides, x.pointer, result.pointer)
      }
    }
    guard status == 0 else {
      throw TensorError(.arithmetic, in: name, "the result does not fit an i32", help: "convert to f64 first")
    }
    try inspect(result, name)
    let trace = recordedTrace(x)
    if trace == 0 { return result }
    if case .zero = slope { return result }
    let node = UnaryNode(self, trace: trace, result, x.node)
    if slope.saves.contains(.left) { node.saved = x }
    if slope.saves.contains(.output) { node.savedOutput = result }
    return Tensor.recorded(result, by: node)
  }
}

private final class UnaryNode: Node {
  let primitive: UnaryPrimitive

  init(_ primitive: UnaryPrimitive, trace: UInt64, _ result: Tensor, _ input: Node?) {
    self.primitive = primitive
    super.init(trace: trace, shape: result.shape, dtype: result.dtype, input)
  }

  override func pullback(_ cotangent: Tensor, into sink: inout CotangentSink) throws {
    if let change = try primitive.slope.applied(to: cotangent, Saved(node: self)) {
      try sink.add(change, to: 0)
    }
  }

  override func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? {
    try tangent(0).flatMap { try primitive.slope.applied(to: $0, Saved(node: self)) }
  }

  override func linearStep(_ isTraced: (Int) -> Bool) throws -> LinearStep {
    try elementwiseStep([primitive.slope], isTraced)
  }

  override var name: String { primitive.name }
}

/// An elementwise function of two tensors, which are promoted to one dtype and expanded to one shape.
final class BinaryPrimitive: Primitive, @unchecked Sendable {
  private let kernel: FaaBinary
  private let needs: DType
  private let domains: (Domain, Domain)
  fileprivate let left: Slope, right: Slope

  /// `needs`: the least dtype there is a kernel for.
  init(
    _ name: String, _ kernel: FaaBinary, needs: DType = .i32, domains: (Domain, Domain) = (.real, .real),
    _ left: Slope, _ right: Slope
  ) {
    self.kernel = kernel
    self.needs = needs
    self.domains = domains
    self.left = left
    self.right = right
    super.init(name)
  }

  override var samples: [Sample] {
    [
      Sample([([2, 3], domains.0), ([2, 3], domains.1)]) { try self($0[0], $0[1]) },
      Sample([([2, 1], domains.0), ([3], domains.1)]) { try self($0[0], $0[1]) },
    ]
  }

  func callAsFunction(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    var a = a
    var b = b
    let dtype = DType(rawValue: max(a.dtype.rawValue, b.dtype.rawValue, needs.rawValue)) ?? .f64
    if a.dtype != dtype { a = try a.cast(to: dtype, in: name) }
    if b.dtype != dtype { b = try b.cast(to: dtype, in: name) }
    let result = try evaluateBinary(kernel, name, a, b, result: dtype)
    try inspect(result, name)
    let traceA = recordedTrace(a)
    let traceB = recordedTrace(b)
    if traceA | traceB == 0 { return result }
    let node = BinaryNode(
      self, trace: traceA | traceB, result, traceA != 0 ? a.node : nil, traceB != 0 ? b.node : nil)
    var saves: Saves = []
    if traceA != 0 { saves.formUnion(left.saves) }
    if traceB != 0 { saves.formUnion(right.saves) }
    if saves.contains(.left) { node.saved = a }
    if saves.contains(.right) { node.savedOther = b }
    if saves.contains(.output) { node.savedOutput = result }
    return Tensor.recorded(result, by: node)
  }

  /// The function of a float tensor and a number, where `isLeft` says on which side the number is, without making a tensor of the
  /// number. Nil where that takes more than a pass over the elements.
  func value(_ x: Tensor, _ number: Double, numberIsLeft: Bool) throws -> Tensor? {
    guard x.isContiguous, x.dtype.isFloating, recordedTrace(x) == 0 else { return nil }
    let result = try Tensor.uninitialized(like: x, dtype: x.dtype, in: name)
    func run(_ number: UnsafeRawPointer) -> Int32 {
      numberIsLeft
        ? faa_binary_flat(kernel, x.dtype.kernel, x.count, 0, number, 1, x.pointer, result.pointer)
        : faa_binary_flat(kernel, x.dtype.kernel, x.count, 1, x.pointer, 0, number, result.pointer)
    }
    let status =
      x.dtype == .f32
      ? withUnsafePointer(to: Float(number)) { run($0) } : withUnsafePointer(to: number) { run($0) }
    guard status == 0 else { return nil }
    try inspect(result, name)
    return result
  }
}

private final class BinaryNode: Node {
  let primitive: BinaryPrimitive

  init(_ primitive: BinaryPrimitive, trace: UInt64, _ result: Tensor, _ left: Node?, _ right: Node?) {
    self.primitive = primitive
    super.init(trace: trace, shape: result.shape, dtype: result.dtype, left, right)
  }

  override func pullback(_ cotangent: Tensor, into sink: inout CotangentSink) throws {
    if sink.needs(0), let change = try primitive.left.applied(to: cotangent, Saved(node: self)) {
      try sink.add(change, to: 0)
    }
    if sink.needs(1), let change = try primitive.right.applied(to: cotangent, Saved(node: self)) {
      try sink.add(change, to: 1)
    }
  }

  override func pushforward(_ tangent: (Int) -> Tensor?) throws -> Tensor? {
    try sum(
      tangent(0).flatMap { try primitive.left.applied(to: $0, Saved(node: self)) },
      tangent(1).flatMap { try primitive.right.applied(to: $0, Saved(node: self)) })
  }

  override func linearStep(_ isTraced: (Int) -> Bool) throws -> LinearStep {
    try elementwiseStep([primitive.left, primitive.right], isTraced)
  }

  override var name: String { primitive.name }
}

/// Runs a binary kernel on operands of one dtype, expanding them to their common shape.
func evaluateBinary(
  _ kernel: FaaBinary, _ name: String, _ a: Tensor, _ b: Tensor, result dtype: DType
) throws -> Tensor {
  // Rows that follow each other need no strides: most calls, and the small ones are all overhead.
  guard a.isContiguous, b.isContiguous, let model = a.flatModel(with: b) else {
    return try evaluateStrided(kernel, name, a, b, result: dtype)
  }
  let result = try Tensor.uninitialized(like: model, dtype: dtype, in: name)
  let status = faa_binary_flat(
    kernel, a.dtype.kernel, model.count, a.count == 1 ? 0 : 1, a.pointer, b.count == 1 ? 0 : 1, b.pointer,
    result.pointer)
  if status == 0 { return result }
  throw failure(of: name, status, a, b)
}

@inline(never)
private func evaluateStrided(
  _ kernel: FaaBinary, _ name: String, _ a: Tensor, _ b: Tensor, result dtype: DType
) throws -> Tensor {
  guard let shape = a.shape.broadcast(with: b.shape), let left = a.layout.expanded(to: shape),
    let right = b.layout.expanded(to: shape)
  else {
    throw TensorError(
      .shapeMismatch, in: name, "shapes \(a.shape) and \(b.shape) do not fit", shapes: [a.shape, b.shape],
      help: "axes are matched from the last; each pair must be equal or contain a 1")
  }
  let result = try Tensor.uninitialized(shape, dtype: dtype, in: name)
  let status = withUnsafePointers(left) { dims, leftStrides in
    withUnsafePointers(right) { _, rightStrides in
      faa_binary(
        kernel, a.dtype.kernel, Int32(shape.rank), dims, leftStrides, a.pointer, rightStrides, b.pointer,
        result.pointer)
    }
  }
  if status == 0 { return result }
  throw failure(of: name, status, a, b)
}

/// Why a binary kernel gave `status`.
@inline(never)
private func failure(of name: String, _ status: Int32, _ a: Tensor, _ b: Tensor) -> TensorError {
  guard status > 0 else { return TensorError(.dtypeMismatch, in: name, "has no meaning for \(a.dtype)") }
  return TensorError(
    .arithmetic, in: name, "i32 overflow or division by zero", shapes: [a.shape, b.shape],
    help: "convert an operand to f64, or check the divisor")
}

extension Tensor {
  /// The operand whose shape the result has, where the shapes are equal or the other operand is a single element of no higher rank.
  @inline(__always) fileprivate func flatModel(with other: Tensor) -> Tensor? {
    if hasShape(of: other) { return self }
    if other.count == 1, other.rank <= rank { return self }
    if count == 1, rank <= other.rank { return other }
    return nil
  }
}
