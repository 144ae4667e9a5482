import CKernels

/// Scaled dot-product attention, softmax(scale Q Kᵀ + mask) V, without the tensor of all scores: what is kept for the derivative
/// is Q, K and V, and the scores are computed again (Dao et al. 2022 do the same for another reason).
enum Attention {
  /// The factor of the scores, and what is added to them: a constant that broadcasts to (batch, heads, queries, keys).
  struct Settings: Sendable {
    let scale: Double
    let mask: Tensor?
  }

  /// Of queries (batch, heads, queries, size), keys and values (batch, heads, keys, size).
  static let product: GeneralPrimitive<Settings> = .init(
    fused: "attention",
    evaluate: { inputs, settings in
      let (q, k, v) = (try rows(inputs[0]), try rows(inputs[1]), try rows(inputs[2]))
      // The heads of a token side by side, as the projection that follows reads them.
      let result = try tokens(like: q)
      try check(
        withExtendedLifetime((q, k, v)) {
          sizes(q, k, settings) { faa_attention($0, at(q), at(k), at(v), at(result)) }
        }, q)
      return result
    },
    reference: { inputs, settings in try composed(inputs[0], inputs[1], inputs[2], settings) },
    backward: { cotangent, inputs, settings in
      let (q, k, v) = (try rows(inputs[0]), try rows(inputs[1]), try rows(inputs[2]))
      let g = try rows(cotangent)
      let changes = try [tokens(like: q), tokens(like: k), tokens(like: v)]
      try check(
        withExtendedLifetime((q, k, v, g)) {
          sizes(q, k, settings) {
            faa_attention_vjp($0, at(q), at(k), at(v), at(g), at(changes[0]), at(changes[1]), at(changes[2]))
          }
        }, q)
      return changes
    },
    samples: {
      [
        .init([([2, 2, 3, 4], .real), ([2, 2, 5, 4], .real), ([2, 2, 5, 4], .real)]) {
          try $0[0].attention(keys: $0[1], values: $0[2])
        },
        .init([([1, 2, 3, 2], .real), ([1, 2, 3, 2], .real), ([1, 2, 3, 2], .real)]) {
          try $0[0].attention(
            keys: $0[1], values: $0[2],
            mask: Tensor([true, false, false, true, true, false, true, true, true], shape: [3, 3]))
        },
      ]
    })

  /// Of one tensor (batch, tokens, 3, heads, size) of queries, keys and values, as one projection leaves them: the result is
  /// (batch, tokens, heads, size), and the derivative fills one tensor too.
  static let packed: GeneralPrimitive<Settings> = .init(
    fused: "selfAttention",
    evaluate: { inputs, settings in
      let x = try inputs[0].contiguous(in: "attention")
      let result = try Tensor.uninitialized(
        Shape([x.shape[0], x.shape[1], x.shape[3], x.shape[4]]), dtype: x.dtype, in: "attention")
      let parts = try part(x)
      let heads = try byHead(result)
      try check(
        withExtendedLifetime(x) {
          sizes(parts[0], parts[1], settings) {
            faa_attention($0, at(parts[0]), at(parts[1]), at(parts[2]), at(heads))
          }
        }, x)
      return result
    },
    reference: { inputs, settings in
      let parts = try part(inputs[0])
      return try byHead(composed(parts[0], parts[1], parts[2], settings))
    },
    backward: { cotangent, inputs, settings in
      let x = try inputs[0].contiguous(in: "attention")
      let g = try byHead(cotangent.contiguous(in: "attention"))
      let change = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "attention")
      let (parts, changes) = (try part(x), try part(change))
      try check(
        withExtendedLifetime((x, g)) {
          sizes(parts[0], parts[1], settings) {
            faa_attention_vjp(
              $0, at(parts[0]), at(parts[1]), at(parts[2]), at(g), at(changes[0]), at(changes[1]),
              at(changes[2]))
          }
        }, x)
      return [change]
    },
    samples: { [.init([([2, 3, 3, 2, 4], .real)]) { try $0[0].selfAttention() }] })

  static let all: [Primitive] = [product, packed]

  private static func composed(_ q: Tensor, _ k: Tensor, _ v: Tensor, _ settings: Settings) throws -> Tensor {
    let scores = try q.matmul(k.transposed()) * settings.scale
    return try (settings.mask.map { try scores + $0 } ?? scores).softmax(axis: -1).matmul(v)
  }

  /// (batch, tokens, heads, size) as (batch, heads, tokens, size), and back.
  private static func byHead(_ x: Tensor) throws -> Tensor { try x.permuted([0, 2, 1, 3]) }

  /// Queries, keys and values, each (batch, heads, tokens, size), of a packed tensor: views.
  private static func part(_ x: Tensor) throws -> [Tensor] {
    let ordered = try x.permuted([2, 0, 3, 1, 4])
    return try (0..<3).map { try ordered.narrowed(axis: 0, start: $0, count: 1).squeezed([0]) }
  }

  /// A view whose rows are contiguous, which is all that is asked; otherwise a copy.
  private static func rows(_ x: Tensor) throws -> Tensor {
    let strides = x.layout.strides
    let isRegular = strides[3] == 1 && strides[2] >= Swift.max(x.shape[3], 1)
    return isRegular ? x.detached : try x.contiguous(in: "attention")
  }

  /// A new tensor of the same shape with the heads of a token side by side in memory.
  private static func tokens(like x: Tensor) throws -> Tensor {
    let memory = try Tensor.uninitialized(
      Shape([x.shape[0], x.shape[2], x.shape[1], x.shape[3]]), dtype: x.dtype, in: "attention")
    return try byHead(memory)
  }

  private static func at(_ x: Tensor) -> FaaTokens {
    let strides = x.layout.strides
    return FaaTokens(
      data: x.pointer, batch: strides[0], head: strides[1], token: Swift.max(strides[2], x.shape[3], 1))
  }

  private static func sizes<R>(
    _ q: Tensor, _ k: Tensor, _ settings: Settings, _ body: (UnsafePointer<FaaAttention>) throws -> R
  ) rethrows -> R {
    var sizes = FaaAttention()
    sizes.type = q.dtype.kernel
    (sizes.batch, sizes.heads, sizes.queries, sizes.size) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3])
    sizes.keys = k.shape[2]
    sizes.scale = settings.scale
    let target: Shape = [q.shape[0], q.shape[1], q.shape[2], k.shape[2]]
    if let mask = settings.mask, let layout = mask.layout.expanded(to: target) {
      sizes.mask = UnsafeRawPointer(mask.pointer)
      sizes.mask_strides = (layout.strides[0], layout.strides[1], layout.strides[2], layout.strides[3])
    }
    return try withExtendedLifetime(settings.mask) { try body(&sizes) }
  }

  private static func check(_ status: Int32, _ x: Tensor) throws {
    guard status == 0 else {
      throw TensorError(.outOfMemory, in: "attention", "no memory for a tile of scores", shapes: [x.shape])
    }
  }
}

extension Tensor {
  /// Scaled dot-product attention (Vaswani et al. 2017), softmax(scale Q Kᵀ + mask) V, of queries (batch, heads, queries, size), this
  /// tensor, keys (batch, heads, keys, size) and values of the keys' shape: (batch, heads, queries, size).
  /// - scale: by default 1 / sqrt(size).
  /// - mask: broadcasts to (batch, heads, queries, keys): numbers are added to the scores, truth values say where to look. No derivative
  ///   passes through it. A query that may look nowhere gets NaN.
  /// - Throws: `shapeMismatch` naming the shapes that do not fit.
  public func attention(keys: Tensor, values: Tensor, mask: Tensor? = nil, scale: Double? = nil) throws
    -> Tensor
  {
    guard rank == 4, keys.rank == 4, values.shape == keys.shape, keys.shape[0] == shape[0],
      keys.shape[1] == shape[1], keys.shape[3] == shape[3]
    else {
      throw TensorError(
        .shapeMismatch, in: "attention",
        "queries \(shape), keys \(keys.shape) and values \(values.shape)",
        shapes: [shape, keys.shape, values.shape],
        help: "all are (batch, heads, tokens, size); keys and values have one shape")
    }
    let dtype = Swift.max(Swift.max(self.dtype, keys.dtype), Swift.max(values.dtype, .f32))
    let settings = try Attention.Settings(
      scale: scale ?? 1 / Double(Swift.max(shape[3], 1)).squareRoot(),
      mask: mask.map { try $0.scoreMask(for: [shape[0], shape[1], shape[2], keys.shape[2]], dtype) })
    guard count > 0, keys.count > 0 else { return try .zeros(shape, dtype: dtype) }
    return try Attention.product([cast(to: dtype), keys.cast(to: dtype), values.cast(to: dtype)], settings)
  }

  /// Attention of tokens to each other, for queries, keys and values packed as (batch, tokens, 3, heads, size): the result is
  /// (batch, tokens, heads, size). Mask and scale as in `attention(keys:values:mask:scale:)`.
  public func selfAttention(mask: Tensor? = nil, scale: Double? = nil) throws -> Tensor {
    guard rank == 5, shape[2] == 3 else {
      throw TensorError(
        .shapeMismatch, in: "selfAttention", "a tensor of shape \(shape)", shapes: [shape],
        help: "queries, keys and values are packed as (batch, tokens, 3, heads, size)")
    }
    let x = dtype.isFloating ? self : try cast(to: .f32)
    let settings = try Attention.Settings(
      scale: scale ?? 1 / Double(Swift.max(shape[4], 1)).squareRoot(),
      mask: mask.map { try $0.scoreMask(for: [shape[0], shape[3], shape[1], shape[1]], x.dtype) })
    guard count > 0 else {
      return try .zeros(Shape([shape[0], shape[1], shape[3], shape[4]]), dtype: x.dtype)
    }
    return try Attention.packed([x], settings)
  }

  /// What is added to scores of this shape: truth values become 0 and -inf.
  private func scoreMask(for target: Shape, _ dtype: DType) throws -> Tensor {
    guard layout.expanded(to: target) != nil else {
      throw TensorError(
        .shapeMismatch, in: "attention", "a mask of shape \(shape) for scores of shape \(target)",
        shapes: [shape, target], help: "the mask broadcasts to (batch, heads, queries, keys)")
    }
    if self.dtype == .bool {
      return try choose(.scalar(0, dtype: dtype), .scalar(-.infinity, dtype: dtype)).detached
    }
    return try cast(to: dtype).detached
  }
}
