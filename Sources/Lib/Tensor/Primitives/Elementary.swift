import CKernels

/// Inverse and hyperbolic functions, other logarithms and powers.
enum Elementary {
  static let atan: UnaryPrimitive = .init(
    "atan", FaaAtan, .factor(.left) { try ($0.left.square() + 1).reciprocal() })
  static let sinh: UnaryPrimitive = .init("sinh", FaaSinh, .factor(.left) { try cosh($0.left) })
  static let cosh: UnaryPrimitive = .init("cosh", FaaCosh, .factor(.left) { try sinh($0.left) })
  static let asinh: UnaryPrimitive = .init(
    "asinh", FaaAsinh, .factor(.left) { try rsqrt($0.left.square() + 1) })
  static let log2: UnaryPrimitive = .init(
    "log2", FaaLog2, domain: .positive, .factor(.left) { try $0.left.reciprocal() * 1.442_695_040_888_963_4 })
  static let log10: UnaryPrimitive = .init(
    "log10", FaaLog10, domain: .positive,
    .factor(.left) { try $0.left.reciprocal() * 0.434_294_481_903_251_83 })
  static let exp2: UnaryPrimitive = .init(
    "exp2", FaaExp2, .factor(.output) { try $0.output * 0.693_147_180_559_945_31 })
  static let rsqrt: UnaryPrimitive = .init(
    "rsqrt", FaaRsqrt, domain: .positive,
    .factor(.output) { saved in
      let root = try saved.output
      return try root * root.square() * -0.5
    })
  static let trunc: UnaryPrimitive = .init("trunc", FaaTrunc, domain: .distinct, .zero)

  /// The angle of the point (x, y), with y the left operand. Both slopes are taken as 0 at the origin.
  static let atan2: BinaryPrimitive = .init(
    "atan2", FaaAtan2, needs: .f32, domains: (.awayFromZero, .awayFromZero),
    .factor(.inputs) { try $0.right * inverseSquare($0.left, $0.right) },
    .factor(.inputs) { try -$0.left * inverseSquare($0.left, $0.right) })
  /// The slopes at the origin are 0.
  static let hypot: BinaryPrimitive = .init(
    "hypot", FaaHypot, needs: .f32, domains: (.awayFromZero, .awayFromZero),
    .factor([.left, .output]) { try $0.left / nonzero($0.output) },
    .factor([.right, .output]) { try $0.right / nonzero($0.output) })
  /// The slope by one operand is the logistic function of its lead over the other; equal infinities share it.
  static let logAddExp: BinaryPrimitive = .init(
    "logAddExp", FaaLogAddExp, needs: .f32, .factor(.inputs) { try lead($0.left, $0.right).sigmoid() },
    .factor(.inputs) { try lead($0.right, $0.left).sigmoid() })

  static let all: [Primitive] = [
    atan, sinh, cosh, asinh, log2, log10, exp2, rsqrt, trunc, atan2, hypot, logAddExp,
  ]

  private static func nonzero(_ x: Tensor) throws -> Tensor { try x.equal(0).choose(.infinity, x) }
  private static func inverseSquare(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try nonzero(a.square() + b.square()).reciprocal()
  }
  private static func lead(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try a.equal(b).logicalAnd(a.isInf()).choose(0, a - b)
  }
}

extension Tensor {
  /// √(1 - x²), exact near ±1.
  private func leg() throws -> Tensor { try ((1 - self) * (self + 1)).sqrt() }
  /// The angle in [-π/2, π/2] whose sine is x; NaN outside [-1, 1].
  public func asin() throws -> Tensor { try atan2(leg()) }
  /// The angle in [0, π] whose cosine is x; NaN outside [-1, 1].
  public func acos() throws -> Tensor { try leg().atan2(self) }
  /// The angle in (-π/2, π/2) whose tangent is x.
  public func atan() throws -> Tensor { try Elementary.atan(self) }
  /// The angle in [-π, π] of the point (x, y), where this is y; its derivative at the origin is 0.
  public func atan2(_ x: Tensor) throws -> Tensor { try Elementary.atan2(self, x) }
  /// The hyperbolic sine.
  public func sinh() throws -> Tensor { try Elementary.sinh(self) }
  /// The hyperbolic cosine.
  public func cosh() throws -> Tensor { try Elementary.cosh(self) }
  /// The inverse of the hyperbolic sine.
  public func asinh() throws -> Tensor { try Elementary.asinh(self) }
  /// The inverse of the hyperbolic cosine; NaN below 1.
  public func acosh() throws -> Tensor {
    // 2 asinh √((x - 1) / 2): no square that could overflow, and no difference that could cancel.
    try Elementary.asinh(((self - 1) * 0.5).sqrt()) * 2
  }
  /// The inverse of the hyperbolic tangent; NaN outside [-1, 1].
  public func atanh() throws -> Tensor { try (log1p() - (-self).log1p()) * 0.5 }
  /// The logarithm to base 2.
  public func log2() throws -> Tensor { try Elementary.log2(self) }
  /// The logarithm to base 10.
  public func log10() throws -> Tensor { try Elementary.log10(self) }
  /// 2 to the x.
  public func exp2() throws -> Tensor { try Elementary.exp2(self) }
  /// 1 / √x
  public func rsqrt() throws -> Tensor { try Elementary.rsqrt(self) }
  /// The integer next to x towards 0.
  public func truncated() throws -> Tensor { try Elementary.trunc(self) }
  /// √(x² + y²) without overflow; its derivative at the origin is 0.
  public func hypot(_ other: Tensor) throws -> Tensor { try Elementary.hypot(self, other) }
  /// ln(e^x + e^y) without overflow.
  public func logAddExp(_ other: Tensor) throws -> Tensor { try Elementary.logAddExp(self, other) }

  /// True where x is infinite (never for integers).
  public func isInf() throws -> Tensor {
    guard dtype.isFloating else { return try .full(shape, 0, dtype: .bool) }
    let result = try Tensor.uninitialized(shape, dtype: .bool, in: "isInf")
    _ = withUnsafePointers(layout) { dims, strides in
      faa_unary(FaaIsInf, dtype.kernel, Int32(rank), dims, strides, pointer, result.pointer)
    }
    return result
  }

  /// True where exactly one of the two is, for tensors of bool.
  public func logicalXor(_ other: Tensor) throws -> Tensor {
    guard dtype == .bool, other.dtype == .bool else {
      throw TensorError(
        .dtypeMismatch, in: "xor", "needs bool, got \(dtype) and \(other.dtype)",
        help: "compare first, as in `x > 0`")
    }
    return try notEqual(other)
  }

  /// x with NaN and the infinities replaced; for nil by the largest finite numbers of the dtype. The derivative is 0 there.
  public func nanToNumber(nan: Double = 0, positive: Double? = nil, negative: Double? = nil) throws -> Tensor
  {
    guard dtype.isFloating else { return self }
    let largest = dtype == .f32 ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
    let constant = detached
    let numbers = try constant.isNaN().choose(nan, self)
    let bounded = try constant.equal(.infinity).choose(positive ?? largest, numbers)
    return try constant.equal(-.infinity).choose(negative ?? -largest, bounded)
  }
}
