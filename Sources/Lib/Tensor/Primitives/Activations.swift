import CKernels

/// Activation functions with kernels of their own, and the products of a change with their slopes, for the sweeps.
enum Activation {
  /// x σ(x)
  static let silu: UnaryPrimitive = .init("silu", FaaSilu, .product(.left) { try siluAlong($0, $1.left) })
  /// g σ(x) (1 + x σ(-x)); the slope by x is g σ(x) σ(-x) (2 + x (σ(-x) - σ(x))).
  static let siluAlong: BinaryPrimitive = .init(
    "siluAlong", FaaSiluAlong, needs: .f32, .product(.right) { try siluAlong($0, $1.right) },
    .factor(.inputs) { saved in
      let x = try saved.right
      let up = try Unary.sigmoid(x)
      let down = try Unary.sigmoid(-x)
      return try saved.left * (up * down * (2 + x * (down - up)))
    })
  /// x σ(2u) with u = √(2/π) (x + 0.044715 x³), which is x (1 + tanh u) / 2.
  static let geluTanh: UnaryPrimitive = .init(
    "geluTanh", FaaGeluTanh, .product(.left) { try geluTanhAlong($0, $1.left) })
  /// With z = 2u and s = σ(z): g (s + x s' z'), of which the slope by x is g (2 s' z' + x (s'' z'² + s' z'')).
  static let geluTanhAlong: BinaryPrimitive = .init(
    "geluTanhAlong", FaaGeluTanhAlong, needs: .f32, .product(.right) { try geluTanhAlong($0, $1.right) },
    .factor(.inputs) { saved in
      let x = try saved.right
      let scale = 1.595_769_121_605_730_8  // 2 √(2/π)
      let square = try x.square()
      let z = try x * (square * (0.044715 * scale) + scale)
      let first = try square * (0.134145 * scale) + scale
      let second = try x * (0.26829 * scale)
      let up = try Unary.sigmoid(z)
      let down = try Unary.sigmoid(-z)
      let curve = try first * 2 + x * ((down - up) * first.square() + second)
      return try saved.left * (up * down * curve)
    })
  /// x above 0, e^x - 1 elsewhere; the slope at 0 is 1.
  static let elu: UnaryPrimitive = .init(
    "elu", FaaElu, domain: .awayFromZero, .product(.left) { try eluAlong($0, $1.left) })
  /// g above 0, g e^x elsewhere.
  static let eluAlong: BinaryPrimitive = .init(
    "eluAlong", FaaEluAlong, needs: .f32, domains: (.real, .awayFromZero),
    .product(.right) { try eluAlong($0, $1.right) },
    .factor([.right, .output]) { try $0.right.greater(0).choose(0, $0.output) })
  /// x clamp(x + 3, 0, 6) / 6
  static let hardswish: UnaryPrimitive = .init(
    "hardswish", FaaHardswish, .product(.left) { try hardswishAlong($0, $1.left) })
  /// g (x / 3 + 1/2) between -3 and 3, 0 below, g above.
  static let hardswishAlong: BinaryPrimitive = .init(
    "hardswishAlong", FaaHardswishAlong, needs: .f32, .product(.right) { try hardswishAlong($0, $1.right) },
    .factor(.inputs) { saved in
      try saved.right.abs().less(3).choose(saved.left * (1.0 / 3), saved.left.weak(0))
    })

  static let all: [Primitive] = [
    silu, siluAlong, geluTanh, geluTanhAlong, elu, eluAlong, hardswish, hardswishAlong,
  ]
}

extension Tensor {
  /// x σ(x), also called swish.
  public func silu() throws -> Tensor { try Activation.silu(self) }
  /// The approximation x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 of `gelu`.
  public func geluTanh() throws -> Tensor { try Activation.geluTanh(self) }
  /// x above 0, α (e^x - 1) elsewhere; its derivative at 0 is α.
  public func elu(alpha: Double = 1) throws -> Tensor {
    let unit = try Activation.elu(self)
    return alpha == 1 ? unit : try detached.greater(0).choose(unit, unit * alpha)
  }
  /// The self-normalising λ elu(x, α) of Klambauer et al. 2017.
  public func selu() throws -> Tensor { try elu(alpha: 1.673_263_242_354_377_2) * 1.050_700_987_355_480_5 }
  /// x above 0, `slope` x elsewhere; its derivative at 0 is `slope`.
  public func leakyRelu(slope: Double = 0.01) throws -> Tensor {
    try detached.greater(0).choose(self, self * slope)
  }
  /// x limited to lower...upper; unlike `clamped` its derivative at the limits is 0.
  public func hardtanh(_ lower: Double = -1, _ upper: Double = 1) throws -> Tensor {
    let constant = detached
    let inside = try constant.greater(lower).logicalAnd(constant.less(upper))
    return try inside.choose(self, constant.clamped(lower, upper))
  }
  /// x limited to 0...6.
  public func relu6() throws -> Tensor { try hardtanh(0, 6) }
  /// x clamp(x + 3, 0, 6) / 6, the cheap form of `silu` of Howard et al. 2019.
  public func hardswish() throws -> Tensor { try Activation.hardswish(self) }
  /// clamp(x + 3, 0, 6) / 6, the cheap form of `sigmoid`.
  public func hardsigmoid() throws -> Tensor { try (self + 3).relu6() * (1.0 / 6) }
  /// x tanh(softplus x)
  public func mish() throws -> Tensor { try self * softplus().tanh() }
  /// x / (1 + |x|)
  public func softsign() throws -> Tensor { try self / (abs() + 1) }
  /// ln σ(x), without overflow.
  public func logSigmoid() throws -> Tensor { try -(-self).softplus() }
}
