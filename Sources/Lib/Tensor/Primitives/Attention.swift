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
    forward: { tangents, inputs, settings in
      let (q, k, v) = (try rows(inputs[0]), try rows(inputs[1]), try rows(inputs[2]))
      let changes = try tangents.map { try $0.map(rows) }
      let result = try tokens(like: q)
      try check(
        withExtendedLifetime((q, k, v, changes)) {
          sizes(q, k, settings) { faa_attention_jvp($0, at([q, k, v]), at(changes), at(result)) }
        }, q)
      return result
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
    "selfAttention", saves: .inputs,
    evaluate: { inputs, settings in
      let x = try inputs[0].contiguous(in: "attention")
      let result = try mixed(of: x)
      let (parts, heads) = (try part(x), try byHead(result))
      try check(
        withExtendedLifetime(x) {
          sizes(parts[0], parts[1], settings) {
            faa_attention($0, at(parts[0]), at(parts[1]), at(parts[2]), at(heads))
          }
        }, x)
      return result
    },
    pullback: { cotangent, saved, settings, _ in try [packedAgainst([cotangent, saved.inputs[0]], settings)]
    },
    pushforward: { tangents, saved, settings in
      try tangents[0].map { try packedAlong([$0, saved.inputs[0]], settings) }
    },
    samples: { [.init([([2, 3, 3, 2, 4], .real)]) { try $0[0].selfAttention() }] })

  /// The tangent of `packed`, from that of its argument and the argument.
  static let packedAlong: GeneralPrimitive<Settings> = .init(
    fused: "selfAttentionAlong",
    evaluate: { inputs, settings in
      let (u, x) = (try inputs[0].contiguous(in: "attention"), try inputs[1].contiguous(in: "attention"))
      let result = try mixed(of: x)
      let (parts, changes, heads) = (try part(x), try part(u), try byHead(result))
      try check(
        withExtendedLifetime((u, x)) {
          sizes(parts[0], parts[1], settings) { faa_attention_jvp($0, at(parts), at(changes), at(heads)) }
        }, x)
      return result
    },
    reference: { inputs, settings in
      let line = try Linearization(of: { [try composedOfPacked($0[0], settings)] }, at: [inputs[1]])
      guard let tangent = try line.pushforward([inputs[0]])[0] else {
        return try .zeros(line.outputs[0].shape, dtype: inputs[1].dtype)
      }
      return tangent
    },
    // With the cotangent c: of u it is c's way back, of x the gradient of c's product with the tangent.
    backward: { cotangent, inputs, settings in
      try [
        packedAgainst([cotangent, inputs[1]], settings),
        bent(cotangent, nil, inputs[1], along: inputs[0], settings, givesTangent: false).changes,
      ]
    },
    samples: {
      let shape: Shape = [1, 3, 3, 2, 2]
      return [.init([(shape, .real), (shape, .real)]) { try packedAlong($0, unmasked) }]
    })

  /// The cotangent of the argument of `packed`, from that of the result and the argument.
  static let packedAgainst: GeneralPrimitive<Settings> = .init(
    fused: "selfAttentionAgainst",
    evaluate: { inputs, settings in
      let x = try inputs[1].contiguous(in: "attention")
      let g = try byHead(inputs[0].contiguous(in: "attention"))
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
      return change
    },
    reference: { inputs, settings in
      let line = try Linearization(of: { [try composedOfPacked($0[0], settings)] }, at: [inputs[1]])
      return try line.pullback([inputs[0]])[0] ?? .zeros(inputs[1].shape, dtype: inputs[1].dtype)
    },
    // It is the gradient by x of the product g · (result). With the cotangent c, its product with c is the product of g with the tangent
    // along c: by g that is the tangent, and by x the Hessian, which is symmetric, times c.
    backward: { cotangent, inputs, settings in
      let (tangent, changes) = try bent(
        inputs[0], nil, inputs[1], along: cotangent, settings, givesTangent: true)
      return try [tangent ?? packedAlong([cotangent, inputs[1]], settings), changes]
    },
    forward: { tangents, inputs, settings in
      guard let along = tangents[1] else {
        return try packedAgainst(
          [tangents[0] ?? .zeros(inputs[0].shape, dtype: inputs[0].dtype), inputs[1]], settings)
      }
      return try bent(inputs[0], tangents[0], inputs[1], along: along, settings, givesTangent: false).changes
    },
    samples: {
      [
        .init([([1, 3, 2, 2], .real), ([1, 3, 3, 2, 2], .real)]) { try packedAgainst($0, unmasked) }
      ]
    })

  static let all: [Primitive] = [product, packed, packedAlong, packedAgainst]

  private static let unmasked = Settings(scale: 0.6, mask: nil)

  /// The tangent of `packedAgainst` at the cotangent g and x, for the tangents h of g (nil for none) and u of x; and that of `packed` where
  /// it is wanted.
  private static func bent(
    _ g: Tensor, _ h: Tensor?, _ x: Tensor, along u: Tensor, _ settings: Settings, givesTangent: Bool
  ) throws -> (tangent: Tensor?, changes: Tensor) {
    let (x, u) = (try x.contiguous(in: "attention"), try u.contiguous(in: "attention"))
    let g = try byHead(g.contiguous(in: "attention"))
    let h = try h.map { try byHead($0.contiguous(in: "attention")) }
    let tangent = givesTangent ? try mixed(of: x) : nil
    let changes = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "attention")
    let (parts, along, results) = (try part(x), try part(u), try part(changes))
    let heads = try tangent.map(byHead)
    try check(
      withExtendedLifetime((x, u, g, h)) {
        sizes(parts[0], parts[1], settings) {
          faa_attention_vjp_jvp($0, at(parts), at(g), at(along), at(h), at(heads), at(results))
        }
      }, x)
    return (tangent, changes)
  }

  /// The result of `packed` in plain operations.
  fileprivate static func composedOfPacked(_ x: Tensor, _ settings: Settings) throws -> Tensor {
    let parts = try part(x)
    return try byHead(composed(parts[0], parts[1], parts[2], settings))
  }

  /// Room for the result of `packed`.
  private static func mixed(of x: Tensor) throws -> Tensor {
    try .uninitialized(
      Shape([x.shape[0], x.shape[1], x.shape[3], x.shape[4]]), dtype: x.dtype, in: "attention")
  }

  fileprivate static func composed(_ q: Tensor, _ k: Tensor, _ v: Tensor, _ settings: Settings) throws
    -> Tensor
  {
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

  private static func at(_ x: Tensor?) -> FaaTokens {
    guard let x else { return FaaTokens() }
    let strides = x.layout.strides
    return FaaTokens(
      data: x.pointer, batch: strides[0], head: strides[1], token: Swift.max(strides[2], x.shape[3], 1))
  }

  private static func at(_ parts: [Tensor?]) -> FaaQKV {
    FaaQKV(q: at(parts[0]), k: at(parts[1]), v: at(parts[2]))
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
  /// - mask: broadcasts to (batch, heads, queries, keys): numbers are added to the scores, truth values say where to look. A
  ///   mask that is differentiated, such as a learned bias of positions, goes through the composition. A query that may look nowhere
  ///   gets NaN.
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
    let operands = try [self, keys, values].map { try $0.cast(to: dtype) }
    if settings.mask.map({ recordedTrace($0) != 0 }) ?? false {
      return try Attention.composed(operands[0], operands[1], operands[2], settings)
    }
    return try Attention.product(operands, settings)
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
    if settings.mask.map({ recordedTrace($0) != 0 }) ?? false {
      return try Attention.composedOfPacked(x, settings)
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
    return try cast(to: dtype)
  }
}
