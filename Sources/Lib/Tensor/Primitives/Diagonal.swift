import CKernels

/// Diagonals of the last two axes, and matrices with a given diagonal: each the other's transpose.
enum Diagonal {
  /// A diagonal of `rows` x `columns` matrices; positive offsets lie above the main one.
  struct Place: Sendable {
    let rows: Int, columns: Int, offset: Int

    var length: Int {
      offset >= 0 ? max(0, min(rows, columns - offset)) : max(0, min(rows + offset, columns))
    }

    /// The view of the diagonal of a layout whose last two axes are the matrix.
    func view(of layout: Layout) -> Layout {
      let last = layout.shape.rank - 1
      var result = layout
      result.shape = Shape(prefix: last - 1, of: layout.shape)
      result.shape.append(length)
      if length > 0 {
        result.offset += offset >= 0 ? offset * layout.strides[last] : -offset * layout.strides[last - 1]
      }
      result.strides[last - 1] = layout.strides[last - 1] + layout.strides[last]
      return result
    }
  }

  static let extract: LinearPrimitive<Place> = .init(
    "diagonal",
    evaluate: { x, place in
      Tensor(storage: x.storage, layout: place.view(of: x.layout), dtype: x.dtype)
    },
    transpose: { cotangent, _, place in try embed(cotangent, place) },
    samples: {
      [
        .init([([3, 4], .real)]) { try $0[0].diagonal() },
        .init([([2, 3, 3], .real)]) { try $0[0].diagonal(offset: -1, axes: (0, 2)) },
      ]
    })

  static let embed: LinearPrimitive<Place> = .init(
    "diagonalMatrix",
    evaluate: { x, place in
      let shape = try Shape(Array(x.shape.dropLast()) + [place.rows, place.columns])
      let result = try Tensor.zeros(shape, dtype: x.dtype)
      let target = place.view(of: result.layout)
      withUnsafePointers(x.layout) { dims, strides in
        withUnsafePointers(target) { _, targetStrides in
          faa_copy(
            x.dtype.kernel, Int32(x.rank), dims, strides, x.pointer, targetStrides,
            result.storage.pointer + target.offset * x.dtype.size)
        }
      }
      return result
    },
    transpose: { cotangent, _, place in try extract(cotangent, place) },
    samples: {
      [
        .init([([2, 3], .real)]) { try $0[0].diagonalMatrix() },
        .init([([2], .real)]) { try $0[0].diagonalMatrix(offset: -2) },
      ]
    })

  static let all: [Primitive] = [extract, embed]
}

extension Tensor {
  /// The elements of diagonal `offset` (positive above the main one) of the matrices of two axes; the diagonal becomes the last
  /// axis. A view.
  public func diagonal(offset: Int = 0, axes: (Int, Int) = (-2, -1)) throws -> Tensor {
    let first = try shape.axis(axes.0, in: "diagonal")
    let second = try shape.axis(axes.1, in: "diagonal")
    guard first != second else {
      throw TensorError(.invalidArgument, in: "diagonal", "axis \(first) is named twice", shapes: [shape])
    }
    let x = try permuted((0..<rank).filter { $0 != first && $0 != second } + [first, second])
    let limit = Swift.max(shape[first], shape[second])
    return try Diagonal.extract(
      x,
      Diagonal.Place(
        rows: shape[first], columns: shape[second], offset: Swift.min(Swift.max(offset, -limit), limit)))
  }

  /// Square matrices with the last axis on diagonal `offset` and zeros elsewhere.
  public func diagonalMatrix(offset: Int = 0) throws -> Tensor {
    guard rank > 0 else {
      throw TensorError(
        .shapeMismatch, in: "diagonalMatrix", "a scalar has no axis to lay out", shapes: [shape])
    }
    let (size, overflow) = shape[rank - 1].addingReportingOverflow(Int(clamping: offset.magnitude))
    guard !overflow else {
      throw TensorError(.outOfMemory, in: "diagonalMatrix", "offset \(offset)", shapes: [shape])
    }
    _ = try Shape(Array(shape.dropLast()) + [size, size])
    return try Diagonal.embed(self, Diagonal.Place(rows: size, columns: size, offset: offset))
  }

  /// The sum of the main diagonal of the last two axes.
  public func trace() throws -> Tensor { try diagonal().sum([-1]) }
}
