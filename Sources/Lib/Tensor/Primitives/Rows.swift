import CKernels

/// Fused operations on the last axis.
enum Rows {
  static let softmax: GeneralPrimitive<Void> = .init(
    "softmax", saves: .output,
    evaluate: { inputs, _ in try run(inputs[0], "softmax") { faa_softmax($0, $1, $2, $3, $4) } },
    pullback: { cotangent, saved, _, _ in try [softmaxAlong([cotangent, saved.output], ())] },
    pushforward: { tangents, saved, _ in try tangents[0].map { try softmaxAlong([$0, saved.output], ()) } },
    samples: { [.init([([2, 4], .real)]) { try $0[0].softmax(axis: -1) }] })

  /// The Jacobian of softmax is symmetric, so one product of a change v with it at the result y serves both directions:
  /// y (v - Σ v y), linear in v.
  static let softmaxAlong: GeneralPrimitive<Void> = .init(
    "softmaxAlong", saves: .inputs,
    evaluate: { inputs, _ in
      let y = try inputs[1].contiguous(in: "softmax")
      return try run(inputs[0], "softmax") { faa_softmax_vjp($0, $1, $2, $3, y.pointer, $4) }
    },
    pullback: { cotangent, saved, _, needs in
      let (v, y) = (saved.inputs[0], saved.inputs[1])
      return [
        needs(0) ? try softmaxAlong([cotangent, y], ()) : nil,
        needs(1) ? try changeOfSoftmaxAlong(v, y, cotangent) : nil,
      ]
    },
    pushforward: { tangents, saved, _ in
      let (v, y) = (saved.inputs[0], saved.inputs[1])
      let direct = try tangents[0].map { try softmaxAlong([$0, y], ()) }
      let bent = try tangents[1].map { change in
        try change * (v - (v * y).sum([-1], keep: true)) - y * (v * change).sum([-1], keep: true)
      }
      guard let direct, let bent else { return direct ?? bent }
      return try direct + bent
    },
    samples: { [.init([([2, 4], .real), ([2, 4], .real)]) { try softmaxAlong($0, ()) }] })

  /// The cotangent of y in y (v - Σ v y): c (v - Σ v y) - v Σ c y.
  private static func changeOfSoftmaxAlong(_ v: Tensor, _ y: Tensor, _ c: Tensor) throws -> Tensor {
    try c * (v - (v * y).sum([-1], keep: true)) - v * (c * y).sum([-1], keep: true)
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
    "normalize", saves: .inputs,
    evaluate: { inputs, epsilon in
      try run(inputs[0], "normalize") { faa_normalize($0, $1, $2, epsilon, $3, $4) }
    },
    pullback: { cotangent, saved, epsilon, _ in try [normalizeAlong([cotangent, saved.inputs[0]], epsilon)] },
    pushforward: { tangents, saved, epsilon in
      try tangents[0].map { try normalizeAlong([$0, saved.inputs[0]], epsilon) }
    },
    samples: { [.init([([2, 5], .real)]) { try $0[0].normalized() }] })

  /// The normalised row is the gradient by x of n sqrt(variance + ε), so its Jacobian is symmetric: one product of a change v with it serves
  /// both directions. With y the row and s its scale, s (v - mean v - y mean(v y)).
  static let normalizeAlong: GeneralPrimitive<Double> = .init(
    "normalizeAlong", saves: .inputs,
    evaluate: { inputs, epsilon in
      let x = try inputs[1].contiguous(in: "normalize")
      return try run(inputs[0], "normalize") { faa_normalize_vjp($0, $1, $2, epsilon, $3, x.pointer, $4) }
    },
    pullback: { cotangent, saved, epsilon, needs in
      let (v, x) = (saved.inputs[0], saved.inputs[1])
      return [
        needs(0) ? try normalizeAlong([cotangent, x], epsilon) : nil,
        needs(1) ? try normalizeCurve([cotangent, v, x], epsilon) : nil,
      ]
    },
    pushforward: { tangents, saved, epsilon in
      let (v, x) = (saved.inputs[0], saved.inputs[1])
      return try sum(
        tangents[0].map { try normalizeAlong([$0, x], epsilon) },
        tangents[1].map { try normalizeCurve([$0, v, x], epsilon) })
    },
    samples: { [.init([([2, 5], .real), ([2, 5], .real)]) { try normalizeAlong($0, 1e-5) }] })

  /// The third derivative of n sqrt(variance + ε) along c and v, which is symmetric in all three directions.
  static let normalizeCurve: GeneralPrimitive<Double> = .init(
    fused: "normalizeCurve",
    evaluate: { inputs, epsilon in
      let (v, x) = (try inputs[1].contiguous(in: "normalize"), try inputs[2].contiguous(in: "normalize"))
      return try run(inputs[0], "normalize") {
        faa_normalize_curve($0, $1, $2, epsilon, $3, v.pointer, x.pointer, $4)
      }
    },
    reference: { inputs, epsilon in
      func mean(_ a: Tensor) throws -> Tensor { try a.mean([-1], keep: true) }
      let (c, v, centred) = try (
        inputs[0] - mean(inputs[0]), inputs[1] - mean(inputs[1]), inputs[2] - mean(inputs[2])
      )
      let scale = try (mean(centred.square()) + epsilon).sqrt().reciprocal()
      let y = try centred * scale
      let (p, q) = (try mean(c * y), try mean(v * y))
      return try -(y * (mean(c * v) - p * q * 3) + q * c + p * v) * scale.square()
    },
    samples: {
      [.init([([2, 5], .real), ([2, 5], .real), ([2, 5], .real)]) { try normalizeCurve($0, 1e-5) }]
    })

  /// (x - mean) / sqrt(variance + ε) · weight + bias along the last axis, for x, weight and bias.
  static let layerNorm: GeneralPrimitive<Double> = .init(
    fused: "layerNorm",
    evaluate: { inputs, epsilon in
      let weight = try inputs[1].contiguous(in: "layerNorm")
      let bias = try inputs[2].contiguous(in: "layerNorm")
      return try run(inputs[0], "layerNorm") {
        faa_layer_norm($0, $1, $2, epsilon, $3, weight.pointer, bias.pointer, $4)
      }
    },
    reference: { inputs, epsilon in try normalize([inputs[0]], epsilon) * inputs[1] + inputs[2] },
    backward: { cotangent, inputs, epsilon in
      let g = try cotangent.contiguous(in: "layerNorm")
      let x = try inputs[0].contiguous(in: "layerNorm")
      let weight = try inputs[1].contiguous(in: "layerNorm")
      let changes = try inputs.map { try Tensor.uninitialized($0.shape, dtype: $0.dtype, in: "layerNorm") }
      let n = weight.count
      let status = withExtendedLifetime((g, x, weight)) {
        faa_layer_norm_vjp(
          x.dtype.kernel, n == 0 ? 0 : x.count / n, n, epsilon, g.pointer, x.pointer, weight.pointer,
          changes[0].pointer, changes[1].pointer, changes[2].pointer)
      }
      guard status == 0 else {
        throw TensorError(.outOfMemory, in: "layerNorm", "no memory for sums", shapes: [x.shape])
      }
      return changes
    },
    forward: { tangents, inputs, epsilon in
      guard let change = tangents[0] else {
        let bend = try tangents[1].map { try normalize([inputs[0]], epsilon) * $0 }
        let shift = try tangents[2]?.expanded(to: inputs[0].shape)
        return try sum(bend, shift) ?? .zeros(inputs[0].shape, dtype: inputs[0].dtype)
      }
      let x = try inputs[0].contiguous(in: "layerNorm")
      let weight = try inputs[1].contiguous(in: "layerNorm")
      let (bend, shift) = try (
        tangents[1]?.contiguous(in: "layerNorm"), tangents[2]?.contiguous(in: "layerNorm")
      )
      return try withExtendedLifetime((bend, shift)) {
        try run(change, "layerNorm") {
          faa_layer_norm_jvp(
            $0, $1, $2, epsilon, x.pointer, weight.pointer, $3, bend.map { UnsafeRawPointer($0.pointer) },
            shift.map { UnsafeRawPointer($0.pointer) }, $4)
        }
      }
    },
    samples: {
      [
        .init([([2, 5], .real), ([5], .real), ([5], .real)]) {
          try $0[0].layerNorm(weight: $0[1], bias: $0[2])
        }
      ]
    })

  static let all: [Primitive] = [
    softmax, softmaxAlong, logSoftmax, logSumExp, normalize, normalizeAlong, normalizeCurve, layerNorm,
  ]

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

  /// Layer normalisation (Ba, Kiros, Hinton 2016): (x - mean) / sqrt(variance + ε) · weight + bias along the last axis, with the biased
  /// variance; weight and bias are vectors of that axis's extent. Throws `shapeMismatch`.
  public func layerNorm(weight: Tensor, bias: Tensor, epsilon: Double = 1e-5) throws -> Tensor {
    guard rank > 0, weight.rank == 1, weight.shape[0] == shape[rank - 1], bias.shape == weight.shape else {
      throw TensorError(
        .shapeMismatch, in: "layerNorm",
        "weight \(weight.shape) and bias \(bias.shape) for a tensor of shape \(shape)",
        shapes: [shape, weight.shape, bias.shape], help: "both are vectors of the last axis's extent")
    }
    let dtype = Swift.max(Swift.max(self.dtype, weight.dtype), Swift.max(bias.dtype, .f32))
    return try Rows.layerNorm(
      [cast(to: dtype), weight.cast(to: dtype), bias.cast(to: dtype)], epsilon)
  }
}
