import CKernels

/// The elementwise functions of two tensors: a kernel and two slopes each.
enum Binary {
  static let add: BinaryPrimitive = .init("add", FaaAdd, .scale(1), .scale(1))
  static let sub: BinaryPrimitive = .init("subtract", FaaSub, .scale(1), .scale(-1))
  static let mul: BinaryPrimitive = .init(
    "multiply", FaaMul, .factor(.right) { try $0.right }, .factor(.left) { try $0.left })
  static let div: BinaryPrimitive = .init(
    "divide", FaaDiv, needs: .f32, domains: (.real, .positive), .factor(.right) { try $0.right.reciprocal() },
    .factor([.right, .output]) { try -$0.output / $0.right })
  /// Where the exponent is 0 the slope is 0 whatever the base: the exponent of the derivative is kept at 0 there, so that
  /// 0 ** 0 and its derivatives of every order stay finite. The slope of a root at 0 is taken as 0, as that of `sqrt` is. The slope by
  /// the exponent at base 0 is its limit, 0 unless the exponent is negative.
  static let pow: BinaryPrimitive = .init(
    "power", FaaPow, domains: (.positive, .real),
    .factor(.inputs) { saved in
      var (base, exponent) = (try saved.left, try saved.right)
      let lower = try exponent.equal(0).choose(0, exponent - 1)
      if let isRoot = try roots(base, exponent) {
        base = try isRoot.choose(1, base)
        exponent = try isRoot.choose(0, exponent)
      }
      return try exponent * pow(base, lower)
    },
    .factor([.inputs, .output]) { saved in
      let (base, exponent) = (try saved.left, try saved.right)
      let isFlat = try base.equal(0).logicalAnd(exponent.greaterOrEqual(exponent.weak(0)))
      return try saved.output * isFlat.choose(1, base).log()
    })
  /// Ties share the derivative evenly.
  static let max: BinaryPrimitive = .init(
    "maximum", FaaMax, domains: (.distinct, .real), .factor(.inputs) { try share($0.right, $0.left) },
    .factor(.inputs) { try share($0.left, $0.right) })
  static let min: BinaryPrimitive = .init(
    "minimum", FaaMin, domains: (.distinct, .real), .factor(.inputs) { try share($0.left, $0.right) },
    .factor(.inputs) { try share($0.right, $0.left) })
  static let floorDiv: BinaryPrimitive = .init(
    "floorDivide", FaaFloorDiv, domains: (.distinct, .positive), .zero, .zero)
  /// The remainder with the divisor's sign: a - b floor(a / b).
  static let mod: BinaryPrimitive = .init(
    "remainder", FaaMod, domains: (.distinct, .positive), .scale(1),
    .factor(.inputs) { try -floorDiv($0.left, $0.right) })

  // Products of a change and the slope of a unary function, for the reverse and forward sweeps: one pass instead of two.

  /// g where x > 0, else 0.
  static let reluAlong: BinaryPrimitive = .init(
    "reluAlong", FaaReluAlong, needs: .f32, domains: (.real, .awayFromZero),
    .product(.right) { try reluAlong($0, $1.right) }, .zero)
  /// g (Φ(x) + x φ(x)), of which the slope by x is g φ(x) (2 - x²).
  static let geluAlong: BinaryPrimitive = .init(
    "geluAlong", FaaGeluAlong, needs: .f32, .product(.right) { try geluAlong($0, $1.right) },
    .product(.inputs) { try geluCurve($0 * $1.left, $1.right) })
  /// g φ(x) (2 - x²), of which the slope by x is g φ(x) (x³ - 4x).
  static let geluCurve: BinaryPrimitive = .init(
    "geluCurve", FaaGeluCurve, needs: .f32, .product(.right) { try geluCurve($0, $1.right) },
    .factor(.inputs) { saved in
      let (x, square) = (try saved.right, try saved.right.square())
      return try saved.left * (square * -0.5).exp() * 0.398_942_280_401_432_7 * (x * (square - 4))
    })
  /// g (1 - y²), with y = tanh x.
  static let tanhAlong: BinaryPrimitive = .init(
    "tanhAlong", FaaTanhAlong, needs: .f32, .product(.right) { try tanhAlong($0, $1.right) },
    .factor(.inputs) { try $0.left * $0.right * -2 })
  /// g y (1 - y), with y = sigmoid x.
  static let sigmoidAlong: BinaryPrimitive = .init(
    "sigmoidAlong", FaaSigmoidAlong, needs: .f32, .product(.right) { try sigmoidAlong($0, $1.right) },
    .factor(.inputs) { try $0.left * (1 - $0.right * 2) })

  static let all: [Primitive] = [
    add, sub, mul, div, pow, max, min, floorDiv, mod, reluAlong, geluAlong, geluCurve, tanhAlong,
    sigmoidAlong,
  ]

  /// True where a base is 0 and its exponent between 0 and 1; nil where that cannot be.
  private static func roots(_ base: Tensor, _ exponent: Tensor) throws -> Tensor? {
    if exponent.count == 1 {
      let number = try exponent.item()
      guard number > 0, number < 1 else { return nil }
    }
    return try base.equal(0).logicalAnd(exponent.greater(0)).logicalAnd(exponent.less(1))
  }

  /// 1 where `low` is below `high`, 1/2 where they are equal, 0 above.
  private static func share(_ low: Tensor, _ high: Tensor) throws -> Tensor {
    try (low.less(high).cast(to: high.dtype) + low.lessOrEqual(high).cast(to: high.dtype)) * 0.5
  }
}

extension Tensor {
  /// Elementwise sum.
  public static func + (a: Tensor, b: Tensor) throws -> Tensor { try Binary.add(a, b) }
  /// Elementwise difference.
  public static func - (a: Tensor, b: Tensor) throws -> Tensor { try Binary.sub(a, b) }
  /// Elementwise product.
  public static func * (a: Tensor, b: Tensor) throws -> Tensor { try Binary.mul(a, b) }
  /// Elementwise quotient; of integers, an f32.
  public static func / (a: Tensor, b: Tensor) throws -> Tensor { try Binary.div(a, b) }
  /// Elementwise sum with a number, which takes the tensor's dtype.
  public static func + (a: Tensor, b: Double) throws -> Tensor {
    try Binary.add.value(a, b, numberIsLeft: false) ?? a + a.weak(b)
  }
  /// Elementwise difference with a number.
  public static func - (a: Tensor, b: Double) throws -> Tensor {
    try Binary.sub.value(a, b, numberIsLeft: false) ?? a - a.weak(b)
  }
  /// Elementwise product with a number.
  public static func * (a: Tensor, b: Double) throws -> Tensor {
    try Binary.mul.value(a, b, numberIsLeft: false) ?? a * a.weak(b)
  }
  /// Elementwise quotient by a number.
  public static func / (a: Tensor, b: Double) throws -> Tensor {
    try Binary.div.value(a, b, numberIsLeft: false) ?? a / a.weak(b)
  }
  /// Elementwise sum with a number.
  public static func + (a: Double, b: Tensor) throws -> Tensor {
    try Binary.add.value(b, a, numberIsLeft: true) ?? b.weak(a) + b
  }
  /// Elementwise difference from a number.
  public static func - (a: Double, b: Tensor) throws -> Tensor {
    try Binary.sub.value(b, a, numberIsLeft: true) ?? b.weak(a) - b
  }
  /// Elementwise product with a number.
  public static func * (a: Double, b: Tensor) throws -> Tensor {
    try Binary.mul.value(b, a, numberIsLeft: true) ?? b.weak(a) * b
  }
  /// Elementwise quotient of a number.
  public static func / (a: Double, b: Tensor) throws -> Tensor {
    try Binary.div.value(b, a, numberIsLeft: true) ?? b.weak(a) / b
  }

  /// x to the power `exponent`, elementwise.
  public func power(_ exponent: Tensor) throws -> Tensor { try Binary.pow(self, exponent) }
  /// x to the power of a number.
  public func power(_ exponent: Double) throws -> Tensor {
    switch exponent {
    case 1: dtype == .bool ? try cast(to: .i32) : self
    case 2: try square()
    default: try Binary.pow(self, weak(exponent))
    }
  }
  /// The larger of the two, elementwise; NaN propagates.
  public func maximum(_ other: Tensor) throws -> Tensor { try Binary.max(self, other) }
  /// The smaller of the two, elementwise; NaN propagates.
  public func minimum(_ other: Tensor) throws -> Tensor { try Binary.min(self, other) }
  /// The floor of the quotient.
  public func floorDivided(by other: Tensor) throws -> Tensor { try Binary.floorDiv(self, other) }
  /// The remainder of floor division, with the divisor's sign.
  public func remainder(by other: Tensor) throws -> Tensor { try Binary.mod(self, other) }
  /// x limited to lower...upper; exactly at a limit half of the derivative passes, as at any tie of `maximum`.
  public func clamped(_ lower: Double, _ upper: Double) throws -> Tensor {
    try maximum(weak(lower)).minimum(weak(upper))
  }

  /// True where equal.
  public func equal(_ other: Tensor) throws -> Tensor { try compare(FaaEqual, "equal", self, other) }
  /// True where different.
  public func notEqual(_ other: Tensor) throws -> Tensor { try equal(other).logicalNot() }
  /// True where x < other.
  public func less(_ other: Tensor) throws -> Tensor { try compare(FaaLess, "less", self, other) }
  /// True where x <= other.
  public func lessOrEqual(_ other: Tensor) throws -> Tensor {
    try compare(FaaLessEqual, "lessOrEqual", self, other)
  }
  /// True where x > other.
  public func greater(_ other: Tensor) throws -> Tensor { try compare(FaaLess, "greater", other, self) }
  /// True where x >= other.
  public func greaterOrEqual(_ other: Tensor) throws -> Tensor {
    try compare(FaaLessEqual, "greaterOrEqual", other, self)
  }
  /// True where equal to a number.
  public func equal(_ number: Double) throws -> Tensor { try equal(weak(number)) }
  /// True where x > number.
  public func greater(_ number: Double) throws -> Tensor { try greater(weak(number)) }
  /// True where x < number.
  public func less(_ number: Double) throws -> Tensor { try less(weak(number)) }
  /// True where both are.
  public func logicalAnd(_ other: Tensor) throws -> Tensor { try logic(FaaAnd, "and", other) }
  /// True where either is.
  public func logicalOr(_ other: Tensor) throws -> Tensor { try logic(FaaOr, "or", other) }

  private func logic(_ kernel: FaaBinary, _ name: String, _ other: Tensor) throws -> Tensor {
    guard dtype == .bool, other.dtype == .bool else {
      throw TensorError(
        .dtypeMismatch, in: name, "needs bool, got \(dtype) and \(other.dtype)",
        help: "compare first, as in `x > 0`")
    }
    return try evaluateBinary(kernel, name, self, other, result: .bool)
  }

  private func compare(_ kernel: FaaBinary, _ name: String, _ a: Tensor, _ b: Tensor) throws -> Tensor {
    let dtype = Swift.max(a.dtype, b.dtype)
    return try evaluateBinary(
      kernel, name, a.detached.cast(to: dtype, in: name), b.detached.cast(to: dtype, in: name), result: .bool)
  }

  /// A number written beside this tensor takes its dtype: an integer stays one beside integers, a fraction makes them f32.
  func weak(_ number: Double) throws -> Tensor {
    switch dtype {
    case .f32, .f64: try .scalar(number, dtype: dtype)
    case .i32, .bool: try .scalar(number, dtype: Int32(exactly: number) != nil ? .i32 : .f32)
    }
  }
}
