import CKernels

/// The map of a linear layer.
enum Affine {
  /// x Wᵀ + b for x (rows, inputs), W (outputs, inputs) and b (outputs): one product into rows that hold b.
  static let map: GeneralPrimitive<Void> = .init(
    "linear", saves: .inputs,
    evaluate: { inputs, _ in
      let (x, weight) = (try Operand(inputs[0]), try Operand(inputs[1].transposed()))
      let bias = try inputs[2].contiguous(in: "linear")
      let (rows, size, outputs) = (inputs[0].shape[0], inputs[0].shape[1], inputs[1].shape[0])
      let result = try Tensor.uninitialized(try Shape([rows, outputs]), dtype: bias.dtype, in: "linear")
      _ = withExtendedLifetime((x, weight, bias)) {
        faa_matmul_bias(
          bias.dtype.kernel, rows, outputs, size, x.matrix, weight.matrix, bias.pointer, result.pointer)
      }
      return result
    },
    pullback: { cotangent, saved, _, needs in
      let (x, weight) = (saved.inputs[0], saved.inputs[1])
      return [
        needs(0) ? try Matmul.product(cotangent, weight, Matmul.Turned()) : nil,
        needs(1) ? try ofWeight(cotangent, x, isRead: needs.elements(1)) : nil,
        needs(2) ? try cotangent.sum([0]) : nil,
      ]
    },
    pushforward: { tangents, saved, _ in
      let (x, weight) = (saved.inputs[0], saved.inputs[1])
      let turned = Matmul.Turned(right: true)
      var total = tangents[2]
      if let change = tangents[0] {
        total = try total.map { try map([change, weight, $0], ()) } ?? Matmul.product(change, weight, turned)
      }
      guard let change = tangents[1] else { return total }
      if tangents[0] == nil {
        return try total.map { try map([x, change, $0], ()) } ?? Matmul.product(x, change, turned)
      }
      guard var sum = total.take() else { return try Matmul.product(x, change, turned) }
      if try Matmul.add(x, change, turned, to: &sum) { return sum }
      return try sum + Matmul.product(x, change, turned)
    },
    samples: {
      [
        .init([([3, 4], .real), ([2, 4], .real), ([2], .real)]) {
          try $0[0].linear(weight: $0[1], bias: $0[2])
        },
        .init([([2, 2, 3], .real), ([4, 3], .real), ([4], .real)]) {
          try $0[0].linear(weight: $0[1], bias: $0[2])
        },
      ]
    })

  static let all: [Primitive] = [map]

  /// The cotangent of the weight, gᵀ x.
  private static func ofWeight(_ cotangent: Tensor, _ x: Tensor, isRead: Bool) throws -> Tensor {
    let turned = Matmul.Turned(left: true)
    return isRead ? try Matmul.product(cotangent, x, turned) : try Matmul.uncomputed(cotangent, x, turned)
  }
}

extension Tensor {
  /// x Wᵀ + b on the last axis: (..., inputs) to (..., outputs), for a weight of shape (outputs, inputs) and a bias of
  /// (outputs). Throws `shapeMismatch` naming what does not fit.
  public func linear(weight: Tensor, bias: Tensor) throws -> Tensor {
    guard rank > 0, weight.rank == 2, bias.rank == 1, weight.shape[1] == shape[rank - 1],
      bias.shape[0] == weight.shape[0]
    else {
      throw TensorError(
        .shapeMismatch, in: "linear",
        "x \(shape) with a weight of \(weight.shape) and a bias of \(bias.shape)",
        shapes: [shape, weight.shape, bias.shape],
        help: "the weight is (outputs, inputs), where inputs is x's last axis, and the bias is (outputs)")
    }
    let dtype = Swift.max(Swift.max(self.dtype, weight.dtype), Swift.max(bias.dtype, .f32))
    let inputs = weight.shape[1]
    let flat = try cast(to: dtype).reshaped([
      inputs == 0 ? shape.dropLast().reduce(1, *) : count / inputs, inputs,
    ])
    let result = try Affine.map([flat, weight.cast(to: dtype), bias.cast(to: dtype)], ())
    if rank == 2 { return result }
    return try result.reshaped(Shape(shape.dropLast() + [weight.shape[0]]))
  }
}
