import CKernels

/// Indices (i32, checked) along an axis.
struct Gather: Sendable {
  let axis: Int
  let indices: Tensor
}

enum Indexing {
  static let take: LinearPrimitive<Gather> = .init(
    "take",
    evaluate: { x, gather in
      let x = try x.contiguous(in: "take")
      let (outer, axis, inner) = x.shape.split(at: gather.axis)
      var extents = Array(x.shape)
      extents.replaceSubrange(gather.axis...gather.axis, with: gather.indices.shape)
      let result = try Tensor.uninitialized(Shape(extents, in: "take"), dtype: x.dtype, in: "take")
      faa_take(
        x.dtype.kernel, outer, axis, inner, gather.indices.count,
        gather.indices.pointer.assumingMemoryBound(to: Int32.self), x.pointer, result.pointer)
      return result
    },
    transpose: { cotangent, input, gather in try put(cotangent, (input.shape, gather)) },
    samples: {
      [
        .init([([4, 3], .real)]) { try $0[0].take(Tensor([Int32(2), 0, 2, 3]), axis: 0) },
        .init([([2, 3], .real)]) { try $0[0].take(Tensor([Int32(1), 1, 0, 2], shape: [2, 2]), axis: 1) },
      ]
    })

  /// The transpose of `take`: zeros with each row added at its index.
  static let put: LinearPrimitive<(Shape, Gather)> = .init(
    "scatterAdd",
    evaluate: { g, attributes in
      let (shape, gather) = attributes
      let g = try g.contiguous(in: "scatterAdd")
      let result = try Tensor.zeros(shape, dtype: g.dtype)
      let (outer, axis, inner) = shape.split(at: gather.axis)
      faa_take_transpose(
        g.dtype.kernel, outer, axis, inner, gather.indices.count,
        gather.indices.pointer.assumingMemoryBound(to: Int32.self), g.pointer, result.pointer)
      return result
    },
    transpose: { cotangent, _, attributes in try take(cotangent, attributes.1) },
    samples: {
      [
        .init([([3, 2], .real)]) {
          try put($0[0], ([4, 2], Gather(axis: 0, indices: Tensor([Int32(2), 0, 2]))))
        }
      ]
    })

  static let takeAlong: LinearPrimitive<Gather> = .init(
    "takeAlong",
    evaluate: { x, gather in
      let x = try x.contiguous(in: "takeAlong")
      let (outer, axis, inner) = x.shape.split(at: gather.axis)
      let result = try Tensor.uninitialized(gather.indices.shape, dtype: x.dtype, in: "takeAlong")
      faa_take_along(
        x.dtype.kernel, outer, axis, inner, gather.indices.shape[gather.axis],
        gather.indices.pointer.assumingMemoryBound(to: Int32.self), x.pointer, result.pointer)
      return result
    },
    transpose: { cotangent, input, gather in try putAlong(cotangent, (input.shape, gather)) },
    samples: {
      [
        .init([([2, 3], .real)]) {
          try $0[0].takeAlong(Tensor([Int32(2), 0, 1, 1], shape: [2, 2]), axis: 1)
        }
      ]
    })

  /// The transpose of `takeAlong`.
  static let putAlong: LinearPrimitive<(Shape, Gather)> = .init(
    "scatterAddAlong",
    evaluate: { g, attributes in
      let (shape, gather) = attributes
      let g = try g.contiguous(in: "scatterAddAlong")
      let result = try Tensor.zeros(shape, dtype: g.dtype)
      let (outer, axis, inner) = shape.split(at: gather.axis)
      faa_take_along_transpose(
        g.dtype.kernel, outer, axis, inner, gather.indices.shape[gather.axis],
        gather.indices.pointer.assumingMemoryBound(to: Int32.self), g.pointer, result.pointer)
      return result
    },
    transpose: { cotangent, _, attributes in try takeAlong(cotangent, attributes.1) },
    samples: {
      [
        .init([([2, 2], .real)]) {
          try putAlong(
            $0[0], ([2, 3], Gather(axis: 1, indices: Tensor([Int32(2), 0, 1, 1], shape: [2, 2]))))
        }
      ]
    })

  static let all: [Primitive] = [take, put, takeAlong, putAlong]
}

extension Tensor {
  /// The slices of `axis` at `indices` (integers, negative from the end, of any shape, which replaces the axis).
  /// Throws `indexOutOfRange` naming the first bad index.
  public func take(_ indices: Tensor, axis: Int = 0) throws -> Tensor {
    try Indexing.take(self, gather(indices, shape.axis(axis, in: "take"), in: "take"))
  }

  /// The elements whose position along `axis` `indices` gives; the other axes of `indices` are this tensor's.
  public func takeAlong(_ indices: Tensor, axis: Int) throws -> Tensor {
    try Indexing.takeAlong(self, gather(along: indices, shape.axis(axis, in: "takeAlong"), in: "takeAlong"))
  }

  /// Checked indices of slices of `axis`.
  func gather(_ indices: Tensor, _ axis: Int, in operation: String) throws -> Gather {
    let checked = try indices.checkedIndices(below: shape[axis], axis: axis, of: shape, in: operation)
    return Gather(axis: axis, indices: checked)
  }

  /// Checked indices of elements along `axis`.
  func gather(along indices: Tensor, _ axis: Int, in operation: String) throws -> Gather {
    guard indices.rank == rank, (0..<rank).allSatisfy({ $0 == axis || indices.shape[$0] == shape[$0] }) else {
      throw TensorError(
        .shapeMismatch, in: operation,
        "indices of shape \(indices.shape) for a tensor of shape \(shape), axis \(axis)",
        shapes: [shape, indices.shape], help: "all axes but the indexed one must be equal")
    }
    return try gather(indices, axis, in: operation)
  }

  /// The positions of the true elements in row-major order, as i32.
  public func nonzeroIndices() throws -> Tensor {
    guard count <= Int(Int32.max) else {
      throw TensorError(
        .outOfMemory, in: "argwhere", "positions among \(count) elements do not fit an i32", shapes: [shape])
    }
    return try Tensor(bools().enumerated().filter(\.element).map { Int32($0.offset) })
  }

  /// As contiguous i32 in 0..<extent, negative ones counted from the end.
  private func checkedIndices(below extent: Int, axis: Int, of shape: Shape, in operation: String) throws
    -> Tensor
  {
    guard !dtype.isFloating else {
      throw TensorError(.dtypeMismatch, in: operation, "indices of \(dtype)", help: "indices are integers")
    }
    let source = try cast(to: .i32, in: operation).contiguous(in: operation)
    return try Tensor(shape: source.shape, dtype: .i32) { target in
      let from = source.pointer.assumingMemoryBound(to: Int32.self)
      let to = target.assumingMemoryBound(to: Int32.self)
      for position in 0..<source.count {
        let index = Int(from[position])
        guard index >= -extent, index < extent else {
          throw TensorError(
            .indexOutOfRange, in: operation,
            "index \(index) of axis \(axis) with extent \(extent), shape \(shape)",
            shapes: [shape])
        }
        to[position] = Int32(index < 0 ? index + extent : index)
      }
    }
  }
}
