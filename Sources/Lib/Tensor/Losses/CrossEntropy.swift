import CKernels

/// A class for each row of logits (i32, -1 for a row that does not count), a weight for each class, and how much of the target is
/// spread over all classes.
struct HardTargets: Sendable {
  let classes: Tensor
  let weights: Tensor?
  let smoothing: Double
  let count: Int

  /// The factor of the named class's -log p, before its weight, and that of every class's.
  var on: Double { 1 - smoothing }
  var off: Double { smoothing / Double(count) }

  /// The same with the weights as constants that lie in order, as the kernels read them.
  func contiguous() throws -> HardTargets {
    HardTargets(
      classes: classes, weights: try weights?.contiguous(in: "crossEntropy"), smoothing: smoothing,
      count: count)
  }

  /// The factor of each -log p, [rows, classes].
  func factors(_ dtype: DType) throws -> Tensor {
    let column = try classes.insertingAxis(-1)
    let hit = try Tensor.arange(0, Double(count), dtype: .i32).equal(column).cast(to: dtype)
    let each = try hit * on + off
    let counted = try column.greaterOrEqual(column.weak(0))
    return try counted.choose(weights.map { try each * $0 } ?? each, each.weak(0))
  }
}

/// Softmax and cross-entropy with class indices, fused: one pass over the logits for the value, one for the first derivative.
enum CrossEntropy {
  /// The loss of each row of [rows, classes]. Its derivative is the fused `backward` in both modes.
  static let value: GeneralPrimitive<HardTargets> = .init(
    "crossEntropy", saves: .inputs,
    evaluate: { inputs, targets in
      let x = try inputs[0].contiguous(in: "crossEntropy")
      let result = try Tensor.uninitialized([x.shape[0]], dtype: x.dtype, in: "crossEntropy")
      _ = faa_cross_entropy(
        x.dtype.kernel, x.shape[0], x.shape[1], targets.on, targets.off,
        targets.classes.pointer.assumingMemoryBound(to: Int32.self),
        targets.weights.map { UnsafeRawPointer($0.pointer) }, x.pointer, result.pointer)
      return result
    },
    pullback: { cotangent, saved, targets, _ in try [backward([cotangent, saved.inputs[0]], targets)] },
    pushforward: { tangents, saved, targets in
      try tangents[0].map { tangent in
        let x = saved.inputs[0]
        let ones = try Tensor.ones([x.shape[0]], dtype: x.dtype)
        return try (backward([ones, x], targets) * tangent).sum([-1])
      }
    },
    samples: {
      [
        .init([([3, 4], .real)]) { try value($0, targets(smoothing: 0, weights: nil)) },
        .init([([3, 4], .real)]) { try value($0, targets(smoothing: 0.2, weights: [0.5, 2, 0, 1])) },
      ]
    })

  /// The cotangent of the logits, from that of the losses and the logits: with q the weight of each -log p and Q their sum, g (Q p - q). Its
  /// derivative by x is g Q times softmax's Jacobian, which is symmetric.
  static let backward: GeneralPrimitive<HardTargets> = .init(
    "crossEntropyBackward", saves: .inputs,
    evaluate: { inputs, targets in
      let g = try inputs[0].contiguous(in: "crossEntropy")
      let x = try inputs[1].contiguous(in: "crossEntropy")
      let result = try Tensor.uninitialized(x.shape, dtype: x.dtype, in: "crossEntropy")
      _ = faa_cross_entropy_vjp(
        x.dtype.kernel, x.shape[0], x.shape[1], targets.on, targets.off,
        targets.classes.pointer.assumingMemoryBound(to: Int32.self),
        targets.weights.map { UnsafeRawPointer($0.pointer) }, g.pointer, x.pointer, result.pointer)
      return result
    },
    pullback: { cotangent, saved, targets, needs in
      let (g, x) = (saved.inputs[0], saved.inputs[1])
      return [
        needs(0)
          ? try (backward([.ones(g.shape, dtype: g.dtype), x], targets) * cotangent).sum([-1]) : nil,
        needs(1) ? try curved(cotangent, g, x, targets) : nil,
      ]
    },
    pushforward: { tangents, saved, targets in
      let (g, x) = (saved.inputs[0], saved.inputs[1])
      return try sum(
        tangents[0].map { try backward([$0, x], targets) },
        tangents[1].map { try curved($0, g, x, targets) })
    },
    samples: {
      [
        .init([([3], .real), ([3, 4], .real)]) {
          try backward($0, targets(smoothing: 0.2, weights: [0.5, 2, 0, 1]))
        }
      ]
    })

  static let all: [Primitive] = [value, backward]

  /// The Hessian of the losses' sum with the weights g, times v.
  private static func curved(_ v: Tensor, _ g: Tensor, _ x: Tensor, _ targets: HardTargets) throws -> Tensor {
    let weight = try targets.factors(x.dtype).sum([-1], keep: true) * g.insertingAxis(-1)
    return try Rows.softmaxAlong([v * weight, x.softmax()], ())
  }

  private static func targets(smoothing: Double, weights: [Double]?) throws -> HardTargets {
    HardTargets(
      classes: try Tensor([Int32(1), -1, 3]), weights: try weights.map { try Tensor($0) },
      smoothing: smoothing,
      count: 4)
  }
}
