import CKernels

/// Choice by a condition, and conversion of dtype.
enum Selection {
  /// condition ? a : b, linear in a and b.
  static let choose: GeneralPrimitive<Tensor> = .init(
    "where", saves: [],
    evaluate: { inputs, condition in
      let (a, b) = (inputs[0], inputs[1])
      guard let branches = a.shape.broadcast(with: b.shape),
        let shape = branches.broadcast(with: condition.shape),
        let left = a.layout.expanded(to: shape), let right = b.layout.expanded(to: shape),
        let test = condition.layout.expanded(to: shape)
      else {
        throw TensorError(
          .shapeMismatch, in: "where", "shapes \(condition.shape), \(a.shape) and \(b.shape) do not fit",
          shapes: [condition.shape, a.shape, b.shape])
      }
      let result = try Tensor.uninitialized(shape, dtype: a.dtype, in: "where")
      withUnsafePointers(test) { dims, testStrides in
        withUnsafePointers(left) { _, leftStrides in
          withUnsafePointers(right) { _, rightStrides in
            _ = faa_where(
              a.dtype.kernel, Int32(shape.rank), dims, testStrides, condition.pointer, leftStrides, a.pointer,
              rightStrides, b.pointer, result.pointer)
          }
        }
      }
      return result
    },
    pullback: { cotangent, _, condition, needs in
      [
        needs(0) ? try condition.choose(cotangent, cotangent.weak(0)) : nil,
        needs(1) ? try condition.choose(cotangent.weak(0), cotangent) : nil,
      ]
    },
    pushforward: { tangents, _, condition in
      guard let present = tangents[0] ?? tangents[1] else { return nil }
      let zero = try present.weak(0)
      return try condition.choose(tangents[0] ?? zero, tangents[1] ?? zero)
    },
    samples: {
      [
        .init([([2, 3], .real), ([3], .real)]) {
          try Tensor([true, false, true, false, false, true], shape: [2, 3]).choose($0[0], $0[1])
        }
      ]
    })

  /// Conversion between floats; its transpose is the conversion back.
  static let cast: LinearPrimitive<DType> = .init(
    "cast",
    evaluate: { x, dtype in
      let result = try Tensor.uninitialized(x.shape, dtype: dtype, in: "cast")
      let status = withUnsafePointers(x.layout) { dims, strides in
        faa_cast(x.dtype.kernel, dtype.kernel, Int32(x.rank), dims, strides, x.pointer, result.pointer)
      }
      guard status == 0 else {
        throw TensorError(.arithmetic, in: "cast", "an element of \(x.dtype) does not fit \(dtype)")
      }
      return result
    },
    transpose: { cotangent, input, _ in try cotangent.cast(to: input.dtype) },
    samples: { [.init([([2, 3], .real)]) { try $0[0].cast(to: .f64) }] })

  static let all: [Primitive] = [choose, cast]
}

extension Tensor {
  /// The elements converted to `dtype`: floats truncate to integers (throws `arithmetic` where one does not fit), bool
  /// tests for non-zero.
  public func cast(to dtype: DType) throws -> Tensor {
    dtype == self.dtype ? self : try Selection.cast(self, dtype)
  }

  func cast(to dtype: DType, in operation: String) throws -> Tensor {
    do {
      return try cast(to: dtype)
    } catch var error as TensorError {
      error.operation = operation
      throw error
    }
  }

  /// Where this (of bool) is true, `a`, elsewhere `b`; shapes broadcast, dtypes are promoted.
  public func choose(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    let condition = dtype == .bool ? self : try cast(to: .bool)
    let dtype = Swift.max(a.dtype, b.dtype)
    return try Selection.choose([a.cast(to: dtype), b.cast(to: dtype)], condition.detached)
  }

  func choose(_ a: Double, _ b: Tensor) throws -> Tensor { try choose(b.weak(a), b) }
}
