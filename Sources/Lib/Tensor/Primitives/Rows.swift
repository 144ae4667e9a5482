import CKernels

/// Fused operations on the last axis.
enum Rows {
  static let softmax: GeneralPrimitive<Void> = .init(
    "softmax", saves: .output,
    evaluate: { inputs, _ in try run(inputs[0], "softmax") { faa_softmax($0, $1, $2, $3, $4) } },
    pullback: { cotangent, saved, _, _ in try [along(cotangent, saved.output)] },
    pushforward: { tangents, saved, _ in try tangents[0].map { try along($0, saved.output) } },
    samples: { [.init([([2, 4], .real)]) { try $0[0].softmax(axis: -1) }] })

  /// The Jacobian of softmax is symmetric, so one product serves both directions: y (v - Σ v y).
  private static func along(_ v: Tensor, _ y: Tensor) throws -> Tensor {
    try y * (v - (v * y).sum([-1], keep: true))
  }

  static let logSoftmax: GeneralPrimitive<Void> = .init(
    "logSoftmax", saves: .output,
    evaluate: { inputs, _ in try run(inputs[0], "logSoftmax") { faa_logsoftmax($0, $1, $2, $3, $4) } },
    pullback: { cotangent, saved, _, _ in
      try [cotangent - saved.output.exp() * cotangent.sum([-1], keep: true)]
    },
    pushforward: { tangents, saved, _ in
      try tangents[0].map { try $0 - (saved.output.exp() * $0).sum([-1], keep: true) }
    },
    samples: { [.init([([2, 4], .real)]) { try $0[0].logSoftmax(axis: -1) }] })

  static let logSumExp: GeneralPrimitive<Void> = .init(
    "logSumExp", saves: [.left, .output],
    evaluate: { inputs, _ in
      let x = try inputs[0].contiguous(in: "logSumExp")
      let result = try Tensor.uninitialized(
        x.shape.removing(AxisSet(x.rank - 1), keep: true), dtype: x.dtype, in: "logSumExp")
      _ = faa_logsumexp(x.dtype.kernel, result.count, x.shape[x.rank - 1], x.pointer, result.pointer)
      return result
    },
    pullback: { cotangent, saved, _, _ in try [cotangent * weights(saved)] },
    pushforward: { tangents, saved, _ in
      try tangents[0].map { try ($0 * weights(saved)).sum([-1], keep: true) }
    },
    samples: { [.init([([2, 4], .real)]) { try $0[0].logSumExp(axis: -1) }] })

  /// e^(x - logSumExp x), with nothing subtracted from a row that is -inf throughout.
  private static func weights(_ saved: Saved) throws -> Tensor {
    let total = try saved.output
    return try (saved.inputs[0] - total.equal(-.infinity).choose(0, total)).exp()
  }

  /// (x - mean) / sqrt(variance + ε) along the last axis.
  static let normalize: GeneralPrimitive<Double> = .init(
    fused: "normalize",
    evaluate: { inputs, epsilon in
      try run(inputs[0], "normalize") { faa_normalize($0, $1, $2, epsilon, $3, $4) }
    },
    reference: { inputs, epsilon in
      let centred = try inputs[0] - inputs[0].mean([-1], keep: true)
      return try centred * (centred.square().mean([-1], keep: true) + epsilon).sqrt().reciprocal()
    },
    backward: { cotangent, saved, epsilon, _ in
      try [normalizeBackward([cotangent, saved.inputs[0]], epsilon)]
    },
    samples: { [.init([([2, 5], .real)]) { try $0[0].normalized() }] })

  /// The cotangent of `normalize`'s input, from that of its result and the input.
  static let normalizeBackward: GeneralPrimitive<Double> = .init(
    fused: "normalizeBackward",
    evaluate: { inputs, epsilon in
      let x = try inputs[1].contiguous(in: "normalize")
      return try run(inputs[0], "normalize") { faa_normalize_vjp($0, $1, $2, epsilon, $3, x.pointer, $4) }
    },
    reference: { inputs, epsilon in
      let centred = try inputs[1] - inputs[1].mean([-1], keep: true)
      let scale = try (centred.square().mean([-1], keep: true) + epsilon).sqrt().reciprocal()
      let y = try centred * scale
      let g = inputs[0]
      return try scale * (g - g.mean([-1], keep: true) - y * (g * y).mean([-1], keep: true))
    },
    samples: { [.init([([2, 5], .real), ([2, 5], .real)]) { try normalizeBackward($0, 1e-5) }] })

  static let all: [Primitive] = [softmax, logSoftmax, logSumExp, normalize, normalizeBackward]

  private static func run(
    _ x: Tensor, _ name: String,
    _ kernel: (FaaType, Int, Int, UnsafeRawPointer, UnsafeMutableRawPointer) -> Int32
  ) throws -> Tensor {
    let x = try x.contiguous(in: name)
    let result = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: name)
    let n = x.shape[x.rank - 1]
    _ = kernel(x.dtype.kernel, n == 0 ? 0 : x.count / n, n, x.pointer, result.pointer)
    return result
  }
}

extension Tensor {
  /// Applies a function of the last axis to `axis`.
  private func onLast(_ axis: Int, in name: String, _ body: (Tensor) throws -> Tensor) throws -> Tensor {
    let axis = try shape.axis(axis, in: name)
    let x = dtype.isFloating ? self : try cast(to: .f32)
    guard axis != rank - 1 else { return try body(x) }
    var order = Array(0..<rank)
    order.swapAt(axis, rank - 1)
    return try body(x.permuted(order)).permuted(order)
  }

  /// Exponentials along `axis`, scaled to sum to 1.
  public func softmax(axis: Int = -1) throws -> Tensor {
    try onLast(axis, in: "softmax") { try Rows.softmax([$0], ()) }
  }

  /// ln Σ e^x along `axis`, without overflow.
  public func logSumExp(axis: Int = -1, keep: Bool = false) throws -> Tensor {
    let result = try onLast(axis, in: "logSumExp") { try Rows.logSumExp([$0], ()) }
    return keep ? result : try result.squeezed([axis])
  }

  /// The logarithm of the softmax along `axis`, to the full precision of the dtype however large the elements.
  public func logSoftmax(axis: Int = -1) throws -> Tensor {
    try onLast(axis, in: "logSoftmax") { try Rows.logSoftmax([$0], ()) }
  }

  /// (x - mean) / sqrt(variance + ε) along the last axis, with the biased variance.
  public func normalized(epsilon: Double = 1e-5) throws -> Tensor {
    try onLast(-1, in: "normalize") { try Rows.normalize([$0], epsilon) }
  }
}
