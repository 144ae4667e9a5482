import CKernels

/// Which element of a plane each element of a result is, the same for all channels of an image.
struct PlaneIndex: Sendable {
  let batch, channels, plane, count: Int
  /// i32, [batch, count], checked to lie in -1..<plane; -1 stands for 0.
  let indices: Tensor
  /// [batch, channels, plane] and [batch, channels, count] as the user sees them.
  let source, result: Shape
}

/// Reading planes at an index and its transpose: maxima under windows, samples, patches.
enum Planes {
  static let gather: LinearPrimitive<PlaneIndex> = .init(
    "planeGather",
    evaluate: { x, index in
      let x = try x.contiguous(in: "planeGather")
      let result = try Tensor.uninitialized(index.result, dtype: x.dtype, in: "planeGather")
      faa_plane_gather(
        x.dtype.kernel, index.batch, index.channels, index.plane, index.count,
        index.indices.pointer.assumingMemoryBound(to: Int32.self), x.pointer, result.pointer)
      return result
    },
    transpose: { cotangent, _, index in try scatter(cotangent, index) },
    samples: { [.init([([2, 2, 3], .real)]) { try gather($0[0], sample()) }] })

  static let scatter: LinearPrimitive<PlaneIndex> = .init(
    "planeScatter",
    evaluate: { g, index in
      let g = try g.contiguous(in: "planeScatter")
      let result = try Tensor.uninitialized(index.source, dtype: g.dtype, in: "planeScatter")
      faa_plane_scatter(
        g.dtype.kernel, index.batch, index.channels, index.plane, index.count,
        index.indices.pointer.assumingMemoryBound(to: Int32.self), g.pointer, result.pointer)
      return result
    },
    transpose: { cotangent, _, index in try gather(cotangent, index) },
    samples: { [.init([([2, 2, 4], .real)]) { try scatter($0[0], sample()) }] })

  static let all: [Primitive] = [gather, scatter]

  private static func sample() throws -> PlaneIndex {
    PlaneIndex(
      batch: 2, channels: 2, plane: 3, count: 4,
      indices: try Tensor([Int32(2), 0, -1, 2, 1, 1, 0, -1], shape: [2, 4]), source: [2, 2, 3],
      result: [2, 2, 4])
  }
}

extension Tensor {
  /// The extents of the last two axes and the number of planes. Throws where there are no two axes, or a plane is too large for an index.
  func planes(in operation: String) throws -> (count: Int, height: Int, width: Int) {
    guard rank >= 2 else {
      throw TensorError(
        .shapeMismatch, in: operation, "a tensor of shape \(shape) has no planes", shapes: [shape],
        help: "the last two axes are height and width")
    }
    let (height, width) = (shape[rank - 2], shape[rank - 1])
    guard height <= Int(Int32.max), width <= Int(Int32.max), height * width <= Int(Int32.max) else {
      throw TensorError(
        .outOfMemory, in: operation, "planes of shape \(shape) are too large", shapes: [shape])
    }
    return (Shape(prefix: rank - 2, of: shape).elementCount, height, width)
  }

  /// The shape with other extents for the last two axes.
  func shapeWithPlane(_ height: Int, _ width: Int) throws -> Shape {
    try Shape(shape.dropLast(2) + [height, width])
  }

  /// In a dtype that the kernels of planes have.
  func floating(in operation: String) throws -> Tensor {
    guard dtype.isFloating else {
      throw TensorError(
        .dtypeMismatch, in: operation, "has no kernel for \(dtype)",
        help: "convert to f32 or f64 first, for example with cast(x, f32)")
    }
    return self
  }
}

extension Tensor {
  /// The patches under a kernel that slides over images [batch, channels, height, width], as columns:
  /// [batch, channels * kernel rows * kernel columns, positions]. Known as im2col; `folded` is its transpose.
  public func unfolded(kernel: Pair, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1) throws
    -> Tensor
  {
    let x = try floating(in: "unfold")
    let index = try PlaneIndex(
      patchesOf: x.shape, kernel, stride: stride, padding: padding, dilation: dilation, in: "unfold")
    return try Planes.gather(x, index)
  }

  /// The images, of size `height` x `width`, whose patches these columns are, overlapping patches added: the transpose of `unfolded`.
  public func folded(
    height: Int, width: Int, kernel: Pair, stride: Pair = 1, padding: Padding = 0, dilation: Pair = 1
  ) throws -> Tensor {
    let x = try floating(in: "fold")
    try kernel.checked(atLeast: 1, "kernel", in: "fold")
    let area = kernel.rows * kernel.columns
    guard rank == 3, shape[1] % area == 0 else {
      throw TensorError(
        .shapeMismatch, in: "fold", "columns of shape \(shape) for a kernel of \(kernel)", shapes: [shape],
        help: "columns are [batch, channels * \(area), positions]")
    }
    let index = try PlaneIndex(
      patchesOf: Shape([shape[0], shape[1] / area, height, width]), kernel, stride: stride, padding: padding,
      dilation: dilation, in: "fold")
    guard index.result == shape else {
      throw TensorError(
        .shapeMismatch, in: "fold",
        "columns of shape \(shape) for images of \(height) x \(width), which have patches of shape \(index.result)",
        shapes: [shape, index.result])
    }
    return try Planes.scatter(x, index)
  }
}

extension PlaneIndex {
  fileprivate init(
    patchesOf image: Shape, _ kernel: Pair, stride: Pair, padding: Padding, dilation: Pair,
    in operation: String
  ) throws {
    try kernel.checked(atLeast: 1, "kernel", in: operation)
    guard image.rank == 4 else {
      throw TensorError(
        .shapeMismatch, in: operation, "images of shape \(image)", shapes: [image],
        help: "images are [batch, channels, height, width]")
    }
    let s = try FaaConvolution(
      image, Shape([1, image[1], kernel.rows, kernel.columns]), stride: stride, padding: padding,
      dilation: dilation, groups: 1, in: operation)
    let area = kernel.rows * kernel.columns
    let positions = try Shape([s.out_height, s.out_width]).elementCount
    guard s.height * s.width <= Int(Int32.max) else {
      throw TensorError(
        .outOfMemory, in: operation, "planes of shape \(image) are too large", shapes: [image])
    }
    let table = try Tensor(shape: Shape([area, positions]), dtype: .i32) { target in
      var next = target.assumingMemoryBound(to: Int32.self)
      for i in 0..<kernel.rows {
        for j in 0..<kernel.columns {
          for y in 0..<s.out_height {
            let row = y * stride.rows + i * dilation.rows - padding.top
            for x in 0..<s.out_width {
              let column = x * stride.columns + j * dilation.columns - padding.left
              let isInside = row >= 0 && row < s.height && column >= 0 && column < s.width
              next.pointee = isInside ? Int32(row * s.width + column) : -1
              next += 1
            }
          }
        }
      }
    }
    self.init(
      batch: 1, channels: image[0] * image[1], plane: s.height * s.width, count: table.count, indices: table,
      source: image, result: try Shape([image[0], image[1] * area, positions]))
  }
}
