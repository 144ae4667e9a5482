import CKernels

/// The elementwise functions of one tensor: a kernel and a slope each.
enum Unary {
  static let neg: UnaryPrimitive = .init("neg", FaaNeg, onIntegers: true, .scale(-1))
  static let abs: UnaryPrimitive = .init(
    "abs", FaaAbs, onIntegers: true, domain: .awayFromZero, .factor(.left) { try sign($0.left) })
  static let sign: UnaryPrimitive = .init("sign", FaaSign, onIntegers: true, domain: .awayFromZero, .zero)
  static let exp: UnaryPrimitive = .init("exp", FaaExp, .factor(.output) { try $0.output })
  static let expm1: UnaryPrimitive = .init("expm1", FaaExpm1, .factor(.output) { try $0.output + 1 })
  static let log: UnaryPrimitive = .init(
    "log", FaaLog, domain: .positive, .factor(.left) { try reciprocal($0.left) })
  static let log1p: UnaryPrimitive = .init(
    "log1p", FaaLog1p, domain: .positive, .factor(.left) { try reciprocal($0.left + 1) })
  /// The slope at 0 is taken as 0: its limit is infinite, and every rule that multiplies it by the 0 from inside would give NaN (the
  /// length of a vector at 0, Adam's step from zero moments).
  static let sqrt: UnaryPrimitive = .init(
    "sqrt", FaaSqrt, domain: .positive,
    .factor(.output) { saved in
      let root = try saved.output
      return try reciprocal(root.equal(0).choose(.infinity, root)) * 0.5
    })
  static let sin: UnaryPrimitive = .init("sin", FaaSin, .factor(.left) { try cos($0.left) })
  static let cos: UnaryPrimitive = .init("cos", FaaCos, .factor(.left) { try -sin($0.left) })
  static let tan: UnaryPrimitive = .init(
    "tan", FaaTan, domain: .small, .factor(.output) { try square($0.output) + 1 })
  static let tanh: UnaryPrimitive = .init(
    "tanh", FaaTanh, .product(.output) { try Binary.tanhAlong($0, $1.output) })
  static let sigmoid: UnaryPrimitive = .init(
    "sigmoid", FaaSigmoid, .product(.output) { try Binary.sigmoidAlong($0, $1.output) })
  static let softplus: UnaryPrimitive = .init(
    "softplus", FaaSoftplus, .factor(.left) { try sigmoid($0.left) })
  /// erf'(x) = 2/√π e^(-x²)
  static let erf: UnaryPrimitive = .init(
    "erf", FaaErf, .factor(.left) { try exp(-square($0.left)) * 1.128_379_167_095_512_6 })
  /// The slope at 0 is 0.
  static let relu: UnaryPrimitive = .init(
    "relu", FaaRelu, onIntegers: true, domain: .awayFromZero,
    .product(.left) { try Binary.reluAlong($0, $1.left) })
  /// x Φ(x), with the exact normal distribution function.
  static let gelu: UnaryPrimitive = .init(
    "gelu", FaaGelu, .product(.left) { try Binary.geluAlong($0, $1.left) })
  static let reciprocal: UnaryPrimitive = .init(
    "reciprocal", FaaReciprocal, domain: .positive, .factor(.output) { try -square($0.output) })
  static let square: UnaryPrimitive = .init(
    "square", FaaSquare, onIntegers: true, .factor(.left) { try $0.left * 2 })
  static let floor: UnaryPrimitive = .init("floor", FaaFloor, domain: .distinct, .zero)
  static let ceil: UnaryPrimitive = .init("ceil", FaaCeil, domain: .distinct, .zero)
  /// To the nearest integer, ties to even.
  static let round: UnaryPrimitive = .init("round", FaaRound, domain: .distinct, .zero)

  static let all: [Primitive] = [
    neg, abs, sign, exp, expm1, log, log1p, sqrt, sin, cos, tan, tanh, sigmoid, softplus, erf, relu, gelu,
    reciprocal, square, floor, ceil, round,
  ]
}

extension Tensor {
  /// -x
  public static prefix func - (x: Tensor) throws -> Tensor { try Unary.neg(x) }
  /// |x|; its derivative at 0 is 0.
  public func abs() throws -> Tensor { try Unary.abs(self) }
  /// -1, 0 or 1; NaN stays NaN.
  public func sign() throws -> Tensor { try Unary.sign(self) }
  /// e to the x.
  public func exp() throws -> Tensor { try Unary.exp(self) }
  /// e to the x, minus 1, exact near 0.
  public func expm1() throws -> Tensor { try Unary.expm1(self) }
  /// The natural logarithm; -inf at 0, NaN below.
  public func log() throws -> Tensor { try Unary.log(self) }
  /// ln(1 + x), exact near 0.
  public func log1p() throws -> Tensor { try Unary.log1p(self) }
  /// The square root; NaN below 0. Its derivative at 0 is 0.
  public func sqrt() throws -> Tensor { try Unary.sqrt(self) }
  /// The sine.
  public func sin() throws -> Tensor { try Unary.sin(self) }
  /// The cosine.
  public func cos() throws -> Tensor { try Unary.cos(self) }
  /// The tangent.
  public func tan() throws -> Tensor { try Unary.tan(self) }
  /// The hyperbolic tangent.
  public func tanh() throws -> Tensor { try Unary.tanh(self) }
  /// 1 / (1 + e^-x)
  public func sigmoid() throws -> Tensor { try Unary.sigmoid(self) }
  /// ln(1 + e^x), without overflow.
  public func softplus() throws -> Tensor { try Unary.softplus(self) }
  /// The error function.
  public func erf() throws -> Tensor { try Unary.erf(self) }
  /// max(x, 0); its derivative at 0 is 0.
  public func relu() throws -> Tensor { try Unary.relu(self) }
  /// x Φ(x), with the exact normal distribution function Φ.
  public func gelu() throws -> Tensor { try Unary.gelu(self) }
  /// 1 / x
  public func reciprocal() throws -> Tensor { try Unary.reciprocal(self) }
  /// x²
  public func square() throws -> Tensor { try Unary.square(self) }
  /// The largest integer not above x.
  public func floor() throws -> Tensor { try integral(Unary.floor) }
  /// The smallest integer not below x.
  public func ceil() throws -> Tensor { try integral(Unary.ceil) }
  /// The nearest integer, ties to even.
  public func rounded() throws -> Tensor { try integral(Unary.round) }

  /// A rounding: integers are what they are, whatever their size.
  private func integral(_ rounding: UnaryPrimitive) throws -> Tensor {
    dtype.isFloating ? try rounding(self) : try cast(to: .i32)
  }

  /// True where x is NaN (never for integers).
  public func isNaN() throws -> Tensor { try test(FaaIsNaN, otherwise: 0, "isNaN") }
  /// True where x is neither NaN nor infinite (always for integers).
  public func isFinite() throws -> Tensor { try test(FaaIsFinite, otherwise: 1, "isFinite") }
  /// not x, for a tensor of bool.
  public func logicalNot() throws -> Tensor {
    guard dtype == .bool else { throw TensorError(.dtypeMismatch, in: "not", "needs bool, got \(dtype)") }
    return try test(FaaNot, otherwise: 0, "not")
  }

  private func test(_ kernel: FaaUnary, otherwise: Double, _ name: String) throws -> Tensor {
    guard dtype.isFloating || kernel == FaaNot else { return try .full(shape, otherwise, dtype: .bool) }
    let result = try Tensor.uninitialized(shape, dtype: .bool, in: name)
    _ = withUnsafePointers(layout) { dims, strides in
      faa_unary(kernel, dtype.kernel, Int32(rank), dims, strides, pointer, result.pointer)
    }
    return result
  }
}
