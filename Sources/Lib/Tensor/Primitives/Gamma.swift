import CKernels

enum Gamma {
  /// ln|Γ| for order -1 and its derivatives above; each is the slope of the one before.
  static let polygamma: GeneralPrimitive<Int> = .init(
    "polygamma", saves: .left,
    evaluate: { inputs, order in
      let x = try inputs[0].contiguous(in: "polygamma")
      let result = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "polygamma")
      faa_polygamma(x.dtype.kernel, Int32(clamping: order), x.pointer, result.pointer, x.count)
      return result
    },
    pullback: { cotangent, saved, order, _ in try [cotangent * polygamma(saved.inputs, order + 1)] },
    pushforward: { tangents, saved, order in
      try tangents[0].map { try $0 * polygamma(saved.inputs, order + 1) }
    },
    samples: {
      [
        .init([([2, 3], .positive)]) { try $0[0].logGamma() },
        .init([([2, 3], .positive)]) { try $0[0].polygamma(1) },
        .init([([2, 3], .small)]) { try ($0[0] * 0.3 - 1.5).digamma() },
      ]
    })

  static let all: [Primitive] = [polygamma]
}

extension Tensor {
  /// ln|Γ(x)|, with derivatives of every order.
  public func logGamma() throws -> Tensor {
    try Gamma.polygamma([dtype.isFloating ? self : cast(to: .f32)], -1)
  }

  /// The derivative of ln Γ; NaN at its poles below 0.
  public func digamma() throws -> Tensor { try polygamma(0) }

  /// Derivative number `order` of digamma, 0 to 100; at its poles below 0 +inf for odd orders, NaN for even ones.
  public func polygamma(_ order: Int) throws -> Tensor {
    guard order >= 0, order <= 100 else {
      throw TensorError(.invalidArgument, in: "polygamma", "order \(order)", help: "orders run from 0 to 100")
    }
    return try Gamma.polygamma([dtype.isFloating ? self : cast(to: .f32)], order)
  }
}
